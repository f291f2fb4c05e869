// Steps of a job in words. Pure.
import type { ActorEvent, JournalEntry } from "#protocol/actor.ts";
import { JobState } from "#protocol/job.ts";
import { leavesOf, placesOf, triggerOf } from "#web/machine/graph.ts";
import { sentenceCase, spaced, triggerLabel } from "#web/machine/words.ts";
import { jobStateLooks } from "#web/ui/job-state.tsx";

const hostEvents: Readonly<Record<string, string>> = {
  "host.parked": "Parked: waits for a person",
  "host.resumed": "Resumed by a person",
  "step.recovered": "Taken up again after nobody worked on it",
};

const decisions: Readonly<Record<string, string>> = {
  resend: "A person had it sent again",
  done: "A person marked it as done",
  fail: "A person counted it as failed",
};

/** What happened: `Submit done`, `Job cancel`. */
export const eventWords = ({ type, decision }: ActorEvent): string => {
  const trigger = triggerOf(type);
  if (type === "host.resumed" && typeof decision === "string" && Object.hasOwn(decisions, decision)) return decisions[decision]!;
  return hostEvents[type] ?? sentenceCase(trigger.kind === "start" ? "accepted" : triggerLabel(trigger));
};

/** The failure or the share that an event tells of, in short; null: nothing. */
export const eventDetail = (event: ActorEvent): string | null => {
  const { error, fraction, reason } = event;
  if (typeof fraction === "number") {
    return `${Math.round(fraction * 100)} %`;
  }
  if (typeof reason === "string") {
    return reason;
  }
  return typeof error === "object" && error !== null && "message" in error && typeof error.message === "string" ? error.message : null;
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** The provider that took over in this step, and from which; null: none did. */
const switchDetail = ({ at, context }: JournalEntry): string | null => {
  const order = context?.["order"];
  const fallback = isRecord(order) ? order["fallback"] : undefined;
  const last: unknown = isRecord(fallback) && Array.isArray(fallback["switches"]) ? fallback["switches"].at(-1) : undefined;
  if (!isRecord(order) || !isRecord(last) || last["at"] !== at) {
    return null;
  }
  return `${String(order["providerTitle"])} takes over from ${String(last["providerTitle"])}: ${String(last["message"])}`;
};

/** Why a time that was up ended nothing; null: it did, or none was. */
const absenceDetail = ({ at, event, context }: JournalEntry): string | null =>
  triggerOf(event.type).kind === "after" && context?.["absentUntil"] === at ? "It goes on: nobody was there to work on it." : null;

/** What a step tells besides its event and its state, in short; null: nothing. */
export const stepDetail = (entry: JournalEntry): string | null => switchDetail(entry) ?? absenceDetail(entry) ?? eventDetail(entry.event);

export const jobStateOf = (name: string): JobState | null => JobState.safeParse(name).data ?? null;

/** The state in the words used for it everywhere, with what it does inside: `Processing · tracking`. Null: an older machine's. */
export const stateWords = (value: JournalEntry["value"]): string => {
  if (value === null) {
    return "State not known";
  }
  const [place = ""] = placesOf(value);
  const known = jobStateOf(place);
  const inside = leavesOf(value).flatMap((leaf) => (leaf.includes(".") ? [spaced(leaf.slice(leaf.indexOf(".") + 1))] : []));
  const word = known === null ? sentenceCase(spaced(place)) : jobStateLooks[known].label;
  return inside.length === 0 ? word : `${word} · ${inside.join(", ")}`;
};

/** Precise enough to tell steps apart: `320 ms`, `4.21 s`, `3 min 05 s`. */
export const preciseSpan = (ms: number): string => {
  const whole = Math.max(Math.round(ms), 0);
  if (whole < 1000) {
    return `${whole} ms`;
  }
  // Bounds as they are after rounding: never `10.00 s`, never `60.0 s`.
  if (whole < 59_950) {
    return `${(whole / 1000).toFixed(whole < 9995 ? 2 : 1)} s`;
  }
  const seconds = Math.round(whole / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`
    : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
};

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });
/** Time of day to the millisecond. */
export const preciseTime = (at: number): string => clock.format(at);

/** Short enough to stand in a drawing: `320 ms`, `4.2 s`, `3 min`, `2 h`. */
export const shortSpan = (ms: number): string => {
  const seconds = Math.max(ms, 0) / 1000;
  if (seconds < 0.9995) {
    return `${Math.round(seconds * 1000)} ms`;
  }
  if (seconds < 59.5) {
    return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  }
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
};
