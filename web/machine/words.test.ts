import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Trigger, Way } from "./graph.ts";
import { edgeLabel, fitText, sentenceCase, spaced, triggerLabel, wayLabel } from "./words.ts";

const way = (kind: Trigger["kind"], name: string, guard: string | null = null): Way => ({
  source: "a",
  target: "b",
  trigger: { kind, name },
  guard,
});

describe("names", () => {
  it.each([
    ["waitingForSlot", "waiting for slot"],
    ["job.cancel", "job cancel"],
    ["text_to_video", "text to video"],
    ["p2Ready", "p2 ready"],
    ["", ""],
  ])("%s reads %s", (name, words) => expect(spaced(name)).toBe(words));

  it("begin with a capital in a sentence", () => {
    expect(sentenceCase("waiting for slot")).toBe("Waiting for slot");
    expect(sentenceCase("")).toBe("");
  });
});

describe("what moves a machine", () => {
  it.each([
    ["always", "", "at once"],
    ["start", "", "start"],
    ["done", "acquireSlot", "acquire slot done"],
    ["error", "submit", "submit failed"],
    ["after", "5000", "after 5 s"],
    ["after", "untilRetry", "until retry"],
    ["after", "submissionLimit", "after submission limit"],
    ["event", "job.cancel", "job cancel"],
  ] as const)("%s %s reads %s", (kind, name, words) => expect(triggerLabel({ kind, name })).toBe(words));

  it("is told with its condition", () => {
    expect(wayLabel(way("done", "submit"))).toBe("submit done");
    expect(wayLabel(way("error", "submit", "mayTryAgain"))).toBe("submit failed, may try again");
  });

  it("is told in few words for all ways of an edge, each once", () => {
    expect(edgeLabel([way("error", "submit", "isLost"), way("error", "submit", "isFull")])).toBe("submit failed");
    expect(edgeLabel([way("error", "submit"), way("after", "limit"), way("event", "stop")])).toBe("submit failed +2");
    expect(edgeLabel([way("always", "", "isDue")])).toBe("is due");
    expect(edgeLabel([])).toBe("");
  });
});

describe("text that is cut", () => {
  it("is never longer than its room and begins as it did", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 2, max: 40 }), (text, letters) => {
        const cut = fitText(text, letters);
        expect(cut.length).toBeLessThanOrEqual(letters);
        expect(cut === text || (cut.endsWith("…") && text.startsWith(cut.slice(0, -1)))).toBe(true);
      }),
    );
  });
});
