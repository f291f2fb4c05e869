// How a job waits for what others are to make for it: until each of them has ended, heard of by the owner's channel and looked up again
// every few seconds, since news may be lost. Nothing of the wait is stored: after a crash it begins anew and finds out how things stand.
import { Effect, Queue, Schedule, type Scope } from "effect";
import { Assets, pastAnyEnd } from "#actors/asset/assets.ts";
import { Database } from "#db/client/database.ts";
import { type JobRow, jobResults } from "#db/queries/job.ts";
import { finalJobStates, type JobInput, type JobState } from "#protocol/job.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import type { EffectFailure } from "#runtime/actor/define.ts";
import { damagedCopy } from "#runtime/blobs/archive.ts";
import { Bus } from "#runtime/bus/bus.ts";
import type { TopicMessage } from "#runtime/gateway/handlers.ts";
import { type Awaited, type JobOrder, waitWords } from "./context.ts";

/** Channel of an owner's jobs. */
export const jobChannel = (ownerId: string): string => `jobs:${ownerId}`;

/** How often it is looked up whatever was heard, and tried again what did not work for now. */
const again = "10 seconds";

/** Why nothing can be made of a job's result, or null while it can. */
export const whyNoResult = (title: string, state: JobState, message: string | undefined): string | null => {
  switch (state) {
    case "failed":
    case "filtered":
    case "timedOut":
      return `“${title}” ${state === "filtered" ? "was refused" : state === "timedOut" ? "timed out" : "failed"}, so there is no result of it to go on from.${message === undefined ? "" : ` ${message}`}`;
    case "cancelled":
    case "cancelling":
      return `“${title}” was cancelled, so there is no result of it to go on from.`;
    case "scheduled":
    case "paused":
    case "awaitingInputs":
    case "queued":
    case "waitingForSlot":
    case "submitting":
    case "processing":
    case "downloading":
    case "ingesting":
    case "completed":
      return null;
  }
};

const noResult = (message: string): EffectFailure => ({ kind: "input", message, unsent: true });

const unreachable: ReadonlySet<string> = new Set(["unavailable", "overloaded", "storage_full"]);

/** Our own files cannot be had just now: it is tried again. */
export const isOutOfReach = (error: CallError): boolean => error !== damagedCopy && unreachable.has(error.code);

const patiently = <A, E>(effect: Effect.Effect<A, E>, isPassing: (error: E) => boolean) =>
  Effect.retry(effect, { schedule: Schedule.spaced(again), while: isPassing });

/** `ending` waits until one of these jobs may have ended, however often it is run; at first it does not wait. */
export const jobsEnding = Effect.fnUntraced(function* (bus: Bus["Service"], ownerId: string, ids: ReadonlyArray<string>) {
  const bell = yield* Queue.sliding<void>(1);
  const ring = (message: TopicMessage): void => {
    // A change carries one row.
    const isEnd = ({ json }: { readonly json: string }) => !json.includes('"finishedAt":null') && ids.some((id) => json.includes(id));
    if (message.type === "delta" && !isEnd(message)) return;
    Queue.offerUnsafe(bell, undefined);
  };
  const follow = bus.follow(jobChannel(ownerId), undefined, Effect.succeed(null), ring);
  yield* Effect.acquireRelease(Effect.orDie(patiently(follow, () => true)), ({ close }) => Effect.sync(close));
  // It rings at once when it is hung up.
  return { ending: Effect.race(Queue.take(bell), Effect.sleep(again)) };
});

/** For the life of the process: what it asks of its surroundings. */
export const pipelines = Effect.gen(function* () {
  const database = yield* Database;
  const assets = yield* Assets;
  const bus = yield* Bus;

  const input = Effect.fnUntraced(function* (ownerId: string, rows: ReadonlyMap<string, Pick<JobRow, "asset_id">>, wanted: JobInput) {
    const assetId = wanted.jobId === undefined ? undefined : rows.get(wanted.jobId)?.asset_id;
    if (wanted.assetId !== undefined || assetId === undefined || assetId === null) return wanted;
    if (wanted.frame === undefined) return { ...wanted, assetId };
    const taken = assets.frame(ownerId, assetId, wanted.frame === "first" ? 0 : pastAnyEnd);
    const frame = yield* Effect.mapError(patiently(taken, isOutOfReach), ({ message }) =>
      noResult(`The ${wanted.frame} frame could not be taken: ${message}`),
    );
    return { ...wanted, assetId: frame.id };
  });

  const wait = Effect.fnUntraced(function* (
    order: JobOrder,
    tell: (reason: string) => Effect.Effect<void>,
  ): Effect.fn.Return<{ readonly inputs: ReadonlyArray<JobInput> }, EffectFailure, Scope.Scope> {
    const after = order.after ?? [];
    const ids = after.map(({ jobId }) => jobId);
    const { ending } = yield* jobsEnding(bus, order.ownerId, ids);
    let told = waitWords(after);
    for (;;) {
      yield* ending;
      const found = yield* Effect.orDie(
        patiently(
          database.query((sql) => jobResults(sql, order.ownerId, ids)),
          () => true,
        ),
      );
      const rows = new Map(found.map((row) => [row.id, row]));
      const open: Array<Awaited> = [];
      for (const each of after) {
        const row = rows.get(each.jobId);
        if (row === undefined) return yield* Effect.fail(noResult(`“${each.title}” is gone, so there is no result of it to go on from.`));
        const state = row.state as JobState;
        const why = finalJobStates.has(state) ? whyNoResult(each.title, state, row.failure?.message) : null;
        if (why !== null) return yield* Effect.fail(noResult(why));
        if (state !== "completed") open.push(each);
      }
      if (open.length === 0) return { inputs: yield* Effect.forEach(order.inputs, (each) => input(order.ownerId, rows, each)) };
      const words = waitWords(open, new Set(found.flatMap(({ id, state }) => (state === "paused" ? [id] : []))));
      if (words !== told) yield* tell((told = words));
    }
  });

  /** Ends with the inputs as assets once all are made; fails when one of them will not be. */
  return (order: JobOrder, tell: (reason: string) => Effect.Effect<void>) => Effect.scoped(wait(order, tell));
});
