// Takes orders in: under their owner's limit of open jobs, and each exactly once. Accepted means stored.
import { Clock, Effect } from "effect";
import { refusal } from "#actors/asset/quota.ts";
import { allowance, type Asked } from "#actors/spend/budgets.ts";
import { periodsAt } from "#actors/spend/context.ts";
import { Database } from "#db/client/database.ts";
import { type Admission, admitJobs, jobsById } from "#db/queries/job.ts";
import { countsOf, dropReservations, quotaOf, usageOf } from "#db/queries/quota.ts";
import type { Job } from "#protocol/job.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { type Acknowledged, Actors } from "#runtime/actor/actors.ts";
import { Settings } from "#runtime/config/settings.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import type { CallPlace, JobContext, JobOrder } from "./context.ts";
import { Durations } from "./durations.ts";
import { dayWords, openWords } from "./limit-words.ts";
import { fromStored, jobRow } from "./row.ts";
import { type Particulars, orderOf, type Prepared } from "./request.ts";
import { Slots } from "./slots.ts";

/** A reservation whose job has not come by then belongs to a process that died, ms. */
const reservationLife = 60_000;

export const jobAddress = (id: string): string => `job/${id}`;

/** A job as of an acknowledged step. */
export const acknowledgedRow = (id: string, { value, context, seq, at }: Acknowledged): Job =>
  // The host's types end at the machine: the context is the one that the job machine made.
  jobRow({ value, context: context as unknown as JobContext }, { id, seq, at, parked: null });

/** A job that is to be made. `call`: left out where it comes alone. */
interface Wanted {
  readonly prepared: Prepared;
  readonly particulars: Omit<Particulars, "ownerId">;
  readonly call?: CallPlace;
}

const reused = (): CallError => new CallError("idempotency_conflict", "This idempotency key was used before with another request.");

export const accepting = Effect.gen(function* () {
  const database = yield* Database;
  const actors = yield* Actors;
  const settings = yield* Settings;
  const slots = yield* Slots;
  const durations = yield* Durations;
  const allowed = yield* allowance;

  /** Expected time and wait of a generation that comes now, ms. */
  const estimate = ({ provider, request }: Pick<Prepared, "provider" | "request">, params: Prepared["params"]) => {
    const expectedMs = durations.expected({ provider: provider.id, operation: request.operation, params });
    const { concurrency, busy, ahead } = slots.load(provider.id, request.priority);
    const waits = busy >= concurrency || ahead > 0;
    return { expectedMs, waitMs: waits ? Math.round(((ahead + 1) / Math.max(1, concurrency)) * expectedMs) : 0 };
  };

  /** Own jobs that exist, by id. */
  const known = Effect.fnUntraced(function* (ownerId: string, ids: ReadonlyArray<string>) {
    const rows = yield* orCallError(database.query((sql) => jobsById(sql, ownerId, ids)));
    return new Map(rows.map((row) => [row.id, row]));
  });

  /** The jobs of an earlier call with this key, by id. Errors: idempotency_conflict if that call asked for something else. */
  const repeated = Effect.fnUntraced(function* (ownerId: string, ids: ReadonlyArray<string>, askedHash: string) {
    const rows = yield* known(ownerId, ids);
    for (const row of rows.values()) if (row.asked_hash !== askedHash) return yield* Effect.fail(reused());
    return new Map([...rows].map(([id, row]) => [id, fromStored(row)]));
  });

  /** Gives the reserved places back where the owner's quotas have no room for what the jobs are to make. */
  const mustFit = Effect.fnUntraced(function* (ownerId: string, ids: ReadonlyArray<string>) {
    const usage = yield* orCallError(database.query((sql) => usageOf(sql, ownerId)));
    const others = { ...usage, coming: usage.coming - ids.length };
    const refused = refusal(others, { assets: ids.length, bytes: 0 }, settings);
    if (refused === null) return;
    const { day: today } = periodsAt(yield* Clock.currentTimeMillis);
    yield* orCallError(database.query((sql) => dropReservations(sql, ids, today)));
    return yield* Effect.fail(refused);
  });

  const limits = { open: settings.PIXSIM_OPEN_JOBS_PER_USER, aDay: settings.PIXSIM_JOBS_PER_DAY };

  /** Why so many more jobs may not be open, or asked for today; null: they may. */
  const tooMany = (jobs: number, { open, made, open_limit, day_limit }: Omit<Admission, "admitted">): CallError | null => {
    if (open + jobs > open_limit) {
      return new CallError("quota_exceeded", openWords(jobs, open, open_limit), { quota: "openJobs", limit: open_limit });
    }
    if (made + jobs > day_limit) {
      return new CallError("quota_exceeded", dayWords(jobs, made, day_limit), { quota: "jobsADay", limit: day_limit });
    }
    return null;
  };

  /** Why so many jobs would not be let in now, in words. Reserves nothing: it may be otherwise a moment later. */
  const refusals = Effect.fnUntraced(function* (ownerId: string, jobs: number, asked: ReadonlyArray<Asked>) {
    const { day: today } = periodsAt(yield* Clock.currentTimeMillis);
    const [quota] = yield* orCallError(database.query((sql) => quotaOf(sql, ownerId)));
    const [counts] = yield* orCallError(database.query((sql) => countsOf(sql, ownerId, today)));
    const { open = 0, made = 0 } = counts ?? {};
    const usage = yield* orCallError(database.query((sql) => usageOf(sql, ownerId)));
    const all = [
      tooMany(jobs, { open, made, open_limit: quota?.open_jobs ?? limits.open, day_limit: quota?.jobs_a_day ?? limits.aDay }),
      refusal(usage, { assets: jobs, bytes: 0 }, settings),
      yield* allowed(ownerId, asked),
    ];
    return all.flatMap((each) => (each === null ? [] : [each.message]));
  });

  const admit = Effect.fnUntraced(function* (ownerId: string, ids: ReadonlyArray<string>) {
    const { now, day: today } = periodsAt(yield* Clock.currentTimeMillis);
    const times = { now, today, staleBefore: now - reservationLife };
    const [row] = yield* orCallError(database.query((sql) => admitJobs(sql, ownerId, ids, limits, times)));
    const refused = row === undefined || row.admitted ? null : tooMany(ids.length, row);
    return refused === null ? yield* mustFit(ownerId, ids) : yield* Effect.fail(refused);
  });

  /** Gives back the place of a job that did not come to be, and that it was asked for today. What cannot be given back is forgotten in time. */
  const giveBack = Effect.fnUntraced(function* (id: string) {
    const { day: today } = periodsAt(yield* Clock.currentTimeMillis);
    yield* Effect.ignore(database.query((sql) => dropReservations(sql, [id], today)));
  });

  const start = Effect.fnUntraced(function* (order: JobOrder, call: CallPlace | undefined) {
    const input = call === undefined ? { order } : { order, call };
    const created = actors.create(jobAddress(order.id), input, { novel: order.askedHash === null });
    const accepted = yield* Effect.tapError(created, () => giveBack(order.id));
    const job = acknowledgedRow(order.id, accepted);
    // Two calls with one key at the same moment: the second finds the first one's job.
    if (!accepted.fresh) {
      const { order: first } = accepted.context as unknown as JobContext;
      return first.askedHash === order.askedHash && first.ownerId === order.ownerId ? job : yield* Effect.fail(reused());
    }
    yield* Effect.annotateLogs(Effect.logInfo("pipeline:start"), {
      stage: "pipeline:start",
      job: order.id,
      user: order.ownerId,
      provider: order.provider,
      operation: order.operation,
      hash: order.hash,
    });
    return job;
  });

  /** Accepts all of them or, when the limit does not allow that, none. Errors: quota_exceeded, idempotency_conflict. */
  const accept = Effect.fnUntraced(function* (ownerId: string, wanted: ReadonlyArray<Wanted>) {
    if (wanted.length === 0) return [];
    const asked = wanted.map(({ prepared: { provider, operation, params, request } }) => ({
      provider: provider.id,
      cost: operation.estimate(params).credits,
      times: 1,
      scheduledFor: request.scheduledFor ?? null,
    }));
    const refused = yield* allowed(ownerId, asked);
    if (refused !== null) return yield* Effect.fail(refused);
    yield* admit(
      ownerId,
      wanted.map(({ particulars }) => particulars.id),
    );
    return yield* Effect.forEach(
      wanted,
      ({ prepared, particulars, call }) =>
        start(
          orderOf(prepared, { ...particulars, ownerId }, (one) => estimate(one, one.params)),
          call,
        ),
      { concurrency: "unbounded" },
    );
  });

  return { accept, estimate, known, refusals, repeated };
});
