// What flows over a connection: streams with credit, topics with conflation, uploads with a window, on the transport that
// PIXSIM_TRANSPORT names.
import { Effect, Layer, ManagedRuntime, Stream } from "effect";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { closeCodes } from "#protocol/wire/close.ts";
import { encodeUploadChunk } from "#protocol/wire/codec.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Bus } from "../bus/bus.ts";
import { Fanout, type Listener, noCounts } from "../bus/fanout.ts";
import type { CallContext, TopicMessage, UploadSink } from "./handlers.ts";
import { principalOf, startGateway, type TestClient, type TestGateway, type TestGatewayOptions, transportName } from "./testing.ts";

let gateway: TestGateway;
const start = async (options: TestGatewayOptions) => (gateway = await startGateway(options));
afterEach(() => gateway.close());

const gate = <T = void>() => {
  let pass: (value: T) => void = () => {};
  const passed = new Promise<T>((resolve) => (pass = resolve));
  return { pass, passed };
};

const historyInput = { address: "job/job_1" };

describe(`streams on ${transportName}`, () => {
  const numbers = (count: number, pulled: { count: number }, ended?: () => void) =>
    Stream.range(0, count - 1, 1).pipe(
      Stream.tap(() => Effect.sync(() => void pulled.count++)),
      Stream.ensuring(Effect.sync(() => ended?.())),
    );

  test("never more items are sent than there is credit, and all of them with enough", async () => {
    const pulled = { count: 0 };
    await start({ handlers: { streams: { "actors.history": () => Effect.succeed(numbers(10, pulled)) } } });
    const client = await gateway.enter("ada");
    client.send({ t: "open", id: 1, stream: "actors.history", input: historyInput, credit: 3 });
    for (const expected of [0, 1, 2]) expect((await client.take("item", 1)).d).toBe(expected);
    await client.settled();
    expect(client.frames).toEqual([]);
    expect(pulled.count).toBeLessThanOrEqual(4);
    client.send({ t: "credit", id: 1, n: 1 });
    expect((await client.take("item", 1)).d).toBe(3);
    await client.settled();
    expect(client.frames).toEqual([]);
    client.send({ t: "credit", id: 1, n: 10_000 });
    for (const expected of [4, 5, 6, 7, 8, 9]) expect((await client.take("item", 1)).d).toBe(expected);
    await client.take("end", 1);
    client.socket.close();
  });

  test("cancel and a lost connection stop the producer", async () => {
    const [first, second] = [gate(), gate()];
    const ends = [first, second];
    await start({ handlers: { streams: { "actors.history": () => Effect.succeed(numbers(1000, { count: 0 }, ends.shift()!.pass)) } } });
    const client = await gateway.enter("ada");
    client.send({ t: "open", id: 1, stream: "actors.history", input: historyInput, credit: 1 });
    await client.take("item", 1);
    client.send({ t: "cancel", id: 1 });
    expect((await client.take("err", 1)).e.code).toBe("cancelled");
    await first.passed;
    client.send({ t: "open", id: 1, stream: "actors.history", input: historyInput, credit: 1 });
    await client.take("item", 1);
    client.socket.terminate();
    await second.passed;
  });

  test("a failure ends it with its error, before the first item or after some", async () => {
    await start({
      handlers: {
        streams: {
          "actors.history": (input: { from: number }) =>
            input.from === 0
              ? Effect.fail(new CallError("not_found", "No such actor."))
              : Effect.succeed(Stream.concat(Stream.make(1), Stream.fail(new CallError("unavailable", "Gone.")))),
        },
      },
    });
    const client = await gateway.enter("ada");
    client.send({ t: "open", id: 1, stream: "actors.history", input: historyInput, credit: 5 });
    expect((await client.take("err", 1)).e.code).toBe("not_found");
    client.send({ t: "open", id: 2, stream: "actors.history", input: { ...historyInput, from: 1 }, credit: 5 });
    expect((await client.take("err", 2)).e.code).toBe("unavailable");
    expect(client.frames).toEqual([{ t: "item", id: 2, d: 1 }]);
    client.send({ t: "open", id: 3, stream: "actors.history", input: {}, credit: 5 });
    expect((await client.take("err", 3)).e.code).toBe("invalid_input");
    client.socket.close();
  });

  test("a client that does not read makes the producer wait, however much credit it gave", async () => {
    const pulled = { count: 0 };
    const text = "x".repeat(200_000);
    await start({
      limits: { softBufferBytes: 256 * 1024 },
      handlers: {
        streams: { "actors.history": () => Effect.succeed(Stream.map(numbers(200, pulled), (n) => ({ n, text }))) },
      },
    });
    const client = await gateway.enter("ada");
    const watcher = await gateway.enter("ada");
    client.socket.pause();
    client.send({ t: "open", id: 1, stream: "actors.history", input: historyInput, credit: 1000 });
    // Round trips of another client give the stream time to run as far as it may.
    for (let before = -1; before !== pulled.count;) {
      before = pulled.count;
      for (let n = 0; n < 20; n++) await watcher.settled();
    }
    expect(pulled.count).toBeGreaterThan(0);
    expect(pulled.count).toBeLessThan(200);
    client.socket.resume();
    await client.take("end", 1);
    expect(client.frames.map((frame) => (frame.t === "item" ? (frame.d as { n: number }).n : -1))).toEqual(
      Array.from({ length: 200 }, (_, n) => n),
    );
    for (const { socket } of [client, watcher]) socket.close();
  });
});

describe(`topics on ${transportName}`, () => {
  interface Followed {
    readonly from: string | undefined;
    readonly emit: (message: TopicMessage) => void;
    closed: boolean;
    resyncs: number;
  }
  const followed: Array<Followed> = [];
  let state = 0;
  const snapshot = (): TopicMessage => ({ type: "snapshot", pos: `e:${state}`, json: String(state) });
  const topics: NonNullable<TestGatewayOptions["handlers"]>["topics"] = {
    "assets.assets": (_params, _context, from, emit) =>
      Effect.sync(() => {
        const entry: Followed = { from, emit, closed: false, resyncs: 0 };
        followed.push(entry);
        emit(from === undefined ? snapshot() : { type: "resumed", pos: from });
        return {
          close: () => void (entry.closed = true),
          resync: Effect.sync(() => {
            entry.resyncs++;
            emit(snapshot());
          }),
        };
      }),
  };
  const id = 900;
  const subscribe = async (client: TestClient, from?: string): Promise<Followed> => {
    client.send({ t: "sub", id, topic: "assets.assets", params: {}, ...(from === undefined ? {} : { from }) });
    await client.take(from === undefined ? "snap" : "resumed", id);
    return followed[followed.length - 1]!;
  };

  test("a snapshot, then deltas, until unsub", async () => {
    state = 5;
    await start({ handlers: { topics } });
    const client = await gateway.enter("ada");
    const entry = await subscribe(client);
    entry.emit({ type: "delta", pos: "e:6", json: '[{"a":1},2]' });
    expect(await client.take("delta", id)).toEqual({ t: "delta", id, pos: "e:6", d: [{ a: 1 }, 2] });
    expect(gateway.counters.subscriptions).toBe(1);
    client.send({ t: "unsub", id });
    await client.settled();
    expect(entry.closed).toBe(true);
    entry.emit({ type: "delta", pos: "e:7", json: "[]" });
    await client.settled();
    expect(client.frames).toEqual([]);
    expect(gateway.counters.subscriptions).toBe(0);
    client.socket.close();
  });

  test("a position is handed on, and a lost connection ends following", async () => {
    await start({ handlers: { topics } });
    const client = await gateway.enter("ada");
    const entry = await subscribe(client, "e:41");
    expect(entry.from).toBe("e:41");
    client.socket.terminate();
    await client.closed;
    const other = await gateway.enter("ada");
    await other.settled();
    expect(entry.closed).toBe(true);
    other.socket.close();
  });

  test("a topic that cannot be followed says why; there is a limit to how many", async () => {
    await start({
      limits: { maxSubscriptions: 2 },
      handlers: {
        topics: {
          ...topics,
          "actors.actor": () => Effect.fail(new CallError("not_found", "No such actor.")),
          "system.status": () => {
            throw new Error("fault");
          },
        },
      },
    });
    const client = await gateway.enter("ada");
    for (const [topic, params, code] of [
      ["actors.actor", historyInput, "not_found"],
      ["actors.actor", { address: 1 }, "invalid_input"],
      ["system.status", {}, "internal"],
    ] as const) {
      const id = client.nextId();
      client.send({ t: "sub", id, topic, params });
      expect((await client.take("err", id)).e.code).toBe(code);
    }
    for (const id of [101, 102, 103]) client.send({ t: "sub", id, topic: "assets.assets", params: {} });
    expect((await client.take("err", 103)).e).toMatchObject({ code: "quota_exceeded", details: { quota: "subscriptions", limit: 2 } });
    client.send({ t: "unsub", id: 101 });
    client.send({ t: "sub", id: 103, topic: "assets.assets", params: {} });
    await client.take("snap", 103);
    client.socket.close();
  });

  test("one that somebody else ends says why, is closed, and is told nothing more", async () => {
    const gone = new CallError("not_found", "It is not shared with you any more.");
    let end: (error: CallError) => void = () => {};
    const closed = gate();
    const emits: Array<(message: TopicMessage) => void> = [];
    await start({
      handlers: {
        topics: {
          "assets.assets": (_params, _context, from, emit) =>
            Effect.sync(() => {
              emits.push(emit);
              emit(snapshot());
              return { close: closed.pass, resync: Effect.void, onEnd: (told) => (from === undefined ? (end = told) : told(gone)) };
            }),
        },
      },
    });
    const client = await gateway.enter("ada");
    // The second has ended before it has begun.
    for (const [id, from] of [
      [1, {}],
      [2, { from: "e:1" }],
    ] as const) {
      client.send({ t: "sub", id, topic: "assets.assets", params: {}, ...from });
      await client.take("snap", id);
    }
    expect((await client.take("err", 2)).e).toEqual(gone.toWire());
    end(gone);
    expect((await client.take("err", 1)).e).toEqual(gone.toWire());
    await closed.passed;
    for (const emit of emits) emit({ type: "delta", pos: "e:2", json: "[]" });
    end(gone);
    await client.settled();
    expect(client.frames).toEqual([]);
    expect(gateway.counters.subscriptions).toBe(0);
    client.socket.close();
  });

  test("a handler that answers after unsub is closed when it does", async () => {
    const [begun, answer, closed] = [gate(), gate(), gate()];
    await start({
      handlers: {
        topics: {
          "assets.assets": () =>
            Effect.andThen(
              Effect.promise(() => {
                begun.pass();
                return answer.passed;
              }),
              Effect.succeed({ close: closed.pass, resync: Effect.void }),
            ),
        },
      },
    });
    const client = await gateway.enter("ada");
    client.send({ t: "sub", id: 1, topic: "assets.assets", params: {} });
    await begun.passed;
    client.send({ t: "unsub", id: 1 });
    await client.settled();
    answer.pass();
    await closed.passed;
    expect(gateway.counters.subscriptions).toBe(0);
    client.socket.close();
  });

  test("deltas for a client that does not read are dropped, and a snapshot makes up for them", async () => {
    state = 0;
    await start({ limits: { softBufferBytes: 256 * 1024 }, handlers: { topics } });
    const client = await gateway.enter("ada");
    const watcher = await gateway.enter("ada");
    const entry = await subscribe(client);
    const fill = "x".repeat(50_000);
    client.socket.pause();
    while (gateway.counters.deltasDropped < 10) {
      state++;
      entry.emit({ type: "delta", pos: `e:${state}`, json: `["${fill}"]` });
      if (state % 10 === 0) await watcher.settled();
    }
    client.socket.resume();
    // The last change, or a snapshot that has it.
    let known = 0;
    for (let next = 0; known !== state; next++) {
      while (client.frames.length <= next) await client.settled();
      const frame = client.frames[next]!;
      if (frame.t !== "snap" && frame.t !== "delta") continue;
      const at = Number(frame.pos.slice(2));
      // A snapshot may jump; deltas never leave one out.
      expect(frame.t === "snap" ? at >= known : at === known + 1).toBe(true);
      known = at;
    }
    expect(entry.resyncs).toBeGreaterThan(0);
    expect(gateway.counters.resyncs).toBe(entry.resyncs);
    entry.emit({ type: "delta", pos: `e:${++state}`, json: "[]" });
    await client.settled();
    expect(client.frames[client.frames.length - 1]).toEqual({ t: "delta", id, pos: `e:${state}`, d: [] });
    for (const { socket } of [client, watcher]) socket.close();
  });

  test("a client that takes far too little is closed as a slow consumer", async () => {
    await start({ limits: { softBufferBytes: 64 * 1024, hardBufferBytes: 512 * 1024 }, handlers: { topics } });
    const client = await gateway.enter("ada");
    const watcher = await gateway.enter("ada");
    const entry = await subscribe(client);
    client.socket.pause();
    // Snapshots are not dropped: they are what makes up for dropping.
    while (!gateway.counters.closed.has("slow_consumer")) {
      entry.emit({ type: "snapshot", pos: "e:1", json: `"${"x".repeat(100_000)}"` });
      await watcher.settled();
    }
    expect(entry.closed).toBe(true);
    client.socket.resume();
    expect((await client.closed).code).toBe(closeCodes.slow_consumer.code);
    watcher.socket.close();
  });

  test("another user on the same connection does not get what the first one followed", async () => {
    await start({
      handlers: {
        topics,
        calls: { "auth.signIn": (_input, context) => Effect.sync(() => context.authenticate(principalOf("bob"))) },
      },
    });
    const client = await gateway.enter("ada");
    const entry = await subscribe(client);
    await client.call("auth.signIn", { login: "bob", password: "-" });
    expect((await client.take("err", id)).e.code).toBe("unauthenticated");
    expect(entry.closed).toBe(true);
    client.socket.close();
  });
});

describe(`many who follow the same on ${transportName}`, () => {
  interface Watched {
    readonly bus: Bus["Service"];
    /** Messages that were told to one alone. */
    readonly alone: { count: number };
    /** Changes may have been missed. */
    readonly lose: () => void;
    readonly close: () => Promise<void>;
  }
  let state = 0;
  const open = async (options: TestGatewayOptions = {}): Promise<Watched> => {
    state = 0;
    const listeners: Array<Listener> = [];
    const fanout = Layer.succeed(Fanout, {
      shared: false,
      counts: noCounts(),
      publish: () => {},
      subscribe: (_channel, listener) =>
        Effect.sync(() => {
          listeners.push(listener);
          return () => {};
        }),
    });
    const runtime = ManagedRuntime.make(Layer.provide(Bus.layer, fanout));
    const bus = await runtime.runPromise(Bus);
    const alone = { count: 0 };
    const topics: NonNullable<TestGatewayOptions["handlers"]>["topics"] = {
      "assets.assets": (_params, _context, from, emit) =>
        bus.follow(
          "news",
          from,
          // Changes come while it is read.
          Effect.andThen(
            Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 1))),
            Effect.sync(() => state),
          ),
          Object.assign(
            (message: TopicMessage) => {
              alone.count++;
              emit(message);
            },
            { join: emit.join!, leave: emit.leave! },
          ),
        ),
    };
    await start({ ...options, handlers: { ...options.handlers, topics } });
    return { bus, alone, lose: () => listeners.forEach(({ lost }) => lost()), close: () => runtime.dispose() };
  };
  const change = ({ bus }: Watched, fill = ""): void => bus.publish("news", { n: ++state, fill });
  const follow = (client: TestClient, id: number, from?: string): void =>
    client.send({ t: "sub", id, topic: "assets.assets", params: {}, ...(from === undefined ? {} : { from }) });
  /** Until it has its snapshot. */
  const standing = (client: TestClient, id: number): Promise<void> =>
    vi.waitFor(() => expect(client.frames.some((frame) => frame.t === "snap" && frame.id === id)).toBe(true));
  /** Two of one user who follow under the same id. */
  const two = async (): Promise<readonly [TestClient, TestClient]> => {
    const clients = [await gateway.enter("ada"), await gateway.enter("ada")] as const;
    for (const client of clients) {
      follow(client, 900);
      await standing(client, 900);
    }
    return clients;
  };
  /** What the client knows by the frames of one id: deltas leave nothing out and tell nothing twice. */
  const knownBy = (client: TestClient, id: number): number => {
    let known = -1;
    /** A change may be in the snapshot, too. */
    let inSnapshot = -1;
    for (const frame of client.frames) {
      if (!("id" in frame) || frame.id !== id) continue;
      if (frame.t === "snap") inSnapshot = known = frame.d as number;
      if (frame.t !== "delta") continue;
      for (const { n } of frame.d as ReadonlyArray<{ readonly n: number }>) {
        if (n <= inSnapshot) continue;
        expect(n).toBe(known + 1);
        known = n;
      }
    }
    return known;
  };

  test("each is told all of it in order, and most of them together", async () => {
    const watched = await open();
    const clients = await Promise.all(Array.from({ length: 20 }, () => gateway.enter("ada")));
    // Some under another id.
    const ids = clients.map((_, index) => 900 + (index % 2));
    clients.forEach((client, index) => follow(client, ids[index]!));
    await Promise.all(clients.map((client, index) => standing(client, ids[index]!)));
    for (let n = 0; n < 50; n++) {
      change(watched);
      // Several in one tick, and some on their own.
      if (n % 3 === 0) await Promise.all(clients.map((client) => client.settled()));
    }
    await Promise.all(clients.map((client) => client.settled()));
    clients.forEach((client, index) => expect(knownBy(client, ids[index]!)).toBe(50));
    // A snapshot each.
    expect(watched.alone.count).toBe(20);
    expect(gateway.counters.framesOut).toBeGreaterThan(20 * 50);
    for (const { socket } of clients) socket.close();
    await watched.close();
  });

  test("who comes, goes, comes back or stops reading for a while misses nothing, whenever that is", async () => {
    const act = fc.oneof(
      { weight: 4, arbitrary: fc.constant({ type: "change" as const, client: 0 }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant("lose" as const), client: fc.constant(0) }) },
      {
        weight: 5,
        arbitrary: fc.record({
          type: fc.constantFrom("follow" as const, "leave" as const, "resume" as const, "settle" as const, "call" as const),
          client: fc.nat(3),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
        const watched = await open();
        const clients = await Promise.all(Array.from({ length: 4 }, () => gateway.enter("ada")));
        /** The id under which each follows; each time another. */
        const ids: Array<number | undefined> = clients.map(() => undefined);
        let next = 1000;
        for (const { type, client: index } of acts) {
          const client = clients[index]!;
          const id = ids[index];
          switch (type) {
            case "change":
              change(watched);
              break;
            case "lose":
              // One that nobody hears of.
              state++;
              watched.lose();
              break;
            case "follow":
            case "resume": {
              if (id !== undefined) break;
              ids[index] = ++next;
              const told = client.frames.filter((frame) => frame.t === "snap" || frame.t === "delta");
              follow(client, next, type === "resume" ? told[told.length - 1]?.pos : undefined);
              break;
            }
            case "leave":
              if (id !== undefined) client.send({ t: "unsub", id });
              ids[index] = undefined;
              break;
            case "settle":
              await client.settled();
              break;
            case "call":
              // Something else on its way.
              client.send({ t: "ping", n: 0 });
              break;
          }
        }
        change(watched);
        for (const [index, client] of clients.entries()) {
          const id = ids[index];
          if (id === undefined) continue;
          await expect
            .poll(async () => {
              await client.settled();
              const last = client.frames.findLast((frame) => (frame.t === "delta" || frame.t === "snap") && frame.id === id);
              if (last?.t === "snap") return last.d;
              return last?.t === "delta" ? (last.d as Array<{ n: number }>).at(-1)!.n : -1;
            })
            .toBe(state);
          if (client.frames.some((frame) => frame.t === "snap" && frame.id === id)) expect(knownBy(client, id)).toBe(state);
        }
        for (const { socket } of clients) socket.close();
        await gateway.close();
        await watched.close();
      }),
      { numRuns: 25 },
    );
  });

  test("where changes may have been missed, nothing is told before the snapshot that has them", async () => {
    const watched = await open();
    const client = await gateway.enter("ada");
    follow(client, 900);
    await standing(client, 900);
    change(watched);
    // One that nobody hears of.
    state++;
    watched.lose();
    change(watched);
    await vi.waitFor(() => expect(client.frames.filter((frame) => frame.t === "snap").length).toBe(2));
    change(watched);
    await client.settled();
    expect(knownBy(client, 900)).toBe(4);
    // With each snapshot, and what was held back until it was there.
    expect(watched.alone.count).toBe(3);
    client.socket.close();
    await watched.close();
  });

  test("one that does not read holds nobody up, falls behind, and is told by a snapshot what it missed", async () => {
    const watched = await open({ limits: { softBufferBytes: 256 * 1024 } });
    const [slow, quick] = await two();
    change(watched);
    await slow.settled();
    expect(watched.alone.count).toBe(2);
    slow.socket.pause();
    const fill = "x".repeat(50_000);
    while (gateway.counters.deltasDropped < 10) {
      change(watched, fill);
      if (state % 10 === 0) await quick.settled();
    }
    slow.socket.resume();
    await expect
      .poll(async () => {
        await slow.settled();
        return knownBy(slow, 900);
      })
      .toBe(state);
    expect(gateway.counters.resyncs).toBeGreaterThan(0);
    await quick.settled();
    expect(knownBy(quick, 900)).toBe(state);
    // It is told with the others again.
    const { count } = watched.alone;
    change(watched);
    await Promise.all([slow.settled(), quick.settled()]);
    expect([knownBy(slow, 900), knownBy(quick, 900)]).toEqual([state, state]);
    expect(watched.alone.count).toBe(count);
    for (const { socket } of [slow, quick]) socket.close();
    await watched.close();
  });
  test("one that takes far too little is closed, and the others go on", async () => {
    const watched = await open({ limits: { softBufferBytes: 256 * 1024, hardBufferBytes: 256 * 1024 } });
    const [slow, quick] = await two();
    change(watched);
    slow.socket.pause();
    const fill = "x".repeat(100_000);
    while (!gateway.counters.closed.has("slow_consumer")) {
      change(watched, fill);
      await quick.settled();
    }
    slow.socket.resume();
    expect((await slow.closed).code).toBe(closeCodes.slow_consumer.code);
    change(watched);
    await quick.settled();
    expect(knownBy(quick, 900)).toBe(state);
    quick.socket.close();
    await watched.close();
  });

  test("another user on the same connection is told nothing of it any more", async () => {
    const watched = await open({
      handlers: { calls: { "auth.signIn": (_input, context) => Effect.sync(() => context.authenticate(principalOf("bob"))) } },
    });
    const [client, other] = await two();
    change(watched);
    await client.settled();
    await client.call("auth.signIn", { login: "bob", password: "-" });
    expect((await client.take("err", 900)).e.code).toBe("unauthenticated");
    change(watched);
    await Promise.all([client.settled(), other.settled()]);
    expect(knownBy(client, 900)).toBe(1);
    expect(knownBy(other, 900)).toBe(2);
    for (const { socket } of [client, other]) socket.close();
    await watched.close();
  });
});

describe(`uploads on ${transportName}`, () => {
  interface Sink extends UploadSink {
    readonly bytes: () => Buffer;
    readonly closed: Promise<void>;
  }
  const makeSink = (before: Effect.Effect<void, CallError> = Effect.void): Sink => {
    let stored = Buffer.alloc(0);
    const closed = gate();
    return {
      get offset() {
        return stored.length;
      },
      write: (offset, bytes) =>
        Effect.andThen(
          before,
          Effect.suspend(() => {
            if (offset !== stored.length) return Effect.fail(new CallError("upload_mismatch", "Bytes are missing."));
            stored = Buffer.concat([stored, bytes]);
            return Effect.succeed(stored.length);
          }),
        ),
      close: Effect.sync(() => closed.pass()),
      bytes: () => stored,
      closed: closed.passed,
    };
  };
  const begin = async (makes: () => UploadSink, limits: TestGatewayOptions["limits"] = {}) => {
    await start({
      limits,
      handlers: {
        calls: {
          "assets.beginUpload": (_input, context: CallContext) =>
            Effect.sync(() => {
              const sink = makes();
              return { uploadId: "upl_1", stream: context.openUpload(sink), offset: sink.offset };
            }),
        },
      },
    });
    const client = await gateway.enter("ada");
    return { client, open: async () => ((await client.call("assets.beginUpload", { name: "a", size: 10 })) as { stream: number }).stream };
  };
  const chunk = (stream: number, offset: number, bytes: Uint8Array) => encodeUploadChunk({ stream, offset, bytes });

  test("chunks are stored in order and acknowledged", async () => {
    const sink = makeSink();
    const { client, open } = await begin(() => sink);
    const stream = await open();
    const parts = Array.from({ length: 20 }, (_, n) => new Uint8Array(1000).fill(n));
    for (const [n, bytes] of parts.entries()) client.socket.send(chunk(stream, n * 1000, bytes));
    for (let n = 1; n <= 20; n++) expect(await client.take("ack")).toEqual({ t: "ack", stream, offset: n * 1000 });
    expect(sink.bytes().equals(Buffer.concat(parts))).toBe(true);
    expect(gateway.counters.uploads).toBe(1);
    client.socket.terminate();
    await sink.closed;
    expect(gateway.counters.uploads).toBe(0);
  });

  test("chunks wait while one is written, and no more of them than the window", async () => {
    const write = gate();
    const sink = makeSink(Effect.promise(() => write.passed));
    const { client, open } = await begin(() => sink, { uploadWindowBytes: 3000 });
    const stream = await open();
    for (let n = 0; n < 3; n++) client.socket.send(chunk(stream, n * 1000, new Uint8Array(1000)));
    await client.settled();
    expect(client.frames).toEqual([]);
    client.socket.send(chunk(stream, 3000, new Uint8Array(1)));
    expect((await client.take("abort")).e).toMatchObject({ code: "payload_too_large", details: { limit: 3000 } });
    // The chunk under way is written before the sink is closed; what waited is not.
    write.pass();
    await sink.closed;
    expect(sink.bytes()).toHaveLength(1000);
    client.socket.send(chunk(stream, 1000, new Uint8Array(1)));
    await client.settled();
    expect(client.frames).toEqual([]);
    client.socket.close();
  });

  test("an error of the sink ends the upload stream, not the connection", async () => {
    const sink = makeSink();
    const { client, open } = await begin(() => sink);
    const stream = await open();
    client.socket.send(chunk(stream, 500, new Uint8Array(1)));
    expect((await client.take("abort")).e.code).toBe("upload_mismatch");
    await sink.closed;
    await client.settled();
    client.socket.close();
  });

  test("the stream that was unused for the longest gives way when too many are open", async () => {
    const sinks: Array<Sink> = [];
    const { client, open } = await begin(
      () => {
        const sink = makeSink();
        sinks.push(sink);
        return sink;
      },
      { maxUploadStreams: 2 },
    );
    const [first, second] = [await open(), await open()];
    client.socket.send(chunk(first, 0, new Uint8Array(1)));
    await client.take("ack");
    await open();
    expect(await client.take("abort")).toMatchObject({ stream: second, e: { code: "overloaded" } });
    await sinks[1]!.closed;
    client.socket.send(chunk(first, 1, new Uint8Array(1)));
    await client.take("ack");
    client.socket.close();
  });
});

describe(`idempotency keys on ${transportName}`, () => {
  const key = "key-12345678";
  const input = { id: "ast_1", name: "fox" };
  const runs: Array<{ readonly user: string; readonly key: string | undefined }> = [];
  let begun = gate();
  let release = gate<unknown>();
  let stopped = gate();
  const options: TestGatewayOptions = {
    limits: { drainMs: 0 },
    handlers: {
      calls: {
        "assets.update": (_input, { principal, key: given }) =>
          Effect.callback((resume) => {
            runs.push({ user: principal!.userId, key: given });
            begun.pass();
            void release.passed.then((value) => resume(value instanceof CallError ? Effect.fail(value) : Effect.succeed(value)));
            return Effect.sync(() => stopped.pass());
          }),
        "assets.get": (_input, context) => Effect.sync(() => runs.push({ user: "", key: context.key })),
      },
    },
  };
  const setUp = async () => {
    runs.length = 0;
    [begun, release, stopped] = [gate(), gate<unknown>(), gate()];
    await start(options);
    return gateway.enter("ada");
  };

  test("a repeat answers the first result, other content is a conflict, another user is another matter", async () => {
    const client = await setUp();
    release.pass({ first: true });
    expect(await client.call("assets.update", input, { key })).toEqual({ first: true });
    // The same content, its fields in another order.
    expect(await client.call("assets.update", { name: "fox", id: "ast_1" }, { key })).toEqual({ first: true });
    expect(await client.call("assets.update", { ...input, name: "wolf" }, { key })).toBe("idempotency_conflict");
    expect(runs).toEqual([{ user: "ada", key }]);
    const other = await gateway.enter("bob");
    await other.call("assets.update", { ...input, name: "wolf" }, { key });
    expect(runs).toHaveLength(2);
    // What changes nothing has no need of it.
    await client.call("assets.get", { id: "ast_1" }, { key });
    await client.call("assets.get", { id: "ast_1" }, { key });
    expect(runs.slice(2)).toEqual([
      { user: "", key: undefined },
      { user: "", key: undefined },
    ]);
    for (const { socket } of [client, other]) socket.close();
  });

  test("a repeat joins the first that is under way, though its connection was lost", async () => {
    const lost = await setUp();
    lost.send({ t: "call", id: 1, call: "assets.update", input, key });
    await begun.passed;
    lost.socket.terminate();
    await lost.closed;
    const client = await gateway.enter("ada");
    const joined = client.call("assets.update", input, { key });
    expect(await client.call("assets.update", { ...input, name: "wolf" }, { key })).toBe("idempotency_conflict");
    release.pass({ first: true });
    expect(await joined).toEqual({ first: true });
    expect(runs).toHaveLength(1);
    client.socket.close();
  });

  test("a deadline ends the waiting, not the work; cancelling ends the work for which nobody else waits", async () => {
    const client = await setUp();
    client.send({ t: "call", id: 1, call: "assets.update", input, key, deadline: 100 });
    await begun.passed;
    await gateway.advance(110);
    expect((await client.take("err", 1)).e.code).toBe("deadline_exceeded");
    client.send({ t: "call", id: 2, call: "assets.update", input, key });
    client.send({ t: "call", id: 3, call: "assets.update", input, key });
    client.send({ t: "cancel", id: 2 });
    expect((await client.take("err", 2)).e.code).toBe("cancelled");
    await client.settled();
    expect(runs).toHaveLength(1);
    client.send({ t: "cancel", id: 3 });
    expect((await client.take("err", 3)).e.code).toBe("cancelled");
    await stopped.passed;
    client.socket.close();
  });

  test("a failure is not kept: a repeat tries again", async () => {
    const client = await setUp();
    release.pass(new CallError("conflict", "Not now."));
    expect(await client.call("assets.update", input, { key })).toBe("conflict");
    release = gate<unknown>();
    release.pass({ second: true });
    expect(await client.call("assets.update", input, { key })).toEqual({ second: true });
    expect(runs).toHaveLength(2);
    client.socket.close();
  });
});
