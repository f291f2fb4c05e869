// What the prompt of the form says: whether it has choices, which variables it asks for, and what of the library it is. Pure.
import * as z from "zod";
import type { JobRequest } from "#protocol/job.ts";
import { expand, needsOf, variants } from "#protocol/template/expand.ts";
import { isPlain, parseTemplate, printTemplate } from "#protocol/template/parse.ts";
import type { Fault, Part, Parts } from "#protocol/template/tree.ts";
import { Id } from "#protocol/values.ts";
import type { ChosenStyle, PromptOrigin } from "#web/store/draft.ts";

export interface Words {
  /** Sent as it stands. */
  readonly plain: boolean;
  readonly faults: ReadonlyArray<Fault>;
  readonly variables: ReadonlyArray<{ readonly name: string; readonly fallback: string | null }>;
  /** Names as they were written. */
  readonly lists: ReadonlyArray<string>;
  readonly hasChoices: boolean;
  readonly parts: Parts;
}

const unknownLists = { lists: new Map() };

/** As it is kept beside other words; what an earlier release kept has no texts. */
export const KeptStyle = z.object({ versionId: Id, title: z.string(), text: z.string().default(""), negative: z.string().default("") });

/** `style`: the variables are also those of what stands around the words. */
export const readWords = (text: string, negative: string | null, style: ChosenStyle | null = null): Words => {
  const [said, avoided] = [parseTemplate(text), parseTemplate(negative ?? "")];
  const all = [...said.parts, ...avoided.parts];
  const around = [parseTemplate(style?.text ?? ""), parseTemplate(negative === null ? "" : (style?.negative ?? ""))];
  return {
    plain: isPlain(text) && isPlain(negative ?? ""),
    faults: said.faults,
    variables: [...needsOf([...all, ...around.flatMap(({ parts }) => parts)], unknownLists).variables.values()].map(
      ({ name, fallback }) => ({
        name,
        fallback: fallback === null ? null : printTemplate(fallback),
      }),
    ),
    lists: [...new Set(listsIn(all))],
    hasChoices: all.some(isChoice),
    parts: said.parts,
  };
};

const isChoice = (part: Part): boolean =>
  part.kind === "choice" || part.kind === "list" || (part.kind === "variable" && (part.fallback?.some(isChoice) ?? false));

const listsIn = (parts: Parts): ReadonlyArray<string> =>
  parts.flatMap((part) => {
    switch (part.kind) {
      case "text":
        return [];
      case "list":
        return [part.name];
      case "choice":
        return part.options.flatMap((option) => listsIn(option.parts));
      case "variable":
        return part.fallback === null ? [] : listsIn(part.fallback);
    }
  });

const mostCounted = 200;

/** How many texts it can become, in words; null where it is one, or lists that are not known here decide. */
export const countWords = ({ parts, lists, hasChoices }: Words, variables: Readonly<Record<string, string>>): string | null => {
  if (!hasChoices) {
    return null;
  }
  if (lists.length > 0) {
    return "Each video takes its own words, by its seed.";
  }
  const { texts, complete, fault } = variants(parts, { lists: new Map(), variables }, mostCounted);
  const count = complete ? `${texts.length} texts` : `More than ${mostCounted} texts`;
  return fault === null ? `${count}: each video takes one, by its seed.` : "Each video takes its own words, by its seed.";
};

/** Some texts that it becomes; none where something is missing. */
export const someTexts = (
  { parts }: Words,
  lists: Parameters<typeof expand>[1]["lists"],
  variables: Readonly<Record<string, string>>,
  from: number,
  count: number,
) => Array.from({ length: count }, (_, at) => expand(parts, { lists, variables }, from + at));

/** What the request says of its prompt; undefined: it is sent as it stands. */
export const promptRequest = (
  text: string,
  negative: string | null,
  origin: PromptOrigin | null,
  style: ChosenStyle | null,
  values: Readonly<Record<string, string>>,
): JobRequest["prompt"] => {
  const words = readWords(text, negative);
  const exact = isExact(origin, text, negative);
  if (words.plain && !exact && style === null) {
    return undefined;
  }
  // A style may have variables that are not known here.
  const given = Object.entries(values).filter(
    ([name, value]) => value !== "" && (style !== null || words.variables.some((each) => each.name === name)),
  );
  return {
    ...(exact ? { versionId: origin.versionId } : {}),
    ...(style === null ? {} : { styleVersionId: style.versionId }),
    variables: Object.fromEntries(given),
  };
};

/** The form says to the letter what the version says. `negative` is null where the operation takes none: then only the prompt counts. */
export const isExact = (origin: PromptOrigin | null, text: string, negative: string | null): origin is PromptOrigin =>
  origin !== null && origin.text === text && (negative === null || origin.negative === negative);
