import { Clock, Effect } from "effect";
import { expect, test } from "vitest";
import { askByTheirClock, sentThereNotBefore } from "./their-clock.ts";

/** What is asked about, until it is known by the provider's clock, and what comes of it. */
const askWhere = async (ahead: number | undefined) => {
  const times: Array<number> = [];
  const at = Date.now() - 300_000;
  const told = await Effect.runPromise(
    askByTheirClock(at, (time) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        times.push(time - at);
        return { headers: ahead === undefined ? {} : { date: new Date(now + ahead).toUTCString() } };
      }),
    ),
  );
  return { times, at: told.at - at, ahead: told.ahead };
};
const hours = 5 * 3_600_000;

test("a provider whose clock goes with ours, is ahead, or is not told is asked once", async () => {
  for (const ahead of [undefined, 0, -2000, hours]) expect(await askWhere(ahead)).toMatchObject({ times: [0], at: 0 });
});

test("one whose clock is behind is asked again, about its own time", async () => {
  const { times, at, ahead } = await askWhere(-hours);
  // The date of an answer has no fractions of a second.
  expect(Math.abs(ahead + hours)).toBeLessThan(5000);
  expect(times).toEqual([0, ahead]);
  expect(at).toBe(ahead);
});

test("what was sent is looked for from when it may have been sent there, however our clock was set since", () => {
  const now = 1_800_000_000_000;
  const at = (ahead: number) => ({ headers: { date: new Date(now + ahead).toUTCString() } });
  // By how far ours was ahead of theirs then, and is now.
  for (const then of [-hours, -1000, 0, 1000, hours]) {
    for (const later of [-hours, 0, hours]) {
      for (const ago of [0, 2 * hours]) {
        const sentThere = now - later - ago;
        const since = sentThereNotBefore(at(-later), sentThere + then, now);
        // That ours was set back shows until as much time has passed again; moments are for who asks to allow.
        const setBack = then - later;
        if (setBack <= 1000 || setBack > ago) expect([then, later, ago, since <= sentThere + 1000]).toEqual([then, later, ago, true]);
        expect(since).toBeGreaterThan(sentThere - 8 * 86_400_000);
      }
    }
  }
});
