import { gzipSync } from "node:zlib";
import { Clock, Effect } from "effect";
import { beforeEach, describe, expect, test } from "vitest";
import { domainOn, refusalOf } from "#actors/testing.ts";
import { testDatabases } from "#db/client/testing.ts";
import { dropSceneParts, purgeScenes } from "#db/queries/scene.ts";
import { type CallInput, calls, type TopicParams } from "#protocol/contract.ts";
import { checkStory } from "#protocol/scene/check/check.ts";
import { bodyOf } from "#protocol/scene/testing.ts";
import { sceneLimits } from "#protocol/scene/limits.ts";
import type { CallContext, DomainHandlers, TopicHandler, TopicMessage } from "#runtime/gateway/handlers.ts";
import { contextOf } from "#runtime/gateway/caller.ts";
import { Pool } from "#runtime/pool/pool.ts";
import { sceneHandlers, sceneQuotas } from "./handlers.ts";

type Body = NonNullable<CallInput<"scenes.create">["body"]>;

describe.each(testDatabases)("the library of scenes on $engine", ({ layer }) => {
  let user = "";
  let users = 0;
  beforeEach(() => (user = `usr_${++users}`));
  const { run, sql, call } = domainOn(layer, sceneHandlers, () => user);
  const titles = async (filter: CallInput<"scenes.list"> = {}) => (await call("scenes.list", filter)).scenes.map(({ title }) => title);

  /** Works of the pool that were done. */
  const doneInThreads = () => run(Effect.map(Pool, (pool) => pool.stats().ended.done));

  const ending: Body = { start: "over", nodes: [{ id: "over", type: "end", ending: "over" }] };
  const calling = (scene: string): Body => ({
    start: "call",
    nodes: [{ id: "call", type: "scene_call", scene }, ...ending.nodes!],
    edges: [{ id: "on", from: "call", to: "over", kind: "default" }],
  });
  const asset = (id: string, sha256: string, who = user, durationMs: number | null = 4000) =>
    sql(
      (db) => db`
        insert into asset (id, owner_id, media_type, mime, name, size, width, height, duration_ms, sha256, origin, created_at)
        values (${id}, ${who}, 'video', 'video/mp4', ${`film ${id}`}, 1, 1, 1, ${durationMs}, ${sha256}, 'generation', 1)`,
    );
  const playing = (assetId: string): Body => ({
    start: "film",
    nodes: [
      { id: "film", type: "video", segments: [{ id: "s", media: { kind: "clip", assetId, startMs: 500, endMs: 3000 } }] },
      ...ending.nodes!,
    ],
    edges: [{ id: "on", from: "film", to: "over", kind: "default" }],
  });

  test("a draft is edited part by part: nobody undoes what another did meanwhile, and what does not fit changes nothing", async () => {
    const { id } = await call("scenes.create", { title: "Forest", body: ending });
    await Promise.all(
      ["a", "b", "c"].map((node) => call("scenes.edit", { id, edits: [{ do: "putNode", node: { id: node, type: "choice" } }] })),
    );
    await call("scenes.edit", {
      id,
      edits: [
        { do: "putEdge", edge: { id: "ab", from: "a", to: "b", kind: "choice", text: { en: "Go \0" } } },
        { do: "moveNode", id: "a", x: 10, y: -5 },
        { do: "setHead", head: { start: "a", flags: [{ name: "met" }] } },
        { do: "removeNode", id: "c" },
        { do: "removeNode", id: "gone" },
      ],
    });
    const { scene, body } = await call("scenes.get", { id });
    expect(scene).toMatchObject({ nodes: 3, edges: 1, edited: true, rev: 5 });
    expect(body).toMatchObject({ start: "a", flags: [{ name: "met", initial: false }], edges: [{ id: "ab", text: { en: "Go \ufffd" } }] });
    expect(body.nodes.find((node) => node.id === "a")).toMatchObject({ x: 10, y: -5 });
    expect(
      await refusalOf(call("scenes.edit", { id, edits: [{ do: "putEdge", edge: { id: "x", from: "a", to: "c", kind: "default" } }] })),
    ).toBe("invalid_input: There is no node c.");
    await call("scenes.edit", { id, edits: [{ do: "removeNode", id: "a" }] });
    const after = await call("scenes.get", { id });
    expect(after).toMatchObject({ scene: { nodes: 2, edges: 0, rev: 6 }, body: { start: null, flags: [{ name: "met" }] } });
  });

  test("a large draft is not read again where nobody has changed it since, and is where somebody has, in whatever process", async () => {
    const many = Array.from({ length: 600 }, (_, at) => ({ id: `n${at}`, type: "choice" as const }));
    const { id } = await call("scenes.create", { title: "Large", body: { nodes: many } });
    const process = await run(sceneHandlers);
    const edit = (...edits: CallInput<"scenes.edit">["edits"]) =>
      run(process.calls["scenes.edit"](calls.get("scenes.edit")!.input.parse({ id, edits }) as never, contextOf(user)));
    const put = (node: string) => ({ do: "putNode" as const, node: { id: node, type: "choice" as const } });
    const stored = async () => (await call("scenes.get", { id })).body.nodes.map((node) => node.id);
    await edit(put("a"));
    // Not a change: that would have another number.
    await sql((db) => db`update scene set body = ${db.json(ending as never)} where id = ${id}`);
    await edit(put("b"));
    expect([(await stored()).length, (await stored()).slice(-2)]).toEqual([602, ["a", "b"]]);
    // In another process.
    await call("scenes.edit", { id, edits: [put("c"), { do: "removeNode", id: "a" }] });
    await edit(put("d"));
    expect([(await stored()).length, (await stored()).slice(-3)]).toEqual([603, ["b", "c", "d"]]);
    const clash = { do: "putEdge" as const, edge: { id: "x", from: "d", to: "gone", kind: "default" as const } };
    expect(await refusalOf(edit({ do: "removeNode", id: "d" }, clash))).toMatch(/^invalid_input/);
    await edit(put("e"));
    expect((await stored()).slice(-2)).toEqual(["d", "e"]);
    await call("scenes.delete", { ids: [id] });
    expect(await refusalOf(edit(put("f")))).toMatch(/^not_found/);
  });

  test("a published version keeps all that it plays as it was, and errors are not published", async () => {
    const shop = await call("scenes.create", { title: "Shop", body: ending });
    const main = await call("scenes.create", { title: "Main", body: calling(shop.id) });
    const { scene, version } = await call("scenes.publish", { id: main.id, note: "first" }, user, "publish-1");
    expect(scene).toMatchObject({ versions: 1, latest: version, edited: false });
    expect(version).toMatchObject({ sceneId: main.id, number: 1, note: "first" });
    expect(await call("scenes.publish", { id: main.id, note: "first" }, user, "publish-1")).toEqual({ scene, version });
    expect(await refusalOf(call("scenes.publish", { id: main.id, note: "other" }, user, "publish-1"))).toContain("idempotency_conflict");

    await call("scenes.edit", { id: shop.id, edits: [{ do: "putNode", node: { id: "over", type: "end", ending: "changed" } }] });
    await call("scenes.rename", { id: shop.id, title: "Market" });
    const { story } = await call("scenes.version", { id: version.id });
    expect(story).toMatchObject({ entry: main.id, scenes: [{ id: main.id }, { title: "Shop", body: { nodes: [{ ending: "over" }] } }] });
    expect((await call("scenes.story", { id: main.id })).story.scenes[1]).toMatchObject({
      title: "Market",
      body: { nodes: [{ ending: "changed" }] },
    });

    expect(await call("scenes.edit", { id: main.id, edits: [{ do: "putNode", node: { id: "over", type: "condition" } }] })).toMatchObject({
      edited: true,
      versions: 1,
    });
    const { problems } = await call("scenes.check", { id: main.id });
    expect(problems.map(({ code, node }) => [code, node])).toEqual([["dead_end", "over"]]);
    expect(await refusalOf(call("scenes.publish", { id: main.id }))).toMatch(/^conflict: It has errors: Nothing leads on from here/);
    expect((await call("scenes.versions", { id: main.id })).versions).toEqual([version]);
    expect((await call("scenes.export", { id: main.id, versionId: version.id })).file.story).toEqual(story);
    expect(await refusalOf(call("scenes.export", { id: shop.id, versionId: version.id }))).toBe(
      `not_found: The version ${version.id} does not exist, or is not yours.`,
    );
    await sql((db) => db`update scene set versions = ${sceneQuotas.versions} where id = ${shop.id}`);
    expect(await refusalOf(call("scenes.publish", { id: shop.id }))).toContain("quota_exceeded");
  });

  test("a story has its bounds, however many scenes it calls and however long they are", async () => {
    const parts = (kind: string, count: number, nodes: number) =>
      sql(
        (db) => db`
          insert into scene (id, owner_id, title, format, body, nodes, edges, created_at, changed_at)
          select ${`${kind}_${user}_`} || n, ${user}, 'x', 1, jsonb_build_object('nodes', (
            select coalesce(jsonb_agg(jsonb_build_object(
              'id', 'n' || i, 'type', 'end', 'ending', 'over', 'text', jsonb_build_object('en', repeat('x', 4000))
            )), '[]') from generate_series(1, ${nodes}::int) i
          )), 0, 0, n, n from generate_series(1, ${count}::int) n`,
      );
    const whole = async (kind: string, count: number) => {
      const nodes = Array.from({ length: count }, (_, at) => ({
        id: `n${at}`,
        type: "scene_call" as const,
        scene: `${kind}_${user}_${at + 1}`,
      }));
      return (await call("scenes.create", { title: kind, body: { start: "n0", nodes } })).id;
    };
    await parts("many", sceneLimits.scenes, 0);
    expect((await call("scenes.story", { id: await whole("many", sceneLimits.scenes - 1) })).story.scenes).toHaveLength(sceneLimits.scenes);
    expect(await refusalOf(call("scenes.check", { id: await whole("many", sceneLimits.scenes) }))).toBe(
      `payload_too_large: It calls more than ${sceneLimits.scenes} scenes.`,
    );
    await parts("long", 5, 500);
    expect((await call("scenes.story", { id: await whole("long", 4) })).story.scenes).toHaveLength(5);
    expect(await refusalOf(call("scenes.export", { id: await whole("long", 5) }))).toContain(
      `payload_too_large: It is longer than ${sceneLimits.characters} characters`,
    );
  });

  test("media that is not there, or shorter than what is cut from it, is a problem; that of others is not there", async () => {
    await asset(`ast_${user}`, "a".repeat(64), user, 2000);
    await asset(`ast_other_${user}`, "b".repeat(64), "usr_else");
    const codes = async (assetId: string) => {
      const { id } = await call("scenes.create", { title: "x", body: playing(assetId) });
      return (await call("scenes.check", { id })).problems.map(({ code }) => code);
    };
    expect(await codes(`ast_${user}`)).toEqual(["beyond_the_end"]);
    expect(await codes(`ast_other_${user}`)).toEqual(["missing_media"]);
  });

  test("a file has its pictures too, and they are found where it is read", async () => {
    const picture = `ast_picture_${user}`;
    await asset(picture, "d".repeat(64), user, null);
    await sql((db) => db`update asset set media_type = 'image', mime = 'image/png' where id = ${picture}`);
    const body = playing(picture);
    const segments = [{ id: "s", media: { kind: "still", assetId: picture, durationMs: 2000 } }];
    const { id } = await call("scenes.create", {
      title: "Stills",
      body: { ...body, nodes: [{ ...body.nodes![0]!, segments } as never, ...ending.nodes!] },
    });
    const { file } = await call("scenes.export", { id });
    const taken = await call("scenes.import", { source: "pixsim", text: JSON.stringify(file) });
    const { story } = await call("scenes.story", { id: taken.id });
    expect(story.scenes[0]!.body.nodes[0]).toMatchObject({ segments });
  });

  test("a file goes to somebody else, who has the same media under another id, or not at all", async () => {
    await asset(`ast_${user}`, "c".repeat(64));
    const shop = await call("scenes.create", { title: "Shop", body: playing(`ast_${user}`) });
    const main = await call("scenes.create", { title: "Main", body: calling(shop.id) });
    const { file } = await call("scenes.export", { id: main.id });
    expect(file).toMatchObject({
      format: "pixsim-story",
      version: 1,
      title: "Main",
      media: [{ sha256: "c".repeat(64), name: `film ast_${user}` }],
    });
    const text = JSON.stringify(file);

    const eve = `${user}_eve`;
    await asset(`ast_${eve}`, "c".repeat(64), eve);
    const taken = await call("scenes.import", { source: "pixsim", text }, eve, "import-1");
    expect(taken.scenes.map(({ title }) => title)).toEqual(["Main", "Shop"]);
    expect((await call("scenes.import", { source: "pixsim", text }, eve, "import-1")).scenes).toEqual(taken.scenes);
    const { story } = await call("scenes.story", { id: taken.id }, eve);
    expect(story.scenes[0]!.body.nodes[0]).toMatchObject({ type: "scene_call", scene: story.scenes[1]!.id });
    expect(story.scenes[1]!.body.nodes[0]).toMatchObject({
      segments: [{ media: { kind: "clip", assetId: `ast_${eve}`, startMs: 500, endMs: 3000 } }],
    });

    expect(taken.notes).toEqual([]);

    const bob = await call("scenes.import", { source: "pixsim", text }, `${user}_bob`);
    expect(bob.notes).toEqual([`Your library has not the files of “film ast_${user}”: upload them, then bring the story in once more.`]);
    expect((await call("scenes.check", { id: bob.id }, `${user}_bob`)).problems).toMatchObject([{ code: "missing_media" }]);
    expect(await refusalOf(call("scenes.import", { source: "pixsim", text: "{}" }))).toBe("invalid_input: This is not a story of PixSim.");
  });

  test("a file that is longer than a frame comes packed, and one that would fill the memory is not unpacked", async () => {
    const nodes = Array.from({ length: 2000 }, (_, at) => ({ id: `n${at}`, type: "choice" as const, title: `Node ${at}`.repeat(10) }));
    const { id } = await call("scenes.create", { title: "Long", body: bodyOf({ start: "n0", nodes, edges: [] }) });
    const text = JSON.stringify((await call("scenes.export", { id })).file);
    expect(text.length).toBeGreaterThan(300_000);
    const packed = (of: string) => ({ source: "pixsim" as const, text: gzipSync(of).toString("base64"), packed: "gzip" as const });
    const again = await call("scenes.import", packed(text));
    expect((await call("scenes.get", { id: again.id })).body).toEqual((await call("scenes.get", { id })).body);
    const { file: most, characters: mostOfOthers } = sceneLimits;
    for (const [source, limit] of [["pixsim", most] as const, ["twee", mostOfOthers] as const, ["ink", mostOfOthers] as const]) {
      for (const length of [limit * 3 + 1, limit + 1]) {
        expect(await refusalOf(call("scenes.import", { ...packed("x".repeat(length)), source }))).toBe(
          `payload_too_large: The file is too large: at most ${limit} characters.`,
        );
      }
    }
    const longest = { ...packed(`:: Start\n${"\u20ac".repeat(mostOfOthers - 9)}`), source: "twee" as const };
    expect((await call("scenes.import", longest)).notes).toEqual([expect.stringMatching(/^A text is longer than 4000 characters/)]);
    expect(await refusalOf(call("scenes.import", { ...packed(""), text: "AAAA" }))).toMatch(/^invalid_input: The file came packed/);
    const wrong = JSON.stringify({ format: "pixsim-story", version: 1, title: 7, media: [], story: { entry: "a", scenes: [] } });
    expect(await refusalOf(call("scenes.import", packed(wrong)))).toMatch(/^invalid_input: title: .*string.*number\./);
  });

  test("what is longer than a frame also when it is packed comes in parts, each as often as it likes, and waits for an hour", async () => {
    const { id } = await call("scenes.create", { title: "Long", body: ending });
    const text = JSON.stringify((await call("scenes.export", { id })).file);
    const [first, second, last] = [text.slice(0, 50), text.slice(50, 120), text.slice(120)];
    const send = (file: string, at: number, part: string, who = user) => call("scenes.part", { file, at, text: part }, who);
    const take = (file: string, who = user, count = 2) =>
      refusalOf(call("scenes.import", { source: "pixsim", text: last, parts: { file, count } }, who));
    await send("a", 1, second);
    expect(await take("a")).toBe(
      "invalid_input: Of the 2 parts of the file 1 are here, for only those of the 4 newest files are kept, for an hour. " +
        "Bring it in once more, with fewer others at the same time.",
    );
    await send("a", 0, "broken");
    expect(await take("a")).toBe("invalid_input: The file is not JSON.");
    await send("a", 0, first);
    const packed = gzipSync(text).toString("base64");
    await send("b", 0, packed.slice(0, 101));
    const whole = await call("scenes.import", { source: "pixsim", text: last, parts: { file: "a", count: 2 } });
    const unpacked = await call("scenes.import", {
      source: "pixsim",
      text: packed.slice(101),
      packed: "gzip",
      parts: { file: "b", count: 1 },
    });
    for (const taken of [whole, unpacked]) {
      expect((await call("scenes.get", { id: taken.id })).body).toEqual((await call("scenes.get", { id })).body);
    }
    // They are nobody else's, and of one user those of the newest files stay.
    expect(await take("a", `${user}_eve`)).toContain("0 are here");
    for (const file of ["c", "d"]) await send(file, 0, first);
    const then = await run(Clock.currentTimeMillis);
    await send("e", 0, first);
    expect([await take("a"), await take("b"), await take("e")].map((said) => /(\d) are here/.exec(said)?.[1])).toEqual(["0", "1", "1"]);
    await sql((db) => dropSceneParts(db, then + 1));
    expect([await take("d"), await take("e")].map((said) => /(\d) are here/.exec(said)?.[1])).toEqual(["0", "1"]);
  });

  test("a long story is worked on in threads and a short one in place, and nothing of either gets lost", async () => {
    const clip = (title: string) => ({
      id: "film",
      type: "video" as const,
      title,
      segments: [{ id: "s", media: { kind: "clip" as const, assetId: `ast_${user}`, startMs: 500, endMs: 3000 } }],
    });
    await asset(`ast_${user}`, "c".repeat(64));
    const works: Array<number> = [];
    const inThreads = async <A>(work: Promise<A>): Promise<A> => {
      const before = await doneInThreads();
      const answer = await work;
      works.push((await doneInThreads()) - before);
      return answer;
    };
    for (const loose of [0, 2000]) {
      const nodes = Array.from({ length: loose }, (_, at) => ({
        id: `n${at}`,
        type: "choice" as const,
        title: `Loose end ${at} `.padEnd(120, "."),
      }));
      const inner = await call("scenes.create", { title: "Inner", body: playing(`ast_${user}`) });
      const { nodes: own, ...rest } = calling(inner.id);
      const outer = await call("scenes.create", { title: 'The "outer" one', body: { ...rest, nodes: [...own!, ...nodes] } });
      await call("scenes.edit", { id: inner.id, edits: [{ do: "putNode", node: clip('Quoted "\\" and \u2028') }] });
      const { body } = await inThreads(call("scenes.get", { id: outer.id }));
      expect(body.nodes).toHaveLength(loose + 2);
      const { story } = await inThreads(call("scenes.story", { id: outer.id }));
      expect(story.scenes).toEqual([
        { id: outer.id, title: 'The "outer" one', body },
        { id: inner.id, title: "Inner", body: (await call("scenes.get", { id: inner.id })).body },
      ]);
      const { problems } = await inThreads(call("scenes.check", { id: outer.id }));
      expect(problems).toEqual(checkStory(story, new Map([[`ast_${user}`, { mediaType: "video", durationMs: 4000 }]])));
      expect(problems.length > 0).toBe(loose > 0);
      const { file } = await inThreads(call("scenes.export", { id: outer.id }));
      expect(file).toMatchObject({ title: 'The "outer" one', media: [{ assetId: `ast_${user}`, sha256: "c".repeat(64) }] });
      const text = gzipSync(JSON.stringify(file)).toString("base64");
      const again = await inThreads(call("scenes.import", { source: "pixsim", text, packed: "gzip" }, user, `again-${loose}`));
      const repeated = await call("scenes.import", { source: "pixsim", text, packed: "gzip" }, user, `again-${loose}`);
      expect(repeated.scenes).toEqual(again.scenes);
      const taken = (await call("scenes.story", { id: again.id })).story;
      const bodies = (of: typeof taken) => of.scenes.map((scene) => JSON.stringify(scene.body).replaceAll(inner.id, "inner"));
      expect(bodies(taken)[0]!.replaceAll(taken.scenes[1]!.id, "inner")).toBe(bodies(file.story)[0]);
      expect(bodies(taken)[1]).toBe(bodies(file.story)[1]);
    }
    expect(works).toEqual([0, 0, 0, 0, 0, 1, 1, 2, 1, 2]);
  });

  test("a long file of any kind is read in a thread, with the same words for what is wrong with it", async () => {
    const before = await doneInThreads();
    const brought = async (source: "pixsim" | "twee" | "ink", text: string) => {
      const made = call("scenes.import", { source, text: gzipSync(text).toString("base64"), packed: "gzip" });
      return made.then(
        ({ scenes, notes }) => ({ nodes: scenes[0]!.nodes, notes }),
        () => refusalOf(made),
      );
    };
    const passages = (count: number) => Array.from({ length: count }, (_, at) => `:: P${at}\n${"words ".repeat(50)}\n[[P${at + 1}]]`);
    const padding = "x".repeat(300_000);
    expect([
      await brought("twee", [...passages(900), ":: P900\n<<run x>>"].join("\n")),
      await brought("twee", passages(2600).join("\n")),
      await brought("ink", JSON.stringify({ inkVersion: 21, root: [[`^${padding}`, "\n", "end", null], "done", null] })),
      await brought("ink", `[${padding}`),
      await brought("pixsim", JSON.stringify({ format: padding })),
      await brought("pixsim", `{"format":"pixsim-story","__proto__":"${padding}"}`),
    ]).toEqual([
      { nodes: 902, notes: ['What "P900" does beside telling was left out, its words were kept.'] },
      "invalid_input: The story has 2600 passages; at most 2499 are taken.",
      { nodes: 2, notes: [expect.stringMatching(/^A text is longer than 4000 characters and was cut/)] },
      expect.stringMatching(/^invalid_input: The file is not JSON/),
      "invalid_input: This is not a story of PixSim.",
      "invalid_input: The file has keys that no story has.",
    ]);
    // The story of one of them is long too, and is placed in a thread.
    expect((await doneInThreads()) - before).toBe(6 + 1);
  });

  test("a story of Twine and one of ink become scenes that wait for their media, and what is none is refused", async () => {
    const twee = await call("scenes.import", { source: "twee", text: ":: Start\nHello. [[On]]\n:: On\nBye. <<run x>>" });
    expect(twee.notes).toHaveLength(1);
    expect((await call("scenes.get", { id: twee.id })).body.nodes.map(({ title }) => title)).toEqual(["Start", "On", ""]);
    const ink = JSON.stringify({ inkVersion: 21, root: [["^Hallo.", "\n", "end", null], "done", null] });
    const german = await call("scenes.import", { source: "ink", text: ink, language: "de", untitled: "Ein Gruß" });
    expect([twee, german].map(({ scenes }) => scenes[0]!.title)).toEqual(["Imported story", "Ein Gruß"]);
    expect((await call("scenes.get", { id: german.id })).body.nodes[0]).toMatchObject({ type: "video", caption: { de: "Hallo." } });
    expect(await refusalOf(call("scenes.import", { source: "ink", text: "[]" }))).toMatch(
      /^invalid_input: This is not a compiled ink story/,
    );
  });

  test("what is another's does not exist, also when it is called", async () => {
    const { id } = await call("scenes.create", { title: "Hers", body: ending }, "usr_hers");
    expect(await refusalOf(call("scenes.get", { id }))).toBe(`not_found: The scene ${id} does not exist, or is not yours.`);
    const own = await call("scenes.create", { title: "Mine", body: calling(id) });
    expect((await call("scenes.check", { id: own.id })).problems).toMatchObject([{ code: "unknown_scene", node: "call" }]);
  });

  test("the list is paged and searched, and the trash gives back what is not too old", async () => {
    for (const title of ["Forest", "River 100%", "Old forest"]) await call("scenes.create", { title });
    expect(await titles()).toEqual(["Old forest", "River 100%", "Forest"]);
    expect(await titles({ search: "FOR st" })).toEqual(["Old forest", "Forest"]);
    expect(await titles({ search: "0%" })).toEqual(["River 100%"]);
    const first = await call("scenes.list", { limit: 2 });
    expect(await titles({ limit: 2, cursor: first.next! })).toEqual(["Forest"]);
    const { id } = first.scenes[0]!;
    await call("scenes.delete", { ids: [id] });
    expect([await titles(), await titles({ deleted: true })]).toEqual([["River 100%", "Forest"], ["Old forest"]]);
    expect(await refusalOf(call("scenes.edit", { id, edits: [{ do: "removeNode", id: "x" }] }))).toContain("not_found");
    await call("scenes.restore", { ids: [id] });
    expect(await titles()).toEqual(["Old forest", "River 100%", "Forest"]);
    await call("scenes.delete", { ids: [id] });
    const at = (await call("scenes.list", { deleted: true })).scenes[0]!.deletedAt!;
    expect(await sql((db) => purgeScenes(db, at))).not.toContainEqual({ id });
    expect(await sql((db) => purgeScenes(db, at + 1))).toContainEqual({ id });
    expect(await refusalOf(call("scenes.restore", { ids: [id] }))).toContain("not_found");
  });

  test("a key makes one scene, and stands for one content", async () => {
    const make = (title: string) => call("scenes.create", { title, body: ending }, user, "create-1");
    const [one, two] = await Promise.all([make("a"), make("a")]);
    expect(two.id).toBe(one.id);
    expect(await refusalOf(make("b"))).toContain("idempotency_conflict");
    expect(await titles()).toEqual(["a"]);
    // Whoever asks again after it was changed, as what makes a story after its end, gets it as it is.
    await call("scenes.rename", { id: one.id, title: "c" });
    expect(await make("a")).toMatchObject({ id: one.id, title: "c" });
    expect(await titles()).toEqual(["c"]);
  });

  test("there is room for so many, and a scene has its bound", async () => {
    const { id } = await call("scenes.create", { title: "first", body: ending });
    await sql(
      (db) => db`
        insert into scene (id, owner_id, title, format, body, nodes, edges, created_at, changed_at)
        select 'many_' || ${user} || n, ${user}, 'x', 1, '{}', 0, 0, n, n from generate_series(2, ${sceneQuotas.scenes}::int) n`,
    );
    expect(await refusalOf(call("scenes.create", { title: "one more" }))).toContain("quota_exceeded");
    const text = "x".repeat(4000);
    const caption = Object.fromEntries(["en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "fi"].map((language) => [language, text]));
    const edits = Array.from({ length: 60 }, (_, at) => ({
      do: "putNode" as const,
      node: { id: `n${at}`, type: "video" as const, caption },
    }));
    expect(await refusalOf(call("scenes.edit", { id, edits }))).toContain("payload_too_large");
    expect((await call("scenes.get", { id })).scene).toMatchObject({ nodes: 1, rev: 1 });
  });

  test("whoever follows is told of each change of their own", async () => {
    const { id } = await call("scenes.create", { title: "before", body: ending });
    const messages: Array<TopicMessage> = [];
    const handle = await run(
      Effect.flatMap(sceneHandlers, ({ topics }) =>
        topics["scenes.scenes"]({}, contextOf(user), undefined, (message) => messages.push(message)),
      ),
    );
    await call("scenes.create", { title: "another's" }, `${user}_other`);
    await call("scenes.publish", { id });
    await call("scenes.delete", { ids: [id] });
    handle.close();
    const [snapshot, ...deltas] = messages.map((message) => ("json" in message ? JSON.parse(message.json) : null));
    expect(snapshot).toMatchObject({ count: 1, scenes: [{ title: "before" }], next: null });
    expect(deltas).toMatchObject([[{ rev: 2, versions: 1, edited: false }], [{ rev: 3, deletedAt: expect.any(Number) }]]);
  });

  /** One and the same for those who speak with each other. */
  let made: Promise<DomainHandlers<"scenes">> | undefined;
  const domain = () => (made ??= run(sceneHandlers));
  /** Follows, and answers what is told: snapshots and single deltas as they come. */
  const following = async <N extends "scenes.draft" | "scenes.editors">(
    name: N,
    params: TopicParams<N>,
    context = contextOf(user),
    from?: string,
  ) => {
    const told: Array<unknown> = [];
    const topics = (await domain()).topics as unknown as Record<string, TopicHandler<N>>;
    const handle = await run(
      topics[name]!(params, context, from, (message) => {
        const json: unknown = "json" in message ? JSON.parse(message.json) : message;
        told.push(...(Array.isArray(json) ? json : [json]));
      }),
    );
    return { told, close: handle.close };
  };

  test("who has a draft open is told each change of it, as it came to be and by whom", async () => {
    const { id } = await call("scenes.create", { title: "Forest", body: ending });
    const [anna, ben] = [await following("scenes.draft", { id }), await following("scenes.draft", { id })];
    const edits: CallInput<"scenes.edit">["edits"] = [
      { do: "patchNode", id: "over", set: { text: { en: "The end" }, id: "else", nothing: 1 } },
      { do: "patchNode", id: "gone", set: { title: "x" } },
      { do: "putNode", node: { id: "a", type: "choice" } },
    ];
    expect(await call("scenes.edit", { id, edits, token: "t1" })).toMatchObject({ draft: 2, rev: 2, nodes: 2 });
    expect(await refusalOf(call("scenes.edit", { id, edits: [{ do: "patchNode", id: "over", set: { ending: 7 } }] }))).toMatch(
      /^invalid_input: .*string/,
    );
    expect(await refusalOf(call("scenes.edit", { id, edits: [{ do: "patchNode", id: "over", set: { group: "a" } }] }))).toBe(
      "invalid_input: There is no group a.",
    );
    const { nodes } = (await call("scenes.get", { id })).body;
    expect(nodes).toMatchObject([{ id: "over", text: { en: "The end" }, ending: "over" }, { id: "a" }]);
    const put = { do: "putNode", node: nodes[1] };
    const first = { draft: 2, edits: [{ do: "patchNode", id: "over", set: { text: { en: "The end" } } }, put], token: "t1" };
    expect(anna.told).toEqual([{ draft: 1 }, first]);
    ben.close();
    const long = Array.from({ length: 60 }, (_, at) => ({
      do: "putNode" as const,
      node: { id: `n${at}`, type: "end" as const, ending: "e", text: { en: "x".repeat(4000) } },
    }));
    await call("scenes.edit", { id, edits: long });
    expect(anna.told.at(-1)).toEqual({ draft: 3, edits: null, token: null });
    expect(ben.told).toEqual([{ draft: 1 }, first]);
    expect((await call("scenes.get", { id })).scene.draft).toBe(3);
    anna.close();
    expect(await refusalOf(following("scenes.draft", { id }, contextOf(`${user}_other`)))).toMatch(/^not_found: The scene/);
  });

  test("who has a scene open tells the others what they look at, under their own name, and is gone when they end", async () => {
    const { id } = await call("scenes.create", { title: "Forest", body: ending });
    const [annas, bens] = [
      contextOf(user, { connectionId: "con_a", username: "anna" }),
      contextOf(user, { connectionId: "con_b", username: "ben" }),
    ];
    const at = { cursor: { x: 1, y: 2 }, nodes: ["over"], selected: 1, edge: null };
    const here = async (editor: string, context: CallContext, hello = false) =>
      run((await domain()).calls["scenes.here"]({ id, editor, hello, at }, context));
    const anna = await following("scenes.editors", { id, editor: "edt_a" }, annas);
    expect(await refusalOf(here("edt_b", bens))).toMatch(/^not_found: The scene/);
    const ben = await following("scenes.editors", { id, editor: "edt_b" }, bens);
    await here("edt_b", bens, true);
    expect(await refusalOf(here("edt_b", annas))).toMatch(/^not_found: The scene/);
    const word = { say: "here", editor: "edt_b", userId: user, name: "ben", hello: true, at };
    expect(anna.told).toEqual([{}, word]);
    ben.close();
    expect(anna.told).toEqual([{}, word, { say: "gone", editor: "edt_b" }]);
    expect(await refusalOf(here("edt_b", bens))).toMatch(/^not_found: The scene/);
    const late = await following("scenes.editors", { id, editor: "edt_c" }, bens);
    late.close();
    anna.close();
    expect(late.told).toEqual([{}]);
    expect(anna.told).toHaveLength(3);
    expect(await refusalOf(following("scenes.editors", { id, editor: "edt_d" }, contextOf(`${user}_other`)))).toMatch(/^not_found: /);
  });
});
