// A playthrough that the page keeps by itself.
import { expect, test } from "vitest";
import type { PlayInput } from "#protocol/scene/play/state.ts";
import { choice, clip, storyOf } from "#protocol/scene/testing.ts";
import { type Keep, localPlay } from "./local.ts";
import { forkStory as story } from "./testing.ts";

const keeping = (kept = new Map<string, string>()): Keep => ({
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => void kept.set(name, value),
  removeItem: (name) => void kept.delete(name),
});
let seeds = 0;
const open = (at: Keep) =>
  localPlay({ story, title: "", media: () => Promise.resolve(new Map()), seed: () => ++seeds, keep: { at, name: "play" } });
const node = (source: ReturnType<typeof open>) => source.state().frames.at(-1)?.node;
const left: PlayInput = { type: "choose", turn: 0, edge: "l" };
const right: PlayInput = { type: "choose", turn: 0, edge: "r" };

test("what was saved outlives going back, a new beginning and the page, until it is deleted", async () => {
  const keep = keeping();
  const source = open(keep);
  source.take(left);
  await source.save("on the left");
  await source.rewind(0);
  source.take(right);
  source.restart();
  const reloaded = open(keep);
  const [save] = reloaded.saves();
  expect([node(reloaded), save?.name]).toEqual(["ask", "on the left"]);
  let jumped = false;
  reloaded.onChange((change) => ({ jumped } = change));
  await reloaded.load(save!.id);
  expect([node(reloaded), reloaded.history(), jumped]).toEqual(["left", [{ inputs: 0, chosen: { en: "l" } }], true]);
  // It goes on from there, with the chance that it was saved with.
  reloaded.take({ type: "ended", turn: 1 });
  expect(node(open(keep))).toBe("end");
  reloaded.dropSave(save!.id);
  expect(open(keep).saves()).toEqual([]);
});

test("there is room for so many saves, and none is lost for another", async () => {
  const keep = keeping();
  const source = open(keep);
  for (let number = 1; number <= 20; number++) await source.save(`${number}`);
  await expect(source.save("one more")).rejects.toThrow("There is room for 20 saves");
  expect(
    open(keep)
      .saves()
      .map(({ name }) => name),
  ).toEqual(Array.from({ length: 20 }, (_, at) => `${at + 1}`));
});

test("two windows of a story keep what the other saved, achieved and deleted", async () => {
  const keep = keeping();
  const [one, other] = [open(keep), open(keep)];
  await one.save("in one");
  other.take(left);
  other.take({ type: "ended", turn: 1 });
  await other.save("in the other");
  one.take(right);
  expect(
    open(keep)
      .saves()
      .map(({ name }) => name),
  ).toEqual(["in one", "in the other"]);
  expect([...open(keep).earned()]).toEqual(["done"]);
  other.dropSave(other.saves()[0]!.id);
  one.restart();
  expect(
    open(keep)
      .saves()
      .map(({ name }) => name),
  ).toEqual(["in the other"]);
});

test("a save for which the browser has no room is said not to be there", async () => {
  const keep = keeping();
  const source = open(keep);
  await source.save("kept");
  keep.setItem = () => {
    throw new Error("There is no room.");
  };
  await expect(source.save("lost")).rejects.toThrow("This browser has no room for it");
  expect(source.saves().map(({ name }) => name)).toEqual(["kept"]);
  source.take(left);
  expect(node(source)).toBe("left");
});

test("a save that cannot be read any more takes no other with it", async () => {
  const kept = new Map<string, string>();
  const source = open(keeping(kept));
  await source.save("before");
  const read = JSON.parse(kept.get("play.shelf")!) as { readonly saves: ReadonlyArray<object> };
  kept.set("play.shelf", JSON.stringify({ ...read, saves: [{ id: "old", name: "old", at: 0, seed: "x", inputs: [] }, ...read.saves] }));
  expect(
    open(keeping(kept))
      .saves()
      .map(({ name }) => name),
  ).toEqual(["before"]);
});

test("what was kept before there were saves is gone on with, and what is damaged begins anew", () => {
  const kept = new Map([["play", JSON.stringify({ seed: 7, inputs: [left] })]]);
  expect(node(open(keeping(kept)))).toBe("left");
  kept.set("play.shelf", JSON.stringify({ saves: [{ id: "x" }] }));
  expect([node(open(keeping(kept))), open(keeping(kept)).saves()]).toEqual(["left", []]);
  kept.set("play", "{");
  kept.set("play.shelf", "{");
  expect(node(open(keeping(kept)))).toBe("ask");
});

test("what was achieved once stays achieved, in whatever playthrough", () => {
  const keep = keeping();
  const source = open(keep);
  source.take(left);
  expect([...source.earned()]).toEqual([]);
  source.take({ type: "ended", turn: 1 });
  source.restart();
  expect([source.state().achieved, [...open(keep).earned()]]).toEqual([undefined, ["done"]]);
});

test("what would be generated is done without at once, where it begins, goes on, and after it was loaded again", async () => {
  const made = (id: string, fallback: object) => ({ id, type: "generation", strategy: "once", prompt: "a fox", fallback }) as never;
  const generated = storyOf([
    "main",
    {
      start: "first",
      nodes: [
        made("first", { mode: "skip" }),
        { id: "ask", type: "choice" },
        made("again", { mode: "retry" }),
        made("words", { mode: "placeholder", text: { en: "A fox." } }),
        clip("after"),
        made("round", { mode: "skip" }),
      ],
      edges: [
        { id: "fa", from: "first", to: "ask", kind: "default" },
        choice("on", "ask", "again"),
        choice("ever", "ask", "round"),
        { id: "aw", from: "again", to: "words", kind: "default" },
        { id: "wa", from: "words", to: "after", kind: "default" },
        { id: "rr", from: "round", to: "round", kind: "default" },
      ],
    },
  ]);
  const keep = keeping();
  const play = () =>
    localPlay({
      story: generated,
      title: "",
      media: () => Promise.resolve(new Map()),
      seed: () => 1,
      keep: { at: keep, name: "generated" },
    });
  const source = play();
  const told: Array<string> = [];
  source.onChange(({ outputs }) => told.push(...outputs.map(({ type }) => type)));
  expect(node(source)).toBe("ask");
  source.take({ type: "choose", turn: source.state().turn, edge: "on" });
  expect([node(source), source.state().waiting]).toMatchObject(["words", { for: "media", playing: [{ kind: "placeholder" }] }]);
  expect(told.at(-1)).toBe("play");
  expect(node(play())).toBe("words");
  source.take({ type: "ended", turn: source.state().turn });
  expect(node(source)).toBe("after");
  await source.rewind(source.history()[0]!.inputs);
  expect(node(source)).toBe("ask");
  // One that never comes to anything else ends all the same.
  source.take({ type: "choose", turn: source.state().turn, edge: "ever" });
  expect(node(source)).toBe("round");
});
