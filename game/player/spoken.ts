// What a screen reader is told of a state. Pure.
import type { PlayView } from "#protocol/scene/play/view.ts";

const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** `seconds`: that are left for the choice; null: no hurry. */
export const spokenChoices = ({ prompt, choices }: PlayView, seconds: number | null): string =>
  [
    ...(prompt === "" ? [] : [sentence(prompt)]),
    `${choices.length} ${choices.length === 1 ? "choice" : "choices"}:`,
    ...choices.map(({ text, open }, at) => sentence(`${at + 1}, ${text === "" ? "Go on" : text}${open ? "" : ", not open"}`)),
    ...(seconds === null ? [] : [`${seconds} seconds.`]),
  ].join(" ");

export const spokenEnding = ({ ending, caption }: PlayView): string => {
  if (ending === null) return "";
  return ["The end.", ...(ending.kind === "end" ? [sentence(endingName(ending.name))] : []), ...(caption === "" ? [] : [caption])].join(
    " ",
  );
};

/** Names are written for the story's machinery. */
export const endingName = (name: string): string => {
  const words = name.replaceAll("_", " ").replaceAll(/([a-z])([A-Z])/g, "$1 $2");
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
};
