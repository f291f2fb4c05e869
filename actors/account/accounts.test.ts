// Accounts over a real database, vault and line; their provider is a server that refuses each key and repeats it.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Deferred, Effect, Fiber, Layer, ManagedRuntime } from "effect";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import {
  addCredential,
  removeCredential,
  replaceCredential,
  setCredentialDigest,
  sweepCredentials,
  uploadedAs,
} from "#db/queries/account.ts";
import { pixverse } from "#actors/provider/pixverse.ts";
import type { Connection, Provider, ProviderFailure } from "#actors/provider/provider.ts";
import { failureOf } from "#actors/provider/testing.ts";
import type { Uploads } from "#actors/provider/tools.ts";
import { Videos } from "#actors/provider/videos.ts";
import { sampleAccount } from "#actors/pool/testing.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { readSettings, Settings } from "#runtime/config/settings.ts";
import { Vault } from "#runtime/vault/vault.ts";
import { Accounts, removedAccountsChannel } from "./accounts.ts";
import { sealCredentials } from "./credentials.ts";
import { makeDigest } from "./digest.ts";

const folder = mkdtempSync(join(tmpdir(), "pixsim-accounts-"));
const ports = Layer.mergeAll(
  testDatabases.find(({ engine }) => engine === "embedded")!.layer,
  Bus.alone,
  Layer.succeed(Videos, { taken: () => Effect.die("unused") }),
  Vault.layer.pipe(Layer.provideMerge(Layer.succeed(Settings, readSettings({ PIXSIM_DATA: folder })))),
);
const runtime = ManagedRuntime.make(Accounts.layer.pipe(Layer.provideMerge(ports)));

const sockets = new Set<Socket>();
const server = createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ ErrCode: 10_002, ErrMsg: `no such key: ${String(request.headers["api-key"])}` }));
});
// Nobody but who has opened it closes a connection.
server.keepAliveTimeout = 600_000;
server.on("connection", (socket) => {
  sockets.add(socket);
  socket.on("close", () => sockets.delete(socket));
});

let uploads: Uploads;
/** PixVerse, whose memory of uploads the test can use too. */
const provider: Provider = {
  ...pixverse,
  connect: (account, tools) => {
    ({ uploads } = tools);
    return pixverse.connect(account, tools);
  },
};

let base: string;
let id: string;
let tests = 0;

const query = <A>(run: Parameters<Database["Service"]["query"]>[0]): Promise<A> =>
  runtime.runPromise(Effect.flatMap(Database, (database) => database.query(run))) as Promise<A>;
const connection = (): Promise<Connection> => runtime.runPromise(Effect.flatMap(Accounts, (accounts) => accounts.connection(provider, id)));
const seal = (apiKey: string) => runtime.runPromise(Effect.flatMap(Vault, (vault) => sealCredentials(vault, id, { apiKey })));

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(async () => {
  id = `acc_${++tests}`;
  const sealed = await seal("pix-secret-0123456789");
  await runtime.runPromise(
    Effect.flatMap(Database, (database) =>
      database.transaction((tx) => addCredential(tx, { accountId: id, ownerId: "u1", sealed, digest: null, now: 1 }, 100)),
    ),
  );
  const account = JSON.stringify(sampleAccount(id, { provider: "pixverse", settings: { baseUrl: base } }));
  await query(
    (sql) =>
      sql`
      insert into account (id, rev, owner_id, provider, shared, state, busy, leases, account)
      values (${id}, 1, 'u1', 'pixverse', false, 'available', 0, '{}', ${account}::text::jsonb)`,
  );
});
afterAll(async () => {
  await runtime.dispose();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

test("what a provider repeats of an account's key reaches nobody", async () => {
  const { check, track } = await connection();
  for (const failing of [check, track("7", () => Effect.void)]) {
    const { message } = await failureOf(failing);
    expect(message).toMatch(/no such key: …/);
    expect(message).not.toMatch(/secret|0123/);
  }
});

test("a changed key is used over the same connections, which close when the account is removed", async () => {
  await failureOf((await connection()).check);
  const opened = [...sockets].at(-1);
  const before = sockets.size;
  const sealed = await seal("pix-another-0123456789");
  await query((sql) => replaceCredential(sql, id, sealed, null, 2));
  await failureOf((await connection()).check);
  expect(sockets.size).toBe(before);
  await runtime.runPromise(Effect.map(Bus, (bus) => bus.publish(removedAccountsChannel, id)));
  await vi.waitFor(() => expect(sockets.has(opened!)).toBe(false), { timeout: 20_000 });
});

test("a file that many want at the same time is uploaded once, and not again later", async () => {
  await connection();
  const mayEnd = Deferred.makeUnsafe<void>();
  let times = 0;
  const upload = Effect.andThen(
    Effect.sync(() => times++),
    Effect.as(Deferred.await(mayEnd), "remote"),
  );
  const asked = await Promise.all(Array.from({ length: 20 }, () => Effect.runPromise(Effect.forkDetach(uploads.once("aa", upload)))));
  await vi.waitFor(() => expect(times).toBe(1), { timeout: 20_000 });
  Deferred.doneUnsafe(mayEnd, Effect.void);
  const answers = await Effect.runPromise(Effect.forEach(asked, (fiber) => Fiber.join(fiber)));
  expect(answers).toEqual(Array.from({ length: 20 }, () => "remote"));
  await Effect.runPromise(uploads.once("aa", upload));
  expect(times).toBe(1);
});

test("who is called off ends no other's upload, and a failure is told to all who wait for it", async () => {
  await connection();
  const begun: Array<string> = [];
  const mayEnd = Deferred.makeUnsafe<void>();
  const uploadBy = (who: string) =>
    Effect.andThen(
      Effect.sync(() => begun.push(who)),
      Effect.as(Deferred.await(mayEnd), `by ${who}`),
    );
  const fork = (who: string) => Effect.runPromise(Effect.forkDetach(uploads.once("bb", uploadBy(who))));
  const first = await fork("first");
  await vi.waitFor(() => expect(begun).toEqual(["first"]), { timeout: 20_000 });
  const [second, third] = [await fork("second"), await fork("third")];
  await Effect.runPromise(Fiber.interrupt(third));
  expect(begun).toEqual(["first"]);
  await Effect.runPromise(Fiber.interrupt(first));
  await vi.waitFor(() => expect(begun).toEqual(["first", "second"]), { timeout: 20_000 });
  Deferred.doneUnsafe(mayEnd, Effect.void);
  expect(await Effect.runPromise(Fiber.join(second))).toBe("by second");

  let tries = 0;
  const mayFail = Deferred.makeUnsafe<void>();
  const failing = Effect.andThen(
    Effect.sync(() => tries++),
    Effect.andThen(Deferred.await(mayFail), Effect.fail<ProviderFailure>({ kind: "network", message: "It broke." })),
  );
  const both = await Promise.all([1, 2].map(() => Effect.runPromise(Effect.forkDetach(uploads.once("cc", failing)))));
  await vi.waitFor(() => expect(tries).toBe(1), { timeout: 20_000 });
  Deferred.doneUnsafe(mayFail, Effect.void);
  for (const fiber of both) expect(await failureOf(Fiber.join(fiber))).toMatchObject({ kind: "network" });
  expect(tries).toBe(1);
});

test("uploads are forgotten one by one, all at once, and with their account", async () => {
  await connection();
  const once = (sha256: string) => Effect.runPromise(uploads.once(sha256, Effect.succeed(`remote ${sha256}`)));
  const known = async (sha256: string) => (await query<Array<unknown>>((sql) => uploadedAs(sql, id, sha256))).length;
  const all = async () => [await known("dd"), await known("ee")];
  await once("dd");
  await once("ee");
  expect(await all()).toEqual([1, 1]);
  await Effect.runPromise(uploads.forget("dd"));
  expect(await all()).toEqual([0, 1]);
  await once("dd");
  await Effect.runPromise(uploads.forgetAll);
  expect(await all()).toEqual([0, 0]);
  await once("dd");
  await query((sql) => removeCredential(sql, id));
  expect(await all()).toEqual([0, 0]);
});

test("once the master key is lost accounts are told apart anew, and what was made before is forgotten", async () => {
  const access = { provider: "pixverse", settings: {}, secrets: { apiKey: "pix-1" } };
  const withVaultIn = (at: string) =>
    Effect.provide(
      Effect.flatMap(makeDigest, (digestOf) => digestOf("u1", access)),
      Layer.fresh(Vault.layer).pipe(Layer.provide(Layer.succeed(Settings, readSettings({ PIXSIM_DATA: at })))),
    );
  const stored = () => query((sql) => sql`select digest from credential where account_id = ${id}`);
  const before = await runtime.runPromise(withVaultIn(folder));
  expect(await runtime.runPromise(withVaultIn(folder))).toBe(before);
  await query((sql) => setCredentialDigest(sql, id, before));
  const without = join(folder, "without");
  const after = await runtime.runPromise(withVaultIn(without));
  expect(after).toMatch(/^[0-9a-f]{64}$/);
  expect(after).not.toBe(before);
  expect(await stored()).toEqual([{ digest: null }]);
  await query((sql) => setCredentialDigest(sql, id, after));
  expect(await runtime.runPromise(withVaultIn(without))).toBe(after);
  expect(await stored()).toEqual([{ digest: after }]);
});

test("a removed account whose credentials stayed, as the process died in between, is in nobody's way", async () => {
  const add = (accountId: string) =>
    runtime.runPromise(
      Effect.flatMap(Database, (database) =>
        database.transaction((tx) => addCredential(tx, { accountId, ownerId: "u1", sealed: "{}", digest: "same", now: 100_000 }, 100)),
      ),
    );
  const kept = async () => (await query<Array<unknown>>((sql) => sql`select 1 from credential where account_id = ${id}`)).length;
  await query((sql) => setCredentialDigest(sql, id, "same"));
  await expect(add("acc_again")).rejects.toMatchObject({ reason: "conflict" });
  await query((sql) => sweepCredentials(sql, 100_000));
  expect(await kept()).toBe(1);
  await query((sql) => sql`update account set state = 'removed' where id = ${id}`);
  expect(await add("acc_again")).toBe("kept");
  expect(await kept()).toBe(0);
  // And without anybody who adds the same again.
  await query((sql) => sql`update credential set account_id = ${id} where account_id = 'acc_again'`);
  await query((sql) => sweepCredentials(sql, 100_001));
  expect(await kept()).toBe(0);
});
