// What an adapter says of its own accord: that it sends nothing, or that nobody knows what became of what it has sent.
import { Effect } from "effect";
import * as z from "zod";
import type { ProviderFailure, ProviderRequest } from "./provider.ts";

/** Nothing was sent, so nothing was started. */
export const unsent = (failure: ProviderFailure): ProviderFailure => ({ ...failure, unsent: true });

/** In place of the system's error where an input's file cannot be opened. */
export const inputGone = (): ProviderFailure => unsent({ kind: "input", message: "An input's file is not there any more." });

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
