// Commands on their way between processes: gathered, sent on when the actor moves, each answered once.
import { Effect, Tracer } from "effect";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CallError } from "#protocol/wire/errors.ts";
import type { Acknowledged } from "./actors.ts";
import type { Command } from "./commands.ts";
import { Moved } from "./moved.ts";
import { Router, type Sent } from "./router.ts";

const acknowledged = (seq: number): Acknowledged => ({ seq, at: 0, value: "here", context: {}, status: "active", fresh: true });

/** Processes of a cluster of one actor: the owner takes commands, remembers event ids, and may move. */
class Place {
  owner = 0;
  /** Commands that were taken, once each. */
  readonly taken = new Set<string>();
  messages = 0;
  readonly traces: Array<Command["trace"]> = [];
  /** What happens to each message, in order; then all goes well. */
  readonly faults: Array<"lost" | "answer lost" | "moved">;
  readonly routers: ReadonlyArray<Router>;

  constructor(processes: number, faults: Array<"lost" | "answer lost" | "moved"> = []) {
    this.faults = faults;
    this.routers = Array.from({ length: processes }, (_, me) => {
      const dispatch = (command: Command): void => this.#take(me, command);
      return new Router({
        call: (_cell, message) => this.#call(message),
        owns: () => this.owner === me,
        dispatch,
        now: () => 0,
        fork: (effect) => void Effect.runFork(effect),
      });
    });
  }

  #take(me: number, command: Command): void {
    if (command.type !== "create" && command.type !== "send") throw new Error("not expected here");
    if (this.owner !== me) return command.reply(new Moved(false));
    if (command.type === "send" && command.event.type === "refused") return command.reply(new CallError("conflict", "no"));
    this.traces.push(command.trace);
    this.taken.add(command.eventId ?? crypto.randomUUID());
    command.reply(acknowledged(this.taken.size));
  }

  /** What placement promises: a message may arrive more than once, and is answered in the end. */
  #call(message: string): Effect.Effect<string> {
    this.messages++;
    const fault = this.faults.shift();
    if (fault === "lost") return this.#call(message);
    if (fault === "moved") this.owner = (this.owner + 1) % this.routers.length;
    const answer = this.routers[fault === "moved" ? (this.owner + 1) % this.routers.length : this.owner]!.receive(message);
    return fault === "answer lost"
      ? Effect.andThen(
          answer,
          Effect.suspend(() => this.#call(message)),
        )
      : answer;
  }
}

const send = (type: string, eventId?: string): Extract<Sent, { type: "send" }> => ({
  type: "send",
  address: "thing/1",
  event: { type },
  eventId,
  hash: "",
});

test("a command of the actor's own process goes to it without a message", async () => {
  const place = new Place(2);
  expect(await Effect.runPromise(place.routers[0]!.command(send("go")))).toEqual(acknowledged(1));
  expect(place.messages).toBe(0);
});

test("commands of one moment travel together", async () => {
  const place = new Place(2);
  const all = Effect.forEach(
    Array.from({ length: 50 }, (_, n) => send(`go ${n}`)),
    place.routers[1]!.command,
    { concurrency: "unbounded" },
  );
  expect((await Effect.runPromise(all)).length).toBe(50);
  expect(place.taken.size).toBe(50);
  expect(place.messages).toBe(1);
  expect(place.routers[1]!.counts).toEqual({ sent: 50, moved: 0, failed: 0, received: 0 });
  expect(place.routers[0]!.counts).toEqual({ sent: 0, moved: 0, failed: 0, received: 50 });
});

test("a command that meets a moved actor is counted as moved and as sent again, one that no process answers as failed", async () => {
  const place = new Place(3, ["moved"]);
  await Effect.runPromise(place.routers[2]!.command(send("go")));
  expect(place.routers[2]!.counts).toMatchObject({ sent: 2, moved: 1, failed: 0 });
  const alone = new Router({
    call: () => Effect.fail(new CallError("unavailable", "nobody")),
    owns: () => false,
    dispatch: () => {},
    now: () => 0,
    fork: (effect) => void Effect.runFork(effect),
  });
  await Effect.runPromise(Effect.flip(alone.command(send("go"))));
  expect(alone.counts).toEqual({ sent: 1, moved: 0, failed: 1, received: 0 });
});

test("the span of a command goes with it, here and to another process", async () => {
  const span = Tracer.externalSpan({ traceId: "1".repeat(32), spanId: "2".repeat(16), sampled: true });
  const place = new Place(2);
  for (const router of place.routers) await Effect.runPromise(router.traced(send("go"), span));
  await Effect.runPromise(place.routers[1]!.command(send("go")));
  const ids = place.traces.map((trace) => trace?.spanId);
  expect(ids).toEqual([span.spanId, span.spanId, undefined]);
});

test("an error of the actor comes back as it is", async () => {
  const place = new Place(2);
  expect(await Effect.runPromise(Effect.flip(place.routers[1]!.command(send("refused"))))).toMatchObject({
    code: "conflict",
    message: "no",
  });
});

test("a command that may have been committed here is not sent on unless it can be repeated", async () => {
  const place = new Place(2);
  const uncertain = new Router({
    call: () => Effect.die("sent on"),
    owns: () => true,
    dispatch: (command) => "reply" in command && command.type === "send" && command.reply(new Moved(true)),
    now: () => 0,
    fork: (effect) => void Effect.runFork(effect),
  });
  expect(await Effect.runPromise(Effect.flip(uncertain.command(send("go"))))).toMatchObject({ code: "unavailable" });
  expect(place.messages).toBe(0);
});

test("what travels is not novel: it may arrive twice", async () => {
  const messages: Array<string> = [];
  const moving = new Router({
    call: (_cell, message) => {
      messages.push(message);
      return Effect.succeed(JSON.stringify([{ done: acknowledged(0) }]));
    },
    owns: (address) => address === "thing/1",
    dispatch: (command) => "reply" in command && command.type === "create" && command.reply(new Moved(true)),
    now: () => 0,
    fork: (effect) => void Effect.runFork(effect),
  });
  for (const address of ["thing/1", "thing/2"])
    await Effect.runPromise(moving.command({ type: "create", address, input: {}, eventId: undefined, hash: "", novel: true }));
  expect(messages.flatMap((message) => JSON.parse(message) as Array<{ novel: boolean }>).map(({ novel }) => novel)).toEqual([false, false]);
});

test("whatever is lost or moves on the way, each command is taken once and answered", async () => {
  const faults = fc.array(fc.constantFrom("lost" as const, "answer lost" as const, "moved" as const), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(faults, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 2 }), async (fault, commands, from) => {
      const place = new Place(3, [...fault]);
      const all = Effect.forEach(
        Array.from({ length: commands }, (_, n) => send(`go ${n}`, n % 2 === 0 ? `id ${n}` : undefined)),
        place.routers[from]!.command,
        { concurrency: "unbounded" },
      );
      expect((await Effect.runPromise(all)).every((answer) => answer !== null)).toBe(true);
      expect(place.taken.size).toBe(commands);
    }),
    { numRuns: 60 },
  );
});
