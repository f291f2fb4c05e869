// What is wrong with what is to be taken into the library, with its place: the form shows it while somebody writes, the server refuses it. Pure.
import type { PromptKind } from "../prompt.ts";
import { parseList, parseTemplate } from "./parse.ts";
import type { Fault } from "./tree.ts";

const listName = /^[A-Za-z0-9]+(?:[_/ -][A-Za-z0-9]+)*$/;

/** A fault in words, with the line and column where it is. */
export const faultAt = (text: string, { at, message }: Fault): string => {
  const before = text.slice(0, at).split("\n");
  const place = text.includes("\n") ? `Line ${before.length}, character` : "Character";
  return `${place} ${before.at(-1)!.length + 1}: ${message}`;
};

export const faultsOfWording = (kind: PromptKind, text: string): ReadonlyArray<Fault> => {
  if (text.trim() === "") return [{ at: 0, length: text.length, message: "It says nothing yet." }];
  return kind === "list" ? parseList(text).faults : parseTemplate(text).faults;
};

/** Why something of this kind cannot have this title, or null. */
export const faultOfTitle = (kind: PromptKind, title: string): string | null =>
  kind === "list" && !listName.test(title)
    ? "A list is named by letters and digits, with single blanks, -, _ or / between them: prompts write it as __name__."
    : null;
