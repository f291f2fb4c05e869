import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fractionByTime, progressShown } from "./job-progress.ts";

const times = fc.integer({ min: 0, max: 10_000_000 });

describe("the progress that is shown", () => {
  it("lets time stand for what is not told: rising, 90 % at the expected end, never done", () => {
    fc.assert(
      fc.property(times, times, fc.integer({ min: 1, max: 1_000_000 }), (a, b, expected) => {
        const [early, late] = [fractionByTime(Math.min(a, b), expected), fractionByTime(Math.max(a, b), expected)];
        expect(0 <= early && early <= late && late < 1).toBe(true);
      }),
    );
    expect(fractionByTime(60_000, 60_000)).toBeCloseTo(0.9);
  });

  it("moves on from the submission to what comes after the generation, without a word of the provider", () => {
    const job = { state: "processing", progress: 0.02, submittedAt: 1000, etaAt: 61_000 } as const;
    expect(progressShown(job, 1000)).toBe(0.02);
    expect(progressShown(job, 31_000)).toBeCloseTo(0.02 + 0.88 * 0.45);
    fc.assert(fc.property(times, (now) => (progressShown(job, now) ?? 1) < 0.9));
  });

  it("is what the provider told, once it told anything", () => {
    const told = { state: "processing", progress: 0.04, submittedAt: 0, etaAt: 60_000 } as const;
    for (const now of [0, 30_000, 60_000, 600_000]) expect(progressShown(told, now)).toBe(0.04);
  });

  it("guesses nothing in any other state, nor without an expected end, and says where nobody knows", () => {
    const job = { progress: 0.02, submittedAt: 0, etaAt: 60_000 } as const;
    expect(progressShown({ ...job, state: "downloading" }, 30_000)).toBe(0.02);
    expect(progressShown({ ...job, state: "processing", etaAt: null }, 30_000)).toBe(0.02);
    expect(progressShown({ ...job, state: "submitting" }, 30_000)).toBeNull();
    expect(progressShown({ ...job, state: "cancelling" }, 30_000)).toBeNull();
  });
});
