// When a refused request is made again without being asked. Pure.
import type { CallError } from "../wire/errors.ts";

/** Tries after the first; a server that refuses for longer is better told of than waited for. */
const mostRetries = 5;
const firstWaitMs = 250;
const longestWaitMs = 4000;

/** Anywhere within the upper half of a wait that doubles: many clients that were refused together do not come back together. */
const spread = (tries: number, random: number): number => {
  const bound = Math.min(longestWaitMs, firstWaitMs * 2 ** tries);
  return Math.round(bound / 2 + (random * bound) / 2);
};

/** How long the server asks to wait, ms; 0: it says nothing of it. */
export const retryAfterOf = (details: unknown): number => {
  const wait = typeof details === "object" && details !== null && "retryAfterMs" in details ? details.retryAfterMs : undefined;
  return typeof wait === "number" && wait > 0 ? wait : 0;
};

/** Ms to wait before try `tries + 1`, or null: the answer stands. Only what the server says it has not begun, or has stopped. */
export const retryWait = ({ code, details }: CallError, tries: number, random: number): number | null => {
  if (tries >= mostRetries) return null;
  switch (code) {
    case "overloaded":
    case "unavailable":
    case "rate_limited":
      return Math.max(spread(tries, random), retryAfterOf(details));
    default:
      return null;
  }
};
