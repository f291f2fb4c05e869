import { render, screen, within } from "@solidjs/testing-library";
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
  render(() => <Gate source={source} agreed="everyone" start={() => done.push("start")} />);
  return done;
};

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
    resume: (id) => gone.push(id),
  });
  const before = within(screen.getByRole("region", { name: "Played before" }));
  expect(before.getAllByRole("button").map((one) => one.querySelector("span")?.textContent)).toEqual([
    "Ended: Home again",
    "Under way, 1 step",
  ]);
  before.getByRole("button", { name: /^Under way/ }).click();
  expect([gone, done]).toEqual([["ply_4"], []]);
  within(screen.getByRole("region", { name: "Saved places" }))
    .getByRole("button", { name: /^On the left/ })
    .click();
  expect([done, source.state().frames.at(-1)?.node]).toEqual([["start"], "left"]);
  screen.getByRole("button", { name: "From the beginning" }).click();
  expect([done, source.state().frames.at(-1)?.node]).toEqual([["start", "start"], "ask"]);
});
