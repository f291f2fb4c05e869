import { Effect, Layer, type ManagedRuntime } from "effect";
import { TestClock } from "effect/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AssetLibrary } from "#actors/asset/library.ts";
import { domainOn, refusalOf } from "#actors/testing.ts";
import { testDatabases } from "#db/client/testing.ts";
import { playedAssets } from "#db/queries/asset.ts";
import type { CallInput, TopicParams } from "#protocol/contract.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { MediaUrls } from "#runtime/blobs/media-urls.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { busProcess, runnerOf } from "#runtime/bus/testing.ts";
import { readSettings, Settings } from "#runtime/config/settings.ts";
import { contextOf } from "#runtime/gateway/caller.ts";
import type { CallContext, DomainHandlers, TopicHandler } from "#runtime/gateway/handlers.ts";
import { sceneHandlers } from "./handlers.ts";
import { mostPeople, namedPerMinute } from "./sharing.ts";

type Body = NonNullable<CallInput<"scenes.create">["body"]>;

describe.each(testDatabases)("a scene that is shared on $engine", ({ layer }) => {
  let round = 0;
  /** The owner, and two others. */
  let [anna, ben, carol] = ["", "", ""];
  const { run, sql, call } = domainOn(layer, sceneHandlers, () => anna);
  const addUser = (id: string, role = "user") =>
    sql((db) => db`insert into app_user (id, username, email, role, created_at) values (${id}, ${id}, ${`${id}@example.org`}, ${role}, 1)`);
  beforeEach(async () => {
    round += 1;
    [anna, ben, carol] = [`anna${round}`, `ben${round}`, `carol${round}`];
    for (const id of [anna, ben, carol]) await addUser(id);
  });

  const ending: Body = { start: "over", nodes: [{ id: "over", type: "end", ending: "over" }] };
  const film = (id: string, assetId: string) => ({
    id,
    type: "video" as const,
    segments: [{ id: "s", media: { kind: "asset" as const, assetId } }],
  });
  const playing = (assetId: string): Body => ({
    start: "film",
    nodes: [film("film", assetId), ...ending.nodes!],
    edges: [{ id: "on", from: "film", to: "over", kind: "default" }],
  });
  const asset = async (id: string, owner: string) => {
    await sql(
      (db) => db`
        with made as (
          insert into asset (id, owner_id, media_type, mime, name, size, width, height, duration_ms, sha256, origin, prompt, created_at)
          values (${id}, ${owner}, 'video', 'video/mp4', ${`film ${id}`}, 1, 1, 1, 4000, ${"a".repeat(64)}, 'generation', 'a secret', 1)
          returning id, sha256, mime
        )
        insert into asset_file (asset_id, role, sha256, mime, size) select id, 'original', sha256, mime, 1 from made`,
    );
    return id;
  };
  const put = (id: string, node: object, who: string) => call("scenes.edit", { id, edits: [{ do: "putNode", node: node as never }] }, who);
  const problems = async (id: string, who: string) => (await call("scenes.check", { id }, who)).problems.map(({ code }) => code);
  const titles = async (who: string, filter: CallInput<"scenes.list"> = {}) =>
    (await call("scenes.list", filter, who)).scenes.map(({ title }) => title);

  const library = AssetLibrary.layer.pipe(
    Layer.provide(Layer.succeed(MediaUrls, { url: (sha256, extension) => `/media/${sha256}.${extension}` })),
    Layer.provide(Layer.succeed(Settings, readSettings({ PIXSIM_DATA: "/nowhere" }))),
  );
  /** Those of these assets that somebody can see, wherever they are. */
  const found = (who: string, ids: ReadonlyArray<string>) =>
    run(
      Effect.flatMap(AssetLibrary, ({ many }) => many(who, ids)).pipe(
        Effect.catchIf(
          ({ code }) => code === "not_found",
          () => Effect.succeed([]),
        ),
        Effect.provide(library),
      ),
    );
  const sees = async (who: string, ...ids: ReadonlyArray<string>) =>
    (await found(who, ids)).map(({ id, lent, prompt }) => [id, lent === true, prompt]);

  test("to whom it is not shared it does not exist; a viewer looks, an editor changes, and the rest is its owner's", async () => {
    const { id } = await call("scenes.create", { title: "Forest", body: ending });
    const looks: ReadonlyArray<(who: string) => Promise<unknown>> = [
      (who) => call("scenes.get", { id }, who),
      (who) => call("scenes.story", { id }, who),
      (who) => call("scenes.check", { id }, who),
      (who) => call("scenes.versions", { id }, who),
      (who) => call("scenes.export", { id }, who),
      (who) => call("scenes.people", { id }, who),
    ];
    const changes: typeof looks = [
      (who) => put(id, { id: "more", type: "choice" }, who),
      (who) => call("scenes.rename", { id, title: "Wood" }, who),
    ];
    const owns: typeof looks = [
      (who) => call("scenes.publish", { id }, who),
      (who) => call("scenes.delete", { ids: [id] }, who),
      (who) => call("scenes.restore", { ids: [id] }, who),
      (who) => call("scenes.grant", { id, who: carol, role: "viewer" }, who),
      (who) => call("scenes.withdraw", { id, userId: anna }, who),
      (who) => call("scenes.export", { id, versionId: "scv_any" }, who),
    ];
    for (const ask of [...looks, ...changes, ...owns]) expect(await refusalOf(ask(ben))).toMatch(/^not_found: /);

    expect(await call("scenes.grant", { id, who: ben.toUpperCase(), role: "viewer" })).toMatchObject({ name: ben, role: "viewer" });
    for (const ask of looks) await ask(ben);
    for (const ask of changes)
      expect(await refusalOf(ask(ben))).toBe(`forbidden: You may look at this scene, and not change it: ${anna} can let you.`);
    for (const ask of owns) expect(await refusalOf(ask(ben))).toBe(`forbidden: Only ${anna} can do this: it is their scene.`);

    await call("scenes.grant", { id, who: `${ben}@example.org`, role: "editor" });
    for (const ask of [...looks, ...changes]) await ask(ben);
    for (const ask of owns) expect(await refusalOf(ask(ben))).toMatch(/^forbidden: /);
    expect((await call("scenes.people", { id }, ben)).people).toMatchObject([{ userId: ben, role: "editor" }]);
    const { version } = await call("scenes.publish", { id: (await call("scenes.create", { title: "Own", body: ending })).id });
    expect(await refusalOf(call("scenes.version", { id: version.id }, ben))).toMatch(/^not_found: /);

    await call("scenes.withdraw", { id, userId: ben });
    for (const ask of [...looks, ...changes, ...owns]) expect(await refusalOf(ask(ben))).toMatch(/^not_found: /);
  });

  test("it is shared with users that are there, each once, up to a bound; and whoever has it may leave", async () => {
    const { id } = await call("scenes.create", { title: "Forest", body: ending });
    const grant = (who: string, owner = anna) => call("scenes.grant", { id, who, role: "viewer" }, owner);
    const guest = `guest${round}`;
    await addUser(guest, "guest");
    expect(await refusalOf(grant("nobody.here"))).toMatch(/^not_found: Nobody here is called “nobody.here”/);
    expect(await refusalOf(grant(anna))).toBe("conflict: It is your own scene: you have it already.");
    expect(await refusalOf(grant(guest))).toMatch(/^conflict: guest\d+ is a guest here/);
    expect(await refusalOf(call("scenes.withdraw", { id, userId: anna }))).toMatch(/^conflict: /);
    await Promise.all([grant(ben), grant(ben), grant(carol)]);
    expect((await call("scenes.people", { id })).people.map(({ name }) => name).toSorted()).toEqual([ben, carol]);
    await call("scenes.withdraw", { id, userId: ben }, ben);
    await call("scenes.withdraw", { id, userId: ben });
    expect((await call("scenes.get", { id })).scene.people).toBe(1);
    await sql(
      (db) => db`
        with more as (
          insert into app_user (id, username, role, created_at)
          select ${`more${round}_`} || n, ${`more${round}_`} || n, 'user', 1 from generate_series(2, ${mostPeople}::int) n returning id
        )
        insert into scene_grant (scene_id, user_id, role, granted_at) select ${id}, id, 'viewer', 1 from more`,
    );
    expect(await refusalOf(grant(ben))).toMatch(/^quota_exceeded: /);
    expect(await grant(carol)).toMatchObject({ name: carol });
  });

  test("the list has it with its owner's name until it is withdrawn or in the trash", async () => {
    const { id } = await call("scenes.create", { title: "Hers", body: ending });
    await call("scenes.create", { title: "His", body: ending }, ben);
    const told: Array<{ readonly access: string; readonly ownerName: string; readonly rev: number }> = [];
    const handle = await run(
      Effect.flatMap(sceneHandlers, ({ topics }) =>
        topics["scenes.scenes"]({}, contextOf(ben), undefined, (message) => {
          if (message.type === "delta") told.push(...(JSON.parse(message.json) as typeof told));
        }),
      ),
    );
    await call("scenes.grant", { id, who: ben, role: "viewer" });
    expect([await titles(ben), await titles(ben, { shared: true }), await titles(anna, { shared: true })]).toEqual([
      ["His", "Hers"],
      ["Hers"],
      [],
    ]);
    expect((await call("scenes.list", { shared: true }, ben)).scenes).toMatchObject([{ access: "viewer", ownerName: anna, ownerId: anna }]);
    await call("scenes.grant", { id, who: ben, role: "editor" });
    await put(id, { id: "more", type: "choice" }, anna);
    await call("scenes.delete", { ids: [id] });
    expect([await titles(ben), await titles(ben, { deleted: true })]).toEqual([["His"], []]);
    await call("scenes.restore", { ids: [id] });
    await call("scenes.withdraw", { id, userId: ben });
    expect(await titles(ben)).toEqual(["His"]);
    // Who does not have it is told nothing of it.
    await call("scenes.withdraw", { id, userId: ben });
    handle.close();
    expect(told.map(({ access }) => access)).toEqual(["viewer", "editor", "editor", "none", "editor", "none"]);
    expect(told.map(({ rev }) => rev)).toEqual([2, 3, 4, 5, 6, 7]);
  });

  test("clips are seen by all who have the scene that their owners have put them into, as long as they stand in it", async () => {
    const [hers, his, hidden] = [await asset(`hers${round}`, anna), await asset(`his${round}`, ben), await asset(`hidden${round}`, anna)];
    const { id } = await call("scenes.create", { title: "Forest", body: playing(hers) });
    expect(await sees(ben, hers)).toEqual([]);
    await call("scenes.grant", { id, who: ben, role: "editor" });
    await call("scenes.grant", { id, who: carol, role: "viewer" });
    expect(await sees(ben, hers, hidden)).toEqual([[hers, true, null]]);

    // An editor puts in what is theirs, and nothing else that they may have heard of.
    expect(await refusalOf(put(id, film("look", hidden), ben))).toBe(
      `forbidden: The clip ${hidden} is not yours: put your own into this scene, or what is in it already.`,
    );
    expect(await sees(ben, hidden)).toEqual([]);
    await put(id, film("look", his), ben);
    expect([await sees(anna, his), await sees(carol, his, hers)]).toEqual([
      [[his, true, null]],
      expect.arrayContaining([
        [his, true, null],
        [hers, true, null],
      ]),
    ]);
    expect(await sees(anna, hers)).toEqual([[hers, false, "a secret"]]);
    // What is its owner's alone stays a problem where it is not theirs.
    const elsewhere = await call("scenes.create", { title: "Hers alone", body: playing(his) });
    expect(await problems(elsewhere.id, anna)).toEqual(["missing_media"]);

    // Taken out and put back by another, as undoing does it.
    await call("scenes.edit", { id, edits: [{ do: "removeNode", id: "film" }] }, ben);
    expect(await sees(carol, hers)).toEqual([]);
    await put(id, film("film", hers), ben);
    expect(await sees(carol, hers)).toEqual([[hers, true, null]]);
    await call("scenes.withdraw", { id, userId: ben });
    expect([await sees(ben, hers), await sees(carol, his)]).toEqual([[], [[his, true, null]]]);
  });

  test("of a picture that was uploaded, others are given none of what a camera wrote into it", async () => {
    const photo = await asset(`photo${round}`, anna);
    await sql((db) => db`update asset set media_type = 'image', mime = 'image/jpeg', origin = 'upload' where id = ${photo}`);
    await sql(
      (db) =>
        db`insert into asset_file (asset_id, role, sha256, mime, size) values (${photo}, 'poster', ${"b".repeat(64)}, 'image/webp', 1)`,
    );
    const segments = [{ id: "s", media: { kind: "still", assetId: photo, durationMs: 1000 } }];
    const { id } = await call("scenes.create", { title: "Forest", body: ending });
    await put(id, { id: "look", type: "video", segments }, anna);
    await call("scenes.grant", { id, who: ben, role: "viewer" });
    const originals = async (who: string) => (await found(who, [photo])).map(({ urls }) => urls.original);
    expect([await originals(anna), await originals(ben)]).toEqual([[`/media/${"a".repeat(64)}.jpg`], [`/media/${"b".repeat(64)}.webp`]]);
    // As large as a screen needs it, where it is larger than its poster.
    await sql(
      (db) =>
        db`insert into asset_file (asset_id, role, sha256, mime, size) values (${photo}, 'still', ${"c".repeat(64)}, 'image/webp', 1)`,
    );
    expect([await originals(anna), await originals(ben)]).toEqual([[`/media/${"a".repeat(64)}.jpg`], [`/media/${"c".repeat(64)}.webp`]]);
  });

  test("neither are they in a video: in place of the file that was uploaded is what is made of it", async () => {
    const hers = await asset(`take${round}`, anna);
    await sql((db) => db`update asset set origin = 'upload' where id = ${hers}`);
    const { id } = await call("scenes.create", { title: "Forest", body: playing(hers) });
    await call("scenes.grant", { id, who: ben, role: "viewer" });
    const originals = async (who: string) => (await found(who, [hers])).map(({ urls }) => urls.original);
    expect([await originals(anna), await originals(ben)]).toEqual([[`/media/${"a".repeat(64)}.mp4`], [undefined]]);
    for (const [role, letter] of [
      ["play-video", "b"],
      ["faststart", "c"],
    ] as const) {
      const sha256 = letter.repeat(64);
      await sql(
        (db) => db`insert into asset_file (asset_id, role, sha256, mime, size) values (${hers}, ${role}, ${sha256}, 'video/mp4', 1)`,
      );
      expect([await originals(anna), await originals(ben)]).toEqual([[`/media/${"a".repeat(64)}.mp4`], [`/media/${sha256}.mp4`]]);
    }
  });

  test("what an editor has put in is published with it, and played by its owner's players for good", async () => {
    const [his, foreign] = [await asset(`his${round}`, ben), await asset(`foreign${round}`, carol)];
    const { id } = await call("scenes.create", { title: "Forest", body: ending });
    await call("scenes.grant", { id, who: ben, role: "editor" });
    await call(
      "scenes.edit",
      {
        id,
        edits: [
          { do: "putNode", node: film("film", his) },
          { do: "putEdge", edge: playing(his).edges![0]! },
          { do: "setHead", head: { start: "film" } },
        ],
      },
      ben,
    );
    expect([await problems(id, anna), await problems(id, ben)]).toEqual([[], []]);
    expect((await call("scenes.export", { id }, ben)).file.media).toMatchObject([{ assetId: his }]);
    const { version } = await call("scenes.publish", { id });
    await call("scenes.withdraw", { id, userId: ben });
    await call("scenes.edit", { id, edits: [{ do: "removeNode", id: "film" }] });
    const played = await sql((db) => playedAssets(db, { ownerId: anna, versionId: version.id }, [his, foreign]));
    expect((played as ReadonlyArray<{ readonly id: string }>).map((row) => row.id)).toEqual([his]);
    expect([await sees(anna, his), await sees(carol, his)]).toEqual([[[his, true, null]], []]);
  });

  test("a scene that it calls is shared for itself, and what calls another's scene calls nothing", async () => {
    const inner = await call("scenes.create", { title: "Inner", body: ending });
    const calling = (scene: string): Body => ({
      start: "call",
      nodes: [{ id: "call", type: "scene_call", scene }, ...ending.nodes!],
      edges: [{ id: "on", from: "call", to: "over", kind: "default" }],
    });
    const { id } = await call("scenes.create", { title: "Outer", body: calling(inner.id) });
    await call("scenes.grant", { id, who: ben, role: "editor" });
    const story = async (who: string) => {
      const { story: told, hidden } = await call("scenes.story", { id }, who);
      return [...told.scenes.map(({ title }) => title), ...hidden];
    };
    expect([await story(anna), await story(ben), await problems(id, ben)]).toEqual([
      ["Outer", "Inner"],
      ["Outer", inner.id],
      ["hidden_scene"],
    ]);
    await call("scenes.grant", { id: inner.id, who: ben, role: "viewer" });
    expect([await story(ben), await problems(id, ben)]).toEqual([["Outer", "Inner"], []]);
    const own = await call("scenes.create", { title: "His", body: calling(inner.id) }, ben);
    expect(await problems(own.id, ben)).toEqual(["unknown_scene"]);
    await call("scenes.withdraw", { id: inner.id, userId: ben });
    await call("scenes.delete", { ids: [inner.id] });
    expect([await story(ben), await problems(id, ben)]).toEqual([["Outer"], ["unknown_scene"]]);
  });

  test("scenes of one owner are listed by themselves", async () => {
    const shared = await call("scenes.create", { title: "Hers", body: ending });
    await call("scenes.create", { title: "Hers alone", body: ending });
    await call("scenes.grant", { id: shared.id, who: ben, role: "editor" });
    await call("scenes.create", { title: "His", body: ending }, ben);
    expect([await titles(ben, { ownerId: anna }), await titles(ben, { ownerId: ben }), await titles(ben, { ownerId: carol })]).toEqual([
      ["Hers"],
      ["His"],
      [],
    ]);
  });

  test("who shares finds out by it who is here, so each may name only so many in a minute", async () => {
    const handlers = await run(sceneHandlers);
    const { id } = await call("scenes.create", { title: "Forest", body: ending });
    const other = await call("scenes.create", { title: "His", body: ending }, ben);
    const grant = (scene: string, owner: string, who: string) =>
      refusalOf(run(handlers.calls["scenes.grant"]({ id: scene, who, role: "viewer" }, contextOf(owner))));
    for (let at = 0; at < namedPerMinute; at++) {
      expect(await grant(id, anna, `nobody${at}@example.org`)).toContain("not_found");
    }
    expect(await grant(id, anna, carol)).toBe("rate_limited: Too many tries. Wait 60 seconds, then try again.");
    // It is each one's own.
    expect(await grant(other.id, ben, carol)).toBe("null");
    await run(TestClock.adjust(60_001));
    expect(await grant(id, anna, carol)).toBe("null");
  });

  /** Follows on these handlers, and answers what is told, and why it ended. */
  const following = async <N extends "scenes.draft" | "scenes.editors">(
    handlers: DomainHandlers<"scenes">,
    name: N,
    params: TopicParams<N>,
    context: CallContext,
  ) => {
    const told: Array<unknown> = [];
    const ended: Array<CallError> = [];
    const topics = handlers.topics as unknown as Record<string, TopicHandler<N>>;
    const handle = await run(
      topics[name]!(params, context, undefined, (message) => {
        if (ended.length > 0 || message.type === "resumed") return;
        const json: unknown = JSON.parse(message.json);
        told.push(...(Array.isArray(json) ? json : [json]));
      }),
    );
    handle.onEnd?.((error) => {
      ended.push(error);
      handle.close();
    });
    return { told, ended: () => ended.map(({ code, message }) => `${code}: ${message}`), close: handle.close };
  };

  test("two edit at once, each change is told to both, and one from whom it is withdrawn is cut off before the answer", async () => {
    const handlers = await run(sceneHandlers);
    const { id } = await call("scenes.create", { title: "Forest", body: ending });
    const as = (userId: string) => contextOf(userId, { connectionId: `con_${userId}` });
    const edit = (who: string, node: string) =>
      run(
        handlers.calls["scenes.edit"](
          { id, edits: [{ do: "putNode", node: { id: node, type: "choice" } as never }], token: node },
          as(who),
        ),
      );
    const withdraw = (userId: string) => run(handlers.calls["scenes.withdraw"]({ id, userId }, as(anna)));
    await call("scenes.grant", { id, who: ben, role: "editor" });
    const [hers, his] = [
      await following(handlers, "scenes.draft", { id }, as(anna)),
      await following(handlers, "scenes.draft", { id }, as(ben)),
    ];
    const seen = await following(handlers, "scenes.editors", { id, editor: "edt_ben" }, as(ben));
    const watched = await following(handlers, "scenes.editors", { id, editor: "edt_anna" }, as(anna));
    const at = { cursor: null, nodes: [], selected: 0, edge: null };
    const here = () => run(handlers.calls["scenes.here"]({ id, editor: "edt_ben", hello: true, at }, as(ben)));
    await here();
    await Promise.all([edit(anna, "a"), edit(ben, "b"), edit(anna, "c")]);
    expect(his.told).toEqual(hers.told);
    expect(hers.told).toHaveLength(4);
    expect((await call("scenes.get", { id })).scene).toMatchObject({ nodes: 4, draft: 4 });

    await withdraw(ben);
    const why = "not_found: This scene is not shared with you any more.";
    expect([his.ended(), seen.ended(), hers.ended()]).toEqual([[why], [why], []]);
    expect(watched.told.at(-1)).toEqual({ say: "gone", editor: "edt_ben" });
    expect(await refusalOf(edit(ben, "d"))).toMatch(/^not_found: /);
    expect(await refusalOf(here())).toMatch(/^not_found: /);
    await edit(anna, "e");
    expect([hers.told.length, his.told.length]).toEqual([5, 4]);
    expect(await refusalOf(following(handlers, "scenes.draft", { id }, as(ben)))).toMatch(/^not_found: /);

    await call("scenes.grant", { id, who: ben, role: "viewer" });
    const again = await following(handlers, "scenes.draft", { id }, as(ben));
    await run(handlers.calls["scenes.delete"]({ ids: [id] }, as(anna)));
    expect(again.ended()).toEqual([why]);
    for (const { close } of [hers, watched]) close();
  });

  describe("in two processes", () => {
    const url = process.env["PIXSIM_TEST_REDIS"] ?? "";
    let processes: ReadonlyArray<ReturnType<typeof busProcess>>;
    let one: DomainHandlers<"scenes">;
    let two: DomainHandlers<"scenes">;
    beforeAll(async () => {
      const runners = [runnerOf("one"), runnerOf("two")];
      processes = runners.map(() => busProcess(url, () => runners));
      const on = async (process: ManagedRuntime.ManagedRuntime<Bus, unknown>) =>
        run(Effect.provideService(sceneHandlers, Bus, await process.runPromise(Bus)));
      [one, two] = [await on(processes[0]!), await on(processes[1]!)];
    });
    afterAll(() => Promise.all(processes.map((process) => process.dispose())));

    test("two users see each other and each other's edits, until it is withdrawn from one", async () => {
      const { id } = await call("scenes.create", { title: "Forest", body: ending });
      await call("scenes.grant", { id, who: ben, role: "editor" });
      const [annas, bens] = [contextOf(anna, { connectionId: "con_anna" }), contextOf(ben, { connectionId: "con_ben" })];
      const hers = await following(one, "scenes.editors", { id, editor: "edt_anna" }, annas);
      const his = await following(two, "scenes.editors", { id, editor: "edt_ben" }, bens);
      const drafts = [await following(one, "scenes.draft", { id }, annas), await following(two, "scenes.draft", { id }, bens)] as const;
      const at = { cursor: { x: 1, y: 2 }, nodes: ["over"], selected: 1, edge: null };
      await run(two.calls["scenes.here"]({ id, editor: "edt_ben", hello: true, at }, bens));
      await expect.poll(() => hers.told.at(-1)).toEqual({ say: "here", editor: "edt_ben", userId: ben, name: ben, hello: true, at });
      await run(one.calls["scenes.here"]({ id, editor: "edt_anna", hello: false, at }, annas));
      await expect.poll(() => his.told.at(-1)).toMatchObject({ editor: "edt_anna", name: anna });

      await run(two.calls["scenes.edit"]({ id, edits: [{ do: "moveNode", id: "over", x: 5, y: 6 }], token: "t" }, bens));
      await expect.poll(() => drafts[0].told.at(-1)).toEqual({ draft: 2, edits: [{ do: "moveNode", id: "over", x: 5, y: 6 }], token: "t" });

      await run(one.calls["scenes.withdraw"]({ id, userId: ben }, annas));
      await expect.poll(() => [drafts[1].ended().length, his.ended().length]).toEqual([1, 1]);
      await expect.poll(() => hers.told.at(-1)).toEqual({ say: "gone", editor: "edt_ben" });
      hers.close();
      drafts[0].close();
    });
  });
});
