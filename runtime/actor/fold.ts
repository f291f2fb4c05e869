// Folds a journal through its machine: the state after every step, for time travel, and the proof that nothing was lost.
// Pure.
import type { ActorEvent, JournalEntry } from "#protocol/actor.ts";
import type { Kind } from "./resident.ts";
import type { MachineSnapshot, StoredSnapshot } from "./step.ts";
import type { JournalRow } from "./store.ts";

export interface Folder {
  /** Takes the next row, in order from seq 0. Throws where the machine does. */
  readonly next: (row: JournalRow) => MachineSnapshot;
}

export const makeFolder = (kind: Kind): Folder => {
  let snapshot: MachineSnapshot | null = null;
  return {
    next: ({ event }) => {
      snapshot = stepOf(kind, snapshot, event);
      return snapshot;
    },
  };
};

const stepOf = (kind: Kind, snapshot: MachineSnapshot | null, event: ActorEvent): MachineSnapshot => {
  switch (event.type) {
    case "xstate.init":
      return kind.stepper.initial(event["input"]).snapshot;
    case "host.migrated":
      return kind.stepper.restore(event["snapshot"] as StoredSnapshot);
    case "host.parked":
    case "host.resumed":
      if (snapshot !== null) return snapshot;
      break;
    default:
      if (snapshot !== null) return kind.stepper.next(snapshot, event).snapshot;
  }
  throw new Error(`a journal cannot begin with "${event.type}"`);
};

/** A journal row as watchers see it. */
export const entryOf = (kind: Kind, row: JournalRow, snapshot: MachineSnapshot): JournalEntry => ({
  seq: row.seq,
  at: row.at,
  event: row.event,
  value: snapshot.value,
  context: { ...kind.redact(snapshot.context) },
  status: snapshot.status === "stopped" ? "done" : snapshot.status,
});
