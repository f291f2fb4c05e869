// Names of states, events and guards as words. Pure.
import type { Trigger, Way } from "./graph.ts";

/** `waitingForSlot` → `waiting for slot`, `job.cancel` → `job cancel`. */
export const spaced = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/[._-]+/g, " ")
    .toLowerCase()
    .trim();

export const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Short, for an edge: `submit done`, `after until retry`. */
export const triggerLabel = ({ kind, name }: Trigger): string => {
  switch (kind) {
    case "always":
      return "at once";
    case "start":
      return "start";
    case "done":
      return `${spaced(name)} done`;
    case "error":
      return `${spaced(name)} failed`;
    case "after":
      return /^\d+$/.test(name)
        ? `after ${Number(name) / 1000} s`
        : spaced(name).startsWith("until")
          ? spaced(name)
          : `after ${spaced(name)}`;
    case "event":
      return spaced(name);
  }
};

/** One way: the trigger, with its condition. */
export const wayLabel = ({ trigger, guard }: Way): string =>
  guard === null ? triggerLabel(trigger) : `${triggerLabel(trigger)}, ${spaced(guard)}`;

/** All ways of an edge in few words: what leads there, the first one and how many more. */
export const edgeLabel = (ways: ReadonlyArray<Way>): string => {
  const kinds = [
    ...new Set(ways.map(({ trigger, guard }) => (trigger.kind === "always" && guard !== null ? spaced(guard) : triggerLabel(trigger)))),
  ];
  const [first = "", ...others] = kinds;
  return others.length === 0 ? first : `${first} +${others.length}`;
};

/** Cut to so many letters. */
export const fitText = (text: string, letters: number): string =>
  text.length <= letters ? text : `${text.slice(0, Math.max(letters - 1, 1)).trimEnd()}…`;
