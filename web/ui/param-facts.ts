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

/** How the provider's form speaks of a parameter. */
export interface ParamTitle {
  readonly key: string;
  readonly title: string;
  readonly help?: string | undefined;
  readonly options?: ReadonlyArray<{ readonly value: unknown; readonly label: string }>;
  /** What it is where it is left open; undefined: nothing. */
  readonly initial?: unknown;
}

/** ` s` where what is said of a number tells that it counts seconds; a schema has no other place for it. */
export const unitOf = ({ title, help }: Pick<ParamTitle, "title" | "help">): string =>
  /\bseconds\b/i.test(`${help ?? ""} ${title}`) ? " s" : "";

/** `titles`: of the parameters of this operation, as far as they are known; the others stand under their names in words. */
export const paramFacts = (params: Readonly<Record<string, unknown>>, titles: ReadonlyArray<ParamTitle> = []): ReadonlyArray<Fact> =>
  Object.entries(params).map(([name, value]) => {
    const known = titles.find(({ key }) => key === name);
    const option = known?.options?.find((each) => each.value === value);
    const unit = known !== undefined && typeof value === "number" ? unitOf(known) : "";
    const words = paramWords(value);
    return { name: known?.title ?? sentenceCase(spaced(name)), value: option?.label ?? (words === null ? null : `${words}${unit}`) };
  });
