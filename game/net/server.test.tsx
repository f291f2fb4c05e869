// Which playthrough an address leads to, on a server that is a list of playthroughs and of links that are no good any more.
import { afterEach, expect, test } from "vitest";
import type { Client } from "#protocol/client/client.ts";
import { type GuestGrant, play } from "#protocol/play.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { startPlay } from "#protocol/scene/play/step.ts";
import { NoRoom, type Room, roomOf } from "./no-room.ts";
import { type Line, playOn } from "./server.ts";
import { forkStory as story } from "./testing.ts";

const begun = startPlay(story, { seed: 1, parameters: {} });
if (!begun.ok) throw new Error(begun.refusal.message);
const { state } = begun;

interface Asked {
  readonly id: string;
  readonly ids?: ReadonlyArray<string>;
  readonly link?: string;
  readonly of: { readonly kind: string };
}

interface Standing {
  /** For how many playthroughs there is room. */
  readonly places?: number;
  /** Those whose link has ended. */
  readonly withdrawn?: ReadonlyArray<string>;
  /** Who comes by a link is one. */
  readonly guest?: GuestGrant;
  /** What comes of what was played as a guest. */
  readonly adopt?: () => Promise<unknown>;
}

const lineTo = (
  playthroughs: Array<string>,
  { places = 200, withdrawn = [], guest, adopt = () => Promise.resolve({}) }: Standing = {},
): Line => ({
  client: {
    call: (name: string, given: Asked) => {
      const missing = () => Promise.reject(new CallError("not_found", "It is not there."));
      switch (name) {
        case "play.open":
          return Promise.resolve({ guest: guest ?? null, playthroughId: given.link === "watched" ? playthroughs[0]! : null });
        case "play.adopt":
          return adopt();
        case "play.get":
          return playthroughs.includes(given.id) ? Promise.resolve({ ...play.calls.get.example.output, id: given.id, state }) : missing();
        case "play.story":
          return withdrawn.includes(given.id) ? missing() : Promise.resolve({ versionId: "scv_1", story, shareable: false });
        case "play.start":
          if (playthroughs.length >= places)
            return Promise.reject(new CallError("quota_exceeded", "Delete some first.", { quota: "playthroughs", limit: places }));
          playthroughs.unshift(`ply_${Math.max(0, ...playthroughs.map((id) => Number(id.slice(4)))) + 1}`);
          return Promise.resolve({ ...play.calls.start.example.output, id: playthroughs[0]! });
        case "play.delete":
          playthroughs.splice(playthroughs.indexOf(given.ids![0]!), 1);
          return Promise.resolve({ deleted: given.ids });
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
    onPhase: () => () => {},
  } as unknown as Client,
  signedIn: true,
  beGuest: () => {},
});

const open = (line: Line, address: string) => playOn(line, new URLSearchParams(address));
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
  await expect(open(lineTo([], { places: 0 }), "scene=scn_1")).rejects.toThrow(NoRoom);
  await expect(open(lineTo(there, { places: 2 }), "version=scv_1")).rejects.toThrow(NoRoom);
});

const roomOn = async (line: Line, address: string): Promise<Room> => {
  const failed = await open(line, address).catch((error: unknown) => error);
  if (!(failed instanceof NoRoom)) throw new Error("There was room.");
  expect(failed.message).toBe("Delete some first.");
  return failed.room;
};

test("a link begins once one of what fills all places is deleted", async () => {
  const there = ["ply_2", "ply_1"];
  localStorage.setItem("pixsim.link.other", "ply_1");
  const room = await roomOn({ ...lineTo(there, { places: 2 }), signedIn: false }, "link=abc");
  expect((await room.kept()).map(({ id }) => id)).toEqual(["ply_2", "ply_1"]);
  await expect(room.begin()).rejects.toMatchObject({ code: "quota_exceeded" });
  await room.drop("ply_1");
  await room.begin();
  expect([there, localStorage.getItem("pixsim.link.abc")]).toEqual([["ply_3", "ply_2"], "ply_3"]);
});

test("who has no account goes on by the link that leads to a story, where this browser knows one", async () => {
  const went: Array<string> = [];
  const { client } = lineTo(["ply_2", "ply_1"]);
  const roomFor = (signedIn: boolean) =>
    roomOf({ client, signedIn, begin: () => Promise.reject(new Error()), goTo: (hash) => went.push(hash) });
  expect((await roomFor(false).kept()).map(({ resume }) => resume)).toEqual([null, null]);
  localStorage.setItem("pixsim.link.a/b", "ply_1");
  (await roomFor(false).kept())[0]!.resume!();
  (await roomFor(true).kept())[1]!.resume!();
  expect([went, localStorage.getItem("pixsim.link.a/b")]).toEqual([["link=a%2Fb", "play=ply_1"], "ply_2"]);
});

const guest: GuestGrant = { guestId: "gst_1", accessToken: "eyJ", accessExpiresAt: 0 };
const guestKey = "pixsim.guest";

test("a guest is told where to sign in, but not who only follows or has an account", async () => {
  const there = ["ply_1"];
  const at = async (standing: Standing, address: string) => (await open(lineTo(there, standing), address)).signIn;
  expect([
    await at({ guest }, "link=abc"),
    await at({ guest }, "link=watched"),
    await at({}, "link=abc"),
    await at({}, "play=ply_1"),
  ]).toEqual(["/#/play?link=abc", null, null, null]);
});

test("what was played as a guest is the player's own before the story opens; where there is no room for it, that is said", async () => {
  const there = ["ply_1"];
  localStorage.setItem("pixsim.link.abc", "ply_1");
  localStorage.setItem(guestKey, "eyJ");
  const full = new CallError("quota_exceeded", "Delete some first.", { quota: "playthroughs", limit: 1 });
  let isFull = true;
  const line = lineTo(there, { adopt: () => (isFull ? Promise.reject(full) : Promise.resolve({})) });
  const room = await roomOn(line, "link=abc");
  await expect(room.begin()).rejects.toBe(full);
  // It can wait where something else is played.
  await open(line, "play=ply_1");
  expect(localStorage.getItem(guestKey)).toBe("eyJ");
  isFull = false;
  await room.begin();
  expect([there, localStorage.getItem("pixsim.link.abc"), localStorage.getItem(guestKey)]).toEqual([["ply_1"], "ply_1", null]);
});

test("who is not signed in after all plays on as a guest, and one who is gone is not asked for again", async () => {
  localStorage.setItem(guestKey, "eyJ");
  const refusing = (code: "unauthenticated" | "not_found") => ({ adopt: () => Promise.reject(new CallError(code, "No.")) });
  expect((await open(lineTo([], { guest, ...refusing("unauthenticated") }), "link=abc")).signIn).not.toBeNull();
  expect(localStorage.getItem(guestKey)).not.toBeNull();
  await open(lineTo([], refusing("not_found")), "link=abc");
  expect(localStorage.getItem(guestKey)).toBeNull();
});
