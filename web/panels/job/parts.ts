// How the parts of the Job panel see the job: live, and as of the step that somebody has travelled to.
import type { Accessor } from "solid-js";
import type { JournalEntry } from "#protocol/actor.ts";

/** A place in the journal. */
export interface Travel {
  /** Null: the present. */
  readonly cursor: Accessor<number | null>;
  /** The step that is shown; undefined while none is known. */
  readonly shown: Accessor<JournalEntry | undefined>;
  /** The one before it. */
  readonly before: Accessor<JournalEntry | undefined>;
  readonly last: Accessor<number>;
  readonly goTo: (seq: number) => void;
  readonly step: (by: number) => void;
  readonly live: () => void;
}
