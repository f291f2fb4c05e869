// Following topics: by property over lost connections, lost frames and restarted servers, then case by case.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CallError } from "../wire/errors.ts";
import type { ClientFrame } from "../wire/frames.ts";
import { connect } from "./client.ts";
import { type ServerEnd, settle, World } from "./testing.ts";

/** A topic as the server keeps it: numbered changes of which only the last few are known, and an epoch that is new after a restart. */
class Topic {
  epoch = 0;
  /** Every change there ever was; the state is all of them. */
  readonly log: Array<number> = [];
  readonly memory: number;
  #offsetAtStart = 0;

  constructor(memory: number) {
    this.memory = memory;
  }

  get offset(): number {
    return this.log.length - this.#offsetAtStart;
  }

  get pos(): string {
    return `e${this.epoch}:${this.offset}`;
  }

  publish(): void {
    this.log.push(this.log.length);
  }

  restart(): void {
    this.epoch++;
    this.#offsetAtStart = this.log.length;
  }

  /** What a `sub` is answered with. */
  answer(socket: ServerEnd, frame: Extract<ClientFrame, { t: "sub" }>): void {
    const [epoch, offset] = frame.from?.split(":") ?? [];
    const missed = this.offset - Number(offset);
    if (epoch === `e${this.epoch}` && missed >= 0 && missed <= this.memory) {
      socket.say({ t: "resumed", id: frame.id, pos: frame.from! });
      if (missed > 0) socket.say({ t: "delta", id: frame.id, pos: this.pos, d: this.log.slice(-missed) });
    } else {
      socket.say({ t: "snap", id: frame.id, pos: this.pos, d: [...this.log] });
    }
  }
}

type Move =
  | { readonly move: "publish"; readonly count: number }
  | { readonly move: "cut" }
  /** Cut while the server still sends: those frames are lost. */
  | { readonly move: "cutLate"; readonly count: number }
  | { readonly move: "restart" }
  | { readonly move: "wait"; readonly ms: number }
  /** A frame that the server sends twice, and one that it leaves out. */
  | { readonly move: "repeat" }
  | { readonly move: "skip" };

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ move: fc.constant("publish" as const), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.constant<Move>({ move: "cut" }) },
  { weight: 2, arbitrary: fc.record({ move: fc.constant("cutLate" as const), count: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 1, arbitrary: fc.constant<Move>({ move: "restart" }) },
  { weight: 4, arbitrary: fc.record({ move: fc.constant("wait" as const), ms: fc.constantFrom(50, 400, 2000, 20_000) }) },
  { weight: 1, arbitrary: fc.constantFrom<Move>({ move: "repeat" }, { move: "skip" }) },
);

test("whatever happens to the connection, no change is missed and none comes twice", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(move, { maxLength: 40 }),
      fc.integer({ min: 0, max: 10 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (moves, memory, chance) => {
        const world = new World();
        world.chance = chance;
        const topic = new Topic(memory);
        let subscribed: { readonly socket: ServerEnd; readonly id: number } | null = null;
        world.opened = (socket) => {
          socket.heard = (frame) => {
            if (frame.t === "unsub" && subscribed?.id === frame.id) subscribed = null;
            if (frame.t !== "sub") return;
            topic.answer(socket, frame);
            subscribed = { socket, id: frame.id };
          };
          queueMicrotask(() => {
            if (world.socket === socket) socket.welcome();
          });
        };
        const client = connect({ url: "ws://test/ws", client: "test", surroundings: world });
        const state: Array<number> = [];
        let stale = false;
        client.follow(
          "jobs.jobs",
          {},
          {
            snapshot: (value) => void state.splice(0, state.length, ...(value as unknown as Array<number>)),
            deltas: (values) => void state.push(...(values as unknown as Array<number>)),
            stale: (now) => {
              expect(now).toBe(!stale);
              stale = now;
            },
          },
        );
        const tell = (count: number) => {
          for (let n = 0; n < count; n++) topic.publish();
          if (subscribed !== null) subscribed.socket.say({ t: "delta", id: subscribed.id, pos: topic.pos, d: topic.log.slice(-count) });
        };
        const cut = () => {
          subscribed = null;
          if (client.phase().name !== "waiting") world.socket.drop();
        };
        for (const step of moves) {
          switch (step.move) {
            case "publish":
              tell(step.count);
              break;
            case "cut":
              cut();
              break;
            case "cutLate":
              subscribed = null;
              for (let n = 0; n < step.count; n++) topic.publish();
              cut();
              break;
            case "restart":
              topic.restart();
              cut();
              break;
            case "wait":
              world.socket.say({ t: "ping", n: 1 });
              await world.advance(step.ms);
              break;
            case "repeat":
              if (subscribed !== null && topic.offset > 0)
                (subscribed as { socket: ServerEnd; id: number }).socket.say({
                  t: "delta",
                  id: (subscribed as { id: number }).id,
                  pos: topic.pos,
                  d: topic.log.slice(-1),
                });
              break;
            case "skip":
              topic.publish();
              tell(1);
              break;
          }
          // At every moment what is shown was true at some time.
          expect(state).toEqual(topic.log.slice(0, state.length));
        }
        for (let n = 0; n < 4; n++) {
          await world.advance(10_000);
          world.socket.say({ t: "ping", n: 1 });
        }
        tell(1);
        await settle();
        expect(state).toEqual(topic.log);
        expect(stale).toBe(false);
        client.close();
      },
    ),
    { numRuns: 150 },
  );
});

describe("a subscription", () => {
  const start = (user = "usr_1") => {
    const world = new World();
    const client = connect({ url: "ws://test/ws", client: "test", surroundings: world });
    const seen: Array<unknown> = [];
    const stop = client.follow(
      "system.status",
      {},
      {
        snapshot: (value) => seen.push(value),
        deltas: (values) => seen.push(...values),
        stale: (stale) => seen.push(stale ? "stale" : "fresh"),
        error: (error) => seen.push(error instanceof CallError ? error.code : error),
      },
    );
    world.socket.welcome(user);
    const sub = () => world.socket.all("sub").at(-1)!;
    return { world, client, seen, stop, sub };
  };
  const reconnect = async (world: World, user: string) => {
    world.socket.drop();
    await world.advance(500);
    world.socket.welcome(user);
  };

  test("of one user never goes on as that of another", async () => {
    const { world, sub, client } = start();
    world.socket.say({ t: "snap", id: sub().id, pos: "e:7", d: {} });
    await reconnect(world, "usr_1");
    expect(sub().from).toBe("e:7");
    await reconnect(world, "usr_2");
    expect(sub()).not.toHaveProperty("from");
    client.close();
  });

  test("that was left is told so once and hears nothing more", () => {
    const { world, sub, seen, stop, client } = start();
    const { id } = sub();
    world.socket.say({ t: "snap", id, pos: "e:1", d: "all" });
    stop();
    stop();
    world.socket.say({ t: "delta", id, pos: "e:2", d: ["more"] });
    expect(world.socket.all("unsub")).toEqual([{ t: "unsub", id }]);
    expect(seen).toEqual(["all"]);
    client.close();
  });

  test("that was refused for good ends with the error; for a time, is asked for again", async () => {
    const { world, sub, seen, client } = start();
    world.socket.say({ t: "err", id: sub().id, e: { code: "overloaded", message: "m" } });
    world.socket.say({ t: "err", id: sub().id, e: { code: "overloaded", message: "m" } });
    await world.advance(1000);
    expect(world.socket.all("sub")).toHaveLength(2);
    world.socket.say({ t: "err", id: sub().id, e: { code: "forbidden", message: "m" } });
    expect(seen).toEqual(["forbidden"]);
    await reconnect(world, "usr_1");
    expect(world.socket.all("sub")).toEqual([]);
    client.close();
  });

  test("goes on after the session was renewed, where that was all that was wrong", async () => {
    const world = new World();
    let renewals = 0;
    const client = connect({
      url: "ws://test/ws",
      client: "test",
      surroundings: world,
      credentials: { access: () => null, canRenew: () => renewals < 9, renew: () => Promise.resolve(void renewals++) },
    });
    world.socket.welcome(null);
    await settle();
    const errors: Array<string> = [];
    client.follow("system.status", {}, { snapshot: () => {}, deltas: () => {}, error: ({ code }) => errors.push(code) });
    const refuse = () => {
      world.socket.say({ t: "err", id: world.socket.all("sub").at(-1)!.id, e: { code: "token_expired", message: "m" } });
      return settle();
    };
    await refuse();
    expect(renewals).toBe(2);
    expect(world.socket.all("sub")).toHaveLength(2);
    await refuse();
    expect(errors).toEqual(["token_expired"]);
    client.close();
  });
});
