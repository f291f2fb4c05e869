import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sumsByAccount, sumsByDay, sumsByProvider, sumsByType, sumsByUser, type SpendRow } from "./sums.ts";

const now = Date.parse("2026-11-26T13:00:00Z");
const row = (change: Partial<SpendRow> = {}): SpendRow => ({
  free: false,
  day: "2026-11-26",
  ownerId: "usr_1",
  provider: "pixverse",
  accountId: "acc_1",
  accountTitle: "Main",
  type: "credits",
  submissions: 2,
  completed: 1,
  estimated: 90,
  charged: 45,
  refunded: 0,
  held: 0,
  told: 2,
  ...change,
});

describe("sums of what was spent", () => {
  it("never add up different credits", () => {
    expect(sumsByType([row(), row({ type: "USD", estimated: 1, charged: 0.5 }), row({ accountId: "acc_2", charged: 5 })])).toEqual([
      { free: false, type: "credits", submissions: 4, completed: 2, estimated: 180, charged: 50, refunded: 0, held: 0 },
      { free: false, type: "USD", submissions: 2, completed: 1, estimated: 1, charged: 0.5, refunded: 0, held: 0 },
    ]);
  });

  it("never add up what is free and what charges without saying how much", () => {
    const none = { type: null, estimated: 0, charged: 0 };
    const rows = [row({ ...none, free: true, provider: "comfyui" }), row({ ...none, provider: "gateway" })];
    for (const sums of [sumsByType(rows), sumsByUser(rows)]) {
      expect(sums.map(({ free, submissions }) => [free, submissions])).toEqual([
        [true, 2],
        [false, 2],
      ]);
    }
  });

  it("know an account by its id, under its latest title", () => {
    const sums = sumsByAccount([row({ accountTitle: "Renamed" }), row({ day: "2026-11-20", accountTitle: "Main" })]);
    expect(sums).toEqual([expect.objectContaining({ accountId: "acc_1", accountTitle: "Renamed", charged: 90 })]);
  });

  it("are told apart by provider, also where several count in the same", () => {
    const sums = sumsByProvider([
      row({ provider: "fal", type: "USD cents", charged: 320 }),
      row({ provider: "replicate", type: "USD cents", charged: 120 }),
      row({ provider: "replicate", type: "USD cents", accountId: "acc_2", charged: 30 }),
      row(),
    ]);
    expect(sums.map(({ provider, type, charged }) => [provider, type, charged])).toEqual([
      ["fal", "USD cents", 320],
      ["replicate", "USD cents", 150],
      ["pixverse", "credits", 45],
    ]);
  });

  it("are told apart by user, with what was given back and what is held", () => {
    const sums = sumsByUser([
      row({ refunded: 5 }),
      row({ ownerId: "usr_2", held: 10, charged: 1 }),
      row({ accountId: "acc_2", refunded: 2 }),
    ]);
    expect(sums.map(({ ownerId, charged, refunded, held }) => [ownerId, charged, refunded, held])).toEqual([
      ["usr_1", 90, 7, 0],
      ["usr_2", 1, 0, 10],
    ]);
  });

  it("have every day of the range, oldest first, with nothing where nothing was spent", () => {
    const days = sumsByDay([row({ day: "2026-11-24" }), row({ day: "2026-11-24" }), row({ day: "2026-10-01" })], "credits", 4, now);
    expect(days.map(({ day, charged }) => [day, charged])).toEqual([
      ["2026-11-23", 0],
      ["2026-11-24", 90],
      ["2026-11-25", 0],
      ["2026-11-26", 0],
    ]);
  });

  it("come to the same however they are gathered", () => {
    const rows = fc.array(
      fc.record({
        day: fc.integer({ min: 0, max: 6 }).map((back) => new Date(now - back * 86_400_000).toISOString().slice(0, 10)),
        accountId: fc.constantFrom("acc_1", "acc_2"),
        type: fc.constantFrom("credits", "USD", null),
        charged: fc.nat(1000),
        estimated: fc.nat(1000),
      }),
    );
    const total = (sums: ReadonlyArray<{ readonly charged: number }>) => sums.reduce((sum, { charged }) => sum + charged, 0);
    fc.assert(
      fc.property(rows, (some) => {
        const all = some.map(row);
        const types = sumsByType(all);
        expect(total(types)).toBe(total(all));
        expect(total(sumsByAccount(all))).toBe(total(all));
        expect(total(sumsByProvider(all))).toBe(total(all));
        expect(total(sumsByUser(all))).toBe(total(all));
        expect(types.reduce((sum, { type }) => sum + total(sumsByDay(all, type, 7, now)), 0)).toBe(total(all));
      }),
    );
  });
});
