// What an adapter says of its own accord: that it sends nothing, that an answer is not understood, or that nobody knows what became of what
// it has sent.
import { Effect } from "effect";
import * as z from "zod";
import type { ProviderFailure, ProviderRequest } from "./provider.ts";
import type { HttpAnswer } from "./tools.ts";

/** Nothing was sent, so nothing was started. */
export const unsent = (failure: ProviderFailure): ProviderFailure => ({ ...failure, unsent: true });

/** In place of the system's error where an input's file cannot be opened. */
export const inputGone = (): ProviderFailure =>
  unsent({ kind: "input", message: "An input's file is not there any more: use another input." });

export const refuse = (kind: ProviderFailure["kind"], message: string): Effect.Effect<never, ProviderFailure> =>
  Effect.fail(unsent({ kind, message }));

/** The parameters as their schema has them; refused before anything is sent. */
export const checked = <S extends z.ZodType>(schema: S, { params }: ProviderRequest): Effect.Effect<z.output<S>, ProviderFailure> => {
  const found = schema.safeParse(params);
  return found.success ? Effect.succeed(found.data) : refuse("parameters", z.prettifyError(found.error));
};

/** An answer that cannot be read tells as little as a lost connection: the request may have been taken, the job may be going on. */
export const undecided = (failure: ProviderFailure): ProviderFailure =>
  failure.kind === "provider" && failure.unsent !== true ? { ...failure, kind: "network" } : failure;

/** An error in an answer with a status of success: where the order was done it is no refusal of it, whatever it says. */
export const unlessDone = ({ done }: HttpAnswer, failure: ProviderFailure): ProviderFailure =>
  done === true ? { kind: "network", message: failure.message } : failure;

/** A video that was made and whose file is not there may come yet: only who does not know the job has lost it, and leads to another payment. */
export const notYet = (failure: ProviderFailure, message = failure.message): ProviderFailure =>
  failure.kind === "lost" ? { ...failure, kind: "network", message } : failure;

/** Words of a refusal that is for what is under way, and not for how often it is asked. */
const ofPlaces = /concurren|parallel|simultan|in[ -]progress|already running|at (?:a|the same|one) time/i;

/** What a refusal with status 429 says beyond `limit`: that it is asked too often, unless its words are of jobs at the same time. */
export const rateOf = (said: string): { readonly rate?: true } => (ofPlaces.test(said) ? {} : { rate: true });

/** The answer as its schema has it, else `odd`. */
export const readAnswer = <S extends z.ZodType>(
  schema: S,
  { body }: HttpAnswer,
  odd: ProviderFailure,
): Effect.Effect<z.output<S>, ProviderFailure> => {
  const read = schema.safeParse(body);
  return read.success ? Effect.succeed(read.data) : Effect.fail(odd);
};
