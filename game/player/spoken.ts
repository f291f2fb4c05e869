// What a screen reader is told of a state. Pure.
import type { PlayView } from "#protocol/scene/play/view.ts";
import type { Words } from "../words/en.ts";

const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** `seconds`: that are left for the choice; null: no hurry. */
export const spokenChoices = ({ prompt, choices }: PlayView, seconds: number | null, { goOn, spoken }: Words): string =>
  [
    ...(prompt === "" ? [] : [sentence(prompt)]),
    spoken.choices(choices.length),
    ...choices.map(({ text, open }, at) => {
      const choice = `${at + 1}, ${text === "" ? goOn : text}`;
      return sentence(open ? choice : spoken.notOpen(choice));
    }),
    ...(seconds === null ? [] : [spoken.seconds(seconds)]),
  ].join(" ");

export const spokenEnding = ({ ending, heading, caption }: PlayView, words: Words): string => {
  if (ending === null) return "";
  return [
    sentence(words.ending.name),
    ...(ending.kind === "end" ? [sentence(heading === "" ? endingName(ending.name) : heading)] : []),
    ...(caption === "" ? [] : [caption]),
  ].join(" ");
};

/** Names are written for the story's machinery. */
export const endingName = (name: string): string => {
  const words = name.replaceAll("_", " ").replaceAll(/([a-z])([A-Z])/g, "$1 $2");
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
};
