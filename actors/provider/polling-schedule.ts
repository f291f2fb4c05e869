// When a provider is asked again about a job: pure, so that its promises can be tested as properties. Times are the provider's, ms.
import type { Pace } from "./tools.ts";

/** Pauses after failures in a row; after the last of them asking is given up. */
export const backoffs: ReadonlyArray<number> = [10_000, 20_000, 30_000, 45_000, 60_000];

export interface Question {
  /** Since it was first asked about. */
  readonly ageMs: number;
  /** Until the expected end, negative when that has passed; null while it waits for its turn at the provider. */
  readonly remainingMs: number | null;
  /** Questions in a row that failed. */
  readonly failures: number;
  /** What the provider asked for with its last failure, ms from then; else 0. */
  readonly retryAfterMs: number;
  /** 0 to 1: where in the jitter it lies. */
  readonly spread: number;
}

/** Near the expected end it is asked so often. */
const nearPause = 2000;
/** Longest pause by the expected end alone, once a job is old. */
const longest = 30_000;
/** Far from the expected end the pause of its age is stretched at most so much. */
const stretch = 3;

const pauseOfAge = (ageMs: number, distance: number): number => {
  if (ageMs < 20_000) return 2000;
  if (ageMs < 75_000) return 4000;
  if (ageMs < 180_000) return 6000;
  return Math.min(longest, Math.max(6000, distance / 4));
};

/** Time until the next question: ±10 % around what age and expected end say, never less than the pace and the provider's own word. */
export const pauseOf = ({ ageMs, remainingMs, failures, retryAfterMs, spread }: Question, pace: Pace): number => {
  const floor = Math.max(pace.least, retryAfterMs);
  const jittered = (pause: number): number => Math.max(floor, pause * (0.9 + 0.2 * spread));
  if (failures > 0) return jittered(backoffs[Math.min(failures, backoffs.length) - 1]!);
  if (remainingMs === null) return jittered(pauseOfAge(ageMs, ageMs));
  const distance = Math.abs(remainingMs);
  const pause = pauseOfAge(ageMs, distance);
  // As many questions are left to the end as it takes to be there soon after it; before that they would find out nothing.
  if (distance < 4 * nearPause) return jittered(Math.min(pause, nearPause));
  return jittered(remainingMs > 0 ? Math.min(longest, pause * stretch, Math.max(pause, remainingMs / 4)) : pause);
};

/** A fraction from which the rest of the time can be told. */
export const tellsMuch = (fraction: number | null): fraction is number => fraction !== null && fraction >= 0.05;

/** Time to the expected end, from the fraction where the provider tells one that says something, else from what was expected. */
export const remainingBy = (elapsedMs: number, expectedMs: number, fraction: number | null): number =>
  tellsMuch(fraction) ? (elapsedMs * (1 - fraction)) / fraction : expectedMs - elapsedMs;
