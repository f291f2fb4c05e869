import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Budget } from "#protocol/spend.ts";
import { budgetLevel } from "#protocol/spend.ts";
import { concerns, fits, mostOf, periodsAt, partWords, stopWords, waitWords } from "./context.ts";

const budget = (changes: Partial<Budget> = {}): Budget => ({
  id: "bud_1",
  ownerId: "u1",
  byAdmin: false,
  provider: "pixverse",
  period: "day",
  type: "credits",
  warnAt: null,
  pauseAt: 100,
  stopAt: null,
  used: 95,
  ...changes,
});

test("every moment lies in its day and month, which follow each other without a gap", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (now) => {
      const { day, month, ends } = periodsAt(now);
      expect(day <= now && now < ends.day && month <= day && ends.day <= ends.month).toBe(true);
      expect(new Date(month).getUTCDate()).toBe(1);
      expect([periodsAt(ends.day).day, periodsAt(ends.month).month]).toEqual([ends.day, ends.month]);
      expect(periodsAt(ends.day - 1).day).toBe(day);
    }),
  );
});

test("whom a budget concerns: its user or everybody, its provider or all, what it counts in or every job", () => {
  const sent = { ownerId: "u1", provider: "pixverse", type: "credits" };
  expect(concerns(budget(), sent)).toBe(true);
  expect(concerns(budget({ ownerId: null, provider: null, type: null }), sent)).toBe(true);
  expect(concerns(budget({ ownerId: "u2" }), sent)).toBe(false);
  expect(concerns(budget({ provider: "fal" }), sent)).toBe(false);
  expect(concerns(budget({ type: "USD" }), sent)).toBe(false);
});

test("thresholds: the lower of the two that hold back counts, and the furthest that is reached is shown", () => {
  expect([mostOf(budget({ stopAt: 80 })), mostOf(budget({ pauseAt: null, stopAt: 80 })), mostOf(budget({ pauseAt: null }))]).toEqual([
    80,
    80,
    null,
  ]);
  const all = { warnAt: 50, pauseAt: 80, stopAt: 100 };
  expect([49, 50, 80, 100].map((used) => budgetLevel(budget({ ...all, used })))).toEqual(["ok", "warn", "pause", "stop"]);
});

test("what is used up to the last fraction is full, and sums of fractions do not spill over", () => {
  expect([fits(90, 10, 100), fits(90, 10.01, 100), fits(100, 0, 100), fits(0.6, 0.3, 0.9)]).toEqual([true, false, false, true]);
  expect(fits(90, 10 + 1e-8, 100)).toBe(false);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 60 }), (cents) => {
      const most = cents.reduce((sum, each) => sum + each, 0) / 100;
      let used = 0;
      for (const each of cents) {
        expect(fits(used, each / 100, most)).toBe(true);
        used += each / 100;
      }
      expect(fits(used, 0.01, most)).toBe(false);
    }),
  );
});

describe("in words", () => {
  test("why a job waits, until when, and who can change that", () => {
    expect(waitWords(budget(), 10, "PixVerse")).toBe(
      "Your budget of 100 credits a day at PixVerse has no room: 95 spent or held so far, and this costs 10. It goes on at midnight UTC, or when you raise it under Spend.",
    );
    expect(
      waitWords(budget({ ownerId: null, byAdmin: true, provider: null, period: "month", type: null, pauseAt: 1, used: 1 }), 10, "PixVerse"),
    ).toBe(
      "The workspace's budget of 1 job a month has no room: 1 spent or held so far, and this costs 1. It goes on with the next month (UTC), or when an administrator raises it.",
    );
    expect(waitWords(budget(), 120, "PixVerse")).toBe(
      "Your budget of 100 credits a day at PixVerse is less than the 120 that this costs: it goes on when you raise it under Spend.",
    );
  });

  test("why some of several jobs wait", () => {
    expect(partWords(budget({ used: 70 }), 40, "PixVerse")).toBe(
      "Your budget of 100 credits a day at PixVerse has no room for all of these: 70 spent or held so far, and they come to 40. What goes beyond waits; it goes on at midnight UTC, or when you raise it under Spend.",
    );
  });

  test("why jobs are refused", () => {
    expect(stopWords(budget({ byAdmin: true, pauseAt: null, stopAt: 0.5, type: "USD", used: 0.25 }), 0.35, 0.1, "fal")).toBe(
      "The budget that an administrator has set you of 0.5 USD a day at fal allows no more: 0.25 spent or held so far, 0.1 more asked for and waiting, and this asks for 0.35. Ask again at midnight UTC, or when an administrator raises it.",
    );
  });
});
