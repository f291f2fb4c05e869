import { Effect } from "effect";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { domainOn, refusalOf } from "#actors/testing.ts";
import { testDatabases } from "#db/client/testing.ts";
import { purgePrompts } from "#db/queries/prompt.ts";
import type { CallInput } from "#protocol/contract.ts";
import type { TopicMessage } from "#runtime/gateway/handlers.ts";
import { contextOf } from "#runtime/gateway/caller.ts";
import { promptHandlers, promptQuotas } from "./handlers.ts";

describe.each(testDatabases)("the prompt library on $engine", ({ layer }) => {
  let user = "";
  let users = 0;
  beforeEach(() => (user = `usr_${++users}`));
  const { run, sql, call } = domainOn(layer, promptHandlers, () => user);
  const titles = async (filter: CallInput<"prompts.list"> = {}) => (await call("prompts.list", filter)).prompts.map(({ title }) => title);

  test("versions make a tree, say for ever what they said, and the newest stands for all", async () => {
    const tries = fc.array(
      fc.record({ parent: fc.nat(), text: fc.string({ minLength: 1 }).map((text) => `x${text.replaceAll(/[\0{}|$\\_]/g, "")}`) }),
      {
        maxLength: 6,
      },
    );
    await fc.assert(
      fc.asyncProperty(tries, async (steps) => {
        const { id, latest } = await call("prompts.create", { title: "A fox", text: "a fox", negative: "blurry" });
        const expected = [{ id: latest.id, parentId: null as string | null, number: 1, text: "a fox", negative: "blurry" }];
        for (const { parent, text } of steps) {
          const from = expected[parent % expected.length]!;
          const prompt = await call("prompts.addVersion", { parentId: from.id, text });
          expected.push({ id: prompt.latest.id, parentId: from.id, number: expected.length + 1, text, negative: "" });
          expect(prompt).toMatchObject({ id, versions: expected.length, latest: expected.at(-1), rev: expected.length });
        }
        expect((await call("prompts.get", { id })).versions).toMatchObject(expected);
        const last = expected.at(-1)!;
        expect(await call("prompts.version", { id: last.id })).toMatchObject({ prompt: { id, title: "A fox" }, version: last });
      }),
      { numRuns: 8 },
    );
  });

  test("notes and ratings change, the wording does not", async () => {
    const { id, latest } = await call("prompts.create", { title: "A fox", text: "a fox", note: "first" });
    const rated = await call("prompts.annotate", { versionId: latest.id, rating: 4 });
    expect(rated).toMatchObject({ prompt: { id, rev: 2, latest: { rating: 4, note: "first" } }, version: { rating: 4 } });
    await call("prompts.annotate", { versionId: latest.id, note: "better at dusk" });
    const unrated = await call("prompts.annotate", { versionId: latest.id, rating: null });
    expect(unrated.version).toEqual({ ...latest, note: "better at dusk", rating: null });
    expect(await call("prompts.rename", { id, title: "  Vixen " })).toMatchObject({ title: "Vixen", rev: 5 });
  });

  test("words are found in titles, texts, negative prompts and notes of any version, also parts of them", async () => {
    const fox = await call("prompts.create", { title: "Fox 100%", text: "a red animal", negative: "blurry" });
    await call("prompts.addVersion", { parentId: fox.latest.id, text: "a grey one", note: "at dusk_" });
    await call("prompts.create", { title: "Wolf", text: "a red wolf" });
    await call("prompts.create", { kind: "style", title: "Oil", text: "oil painting of {prompt}" });
    expect(await titles()).toEqual(["Oil", "Wolf", "Fox 100%"]);
    expect(await titles({ search: "RED" })).toEqual(["Wolf", "Fox 100%"]);
    expect(await titles({ search: "red fo" })).toEqual(["Fox 100%"]);
    expect(await titles({ search: "blurry dusk_" })).toEqual(["Fox 100%"]);
    expect(await titles({ search: "0%" })).toEqual(["Fox 100%"]);
    expect(await titles({ search: "%" })).toEqual(["Fox 100%"]);
    expect(await titles({ kind: "style" })).toEqual(["Oil"]);
    const first = await call("prompts.list", { limit: 2 });
    expect(first.prompts.map(({ title }) => title)).toEqual(["Oil", "Wolf"]);
    expect(await titles({ limit: 2, cursor: first.next! })).toEqual(["Fox 100%"]);
    expect(await refusalOf(call("prompts.list", { cursor: "?" }))).toContain("invalid_input");
  });

  test("what could not be used is refused with its place", async () => {
    expect(await refusalOf(call("prompts.create", { title: "x", text: "a\n {b|c" }))).toBe(
      String.raw`invalid_input: Line 2, character 2: This { is never closed. Add the } that belongs to it, or write a \ before it where it is meant as text.`,
    );
    expect(await refusalOf(call("prompts.create", { title: "x", text: "a", negative: "}" }))).toContain(
      "Character 1: This } closes nothing.",
    );
    expect(await refusalOf(call("prompts.create", { title: "x", text: "  " }))).toContain("It says nothing yet.");
    expect(await refusalOf(call("prompts.create", { kind: "list", title: "a__b", text: "red" }))).toContain(
      "A list is named by letters and digits",
    );
    expect(await refusalOf(call("prompts.create", { kind: "list", title: "colours", text: "# none" }))).toContain("at least one line");
    const { latest } = await call("prompts.create", { title: "x", text: "a" });
    expect(await refusalOf(call("prompts.addVersion", { parentId: latest.id, text: "{2$$a|b}" }))).toContain("Taking several options");
    expect(await titles()).toEqual(["x"]);
  });

  test("of lists no two have the same title, also when one is renamed or comes back", async () => {
    const list = (title: string) => call("prompts.create", { kind: "list", title, text: "red" });
    const first = await list("Colours");
    expect(await refusalOf(list("colours"))).toContain("conflict");
    await call("prompts.create", { title: "colours", text: "no list" });
    const shades = await list("shades");
    expect(await refusalOf(call("prompts.rename", { id: shades.id, title: "COLOURS" }))).toContain("conflict");
    expect((await call("prompts.rename", { id: first.id, title: "colours" })).title).toBe("colours");
    await call("prompts.delete", { ids: [first.id] });
    await call("prompts.rename", { id: shades.id, title: "colours" });
    expect(await refusalOf(call("prompts.restore", { ids: [first.id] }))).toContain("conflict");
  });

  test("a key makes a call happen once, and stands for one content", async () => {
    const make = (text: string) => call("prompts.create", { title: "once", text }, user, "key-1");
    const [one, two] = await Promise.all([make("a"), make("a")]);
    expect(two.id).toBe(one.id);
    expect(await refusalOf(make("b"))).toContain("idempotency_conflict");
    const add = (text: string) => call("prompts.addVersion", { parentId: one.latest.id, text }, user, "key-2");
    expect((await add("b")).versions).toBe(2);
    expect((await add("b")).versions).toBe(2);
    expect(await refusalOf(add("c"))).toContain("idempotency_conflict");
    expect(await titles()).toEqual(["once"]);
  });

  test("what belongs to another does not exist", async () => {
    const hers = await call("prompts.create", { title: "hers", text: "hers" }, `${user}_other`);
    const versionId = hers.latest.id;
    for (const answer of [
      () => call("prompts.get", { id: hers.id }),
      () => call("prompts.version", { id: versionId }),
      () => call("prompts.addVersion", { parentId: versionId, text: "mine" }),
      () => call("prompts.annotate", { versionId, rating: 1 }),
      () => call("prompts.rename", { id: hers.id, title: "mine" }),
      () => call("prompts.delete", { ids: [hers.id] }),
      () => call("prompts.restore", { ids: [hers.id] }),
    ]) {
      expect(await refusalOf(answer())).toMatch(/^not_found: The (?:prompt|version) \S+ does not exist, or is not yours\.$/);
    }
    expect(await titles()).toEqual([]);
    expect((await call("prompts.get", { id: hers.id }, `${user}_other`)).prompt).toEqual(hers);
  });

  test("there is room for so many prompts, and so many versions of one", async () => {
    const { id, latest } = await call("prompts.create", { title: "first", text: "x" });
    await sql(
      (db) => db`
        insert into prompt (id, owner_id, kind, title, versions, latest_id, created_at, changed_at)
        select ${user} || n, ${user}, 'prompt', 'p', 1, ${latest.id}, n, n from generate_series(3, ${promptQuotas.prompts}) n`,
    );
    const more = (title: string) => call("prompts.create", { title, text: "x" });
    const second = await more("last");
    expect(await refusalOf(more("one too many"))).toContain(`quota_exceeded: You keep ${promptQuotas.prompts} prompts`);
    await call("prompts.delete", { ids: [second.id] });
    await more("in its place");
    expect(await refusalOf(call("prompts.restore", { ids: [second.id] }))).toContain("quota_exceeded");
    await sql((db) => db`update prompt set versions = ${promptQuotas.versions} where id = ${id}`);
    expect(await refusalOf(call("prompts.addVersion", { parentId: latest.id, text: "y" }))).toContain("quota_exceeded");
  });

  test("the trash keeps what is deleted for a while, and gives it back", async () => {
    const [a, b] = [await call("prompts.create", { title: "a", text: "x" }), await call("prompts.create", { title: "b", text: "x" })];
    await call("prompts.delete", { ids: [a.id, b.id] });
    expect(await titles()).toEqual([]);
    expect(await titles({ deleted: true })).toEqual(["b", "a"]);
    await call("prompts.restore", { ids: [a.id] });
    expect(await titles()).toEqual(["a"]);
    const deletedAt = (await call("prompts.get", { id: b.id })).prompt.deletedAt!;
    const purged = (before: number) => sql((db) => purgePrompts(db, before));
    expect(await purged(deletedAt)).not.toContainEqual({ id: b.id });
    expect(await purged(deletedAt + 1)).toContainEqual({ id: b.id });
    expect(await refusalOf(call("prompts.version", { id: b.latest.id }))).toContain("not_found");
    expect((await call("prompts.get", { id: a.id })).versions).toHaveLength(1);
  });

  test("whoever follows sees the newest, then each change", async () => {
    const { latest } = await call("prompts.create", { title: "before", text: "x" });
    const messages: Array<TopicMessage> = [];
    const handle = await run(
      Effect.flatMap(promptHandlers, ({ topics }) =>
        topics["prompts.prompts"]({}, contextOf(user), undefined, (message) => messages.push(message)),
      ),
    );
    await call("prompts.create", { title: "another's", text: "x" }, `${user}_other`);
    await call("prompts.annotate", { versionId: latest.id, rating: 2 });
    await call("prompts.delete", { ids: [latest.promptId] });
    handle.close();
    const [snapshot, ...deltas] = messages.map((message) => ({
      type: message.type,
      what: "json" in message ? JSON.parse(message.json) : null,
    }));
    expect(snapshot).toMatchObject({ type: "snapshot", what: { count: 1, prompts: [{ title: "before" }], next: null } });
    expect(deltas).toMatchObject([
      { type: "delta", what: [{ rev: 2, latest: { rating: 2 } }] },
      { type: "delta", what: [{ rev: 3, deletedAt: expect.any(Number) }] },
    ]);
  });

  /** Rows of jobs as their actors write them. */
  const jobs = (
    rows: ReadonlyArray<{
      prompt: string;
      at: number;
      ordinal?: number;
      template?: object;
      state?: string;
      assetId?: string;
      params?: object;
    }>,
  ) =>
    sql(async (db) => {
      for (const [n, { prompt, at, ordinal = 0, template, state = "completed", assetId, params = {} }] of rows.entries()) {
        await db`
          insert into job (id, rev, owner_id, operation, provider, state, progress, prompt, params, inputs, hash, priority, attempt, max_attempts,
            parked, created_at, ordinal, template, asset_id)
          values (${`job_${user}_${n}`}, 1, ${user}, 'text_to_video', 'studio', ${state}, 1, ${prompt}, ${db.json(params as never)}, '[]', 'h', 5, 1, 3,
            false, ${at}, ${ordinal}, ${template === undefined ? null : db.json(template as never)}, ${assetId ?? null})`;
      }
    });

  test("a version shows what came of it", async () => {
    const { id, latest } = await call("prompts.create", { title: "a", text: "{a|b}" });
    const second = (await call("prompts.addVersion", { parentId: latest.id, text: "c" })).latest.id;
    await sql(
      (db) => db`
        insert into asset (id, owner_id, media_type, mime, name, size, width, height, sha256, origin, created_at, favourite)
        values (${`ast_${user}`}, ${user}, 'video', 'video/mp4', 'x', 1, 1, 1, 'none', 'generation', 1, true)`,
    );
    const template = { versionId: latest.id, text: "{a|b}", negative: "" };
    await jobs([
      { prompt: "a", at: 1, template, assetId: `ast_${user}` },
      { prompt: "b", at: 2, template, state: "filtered" },
      { prompt: "b", at: 4, template, state: "processing" },
      { prompt: "a", at: 3, template, state: "timedOut" },
      { prompt: "a", at: 9 },
    ]);
    const none = { jobs: 0, completed: 0, filtered: 0, failed: 0, favourites: 0, lastUsedAt: null };
    expect((await call("prompts.get", { id })).versions.map((version) => [version.id, version.results])).toEqual([
      [latest.id, { jobs: 4, completed: 1, filtered: 1, failed: 1, favourites: 1, lastUsedAt: 4 }],
      [second, none],
    ]);
  });

  test("the history has each prompt once, as it was written, at its last use", async () => {
    const template = { versionId: null, text: "a {red|grey} fox", negative: "" };
    await jobs([
      { prompt: "a wolf", at: 1, params: { negativePrompt: "dogs" } },
      { prompt: "a red fox", at: 2, template },
      { prompt: "", at: 3 },
      { prompt: "a lake", at: 4 },
      { prompt: "a grey fox", at: 5, template },
      { prompt: "a lake", at: 5 },
    ]);
    const used = async (input: CallInput<"prompts.history"> = {}) =>
      (await call("prompts.history", input)).used.map(({ text, negative, jobs: count, lastUsedAt }) => [text, negative, count, lastUsedAt]);
    expect(await used()).toEqual([
      ["a lake", "", 2, 5],
      ["a {red|grey} fox", "", 2, 5],
      ["a wolf", "dogs", 1, 1],
    ]);
    expect(await used({ search: "fox GREY" })).toEqual([["a {red|grey} fox", "", 2, 5]]);
    const { next } = await call("prompts.history", { limit: 1 });
    expect(await used({ limit: 1, cursor: next! })).toEqual([["a {red|grey} fox", "", 2, 5]]);
  });

  test("the history has the prompts of one call in the order in which they were asked for, page by page", async () => {
    await jobs(["a", "b", "c", "a"].map((prompt, n) => ({ prompt, at: 7, ordinal: 3 - n })));
    const seen: Array<string> = [];
    let cursor: string | undefined;
    do {
      const { used, next } = await call("prompts.history", { limit: 1, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...used.map(({ text }) => text));
      cursor = next ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(["a", "b", "c"]);
  });
});
