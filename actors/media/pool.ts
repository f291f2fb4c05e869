// The Media service on pooled child processes, never more of them than there are cores, whatever they do. Short tasks go first and
// leave room for others: drawing holds up taking files in for the rest of one render at most, and a film never does.
// No codec ever runs in the server's own process.
import { rm, readdir, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { Effect, Layer } from "effect";
import { Settings } from "#runtime/config/settings.ts";
import { type ChildOptions, spawnChild } from "./child-process.ts";
import { makeLane, type Turn } from "./lane.ts";
import { Media, MediaError, type MediaFacts } from "./media.ts";
import type { Task } from "./messages.ts";

export interface MediaPoolOptions {
  /** How to run Node; by default as this process was. */
  readonly node?: ChildOptions["node"];
  /** Tasks that may wait. */
  readonly bound?: number;
}

const defaultBound = 1000;
const idleMs = 60_000;
/** Files remembered for having ended a child. */
const suspectLimit = 1000;
const crashesAllowed = 2;

/** A longer video may keep its child for minutes, ms. All that the studio draws is shorter. */
const filmMs = 20_000;
/** A task that takes longer hangs, s. Derivatives of a film of hours take their time. */
const limits = { frame: 120, probe: 120, derive: 3600, convert: 1800, render: 1800 } as const;

/** Names the bytes of a file across renames and links. A file that is not there has no identity. */
const identify = (path: string): Effect.Effect<string | null> =>
  Effect.promise(() =>
    stat(path).then(
      ({ dev, ino, size }) => `${dev}:${ino}:${size}`,
      () => null,
    ),
  );

/** Removes what an unfinished task wrote; nothing there is fine. */
const removeOutput = (task: Task): Effect.Effect<void> => {
  switch (task.kind) {
    case "probe":
      return Effect.void;
    case "frame":
    case "convert":
    case "render":
      return Effect.ignore(Effect.tryPromise(() => rm(task.output, { force: true })));
    case "derive": {
      const folder = dirname(task.prefix);
      const start = `${basename(task.prefix)}-`;
      return Effect.ignore(
        Effect.tryPromise(async () => {
          const names = (await readdir(folder)).filter((name) => name.startsWith(start));
          await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
        }),
      );
    }
  }
};

/**
 * Who shares the children of `cores` how, by urgency: a person waits for a frame, an upload for its check. On more than one core
 * neither short tasks nor films can take all of them. What is made after an asset can be seen keeps no other from being seen, and
 * takes turns with drawing: neither waits for what comes after it.
 */
export const turnsOf = (cores: number, renders: number) => {
  const most = Math.max(1, cores - 1);
  const short = { most };
  const long = { most };
  return {
    frame: { task: "frame", share: short, priority: 0 },
    probe: { task: "probe", share: short, priority: 1 },
    derive: { task: "derive", share: short, priority: 2 },
    convert: { task: "convert", share: short, priority: 2 },
    film: { task: "derive", share: long, priority: 3 },
    later: { task: "derive", share: { most }, priority: 4 },
    laterFilm: { task: "derive", share: long, priority: 4 },
    render: { task: "render", share: { most: renders }, priority: 4 },
  } as const satisfies Readonly<Record<string, Turn>>;
};

const isFilm = (facts: MediaFacts): boolean => facts.mediaType === "video" && facts.durationMs > filmMs;

const noProgress = (): void => {};

const makeMedia = Effect.fnUntraced(function* (options: MediaPoolOptions) {
  const settings = yield* Settings;
  const cores = availableParallelism();
  // More at a time than there are cores would each take longer and none end sooner.
  const concurrency = settings.PIXSIM_RENDERERS === 0 ? cores : Math.min(cores, settings.PIXSIM_RENDERERS);
  const spawn = () => spawnChild({ node: options.node ?? [process.execPath] });
  const lane = yield* makeLane({ size: cores, bound: options.bound ?? defaultBound, idleMs, spawn });
  const turns = turnsOf(cores, concurrency);
  const crashes = new Map<string, number>();

  const attempt = <K extends Task["kind"]>(turn: Turn, task: Extract<Task, { kind: K }>, progress: (fraction: number) => void) =>
    lane
      .use(turn, (child) =>
        Effect.timeoutOrElse(child.run<K>(task, progress), {
          duration: `${limits[task.kind]} seconds`,
          orElse: () =>
            Effect.fail(
              new MediaError({ reason: "unsupported", message: `The work took longer than ${limits[task.kind]} s and was given up.` }),
            ),
        }),
      )
      .pipe(Effect.onError(() => removeOutput(task)));

  const refused = new MediaError({
    reason: "unsupported",
    message: "This file ended the process that read it, twice: it is damaged or made to do harm, and cannot be used.",
  });

  const noteCrash = (file: string): number => {
    const count = (crashes.get(file) ?? 0) + 1;
    crashes.delete(file);
    crashes.set(file, count);
    const [oldest] = crashes.keys();
    if (crashes.size > suspectLimit && oldest !== undefined) crashes.delete(oldest);
    return count;
  };

  /** Work on one file: the file is refused once it has ended children twice. */
  const onFile = Effect.fnUntraced(function* <A>(path: string, work: Effect.Effect<A, MediaError>): Effect.fn.Return<A, MediaError> {
    const file = yield* identify(path);
    if (file === null) return yield* work;
    if ((crashes.get(file) ?? 0) >= crashesAllowed) return yield* refused;
    return yield* Effect.catchIf(
      work,
      (error) => error.reason === "crashed",
      (error) => Effect.fail(noteCrash(file) >= crashesAllowed ? refused : error),
    );
  });

  return Media.of({
    concurrency,
    probe: (path) => onFile(path, attempt<"probe">(turns.probe, { kind: "probe", path }, noProgress)),
    derive: (path, facts, stage, later = false) => {
      const [whenSeen, before] = isFilm(facts) ? [turns.laterFilm, turns.film] : [turns.later, turns.derive];
      const turn = later ? whenSeen : before;
      return onFile(path, attempt<"derive">(turn, { kind: "derive", path, facts, prefix: stage("derived") }, noProgress));
    },
    frame: (path, timeMs, output) => onFile(path, attempt<"frame">(turns.frame, { kind: "frame", path, timeMs, output }, noProgress)),
    convert: (path, facts, target, output) => {
      const turn = isFilm(facts) ? turns.film : turns.convert;
      return onFile(path, Effect.asVoid(attempt<"convert">(turn, { kind: "convert", path, facts, target, output }, noProgress)));
    },
    render: (spec, output, progress) => Effect.asVoid(attempt<"render">(turns.render, { kind: "render", spec, output }, progress)),
  });
});

/** Media on child processes of this machine; as many renders at a time as the settings say. */
export const mediaPool = (options: MediaPoolOptions = {}): Layer.Layer<Media, never, Settings> => Layer.effect(Media, makeMedia(options));
