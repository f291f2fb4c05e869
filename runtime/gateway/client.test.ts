// The typed client of the protocol against the real gateway, on the transport that PIXSIM_TRANSPORT names.
import { createHash } from "node:crypto";
import { Effect, Stream } from "effect";
import { afterEach, expect, test } from "vitest";
import { type Client, connect } from "#protocol/client/client.ts";
import { assets } from "#protocol/asset.ts";
import type { TopicMessage } from "./handlers.ts";
import { startGateway, type TestGateway, type TestGatewayOptions, transportName } from "./testing.ts";

let gateway: TestGateway;
let client: Client;
afterEach(async () => {
  client.close();
  await gateway.close();
});

const start = async (handlers: NonNullable<TestGatewayOptions["handlers"]>): Promise<void> => {
  gateway = await startGateway({ handlers });
  client = connect({
    url: `ws://127.0.0.1:${gateway.port}/ws`,
    client: "test client",
    credentials: {
      access: () => ({ token: "user:ada", expiresAt: Number.MAX_SAFE_INTEGER }),
      canRenew: () => false,
      renew: () => Promise.resolve(),
    },
    // The gateway's clock stands still, and with it its heartbeat; tokens never run out here.
    surroundings: { setTimer: (run, ms) => (ms > 5000 ? undefined : setTimeout(run, ms)) },
  });
};

test(`calls, streams and errors, on ${transportName}`, async () => {
  await start({ streams: { "actors.history": () => Effect.succeed(Stream.range(1, 500, 1)) } });
  expect(await client.call("system.ping", { echo: "hi" })).toEqual({ echo: "hi", at: 1764000000000 });
  await expect(client.call("auth.users", {})).rejects.toMatchObject({ code: "forbidden" });
  await expect(client.call("actors.get", { address: "nonsense" })).rejects.toMatchObject({ code: "invalid_input" });
  const items: Array<unknown> = [];
  for await (const item of client.stream("actors.history", { address: "job/job_1" })) items.push(item);
  expect(items).toEqual(Array.from({ length: 500 }, (_, n) => n + 1));
});

test(`a topic goes on over a lost connection where it was, on ${transportName}`, async () => {
  const follows: Array<{ readonly from: string | undefined; readonly emit: (message: TopicMessage) => void }> = [];
  await start({
    topics: {
      "assets.assets": (_params, _context, from, emit) =>
        Effect.sync(() => {
          follows.push({ from, emit });
          emit(
            from === undefined
              ? { type: "snapshot", pos: "e:1", json: '{"count":0,"assets":[],"next":null}' }
              : { type: "resumed", pos: from },
          );
          if (from !== undefined) emit({ type: "delta", pos: "e:3", json: '["missed"]' });
          return { close: () => {}, resync: Effect.void };
        }),
    },
  });
  const seen: Array<unknown> = [];
  const missed = new Promise<void>((resolve) => {
    client.follow(
      "assets.assets",
      {},
      {
        snapshot: ({ count }) => {
          seen.push(count);
          follows[0]!.emit({ type: "delta", pos: "e:2", json: '["first"]' });
        },
        deltas: (deltas) => {
          seen.push(...deltas);
          // Far too many frames at once: the gateway ends the connection with a code that says to come back.
          if (seen.length === 2) for (let n = 0; n < 3500; n++) void client.call("auth.me", {}).catch(() => {});
          if (seen.includes("missed")) resolve();
        },
      },
    );
  });
  await missed;
  expect(seen).toEqual([0, "first", "missed"]);
  expect(follows.map(({ from }) => from).slice(0, 2)).toEqual([undefined, "e:2"]);
  expect(gateway.counters.closed.get("rate_limited")).toBeGreaterThan(0);
});

test(`an upload arrives whole, on ${transportName}`, async () => {
  const parts: Array<Uint8Array> = [];
  let stored = 0;
  await start({
    calls: {
      "assets.beginUpload": (_input, context) =>
        Effect.sync(() => ({
          uploadId: "upl_1",
          offset: 0,
          stream: context.openUpload({
            offset: 0,
            write: (offset, bytes) =>
              Effect.sync(() => {
                expect(offset).toBe(stored);
                parts.push(bytes);
                return (stored += bytes.length);
              }),
            close: Effect.void,
          }),
        })),
      "assets.finishUpload": (input: { readonly sha256: string }) =>
        Effect.sync(() => ({ ...assets.calls.get.example.output, sha256: input.sha256 })),
    },
  });
  // More than the window, so that it depends on acknowledgements.
  const bytes = new Uint8Array(20 * 1024 * 1024).map((_, index) => (index * 31) % 251);
  const asset = await client.upload(new Blob([bytes]), { name: "film.mp4" });
  expect(stored).toBe(bytes.length);
  const sha256 = createHash("sha256").update(Buffer.concat(parts)).digest("hex");
  expect(asset.sha256).toBe(sha256);
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
});
