// A playthrough of the editor: its inputs, run over the story as it is at the moment, so that an edit is seen at once and each step can be taken
// back. Nothing is kept.
import { createMemo, createSignal, on, type Accessor } from "solid-js";
import type { Story } from "#protocol/scene/scene.ts";
import { startPlay, stepPlay } from "#protocol/scene/play/step.ts";
import type { Ending, PlayInput, PlayOutput, PlayState } from "#protocol/scene/play/state.ts";
import { typeTitles } from "./make.ts";

interface Played {
  /** Of the inputs, the first. */
  readonly taken: number;
  readonly state: PlayState | null;
  readonly log: ReadonlyArray<string>;
  readonly refusal: string | null;
}

interface Play {
  readonly story: Accessor<Story>;
  readonly state: Accessor<PlayState | null>;
  readonly inputs: Accessor<ReadonlyArray<PlayInput>>;
  readonly log: Accessor<ReadonlyArray<string>>;
  /** Why the last input, or an earlier one after an edit, could not be taken. */
  readonly refusal: Accessor<string | null>;
  readonly send: (input: PlayInput) => void;
  readonly back: () => void;
  readonly restart: () => void;
}

/** The story with another beginning of its first scene. */
const beginningAt = (story: Story, node: string | null): Story =>
  node === null
    ? story
    : {
        ...story,
        scenes: story.scenes.map((scene) =>
          scene.id === story.entry ? Object.assign({}, scene, { body: { ...scene.body, start: node } }) : scene,
        ),
      };

const nameIn = ({ scenes }: Story, scene: string, node: string): string => {
  const found = scenes.find(({ id }) => id === scene)?.body.nodes.find(({ id }) => id === node);
  if (found === undefined) return "a node that is not there";
  return found.title === "" ? typeTitles[found.type].toLowerCase() : `“${found.title}”`;
};

export const endingWords = (ending: Ending): string => {
  switch (ending.kind) {
    case "end":
      return `The end: ${ending.name}`;
    case "returned":
      return `The scene returned by ${ending.point}`;
    case "deadEnd":
      return "Nothing leads on from here";
  }
};

const wordsOf = (story: Story, output: PlayOutput): string | null => {
  switch (output.type) {
    case "entered":
      return `Came to ${nameIn(story, output.scene, output.node)}`;
    case "chosen":
      return "Chosen, taken at the end of the clip";
    case "called":
      return `Called the scene ${story.scenes.find(({ id }) => id === output.scene)?.title ?? output.scene}`;
    case "returned":
      return `Returned by ${output.point}`;
    case "demand":
      return `Asked for a clip: ${output.demand.prompt}`;
    case "quest":
      return `Quest ${output.quest}: ${output.status}`;
    case "tier":
      return `${output.character} is now: ${output.tier}`;
    case "achieved":
      return `Achieved: ${output.achievement}`;
    case "ended":
      return endingWords(output.ending);
    case "taken":
    case "play":
    case "minigame":
      return null;
  }
};

const run = (story: Story, seed: number, inputs: ReadonlyArray<PlayInput>): Played => {
  let last = startPlay(story, { seed });
  if (!last.ok) return { state: null, taken: 0, log: [], refusal: last.refusal.message };
  const log = last.outputs.flatMap((output) => wordsOf(story, output) ?? []);
  let { state } = last;
  for (const [taken, input] of inputs.entries()) {
    last = stepPlay(story, state, input);
    if (!last.ok) return { state, taken, log, refusal: last.refusal.message };
    ({ state } = last);
    log.push(...last.outputs.flatMap((output) => wordsOf(story, output) ?? []));
  }
  return { state, taken: inputs.length, log, refusal: null };
};

export const createPlay = (story: Accessor<Story>, from: Accessor<string | null>): Play => {
  const [inputs, setInputs] = createSignal<ReadonlyArray<PlayInput>>([]);
  const [seed, setSeed] = createSignal(1);
  const begun = createMemo(() => beginningAt(story(), from()));
  createMemo(on(from, () => setInputs([]), { defer: true }));
  const played = createMemo(() => run(begun(), seed(), inputs()));
  return {
    story: begun,
    state: () => played().state,
    inputs,
    log: () => played().log,
    refusal: () => played().refusal,
    send: (input) => setInputs([...inputs().slice(0, played().taken), input]),
    back: () => setInputs((now) => now.slice(0, -1)),
    restart: () => {
      setInputs([]);
      setSeed((now) => now + 1);
    },
  };
};
