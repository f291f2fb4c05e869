// What was read of a file, and played by the words of its choices: for tests.
import type { Imported } from "../file.ts";
import type { PlayInput, PlayState } from "../play/state.ts";
import { startPlay, stepPlay } from "../play/step.ts";
import { viewPlay } from "../play/view.ts";
import type { Story } from "../scene.ts";

export const read = (imported: Imported): Extract<Imported, { ok: true }> => {
  if (!imported.ok) throw new Error(imported.issues.map(({ message }) => message).join(" "));
  return imported;
};

/** Null: goes on. */
export const play = (story: Story, ...choices: ReadonlyArray<string | null>) => {
  let answer = startPlay(story, { seed: 1 });
  for (const text of choices) {
    if (!answer.ok) break;
    const { state }: { state: PlayState } = answer;
    const edge = viewPlay(story, state, "en")?.choices.find((one) => one.text === text)?.edge;
    const input: PlayInput =
      text === null ? { type: "ended", turn: state.turn } : { type: "choose", turn: state.turn, edge: edge ?? "none" };
    answer = stepPlay(story, state, input);
  }
  if (!answer.ok) throw new Error(answer.refusal.message);
  return { state: answer.state, view: viewPlay(story, answer.state, "en")! };
};
