// The Media service on pooled child processes: renders in one lane, short tasks in another, so that drawing never delays
// taking files in. No codec ever runs in the server's own process.
import { rm, readdir, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { Effect, Layer } from "effect";
import { Settings } from "#runtime/config/settings.ts";
import { type ChildOptions, spawnChild } from "./child-process.ts";
import { type Lane, makeLane } from "./lane.ts";
import { Media, MediaError } from "./media.ts";
import type { Task } from "./messages.ts";

export interface MediaPoolOptions {
  /** How to run Node; by default as this process was. */
  readonly node?: ChildOptions["node"];
  /** Tasks that may wait in each lane. */
  readonly bound?: number;
}

const defaultBound = 1000;
const idleMs = 60_000;
/** Files remembered for having ended a child. */
const suspectLimit = 1000;
const crashesAllowed = 2;

/** Lower goes first: a person waits for a frame, an upload for its check. */
const priorities = { frame: 0, probe: 1, derive: 2, render: 0 } as const;
/** A task that takes longer hangs, s. Derivatives of a film of hours take their time. */
const limits = { frame: 120, probe: 120, derive: 3600, render: 1800 } as const;

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

const noProgress = (): void => {};

const makeMedia = Effect.fnUntraced(function* (options: MediaPoolOptions) {
  const settings = yield* Settings;
  const cores = availableParallelism();
  // More at a time than there are cores would each take longer and none end sooner.
  const concurrency = settings.PIXSIM_RENDERERS === 0 ? cores : Math.min(cores, settings.PIXSIM_RENDERERS);
  const spawn = () => spawnChild({ node: options.node ?? [process.execPath] });
  const lane = { bound: options.bound ?? defaultBound, idleMs, spawn };
  const renders = yield* makeLane({ ...lane, size: concurrency });
  const shortTasks = yield* makeLane({ ...lane, size: Math.max(1, cores >> 1) });
  const crashes = new Map<string, number>();

  const attempt = <K extends Task["kind"]>(through: Lane, task: Extract<Task, { kind: K }>, progress: (fraction: number) => void) =>
    through
      .use(priorities[task.kind], (child) =>
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
    probe: (path) => onFile(path, attempt<"probe">(shortTasks, { kind: "probe", path }, noProgress)),
    derive: (path, facts, stage) =>
      onFile(path, attempt<"derive">(shortTasks, { kind: "derive", path, facts, prefix: stage("derived") }, noProgress)),
    frame: (path, timeMs, output) => onFile(path, attempt<"frame">(shortTasks, { kind: "frame", path, timeMs, output }, noProgress)),
    render: (spec, output, progress) => Effect.asVoid(attempt<"render">(renders, { kind: "render", spec, output }, progress)),
  });
});

/** Media on child processes of this machine; as many renders at a time as the settings say. */
export const mediaPool = (options: MediaPoolOptions = {}): Layer.Layer<Media, never, Settings> => Layer.effect(Media, makeMedia(options));
