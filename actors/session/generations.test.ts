import { Effect } from "effect";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { assetIdOf } from "#actors/job/canonical.ts";
import { TestDatabase, TestServer } from "#actors/job/testing.ts";
import { Database, type Sql } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { insertGeneration, setPlayBudget } from "#db/queries/play-generation.ts";
import { usualPlayBudget } from "#protocol/play.ts";
import { playLimits } from "#protocol/scene/limits.ts";
import { demandIn, startPlay } from "#protocol/scene/play/step.ts";
import type { PlayInput, PlayState } from "#protocol/scene/play/state.ts";
import type { SegmentMedia, Story } from "#protocol/scene/scene.ts";
import { choice, clip, edge, storyOf } from "#protocol/scene/testing.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { sessionAddress } from "./address.ts";
import { budgetRow } from "./budget.ts";
import type { SessionContext, SessionInput } from "./context.ts";
import { decide } from "./decide.ts";
import { generationJobId, resultOf } from "./demand.ts";
import { longestWait } from "./generations.ts";
import { storePublished } from "./testing.ts";

const soon = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000 });

type Making = Record<string, unknown>;
const making = (id: string, more: Making = {}) =>
  ({ id, type: "generation", strategy: "once", prompt: `a {animal} at the ${id}`, fallback: { mode: "skip" }, ...more }) as never;
const animal = { name: "animal", type: { kind: "string", initial: "fox" } } as never;

/** One is made at once, and what comes then. */
const made = (more: Making = {}): Story =>
  storyOf([
    "made",
    {
      start: "dream",
      variables: [animal],
      nodes: [making("dream", more), { id: "home", type: "end", ending: "home" }],
      edges: [edge("dream", "home")],
    },
  ]);

describe.each(testDatabases)("clips that are made because somebody plays ($engine)", ({ layer }) => {
  const database = new TestDatabase(layer);
  const server = new TestServer(database);
  const { studio } = server;
  let stories = 0;
  let plays = 0;

  beforeAll(() => server.start());
  beforeEach(() => {
    server.user = `usr_author_${stories}`;
    studio.reset();
    server.shelf.frames = () => Effect.void;
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  const sql = <T>(run: (sql: Sql) => PromiseLike<T>): Promise<T> => server.run(Effect.flatMap(Database, ({ query }) => query(run)));
  const publish = async (story: Story) => {
    const n = ++stories;
    const [versionId, sceneId, ownerId] = [`scv_${n}`, `scn_${n}`, server.user];
    await server.run(storePublished({ id: versionId, sceneId, ownerId, story }));
    return { story, versionId, sceneId };
  };
  type Published = Awaited<ReturnType<typeof publish>>;

  /** Somebody begins to play, who is not the author. */
  const begin = async (
    { story, versionId, sceneId }: Published,
    ownerId = "gst_1",
    more: { linkId?: string; play?: Partial<PlayState> } = {},
  ): Promise<string> => {
    const id = `ply_${++plays}`;
    const begun = startPlay(story, { seed: 1 });
    if (!begun.ok) throw new Error(begun.refusal.message);
    const { linkId, play } = more;
    const order = { id, versionId, sceneId, title: "A story", seed: 1, parameters: {}, ...(linkId === undefined ? {} : { linkId }) };
    const input: Omit<SessionInput, "at"> = {
      order,
      ownerId,
      language: "en",
      timers: "normal",
      play: { ...begun.state, ...play },
      hurry: null,
    };
    await server.run(Effect.flatMap(Actors, (actors) => actors.create(sessionAddress(id), input)));
    return id;
  };
  const session = (id: string) =>
    server.run(
      Effect.map(
        Effect.flatMap(Actors, (actors) => actors.view(sessionAddress(id))),
        ({ context }) => context as unknown as SessionContext,
      ),
    );
  const move = async ({ story }: Published, id: string, input: (play: PlayState) => PlayInput): Promise<PlayState> => {
    const { play, moves } = await session(id);
    const decided = decide(story, play, input(play));
    if (!decided.ok) throw new Error(decided.refusal.message);
    const event = { type: "session.moved", base: moves, token: `t${moves}`, ...decided.move };
    await server.run(Effect.flatMap(Actors, (actors) => actors.send(sessionAddress(id), event)));
    return (await session(id)).play;
  };
  const waitingOf = async (id: string) => (await session(id)).play.waiting;
  const isShown = (id: string, playing: object) =>
    soon(async () => expect(await waitingOf(id)).toMatchObject({ for: "media", playing: [playing] }));
  const isHome = (id: string) => soon(async () => expect(await waitingOf(id)).toMatchObject({ for: "nothing", ending: { name: "home" } }));
  const jobs = async () => (await server.call("jobs.list", { filter: {}, limit: 50 })).jobs;
  const prompts = () => [...studio.accepted.values()].map(({ params }) => params["prompt"]).toSorted();

  test("what may come is made ahead at the cost of the author, and is there when the player comes to it", async () => {
    const story = await publish(
      storyOf([
        "fork",
        {
          start: "path",
          variables: [animal],
          nodes: [
            { id: "path", type: "choice" },
            making("wood", { title: "In the wood", style: "watercolour", durationMs: 7300, constraints: { negativePrompt: "rain" } }),
            making("shore"),
            { id: "home", type: "end", ending: "home" },
          ],
          edges: [choice("in", "path", "wood"), choice("out", "path", "shore"), edge("wood", "home"), edge("shore", "home")],
        },
      ]),
    );
    const id = await begin(story);
    await soon(async () => expect(Object.keys((await session(id)).play.generated)).toHaveLength(2));
    // Nothing of this was the player's, and what they do is not too late.
    expect(await session(id)).toMatchObject({ play: { turn: 0 }, unattended: 0 });
    expect(prompts()).toEqual(["a fox at the shore", "a fox at the wood, watercolour"]);
    const all = await jobs();
    expect(all.map(({ name }) => name).toSorted()).toEqual(["A story › In the wood", "A story › shore"]);
    const wood = all.find(({ name }) => name === "A story › In the wood")!;
    expect(wood).toMatchObject({ ownerId: server.user, priority: 6, params: { duration: 7, negativePrompt: "rain" } });
    const { waiting } = await move(story, id, ({ turn }) => ({ type: "choose", turn, edge: "in" }));
    expect(waiting).toMatchObject({ for: "media", playing: [{ kind: "generated", assetId: wood.assetId }] });
    // Who comes later finds it made.
    const other = await begin(story, "gst_2");
    await soon(async () => expect(Object.keys((await session(other)).play.generated)).toHaveLength(2));
    expect(await jobs()).toHaveLength(2);
  });

  test("two who come at once to what is made once share a job, which goes on over a restart", async () => {
    const release = studio.script.hold("track");
    const story = await publish(made());
    const both = await Promise.all([begin(story, "gst_1"), begin(story, "gst_2")]);
    await studio.script.begun("track");
    expect(await waitingOf(both[0]!)).toMatchObject({ for: "generation" });
    const again = studio.script.hold("track");
    await server.restart();
    await studio.script.begun("track", 2);
    release();
    again();
    const [job] = await jobs();
    for (const id of both) await isShown(id, { kind: "generated", assetId: assetIdOf(job!.id) });
    expect(await jobs()).toHaveLength(1);
    expect(studio.accepted.size).toBe(1);
  });

  test("of those who wait for the same job one leaves, and the others have what it makes", async () => {
    const release = studio.script.hold("track");
    const story = await publish(made());
    const [gone, ...others] = await Promise.all(["gst_1", "gst_2", "gst_3"].map((guest) => begin(story, guest)));
    await studio.script.begun("track");
    await server.run(Effect.flatMap(Actors, (actors) => actors.send(sessionAddress(gone!), { type: "session.deleted" })));
    const [job] = await jobs();
    others.push(await begin(story, "gst_4"));
    expect(await waitingOf(others.at(-1)!)).toMatchObject({ for: "generation" });
    release();
    for (const id of others) await isShown(id, { kind: "generated", assetId: assetIdOf(job!.id) });
    expect(studio.accepted.size).toBe(1);
  });

  test("nobody waits for what was asked for more than ten minutes ago, and who comes when it is there finds it", async () => {
    const release = studio.script.hold("track");
    const story = await publish(made());
    await begin(story, "gst_1");
    await studio.script.begun("track");
    const [job] = await jobs();
    const asked = Date.now() - longestWait;
    await sql((run) => run`update job set created_at = ${asked} where id = ${job!.id}`);
    await isHome(await begin(story, "gst_2"));
    expect(await jobs()).toMatchObject([{ id: job!.id, state: "processing" }]);
    release();
    await soon(async () => expect(await jobs()).toMatchObject([{ state: "completed" }]));
    await isShown(await begin(story, "gst_3"), { kind: "generated", assetId: assetIdOf(job!.id) });
    expect(studio.accepted.size).toBe(1);
  });

  test("what was noted, and not asked for before a crash, is asked for as the same", async () => {
    const story = await publish(made());
    const begun = startPlay(story.story, { seed: 1 });
    const demand = demandIn(story.story, (begun as { state: PlayState }).state)!;
    const result = resultOf(demand, { versionId: story.versionId, sessionId: "ply_gone", playerId: "gst_gone" });
    const jobId = generationJobId(result, 1);
    await server.run(
      Effect.flatMap(Database, ({ transaction }) =>
        transaction((tx) =>
          Promise.resolve(
            insertGeneration(tx, {
              job_id: jobId,
              result,
              round: 1,
              attempt: 1,
              asset_id: assetIdOf(jobId),
              owner_id: server.user,
              version_id: story.versionId,
              scene_id: story.sceneId,
              in_scene: "made",
              node: "dream",
              session_id: "ply_gone",
              player_id: "gst_gone",
              credits: 0,
              created_at: Date.now(),
            }),
          ),
        ),
      ),
    );
    await isShown(await begin(story), { kind: "generated", assetId: assetIdOf(jobId) });
    expect((await jobs()).map(({ id }) => id)).toEqual([jobId]);
  });

  test.each([
    ["a playthrough", { playthrough: 1 }],
    ["a player", { playerDay: 1 }],
    ["a story", { storyDay: 1 }],
  ])("beyond the budget of %s the node does without at once", async (_, budget) => {
    const story = await publish(
      storyOf([
        "two",
        {
          start: "dream",
          variables: [animal],
          nodes: [making("dream"), making("wake"), { id: "home", type: "end", ending: "home" }],
          edges: [edge("dream", "wake"), edge("wake", "home")],
        },
      ]),
    );
    await sql((run) => setPlayBudget(run, story.sceneId, budgetRow({ ...usualPlayBudget, ...budget })));
    const id = await begin(story);
    await isShown(id, { kind: "generated" });
    await move(story, id, ({ turn }) => ({ type: "ended", turn }));
    await isHome(id);
    expect(prompts()).toEqual(["a fox at the dream"]);
  });

  test("nothing is spent that the author has not allowed", async () => {
    studio.settings.pooled = true;
    const story = await publish(made({ provider: "test" }));
    await isHome(await begin(story));
    // Nor where the provider does not say what it charges.
    studio.settings.price = 0;
    await isHome(await begin(story));
    studio.settings.price = 2;
    // Nor is anything paid for where nobody was named who makes it.
    await isHome(await begin(await publish(made())));
    expect(await jobs()).toEqual([]);
    await sql((run) => setPlayBudget(run, story.sceneId, budgetRow({ ...usualPlayBudget, creditsDay: 10 })));
    await begin(story, "gst_2");
    await soon(async () => expect(await jobs()).toMatchObject([{ credits: 10, ownerId: server.user }]));
    await isHome(await begin(await publish(made({ provider: "nobody" }))));
  });

  const home = { id: "home", type: "end", ending: "home" } as const;
  /** A story in which a clip of this is seen before a generation that goes on from it, and then these, one after the other. */
  const seen = (media: SegmentMedia, ...more: ReadonlyArray<ReturnType<typeof making>>) => {
    const nodes = [
      clip("view", { segments: [{ id: "s", media }] }),
      making("dream", { picture: { from: "here" }, durationMs: 4000 }),
      ...more,
      home,
    ];
    const edges = nodes.slice(1).map(({ id }, index) => edge(nodes[index]!.id, id));
    return publish(storyOf(["seen", { start: "view", variables: [animal], nodes, edges }]));
  };

  test("what goes on from a picture is made of it: as it is, or as the video shows it then", async () => {
    server.shelf.put("ast_view", server.user, { mediaType: "video", durationMs: 2000 });
    server.shelf.put("ast_map", server.user, { deletedAt: 5 });
    const map = making("map", { picture: { from: "media", media: { kind: "still", assetId: "ast_map", durationMs: 4000 } } });
    const story = await seen({ kind: "clip", assetId: "ast_view", startMs: 0, endMs: 1500 }, map);
    const id = await begin(story);
    await move(story, id, ({ turn }) => ({ type: "ended", turn }));
    await isShown(id, { kind: "generated" });
    await move(story, id, ({ turn }) => ({ type: "ended", turn }));
    await isShown(id, { kind: "generated" });
    const all = (await jobs()).toSorted((a, b) => a.prompt.localeCompare(b.prompt));
    expect(all).toMatchObject([
      { operation: "image_to_video", prompt: "a fox at the dream", inputs: [{ role: "image", assetId: "ast_view_at_1499" }] },
      { operation: "image_to_video", prompt: "a fox at the map", inputs: [{ role: "image", assetId: "ast_map" }] },
    ]);
    expect(all[0]).toMatchObject({ params: { duration: 4 } });
    // Who comes by the same way has the same.
    const other = await begin(story, "gst_2");
    await soon(async () => expect(Object.keys((await session(other)).play.generated)).toHaveLength(2));
    await move(story, other, ({ turn }) => ({ type: "ended", turn }));
    await isShown(other, { kind: "generated", assetId: all[0]!.assetId! });
    expect(await jobs()).toHaveLength(2);
  });

  test("what a node goes on from of a video whose end is not told is its last picture", async () => {
    server.shelf.put("ast_whole", server.user, { mediaType: "video" });
    const story = await seen({ kind: "asset", assetId: "ast_whole" });
    await begin(story);
    await soon(async () => expect(await jobs()).toMatchObject([{ inputs: [{ role: "image", assetId: "ast_whole_at_end" }] }]));
  });

  test("while the picture for one player is taken that player leaves: others are looked ahead for, and nothing is counted", async () => {
    const fork = (assetId: string) =>
      publish(
        storyOf([
          "fork",
          {
            start: "path",
            variables: [animal],
            nodes: [
              { id: "path", type: "choice" },
              making("dream", { picture: { from: "media", media: { kind: "clip", assetId, startMs: 300, endMs: 900 } } }),
              { id: "home", type: "end", ending: "home" },
            ],
            edges: [choice("in", "path", "dream"), edge("dream", "home")],
          },
        ]),
      );
    for (const id of ["ast_slow", "ast_quick"]) server.shelf.put(id, server.user, { mediaType: "video", durationMs: 2000 });
    const taking = Promise.withResolvers<void>();
    const taken = Promise.withResolvers<void>();
    onTestFinished(() => taken.resolve());
    server.shelf.frames = (assetId) =>
      assetId === "ast_slow"
        ? Effect.andThen(
            Effect.sync(taking.resolve),
            Effect.promise(() => taken.promise),
          )
        : Effect.void;
    const slow = await fork("ast_slow");
    const noted = () => sql((run) => run`select job_id from play_generation where scene_id = ${slow.sceneId}`);
    const gone = await begin(slow);
    await taking.promise;
    expect(await noted()).toHaveLength(1);
    await server.run(Effect.flatMap(Actors, (actors) => actors.send(sessionAddress(gone), { type: "session.deleted" })));
    const other = await begin(await fork("ast_quick"), "gst_2");
    await soon(async () => expect(Object.keys((await session(other)).play.generated)).toHaveLength(1));
    expect(await jobs()).toHaveLength(1);
    expect(await noted()).toEqual([]);
    taken.resolve();
    // Who comes to it later has it made.
    const next = await begin(slow, "gst_3");
    await soon(async () => expect(Object.keys((await session(next)).play.generated)).toHaveLength(1));
  });

  test("no picture is taken where the budget has no room, and what is neither the author's nor lent to the story is not gone on from", async () => {
    server.shelf.put("ast_short", server.user, { mediaType: "video", durationMs: 2000 });
    server.shelf.put("ast_else", "usr_else", { mediaType: "video" });
    const from = (assetId: string) => made({ picture: { from: "media", media: { kind: "clip", assetId, startMs: 300, endMs: 900 } } });
    const poor = await publish(from("ast_short"));
    await sql((run) => setPlayBudget(run, poor.sceneId, budgetRow({ ...usualPlayBudget, storyDay: 0 })));
    await isHome(await begin(poor));
    expect(server.shelf.assets.has("ast_short_at_300")).toBe(false);
    const foreign = await publish(from("ast_else"));
    await sql((run) => setPlayBudget(run, foreign.sceneId, budgetRow({ ...usualPlayBudget, storyDay: 1 })));
    await isHome(await begin(foreign));
    expect(await jobs()).toEqual([]);
    // What was noted before it was refused is forgotten.
    await soon(async () =>
      expect(await sql((run) => run`select job_id from play_generation where scene_id = ${foreign.sceneId}`)).toEqual([]),
    );
    server.shelf.lent.add("ast_else");
    await isShown(await begin(foreign), { kind: "generated" });
    expect(await jobs()).toMatchObject([{ inputs: [{ role: "image", assetId: "ast_else_at_300" }] }]);
  });

  test("what is refused for its content is not asked for again, and what fails is tried as the node says", async () => {
    studio.script.fail("submit", "filtered");
    const refused = await publish(made({ fallback: { mode: "placeholder", text: { en: "A fox." } } }));
    for (const player of ["gst_1", "gst_2"]) await isShown(await begin(refused, player), { kind: "placeholder" });
    expect(await jobs()).toMatchObject([{ state: "filtered" }]);
    studio.script.fail("submit", "filtered", "filtered");
    await isShown(await begin(await publish(made({ fallback: { mode: "retry" } }))), { kind: "generated" });
    expect((await jobs()).map(({ state }) => state).toSorted()).toEqual(["completed", "filtered", "filtered", "filtered"]);
  });

  test("what one attempt brought is there for who comes long after the one that failed", async () => {
    studio.script.fail("submit", "parameters");
    const story = await publish(made({ fallback: { mode: "retry" } }));
    await isShown(await begin(story), { kind: "generated" });
    await sql((run) => run`update job set finished_at = 1 where owner_id = ${server.user} and state = 'failed'`);
    await isShown(await begin(story, "gst_2"), { kind: "generated" });
    expect((await jobs()).map(({ state }) => state).toSorted()).toEqual(["completed", "failed"]);
  });

  test("what came to nothing is given back to the budget", async () => {
    studio.script.fail("submit", "parameters");
    const story = await publish(made({ strategy: "per_player" }));
    await sql((run) => setPlayBudget(run, story.sceneId, budgetRow({ ...usualPlayBudget, storyDay: 1 })));
    await isHome(await begin(story, "gst_1"));
    await isShown(await begin(story, "gst_2"), { kind: "generated" });
    await isHome(await begin(story, "gst_3"));
    expect((await jobs()).map(({ state }) => state).toSorted()).toEqual(["completed", "failed"]);
  });

  test("nothing is made for who came by a link that is not good any more, nor for a playthrough that keeps no more", async () => {
    const story = await publish(made());
    await isHome(await begin(story, "gst_1", { linkId: "lnk_withdrawn" }));
    expect(await jobs()).toEqual([]);
    const generated = Object.fromEntries(Array.from({ length: playLimits.generated }, (_, n) => [`made/other:${n}`, "ast_1"]));
    await isHome(await begin(story, "gst_2", { play: { generated } }));
  });
});
