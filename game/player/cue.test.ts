import { describe, expect, test } from "vitest";
import { startPlay, stepPlay } from "#protocol/scene/play/step.ts";
import type { PlayState } from "#protocol/scene/play/state.ts";
import { viewPlay } from "#protocol/scene/play/view.ts";
import { choice, clip, storyOf } from "#protocol/scene/testing.ts";
import { cueFor, programmeOf, stillFor } from "./cue.ts";
import { bestLanguage, languagesOf } from "./languages.ts";
import { readSettings, writeSettings } from "./settings.ts";
import { saidAt } from "./subtitles.ts";

const piece = { kind: "clip" as const, assetId: "ast_1", startMs: 2000, endMs: 6000 };
const said = "WEBVTT\n\n00:02.500 --> 00:03.000\nHello";
const story = storyOf([
  "main",
  {
    start: "round",
    nodes: [
      clip("round", {
        segments: [
          { id: "a", media: { kind: "asset", assetId: "ast_0" } },
          { id: "b", media: piece, subtitles: { en: said, es: "WEBVTT\n\nHola" } },
        ],
        playback: { mode: "loopSegment", startMs: 1000, endMs: 9000 },
        caption: { en: "Round", de: "Rund" },
      }),
      clip("on"),
    ],
    edges: [choice("wait", "round", "on", { cut: "atEnd", text: { en: "On", de: "Weiter", fr: "Va" } })],
  },
]);
const begun = startPlay(story, { seed: 1 });
const start = begun.ok ? begun.state : expect.unreachable();
const programme = (state: PlayState) => programmeOf(viewPlay(story, state, "en")!, null);

describe("what a state asks the stage to show", () => {
  test("a loop lies within its piece, and begins when that has been seen once", () => {
    expect(programme(start)).toEqual({
      cues: [cueFor("ast_0"), cueFor("ast_1", 2000, 6000)],
      subtitles: ["", said],
      atEnd: { kind: "loop", cue: cueFor("ast_1", 3000, 6000) },
    });
  });

  test("once a choice waits for the end, the piece does not go round any more", () => {
    const chosen = stepPlay(story, start, { type: "choose", turn: 0, edge: "wait" });
    expect(chosen.ok && programme(chosen.state)).toEqual({
      cues: [cueFor("ast_0"), cueFor("ast_1", 2000, 6000)],
      subtitles: ["", said],
      atEnd: { kind: "tell" },
    });
  });

  test("a picture that comes last stays until a choice is made, and its time goes round", () => {
    const still = { kind: "still" as const, assetId: "ast_2", durationMs: 3000 };
    const pictured = storyOf([
      "main",
      {
        start: "v",
        nodes: [
          clip("v", {
            segments: [still, still].map((media, at) => ({ id: `s${at}`, media })),
            playback: { mode: "loopSegment", startMs: 1000, endMs: 9000 },
          }),
          clip("on"),
        ],
        edges: [choice("wait", "v", "on")],
      },
    ]);
    const shown = startPlay(pictured, { seed: 1 });
    const one = stillFor("ast_2", 3000);
    expect(shown.ok && programmeOf(viewPlay(pictured, shown.state, "en")!, null)).toEqual({
      cues: [one, one],
      subtitles: ["", ""],
      atEnd: { kind: "loop", cue: one },
    });
    expect(one.key).not.toBe(cueFor("ast_2").key);
  });

  test("pieces of one beginning are one to make ready, wherever they end", () => {
    expect(cueFor("ast_1", 2000, 6000).key).toBe(cueFor("ast_1", 2000).key);
    expect(cueFor("ast_1", 2000).key).not.toBe(cueFor("ast_1").key);
  });
});

test("subtitles are there from when they begin until they end, also two at once", () => {
  const lines = [
    { startMs: 0, endMs: 1000, text: "Who is there?" },
    { startMs: 500, endMs: 2000, text: "It is me." },
  ];
  expect([0, 499, 500, 999, 1000, 1999, 2000].map((ms) => saidAt(lines, ms))).toEqual([
    "Who is there?",
    "Who is there?",
    "Who is there?\nIt is me.",
    "Who is there?\nIt is me.",
    "It is me.",
    "It is me.",
    "",
  ]);
});

test("a story is told in the language that suits, by its region or without", () => {
  expect(languagesOf(story)).toEqual(["en", "de", "es", "fr"]);
  expect(bestLanguage(["en", "de"], ["de-AT", "en"])).toBe("de");
  expect(bestLanguage(["en", "de"], ["it"])).toBe("en");
  expect(bestLanguage([], ["it"])).toBe("en");
});

describe("settings", () => {
  const keep = (text: string | null) => {
    let kept = text;
    return { getItem: () => kept, setItem: (_: string, value: string) => void (kept = value), removeItem: () => void (kept = null) };
  };

  test("are kept, and what was kept damaged is as it is at first", () => {
    const at = keep(null);
    const first = readSettings(at);
    writeSettings(at, { ...first, timers: null, speed: 1.5 });
    expect(readSettings(at)).toEqual({ ...first, timers: null, speed: 1.5 });
    expect(readSettings(keep("{"))).toEqual(first);
    expect(readSettings(keep(JSON.stringify({ volume: 7, speed: "fast", captions: false })))).toEqual({ ...first, captions: false });
  });

  test("hold also where nothing can be kept", () => {
    const full = {
      ...keep(null),
      setItem: () => {
        throw new Error("full");
      },
    };
    expect(() => writeSettings(full, readSettings(full))).not.toThrow();
  });
});
