// Folds a journal through its machine: the state after every step, for time travel, and the proof that nothing was lost.
// Pure.
import type { ActorEvent, ActorView, JournalEntry } from "#protocol/actor.ts";
import type { Kind } from "./resident.ts";
import type { MachineSnapshot, StoredSnapshot } from "./step.ts";
import type { JournalRow } from "./store.ts";

export interface Folder {
  /** Takes the next row, in order from seq 0. Null: an older machine took the step. Throws where the machine does. */
  readonly next: (row: JournalRow) => MachineSnapshot | null;
}

/** `base`: the last step that migrated the actor. What came before is another machine's, which this program does not have. */
export const makeFolder = (kind: Kind, base = 0): Folder => {
  let snapshot: MachineSnapshot | null = null;
  return {
    next: ({ seq, event }) => {
      if (seq >= base) snapshot = stepOf(kind, snapshot, event);
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
    case "host.told":
      if (snapshot !== null) return snapshot;
      break;
    default:
      if (snapshot !== null) return kind.stepper.next(snapshot, event).snapshot;
  }
  throw new Error(`a journal cannot begin with "${event.type}"`);
};

/** A state as watchers see it. */
export const stateOf = (kind: Kind, { value, context, status }: MachineSnapshot): Pick<ActorView, "value" | "context" | "status"> => ({
  value,
  context: { ...kind.redact(context) },
  status: status === "stopped" ? "done" : status,
});

/** A journal row as watchers see it. */
export const entryOf = (kind: Kind, { seq, at, event }: JournalRow, snapshot: MachineSnapshot | null): JournalEntry =>
  snapshot === null ? { seq, at, event, value: null, context: null, status: null } : { seq, at, event, ...stateOf(kind, snapshot) };
