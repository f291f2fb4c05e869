// What the prompt of the form says: whether it has choices, which variables it asks for, and what of the library it is. Pure.
import * as z from "zod";
import type { JobRequest } from "#protocol/job.ts";
import { faultAt } from "#protocol/template/check.ts";
import { expand, needsOf, variants } from "#protocol/template/expand.ts";
import { isPlain, parseTemplate, printTemplate } from "#protocol/template/parse.ts";
import type { Fault, Part, Parts } from "#protocol/template/tree.ts";
import { Id } from "#protocol/values.ts";
import type { ChosenStyle, PromptOrigin } from "#web/store/draft.ts";
import { problemOf, type FormField } from "./schema.ts";

export interface Variable {
  readonly name: string;
  readonly fallback: string | null;
}

export interface Words {
  /** Sent as it stands. */
  readonly plain: boolean;
  readonly faults: ReadonlyArray<Fault>;
  /** Names as they were written. */
  readonly lists: ReadonlyArray<string>;
  readonly hasChoices: boolean;
  readonly parts: Parts;
}

const unknownLists = { lists: new Map() };

/** As it is kept beside other words; what an earlier release kept has no texts. */
export const KeptStyle = z.object({ versionId: Id, title: z.string(), text: z.string().default(""), negative: z.string().default("") });

/** What is written: one text each or, where that is varied, one for each of its values. */
export interface Written {
  readonly texts: ReadonlyArray<string>;
  /** Null: the operation takes none. */
  readonly negatives: ReadonlyArray<string> | null;
}

export const readWords = (text: string, negative: string | null): Words => {
  const [said, avoided] = [parseTemplate(text), parseTemplate(negative ?? "")];
  const all = [...said.parts, ...avoided.parts];
  return {
    plain: isPlain(text) && isPlain(negative ?? ""),
    faults: said.faults,
    lists: [...new Set(listsIn(all))],
    hasChoices: all.some(isChoice),
    parts: said.parts,
  };
};

/** Of all that is written and of the style around it. One has a fallback where nothing that says it is without. */
export const variablesOf = ({ texts, negatives }: Written, style: ChosenStyle | null): ReadonlyArray<Variable> => {
  const whole = [
    // While nothing is written the style has its variables all the same.
    ...(texts.length === 0 ? [""] : texts).map((text) => [text, style?.text ?? ""]),
    ...(negatives ?? []).map((negative) => [negative, style?.negative ?? ""]),
  ];
  const usesIn = (sources: ReadonlyArray<string>) => {
    const parts = sources.flatMap((source) => parseTemplate(source).parts);
    return [...needsOf(parts, unknownLists).variables.values()];
  };
  const uses = whole.flatMap(usesIn);
  return [...Map.groupBy(uses, ({ name }) => name)].map(([name, of]) => {
    const fallback = of.some((use) => use.fallback === null) ? null : (of[0]?.fallback ?? null);
    return { name, fallback: fallback === null ? null : printTemplate(fallback) };
  });
};

/** As `problemOf`, but for words with choices: how long they become is known by the server, which checks what they come to. */
export const wordProblem = (field: FormField, value: unknown): string | undefined => {
  if (field.kind !== "text" || !field.isPrompt || typeof value !== "string" || isPlain(value)) {
    return problemOf(field, value);
  }
  const [fault] = parseTemplate(value).faults;
  return fault === undefined ? undefined : faultAt(value, fault);
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

/** What the request says of its prompt, which is of all its cells; undefined: everything is sent as it stands. */
export const promptRequest = (
  written: Written,
  origin: PromptOrigin | null,
  style: ChosenStyle | null,
  values: Readonly<Record<string, string>>,
): JobRequest["prompt"] => {
  const { texts, negatives } = written;
  // Other cells say something else than the version.
  const isVaried = texts.length > 1 || (negatives?.length ?? 0) > 1;
  const exact = !isVaried && isExact(origin, texts[0] ?? "", negatives === null ? null : (negatives[0] ?? "")) ? origin : null;
  if ([...texts, ...(negatives ?? [])].every(isPlain) && exact === null && style === null) {
    return undefined;
  }
  const variables = variablesOf(written, style);
  // A style may have variables that are not known here.
  const given = Object.entries(values).filter(
    ([name, value]) => value !== "" && (style !== null || variables.some((each) => each.name === name)),
  );
  return {
    ...(exact === null ? {} : { versionId: exact.versionId }),
    ...(style === null ? {} : { styleVersionId: style.versionId }),
    variables: Object.fromEntries(given),
  };
};

/** The form says to the letter what the version says. `negative` is null where the operation takes none: then only the prompt counts. */
export const isExact = (origin: PromptOrigin | null, text: string, negative: string | null): origin is PromptOrigin =>
  origin !== null && origin.text === text && (negative === null || origin.negative === negative);
