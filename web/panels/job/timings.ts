// How the time of an actor was spent, from its journal: by state, and by attempt. Pure; all times in ms.
import type { JournalEntry } from "#protocol/actor.ts";
import { placesOf } from "#web/machine/graph.ts";

/** A stay in a state. `to` null: it is still there. */
export interface Stay {
  readonly state: string;
  readonly from: number;
  readonly to: number | null;
}

/**
 * The stays in order; a state that is passed within one step is none, and steps whose state is not known are left out. A clock that
 * went back stands still until it is where it was.
 */
export const staysOf = (entries: ReadonlyArray<JournalEntry>): ReadonlyArray<Stay> => {
  const stays: Array<Stay> = [];
  let at = -Infinity;
  for (const { value, at: stamped, status } of entries) {
    at = Math.max(at, stamped);
    if (value === null) {
      continue;
    }
    const state = placesOf(value)[0] ?? "";
    const open = stays.at(-1);
    if (open?.state === state) {
      continue;
    }
    if (open !== undefined) {
      stays[stays.length - 1] = { ...open, to: at };
    }
    stays.push({ state, from: at, to: status === "active" ? null : at });
  }
  return stays;
};

export interface StateTime {
  readonly state: string;
  readonly total: number;
  readonly stays: ReadonlyArray<Stay>;
  readonly open: boolean;
}

/** By state in the order of the first stay; states that took no time because nothing follows them are left out. `now` ends what is open. */
export const timesByState = (stays: ReadonlyArray<Stay>, now: number): ReadonlyArray<StateTime> => {
  const byState = Map.groupBy(
    stays.filter(({ from, to }) => to !== from),
    ({ state }) => state,
  );
  return [...byState].map(([state, own]) => ({
    state,
    stays: own,
    total: own.reduce((sum, { from, to }) => sum + Math.max((to ?? now) - from, 0), 0),
    open: own.some(({ to }) => to === null),
  }));
};

export interface Attempt {
  /** From 1. */
  readonly number: number;
  readonly from: number;
  readonly to: number | null;
  /** Why it did not succeed; null: it did, or goes on. */
  readonly failure: string | null;
  readonly providerJobId: string | null;
  readonly submitKey: string | null;
}

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
const failureText = (value: unknown): string | null =>
  typeof value === "object" && value !== null && "message" in value ? text(value.message) : null;

/** The attempts of a job, from the `attempt` in its context; an attempt ends where the next begins. */
export const attemptsOf = (entries: ReadonlyArray<JournalEntry>): ReadonlyArray<Attempt> => {
  const attempts: Array<Attempt> = [];
  for (const { context, at, status } of entries) {
    if (context === null) {
      continue;
    }
    const number = typeof context["attempt"] === "number" ? context["attempt"] : 1;
    const failure = failureText(context["failure"]);
    const open = attempts.at(-1);
    // Before there is a slot, the key is still that of what was asked before.
    const asked = text(context["slot"]) !== null || typeof context["submittedAt"] === "number";
    const facts = { providerJobId: text(context["providerJobId"]), submitKey: text(context["submitKey"]) };
    if (open === undefined || open.number !== number) {
      if (open !== undefined) {
        attempts[attempts.length - 1] = { ...open, to: at, failure };
      }
      attempts.push({ number, from: at, to: null, failure: null, providerJobId: null, submitKey: null });
    } else {
      attempts[attempts.length - 1] = {
        ...open,
        ...(asked ? facts : {}),
        to: status === "active" ? null : at,
        failure: status === "active" ? null : failure,
      };
    }
  }
  return attempts;
};
