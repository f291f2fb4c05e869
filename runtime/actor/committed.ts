// An actor as of its last commit: how it is answered, looked at, read from the store and sent to another process.
import type { Acknowledged } from "./actors.ts";
import { type Kind, type PendingStep, type Resident, restoreResident } from "./resident.ts";
import { cellOf, type StoredActor } from "./store.ts";

/** An actor as of its last commit. */
export interface Committed extends PendingStep {
  readonly address: string;
  readonly kind: Kind;
  readonly createdAt: number;
}

interface Viewed {
  readonly kind: Kind;
  readonly seq: number;
  readonly at: number;
  readonly snapshot: PendingStep["snapshot"];
}

export const acknowledge = ({ kind, seq, at, snapshot }: Viewed, fresh: boolean): Acknowledged => ({
  seq,
  at,
  value: snapshot.value,
  context: kind.answer(snapshot.context),
  status: snapshot.status === "stopped" ? "done" : snapshot.status,
  fresh,
});

/** The actor as of `step`, whatever has happened since. `kept`: also of what happens while it is looked at. */
export const viewOf = <Command>(resident: Resident<Command>, step: PendingStep, kept: boolean): Resident<Command> =>
  resident.dirty === null && !kept
    ? resident
    : { ...resident, seq: step.seq, at: step.at, snapshot: step.snapshot, parked: step.parked, effects: step.effects, timers: step.timers };

/** An actor as it is stored, for a process that does not have it. Throws where this program cannot run it. */
export const committedFrom = (kind: Kind, stored: StoredActor): Committed =>
  committedOf(restoreResident(kind, cellOf(stored.address), stored).resident);

/** The inverse of `committedFrom`: an actor as it travels. */
export const storedFrom = ({ address, kind, createdAt, seq, at, parked, snapshot, effects, timers }: Committed): StoredActor => ({
  address,
  kind: kind.name,
  machineVersion: kind.version,
  createdAt,
  seq,
  at,
  parked,
  snapshot: kind.stepper.store(snapshot),
  effects,
  timers,
});

/** What is known of it but its steps that wait. */
type Known = Pick<Resident, "address" | "kind" | "createdAt" | "seq" | "at" | "snapshot" | "parked" | "effects" | "timers">;

export const committedOf = ({ address, kind, createdAt, seq, at, snapshot, parked, effects, timers }: Known): Committed => ({
  address,
  kind,
  createdAt,
  seq,
  at,
  event: { type: "host.viewed" },
  snapshot,
  parked,
  effects,
  timers,
});
