// The parameters of a request as facts, the same wherever they are shown. Pure.
import { sentenceCase, spaced } from "#web/machine/words.ts";
import type { Fact } from "./facts.tsx";

/** A value in words; what was left open is null. */
export const paramWords = (value: unknown): string | null => {
  if (value === undefined || value === null || value === "") {
    return null;
  }
  if (typeof value === "boolean") {
    return value ? "Yes" : "No";
  }
  if (typeof value === "string") {
    return value;
  }
  return Array.isArray(value) && value.every((each) => typeof each !== "object") ? value.join(", ") : JSON.stringify(value);
};

export const paramFacts = (params: Readonly<Record<string, unknown>>): ReadonlyArray<Fact> =>
  Object.entries(params).map(([name, value]) => ({ name: sentenceCase(spaced(name)), value: paramWords(value) }));
