// Failures as the wire tells them: what a handler failed with, what did not fit a schema, and faults, which are logged and named.
import { Cause, Effect, Option } from "effect";
import type * as z from "zod";
import { CallError } from "#protocol/wire/errors.ts";

/** Issues told to a client; more would only make the answer longer than the question. */
const mostIssues = 20;

const invalidInput = (error: z.ZodError): CallError => {
  const issues = error.issues
    .slice(0, mostIssues)
    .map(({ path, message }) => ({ path: path.map((part) => (typeof part === "symbol" ? String(part) : part)), message }));
  const [first] = issues;
  const where = first === undefined || first.path.length === 0 ? "" : `${first.path.join(".")}: `;
  return new CallError("invalid_input", `The input does not fit. ${where}${first?.message ?? ""}`, { issues });
};

/** Logs a fault with a reference and answers the error that quotes it. */
const fault = (cause: Cause.Cause<unknown>, name: string, log: (effect: Effect.Effect<void>) => void): CallError => {
  const ref = crypto.randomUUID().slice(0, 8);
  log(Effect.annotateLogs(Effect.logError("a handler failed by a fault", cause), { name, ref }));
  return new CallError("internal", `A fault in the server; it has been logged as ${ref}. Try again.`, undefined, ref);
};

/** What to tell of a failed handler. `name`: the call, stream or topic. */
export const errorOf = (cause: Cause.Cause<unknown>, name: string, log: (effect: Effect.Effect<void>) => void): CallError => {
  const failure = Option.getOrUndefined(Cause.findErrorOption(cause));
  if (failure instanceof CallError) return failure;
  if (failure === undefined && Cause.hasInterruptsOnly(cause)) return new CallError("unavailable", "The work was stopped. Try again.");
  return fault(cause, name, log);
};

/** The same for a handler that threw before it gave an effect. */
export const errorOfThrown = (thrown: unknown, name: string, log: (effect: Effect.Effect<void>) => void): CallError =>
  thrown instanceof CallError ? thrown : fault(Cause.die(thrown), name, log);

/** The input as its handler takes it, or why it does not fit. */
export const checkInput = (
  route: { readonly name: string; readonly input: z.ZodType },
  raw: unknown,
  log: (effect: Effect.Effect<void>) => void,
): { readonly data: unknown } | CallError => {
  try {
    const parsed = route.input.safeParse(raw);
    return parsed.success ? parsed : invalidInput(parsed.error);
  } catch (thrown) {
    return errorOfThrown(thrown, route.name, log);
  }
};
