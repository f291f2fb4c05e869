import { Effect, Stream } from "effect";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { testDatabases } from "#db/client/testing.ts";
import { purgeAssets } from "#db/queries/asset.ts";
import { purgeScenes } from "#db/queries/scene.ts";
import { type Playthrough, usualPlayBudget } from "#protocol/play.ts";
import { replayPlay, startPlay } from "#protocol/scene/play/step.ts";
import { type PlayInput, PlayerInput, type PlayState } from "#protocol/scene/play/state.ts";
import type { Story } from "#protocol/scene/scene.ts";
import { anyStory, choice, clip, edge, inputBy, storyOf } from "#protocol/scene/testing.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { sessionAddress } from "./address.ts";
import { type MovedEvent, placeIn, type SessionContext, sessionLimits } from "./context.ts";
import { playQuotas } from "./handlers.ts";
import { refusalOf } from "#actors/testing.ts";
import { PlayRig } from "./testing.ts";

const soon = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000 });

/** A fork in the road, where who waits too long is led home, and a game in the wood. */
const forest = storyOf([
  "forest",
  {
    start: "path",
    nodes: [
      { id: "path", type: "choice", offer: { timeoutMs: 5000 } },
      clip("wood"),
      { id: "game", type: "minigame", game: { game: "reflex", targets: 3, windowMs: 500 }, needed: 2 },
      { id: "won", type: "end", ending: "won" },
      { id: "home", type: "end", ending: "home" },
    ],
    edges: [
      choice("in", "path", "wood"),
      choice("out", "path", "home", { onTimeout: true }),
      edge("wood", "game"),
      edge("game", "won", { kind: "outcome", outcome: "passed" }),
      edge("game", "home", { kind: "outcome", outcome: "failed" }),
    ],
  },
]);

describe.each(testDatabases)("playthroughs on $engine", ({ layer }) => {
  const rig = new PlayRig(layer);
  let users = 0;
  beforeAll(() => rig.start());
  beforeEach(() => (rig.user = `usr_${++users}`));
  afterAll(() => rig.close());

  const begin = async (story: Story = forest, more: object = {}): Promise<Playthrough> => {
    const versionId = await rig.publish(story);
    return rig.call("play.start", { of: { kind: "version", versionId }, ...more });
  };
  const send = ({ id, branch }: Playthrough, input: PlayerInput, token?: string) =>
    rig.call("play.input", { id, branch, input, ...(token === undefined ? {} : { token }) });
  /** Time goes on until this is so: who is to wait for its end begins to wait when they come to it, and not when they were told to. */
  const later = <T>(check: () => Promise<T>): Promise<T> =>
    vi.waitFor(
      async () => {
        await rig.wait(1000);
        return await check();
      },
      { timeout: 20_000, interval: 10 },
    );
  /** The playthrough as it stands while nobody asks for it. */
  const alone = ({ id }: Playthrough) =>
    rig.run(
      Effect.map(
        Effect.flatMap(Actors, (actors) => actors.view(sessionAddress(id))),
        ({ value, context }) => ({ value, play: (context as unknown as SessionContext).play }),
      ),
    );
  const stopsAt = (play: Playthrough, turn: number) =>
    later(async () => expect(await alone(play)).toMatchObject({ value: "waiting", play: { turn } }));
  const choose = (play: Playthrough, edgeId: string, turn = play.state.turn) => send(play, { type: "choose", turn, edge: edgeId });

  test("what a player does is decided by the evaluator, and an ending is in the list", async () => {
    const begun = await begin(forest, { language: "de", seed: 7 });
    expect(begun).toMatchObject({ language: "de", title: "A story", branch: 0, timer: { ms: 5000 } });
    expect(begun.state).toEqual((startPlay(forest, { seed: 7 }) as { state: PlayState }).state);
    const inWood = (await choose(begun, "in")).playthrough;
    expect(inWood).toMatchObject({ state: { turn: 1, waiting: { for: "media" } }, timer: null });
    const game = (await send(inWood, { type: "ended", turn: 1 })).playthrough;
    expect(game.state.waiting.for).toBe("minigame");
    const { refusal, playthrough: end } = await send(game, { type: "minigame", turn: 2, score: 2, durationMs: 900 });
    expect(refusal).toBeNull();
    expect(end.state.waiting).toMatchObject({ for: "nothing", ending: { name: "won" } });
    expect(await rig.call("play.get", { id: begun.id })).toEqual(end);
    expect((await rig.call("play.list", {})).playthroughs).toMatchObject([{ id: begun.id, ending: "won", turn: 3, rev: end.rev }]);
    expect(await rig.call("play.story", { id: begun.id })).toMatchObject({ story: forest, shareable: true });
  });

  test("what was achieved is kept over all playthroughs of a story, also when it was gone back, and for its player alone", async () => {
    const story: Story = {
      ...forest,
      scenes: forest.scenes.map((one) => ({
        ...one,
        body: { ...one.body, achievements: [{ name: "back", title: {}, hidden: false, when: { is: "ending", ending: "home" } }] },
      })),
    };
    const begun = await begin(story);
    const achieved = async ({ id }: Playthrough) => (await rig.call("play.achievements", { id })).achieved.map(({ name }) => name);
    expect(await achieved(begun)).toEqual([]);
    expect((await choose(begun, "out")).playthrough.state.achieved).toEqual({ back: 1 });
    expect(await achieved(begun)).toEqual(["back"]);
    const rewound = await rig.call("play.rewind", { id: begun.id, place: 0 });
    expect(rewound.state.achieved).toBeUndefined();
    const again = await rig.call("play.start", { of: { kind: "playthrough", id: begun.id } });
    expect([await achieved(begun), await achieved(again)]).toEqual([["back"], ["back"]]);
    expect(await refusalOf(rig.call("play.achievements", { id: begun.id }, { user: "usr_eve" }))).toContain("not_found");
  });

  test("what cannot be is refused and leaves everything as it was", async () => {
    const begun = await begin();
    const refusal = async (play: Playthrough, input: PlayerInput) => {
      const answer = await send(play, input);
      expect(answer.playthrough).toEqual(await rig.call("play.get", { id: play.id }));
      return answer.refusal?.code;
    };
    expect(await refusal(begun, { type: "choose", turn: 1, edge: "in" })).toBe("stale");
    expect(await refusal(begun, { type: "choose", turn: 0, edge: "nowhere" })).toBe("not_open");
    expect(await refusal(begun, { type: "minigame", turn: 0, score: 3, durationMs: 5000 })).toBe("not_expected");
    expect(await refusal({ ...begun, branch: 1 }, { type: "choose", turn: 0, edge: "in" })).toBe("stale");
    await choose(begun, "in");
    const { playthrough: game } = await send(begun, { type: "ended", turn: 1 });
    expect(await refusal(game, { type: "minigame", turn: 2, score: 4, durationMs: 5000 })).toBe("impossible");
    expect(await refusal(game, { type: "minigame", turn: 2, score: 3, durationMs: 10 })).toBe("impossible");
    expect(await refusal(game, { type: "skip", turn: 2 })).toBe("not_expected");
    expect((await rig.call("play.get", { id: game.id })).rev).toBe(game.rev);
    // A player cannot say that the time is over, or what was generated.
    for (const input of [
      { type: "timeout", turn: 2 },
      { type: "generated", key: "k", assetId: "ast_1" },
    ]) {
      expect(PlayerInput.safeParse(input).success).toBe(false);
    }
  });

  test("of two who choose at once exactly one is heard, and the other is told and sees it", async () => {
    const begun = await begin();
    const told = await rig.follow(begun.id);
    const answers = await Promise.all([choose(begun, "in"), choose(begun, "out")]);
    expect(answers.map(({ refusal }) => refusal?.code ?? "taken").toSorted()).toEqual(["stale", "taken"]);
    const now = await rig.call("play.get", { id: begun.id });
    for (const { playthrough } of answers) expect(playthrough).toEqual(now);
    await soon(() => expect(told.at(-1)).toMatchObject({ type: "delta", json: JSON.stringify([now]) }));
    // From where a device was it goes on without a snapshot.
    const again = await rig.follow(begun.id, { from: told[0]!.pos });
    expect(again.map(({ type }) => type)).toEqual(["resumed", "delta"]);
  });

  test("an input whose answer was lost is known by its token, and the next ones need not wait for it", async () => {
    const begun = await begin();
    const sent = await Promise.all([
      send(begun, { type: "choose", turn: 0, edge: "in" }, "one"),
      send(begun, { type: "ended", turn: 1 }, "two"),
      send(begun, { type: "minigame", turn: 2, score: 0, durationMs: 10 }, "three"),
    ]);
    expect(sent.map(({ refusal }) => refusal)).toEqual([null, null, null]);
    const repeat = await send(begun, { type: "choose", turn: 0, edge: "in" }, "one");
    expect(repeat).toEqual({ refusal: null, playthrough: sent[2]!.playthrough });
  });

  test("who waits too long has chosen; time can be stretched and turned off, and outlives the server", async () => {
    const begun = await begin();
    await rig.wait(4900);
    const slow = await rig.call("play.settings", { id: begun.id, timers: "stretched" });
    expect(slow.timer).toEqual({ ms: 15_000, dueAt: begun.timer!.dueAt + 10_000 });
    await rig.wait(8000);
    const off = await rig.call("play.settings", { id: begun.id, timers: "off" });
    expect(off.timer).toBeNull();
    await rig.wait(60_000);
    expect((await rig.call("play.get", { id: begun.id })).state.turn).toBe(0);
    await rig.call("play.settings", { id: begun.id, timers: "normal" });
    await later(async () => expect((await rig.call("play.get", { id: begun.id })).state.waiting.for).toBe("nothing"));

    const other = await begin();
    // As those are that were stored before it was counted what happens without the player.
    const address = sessionAddress(other.id);
    const stored = await rig.sql(
      (sql) => sql<Array<{ snapshot: unknown }>>`
        update actor set snapshot = replace(snapshot, ',"unattended":0', '') where id = ${address} returning snapshot`,
    );
    expect(JSON.stringify(stored)).toContain("startedAt");
    expect(JSON.stringify(stored)).not.toContain("unattended");
    await rig.stop();
    await rig.start();
    expect((await rig.call("play.get", { id: other.id })).timer).toEqual(other.timer);
    await later(async () => {
      const { state, timer } = await rig.call("play.get", { id: other.id });
      expect({ waiting: state.waiting, timer }).toMatchObject({ waiting: { ending: { name: "home" } }, timer: null });
    });
    expect((await rig.call("play.history", { id: other.id })).choices).toMatchObject([{ place: 0, node: "path", edge: "out" }]);
  });

  test("what nobody generates is left out as the node says, and a story that goes round by itself stops when its player has gone", async () => {
    const ways = storyOf([
      "ways",
      {
        start: "made",
        nodes: [
          { id: "made", type: "generation", strategy: "once", prompt: "a fox", fallback: { mode: "placeholder", text: { en: "A fox." } } },
          { id: "again", type: "generation", strategy: "always", prompt: "a fox", fallback: { mode: "skip" } },
        ],
        edges: [edge("made", "again"), edge("again", "again")],
      },
    ]);
    const begun = await begin(ways);
    const placeholder = { for: "media", playing: [{ kind: "placeholder" }] };
    await soon(async () => expect((await alone(begun)).play.waiting).toMatchObject(placeholder));
    await send(begun, { type: "ended", turn: 1 });
    await stopsAt(begun, 2 + sessionLimits.alone);
    // It goes on for who comes to it.
    expect((await rig.call("play.get", { id: begun.id })).state.waiting.for).toBe("generation");
    await stopsAt(begun, 2 + 2 * sessionLimits.alone);
    await rig.follow(begun.id);
    await stopsAt(begun, 2 + 3 * sessionLimits.alone);

    const hurried = await begin(
      storyOf([
        "round",
        {
          start: "a",
          nodes: [{ id: "a", type: "choice", offer: { timeoutMs: 1000 } }],
          edges: [choice("on", "a", "a", { onTimeout: true })],
        },
      ]),
    );
    await stopsAt(hurried, sessionLimits.unattended);
    expect((await rig.call("play.get", { id: hurried.id })).timer).toBeNull();
    const back = await choose(hurried, "on", sessionLimits.unattended);
    expect(back).toMatchObject({ refusal: null, playthrough: { timer: { ms: 1000 } } });
    // Settings are a sign of the player too, and the time that begins with it is a whole one.
    await stopsAt(hurried, 2 * sessionLimits.unattended + 1);
    const set = await rig.call("play.settings", { id: hurried.id, language: "de" });
    expect(set).toMatchObject({ state: { turn: 2 * sessionLimits.unattended + 1 }, timer: { ms: 1000, dueAt: set.changedAt + 1000 } });
  });

  test("who lets the time pass until a generation comes finds what stands in for it", async () => {
    const ids = Array.from({ length: sessionLimits.unattended }, (_, n) => `c${n}`);
    const begun = await begin(
      storyOf([
        "long",
        {
          start: "c0",
          nodes: [
            ...ids.map((id) => ({ id, type: "choice" as const, offer: { timeoutMs: 1000 } })),
            {
              id: "made",
              type: "generation",
              strategy: "once",
              prompt: "a fox",
              fallback: { mode: "placeholder", text: { en: "A fox." } },
            },
          ],
          edges: ids.map((id, n) => choice(`on${n}`, id, ids[n + 1] ?? "made", { onTimeout: true })),
        },
      ]),
    );
    await later(async () => expect((await alone(begun)).play.waiting).toMatchObject({ for: "media", playing: [{ kind: "placeholder" }] }));
  });

  test("a journal has an end: then a playthrough can be looked at and deleted, and nothing else is kept of it", async () => {
    const begun = await begin();
    const { saves } = await rig.call("play.save", { id: begun.id, name: "here" });
    await rig.sql((sql) => sql`update actor set seq = ${sessionLimits.entries} where id = ${sessionAddress(begun.id)}`);
    await rig.stop();
    await rig.start();
    for (const refused of [
      () => choose(begun, "in"),
      () => rig.call("play.rewind", { id: begun.id, place: 0 }),
      () => rig.call("play.settings", { id: begun.id, timers: "off" }),
      () => rig.call("play.save", { id: begun.id, name: "there" }),
      () => rig.call("play.dropSave", { id: begun.id, saveId: saves[0]!.id }),
    ]) {
      expect(await refusalOf(refused())).toMatch(/^quota_exceeded: .*begin a new one/);
    }
    expect((await rig.call("play.get", { id: begun.id })).rev).toBe(sessionLimits.entries);
    expect(await rig.call("play.delete", { ids: [begun.id] })).toEqual({ deleted: [begun.id] });
  });

  test("of two who rewind at once each is where they wanted, or is told that they are not", async () => {
    const begun = await begin();
    const inWood = (await choose(begun, "in")).playthrough;
    await rig.call("play.save", { id: begun.id, name: "in the wood" });
    const back = (place: number, elsewhere: boolean) => rig.call("play.rewind", { id: begun.id, place }, { elsewhere });
    const [first, second] = await Promise.all([back(0, false), back(1, false)]);
    expect([first, second]).toMatchObject([
      { branch: 1, state: begun.state },
      { branch: 2, state: inWood.state },
    ]);
    const answers = await Promise.allSettled([back(0, false), back(1, true)]);
    const told = answers.map((answer) => (answer.status === "fulfilled" ? answer.value.state : (answer.reason as CallError).code));
    const wanted = [begun.state, inWood.state];
    expect(answers.some(({ status }) => status === "fulfilled")).toBe(true);
    for (const [n, one] of told.entries()) expect(["conflict", wanted[n]]).toContainEqual(one);
  });

  test("who goes back while the story goes on is back", async () => {
    for (let round = 0; round < 10; round++) {
      const begun = await begin();
      await choose(begun, "in");
      const input = { id: begun.id, branch: 0, input: { type: "ended" as const, turn: 1 } };
      const [back] = await Promise.all([
        rig.call("play.rewind", { id: begun.id, place: 0 }),
        rig.call("play.input", input, { elsewhere: true }),
      ]);
      expect(back).toMatchObject({ branch: 1, state: begun.state });
    }
  });

  test("any choice and any save can be gone back to, and what was meant for before is refused", async () => {
    const begun = await begin();
    const inWood = (await choose(begun, "in")).playthrough;
    const { saves } = await rig.call("play.save", { id: begun.id, name: "in the wood" });
    await send(inWood, { type: "ended", turn: 1 });
    const back = await rig.call("play.rewind", { id: begun.id, place: 0 });
    expect(back).toMatchObject({ branch: 1, state: begun.state, timer: { ms: 5000 } });
    expect((await choose(begun, "in")).refusal?.code).toBe("stale");
    expect((await rig.call("play.history", { id: begun.id })).choices).toEqual([]);
    const home = (await choose(back, "out")).playthrough;
    expect(home.state.waiting.for).toBe("nothing");
    const loaded = await rig.call("play.rewind", { id: begun.id, place: saves[0]!.place });
    expect(loaded).toMatchObject({ branch: 2, state: inWood.state });
    expect((await rig.call("play.history", { id: begun.id })).choices).toMatchObject([{ place: 0, edge: "in" }]);
    expect(await refusalOf(rig.call("play.rewind", { id: begun.id, place: 77 }))).toContain("not_found");
    expect((await rig.call("play.dropSave", { id: begun.id, saveId: saves[0]!.id })).saves).toEqual([]);
    for (let n = 0; n < sessionLimits.saves; n++) await rig.call("play.save", { id: begun.id, name: `save ${n}` });
    expect(await refusalOf(rig.call("play.save", { id: begun.id, name: "one more" }))).toContain("quota_exceeded");
  });

  test("how a version is played is counted for its owner, over all that was played of it", async () => {
    const versionId = await rig.publish(forest);
    const start = () => rig.call("play.start", { of: { kind: "version", versionId }, seed: 7 });
    expect(await rig.call("play.flow", { versionId })).toEqual({ playthroughs: 0, flow: { plays: 0, nodes: [], edges: [], endings: [] } });
    // Into the wood, and back, and home.
    const first = await start();
    await rig.wait(3000);
    await choose(first, "in");
    const back = await rig.call("play.rewind", { id: first.id, place: 0 });
    await choose(back, "out");
    // One who waits too long is led home, one deletes what was played, one is still in the wood.
    const second = await start();
    await later(async () => expect((await rig.call("play.get", { id: second.id })).state.waiting.for).toBe("nothing"));
    await rig.call("play.delete", { ids: [(await start()).id] });
    await choose(await start(), "in");
    const { playthroughs, flow } = await rig.call("play.flow", { versionId });
    expect(playthroughs).toBe(3);
    expect(flow.plays).toBe(3);
    expect(flow.nodes.map(({ node, visits, stopped }) => [node, visits, stopped])).toEqual(
      expect.arrayContaining([
        ["path", 3, 0],
        ["wood", 2, 1],
        ["home", 2, 0],
      ]),
    );
    expect(flow.nodes.find(({ node }) => node === "path")!.ms).toBeGreaterThanOrEqual(3000 + 5000);
    expect(new Map(flow.edges.map(({ edge: id, taken }) => [id, taken]))).toEqual(
      new Map([
        ["in", 2],
        ["out", 2],
      ]),
    );
    expect(flow.endings).toEqual([{ ending: "home", plays: 2 }]);
    expect(await refusalOf(rig.call("play.flow", { versionId }, { user: "usr_other" }))).toMatch(/^not_found/);
  });

  test("what is another's does not exist, a deleted one neither, and there is room for so many", async () => {
    const begun = await begin();
    const missing = `not_found: The playthrough ${begun.id} does not exist, or is not yours.`;
    const eve = { user: "usr_eve" };
    expect(await refusalOf(rig.call("play.get", { id: begun.id }, eve))).toBe(missing);
    expect(await refusalOf(rig.follow(begun.id, eve))).toBe(missing);
    expect(await refusalOf(rig.call("play.delete", { ids: [begun.id] }, eve))).toBe(missing);
    expect(await refusalOf(rig.call("play.start", { of: { kind: "version", versionId: begun.versionId } }, eve))).toContain("not_found");
    expect(await refusalOf(rig.call("play.start", { of: { kind: "scene", sceneId: "scn_none" } }))).toContain("was never published");

    const key = { key: "start-1234" };
    const one = await rig.call("play.start", { of: { kind: "scene", sceneId: begun.sceneId } }, key);
    expect((await rig.call("play.start", { of: { kind: "scene", sceneId: begun.sceneId } }, key)).id).toBe(one.id);
    expect((await rig.call("play.list", { limit: 1 })).next).not.toBeNull();
    await rig.call("play.delete", { ids: [begun.id] });
    expect(await refusalOf(rig.call("play.get", { id: begun.id }))).toBe(missing);
    expect((await rig.call("play.list", { sceneId: begun.sceneId })).playthroughs.map(({ id }) => id)).toEqual([one.id]);

    await rig.sql(
      (sql) => sql`
        insert into play_session (id, owner_id, version_id, scene_id, title, created_at, changed_at, rev)
        select 'many_' || ${rig.user} || n, ${rig.user}, 'v', 's', '', n, n, 1 from generate_series(2, ${playQuotas.user}::int) n`,
    );
    // In those nothing was done yet.
    await rig.call("play.start", { of: { kind: "scene", sceneId: begun.sceneId } });
    await rig.sql((sql) => sql`update play_session set turn = 1 where owner_id = ${rig.user}`);
    expect(await refusalOf(rig.call("play.start", { of: { kind: "scene", sceneId: begun.sceneId } }))).toContain("quota_exceeded");
  });

  test("how long each change of what is seen took is in the playthrough's log, and nobody writes into that of another", async () => {
    const play = await begin();
    const switches = [
      { at: 5, kind: "start" as const, scene: "forest", node: "path", ms: 31.5, primed: false },
      { at: 9, kind: "choice" as const, scene: "forest", node: "wood", ms: 12, primed: true },
    ];
    expect(await refusalOf(rig.call("play.report", { id: play.id, switches }, { user: "usr_else" }))).toMatch(/^not_found/);
    const told = () => rig.logged.filter(({ of }) => of["playthrough"] === play.id);
    expect(told()).toEqual([]);
    await rig.call("play.report", { id: play.id, switches });
    expect(told()).toMatchObject([{ said: ["what was seen changed", { switches }] }]);
  });

  test("media is told of assets that the story names, and of no others", async () => {
    const begun = await begin();
    for (const [id, who] of [["ast_wood", rig.user] as const, ["ast_other", rig.user] as const]) {
      await rig.sql(
        (sql) => sql`
          insert into asset (id, owner_id, media_type, mime, name, size, width, height, duration_ms, sha256, origin, created_at)
          values (${id}, ${who}, 'video', 'video/mp4', 'film', 1, 640, 360, 4000, ${"a".repeat(64)}, 'generation', 1)`,
      );
      await rig.sql(
        (sql) => sql`
          insert into asset_file (asset_id, role, sha256, mime, size)
          values (${id}, 'play-video', ${"b".repeat(64)}, 'video/mp4', 1)`,
      );
    }
    expect((await rig.call("play.media", { id: begun.id, assets: ["ast_wood", "ast_other", "ast_none"] })).media).toEqual([
      expect.objectContaining({
        assetId: "ast_wood",
        durationMs: 4000,
        video: `/media/${"b".repeat(64)}.mp4`,
        whole: `/media/${"a".repeat(64)}.mp4`,
      }),
    ]);
    // What a camera wrote into an original is not for players.
    await rig.sql((sql) => sql`update asset set origin = 'upload' where id = 'ast_wood'`);
    expect((await rig.call("play.media", { id: begun.id, assets: ["ast_wood"] })).media).toEqual([
      expect.objectContaining({ video: `/media/${"b".repeat(64)}.mp4`, whole: null }),
    ]);
  });

  test("what a published story plays stays in the trash, and the story too while somebody plays it", async () => {
    await rig.sql(
      (sql) => sql`
        insert into asset (id, owner_id, media_type, mime, name, size, width, height, sha256, origin, created_at, deleted_at)
        select id, ${rig.user}, 'video', 'video/mp4', 'film', 1, 1, 1, ${"c".repeat(64)}, 'generation', 1, 5
        from unnest(array['ast_wood', 'ast_else', 'ast_made']) as id
        on conflict (id) do update set deleted_at = 5, owner_id = excluded.owner_id`,
    );
    const begun = await begin();
    await rig.sql(
      (sql) => sql`
        insert into play_generation (job_id, result, round, attempt, asset_id, owner_id, version_id, scene_id, in_scene, node, session_id,
          player_id, credits, created_at)
        values ('job_made', 'r', 1, 1, 'ast_made', ${rig.user}, ${begun.versionId}, ${begun.sceneId}, 'forest', 'dream', ${begun.id}, 'gst_1', 0, 1)`,
    );
    await rig.sql((sql) => sql`update scene set deleted_at = 5 where id = ${begun.sceneId}`);
    const purged = async () => [
      ...(await rig.sql((sql) => purgeAssets(sql, begun.changedAt, 100))).map(({ id }) => id),
      ...(await rig.sql((sql) => purgeScenes(sql, begun.changedAt))).map(({ id }) => id),
    ];
    expect(await purged()).toEqual(["ast_else"]);
    await rig.call("play.delete", { ids: [begun.id] });
    expect(await purged()).toEqual([begun.sceneId]);
  });

  test("the author says how many clips a story may have made, and nobody else does", async () => {
    const { sceneId, versionId, id } = await begin();
    expect(await rig.call("play.budget", { sceneId })).toEqual({
      budget: usualPlayBudget,
      today: { storyDay: 0, creditsDay: 0 },
      clips: [],
    });
    const budget = { playthrough: 2, playerDay: 3, storyDay: 4, creditsDay: 5.5 };
    expect(await rig.call("play.setBudget", { sceneId, budget })).toEqual({ budget });
    const eve = { user: "usr_eve" };
    expect(await refusalOf(rig.call("play.budget", { sceneId }, eve))).toContain("not_found");
    expect(await refusalOf(rig.call("play.setBudget", { sceneId, budget: usualPlayBudget }, eve))).toContain("not_found");
    const at = (await rig.call("play.get", { id })).startedAt;
    await rig.sql(
      (sql) => sql`
        insert into play_generation (job_id, result, round, attempt, asset_id, owner_id, version_id, scene_id, in_scene, node, session_id,
          player_id, credits, created_at)
        select job, job, 1, 1, job, ${rig.user}, ${versionId}, ${sceneId}, 'forest', 'dream', ${id}, 'gst_1', 1.5, ${at}::bigint - days * 86400000
        from (values ('job_now', 0), ('job_then', 1)) as given (job, days)`,
    );
    expect(await rig.call("play.budget", { sceneId })).toMatchObject({ budget, today: { storyDay: 1, creditsDay: 1.5 } });
  });

  test("a story that cannot begin, and one that goes round for ever, are refused in words", async () => {
    expect(await refusalOf(begin(storyOf(["empty", {}])))).toBe("conflict: The story has no node to begin with.");
    const round = storyOf([
      "round",
      {
        start: "a",
        nodes: [
          { id: "a", type: "action" },
          { id: "b", type: "action" },
        ],
        edges: [edge("a", "b"), edge("b", "a")],
      },
    ]);
    expect(await refusalOf(begin(round))).toContain("without waiting for anything");
  });
});

describe("whatever comes, a playthrough is what its accepted inputs make of it", () => {
  const rig = new PlayRig(testDatabases[0]!.layer);
  beforeAll(() => rig.start());
  afterAll(() => rig.close());

  const action = fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant("input" as const), draw: fc.nat({ max: 1000 }), late: fc.constant(false) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("input" as const), draw: fc.nat({ max: 1000 }), late: fc.constant(true) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("both" as const), draw: fc.nat({ max: 1000 }), other: fc.nat({ max: 1000 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("rewind" as const), draw: fc.nat({ max: 1000 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat({ max: 8000 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
  );

  test("through stale, forged and repeated inputs, rewinding, time and restarts", { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(anyStory, fc.nat(), fc.array(action, { minLength: 3, maxLength: 20 }), async (story, seed, actions) => {
        fc.pre(startPlay(story, { seed }).ok);
        const versionId = await rig.publish(story);
        let now = await rig.call("play.start", { of: { kind: "version", versionId }, seed });
        const { id } = now;
        const give = async (from: Playthrough, draw: number): Promise<boolean> => {
          const input = PlayerInput.safeParse(inputBy(from.state, draw));
          if (!input.success) return false;
          const { refusal, playthrough } = await rig.call("play.input", { id, branch: from.branch, input: input.data });
          now = playthrough;
          return refusal === null;
        };
        const earlier: Array<Playthrough> = [now];
        for (const act of actions) {
          switch (act.do) {
            case "input":
              await give(act.late ? earlier[act.draw % earlier.length]! : now, act.draw);
              break;
            case "both": {
              const from = now;
              const draws = [act.draw, act.other];
              const taken = await Promise.all(draws.map((draw) => give(from, draw)));
              // One that is meant for the turn after may follow the other at once.
              const turns = draws.flatMap((draw, which) => (taken[which] ? [(inputBy(from.state, draw) as PlayerInput).turn] : []));
              expect(new Set(turns).size).toBe(turns.length);
              break;
            }
            case "rewind": {
              const { choices } = await rig.call("play.history", { id });
              if (choices.length > 0) now = await rig.call("play.rewind", { id, place: choices[act.draw % choices.length]!.place });
              break;
            }
            case "wait":
              await rig.wait(act.ms);
              break;
            case "restart":
              await rig.stop();
              await rig.start();
          }
          now = await rig.call("play.get", { id });
          earlier.push(now);
        }
        // Until what happens by itself has happened.
        await soon(async () => {
          const { value } = await rig.run(Effect.flatMap(Actors, (actors) => actors.view(sessionAddress(id))));
          expect(value).not.toBe("generating");
        });
        const journal = await rig.run(Effect.flatMap(Actors, (actors) => Stream.runCollect(actors.history(sessionAddress(id), 0))));
        const events = journal.map(({ event }) => event);
        // The path that was not rewound, told from the journal alone.
        let path: Array<PlayInput> = [];
        const at = new Map<number, ReadonlyArray<PlayInput>>([[0, []]]);
        let moves = 0;
        for (const event of events) {
          if (event.type === "session.moved") {
            if ((event as unknown as MovedEvent).base !== moves) continue;
            path.push((event as unknown as MovedEvent).input);
          } else if (event.type === "xstate.done.actor.timeOut" || event.type === "xstate.done.actor.generate") {
            const { move } = event["output"] as { readonly move: { readonly input: PlayInput } | null };
            if (move === null) continue;
            path.push(move.input);
          } else if (event.type === "session.rewound") path = at.get(event["place"] as number)!.slice();
          else continue;
          at.set(++moves, path.slice());
        }
        const last = await rig.call("play.get", { id });
        const replayed = replayPlay(story, { seed }, path);
        expect(replayed.ok && replayed.state).toEqual(last.state);
        expect(placeIn(events, moves)?.play).toEqual(last.state);
        await rig.call("play.delete", { ids: [id] });
      }),
      { numRuns: 20 },
    );
  });
});
