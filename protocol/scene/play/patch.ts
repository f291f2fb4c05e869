// What a step changed of a playthrough's state: what a journal keeps, since a state may be long and little of it changes. Pure.
import type { PlayState } from "./state.ts";

/** By name; what was set is never taken away. */
const parts = ["variables", "flags", "counters", "items", "relationships", "quests", "visits", "taken", "generated"] as const;
type Part = (typeof parts)[number];

export type PlayPatch = Omit<PlayState, Part> & { readonly [P in Part]?: PlayState[P] };

/** The evaluator copies what it writes: what it did not touch is the same value. */
export const patchOf = (before: PlayState, after: PlayState): PlayPatch => {
  const { format, turn, random, frames, waiting, minutes, seen, achieved } = after;
  const news = {
    ...(seen === undefined || seen === before.seen ? {} : { seen }),
    ...(achieved === undefined || achieved === before.achieved ? {} : { achieved }),
  };
  const changed = parts.flatMap((part) => {
    if (before[part] === after[part]) return [];
    const old = new Map(Object.entries(before[part]));
    const entries = Object.entries(after[part]).filter(([key, value]) => !old.has(key) || old.get(key) !== value);
    return entries.length === 0 ? [] : [[part, Object.fromEntries(entries)] as const];
  });
  return { format, turn, random, frames, waiting, minutes, ...news, ...Object.fromEntries(changed) };
};

export const patched = (state: PlayState, patch: PlayPatch): PlayState => {
  const merged = parts.flatMap((part) => (patch[part] === undefined ? [] : [[part, { ...state[part], ...patch[part] }] as const]));
  return { ...state, ...patch, ...Object.fromEntries(merged) };
};
