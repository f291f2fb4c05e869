// Every call, stream and topic of the contract against the whole server, taken from the contract itself, so that a new one is covered
// by itself: who may not call is told, what does not fit is told by its place, what belongs to another does not exist, no input is a
// fault of the server, and a key of idempotency stands for one content, also over a kill.
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import sharp from "sharp";
import { copyFreshData } from "#db/client/testing.ts";
import type { Asset } from "#protocol/asset.ts";
import type { Grant } from "#protocol/auth.ts";
import { calls, streams, topics } from "#protocol/contract.ts";
import type { Access } from "#protocol/define.ts";
import type { Job } from "#protocol/job.ts";
import type { ServerFrame } from "#protocol/wire/frames.ts";
import type { TestClient } from "#runtime/gateway/testing.ts";
import { addUser, enter, firstAdmin, typedClient } from "./people.ts";
import { type RunningServer, startServer } from "./server.ts";

// Bounds for a machine that does much else meanwhile: each of these waits for a signal.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

interface Entry {
  readonly name: string;
  readonly access: Access;
  readonly input: z.ZodType;
  readonly example: unknown;
  /** The frame that asks for it. */
  readonly frame: (input: unknown) => Readonly<Record<string, unknown>>;
}

const entries: ReadonlyArray<Entry> = [
  ...[...calls].map(([name, { access, input, example }]): Entry => ({
    name,
    access,
    input,
    example: example.input,
    frame: (given) => ({ t: "call", call: name, input: given }),
  })),
  ...[...streams].map(([name, { access, input, example }]): Entry => ({
    name,
    access,
    input,
    example: example.input,
    frame: (given) => ({ t: "open", stream: name, input: given, credit: 1 }),
  })),
  ...[...topics].map(([name, { access, params, example }]): Entry => ({
    name,
    access,
    input: params,
    example: example.params,
    frame: (given) => ({ t: "sub", topic: name, params: given }),
  })),
];

let folder: string;
let server: RunningServer;
let admin: Grant;
let ada: Grant;
let eve: Grant;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixsim-contract-"));
  // Making the database is most of a first start.
  await copyFreshData(join(folder, "data"));
  server = await startServer({ data: join(folder, "data") });
  admin = await firstAdmin(server);
  ada = await addUser(server, admin, "ada");
  eve = await addUser(server, admin, "eve");
});
afterAll(async () => {
  await server.kill();
  await rm(folder, { recursive: true, force: true });
});

/** The first answer: what came, or the error. */
const ask = async (client: TestClient, entry: Entry, input: unknown): Promise<ServerFrame> => {
  const id = client.nextId();
  client.send({ ...entry.frame(input), id });
  const answer = await client.find((frame): frame is ServerFrame => "id" in frame && frame.id === id);
  if (answer.t === "snap" || answer.t === "resumed") client.send({ t: "unsub", id });
  if (answer.t === "item") client.send({ t: "cancel", id });
  return answer;
};
const codeOf = (answer: ServerFrame): string => (answer.t === "err" ? answer.e.code : answer.t);

const request = (prompt: string, more: object = {}) => ({
  operation: "text_to_video" as const,
  provider: "studio",
  params: { prompt, seed: 1, duration: 1, quality: "360p", fps: 24, audio: false },
  ...more,
});

/** Comes by a link to a story of this user, without an account. */
const guestOf = async (creator: Grant): Promise<TestClient> => {
  const hers = typedClient(server, creator);
  const body = { start: "home", nodes: [{ id: "home", type: "end" as const, ending: "home" }] };
  const { id } = await hers.call("scenes.create", { title: "Home", body });
  const { version } = await hers.call("scenes.publish", { id });
  const { token } = await hers.call("play.share", { of: { kind: "version", versionId: version.id } });
  hers.close();
  const client = await enter(server);
  const answer = await ask(
    client,
    entries.find(({ name }) => name === "play.open")!,
    { link: token },
  );
  expect(answer.t).toBe("ok");
  return client;
};

test("without a sign-in every call that needs one is refused, and a role that is not enough too", async () => {
  const roles: ReadonlyArray<Access> = ["anonymous", "player", "guest", "user", "admin"];
  const gus = await addUser(server, admin, "gus", "guest");
  const clients = {
    anonymous: await enter(server),
    player: await guestOf(ada),
    guest: await enter(server, gus),
    user: await enter(server, ada),
  };
  const expected: Array<readonly [string, string]> = [];
  const found: Array<readonly [string, string]> = [];
  for (const entry of entries) {
    for (const role of ["anonymous", "player", "guest", "user"] as const) {
      if (roles.indexOf(entry.access) <= roles.indexOf(role)) continue;
      expected.push([`${entry.name} as ${role}`, role === "anonymous" ? "unauthenticated" : "forbidden"]);
      found.push([`${entry.name} as ${role}`, codeOf(await ask(clients[role], entry, entry.example))]);
    }
  }
  expect(found).toEqual(expected);
  expect(expected.length).toBeGreaterThan(entries.length);
  for (const client of Object.values(clients)) client.socket.close();
});

describe("what does not fit is told by its place", () => {
  /** Values of every kind of JSON. */
  const kinds: ReadonlyArray<unknown> = [{ not: { this: [] } }, [[["not", "this"]]], -0.5, "", null, true];
  const asRecord = (value: unknown): Readonly<Record<string, unknown>> => value as Readonly<Record<string, unknown>>;

  /** For each field at any depth of the example, and each that may be left out: the example with another kind of value there. */
  const spoilt = (schema: z.ZodType, example: unknown): ReadonlyArray<readonly [path: ReadonlyArray<string | number>, input: unknown]> => {
    const whole = kinds.filter((kind) => !schema.safeParse(kind).success).map((kind) => [[], kind] as const);
    if (schema instanceof z.ZodObject) {
      const fields = Object.entries(asRecord(schema.shape)).flatMap(([key, field]) =>
        spoilt(field as z.ZodType, asRecord(example)[key]).map(
          ([path, value]) => [[key, ...path], { ...asRecord(example), [key]: value }] as const,
        ),
      );
      return [...whole, ...fields];
    }
    if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
      const inner = schema.unwrap() as z.ZodType;
      return inner instanceof z.ZodObject && example === undefined ? whole : spoilt(inner, example);
    }
    return whole;
  };

  test.each(entries.map((entry) => [entry.name, entry] as const))("%s", async (_name, entry) => {
    const client = await enter(server, admin);
    const wrong = spoilt(entry.input, entry.example);
    expect(wrong.length).toBeGreaterThan(0);
    for (const [path, input] of wrong) {
      const answer = await ask(client, entry, input);
      expect(answer, `${entry.name} with ${JSON.stringify(input)}`).toMatchObject({ t: "err", e: { code: "invalid_input" } });
      const { issues } = (answer as Extract<ServerFrame, { t: "err" }>).e.details as { readonly issues: ReadonlyArray<{ path: unknown }> };
      expect(issues.map((issue) => issue.path)).toContainEqual(expect.arrayContaining([...path]));
    }
    client.socket.close();
  });
});

describe("what belongs to another does not exist", () => {
  let own: Readonly<Record<string, string>>;
  let asset: Asset;
  let job: Job;

  beforeAll(async () => {
    const client = typedClient(server, ada);
    const picture = await sharp({ create: { width: 32, height: 24, channels: 3, background: "#3a7" } })
      .png()
      .toBuffer();
    asset = await client.upload(new Uint8Array(picture), { name: "hers.png" });
    job = (await client.call("jobs.create", { request: request("hers", { scheduledFor: Date.now() + 3_600_000 }) })).jobs[0]!;
    const { uploadId } = await client.call("assets.beginUpload", { name: "hers.mp4", size: 1000 });
    const account = await client.call("accounts.add", {
      provider: "pixverse",
      title: "Hers",
      settings: { baseUrl: "http://127.0.0.1:9" },
      secrets: { apiKey: "hers" },
    });
    const prompt = await client.call("prompts.create", { title: "Hers", text: "hers" });
    const scene = await client.call("scenes.create", {
      title: "Hers",
      body: { start: "end", nodes: [{ id: "end", type: "end", ending: "over" }] },
    });
    const { version } = await client.call("scenes.publish", { id: scene.id });
    const playthrough = await client.call("play.start", { of: { kind: "version", versionId: version.id } });
    const { link } = await client.call("play.share", { of: { kind: "version", versionId: version.id } });
    const budget = await client.call("spend.setBudget", {
      provider: "pixverse",
      period: "day",
      type: "credits",
      warnAt: 400,
      pauseAt: null,
      stopAt: null,
    });
    own = {
      job: job.id,
      ast: asset.id,
      upl: uploadId,
      ses: ada.sessionId,
      acc: account.id,
      prm: prompt.id,
      prv: prompt.latest.id,
      scn: scene.id,
      scv: version.id,
      ply: playthrough.id,
      lnk: link.id,
      bud: budget.id,
    };
    client.close();
  });

  /** Every id in an example, which are named by what they are. */
  const idPattern = /\b(job|ast|upl|ses|acc|prm|prv|scn|scv|ply|lnk|bud)_[A-Za-z0-9-]+/g;
  const naming = entries.filter(({ example }) => JSON.stringify(example).match(idPattern));
  const withIds = (example: unknown, id: (kind: string) => string): unknown =>
    JSON.parse(JSON.stringify(example).replaceAll(idPattern, (_all, kind: string) => id(kind)));
  const unknown = (kind: string): string => `${kind}_00000000-0000-4000-8000-000000000000`;
  const anonymised = (answer: ServerFrame, id: (kind: string) => string): unknown => {
    const { id: _frame, ...rest } = answer as { readonly id: number };
    return JSON.parse(Object.keys(own).reduce((text, kind) => text.replaceAll(id(kind), `<${kind}>`), JSON.stringify(rest)));
  };
  const hers = (kind: string): string => own[kind]!;

  test("the contract's examples name ids of every kind", () => {
    expect(naming.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "jobs.get",
        "jobs.cancel",
        "assets.get",
        "assets.finishUpload",
        "auth.revoke",
        "accounts.remove",
        "prompts.get",
        "prompts.annotate",
        "scenes.edit",
        "scenes.version",
        "actors.resume",
        "actors.history",
      ]),
    );
    // Whoever takes an id says so in the example.
    const idFields = entries.filter(({ input }) =>
      /"(?:id|ids|address|uploadId|sessionId)"/.test(
        JSON.stringify(z.toJSONSchema(input, { io: "input", unrepresentable: "any" }).required ?? []),
      ),
    );
    expect(naming.map(({ name }) => name)).toEqual(expect.arrayContaining(idFields.map(({ name }) => name)));
  });

  test.each(naming.map((entry) => [entry.name, entry] as const))("%s", async (_name, entry) => {
    const client = await enter(server, eve);
    const foreign = await ask(client, entry, withIds(entry.example, hers));
    const absent = await ask(client, entry, withIds(entry.example, unknown));
    expect(foreign).toMatchObject({ t: "err", e: { code: expect.stringMatching(/^(?:not_found|forbidden)$/) } });
    expect(anonymised(foreign, hers)).toEqual(anonymised(absent, unknown));
    client.socket.close();
  });

  test("as an input of a job, in a filter, among own ones, and by the address of its file", async () => {
    const client = await enter(server, eve);
    const extended = (id: string) => request("mine", { operation: "image_to_video", inputs: [{ assetId: id, role: "image" }] });
    for (const name of ["jobs.create", "jobs.estimate"]) {
      const [foreign, absent] = [
        await client.call(name, { request: extended(asset.id) }),
        await client.call(name, { request: extended(unknown("ast")) }),
      ];
      const neutral = (answer: unknown, id: string): string => JSON.stringify(answer).replaceAll(id, "<id>");
      expect([name, neutral(foreign, asset.id)]).toEqual([name, neutral(absent, unknown("ast"))]);
    }
    expect(await client.call("jobs.create", { request: extended(asset.id) })).toMatch(/^(?:not_found|invalid_input)$/);
    const { jobs } = (await client.call("jobs.create", { request: request("mine", { scheduledFor: Date.now() + 3_600_000 }) })) as {
      jobs: Array<Job>;
    };
    const mine = jobs[0]!.id;
    const cancelled = async (other: string) =>
      JSON.stringify(await client.call("jobs.cancel", { ids: [mine, other] })).replaceAll(other, "<id>");
    expect(await cancelled(job.id)).toBe(await cancelled(unknown("job")));
    expect(await client.call("assets.list", { filter: {} })).toEqual({ assets: [], next: null });
    expect(await client.call("jobs.list", { filter: { search: "hers" } })).toEqual({ jobs: [], next: null });
    client.socket.close();

    const answer = async (address: string) => {
      const response = await fetch(`${server.url}${address}`);
      return [response.status, await response.text()];
    };
    const [path = "", query = ""] = asset.urls.original!.split("?");
    expect((await answer(asset.urls.original!))[0]).toBe(200);
    const refused = await answer(path.replace(asset.sha256, createHash("sha256").update("nothing").digest("hex")));
    expect(refused[0]).toBe(403);
    expect(await answer(path)).toEqual(refused);
    expect(await answer(`${path}?${query.slice(0, -3)}`)).toEqual(refused);
    expect(await answer(`${path.replace(/\.\w+$/, ".mp4")}?${query}`)).toEqual(refused);
  });

  test("and nothing that was tried changed it", async () => {
    const client = typedClient(server, ada);
    expect(await client.call("jobs.get", { id: job.id })).toEqual(job);
    expect(await client.call("assets.get", { id: asset.id })).toEqual(asset);
    expect(await client.call("assets.resumeUpload", { uploadId: own["upl"]! })).toMatchObject({ offset: 0 });
    expect((await client.call("auth.sessions", {})).sessions.map(({ id }) => id)).toContain(ada.sessionId);
    expect(await client.call("assets.cancelUpload", { uploadId: own["upl"]! })).toEqual({});
    client.close();
  });
});

test("whatever JSON comes as an input, the answer is a result or an error that says why, never a fault", async () => {
  /** Would end the session that asks, or cost a second each. */
  const apart = new Set(["auth.signOut", "auth.revoke", "auth.signIn", "auth.setPassword", "auth.redeem"]);
  const fuzzed = entries.filter(({ name, access }) => access !== "admin" && !apart.has(name));
  const client = await enter(server, eve);
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.constantFrom("\0", "\ud800", "__proto__", "job/x", "'; drop table job; --", "1e999"),
  );
  const numbers = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(2 ** 53, -1, 1e308));
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      texts,
      numbers,
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(texts, tie("value"), { maxKeys: 3 }),
    ),
  })).value;
  const cases = fc.constantFrom(...fuzzed).chain((entry) => {
    const fields = Object.keys((entry.input as z.ZodObject).shape);
    return fc.tuple(fc.constant(entry), fc.dictionary(fc.constantFrom(...fields, "other"), json, { maxKeys: 3 }));
  });
  await fc.assert(
    fc.asyncProperty(cases, async ([entry, changes]) => {
      const answer = await ask(client, entry, { ...(entry.example as object), ...changes });
      expect([entry.name, codeOf(answer)]).not.toEqual([entry.name, "internal"]);
    }),
    { numRuns: 200 },
  );
  expect(client.socket.readyState).toBe(client.socket.OPEN);
  client.socket.close();
  expect(server.output()).not.toContain('"level":"error"');
});

test("a key stands for one content: another is a conflict, the same is not done again, also after a kill", async () => {
  const far = Date.now() + 3_600_000;
  const one = (prompt: string) => ({ request: request(prompt, { scheduledFor: far }) });
  const before = await enter(server, admin);
  const made = await before.call("jobs.create", { ...one("one"), count: 2 }, { key: "a key of jobs" });
  const added = await before.call("auth.createUser", { username: "kim", role: "user" }, { key: "a key of users" });
  expect(made).toMatchObject({ jobs: [{ prompt: "one" }, { prompt: "one" }] });
  expect(added).toMatchObject({ user: { username: "kim" } });

  const check = async (client: TestClient): Promise<void> => {
    const again = (await client.call("jobs.create", { count: 2, ...one("one") }, { key: "a key of jobs" })) as { jobs: Array<Job> };
    expect(again).toEqual(made);
    expect(await client.call("auth.createUser", { role: "user", username: "kim" }, { key: "a key of users" })).toEqual(added);
    for (const [name, input, key] of [
      // One job, where two were asked for.
      ["jobs.create", one("one"), "a key of jobs"],
      ["jobs.create", { ...one("two"), count: 2 }, "a key of jobs"],
      ["auth.createUser", { username: "kim", role: "admin" }, "a key of users"],
      ["auth.createUser", { username: "kit", role: "user" }, "a key of users"],
    ] as const) {
      expect([name, await client.call(name, input, { key })]).toEqual([name, "idempotency_conflict"]);
    }
    const { users } = (await client.call("auth.users", {})) as { users: Array<{ username: string; role: string }> };
    expect(users.filter(({ username }) => username.startsWith("ki"))).toMatchObject([{ username: "kim", role: "user" }]);
    const { jobs } = (await client.call("jobs.list", { filter: { search: "one" } })) as { jobs: Array<Job> };
    expect(jobs.map(({ id }) => id).sort()).toEqual((made as { jobs: Array<Job> }).jobs.map(({ id }) => id).sort());
  };
  await check(before);
  // Cut off while it is under way: whether it was done or not, a repeat does it once.
  const unanswered = ["jobs.create", one("cut"), { key: "a key that is cut" }] as const;
  const cut = before.call(...unanswered).catch(() => null);
  await server.kill("SIGKILL");
  await cut;
  server = await startServer({ data: join(folder, "data") });
  const after = await enter(server, admin);
  await check(after);
  const repeated = await after.call(...unanswered);
  expect(repeated).toMatchObject({ jobs: [{ prompt: "cut" }] });
  expect(await after.call("jobs.create", one("other"), { key: "a key that is cut" })).toBe("idempotency_conflict");
  expect(await after.call("jobs.list", { filter: { search: "cut" } })).toMatchObject({
    jobs: (repeated as { jobs: Array<Job> }).jobs,
    next: null,
  });
  after.socket.close();
});
