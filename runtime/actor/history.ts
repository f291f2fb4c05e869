// A journal with the snapshot after each step, as a machine made it: kept in files, so that later machines are held against it. Pure.
import type { ActorEvent } from "#protocol/actor.ts";
import type { Kind, PendingStep } from "./resident.ts";
import type { StoredSnapshot } from "./step.ts";

/** One step as it was journaled, and the snapshot that the machine of that version came to by it. */
export interface HistoryStep {
  readonly seq: number;
  readonly at: number;
  readonly event: ActorEvent;
  readonly snapshot: StoredSnapshot;
}

/** Steps as they are kept: JSON, a line a step. */
export const keptHistory = ({ stepper }: Kind, steps: ReadonlyArray<PendingStep>): string => {
  const kept = steps.map(({ seq, at, event, snapshot }): HistoryStep => ({ seq, at, event, snapshot: stepper.store(snapshot) }));
  return `[\n${kept.map((step) => JSON.stringify(step)).join(",\n")}\n]\n`;
};
