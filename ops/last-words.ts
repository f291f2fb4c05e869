// What a server says as it ends, so that none goes without a word. Pure.
import { Cause, Exit } from "effect";

export interface Ending {
  /** By a signal. */
  readonly told: boolean;
  /** It had said where it is. */
  readonly started: boolean;
}

const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const failure = Cause.squash(cause);
  return typeof failure === "object" && failure !== null && "message" in failure ? String(failure.message) : String(failure);
};

/** `line` null: it ended as it was told to. */
export const lastWords = (
  exit: Exit.Exit<unknown, unknown>,
  { told, started }: Ending,
): { readonly code: number; readonly line: string | null } => {
  const what = started ? "PixSim has ended by itself" : "PixSim cannot start";
  if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) return { code: 1, line: `${what}: ${reasonOf(exit.cause)}` };
  return told
    ? { code: 0, line: null }
    : { code: 1, line: `${what}: a part of it was called off, by a fault of the program. Start it again.` };
};
