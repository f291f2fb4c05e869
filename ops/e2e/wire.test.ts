// The client that was written from WIRE.md alone, against the real gateway: what the page says is enough, and true.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Effect, ManagedRuntime, Stream } from "effect";
import { afterEach, beforeEach, expect, test } from "vitest";
import { assets } from "#protocol/asset.ts";
import { closeCodes } from "#protocol/wire/close.ts";
import { Stranger } from "#protocol/stranger/client.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { startGateway, type TestGateway } from "#runtime/gateway/testing.ts";

const runtime = ManagedRuntime.make(Bus.alone);
let gateway: TestGateway;
let bus: Bus["Service"];
let cancels = 0;
let stored = Buffer.alloc(0);

beforeEach(async () => {
  bus = await runtime.runPromise(Bus);
  cancels = 0;
  stored = Buffer.alloc(0);
  gateway = await startGateway({
    handlers: {
      calls: {
        "jobs.cancel": ({ ids }: { readonly ids: ReadonlyArray<string> }) => Effect.sync(() => ({ done: ids, failed: [], run: ++cancels })),
        "assets.beginUpload": (_input, context) =>
          Effect.sync(() => ({
            uploadId: "upl_1",
            offset: 0,
            stream: context.openUpload({
              offset: 0,
              write: (offset, bytes) =>
                Effect.sync(() => {
                  stored = Buffer.concat([stored.subarray(0, offset), bytes]);
                  return stored.length;
                }),
              close: Effect.void,
            }),
          })),
        "assets.finishUpload": ({ sha256 }: { readonly sha256: string }) =>
          Effect.sync(() => ({ ...assets.calls.get.example.output, sha256 })),
      },
      streams: { "actors.history": () => Effect.succeed(Stream.range(0, 49, 1)) },
      topics: { "system.status": (_params, _context, from, emit) => bus.follow("test", from, Effect.succeed("all"), emit) },
    },
  });
});
afterEach(() => gateway.close());

const url = () => `ws://127.0.0.1:${gateway.port}/ws`;

/** What a follower hears, with a way to wait for it. */
const listener = () => {
  const heard: Array<unknown> = [];
  let wake = () => {};
  return {
    heard,
    tell: (kind: string, data: unknown) => {
      heard.push(data === undefined ? kind : data);
      wake();
    },
    until: async (length: number) => {
      while (heard.length < length) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
};

test("the stranger's client has under 100 lines and nothing to lean on", () => {
  const source = readFileSync(new URL("../../protocol/stranger/client.ts", import.meta.url), "utf8");
  expect(source.trimEnd().split("\n").length).toBeLessThan(100);
  expect(source).not.toMatch(/^import|import\(|require\(/m);
});

test("it says hello, calls, and is told what is wrong", async () => {
  const stranger = new Stranger();
  expect(await stranger.connect(url())).toMatchObject({ version: 1, user: null });
  expect(await stranger.call("system.ping", { echo: "hi" })).toMatchObject({ echo: "hi" });
  await expect(stranger.call("jobs.list", {})).rejects.toMatchObject({ code: "unauthenticated" });
  stranger.socket.close();
  const signedIn = new Stranger();
  expect(await signedIn.connect(url(), "user:usr_1")).toMatchObject({ user: "usr_1" });
  await expect(signedIn.call("jobs.get", { id: "" })).rejects.toMatchObject({
    code: "invalid_input",
    details: { issues: [{ path: ["id"] }] },
  });
  await expect(signedIn.call("jobs.nothing", {})).rejects.toMatchObject({ code: "unknown_call" });
  signedIn.socket.close();
});

test("it repeats a mutation with its key after a lost connection, and it happens once", async () => {
  const stranger = new Stranger();
  await stranger.connect(url(), "user:usr_1");
  const first = await stranger.call("jobs.cancel", { ids: ["a"] }, "a key of mine");
  stranger.socket.close();
  await stranger.connect(url(), "user:usr_1");
  expect(await stranger.call("jobs.cancel", { ids: ["a"] }, "a key of mine")).toEqual(first);
  expect(cancels).toBe(1);
  await expect(stranger.call("jobs.cancel", { ids: ["b"] }, "a key of mine")).rejects.toMatchObject({ code: "idempotency_conflict" });
  stranger.socket.close();
});

test("it takes a stream one item at a time", async () => {
  const stranger = new Stranger();
  await stranger.connect(url(), "user:usr_1");
  const items: Array<unknown> = [];
  await stranger.stream("actors.history", { address: "job/job_1" }, (item) => items.push(item));
  expect(items).toEqual(Array.from({ length: 50 }, (_, n) => n));
  stranger.socket.close();
});

test("it goes on with a topic where it was", async () => {
  const stranger = new Stranger();
  const { heard, tell, until } = listener();
  await stranger.connect(url(), "user:usr_1");
  stranger.follow("system.status", {}, tell);
  await until(1);
  bus.publish("test", "one");
  await until(2);
  const gone = new Promise<void>((resolve) => stranger.socket.addEventListener("close", () => resolve()));
  stranger.socket.close();
  await gone;
  bus.publish("test", "two");
  bus.publish("test", "three");
  await stranger.connect(url(), "user:usr_1");
  const leave = stranger.follow("system.status", {}, tell);
  await until(5);
  expect(heard).toEqual(["all", ["one"], "err", "resumed", ["two", "three"]]);
  leave();
  await stranger.call("system.ping", {});
  expect(bus.watchers("test")).toBe(0);
  stranger.socket.close();
});

test("it uploads a file of several frames", async () => {
  const stranger = new Stranger();
  await stranger.connect(url(), "user:usr_1");
  const bytes = new Uint8Array(2_500_000).map((_, index) => index % 251);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  expect(await stranger.upload("film.mp4", bytes)).toMatchObject({ sha256 });
  expect(createHash("sha256").update(stored).digest("hex")).toBe(sha256);
  stranger.socket.close();
});

test("it answers the heartbeat, and learns from the close code whether to come back", async () => {
  const stranger = new Stranger();
  let hear = (_code: number) => {};
  const closed = new Promise<number>((resolve) => (hear = resolve));
  await stranger.connect(url(), "user:usr_1", (code) => hear(code));
  for (let n = 0; n < 4; n++) {
    const before = gateway.counters.framesIn;
    const pinged = new Promise<void>((resolve) => stranger.socket.addEventListener("message", () => resolve(), { once: true }));
    await gateway.advance(20_000);
    await pinged;
    await stranger.call("system.ping", {});
    // The pong, and the call after it.
    expect(gateway.counters.framesIn - before).toBe(2);
  }
  gateway.revoke("ses_usr_1");
  expect(await closed).toBe(closeCodes.session_revoked.code);
});
