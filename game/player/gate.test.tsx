import { render, screen, waitFor, within } from "@solidjs/testing-library";
import { afterEach, expect, test } from "vitest";
import { localPlay } from "../net/local.ts";
import type { PlaySource } from "../net/source.ts";
import { forkStory as story } from "../net/testing.ts";
import { Gate } from "./gate.tsx";

afterEach(() => {
  document.body.replaceChildren();
  localStorage.clear();
});

const played = () =>
  localPlay({
    story,
    title: "The fork",
    media: () => Promise.resolve(new Map()),
    seed: () => 1,
    keep: { at: localStorage, name: "play" },
  });
const show = (source: PlaySource) => {
  const done: Array<string> = [];
  render(() => <Gate source={source} agreed="everyone" wake={() => done.push("wake")} start={() => done.push("start")} />);
  return done;
};
/** Nothing is under way that was asked for. */
const idle = () =>
  waitFor(() => expect(screen.getAllByRole("button").filter((one) => one.getAttribute("aria-disabled") === "true")).toEqual([]));

test("who comes for the first time is only asked to play", () => {
  const done = show(played());
  expect(screen.getAllByRole("button").map(({ textContent }) => textContent)).toEqual(["Play"]);
  screen.getByRole("button", { name: "Play" }).click();
  expect(done).toEqual(["start"]);
});

test("who has played before goes on, begins anew, opens what was saved, or goes on with another playthrough", async () => {
  const source = played();
  source.take({ type: "choose", turn: 0, edge: "l" });
  await source.save("On the left");
  source.take({ type: "ended", turn: 1 });
  const gone: Array<string> = [];
  const done = show({
    ...source,
    earlier: () => [
      { id: "ply_2", ending: "homeAgain", turn: 5, at: 30 },
      { id: "ply_4", ending: null, turn: 1, at: 20 },
    ],
    resume: async (id) => void gone.push(id),
  });
  const before = within(screen.getByRole("region", { name: "Played before" }));
  expect(before.getAllByRole("listitem").map((one) => one.querySelector("span")?.textContent)).toEqual([
    "Ended: Home again",
    "Under way, 1 step",
  ]);
  before.getByRole("button", { name: /^Under way/ }).click();
  expect([gone, done]).toEqual([["ply_4"], []]);
  await idle();
  within(screen.getByRole("region", { name: "Saved places" }))
    .getByRole("button", { name: /^On the left/ })
    .click();
  await waitFor(() => expect([done, source.state().frames.at(-1)?.node]).toEqual([["wake", "start"], "left"]));
  await idle();
  screen.getByRole("button", { name: "From the beginning" }).click();
  await waitFor(() => expect([done, source.state().frames.at(-1)?.node]).toEqual([["wake", "start", "wake", "start"], "ask"]));
});

test("says why a saved place cannot be gone to, and stays", async () => {
  const source = played();
  source.take({ type: "choose", turn: 0, edge: "l" });
  await source.save("On the left");
  let refused = true;
  const done = show({ ...source, load: (id) => (refused ? Promise.reject(new Error("The place 3 does not exist.")) : source.load(id)) });
  const place = screen.getByRole("button", { name: /^On the left/ });
  place.click();
  expect((await screen.findByRole("alert")).textContent).toBe("The place 3 does not exist.");
  await waitFor(() => expect(place.getAttribute("aria-disabled")).toBe("false"));
  expect(done).toEqual(["wake"]);
  refused = false;
  place.click();
  await waitFor(() => expect(done).toEqual(["wake", "wake", "start"]));
  expect(screen.queryByRole("alert")).toBeNull();
});

test("another playthrough is deleted once that is confirmed, and stays where it could not be", async () => {
  let earlier = [
    { id: "ply_2", ending: "homeAgain", turn: 5, at: 30 },
    { id: "ply_4", ending: null, turn: 1, at: 20 },
  ];
  const source = played();
  const changed = new Set<Parameters<PlaySource["onChange"]>[0]>();
  let failing = true;
  show({
    ...source,
    earlier: () => earlier,
    onChange: (listener) => {
      changed.add(listener);
      return () => void changed.delete(listener);
    },
    dropEarlier: async (id) => {
      if (failing) throw new Error("The server cannot be reached.");
      earlier = earlier.filter((one) => one.id !== id);
      for (const listener of changed) listener({ state: source.state(), outputs: [], jumped: false });
    },
  });
  const shown = () => screen.getAllByRole("listitem").map((one) => one.querySelector("span")?.textContent);
  screen.getByRole("button", { name: /^Delete Under way/ }).click();
  screen.getByRole("button", { name: "Keep it" }).click();
  expect(screen.queryByRole("button", { name: "Delete for good" })).toBeNull();
  screen.getByRole("button", { name: /^Delete Under way/ }).click();
  screen.getByRole("button", { name: "Delete for good" }).click();
  expect((await screen.findByRole("alert")).textContent).toBe("The server cannot be reached.");
  expect(shown()).toEqual(["Ended: Home again", "Under way, 1 step"]);
  failing = false;
  await waitFor(() => expect(screen.getByRole("button", { name: "Delete for good" }).getAttribute("aria-disabled")).toBe("false"));
  screen.getByRole("button", { name: "Delete for good" }).click();
  await waitFor(() => expect(shown()).toEqual(["Ended: Home again"]));
});

/** `drop`: of the playthroughs that were played before. */
const withEarlier = (ids: ReadonlyArray<string>, drop: () => Promise<void>) => {
  let earlier = ids.map((id, index) => ({ id, ending: null, turn: index + 2, at: 30 - index }));
  const source = played();
  const listeners = new Set<Parameters<PlaySource["onChange"]>[0]>();
  const done = show({
    ...source,
    earlier: () => earlier,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    dropEarlier: async (id) => {
      await drop();
      earlier = earlier.filter((one) => one.id !== id);
      for (const listener of listeners) listener({ state: source.state(), outputs: [], jumped: false });
    },
  });
  return done;
};
const button = (name: string | RegExp) => screen.getByRole("button", { name });
/** As a person does it: what is pressed has the focus. */
const press = (name: string | RegExp): void => {
  const pressed = button(name);
  pressed.focus();
  pressed.click();
};

test("while a saved place is gone to, nothing else begins, and the place keeps the focus", async () => {
  const source = played();
  source.take({ type: "choose", turn: 0, edge: "l" });
  await source.save("On the left");
  const loading = Promise.withResolvers<void>();
  const done = show({ ...source, load: () => loading.promise });
  press(/^On the left/);
  for (const name of ["Go on", "From the beginning", /^On the left/]) button(name).click();
  expect(document.activeElement).toBe(button(/^On the left/));
  loading.resolve();
  await waitFor(() => expect(done.at(-1)).toBe("start"));
  expect(done.filter((one) => one === "start")).toEqual(["start"]);
  expect(source.state().frames.at(-1)?.node).toBe("left");
});

test("a deletion that is under way cannot be called off, names what it deletes, and leaves the focus on what is left", async () => {
  let deleting = Promise.withResolvers<void>();
  withEarlier(["ply_2", "ply_3"], () => deleting.promise);
  press(/^Delete Under way, 2 steps/);
  const group = screen.getByRole("group", { name: /^Delete Under way, 2 steps, .*\?$/ });
  press("Delete for good");
  group.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  button("Keep it").click();
  expect(document.activeElement).toBe(button("Delete for good"));
  deleting.resolve();
  await waitFor(() => expect(screen.queryByRole("group")).toBeNull());
  await waitFor(() => expect(document.activeElement).toBe(button(/^Delete Under way, 3 steps/)));
  expect(screen.getByRole("status").textContent).toMatch(/^Deleted: Under way, 2 steps/);
  deleting = Promise.withResolvers();
  press(/^Delete Under way, 3 steps/);
  press("Delete for good");
  deleting.resolve();
  await waitFor(() => expect(document.activeElement).toBe(button("Play")));
});
