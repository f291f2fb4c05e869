// What no proper client sends, to the whole server: each is told what is wrong, costs its own connection at most, leaves nothing behind
// in memory, files or processes, and no secret that was sent comes out again in answers or logs.
import { createHmac } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { copyFreshData } from "#db/client/testing.ts";
import type { Grant } from "#protocol/auth.ts";
import { closeCodes, type CloseReason } from "#protocol/wire/close.ts";
import type { TestClient } from "#runtime/gateway/testing.ts";
import { childrenOf, openFiles, readDatabase } from "./data.ts";
import type { Alive } from "./memory-hook.ts";
import { addUser, dial, enter, firstAdmin } from "./people.ts";
import { type RunningServer, startServer } from "./server.ts";

// Bounds for a machine that does much else meanwhile: each of these waits for a signal.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/** Stands for a secret wherever one could be sent in the wrong place. */
const marker = "Tr0ub4dor-and-3-more";
/** Bad frames that must leave nothing behind. */
const many = 300;
/** Connections alive at the end: the bystander's, and the last one, which something may still name until the next one comes. */
const mostHeld = 2;

let folder: string;
let server: RunningServer;
let admin: Grant;
let ada: Grant;
/** Another connection, which must never notice. */
let bystander: TestClient;
let transport: string;
let aliveFile: string;
const heard: Array<string> = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixsim-bad-frames-"));
  // Making the database is most of a first start.
  await copyFreshData(join(folder, "data"));
  aliveFile = join(folder, "alive");
  server = await startServer({
    data: join(folder, "data"),
    env: {
      PIXSIM_LOG_LEVEL: "trace",
      NODE_OPTIONS: `--import=${fileURLToPath(new URL("./memory-hook.ts", import.meta.url))}`,
      MEMORY_FILE: aliveFile,
    },
  });
  admin = await firstAdmin(server);
  ada = await addUser(server, admin, "ada");
  bystander = await enter(server, ada);
  transport = ((await bystander.call("system.info", {})) as { readonly transport: string }).transport;
});
afterAll(async () => {
  bystander.socket.close();
  await server.kill();
  await rm(folder, { recursive: true, force: true });
});

/** The code of the close and the error told before it; a bystander's call is still answered. */
const endOf = async (client: TestClient): Promise<ReadonlyArray<string | undefined>> => {
  const { code } = await client.closed;
  const [name] = Object.entries(closeCodes).find(([, spec]) => spec.code === code) ?? [String(code)];
  heard.push(JSON.stringify(client.frames));
  const told = client.frames.flatMap((frame) => (frame.t === "err" && frame.id === 0 ? [frame.e.code] : []));
  expect(await bystander.call("system.ping", { echo: "still here" })).toMatchObject({ echo: "still here" });
  return [name, ...told];
};

const call = (input: unknown, more: object = {}): string => JSON.stringify({ t: "call", id: 1, call: "system.ping", input, ...more });
const nested = (levels: number): string => `{"t":"call","id":1,"call":"system.ping","input":${"[".repeat(levels)}${"]".repeat(levels)}}`;
const chunk = (stream: number): Buffer => Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, stream]), Buffer.alloc(8), Buffer.from(marker)]);

/** What ends the connection on which it comes, and by which code. */
const fatal: ReadonlyArray<readonly [what: string, frame: string | Buffer, error: string, close: CloseReason]> = [
  ["half of a JSON text", `{"t":"call","id":1,"call":"auth.signIn","input":{"login":"ada","password":"${marker}`, "bad_frame", "bad_frame"],
  ["JSON that is no object", JSON.stringify([marker]), "bad_frame", "bad_frame"],
  ["no kind of frame", JSON.stringify({ token: marker }), "bad_frame", "bad_frame"],
  ["a kind that only the server sends", JSON.stringify({ t: "ok", r: marker }), "bad_frame", "bad_frame"],
  ["a call without an id", JSON.stringify({ t: "call", call: "auth.me", input: { token: marker } }), "bad_frame", "bad_frame"],
  ["an id beyond 32 bits", JSON.stringify({ t: "call", id: 2 ** 32, call: "auth.me", input: {} }), "bad_frame", "bad_frame"],
  ["100,000 levels of JSON", nested(100_000), "bad_frame", "bad_frame"],
  ["65 levels of JSON", nested(65), "bad_frame", "bad_frame"],
  ["a text over the limit", call({ echo: marker.repeat(15_000) }), "payload_too_large", "frame_too_large"],
  ["bytes over the limit", Buffer.alloc(1_100_000, 1), "payload_too_large", "frame_too_large"],
  ["a text frame's JSON as bytes", Buffer.from(call({})), "bad_frame", "bad_frame"],
  ["no bytes at all", Buffer.alloc(0), "bad_frame", "bad_frame"],
  ["bytes of an upload that was never begun", chunk(9), "bad_frame", "bad_frame"],
  ["a token that is none", JSON.stringify({ t: "hello", versions: [1], client: "x", token: marker }), "unauthenticated", "unauthenticated"],
  ["no common version", JSON.stringify({ t: "hello", versions: [99], client: "x", token: marker }), "bad_frame", "version_unsupported"],
];

/** What is answered where it was asked, and the connection goes on. */
const answered: ReadonlyArray<readonly [what: string, frame: Readonly<Record<string, unknown>>, error: string]> = [
  ["a call that does not exist", { t: "call", call: "jobs.erase", input: { token: marker } }, "unknown_call"],
  ["a name of every object", { t: "call", call: "__proto__", input: {} }, "unknown_call"],
  ["a topic where a call is due", { t: "call", call: "jobs.jobs", input: {} }, "unknown_call"],
  ["a stream that does not exist", { t: "open", stream: "jobs.get", input: {}, credit: 1 }, "unknown_call"],
  ["a topic that does not exist", { t: "sub", topic: "system.ping", params: {} }, "unknown_call"],
  ["a call without input", { t: "call", call: "auth.me" }, "bad_frame"],
  ["a key that is too short", { t: "call", call: "auth.me", input: {}, key: "short" }, "bad_frame"],
  ["no credit", { t: "open", stream: "actors.history", input: {}, credit: 0 }, "bad_frame"],
  ["a position that is none", { t: "sub", topic: "jobs.jobs", params: {}, from: marker }, "bad_frame"],
  ["a number where a password is due", { t: "call", call: "auth.signIn", input: { login: marker, password: 5 } }, "invalid_input"],
  ["a password that is too long", { t: "call", call: "auth.setPassword", input: { password: marker.repeat(10) } }, "invalid_input"],
  ["the wrong present password", { t: "call", call: "auth.signIn", input: { login: "nobody", password: marker } }, "invalid_credentials"],
  ["a link that was never given", { t: "call", call: "auth.redeem", input: { token: `${marker}${marker}` } }, "invalid_credentials"],
  [
    "a refresh token that was never given",
    { t: "call", call: "auth.refresh", input: { refreshToken: `a.${marker}.b` } },
    "session_revoked",
  ],
];

describe("what breaks the protocol ends its connection with a code and a reason, and no other", () => {
  test.each(fatal)("%s", async (_what, frame, error, close) => {
    const client = await enter(server, ada);
    client.socket.send(frame, { binary: typeof frame !== "string" });
    expect(await endOf(client)).toEqual([close, error]);
  });

  test("text that is not UTF-8", async () => {
    const client = await enter(server, ada);
    client.socket.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), { binary: false });
    // uWebSockets.js cuts such a connection before it can be answered.
    expect(await endOf(client)).toEqual(transport === "ws" ? ["bad_frame", "bad_frame"] : ["1006"]);
  });

  test("a message far over the limit is cut off before it is there", async () => {
    const client = await enter(server, ada);
    client.socket.send(Buffer.alloc(16 * 1024 * 1024));
    expect([["1006"], ["1009"]]).toContainEqual(await endOf(client));
  });

  test("a frame that the end of the connection cuts short is not heard", async () => {
    const asked = async () => (await (await fetch(`${server.url}/metrics`)).text()).match(/frames_total\{direction="in"\} (\d+)/)?.[1];
    const raw = connectTcp(server.port, "127.0.0.1");
    raw.write(
      `GET /ws HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
        "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    const status = await new Promise<Buffer>((resolve) => raw.once("data", resolve));
    expect(status.toString()).toMatch(/^HTTP\/1\.1 101 /);
    const before = await asked();
    const gone = new Promise((resolve) => raw.once("close", resolve));
    raw.end(Buffer.from([0x81, 0xfe, 0x01, 0x00, 0, 0, 0, 0, 0x7b]));
    await gone;
    expect(before).toMatch(/^\d+$/);
    expect(await asked()).toBe(before);
  });
});

test("what only is wrong is answered where it was asked, and the connection goes on", async () => {
  const client = await enter(server, ada);
  for (const [what, frame, error] of answered) {
    const id = client.nextId();
    client.send({ ...frame, id });
    const answer = await client.take("err", id);
    heard.push(JSON.stringify(answer));
    expect([what, answer.e.code]).toEqual([what, error]);
    expect(await client.call("auth.me", {})).toMatchObject({ username: "ada" });
  }
  client.socket.close();
});

describe("tokens that this server did not give, or gave for something else", () => {
  let key: Uint8Array;
  beforeAll(async () => {
    key = await readFile(join(folder, "data", "secrets", "access.key"));
  });

  const second = (): number => Math.floor(Date.now() / 1000);
  /** As the server makes them, but for what is given. */
  const made = (claims: object = {}, header: object = {}, signedWith: Uint8Array = key): Promise<string> =>
    new SignJWT({ name: "ada", role: "admin", sub: ada.user.id, jti: ada.sessionId, aud: "pixsim", exp: second() + 600, ...claims })
      .setProtectedHeader({ alg: "HS256", typ: "access+jwt", ...header })
      .sign(signedWith);
  const parts = (): ReadonlyArray<string> => ada.accessToken.split(".");
  const withRole = (): string => {
    const claims = JSON.parse(Buffer.from(parts()[1] ?? "", "base64url").toString()) as object;
    return Buffer.from(JSON.stringify({ ...claims, role: "admin" })).toString("base64url");
  };

  const forged: ReadonlyArray<readonly [what: string, token: () => string | Promise<string>, error: "unauthenticated" | "token_expired"]> =
    [
      ["expired", () => made({ exp: second() - 1 }), "token_expired"],
      ["without an end", () => made({ exp: undefined }), "unauthenticated"],
      ["signed with another key", () => made({}, {}, new Uint8Array(32).fill(7)), "unauthenticated"],
      [
        "signed with the key of media",
        async () => made({}, {}, await readFile(join(folder, "data", "secrets", "media.key"))),
        "unauthenticated",
      ],
      [
        "of no algorithm",
        () => new UnsecuredJWT({ name: "ada", role: "admin" }).setSubject(ada.user.id).setAudience("pixsim").encode(),
        "unauthenticated",
      ],
      ["of another algorithm", () => made({}, { alg: "HS384" }), "unauthenticated"],
      ["of another type", () => made({}, { typ: "JWT" }), "unauthenticated"],
      ["for another audience", () => made({ aud: "another" }), "unauthenticated"],
      ["without a session", () => made({ jti: undefined }), "unauthenticated"],
      ["of a role that there is not", () => made({ role: "root" }), "unauthenticated"],
      ["with a role that was put in", () => `${parts()[0]}.${withRole()}.${parts()[2]}`, "unauthenticated"],
      ["without its signature", () => `${parts()[0]}.${parts()[1]}.`, "unauthenticated"],
      ["a refresh token", () => ada.refreshToken, "unauthenticated"],
    ];

  test.each(forged)("on connect: %s", async (_what, token, error) => {
    const client = await dial(server);
    client.send({ t: "hello", versions: [1], client: "e2e", token: await token() });
    expect(await endOf(client)).toEqual([error, error]);
  });

  test("a session that there is not, and one that has ended", async () => {
    const client = await dial(server);
    client.send({ t: "hello", versions: [1], client: "e2e", token: await made({ jti: "ses_none" }) });
    expect(await endOf(client)).toEqual(["session_revoked", "session_revoked"]);
    const bob = await addUser(server, admin, "bob");
    const his = await enter(server, bob);
    expect(await his.call("auth.signOut", {})).toEqual({});
    expect((await his.closed).code).toBe(closeCodes.session_revoked.code);
    const again = await dial(server);
    again.send({ t: "hello", versions: [1], client: "e2e", token: bob.accessToken });
    expect(await endOf(again)).toEqual(["session_revoked", "session_revoked"]);
    const guest = await enter(server);
    expect(await guest.call("auth.refresh", { refreshToken: bob.refreshToken })).toBe("session_revoked");
    guest.socket.close();
  });

  test("on refresh: nothing forged is taken, and the session that it names goes on", async () => {
    const [session = "", secret = "", seal = ""] = ada.refreshToken.split(".");
    const own = (purpose: string): string =>
      createHmac("sha256", key).update(`${purpose}\n${session}\n${secret}`).digest().subarray(0, 16).toString("base64url");
    const guest = await enter(server);
    for (const refreshToken of [
      `${session}.${secret}.${seal.slice(0, -2)}AA`,
      `${admin.sessionId}.${secret}.${seal}`,
      `${session}.${"A".repeat(43)}.${seal}`,
      `${session}.${secret}.${own("seal")}`,
      `${session}.${secret}`,
      `${ada.refreshToken}.more`,
      ada.accessToken,
      "",
    ]) {
      expect(await guest.call("auth.refresh", { refreshToken })).toBe("session_revoked");
      expect(await guest.call("auth.me", {})).toBe("unauthenticated");
    }
    guest.socket.close();
    const next = (await bystander.call("auth.refresh", { refreshToken: ada.refreshToken })) as Grant;
    expect(next).toMatchObject({ sessionId: ada.sessionId, user: { username: "ada" } });
    ada = next;
  });
});

test(`${many} of them leave no connection, object, file or process behind`, async () => {
  /** What the server has after a full garbage collection. */
  const facts = async () => {
    await rm(aliveFile, { force: true });
    process.kill(server.pid, "SIGUSR2");
    const text = await vi.waitFor(() => readFile(aliveFile, "utf8"), { timeout: 100_000, interval: 20 });
    return {
      ...(JSON.parse(text) as Alive),
      // The database opens and closes its own as it likes.
      files: (await openFiles(server.pid)).filter((file) => !file.startsWith(join(folder, "data", "db"))).length,
      children: await childrenOf(server.pid),
    };
  };
  const texts = fatal.filter(([, frame]) => frame.length < 400_000);
  const round = async (frames: number): Promise<void> => {
    for (let done = 0; done < frames; done += 20) {
      await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const [, frame, , close] = texts[(done + index) % texts.length]!;
          const client = await enter(server, ada);
          // Something is open when it ends.
          client.send({ t: "sub", id: 7, topic: "jobs.jobs", params: {} });
          client.socket.send(frame, { binary: typeof frame !== "string" });
          expect((await client.closed).code).toBe(closeCodes[close].code);
        }),
      );
      expect(await bystander.call("system.ping", { echo: "still here" })).toMatchObject({ echo: "still here" });
    }
  };
  // What is loaded or grows once does so here.
  await round(60);
  const before = await facts();
  await round(many);
  // Each would have left one at least; what comes and goes by itself, as lines of the log do, is soon gone.
  const few = many / 2;
  await expect
    .poll(
      async () => {
        const after = await facts();
        return {
          connections: after.connections <= mostHeld,
          objects: after.objects - before.objects < few,
          functions: after.functions - before.functions < few,
          files: after.files <= before.files,
          children: after.children,
        };
      },
      // Each look stops the server for as long as a collection takes: it must get to its connections between two.
      { timeout: 100_000, interval: 1000 },
    )
    .toEqual({ connections: true, objects: true, functions: true, files: true, children: before.children });
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toMatch(/^pixsim_gateway_connections 1$/m);
  expect(metrics).toMatch(/^pixsim_gateway_subscriptions 0$/m);
});

test("no answer and no log line holds a secret that was sent, and none tells of a fault of the server", async () => {
  await server.kill();
  const rows = await readDatabase(join(folder, "data"), async (sql) => JSON.stringify(await sql`select * from log_entry`));
  const secrets = [marker, admin.accessToken, admin.refreshToken, ada.accessToken, ada.refreshToken];
  expect(heard.length).toBeGreaterThan(fatal.length + answered.length);
  expect(rows.length).toBeGreaterThan(100);
  const around = (text: string, secret: string): string => text.slice(Math.max(0, text.indexOf(secret) - 80), text.indexOf(secret));
  const told = secrets.flatMap((secret) =>
    [...heard, server.output(), rows].flatMap((text) => (text.includes(secret) ? [around(text, secret)] : [])),
  );
  expect(told).toEqual([]);
  expect(server.output()).not.toContain('"level":"error"');
});
