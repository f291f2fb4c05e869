import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JobState, type Job } from "#protocol/job.ts";
import { allJobs, countChanges, isAllJobs, matchesJobs, type JobCounts } from "./jobs.ts";
import { sampleJob } from "./testing.ts";

const noCounts = Object.fromEntries(JobState.options.map((state) => [state, 0])) as JobCounts;

describe("the filter of jobs", () => {
  const fox = sampleJob({ prompt: "A red fox", name: "Winter", state: "processing", operation: "text_to_video" });

  it("lets everything through when it is empty", () => {
    expect(isAllJobs(allJobs)).toBe(true);
    expect(matchesJobs(fox, allJobs)).toBe(true);
  });

  it("finds every word, in the prompt or the name, in any case", () => {
    expect(matchesJobs(fox, { ...allJobs, search: "FOX winter" })).toBe(true);
    expect(matchesJobs(fox, { ...allJobs, search: "fox summer" })).toBe(false);
  });

  it("goes by state and operation", () => {
    expect(matchesJobs(fox, { ...allJobs, states: ["queued", "processing"] })).toBe(true);
    expect(matchesJobs(fox, { ...allJobs, states: ["failed"] })).toBe(false);
    expect(matchesJobs(fox, { ...allJobs, operation: "fusion" })).toBe(false);
  });
});

describe("counts", () => {
  it("follow the rows for any run of changes of known and new jobs", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.constantFrom(...JobState.options))), (steps) => {
        const rows = new Map<string, Job>();
        let counts: JobCounts | null = noCounts;
        for (const [number, state] of steps) {
          const id = `job_${number}`;
          const before = rows.get(id);
          const after = sampleJob({ id, state, createdAt: before?.createdAt ?? number, rev: (before?.rev ?? 0) + 1 });
          counts = countChanges(counts ?? noCounts, [{ before, after }], 0, false);
          rows.set(id, after);
        }
        for (const state of JobState.options) {
          expect(counts?.[state]).toBe([...rows.values()].filter((job) => job.state === state).length);
        }
      }),
    );
  });

  it("cannot follow a job of which the state before was never seen", () => {
    const old = sampleJob({ createdAt: 5, state: "completed" });
    expect(countChanges(noCounts, [{ before: undefined, after: old }], 10, false)).toBeNull();
  });

  it("do not count a job again that is only read from an older page", () => {
    const old = sampleJob({ createdAt: 5, state: "completed" });
    expect(countChanges(noCounts, [{ before: undefined, after: old }], 10, true)).toEqual(noCounts);
    expect(countChanges(noCounts, [{ before: undefined, after: old }], 5, true)).toEqual(noCounts);
    expect(countChanges(noCounts, [{ before: undefined, after: old }], 4, true)?.completed).toBe(1);
  });
});
