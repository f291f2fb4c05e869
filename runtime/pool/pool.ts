// Worker threads (piscina) for work that would hold the event loop. No codec may be in it: ending a codec's thread ends the whole
// process, so that work is done in media children. Threads start when there is work and end when there is none.
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Context, Data, Effect, Layer } from "effect";
import type { Piscina } from "piscina";

/** `overloaded`: too much waits already, try later. `failed`: the work threw; `cause` is its error, with the system's `code` if it had one. */
export class PoolError extends Data.TaggedError("PoolError")<{
  readonly reason: "overloaded" | "failed";
  readonly message: string;
  readonly cause?: unknown;
}> {}

/** `interactive`: somebody waits for it in front of a screen. */
type Lane = "batch" | "interactive";

/** A function that a module exports, to be run in a thread: what it takes and answers is copied between threads. */
export interface Work<Run extends (input: never) => unknown> {
  /** URL. */
  readonly module: string;
  readonly name: string;
  /** It waits for work of its own lane only. Default: batch. */
  readonly lane?: Lane;
  /** Never there: it carries the type. */
  readonly run?: Run;
}

interface PoolStats {
  readonly threads: number;
  readonly waiting: number;
  /** Works ever, by how they ended. */
  readonly ended: Readonly<Record<"done" | "failed" | "refused", number>>;
}

export class Pool extends Context.Service<
  Pool,
  {
    /** Runs work when a thread of its lane is free, first come, first served. Interrupting it ends its thread, wherever the work is. */
    readonly run: <Run extends (input: never) => unknown>(
      work: Work<Run>,
      input: Parameters<Run>[0],
    ) => Effect.Effect<Awaited<ReturnType<Run>>, PoolError>;
    readonly stats: () => PoolStats;
  }
>()("pixsim/runtime/Pool") {
  static readonly layer = Layer.effect(
    Pool,
    Effect.suspend(() => makePool({})),
  );
}

interface PoolOptions {
  /** Threads of each lane at the same time. Default: one less than there are cores, as one is the event loop's; at least one. */
  readonly threads?: number;
  /** Works of each lane that may wait. Default 256. */
  readonly bound?: number;
}

/** A thread that was not needed for so long ends, ms. */
const idleMs = 30_000;
const worker = fileURLToPath(new URL("worker.ts", import.meta.url));

/** What a thread answers. Errors are taken apart: on the way they would lose their code. */
export type Answer =
  | { readonly value: unknown }
  | { readonly error: { readonly message: string; readonly stack: string | undefined; readonly code: string | undefined } };

export const makePool = Effect.fnUntraced(function* (options: PoolOptions) {
  const bound = options.bound ?? 256;
  const ended = { done: 0, failed: 0, refused: 0 };
  const started: Partial<Record<Lane, Piscina>> = {};
  // Loaded with the first work: the start of the server does not wait for it.
  const start = (lane: Lane) =>
    Effect.cached(
      Effect.promise(async () => {
        const { Piscina } = await import("piscina");
        return (started[lane] = new Piscina({
          filename: worker,
          minThreads: 0,
          maxThreads: options.threads ?? Math.max(1, availableParallelism() - 1),
          idleTimeout: idleMs,
          recordTiming: false,
        }));
      }),
    );
  const lanes: Readonly<Record<Lane, Effect.Effect<Piscina>>> = { batch: yield* start("batch"), interactive: yield* start("interactive") };
  const running = (): ReadonlyArray<Piscina> => Object.values(started);
  yield* Effect.addFinalizer(() => Effect.promise(() => Promise.all(running().map((each) => each.destroy()))));

  const failed = (cause: unknown): PoolError => {
    ended.failed++;
    return new PoolError({ reason: "failed", message: cause instanceof Error ? cause.message : String(cause), cause });
  };

  const run = Effect.fnUntraced(function* <Run extends (input: never) => unknown>(
    { module, name, lane = "batch" }: Work<Run>,
    input: Parameters<Run>[0],
  ): Effect.fn.Return<Awaited<ReturnType<Run>>, PoolError> {
    const pool = yield* lanes[lane];
    if (pool.queueSize >= bound) {
      ended.refused++;
      return yield* new PoolError({ reason: "overloaded", message: "Too much work waits for a processor. Try again later." });
    }
    const answer = yield* Effect.tryPromise({
      try: (signal): Promise<Answer> => pool.run({ module, name, input }, { signal }),
      catch: failed,
    });
    if ("error" in answer) {
      const { message, ...rest } = answer.error;
      return yield* failed(Object.assign(new Error(message), rest));
    }
    ended.done++;
    // The thread ran the function that the work names.
    return answer.value as Awaited<ReturnType<Run>>;
  });

  const sum = (of: (pool: Piscina) => number): number => running().reduce((total, pool) => total + of(pool), 0);
  return Pool.of({
    run,
    stats: () => ({ threads: sum(({ threads }) => threads.length), waiting: sum(({ queueSize }) => queueSize), ended }),
  });
});
