// The kind `job`: its machine, what its effects do, its stored row, and who is told of each step.
import { Effect, LogLevel, References } from "effect";
import { type ActorMeta, defineActor } from "#runtime/actor/define.ts";
import { cellOf } from "#runtime/actor/store.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { type LeaseEnded, unusedLease } from "#actors/account/context.ts";
import { Leases } from "#actors/account/leases.ts";
import type { Actors } from "#runtime/actor/actors.ts";
import { Durations } from "./durations.ts";
import type { LeaseEnd } from "./context.ts";
import { jobEffects } from "./effects.ts";
import { jobMachine, jobMachineVersion } from "./machine.ts";
import { jobChannel } from "./pipeline.ts";
import { jobMigrations } from "./migrations.ts";
import { jobColumns, jobRow, type JobSnapshot, storedRow } from "./row.ts";
import { Slots } from "./slots.ts";

/** What an account is told of a place that is given back. */
const endOf = (key: string, end: LeaseEnd | null): LeaseEnded => {
  if (end?.key !== key) return unusedLease(key);
  const { outcome, message, charged, tookMs, retryAfterMs, rate = false, goesOnMs, absence = false } = end;
  return {
    type: "lease.ended",
    key,
    outcome,
    message,
    charged,
    tookMs,
    goesOnMs,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
    ...(rate ? { rate } : {}),
    ...(absence ? { absence } : {}),
  };
};

export const jobActor = Effect.gen(function* () {
  const bus = yield* Bus;
  const slots = yield* Slots;
  const durations = yield* Durations;
  const leases = yield* Leases;
  /** They are followed, and say that they wait for the word of their provider. */
  const unheard = new Set<string>();
  const effects = yield* jobEffects(unheard);
  const log = Effect.runSyncWith(yield* Effect.context<never>());
  // Asked once: most servers do not log each step, and a step has no time to lose.
  const stepsLogged = LogLevel.isLessThanOrEqualTo(yield* References.MinimumLogLevel, "Debug");

  const committed = (snapshot: JobSnapshot, meta: ActorMeta): void => {
    const job = jobRow(snapshot, meta);
    const { slot, submittedAt, order, leasedAt, account, submitKey, lastEnd, absentUntil = 0 } = snapshot.context;
    const held = leasedAt === null || account === null ? null : { accountId: account.id, key: submitKey ?? "" };
    // It may have held one at another provider before.
    leases.committed(order.id, meta.at, held, ({ key }) => endOf(key, lastEnd));
    // While it waits the slot is its effect's affair. A parked job may wait for days: it gives its slot to others.
    if (order.pooled || job.parked || (slot === null && job.state !== "waitingForSlot")) slots.release(job.id);
    // How long it takes cannot be learnt from a time in which nobody worked on it.
    if (job.state === "completed" && submittedAt !== null && absentUntil <= submittedAt)
      durations.took(order, (job.finishedAt ?? submittedAt) - submittedAt);
    if (job.state === "processing" && !job.parked && job.waitingFor !== null) unheard.add(job.id);
    else unheard.delete(job.id);
    bus.publish(jobChannel(job.ownerId), job);
    if (!stepsLogged) return;
    const { id, ownerId: user, provider, state, attempt, parked, rev } = job;
    log(Effect.logDebug("actor:step", { stage: "actor:step", job: id, user, provider, seq: rev, state, attempt, parked }));
  };

  return defineActor<typeof jobMachine, Actors>({
    kind: "job",
    version: jobMachineVersion,
    machine: jobMachine,
    migrate: jobMigrations,
    byTheClock: ["untilDue"],
    effects,
    owner: ({ context }) => context.order.ownerId,
    projection: { table: "job", columns: jobColumns, row: storedRow },
    committed,
    cells: {
      arrived: (cells) =>
        Effect.all([slots.cells.arrived(cells), leases.cells.arrived(cells)], { concurrency: "unbounded", discard: true }),
      left: (cells) => {
        for (const id of unheard) if (cells.has(cellOf(`job/${id}`))) unheard.delete(id);
        slots.cells.left(cells);
        leases.cells.left(cells);
      },
    },
  });
});
