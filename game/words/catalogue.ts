// The languages that the player itself speaks, and which of them somebody is spoken to in. Pure.
import { CallError } from "#protocol/wire/errors.ts";
import { bestLanguage } from "../player/languages.ts";
import { de } from "./de.ts";
import { en, type LimitOfNoRoom, type Words } from "./en.ts";

/** English first: it is spoken to whoever speaks none of them. */
export const catalogue = { en, de } as const satisfies Readonly<Record<string, Words>>;
export type SpokenLanguage = keyof typeof catalogue;
export const spokenLanguages = Object.keys(catalogue) as ReadonlyArray<SpokenLanguage>;

export interface Speech {
  readonly language: SpokenLanguage;
  readonly words: Words;
  /** By which times are written: the language as it is written where somebody lives, if that is known. */
  readonly locale: string;
}

/** `wanted`: what suits best first. */
export const speechFor = (wanted: ReadonlyArray<string>): Speech => {
  const language = bestLanguage(spokenLanguages, wanted) as SpokenLanguage;
  return { language, words: catalogue[language], locale: wanted.find((one) => one.split("-")[0] === language) ?? language };
};

/** What went wrong, in whatever language it is asked for. Its message is in English. */
export class Problem extends Error {
  readonly say: (problems: Words["problems"]) => string;

  constructor(say: (problems: Words["problems"]) => string, options?: ErrorOptions) {
    super(say(en.problems), options);
    this.name = "Problem";
    this.say = say;
  }
}

/** The limit that was reached; undefined: it is refused for something else. */
const quotaOf = ({ code, details }: CallError): string | undefined => {
  const quota = code === "quota_exceeded" ? (details as { readonly quota?: unknown } | undefined)?.quota : undefined;
  return typeof quota === "string" ? quota : undefined;
};

/** A sentence for a person. */
export const sentenceOf = (error: unknown, { problems, refusals, limits }: Words): string => {
  if (error instanceof Problem) return error.say(problems);
  if (!(error instanceof Error)) return String(error);
  const call = error instanceof CallError ? error : error.cause;
  // A newer server may refuse for what this page has no words for.
  if (!(call instanceof CallError)) return error.message;
  return limits?.[quotaOf(call) as LimitOfNoRoom] ?? refusals?.[call.code] ?? error.message;
};
