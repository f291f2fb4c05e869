// Which playthrough an address leads to, on a server that is a list of playthroughs and of links that are no good any more.
import { afterEach, expect, test } from "vitest";
import type { Client } from "#protocol/client/client.ts";
import { play } from "#protocol/play.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { startPlay } from "#protocol/scene/play/step.ts";
import { type Line, playOn } from "./server.ts";
import { forkStory as story } from "./testing.ts";

const begun = startPlay(story, { seed: 1, parameters: {} });
if (!begun.ok) throw new Error(begun.refusal.message);
const { state } = begun;

interface Asked {
  readonly id: string;
  readonly of: { readonly kind: string };
}

/** `places`: for how many playthroughs there is room; `withdrawn`: those whose link has ended. */
const lineTo = (playthroughs: Array<string>, { places = 200, withdrawn = [] as ReadonlyArray<string> } = {}): Line => ({
  client: {
    call: (name: string, given: Asked) => {
      const missing = () => Promise.reject(new CallError("not_found", "It is not there."));
      switch (name) {
        case "play.open":
          return Promise.resolve({ guest: null, playthroughId: null });
        case "play.get":
          return playthroughs.includes(given.id) ? Promise.resolve({ ...play.calls.get.example.output, id: given.id, state }) : missing();
        case "play.story":
          return withdrawn.includes(given.id) ? missing() : Promise.resolve({ versionId: "scv_1", story });
        case "play.start":
          if (playthroughs.length >= places) return Promise.reject(new CallError("quota_exceeded", "Delete some first."));
          playthroughs.unshift(`ply_${playthroughs.length + 1}`);
          return Promise.resolve({ ...play.calls.start.example.output, id: playthroughs[0]! });
        case "play.list":
          return Promise.resolve({
            playthroughs: playthroughs.map((id) => ({ ...play.calls.list.example.output.playthroughs[0]!, id })),
            next: null,
          });
        case "play.history":
          return Promise.resolve({ choices: [], saves: [] });
        case "play.achievements":
          return Promise.resolve({ achieved: [] });
        default:
          return Promise.resolve({});
      }
    },
    follow: () => () => {},
  } as unknown as Client,
  signedIn: true,
  beGuest: () => {},
});

const open = (line: Line, address: string) => playOn(line, new URLSearchParams(address), "en");
afterEach(() => {
  localStorage.clear();
  location.hash = "";
});

test("a link goes on with what was begun by it in this browser", async () => {
  const there: Array<string> = [];
  await open(lineTo(there), "link=abc");
  await open(lineTo(there), "link=abc");
  expect([there, localStorage.getItem("pixsim.link.abc")]).toEqual([["ply_1"], "ply_1"]);
});

test("a link begins anew where what was gone on with came by another, which has ended", async () => {
  const there = ["ply_1"];
  localStorage.setItem("pixsim.link.abc", "ply_1");
  await open(lineTo(there, { withdrawn: ["ply_1"] }), "link=abc");
  expect([there, localStorage.getItem("pixsim.link.abc")]).toEqual([["ply_2", "ply_1"], "ply_2"]);
});

test("a scene begins a playthrough, and where there is no room for one goes on with the newest", async () => {
  const there = ["ply_1"];
  await open(lineTo(there, { places: 2 }), "scene=scn_1");
  expect([there, location.hash]).toEqual([["ply_2", "ply_1"], "#play=ply_2"]);
  await open(lineTo(there, { places: 2 }), "scene=scn_1");
  expect([there, location.hash]).toEqual([["ply_2", "ply_1"], "#play=ply_2"]);
  await expect(open(lineTo([], { places: 0 }), "scene=scn_1")).rejects.toMatchObject({ code: "quota_exceeded" });
  await expect(open(lineTo(there, { places: 2 }), "version=scv_1")).rejects.toMatchObject({ code: "quota_exceeded" });
});
