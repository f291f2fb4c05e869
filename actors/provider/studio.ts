// The studio on this machine as a provider: it draws videos, no model generates them. What it has accepted is a row in its
// ledger, so the same key never renders twice and a restart goes on with what was not finished.
import { access } from "node:fs/promises";
import { Clock, Deferred, Effect, Exit, Fiber, Queue, type Scope } from "effect";
import * as z from "zod";
import type { Database } from "#db/client/database.ts";
import { Settings } from "#runtime/config/settings.ts";
import { Media, type MediaError, type RenderSpec } from "#actors/media/media.ts";
import { readOrders } from "#actors/media/render/words.ts";
import type { Connection, Provider, ProviderFailure, ProviderRequest } from "./provider.ts";
import { openRenderFiles } from "./studio-files.ts";
import { makeLedger, type Render } from "./studio-ledger.ts";
import { studioOperations, workOf } from "./studio-operations.ts";

/** Pauses between two sweeps of old files. */
const sweepPause = "10 minutes";
/** Weight of the newest render in the average speed, and where the average starts: ns a pixel, and ms that each render takes besides. */
const newest = 0.3;
const firstSpeed = 25;
const overhead = 250;
/** Share of the progress that a delay ordered by `#slow:n` takes, and its steps. */
const slowShare = 0.5;
const slowSteps = 20;

const failure = (kind: ProviderFailure["kind"], message: string): ProviderFailure => ({ kind, message });

const ofMedia = (error: MediaError): ProviderFailure => {
  switch (error.reason) {
    case "unsupported":
      return failure("input", error.message);
    case "storage":
      return failure("storage", error.message);
    case "overloaded":
      return failure("limit", error.message);
    case "crashed":
    case "fault":
      return failure("provider", `The render failed: ${error.message}`);
  }
};

/** Failures that come of the moment: the render stays accepted, and following it again tries again. */
const passing: ReadonlySet<ProviderFailure["kind"]> = new Set(["storage", "limit", "network"]);

/** A render that is going on. With the last one who follows it gone it is stopped, and resumed by the next `track`. */
interface Run {
  readonly done: Deferred.Deferred<void, ProviderFailure>;
  readonly listeners: Set<(fraction: number) => void>;
  latest: number;
  /** Nobody follows it any more: it has no result. */
  stopping: boolean;
  fiber: Fiber.Fiber<void, ProviderFailure> | null;
}

export const makeStudio = Effect.gen(function* (): Effect.fn.Return<Provider, ProviderFailure, Database | Media | Settings | Scope.Scope> {
  const media = yield* Media;
  const { PIXSIM_DATA } = yield* Settings;
  const ledger = yield* makeLedger(PIXSIM_DATA);
  const files = yield* openRenderFiles(PIXSIM_DATA);
  const scope = yield* Effect.scope;
  const runs = new Map<string, Run>();
  // A file gets its name after its row: one that no row names was to be removed by a process that was killed.
  for (const name of yield* ledger.strangers(files.found)) yield* files.remove(name);
  let speed = firstSpeed;

  const operations = studioOperations((operation, params) => ({
    credits: 0,
    durationMs: Math.round(overhead + (workOf(operation, params) * speed) / 1e6),
  }));

  /** Draws what the ledger says into its file, and tells the ledger how it ended. */
  const draw = Effect.fnUntraced(function* (render: Render, progress: (fraction: number) => void): Effect.fn.Return<void, ProviderFailure> {
    const { spec } = render;
    const prompt = spec.params["prompt"];
    const order = readOrders(typeof prompt === "string" ? prompt : "");
    if (order.slow > 0) {
      for (let step = 1; step <= slowSteps; step++) {
        yield* Effect.sleep((order.slow * 1000) / slowSteps);
        progress((slowShare * step) / slowSteps);
      }
    }
    if (order.stall) return yield* Effect.never;
    if (order.filtered) return yield* Effect.fail(failure("filtered", "The prompt was refused, as #filtered asks for: change its words."));
    if (order.fail) return yield* Effect.fail(failure("provider", "The render failed, as #fail in the prompt asks for."));
    const before = order.slow > 0 ? slowShare : 0;
    const name = `${render.id}.mp4`;
    const start = yield* Clock.monotonicTimeNanos;
    yield* Effect.mapError(
      media.render(spec, files.making(name), (fraction) => progress(before + (1 - before) * fraction)),
      ofMedia,
    );
    const took = Math.max(1, Number((yield* Clock.monotonicTimeNanos) - start) / 1e6 - overhead);
    speed += newest * ((took * 1e6) / workOf(spec.operation, spec.params) - speed);
    // In this order a file always has its row; a row whose file is not there yet leads to the same bytes being made again.
    yield* ledger.finish(render.id, name);
    yield* files.keep(name);
  });

  const stop = (run: Run): Effect.Effect<void> => Effect.suspend(() => (run.fiber === null ? Effect.void : Fiber.interrupt(run.fiber)));

  /** The run of a render, begun if it is not going on. Registered before anything is awaited: never two of one render. */
  const join = Effect.fnUntraced(function* (render: Render, listener: (fraction: number) => void): Effect.fn.Return<Run> {
    let going = runs.get(render.id);
    // One that is being stopped has nothing for who comes now, and is in the way of another until it has ended.
    for (; going?.stopping === true; going = runs.get(render.id)) yield* Fiber.await(going.fiber!);
    if (going !== undefined) {
      going.listeners.add(listener);
      listener(going.latest);
      return going;
    }
    const run: Run = { done: Deferred.makeUnsafe(), listeners: new Set([listener]), latest: 0, stopping: false, fiber: null };
    runs.set(render.id, run);
    listener(run.latest);
    const tell = (fraction: number): void => {
      run.latest = fraction;
      for (const each of run.listeners) each(fraction);
    };
    const work = draw(render, tell).pipe(Effect.tapError((why) => (passing.has(why.kind) ? Effect.void : ledger.fail(render.id, why))));
    run.fiber = yield* Effect.forkIn(Effect.interruptible(work), scope);
    // By its fiber: one that is stopped before it has begun ends without having run anything.
    run.fiber.addObserver((exit) => {
      runs.delete(render.id);
      // A run that is stopped has no result: who still follows it is stopped too, or is told by `cancel`.
      if (!Exit.hasInterrupts(exit)) Deferred.doneUnsafe(run.done, exit);
    });
    return run;
  });

  /** Follows a render, begun or not, to its end. */
  const follow = (render: Render, progress: (fraction: number) => Effect.Effect<void>): Effect.Effect<void, ProviderFailure> =>
    Effect.scoped(
      Effect.gen(function* () {
        // Only the newest counts: a slow listener never holds up the render.
        const told = yield* Queue.sliding<number>(1);
        const listener = (fraction: number): void => void Queue.offerUnsafe(told, fraction);
        const run = yield* Effect.acquireRelease(join(render, listener), (joined) =>
          Effect.suspend(() => {
            joined.listeners.delete(listener);
            if (joined.listeners.size > 0) return Effect.void;
            joined.stopping = true;
            return stop(joined);
          }),
        );
        yield* Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.take(told), progress)));
        yield* Deferred.await(run.done);
      }),
    );

  const ended = (render: Render): Effect.Effect<void, ProviderFailure> => {
    switch (render.state) {
      case "accepted":
      case "done":
        return Effect.void;
      case "failed":
        return Effect.fail(render.failure ?? failure("provider", "The render failed."));
      case "cancelled":
        return Effect.fail(failure("provider", "The render was cancelled."));
    }
  };

  const specOf = Effect.fnUntraced(function* (request: ProviderRequest): Effect.fn.Return<RenderSpec, ProviderFailure> {
    const { operation } = request;
    if (operation === "video_edit") return yield* Effect.fail(failure("parameters", "The studio edits no videos."));
    const checked = operations[operation].params.safeParse(request.params);
    if (!checked.success) return yield* Effect.fail(failure("parameters", z.prettifyError(checked.error)));
    for (const { path } of request.inputs) {
      yield* Effect.tryPromise({ try: () => access(path), catch: () => failure("input", "An input's file is not there any more.") });
    }
    const inputs = request.inputs.map(({ role, name, path, mediaType, timeMs }) => ({ role, name, path, mediaType, timeMs }));
    return { operation, params: checked.data, inputs };
  });

  const sweep = Effect.gen(function* () {
    for (const name of yield* ledger.sweep()) yield* files.remove(name);
  }).pipe(Effect.catch((why) => Effect.logWarning("old renders could not be swept", { reason: why.message })));
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(sweep, Effect.sleep(sweepPause))));

  const connection: Connection = {
    submit: Effect.fn("studio.submit")(function* (key, request) {
      return { providerJobId: yield* ledger.accept(key, yield* specOf(request)), charged: 0 };
    }),
    track: Effect.fn("studio.track")(function* (providerJobId, progress) {
      const render = yield* ledger.find(providerJobId);
      yield* ended(render);
      if (render.state === "accepted") yield* follow(render, progress);
      yield* progress(1);
      return { charged: 0 };
    }),
    download: Effect.fn("studio.download")(function* (providerJobId, path) {
      const render = yield* ledger.find(providerJobId);
      yield* ended(render);
      const name = render.output ?? `${render.id}.mp4`;
      // Not finished, or swept since: it is made (again); the same order gives the same bytes.
      if (render.output === null || !(yield* files.has(name))) yield* follow(render, () => Effect.void);
      yield* files.handOut(name, path);
      return { mime: "video/mp4" };
    }),
    cancel: Effect.fn("studio.cancel")(function* (providerJobId) {
      yield* ledger.cancel(providerJobId);
      const run = runs.get(providerJobId);
      if (run !== undefined) {
        yield* stop(run);
        yield* Deferred.fail(run.done, failure("provider", "The render was cancelled."));
      }
      return true;
    }),
    // It is on this machine: what it needs was opened when it was made.
    check: Effect.void,
  };

  return {
    id: "studio",
    title: "Studio (this machine)",
    summary:
      "Draws short videos on this machine from words and pictures: free and repeatable. They are drawn by rules, not generated by a model.",
    account: null,
    concurrency: media.concurrency,
    operations,
    recovery: "idempotencyKey",
    connect: () => connection,
  };
});
