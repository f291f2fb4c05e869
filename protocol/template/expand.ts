// From a template to what is sent: one text by a seed, or all that it can become. The same template, lists, variables and seed give the
// same text in every engine and release, so how a seed draws is never changed. Pure.
import { drawn, mixedSeed } from "../random.ts";
import { type Fault, listKey, type Option, type Part, type Parts, type VariableUse } from "./tree.ts";

export interface Surroundings {
  /** By `listKey` of their names. */
  readonly lists: ReadonlyMap<string, ReadonlyArray<Option>>;
  /** Values of variables; they are taken as they are, not as templates. */
  readonly variables: Readonly<Record<string, string>>;
}

export type Expanded = { readonly text: string; readonly fault: null } | { readonly text: null; readonly fault: Fault };

/** Characters of one expanded text. */
export const longestText = 20_000;
/** Parts gone through for one text: lists may use lists. */
const mostSteps = 20_000;
/** Lists and fallbacks within each other. */
const deepest = 50;
/** Texts tried for each that is asked for: options may say the same. */
const triesPerText = 8;

/** The text for a seed (0 to 2³¹ - 1), or what keeps it from being made. */
export const expand = (parts: Parts, surroundings: Surroundings, seed: number): Expanded => walk(parts, surroundings, drawing(seed));

export interface Variants {
  readonly texts: ReadonlyArray<string>;
  /** These are all. */
  readonly complete: boolean;
  readonly fault: Fault | null;
}

/** Up to `limit` different texts, the last choice varying first. */
export const variants = (parts: Parts, surroundings: Surroundings, limit: number): Variants => {
  const texts = new Set<string>();
  // Which option each choice took on the way to the last text, and of how many.
  let path: Array<{ index: number; readonly of: number }> = [];
  for (let tries = 0; tries < limit * triesPerText; tries++) {
    const planned = path;
    const taken: typeof path = [];
    const { text, fault } = walk(parts, surroundings, (options) => {
      const index = planned[taken.length]?.index ?? 0;
      taken.push({ index, of: options.length });
      return index;
    });
    if (fault !== null) return { texts: [...texts], complete: false, fault };
    if (!texts.has(text) && texts.size === limit) return { texts: [...texts], complete: false, fault: null };
    texts.add(text);
    const turn = taken.findLastIndex(({ index, of }) => index + 1 < of);
    if (turn === -1) return { texts: [...texts], complete: true, fault: null };
    path = taken.slice(0, turn + 1);
    path[turn]!.index++;
  }
  return { texts: [...texts], complete: false, fault: null };
};

/** What a template needs: its variables in order of appearance, with what stands in for each, and its lists by key. */
export interface Needs {
  readonly variables: ReadonlyMap<string, VariableUse>;
  readonly lists: ReadonlySet<string>;
}

export const needsOf = (parts: Parts, { lists }: Pick<Surroundings, "lists">): Needs => {
  const variables = new Map<string, VariableUse>();
  const used = new Set<string>();
  const visit = (some: Parts): void => {
    for (const part of some) {
      switch (part.kind) {
        case "text":
          break;
        case "choice":
          for (const option of part.options) visit(option.parts);
          break;
        case "variable":
          if ((variables.get(part.name)?.fallback ?? null) === null) variables.set(part.name, part);
          if (part.fallback !== null) visit(part.fallback);
          break;
        case "list":
          if (used.has(listKey(part.name))) break;
          used.add(listKey(part.name));
          for (const option of lists.get(listKey(part.name)) ?? []) visit(option.parts);
          break;
      }
    }
  };
  visit(parts);
  return { variables, lists: used };
};

/** What keeps some text of this template from being made: lists and values that are missing, lists that lead back to themselves. */
export const faultsOf = (parts: Parts, surroundings: Surroundings): ReadonlyArray<Fault> => {
  const needs = needsOf(parts, surroundings);
  const faults = new Map<string, Fault>();
  const sound = new Set<string>();
  // `place`: of the part in the template by which it was come to.
  const visit = (some: Parts, way: ReadonlyArray<string>, place: Omit<Fault, "message"> | null): void => {
    for (const part of some) {
      if (part.kind === "text") continue;
      if (part.kind === "choice") {
        for (const option of part.options) visit(option.parts, way, place);
        continue;
      }
      const at = place ?? placeOf(part);
      const name = part.kind === "list" ? `__${listKey(part.name)}__` : `\${${part.name}}`;
      if (sound.has(name)) continue;
      const fault = (message: string): void => void (faults.has(name) || faults.set(name, { ...at, message }));
      if (way.includes(name)) {
        fault(`${name} leads back to itself: ${[...way.slice(way.indexOf(name)), name].join(" → ")}.`);
      } else if (part.kind === "list") {
        const options = surroundings.lists.get(listKey(part.name));
        if (options === undefined) fault(missingList(part.name, surroundings));
        else for (const option of options) visit(option.parts, [...way, name], at);
        sound.add(name);
      } else if (!Object.hasOwn(surroundings.variables, part.name)) {
        const fallback = needs.variables.get(part.name)?.fallback ?? null;
        if (fallback === null) fault(missingValue(part.name));
        else visit(fallback, [...way, name], at);
        sound.add(name);
      }
    }
  };
  visit(parts, [], null);
  return [...faults.values()].toSorted((a, b) => a.at - b.at);
};

const missingList = (name: string, { lists }: Surroundings): string => {
  const known = [...lists.keys()].toSorted();
  const some =
    known.length === 0
      ? "There are no lists yet: make it under Prompts."
      : `There are: ${known.slice(0, 10).join(", ")}${known.length > 10 ? " …" : ""}.`;
  return `There is no list "${name}". ${some}`;
};

const missingValue = (name: string): string => `The variable ${name} needs a value.`;

const placeOf = (part: Part): Omit<Fault, "message"> => {
  switch (part.kind) {
    case "text":
    case "choice":
      return { at: 0, length: 0 };
    case "list":
      return { at: part.at, length: part.name.length + 4 };
    case "variable":
      return { at: part.at, length: part.name.length + 2 };
  }
};

class Unmakeable {
  readonly fault: Fault;
  constructor(fault: Fault) {
    this.fault = fault;
  }
}

/** One text, with the options that `pick` takes. */
const walk = (parts: Parts, surroundings: Surroundings, pick: (options: ReadonlyArray<Option>) => number): Expanded => {
  const { variables } = needsOf(parts, surroundings);
  const said = new Map(Object.entries(surroundings.variables));
  let steps = 0;
  let characters = 0;
  const fail = (part: Part, message: string): never => {
    throw new Unmakeable({ ...placeOf(part), message });
  };
  const add = (part: Part, text: string): string => {
    characters += text.length;
    if (characters > longestText) fail(part, `The text grows longer than ${longestText} characters.`);
    return text;
  };
  const take = (part: Part, options: ReadonlyArray<Option>, depth: number): string =>
    options.length === 0 ? fail(part, "It has nothing to choose from.") : say(options[pick(options)]!.parts, depth + 1);
  const sayOne = (part: Part, depth: number): string => {
    switch (part.kind) {
      case "text":
        return add(part, part.text);
      case "choice":
        return take(part, part.options, depth);
      case "list":
        return take(part, surroundings.lists.get(listKey(part.name)) ?? fail(part, missingList(part.name, surroundings)), depth);
      case "variable": {
        const known = said.get(part.name);
        if (known !== undefined) return add(part, known);
        const text = say(variables.get(part.name)?.fallback ?? fail(part, missingValue(part.name)), depth + 1);
        said.set(part.name, text);
        return text;
      }
    }
  };
  const say = (some: Parts, depth: number): string =>
    some
      .map((part) => {
        if (++steps > mostSteps || depth > deepest) fail(part, "It goes too deep: lists or variables lead to ever more of themselves.");
        return sayOne(part, depth);
      })
      .join("");
  try {
    return { text: say(parts, 0), fault: null };
  } catch (error) {
    if (error instanceof Unmakeable) return { text: null, fault: error.fault };
    throw error;
  }
};

/** Draws options by their weights. */
const drawing = (seed: number): ((options: ReadonlyArray<Option>) => number) => {
  let state = mixedSeed(seed);
  return (options) => {
    const next = drawn(state);
    state = next.state;
    let left = next.share * options.reduce((sum, { weight }) => sum + weight, 0);
    const index = options.findIndex(({ weight }) => (left -= weight) < 0);
    return index === -1 ? options.length - 1 : index;
  };
};
