import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FailureKind, JobState } from "#protocol/job.ts";
import { adviceFor } from "./advice.ts";
import { eventDetail, eventWords, jobStateOf, preciseSpan, preciseTime, shortSpan, stateWords, stepDetail } from "./words.ts";

describe("events", () => {
  it.each([
    ["xstate.init", "Accepted"],
    ["xstate.done.actor.acquireSlot", "Acquire slot done"],
    ["xstate.error.actor.submit", "Submit failed"],
    ["xstate.after.untilRetry.job.queued", "Until retry"],
    ["job.cancel", "Job cancel"],
    ["host.parked", "Parked: waits for a person"],
    ["host.resumed", "Resumed by a person"],
    ["step.recovered", "Taken up again after nobody worked on it"],
  ])("%s reads %s", (type, words) => expect(eventWords({ type })).toBe(words));

  it.each([
    ["resend", "A person had it sent again"],
    ["done", "A person marked it as done"],
    ["fail", "A person counted it as failed"],
    ["constructor", "Resumed by a person"],
  ])("the decision %s reads %s", (decision, words) => expect(eventWords({ type: "host.resumed", decision })).toBe(words));

  it("tell how far it is, why it failed or why it is parked", () => {
    expect(eventDetail({ type: "provider.progress", fraction: 0.456 })).toBe("46 %");
    expect(eventDetail({ type: "x", error: { kind: "network", message: "No line." } })).toBe("No line.");
    expect(eventDetail({ type: "host.parked", reason: "It failed five times." })).toBe("It failed five times.");
    expect(eventDetail({ type: "x", error: null })).toBeNull();
    expect(eventDetail({ type: "job.cancel" })).toBeNull();
  });
});

describe("a step", () => {
  const entry = (at: number, order: unknown) => ({
    seq: 3,
    at,
    event: { type: "x", error: { kind: "provider", message: "It broke." } },
    value: "waitingForSlot",
    context: { order },
    status: "active" as const,
  });
  const order = { providerTitle: "fal", fallback: { switches: [{ providerTitle: "PixVerse", message: "It broke thrice.", at: 7 }] } };

  it("in which another provider took over says so, and why; those after it say what happened in them", () => {
    expect(stepDetail(entry(7, order))).toBe("fal takes over from PixVerse: It broke thrice.");
    expect(stepDetail(entry(8, order))).toBe("It broke.");
    expect(stepDetail(entry(7, { ...order, fallback: undefined }))).toBe("It broke.");
    expect(stepDetail({ ...entry(7, order), context: null, value: null, status: null })).toBe("It broke.");
  });
});

describe("a time that is up", () => {
  const after = { type: "xstate.after.untilDeadline.job.processing.tracking" };
  const entry = (at: number, event: { readonly type: string } = after) => ({
    seq: 3,
    at,
    event,
    value: { processing: "tracking" },
    context: { absentUntil: 7 },
    status: "active" as const,
  });

  it("while nobody was there says that it ended nothing; later ones, and what is no time, do not", () => {
    expect(stepDetail(entry(7))).toBe("It goes on: nobody was there to work on it.");
    expect(stepDetail(entry(8))).toBeNull();
    expect(stepDetail(entry(7, { type: "step.recovered" }))).toBeNull();
    expect(stepDetail({ ...entry(7), context: null })).toBeNull();
  });
});

describe("states", () => {
  it("are called what they are called everywhere, with what they do inside", () => {
    expect(stateWords("waitingForSlot")).toBe("Waiting for slot");
    expect(stateWords({ processing: "tracking" })).toBe("Processing · tracking");
    expect(stateWords("removedLater")).toBe("Removed later");
    expect(stateWords(null)).toBe("State not known");
  });

  it("are those of a job, or none", () => {
    expect(JobState.options.map(jobStateOf)).toEqual(JobState.options);
    expect(jobStateOf("removedLater")).toBeNull();
  });
});

describe("spans of time", () => {
  it.each([
    [0, "0 ms", "0 ms"],
    [-5, "0 ms", "0 ms"],
    [320, "320 ms", "320 ms"],
    [999.6, "1.00 s", "1.0 s"],
    [4213, "4.21 s", "4.2 s"],
    [9996, "10.0 s", "10 s"],
    [42_300, "42.3 s", "42 s"],
    [59_960, "1 min 00 s", "1 min"],
    [185_000, "3 min 05 s", "3 min"],
    [3_599_700, "1 h 00 min", "1 h"],
    [7_800_000, "2 h 10 min", "2 h"],
  ])("%d ms are %s, in short %s", (ms, precise, short) => {
    expect(preciseSpan(ms)).toBe(precise);
    expect(shortSpan(ms)).toBe(short);
  });

  it("of which one is longer never read shorter", () => {
    const units = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 } as const;
    const read = (text: string): number =>
      [...text.matchAll(/([\d.]+) (ms|s|min|h)\b/g)].reduce(
        (sum, [, count, unit]) => sum + Number(count) * units[unit as keyof typeof units],
        0,
      );
    const span = fc.oneof(fc.nat(11_000), fc.nat(70_000), fc.nat(100_000_000));
    fc.assert(
      fc.property(span, span, (a, b) => {
        for (const words of [preciseSpan, shortSpan]) {
          expect(read(words(Math.min(a, b)))).toBeLessThanOrEqual(read(words(Math.max(a, b))));
        }
        expect(Math.abs(read(preciseSpan(a)) - a)).toBeLessThanOrEqual(a < 60_000 ? 50 : a < 3_600_000 ? 500 : 60_000);
      }),
    );
  });

  it("begin at a time of day to the millisecond", () =>
    expect(preciseTime(new Date(2026, 0, 5, 14, 3, 9, 45).getTime())).toBe("14:03:09.045"));
});

describe("advice", () => {
  it("says for every kind of failure what it is and what comes next, in sentences", () => {
    for (const kind of FailureKind.options) {
      const { title, next } = adviceFor(kind);
      expect(title).toMatch(/^[A-Z].*[^.]$/);
      expect(next).toMatch(/^[A-Z].*\.$/);
    }
    expect(new Set(FailureKind.options.map((kind) => adviceFor(kind).title)).size).toBe(FailureKind.options.length);
  });

  it("names the disk and the archive where a file could not be stored or read, and no fault of PixSim", () => {
    expect(adviceFor("storage").next).toMatch(/disk has room .* archive of originals can be reached/);
  });

  it("does not offer to ask again for what would be refused again", () => {
    expect(FailureKind.options.filter((kind) => !adviceFor(kind).again)).toEqual(["filtered", "parameters"]);
  });
});
