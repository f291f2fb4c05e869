import { fireEvent, render, screen, waitFor } from "@solidjs/testing-library";
import { afterEach, expect, test, vi } from "vitest";
import type { ContentRating } from "#protocol/scene/scene.ts";
import { choice, clip, storyOf } from "#protocol/scene/testing.ts";
import { localPlay } from "../net/local.ts";
import { readSettings } from "./settings.ts";
import { Silence } from "./testing.ts";
import { Theatre } from "./theatre.tsx";

afterEach(() => {
  document.body.replaceChildren();
  localStorage.clear();
  vi.unstubAllGlobals();
});

/** What was asked for of media. */
let asked: Array<string> = [];

/** A story of this rating that begins at its end, beside a clip of which there is a still. */
const open = (rating: ContentRating) => {
  vi.stubGlobal("AudioContext", Silence);
  const story = storyOf([
    "main",
    {
      start: "over",
      rating,
      nodes: [
        clip("hall", { segments: [{ id: "s", media: { kind: "asset", assetId: "ast_1" } }] }),
        { id: "over", type: "end", ending: "over" },
      ],
      edges: [{ id: "on", from: "hall", to: "over", kind: "default" }],
    },
  ]);
  const stills = { start: "/first.webp", end: "/last.webp" };
  asked = [];
  const media = (ids: ReadonlyArray<string>) => {
    asked.push(...ids);
    return Promise.resolve(new Map([["ast_1", { picture: null, audio: null, durationMs: 1000, stills }]]));
  };
  const { unmount } = render(() => <Theatre source={localPlay({ story, title: "The hall", media, seed: () => 1 })} />);
  return unmount;
};
const still = () => document.querySelector("img.still")?.getAttribute("src");

test("nothing of a story is seen before somebody has agreed to it, and what was agreed to holds for the next", async () => {
  let unmount = open("mature");
  const agree = await screen.findByRole("checkbox");
  agree.click();
  expect([asked, still()]).toEqual([[], undefined]);
  screen.getByRole("button", { name: "Play" }).click();
  await waitFor(() => expect(still()).toBe("/last.webp"));
  unmount();
  unmount = open("everyone");
  await waitFor(() => expect(still()).toBe("/last.webp"));
  screen.getByRole("button", { name: "Play" }).click();
  expect(readSettings(localStorage).rating).toBe("mature");
  unmount();
  unmount = open("teen");
  await screen.findByRole("button", { name: "Play" });
  expect(screen.queryByRole("checkbox")).toBeNull();
  unmount();
});

test("settings that have to do with neither leave the time for a choice and the speed as they are", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  vi.stubGlobal("AudioContext", Silence);
  const story = storyOf([
    "main",
    {
      start: "ask",
      nodes: [
        { id: "ask", type: "choice", offer: { timeoutMs: 15_000 } },
        { id: "over", type: "end", ending: "over" },
      ],
      edges: [choice("on", "ask", "over")],
    },
  ]);
  const source = localPlay({ story, title: "The door", media: () => Promise.resolve(new Map()), seed: () => 1 });
  const { unmount } = render(() => <Theatre source={source} />);
  const left = () => document.querySelector(".timer-left")?.textContent;
  try {
    screen.getByRole("button", { name: "Play" }).click();
    expect(left()).toBe("15 s");
    vi.advanceTimersByTime(5000);
    expect(left()).toBe("10 s");
    for (const key of ["c", "m"]) fireEvent.keyDown(document.body, { key });
    expect(left()).toBe("10 s");
    screen.getByRole("button", { name: "More time" }).click();
    expect([left(), document.activeElement?.textContent]).toEqual([undefined, "1on"]);
    fireEvent.keyDown(document.body, { key: "c" });
    expect(left()).toBeUndefined();
  } finally {
    vi.useRealTimers();
    unmount();
  }
});

test("a panel leaves a story paused that was paused before", async () => {
  vi.stubGlobal("AudioContext", Silence);
  const story = storyOf([
    "main",
    {
      start: "ask",
      nodes: [
        { id: "ask", type: "choice" },
        { id: "over", type: "end", ending: "over" },
      ],
      edges: [choice("on", "ask", "over")],
    },
  ]);
  const source = localPlay({ story, title: "The door", media: () => Promise.resolve(new Map()), seed: () => 1 });
  const { unmount } = render(() => <Theatre source={source} />);
  try {
    screen.getByRole("button", { name: "Play" }).click();
    for (const bar of ["Pause", "Play"]) {
      if (bar === "Play") screen.getByRole("button", { name: "Pause" }).click();
      screen.getByRole("button", { name: "Settings" }).click();
      (await screen.findByRole("button", { name: "Close", hidden: true })).click();
      await waitFor(() => expect(document.querySelector("dialog")).toBeNull());
      expect(screen.getByRole("button", { name: bar })).toBeTruthy();
    }
  } finally {
    unmount();
  }
});

test("a key that is held chooses once", () => {
  vi.stubGlobal("AudioContext", Silence);
  const asks = ["first", "second"].map((id) => ({ id, type: "choice" as const }));
  const story = storyOf([
    "main",
    {
      start: "first",
      nodes: [...asks, { id: "over", type: "end", ending: "over" }],
      edges: [choice("on", "first", "second"), choice("out", "second", "over")],
    },
  ]);
  const source = localPlay({ story, title: "Two doors", media: () => Promise.resolve(new Map()), seed: () => 1 });
  const { unmount } = render(() => <Theatre source={source} />);
  screen.getByRole("button", { name: "Play" }).click();
  fireEvent.keyDown(document.body, { key: "1" });
  expect(screen.queryByText("out")).not.toBeNull();
  fireEvent.keyDown(document.body, { key: "1", repeat: true });
  expect(screen.queryByText("out")).not.toBeNull();
  // Whether the browser may press what has the focus.
  const mayPress = (repeat: boolean) => fireEvent.keyDown(document.activeElement!, { key: "Enter", repeat });
  expect([mayPress(false), mayPress(true)]).toEqual([true, false]);
  unmount();
});

test("a double click goes on once from a text to the next", async () => {
  vi.stubGlobal("AudioContext", Silence);
  const texts = ["first", "second"].map((id) =>
    clip(id, {
      segments: [{ id: "s", media: { kind: "missing", sha256: "0".repeat(64), startMs: null, endMs: null } }],
      caption: { en: `The ${id} one.` },
    }),
  );
  const story = storyOf([
    "main",
    {
      start: "first",
      nodes: [...texts, { id: "over", type: "end", ending: "over" }],
      edges: [
        { id: "fs", from: "first", to: "second", kind: "default" },
        { id: "so", from: "second", to: "over", kind: "default" },
      ],
    },
  ]);
  const source = localPlay({ story, title: "Two texts", media: () => Promise.resolve(new Map()), seed: () => 1 });
  const { unmount } = render(() => <Theatre source={source} />);
  try {
    screen.getByRole("button", { name: "Play" }).click();
    fireEvent.click(await screen.findByRole("button", { name: "Go on" }), { detail: 1 });
    fireEvent.click(screen.getByRole("button", { name: "Go on" }), { detail: 2 });
    expect(await screen.findByText("The second one.")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Go on" }), { detail: 1 });
    expect(await screen.findByRole("heading", { name: "Over" })).toBeTruthy();
  } finally {
    unmount();
  }
});
