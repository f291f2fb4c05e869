import { describe, expect, it } from "vitest";
import type { Charge } from "#protocol/job.ts";
import { countedPrice, jobPriceWords, priceOf } from "./price.ts";

const charge = (change: Partial<Charge>): Charge => ({
  key: "k",
  accountId: "acc_1",
  accountTitle: "Main",
  estimated: 45,
  charged: 45,
  type: "credits",
  outcome: "completed",
  tookMs: 1000,
  at: 1,
  ...change,
});

it("nothing of what nobody counts is no price; nothing of what is counted is one", () => {
  expect(countedPrice(0, null)).toBeNull();
  expect(countedPrice(0, "credits")).toBe("0 credits");
  expect(countedPrice(0, "USD cents")).toBe("$0.00");
  expect(countedPrice(3, null)).toBe("3 credits");
});

describe("the price of a job", () => {
  it("is what it is estimated at while it goes on, with what earlier submissions have cost", () => {
    expect(priceOf({ state: "processing", credits: 45, charges: [] })).toEqual({ amount: 45, exact: false });
    expect(priceOf({ state: "queued", credits: 45, charges: [charge({ charged: 5, outcome: "provider" })] })).toEqual({
      amount: 50,
      exact: false,
    });
  });

  it("does not count a submission again that has ended while its result is fetched", () => {
    expect(priceOf({ state: "downloading", credits: 45, charges: [charge({ charged: 40 })] })).toEqual({ amount: 40, exact: true });
    expect(priceOf({ state: "cancelling", credits: 45, charges: [charge({ charged: null, outcome: "goes on" })] })).toEqual({
      amount: 45,
      exact: false,
    });
    // Its result could not be read: it is made anew.
    expect(priceOf({ state: "processing", credits: 45, charges: [charge({ charged: 40 })] })).toEqual({ amount: 85, exact: false });
  });

  it("is what was charged when it has ended, as exactly as that was told", () => {
    expect(priceOf({ state: "completed", credits: 45, charges: [charge({ charged: 40 })] })).toEqual({ amount: 40, exact: true });
    expect(priceOf({ state: "completed", credits: 45, charges: [charge({ charged: null })] })).toEqual({ amount: 45, exact: false });
    // Nobody can say whether it was taken: it may have to be paid.
    expect(priceOf({ state: "failed", credits: 45, charges: [charge({ charged: null, outcome: "unknown" })] })).toEqual({
      amount: 45,
      exact: false,
    });
    expect(priceOf({ state: "failed", credits: 45, charges: [charge({ charged: 0, outcome: "filtered" })] })).toEqual({
      amount: 0,
      exact: true,
    });
  });

  it("is not told where it is free or nobody knows", () => {
    expect(priceOf({ state: "processing", credits: 0, charges: [] })).toBeNull();
    expect(priceOf({ state: "completed", credits: 0, charges: [] })).toBeNull();
    expect(priceOf({ state: "failed", credits: 45, charges: [charge({ charged: null, outcome: "network" })] })).toBeNull();
  });

  it("is named by what the charge was counted in", () => {
    const at = { provider: "pixverse" };
    expect(jobPriceWords({ ...at, state: "completed", credits: 45, charges: [charge({ type: "points" })] }, "credits")).toBe("45 points");
    expect(jobPriceWords({ ...at, state: "processing", credits: 45, charges: [] }, "points")).toBe("about 45 points");
    // What it was refused at another provider is counted in that one's credits.
    const refused = charge({ provider: "fal", type: "USD", charged: 0, outcome: "filtered" });
    expect(jobPriceWords({ ...at, state: "processing", credits: 45, charges: [refused] }, "points")).toBe("about 45 points");
  });
});
