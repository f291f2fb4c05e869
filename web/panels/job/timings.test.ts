import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JournalEntry } from "#protocol/actor.ts";
import { attemptsOf, staysOf, timesByState } from "./timings.ts";
import { bornAt, JobLife } from "./testing.ts";

const anyJournal = (gap: fc.Arbitrary<number>): fc.Arbitrary<ReadonlyArray<JournalEntry>> =>
  fc.array(fc.record({ value: fc.constantFrom("a", "b", "c"), gap }), { minLength: 1, maxLength: 40 }).map((steps) => {
    let at = bornAt;
    return steps.map(({ value, gap: since }, seq) => {
      at += since;
      return { seq, at, event: { type: "x" }, value, context: {}, status: "active" as const };
    });
  });

describe("stays", () => {
  it("are the states in order, with what is inside of one as one", () => {
    const life = new JobLife()
      .until("processing")
      .progress(0.5)
      .fail("network")
      .send({ type: "xstate.after.untilRetry.job.processing.pausing" });
    expect(staysOf(life.entries)).toEqual([
      { state: "waitingForSlot", from: bornAt, to: bornAt + 100 },
      { state: "submitting", from: bornAt + 100, to: bornAt + 200 },
      { state: "processing", from: bornAt + 200, to: null },
    ]);
  });

  it("and attempts begin where the states are known: what an older machine did is left out", () => {
    const { entries } = new JobLife().until("processing");
    const unknown = { value: null, context: null, status: null };
    const older = [{ ...entries[0]!, ...unknown }, { ...entries[1]!, ...unknown }, ...entries.slice(2)];
    expect(staysOf(older)).toEqual([{ state: "processing", from: bornAt + 200, to: null }]);
    expect(attemptsOf(older)).toMatchObject([{ number: 1, from: bornAt + 200, to: null }]);
  });

  it("end when the job ends", () => {
    const stays = staysOf(new JobLife().until("completed").entries);
    expect(stays.at(-1)).toEqual({ state: "completed", from: bornAt + 500, to: bornAt + 500 });
  });

  it("of nothing are none", () => {
    expect(staysOf([])).toEqual([]);
    expect(timesByState([], 5)).toEqual([]);
  });

  it("follow each other without a gap, even if the clock went back", () => {
    fc.assert(
      fc.property(anyJournal(fc.integer({ min: -50, max: 200 })), (entries) => {
        const stays = staysOf(entries);
        stays.slice(1).forEach((stay, index) => {
          expect(stays[index]?.to).toBe(stay.from);
          expect(stays[index]?.state).not.toBe(stay.state);
        });
        expect(stays.every(({ from, to }) => to === null || to >= from)).toBe(true);
      }),
    );
  });
});

describe("times by state", () => {
  it("add the stays of a state up, in the order of the first", () => {
    const life = new JobLife().until("submitting").fail("limit").retry().until("completed");
    const times = timesByState(staysOf(life.entries), 0);
    expect(times.map(({ state, total, stays }) => [state, total, stays.length])).toEqual([
      ["waitingForSlot", 200, 2],
      ["submitting", 200, 2],
      ["queued", 60_000, 1],
      ["processing", 100, 1],
      ["downloading", 100, 1],
      ["ingesting", 100, 1],
    ]);
  });

  it("let what is open run on", () => {
    const [only] = timesByState(staysOf(new JobLife().entries), bornAt + 5000);
    expect(only).toMatchObject({ state: "waitingForSlot", total: 5000, open: true });
    expect(timesByState(staysOf(new JobLife().entries), bornAt - 5000)[0]?.total).toBe(0);
  });

  it("add up to the whole, from the first step to now", () => {
    fc.assert(
      fc.property(anyJournal(fc.integer({ min: -50, max: 200 })), fc.nat(1000), (entries, more) => {
        const now = Math.max(...entries.map(({ at }) => at)) + more;
        const sum = timesByState(staysOf(entries), now).reduce((total, state) => total + state.total, 0);
        expect(sum).toBe(now - bornAt - ((entries[0]?.at ?? 0) - bornAt));
      }),
    );
  });
});

describe("attempts", () => {
  it("are one that goes on, and one that ended with the job", () => {
    expect(attemptsOf(new JobLife().until("processing").entries)).toEqual([
      { number: 1, from: bornAt, to: null, failure: null, providerJobId: "p-1", submitKey: "job_1-1" },
    ]);
    expect(attemptsOf(new JobLife().until("completed").entries)).toEqual([
      { number: 1, from: bornAt, to: bornAt + 500, failure: null, providerJobId: "p-1", submitKey: "job_1-1" },
    ]);
    expect(attemptsOf([])).toEqual([]);
  });

  it("end where the next begins, each with why it failed", () => {
    const life = new JobLife().until("processing").fail("provider", "It broke.").retry().until("submitting").fail("credits", "Too poor.");
    const attempts = attemptsOf(life.entries);
    expect(attempts.map(({ number, failure }) => [number, failure])).toEqual([
      [1, "It broke."],
      [2, "Too poor."],
      [3, null],
    ]);
    expect(attempts[0]?.to).toBe(attempts[1]?.from);
    expect(attempts[1]?.to).toBe(attempts[2]?.from);
    expect(attempts[2]?.to).toBeNull();
  });

  it("name what was asked in them, not what the one before asked", () => {
    const life = new JobLife().until("processing").fail("provider").retry();
    expect(attemptsOf(life.entries).map(({ submitKey, providerJobId }) => [submitKey, providerJobId])).toEqual([
      ["job_1-1", "p-1"],
      [null, null],
    ]);
    life.until("submitting");
    expect(attemptsOf(life.entries).map(({ submitKey }) => submitKey)).toEqual(["job_1-1", "job_1-2"]);
  });

  it("are not used up by a provider that has no room", () => {
    const life = new JobLife().until("submitting").fail("limit").retry().until("submitting");
    expect(attemptsOf(life.entries).map(({ number, submitKey }) => [number, submitKey])).toEqual([[1, "job_1-2"]]);
  });

  it("keep the last failure when it was the last attempt", () => {
    const life = new JobLife();
    for (const _ of [1, 2]) {
      life.until("submitting").fail("provider", "It broke.").retry();
    }
    life.until("submitting").fail("provider", "It broke for good.");
    expect(life.state).toBe("failed");
    expect(attemptsOf(life.entries).map(({ failure }) => failure)).toEqual(["It broke.", "It broke.", "It broke for good."]);
  });

  it("of a job that was cancelled did not fail", () => {
    const life = new JobLife().until("processing").send({ type: "job.cancel" }).succeed();
    expect(life.state).toBe("cancelled");
    expect(attemptsOf(life.entries)).toMatchObject([{ number: 1, failure: null, to: life.last.at }]);
  });
});
