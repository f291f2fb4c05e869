// By which parameters requests differ: as their providers understood them, so that what was left open counts as its default. Pure.
import { canonicalJson } from "#protocol/canonical.ts";
import { paramFacts, type ParamTitle } from "./param-facts.ts";

export interface AskedParams {
  readonly params: Readonly<Record<string, unknown>>;
  /** Of the form that it was asked by; empty: not known any more. */
  readonly titles: ReadonlyArray<ParamTitle>;
}

export interface ParamDifference {
  readonly key: string;
  readonly name: string;
  /** In the order of the requests. Null: it was left open. Undefined: there is no such parameter there. */
  readonly values: ReadonlyArray<string | null | undefined>;
}

/** What one request says of one parameter; undefined: it has none of the name. */
interface Said {
  readonly name: string;
  readonly words: string | null;
  readonly value: string;
  /** It is what nobody has to choose. */
  readonly isDefault: boolean;
}

const saidOf = ({ params, titles }: AskedParams, key: string): Said | undefined => {
  const initial = titles.find((each) => each.key === key)?.initial;
  const isOpen = (value: unknown): boolean => value === undefined || value === null || value === "";
  if (!(key in params) && !titles.some((each) => each.key === key)) {
    return undefined;
  }
  const value = isOpen(params[key]) ? initial : params[key];
  const [fact] = paramFacts({ [key]: value }, titles);
  return {
    name: fact?.name ?? key,
    words: fact?.value ?? null,
    value: canonicalJson(isOpen(value) ? null : value),
    isDefault: isOpen(value) || value === false || canonicalJson(value) === canonicalJson(initial),
  };
};

const count = (all: ReadonlyArray<unknown>): number => new Set(all).size;

/** That one has no such parameter says something only where another has chosen what it would not be without. */
const differ = (all: ReadonlyArray<Said | undefined>): boolean => {
  const said = all.flatMap((each) => each ?? []);
  // `5` and `5 s` are the same length in two forms; the same words of two values tell nobody anything.
  const varies = count(said.map(({ value }) => value)) > 1 && count(said.map(({ words }) => words)) > 1;
  return varies || (said.length < all.length && said.some(({ isDefault }) => !isDefault));
};

/** Each is given by at least one of them. The order is that of their forms, what no form has any more behind. */
export const paramDifferences = (all: ReadonlyArray<AskedParams>): ReadonlyArray<ParamDifference> => {
  const keys = new Set([...all.flatMap(({ titles }) => titles.map(({ key }) => key)), ...all.flatMap(({ params }) => Object.keys(params))]);
  return [...keys].flatMap((key): ReadonlyArray<ParamDifference> => {
    const said = all.map((each) => saidOf(each, key));
    return differ(said)
      ? [{ key, name: said.find((each) => each !== undefined)?.name ?? key, values: said.map((each) => each?.words) }]
      : [];
  });
};
