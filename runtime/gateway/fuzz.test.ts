// Garbage of every kind: whatever a client sends, the gateway answers or closes with a code of the protocol, and serves the next
// client as if nothing had been. Runs on the transport that PIXSIM_TRANSPORT names.
import { Effect, Stream } from "effect";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { calls, streams, topics } from "#protocol/contract.ts";
import { closeCodes } from "#protocol/wire/close.ts";
import { encodeUploadChunk } from "#protocol/wire/codec.ts";
import { errorCatalogue } from "#protocol/wire/errors.ts";
import { ServerFrame } from "#protocol/wire/frames.ts";
import { startGateway, type TestClient, type TestGateway, transportName } from "./testing.ts";

const limits = {
  maxTextBytes: 4096,
  maxBinaryBytes: 4096,
  helloBytes: 2048,
  uploadWindowBytes: 8192,
  maxInFlight: 4,
  maxSubscriptions: 4,
};

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({
    limits,
    environment: { PIXSIM_CONNECTIONS_PER_USER: "10000" },
    handlers: {
      calls: {
        "assets.beginUpload": (_input, context) =>
          Effect.sync(() => ({
            uploadId: "upl_1",
            stream: context.openUpload({
              offset: 0,
              write: (offset, bytes) => Effect.succeed(offset + bytes.length),
              close: Effect.void,
            }),
            offset: 0,
          })),
      },
      streams: { "actors.history": () => Effect.succeed(Stream.make(1, 2, 3)) },
      topics: {
        "assets.assets": (_params, _context, _from, emit) =>
          Effect.sync(() => {
            emit({ type: "snapshot", pos: "e:0", json: "{}" });
            return { close: () => {}, resync: Effect.void };
          }),
      },
    },
  });
});
afterAll(() => gateway.close());

/** What a transport says by itself of a message that breaks the WebSocket protocol, or is too large. */
const transportCodes = [1006, 1007, 1009];
const ourCodes = Object.values(closeCodes).map(({ code }) => code as number);

type Sent = string | Uint8Array | { readonly raw: Uint8Array };

const isForTransport = (what: Sent, limit: number): boolean =>
  typeof what === "object" && "raw" in what ? true : Buffer.byteLength(what) > limit;

/** The server lives, all it said is of the protocol, and it ended the connection by a code if at all. `limit`: largest message, bytes. */
const check = async (client: TestClient, sent: ReadonlyArray<Sent>, limit: number): Promise<void> => {
  client.send({ t: "ping", n: 0.5 });
  const end = await Promise.race([
    client.closed,
    client.find((frame): frame is Extract<ServerFrame, { t: "pong" }> => frame.t === "pong" && frame.n === 0.5).catch(() => client.closed),
  ]);
  const byTransport = sent.some((what) => isForTransport(what, limit)) ? transportCodes : [];
  if ("code" in end) expect([...ourCodes, ...byTransport]).toContain(end.code);
  for (const frame of client.frames) expect(ServerFrame.safeParse(frame).success).toBe(true);
  for (const frame of client.frames) if (frame.t === "err") expect(errorCatalogue).toHaveProperty(frame.e.code);
  // A fault would mean that garbage has reached what trusts its input.
  expect(client.frames.filter((frame) => frame.t === "err" && frame.e.code === "internal")).toEqual([]);
  client.socket.terminate();
  await client.closed;
};

const goodAnswer = async (): Promise<unknown> => {
  const client = await gateway.enter("good");
  const answer = await client.call("system.ping", {});
  client.socket.terminate();
  await client.closed;
  return answer;
};

const names = fc.oneof(fc.constantFrom(...calls.keys(), ...streams.keys(), ...topics.keys()), fc.string({ maxLength: 100 }));
const id = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom(-1, 0.5, 2 ** 32, null, "1", {}));
const examples = [...calls.values()].map(({ example }) => example.input as unknown);
const input = fc.oneof(
  fc.constantFrom(...examples),
  fc.json().map((text) => JSON.parse(text) as unknown),
  fc.object(),
);

const frame = fc.oneof(
  fc.record({ t: fc.constant("call"), id, call: names, input, key: fc.string({ maxLength: 12 }) }, { requiredKeys: ["t"] }),
  fc.record({ t: fc.constant("open"), id, stream: names, input, credit: fc.integer() }, { requiredKeys: ["t"] }),
  fc.record({ t: fc.constant("sub"), id, topic: names, params: input, from: fc.string() }, { requiredKeys: ["t"] }),
  fc.record({ t: fc.constantFrom("cancel", "unsub", "credit", "ping", "pong", "nope"), id, n: fc.integer() }, { requiredKeys: ["t"] }),
  fc.record(
    { t: fc.constant("hello"), versions: fc.array(fc.integer()), client: fc.string(), token: fc.string() },
    { requiredKeys: ["t"] },
  ),
);

/** A valid frame with some of its characters changed, cut out or doubled. */
const mutated = fc
  .tuple(frame, fc.array(fc.tuple(fc.nat(), fc.constantFrom("", "{", "}", '"', "\\", "0", "\u0000", "é", "\ud800")), { maxLength: 4 }))
  .map(([value, changes]) => {
    let text = JSON.stringify(value);
    for (const [at, by] of changes) {
      const place = at % (text.length + 1);
      text = text.slice(0, place) + by + text.slice(place + (at % 3));
    }
    return text;
  });

const text = fc.oneof(
  { weight: 4, arbitrary: frame.map((value) => JSON.stringify(value)) },
  { weight: 3, arbitrary: mutated },
  fc.string({ maxLength: 200 }),
  fc.json(),
  fc.nat({ max: 3000 }).map((levels) => "[".repeat(levels)),
  fc.nat({ max: 5000 }).map((length) => "x".repeat(length)),
);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc
    .record({ stream: fc.nat({ max: 3 }), offset: fc.nat(), bytes: fc.uint8Array({ maxLength: 5000 }) })
    .map((chunk) => encodeUploadChunk(chunk)),
);
const message = fc.oneof(
  { weight: 5, arbitrary: text },
  { weight: 1, arbitrary: bytes },
  fc.uint8Array({ maxLength: 50 }).map((raw) => ({ raw })),
);

const send = (client: TestClient, what: Sent): void => {
  if (typeof what === "object" && "raw" in what) client.socket.send(what.raw, { binary: false });
  else client.socket.send(what);
};

const runs = { numRuns: 150 };

test(`whatever comes after the hello, on ${transportName}`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(undefined, "ada", "adm"), fc.array(message, { maxLength: 30 }), async (user, messages) => {
      const client = await gateway.enter(user);
      if (user !== undefined) await client.call("assets.beginUpload", { name: "a", size: 1 });
      for (const what of messages) send(client, what);
      await check(client, messages, limits.maxTextBytes);
    }),
    runs,
  );
  expect(await goodAnswer()).toHaveProperty("at");
});

test(`whatever comes instead of the hello, on ${transportName}`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 3 }), async (messages) => {
      const client = await gateway.connect();
      for (const what of messages) send(client, what);
      await check(client, messages, limits.helloBytes);
    }),
    runs,
  );
  expect(await goodAnswer()).toHaveProperty("at");
  expect(gateway.counters.subscriptions).toBe(0);
  expect(gateway.counters.uploads).toBe(0);
});
