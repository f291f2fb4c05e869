// Clocks of two machines may be hours apart where one was set wrongly. What a provider has made is looked for by its own: by ours it may
// lie in its future, where nothing is found, and then it would be paid again.
import { Clock, Effect } from "effect";
import type { HttpAnswer } from "./tools.ts";

type Dated = Pick<HttpAnswer, "headers">;

/** By how much its clock is ahead of ours, ms, as far as its answer tells. */
export const aheadOf = ({ headers }: Dated, now: number): number => {
  const theirs = Date.parse(headers["date"] ?? "");
  return Number.isNaN(theirs) ? 0 : theirs - now;
};

/** What every question allows for, ms. */
const allowed = 60_000;

/** How long before now something may have been sent of which we do not know when, ms. */
const longAgo = 7 * 86_400_000;

/**
 * The earliest time by our clock, ms epoch, at which something may have been sent that seems to have been sent at `sentAt`. What seems to be in
 * the future was sent before our clock was set back, nobody knows by how much.
 */
export const sentNotBefore = (sentAt: number, now: number): number => (sentAt <= now ? sentAt : now - longAgo);

/**
 * The same by the provider's clock, as its answer tells it. Where ours is behind, it may be so since it was sent or only since then: rather
 * too early, as what is overlooked would be paid twice.
 */
export const sentThereNotBefore = (answer: Dated, sentAt: number, now: number): number =>
  sentNotBefore(sentAt, now) + Math.min(0, aheadOf(answer, now));

/**
 * Asks about a time of ours; and again where the answer says that its clock is behind, about what that time is there. `at`: as it was
 * asked about. `ahead`: of its clock, ms.
 */
export const askByTheirClock = Effect.fnUntraced(function* <A extends Dated, E>(at: number, ask: (at: number) => Effect.Effect<A, E>) {
  const answer = yield* ask(at);
  const ahead = aheadOf(answer, yield* Clock.currentTimeMillis);
  if (ahead >= -allowed) return { answer, at, ahead };
  return { answer: yield* ask(at + ahead), at: at + ahead, ahead };
});
