import { expect, it } from "vitest";
import type { Charge, JobState } from "#protocol/job.ts";
import { cancelOutcome } from "./outcome.ts";

const job = (outcome: Charge["outcome"], charged: number | null, state: JobState = "cancelled") => ({
  state,
  provider: "pixverse",
  charges: [
    { key: "k", accountId: "a", accountTitle: "Main", estimated: 45, charged, type: "credits", outcome, tookMs: 1, at: 1 } satisfies Charge,
  ],
});

it.each([
  ["stopped", null, "Stopped in time"],
  ["stopped", 0, "Stopped in time"],
  ["stopped", 12, "Stopped, and 12 credits charged"],
  ["goes on", null, "Too late: about 45 credits charged"],
  ["goes on", 40, "Too late: 40 credits charged"],
  ["unknown", null, "Nobody can say whether it was taken: about 45 credits held"],
  ["completed", 40, "Made before it was called off: 40 credits charged"],
  ["provider", 0, null],
] as const)("a job that was called off and whose submission ended as %s, charged %s: %s", (outcome, charged, words) => {
  expect(cancelOutcome(job(outcome, charged))).toBe(words);
});

it("of what a provider charges without saying how much no amount is named", () => {
  const words = (outcome: Charge["outcome"]) => {
    const { charges, ...rest } = job(outcome, null);
    return cancelOutcome({ ...rest, charges: [{ ...charges[0]!, estimated: 0, type: null }] });
  };
  expect(words("goes on")).toBe("Too late: it is made there all the same");
  expect(words("unknown")).toBe("Nobody can say whether it was taken");
  expect(words("completed")).toBe("Made before it was called off");
});

it("of what was not called off, or had sent nothing, there is nothing to say", () => {
  expect(cancelOutcome(job("goes on", 40, "timedOut"))).toBeNull();
  expect(cancelOutcome({ ...job("stopped", null), charges: [] })).toBeNull();
});
