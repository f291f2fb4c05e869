// What playthroughs live through, and how it is kept: what the files in `histories/` are written from. Pure.
import type { PlayInput, PlayState } from "#protocol/scene/play/state.ts";
import { Story } from "#protocol/scene/scene.ts";
import { keptHistory } from "#runtime/actor/history.ts";
import { SessionLife, sessionKind } from "./life.ts";

/** Of every kind something: choices with and without hurry, chance, a call, a game, what is declared, and what is generated. */
const forest = Story.parse({
  entry: "forest",
  scenes: [
    {
      id: "forest",
      title: "The forest",
      body: {
        start: "path",
        variables: [{ name: "animal", type: { kind: "string", initial: "fox" } }],
        flags: [{ name: "met" }],
        counters: [{ name: "steps" }],
        items: [{ name: "key" }],
        characters: [{ name: "guard" }],
        quests: [{ name: "home", objectives: [{ name: "find", target: 2 }] }],
        achievements: [{ name: "back", when: { is: "ending", ending: "home" } }],
        nodes: [
          { id: "path", type: "choice", offer: { timeoutMs: 5000 } },
          {
            id: "wood",
            type: "video",
            segments: ["a", "b", "c"].map((id) => ({ id, media: { kind: "asset", assetId: `ast_${id}` } })),
            selection: { mode: "random" },
          },
          { id: "hut", type: "scene_call", scene: "hut" },
          {
            id: "dream",
            type: "generation",
            strategy: "per_playthrough",
            prompt: "a {animal}",
            fallback: { mode: "placeholder", text: { en: "Nothing." } },
          },
          { id: "game", type: "minigame", game: { game: "reflex", targets: 3, windowMs: 500 }, needed: 2, skip: "failed" },
          { id: "home", type: "end", ending: "home" },
          { id: "lost", type: "end", ending: "lost" },
        ],
        edges: [
          {
            id: "in",
            kind: "choice",
            from: "path",
            to: "wood",
            effects: [
              { kind: "setFlag", name: "met", set: true },
              { kind: "addToCounter", name: "steps", by: { from: "value", value: 1 } },
              { kind: "giveItem", name: "key", quantity: 1 },
            ],
          },
          { id: "out", kind: "choice", from: "path", to: "lost", onTimeout: true },
          { id: "toHut", kind: "default", from: "wood", to: "hut" },
          { id: "fromHut", kind: "default", from: "hut", to: "dream" },
          { id: "awake", kind: "default", from: "dream", to: "game" },
          { id: "won", kind: "outcome", from: "game", to: "home", outcome: "passed" },
          { id: "again", kind: "outcome", from: "game", to: "path", outcome: "failed" },
        ],
      },
    },
    {
      id: "hut",
      title: "The hut",
      body: {
        start: "door",
        returnPoints: [{ name: "done" }],
        nodes: [
          { id: "door", type: "choice" },
          { id: "back", type: "return", point: "done" },
        ],
        edges: [{ id: "leave", kind: "choice", from: "door", to: "back" }],
      },
    },
  ],
});

const generated = ({ waiting }: PlayState): PlayInput => ({
  type: "generated",
  key: waiting.for === "generation" ? waiting.key : "",
  assetId: "ast_made",
});
const notMade = ({ waiting }: PlayState): PlayInput => ({ type: "generationFailed", key: waiting.for === "generation" ? waiting.key : "" });
const timeIsOver = ({ turn }: PlayState): PlayInput => ({ type: "timeout", turn });
const scored =
  (score: number) =>
  ({ turn }: PlayState): PlayInput => ({ type: "minigame", turn, score, durationMs: 5000 });
const begun = (): SessionLife => new SessionLife(forest);
const atDream = (): SessionLife => begun().choose("in").ended().choose("leave");

/** By the name of their file. */
export const stories: Readonly<Record<string, () => SessionLife>> = {
  "to-the-end": () => atDream().happens("generate", generated).ended().play(scored(3)),
  "out-of-time": () => begun().happens("timeOut", timeIsOver).rewind(0).choose("in"),
  "without-a-result": () => atDream().happens("generate", notMade).ended().play(scored(0)).choose("in"),
  "gone-back": () => begun().choose("in").ended().rewind(1).rewind(0).choose("out").rewind(2),
  saved: () =>
    begun()
      .send({ type: "session.saved", id: "sav_1", name: "At first" })
      .choose("in")
      .send({ type: "session.saved", id: "sav_2", name: "In the wood" })
      .send({ type: "session.saveDropped", id: "sav_1" }),
  settled: () =>
    begun()
      .send({ type: "session.settled", language: "de", timers: "stretched" })
      .send({ type: "session.settled", language: null, timers: "off" })
      .choose("in"),
  adopted: () => begun().send({ type: "session.adopted", ownerId: "usr_2" }).choose("in"),
  "come-back": () => atDream().fails("generate").send({ type: "session.returned" }).happens("generate", generated),
  "nobody-hurried": () => begun().fails("timeOut").choose("in"),
  parked: () => begun().park().resume().choose("in"),
  deleted: () => begun().choose("in").send({ type: "session.deleted" }),
};

/** The steps of a life as they are kept. */
export const historyOf = (life: SessionLife): string => keptHistory(sessionKind, life.steps);
