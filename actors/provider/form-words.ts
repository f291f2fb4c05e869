// What is wrong with a field of a form, in words for whoever filled it in, where the form's own schema has none. Pure.
import type * as z from "zod";

const typeNames: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a group of fields",
};

const bound = (word: "most" | "least", limit: unknown, origin: string, isInclusive = true): string => {
  const than = isInclusive ? `at ${word}` : word === "most" ? "less than" : "more than";
  if (origin === "string") return `This must have ${than} ${String(limit)} characters.`;
  if (origin === "array" || origin === "set") return `This must have ${than} ${String(limit)} entries.`;
  return `This must be ${than} ${String(limit)}.`;
};

/** For `safeParse`; undefined: zod's own words do. None of them repeats what was entered. */
export const inWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "This is missing.";
      return `This must be ${typeNames[issue.expected] ?? issue.expected}.`;
    case "invalid_value":
      return `This must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(String).join(", ")}.`;
    case "too_big":
      return bound("most", issue.maximum, issue.origin, issue.inclusive);
    case "too_small":
      return bound("least", issue.minimum, issue.origin, issue.inclusive);
    case "not_multiple_of":
      return `This must be a multiple of ${issue.divisor}.`;
    default:
      return undefined;
  }
};
