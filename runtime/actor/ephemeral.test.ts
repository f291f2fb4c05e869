// Ephemeral actors in two processes: found, followed and lost with the process that has them.
import { Context, Effect, Layer, ManagedRuntime } from "effect";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { assign, setup } from "xstate";
import { Fanout, type Listener, noCounts } from "../bus/fanout.ts";
import { makeHandovers } from "../cluster/handovers.ts";
import { type CellServer, Placement } from "../cluster/placement.ts";
import type { TopicMessage } from "../gateway/handlers.ts";
import type { Actors } from "./actors.ts";
import { allCells } from "./store.ts";
import { defineActor } from "./define.ts";
import { hostOn } from "./host.ts";
import { Disk } from "./simulation/disk.ts";

const cursor = defineActor({
  kind: "cursor",
  version: 1,
  durability: "ephemeral",
  machine: setup({ types: { context: {} as { readonly x: number }, events: {} as { type: "MOVE"; x: number } } }).createMachine({
    id: "cursor",
    context: { x: 0 },
    on: { MOVE: { actions: assign({ x: ({ event }) => event.x }) } },
  }),
  effects: {},
  owner: () => "owner",
});

/** Two processes on one disk: all cells are in one of them, messages between them always arrive. */
class Pair {
  readonly disk = new Disk();
  readonly #servers: Array<CellServer> = [];
  readonly #channels = new Map<string, Set<{ readonly process: number; readonly listener: Listener }>>();
  #owner = 0;

  #host(me: number) {
    const fanout = Fanout.of({
      shared: true,
      counts: noCounts(),
      publish: (channel, message) => {
        for (const { process, listener } of this.#channels.get(channel) ?? []) if (process !== me) listener.heard(message);
      },
      subscribe: (channel, listener) =>
        Effect.sync(() => {
          const listeners = this.#channels.get(channel) ?? new Set();
          this.#channels.set(channel, listeners);
          const entry = { process: me, listener };
          listeners.add(entry);
          return () => void listeners.delete(entry);
        }),
    });
    const placement = Effect.map(makeHandovers, (handovers) =>
      Placement.of({
        serve: (server) => {
          this.#servers[me] = server;
          return me === this.#owner ? server.open(allCells) : Effect.void;
        },
        areHere: (cells) => Effect.succeed(me === this.#owner ? cells : []),
        leaseMs: () => 60_000,
        tenure: () => 0,
        call: (_cell, message) => Effect.suspend(() => this.#servers[this.#owner]!.receive(message)),
        once: () => Effect.void,
        stand: () => Effect.succeed(false),
        leave: Effect.void,
        handovers,
        owners: Effect.sync(() => allCells.map(() => String(this.#owner))),
      }),
    );
    const host = hostOn<never>([cursor], {
      store: this.disk.store((happen, answer) => void setImmediate(() => answer({ ok: true, value: happen() }))),
      later: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      soon: (run) => void setImmediate(run),
    });
    return Layer.effect(Host, host).pipe(Layer.provide([Layer.succeed(Fanout, fanout), Layer.effect(Placement, placement)]));
  }

  readonly hosts = [0, 1].map((me) => ManagedRuntime.make(this.#host(me)));

  async run<T, E>(process: number, use: (actors: Actors["Service"]) => Effect.Effect<T, E>): Promise<T> {
    return this.hosts[process]!.runPromise(Effect.flatMap(Host, use));
  }

  /** Hands all cells to the other process. */
  async move(): Promise<void> {
    await Effect.runPromise(Effect.forEach(allCells, (cell) => this.#servers[this.#owner]!.close(cell), { concurrency: "unbounded" }));
    this.#owner = 1 - this.#owner;
    await Effect.runPromise(this.#servers[this.#owner]!.open(allCells));
  }
}
class Host extends Context.Service<Host, Actors["Service"]>()("test/Host") {}

const address = "cursor/a";
let pair: Pair;

beforeEach(async () => {
  pair = new Pair();
  for (const host of pair.hosts) await host.runPromise(Host);
});
afterEach(() => Promise.all(pair.hosts.map((host) => host.dispose())));

const follow = async (process: number) => {
  const seen: Array<string> = [];
  await pair.run(process, (actors) =>
    actors.follow(address, undefined, ({ type, pos }: TopicMessage) => seen.push(`${type} ${pos.slice(pos.indexOf(":") + 1)}`)),
  );
  return seen;
};

test("they are used and followed from any process, and nothing of them is stored", async () => {
  await pair.run(1, (actors) => actors.create(address, {}));
  const seen = await Promise.all([follow(0), follow(1)]);
  await pair.run(1, (actors) => actors.send(address, { type: "MOVE", x: 7 }));
  expect(await pair.run(1, (actors) => actors.view(address))).toMatchObject({ seq: 1, context: { x: 7 } });
  expect(seen).toEqual([
    ["snapshot 0", "delta 1"],
    ["snapshot 0", "delta 1"],
  ]);
  expect(pair.disk.actors.size).toBe(0);
});

test("who comes back with a position gets a snapshot, as there is no journal, or goes on where nothing was missed", async () => {
  await pair.run(1, (actors) => actors.create(address, {}));
  const messages: Array<TopicMessage> = [];
  const from = (position: string | undefined) =>
    pair.run(1, (actors) => actors.follow(address, position, (message) => messages.push(message)));
  await from(undefined);
  const { pos } = messages[0]!;
  await from(pos);
  await pair.run(1, (actors) => actors.send(address, { type: "MOVE", x: 7 }));
  await from(pos);
  expect(messages.map(({ type }) => type)).toEqual(["snapshot", "resumed", "delta", "delta", "snapshot"]);
});

test("they are gone when their cell moves, and who follows them sees the next of that name", async () => {
  await pair.run(0, (actors) => actors.create(address, {}));
  await pair.run(0, (actors) => actors.send(address, { type: "MOVE", x: 7 }));
  const seen = await Promise.all([follow(0), follow(1)]);
  await pair.move();
  await expect(pair.run(0, (actors) => actors.send(address, { type: "MOVE", x: 8 }))).rejects.toMatchObject({ code: "not_found" });
  await pair.run(0, (actors) => actors.create(address, {}));
  const both = ["snapshot 1", "snapshot 0"];
  await vi.waitFor(() => expect(seen.map((messages) => messages.slice(0, 2))).toEqual([both, both]), { timeout: 10_000 });
});
