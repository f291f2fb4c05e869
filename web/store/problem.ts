// Failures as words for a person, and as messages at fields. Pure.
import { CallError } from "#protocol/wire/errors.ts";

/** What went wrong, in a sentence. */
export const sentenceOf = (error: unknown): string => {
  if (error instanceof CallError) {
    return error.ref === undefined ? error.message : `${error.message} (reference ${error.ref})`;
  }
  return error instanceof Error && error.message !== "" ? error.message : "Something failed unexpectedly.";
};

export interface Issue {
  readonly path: ReadonlyArray<string | number>;
  readonly message: string;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** The issues of an `invalid_input`; empty for every other failure. */
export const issuesOf = (error: unknown): ReadonlyArray<Issue> => {
  if (
    !(error instanceof CallError) ||
    error.code !== "invalid_input" ||
    !isRecord(error.details) ||
    !Array.isArray(error.details["issues"])
  ) {
    return [];
  }
  return error.details["issues"].flatMap((issue: unknown) => {
    if (!isRecord(issue) || typeof issue["message"] !== "string" || !Array.isArray(issue["path"])) {
      return [];
    }
    const path = issue["path"].filter((step): step is string | number => typeof step === "string" || typeof step === "number");
    return [{ path, message: issue["message"] }];
  });
};
