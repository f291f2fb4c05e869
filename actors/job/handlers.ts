// What the wire asks of jobs. Everything is the signed-in user's own: what belongs to another does not exist.
import { Clock, Effect } from "effect";
import { fromStoredAccount } from "#actors/account/row.ts";
import type { Assets } from "#actors/asset/assets.ts";
import { pageOf, type Place, placeOf } from "#actors/page.ts";
import { poolRules } from "#actors/pool/rules.ts";
import { priorityWords, topPriorityOf } from "#actors/quota/priority.ts";
import { Providers } from "#actors/provider/index.ts";
import { Database } from "#db/client/database.ts";
import { visibleAccounts } from "#db/queries/account.ts";
import { countJobsByState, type JobFilterArgs, type JobRow, jobsById, jobsOfBatch, listJobs, mostUrgent } from "#db/queries/job.ts";
import { generationOfJob } from "#db/queries/play-generation.ts";
import { gridSize } from "#protocol/grid.ts";
import { finalJobStates, type Job, JobInput, JobRequest, type JobState, mostJobsAtOnce, waitingJobStates } from "#protocol/job.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { eventIdOf, whoMay } from "#runtime/actor/handlers.ts";
import { principalOf } from "#runtime/auth/handlers.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { Settings } from "#runtime/config/settings.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import type { CallContext, DomainHandlers } from "#runtime/gateway/handlers.ts";
import { ranksInOrder } from "./arrange.ts";
import { accepting, acknowledgedRow, jobAddress } from "./accept.ts";
import { batchEstimate, prepareBatch, singlesOf } from "./batch.ts";
import { hashOf, idFor } from "./canonical.ts";
import type { JobEvent } from "./context.ts";
import { providerSpec } from "./form.ts";
import type { Submitted } from "./machine.ts";
import { jobChannel } from "./pipeline.ts";
import { prepare } from "./fallback.ts";
import { type Issue, orderOf, type Prepared, refuse } from "./request.ts";
import { fromStored, shownFallback } from "./row.ts";

/** Rows of the snapshot of the topic. */
const snapshotRows = 100;
/** Words of one search. */
const maxWords = 10;

const owner = (context: CallContext): Effect.Effect<string, CallError> => Effect.map(principalOf(context), ({ userId }) => userId);

const notFound = (id: string): CallError => new CallError("not_found", `The job ${id} does not exist, or is not yours.`);
const noJob = "There is no such job.";

const hasEnded = (state: JobState): string => `It has already ended: ${state}.`;

const turnHasCome = "Its turn has come already.";
const mayBeMoved = (state: JobState): boolean => state === "paused" || waitingJobStates.has(state);

const tooLate = (charges: Job["charges"]): string =>
  `Too late: it is made already${charges.length > 0 ? " and charged" : ""}, and is kept. Should it not come after all, the job ends as cancelled.`;

/** Does something to a job, as it was known before; `index`: its place among those of the call. Answers why not, or null. */
type One = (id: string, before: Job, index: number) => Effect.Effect<string | null, CallError>;

/** What became of an input is what is asked for again: the very same request. */
const sameInput = (input: unknown): unknown => {
  const { jobId, frame, ...rest } = JobInput.parse(input);
  return rest.assetId === undefined ? { ...rest, jobId, frame } : rest;
};

/** The request that a stored job was made from, with its seed: also where it has gone on elsewhere since. No more urgent than its owner may ask for now. */
const requestOf = (row: JobRow, mostUrgentNow: number): JobRequest => {
  const { fallback } = fromStored(row);
  const now = { provider: row.provider, operation: row.operation, params: row.params };
  const [first = now, ...orders] = [...(fallback?.switches ?? []), now, ...(fallback?.orders ?? [])];
  return JobRequest.parse({
    operation: first.operation,
    provider: first.provider,
    params: first.params,
    ...(fallback === null ? {} : { fallback: { on: fallback.on, afterMs: fallback.afterMs ?? undefined, orders } }),
    inputs: row.inputs.map(sameInput),
    priority: Math.max(row.priority, mostUrgentNow),
    ...(row.name === null ? {} : { name: row.name }),
  });
};

const withoutSeed = (prepared: Prepared): Prepared => ({ ...prepared, seed: null, falls: prepared.falls.map(withoutSeed) });

/** When a call came of which some jobs are there already: a repeat makes the others as of then, so that all stand together. */
const cameAt = (there: ReadonlyMap<string, Job>, now: number): number =>
  Math.min(now, ...Array.from(there.values(), ({ createdAt }) => createdAt));

/** The handlers of the domain `jobs`. */
export const jobHandlers = Effect.gen(function* () {
  const database = yield* Database;
  const actors = yield* Actors;
  const bus = yield* Bus;
  const providers = yield* Providers;
  const settings = yield* Settings;
  const rulesAt = yield* poolRules;
  const services = yield* Effect.context<Providers | Assets | Database>();
  const { accept, estimate, known, refusals, repeated } = yield* accepting;

  const page = Effect.fnUntraced(function* (ownerId: string, filter: JobFilterArgs, after: Place | null, limit: number) {
    const rows = yield* orCallError(database.query((sql) => listJobs(sql, ownerId, filter, after, limit + 1)));
    const { rows: first, next } = pageOf(rows, limit, ({ created_at, ordinal, id }) => ({ createdAt: created_at, ordinal, id }));
    return { jobs: first.map(fromStored), next };
  });

  const snapshot = Effect.fnUntraced(function* (ownerId: string) {
    const counts = yield* orCallError(database.query((sql) => countJobsByState(sql, ownerId)));
    const first = yield* page(ownerId, { words: [] }, null, snapshotRows);
    return { counts: Object.fromEntries(counts.map(({ state, count }) => [state, count])), ...first };
  });

  /** Sends a job an event and answers the job as it is then. */
  const told = (id: string, event: JobEvent) => Effect.map(actors.send(jobAddress(id), { ...event }), (step) => acknowledgedRow(id, step));

  /** Each of these answers why it could not be done, or null. */
  const cancelOne: One = (id) =>
    Effect.map(told(id, { type: "job.cancel" }), ({ state, charges }) => {
      if (state === "cancelled" || state === "cancelling") return null;
      return finalJobStates.has(state) ? hasEnded(state) : tooLate(charges);
    });
  const pauseOne: One = (id) =>
    Effect.map(told(id, { type: "job.pause" }), ({ state }) => {
      if (state === "paused") return null;
      if (waitingJobStates.has(state)) return "It was sent already and had no answer: what became of that has to be found out first.";
      if (state === "cancelling") return "It is being called off already.";
      return finalJobStates.has(state) ? hasEnded(state) : "It is under way already, and goes on.";
    });
  const resumeOne: One = (id, before) => {
    if (before.state !== "paused") return Effect.succeed(finalJobStates.has(before.state) ? hasEnded(before.state) : "It was not paused.");
    return Effect.as(told(id, { type: "job.resume" }), null);
  };
  const prioritiseOne = (id: string, place: { readonly priority: number; readonly rank: number }) =>
    Effect.map(told(id, { type: "job.prioritise", ...place }), ({ state }) => {
      if (mayBeMoved(state)) return null;
      return finalJobStates.has(state) ? hasEnded(state) : turnHasCome;
    });

  const top = (context: CallContext) => Effect.map(principalOf(context), (principal) => topPriorityOf(principal, settings));

  /** Errors: invalid_input where the caller may not ask for so much. */
  const mayAskFor = Effect.fnUntraced(function* (priority: number, path: Issue["path"], context: CallContext) {
    const message = priorityWords(priority, yield* top(context));
    if (message !== null) return yield* Effect.fail(refuse([{ path, message }]));
  });

  /** Does the same to each of the chosen jobs. */
  const bulk = (one: One) =>
    Effect.fnUntraced(function* (
      { ids, batchId }: { readonly ids: ReadonlyArray<string>; readonly batchId?: string | undefined },
      context: CallContext,
    ) {
      const ownerId = yield* owner(context);
      const ofBatch = batchId === undefined ? [] : yield* orCallError(database.query((sql) => jobsOfBatch(sql, ownerId, batchId)));
      const all = [...new Set([...ids, ...ofBatch.map(({ id }) => id)])];
      const [first] = all;
      if (first === undefined) {
        const message =
          batchId === undefined ? "Say which jobs: by their ids or by their batch." : `You have no jobs of the batch ${batchId}.`;
        return yield* Effect.fail(batchId === undefined ? refuse([{ path: ["ids"], message }]) : new CallError("not_found", message));
      }
      const own = yield* known(ownerId, all);
      if (own.size === 0) return yield* Effect.fail(notFound(first));
      const outcomes = yield* Effect.forEach(
        all,
        (id, index) => {
          const row = own.get(id);
          if (row === undefined) return Effect.succeed({ id, message: noJob as string | null });
          return Effect.match(one(id, fromStored(row), index), {
            onSuccess: (message) => ({ id, message }),
            onFailure: ({ message }) => ({ id, message: message as string | null }),
          });
        },
        { concurrency: "unbounded" },
      );
      return {
        done: outcomes.flatMap(({ id, message }) => (message === null ? [id] : [])),
        failed: outcomes.flatMap(({ id, message }) => (message === null ? [] : [{ id, message }])),
      };
    });

  const handlers: DomainHandlers<"jobs"> = {
    calls: {
      "jobs.providers": () => Effect.succeed({ providers: providers.all.map(providerSpec) }),

      "jobs.estimate": Effect.fnUntraced(function* ({ dryRun = false, ...batch }, context) {
        const ownerId = yield* owner(context);
        yield* mayAskFor(batch.request.priority, ["request", "priority"], context);
        if (dryRun) yield* Effect.provide(prepareBatch(ownerId, batch, "", yield* Clock.currentTimeMillis), services);
        const singles = yield* Effect.provide(
          singlesOf(ownerId, batch, ({ provider }, request, params) => estimate({ provider, request }, params)),
          services,
        );
        const jobs = singles.length * batch.count;
        const asked = singles.map(({ provider, credits }) => ({
          provider: provider.id,
          cost: credits,
          times: batch.count,
          scheduledFor: batch.request.scheduledFor ?? null,
        }));
        const isPaid = singles.some(({ provider }) => provider.account !== null);
        const rows = isPaid ? yield* orCallError(database.query((sql) => visibleAccounts(sql, ownerId, false))) : [];
        const accounts = Map.groupBy(rows.map(fromStoredAccount), ({ provider }) => provider);
        const rules = yield* Effect.forEach(new Set(singles.map(({ provider }) => provider.id)), (id) =>
          Effect.map(orCallError(rulesAt(id, [ownerId])), (each) => [id, each] as const),
        );
        return batchEstimate(ownerId, singles, batch.count, accounts, new Map(rules), yield* refusals(ownerId, jobs, asked));
      }),

      "jobs.create": Effect.fnUntraced(function* (batch, context) {
        const ownerId = yield* owner(context);
        yield* mayAskFor(batch.request.priority, ["request", "priority"], context);
        const askedHash = context.key === undefined ? null : hashOf(batch);
        // Of a grid without faults, which is known only once it is looked at: a repeat is of one that was accepted.
        const count = batch.grid === undefined ? batch.count : Math.min(gridSize(batch.grid) * batch.count, mostJobsAtOnce);
        const ids = Array.from({ length: count }, (_, index) => idFor("job", ownerId, context.key, index));
        const there = askedHash === null ? new Map<string, Job>() : yield* repeated(ownerId, ids, askedHash);
        if (there.size < count || count === 0) {
          const batchId = count === 1 ? null : idFor("bat", ownerId, context.key);
          const now = yield* Clock.currentTimeMillis;
          const prepared = yield* Effect.provide(prepareBatch(ownerId, batch, batchId ?? ids[0]!, now), services);
          const wanted = prepared.flatMap(({ prepared: one, cell, index }, at) => {
            const id = ids[at]!;
            const particulars = { id, askedHash, parentJobId: null, batchId, cell, index };
            return there.has(id) ? [] : [{ prepared: one, particulars, call: { at: cameAt(there, now), ordinal: at } }];
          });
          for (const job of yield* accept(ownerId, wanted)) there.set(job.id, job);
        }
        return { jobs: ids.map((id) => there.get(id)!) };
      }),

      "jobs.get": Effect.fnUntraced(function* ({ id }, context) {
        const ownerId = yield* owner(context);
        const [row] = yield* orCallError(database.query((sql) => jobsById(sql, ownerId, [id])));
        return row === undefined ? yield* Effect.fail(notFound(id)) : fromStored(row);
      }),

      "jobs.list": Effect.fnUntraced(function* ({ filter, cursor, limit }, context) {
        const { search, ...rest } = filter;
        const words = (search ?? "").split(/\s+/).filter((word) => word !== "");
        return yield* page(yield* owner(context), { ...rest, words: words.slice(0, maxWords) }, yield* placeOf(cursor), limit);
      }),

      "jobs.cancel": bulk(cancelOne),
      "jobs.pause": bulk(pauseOne),
      "jobs.resume": bulk(resumeOne),
      "jobs.prioritise": Effect.fnUntraced(function* ({ priority, ...chosen }, context) {
        const now = yield* Clock.currentTimeMillis;
        if (priority !== "next") yield* mayAskFor(priority, ["priority"], context);
        if (priority !== "next") return yield* bulk((id) => prioritiseOne(id, { priority, rank: 0 }))(chosen, context);
        // Before the user's own and not before those of others: as urgent as the most urgent of them that wait there, as far as the user may ask
        // for that now.
        const ownerId = yield* owner(context);
        const rows = yield* orCallError(database.query((sql) => mostUrgent(sql, ownerId, [...waitingJobStates, "paused"])));
        const urgent = new Map(rows.map((row) => [row.provider, row.priority]));
        const mostUrgentNow = yield* top(context);
        // The last to be put in front is the first; those of one call keep their order, which thousandths of a millisecond tell.
        return yield* bulk((id, before, index) =>
          prioritiseOne(id, {
            priority: Math.min(before.priority, Math.max(mostUrgentNow, urgent.get(before.provider) ?? before.priority)),
            rank: index / 1000 - now,
          }),
        )(chosen, context);
      }),

      "jobs.replace": Effect.fnUntraced(function* ({ id, request }, context) {
        const ownerId = yield* owner(context);
        const row = (yield* known(ownerId, [id])).get(id);
        if (row === undefined) return yield* Effect.fail(notFound(id));
        if (request.provider !== row.provider) {
          const message = "A job keeps its place at its provider: for another one, cancel it and ask anew.";
          return yield* Effect.fail(refuse([{ path: ["request", "provider"], message }]));
        }
        if ((yield* orCallError(database.query((sql) => generationOfJob(sql, id)))).length > 0) {
          const message = "It is made for somebody who plays a story: there it is to be what the story says.";
          return yield* Effect.fail(new CallError("conflict", message));
        }
        // Whatever goes on from another came after it, so that none can come to wait for itself.
        const sources = yield* known(
          ownerId,
          request.inputs.flatMap(({ jobId }) => jobId ?? []),
        );
        const isLater = (of: JobRow): boolean => {
          if (of.created_at !== row.created_at) return of.created_at > row.created_at;
          return of.ordinal === row.ordinal ? of.id >= id : of.ordinal > row.ordinal;
        };
        // Clocks of two processes may differ: then its own time tells nothing.
        const comesBack = Effect.fnUntraced(function* () {
          const seen = new Set<string>();
          let next = [...sources.values()];
          while (next.length > 0) {
            const ids = next
              .flatMap((of) => (of.finished_at === null ? of.inputs : []))
              .flatMap((input) => JobInput.parse(input).jobId ?? []);
            if (ids.includes(id)) return true;
            const unseen = ids.filter((each) => !seen.has(each));
            for (const each of unseen) seen.add(each);
            next = unseen.length === 0 ? [] : [...(yield* known(ownerId, unseen)).values()];
          }
          return false;
        });
        if ([...sources.values()].some((of) => of.finished_at === null && isLater(of)) || (yield* comesBack())) {
          const message = "It can go on from jobs alone that were asked for before it: cancel it and ask anew.";
          return yield* Effect.fail(refuse([{ path: ["request", "inputs"], message }]));
        }
        const now = yield* Clock.currentTimeMillis;
        const prepared = yield* Effect.provide(prepareBatch(ownerId, { request, count: 1 }, id, now), services);
        const particulars = { id, ownerId, askedHash: null, parentJobId: null, batchId: null, cell: [], index: null };
        const order = orderOf(prepared[0]!.prepared, particulars, (one) => estimate(one, one.params));
        // What it costs is held against budgets when it is sent.
        const step = yield* actors.send(jobAddress(id), { type: "job.replace", order });
        const job = acknowledgedRow(id, step);
        const made = { hash: order.hash, name: order.name, fallback: order.fallback === undefined ? null : shownFallback(order.fallback) };
        // What was asked for in the very same way, and sent meanwhile, is not replaced by this either.
        if (mayBeMoved(job.state) && hashOf({ hash: job.hash, name: job.name, fallback: job.fallback }) === hashOf(made)) return job;
        const message = finalJobStates.has(job.state)
          ? hasEnded(job.state)
          : "It has been sent already, and is made as it was: cancel it and ask anew.";
        return yield* Effect.fail(new CallError("conflict", message));
      }),

      "jobs.arrange": Effect.fnUntraced(function* ({ ids: asked, priority }, context) {
        const ids = [...new Set(asked)];
        const ownerId = yield* owner(context);
        const own = yield* known(ownerId, ids);
        if (own.size === 0) return yield* Effect.fail(notFound(ids[0]!));
        const rows = ids.flatMap((id) => own.get(id) ?? []);
        // What it has left is no place in a queue.
        const waits = rows.filter(({ state }) => mayBeMoved(state as JobState));
        if (new Set(waits.map(({ provider }) => provider)).size > 1) {
          return yield* Effect.fail(new CallError("conflict", "They wait at several providers: each has a queue of its own."));
        }
        // What one of them has already was allowed to it.
        if (waits.some((row) => row.priority > priority)) yield* mayAskFor(priority, ["priority"], context);
        const ranks = ranksInOrder(waits.map(({ id, rank, priority: now }) => ({ id, rank: now === priority ? rank : null })));
        const places = new Map(waits.map(({ id, rank }) => [id, { priority, rank: ranks.get(id) ?? rank }]));
        return yield* bulk((id, before) => {
          const place = places.get(id);
          if (place === undefined) return Effect.succeed(finalJobStates.has(before.state) ? hasEnded(before.state) : turnHasCome);
          return place.priority === before.priority && place.rank === before.rank ? Effect.succeed(null) : prioritiseOne(id, place);
        })({ ids }, context);
      }),

      "jobs.markDone": Effect.fnUntraced(function* ({ id, key, providerJobId = null, charged = null }, context) {
        const address = jobAddress(id);
        const who = yield* whoMay(actors, address, context);
        const output: Submitted = { providerJobId, charged, found: true };
        const eventId = eventIdOf("jobs.markDone", who, context);
        yield* actors.resolveEffect(address, key, { type: "done", output }, { by: who.userId, eventId });
        const ownerId = yield* actors.owner(address);
        const [row] = yield* orCallError(database.query((sql) => jobsById(sql, ownerId, [id])));
        return row === undefined ? yield* Effect.fail(notFound(id)) : fromStored(row);
      }),

      "jobs.retry": Effect.fnUntraced(function* ({ ids, newSeed }, context) {
        const ownerId = yield* owner(context);
        const own = yield* known(ownerId, ids);
        if (own.size === 0) return yield* Effect.fail(notFound(ids[0]!));
        const askedHash = context.key === undefined ? null : hashOf({ retry: [...ids], newSeed });
        const newIds = new Map([...new Set(ids)].map((id) => [id, idFor("job", ownerId, context.key, "retry", id)]));
        const there = askedHash === null ? new Map<string, Job>() : yield* repeated(ownerId, [...newIds.values()], askedHash);
        const mostUrgentNow = yield* top(context);
        const now = yield* Clock.currentTimeMillis;
        const failed: Array<{ id: string; message: string }> = [];

        const prepared = yield* Effect.forEach(newIds, ([parentJobId, id], at) => {
          const row = own.get(parentJobId);
          if (row === undefined) failed.push({ id: parentJobId, message: noJob });
          if (row === undefined || there.has(id)) return Effect.succeed([]);
          const particulars = { id, askedHash, parentJobId, batchId: null, cell: [], index: null };
          return Effect.match(Effect.provide(prepare(ownerId, requestOf(row, mostUrgentNow), now), services), {
            onSuccess: (checked) => {
              // The words stay, and with them what they were made from.
              const again = { ...checked, template: fromStored(row).template };
              return [{ prepared: newSeed ? withoutSeed(again) : again, particulars, call: { at: cameAt(there, now), ordinal: at } }];
            },
            onFailure: ({ message }) => {
              failed.push({ id: parentJobId, message });
              return [];
            },
          });
        });
        for (const job of yield* accept(ownerId, prepared.flat())) there.set(job.id, job);
        return {
          jobs: [...newIds.values()].flatMap((id) => {
            const job = there.get(id);
            return job === undefined ? [] : [job];
          }),
          failed,
        };
      }),
    },
    streams: {},
    topics: {
      "jobs.jobs": Effect.fnUntraced(function* (_params, context, from, emit) {
        const ownerId = yield* owner(context);
        return yield* bus.follow(jobChannel(ownerId), from, snapshot(ownerId), emit);
      }),
    },
  };
  return handlers;
});
