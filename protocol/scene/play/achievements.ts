// What a player can achieve in a story: what holds where an input has led to. Declared by the scene that the story begins with, whose
// conditions speak of what that scene declares. Pure.
import type { Achievement } from "../scene.ts";
import type { Program } from "./program.ts";
import { Run } from "./run.ts";
import type { PlayState } from "./state.ts";

/** Those that the state has and that it does not know of yet. */
export const achievedIn = (program: Program, state: PlayState): ReadonlyArray<string> => {
  const declared = program.entry?.body.achievements ?? [];
  const open = declared.filter(({ name }) => !Object.hasOwn(state.achieved ?? {}, name));
  if (open.length === 0) return [];
  // Asked of the scene that was begun with, whatever it has called; chance that is drawn here is not the story's.
  const run = new Run(program, { ...state, frames: state.frames.slice(0, 1) });
  return open.flatMap(({ name, when }) => (holds(when, run, state) ? [name] : []));
};

const holds = (when: Achievement["when"], run: Run, { waiting }: PlayState): boolean => {
  switch (when.is) {
    case "ending":
      if (waiting.for !== "nothing" || waiting.ending.kind === "deadEnd") return false;
      return (waiting.ending.kind === "end" ? waiting.ending.name : waiting.ending.point) === when.ending;
    case "condition":
      return run.holds(when.condition);
  }
};
