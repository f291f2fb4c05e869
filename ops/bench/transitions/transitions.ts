// Finds the transitions in what was shown. Pure.
import type { Shown } from "./screencast.ts";

export interface Cut {
  /** From the input to the first picture of another clip, and to the second picture of that one, ms. */
  readonly first: number;
  readonly moving: number;
}

/** Null: nothing of it was seen. */
export const cutAfter = (shown: ReadonlyArray<Shown>, input: number, until: number): Cut | null => {
  const before = shown.findLast(({ at, read }) => at <= input && read !== null && read !== "black");
  const old = before?.read === "black" ? undefined : before?.read?.clip;
  const later = shown.flatMap(({ at, read }) => (at > input && at < until && read !== null && read !== "black" ? [{ at, ...read }] : []));
  const first = later.find(({ clip }) => clip !== old);
  const moving =
    first === undefined ? undefined : later.find(({ at, clip, frame }) => at > first.at && clip === first.clip && frame > first.frame);
  return first === undefined || moving === undefined ? null : { first: first.at - input, moving: moving.at - input };
};

/**
 * At each place where one clip, or one round of a loop, follows another: from when the last frame was to be seen until the first picture of
 * what follows, ms. Where the last frame itself was not caught, its time is that of the latest one before and the time between.
 */
export const gapsAtEnds = (shown: ReadonlyArray<Shown>, lastFrame: number, frameMs: number): ReadonlyArray<number> => {
  const gaps: Array<number> = [];
  let run: { clip: number; frame: number; since: number } | undefined;
  for (const { at, read } of shown) {
    if (read === null || read === "black") continue;
    if (run !== undefined && (read.clip !== run.clip || read.frame < run.frame)) {
      gaps.push(at - (run.since + (lastFrame - run.frame) * frameMs));
      run = undefined;
    }
    if (run === undefined || read.frame > run.frame) run = { ...read, since: at };
  }
  return gaps;
};

/** Pictures of nothing after the first one of something. */
export const blackIn = (shown: ReadonlyArray<Shown>): number => {
  const begins = shown.findIndex(({ read }) => read !== null && read !== "black");
  return begins === -1 ? 0 : shown.slice(begins).filter(({ read }) => read === "black").length;
};

/** Pictures that went back within a clip, but for its beginning. */
export const stepsBack = (shown: ReadonlyArray<Shown>): number => {
  let steps = 0;
  let last: { readonly clip: number; readonly frame: number } | undefined;
  for (const { read } of shown) {
    if (read === null || read === "black") continue;
    if (last !== undefined && read.clip === last.clip && read.frame < last.frame && read.frame > 3) steps++;
    last = read;
  }
  return steps;
};

/** A clip may be so many frames further on than its time: frames are not shown at the very moment. */
const mayBeAhead = 3;

/**
 * Pictures of what was seen of a clip before: since its first picture was shown, or that of another round of it, it cannot have come as far as
 * that. One of which the first picture is missed for more than three frames looks the same.
 */
export const staleIn = (shown: ReadonlyArray<Shown>, frameMs: number): number => {
  let stale = 0;
  let last: { readonly clip: number; readonly frame: number } | undefined;
  /** Of the first clip that was not seen. */
  let began = -Infinity;
  for (const { at, read } of shown) {
    if (read === null || read === "black") continue;
    if (last !== undefined && (read.clip !== last.clip || (read.frame < last.frame && read.frame <= mayBeAhead))) began = at;
    if (read.frame > (at - began) / frameMs + mayBeAhead) stale++;
    last = read;
  }
  return stale;
};

/** The least value that so many percent do not exceed. */
export const percentile = (values: ReadonlyArray<number>, percent: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
};
