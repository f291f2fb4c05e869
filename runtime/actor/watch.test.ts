import { Effect, Exit, Layer, ManagedRuntime } from "effect";
import { TestClock } from "effect/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { assign, setup } from "xstate";
import type { JournalEntry } from "#protocol/actor.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Fanout } from "../bus/fanout.ts";
import type { TopicMessage } from "../gateway/handlers.ts";
import type { Committed } from "./committed.ts";
import { entryOf } from "./fold.ts";
import { makeKind, type PendingStep } from "./resident.ts";
import { followActor, Followers, type Reading } from "./watch.ts";

const kind = makeKind({
  kind: "count",
  version: 1,
  machine: setup({ types: { context: {} as { readonly n: number } } }).createMachine({
    id: "count",
    context: { n: 0 },
    on: { UP: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
  }),
  effects: {},
  owner: () => "owner",
});
const address = "count/a";
const createdAt = 1000;

/** An actor elsewhere: it goes on by steps, which reach this process or not, and can be read or not. */
class Elsewhere {
  steps: ReadonlyArray<PendingStep> = [
    { seq: 0, at: createdAt, event: { type: "xstate.init" }, ...kindState(kind.stepper.initial(undefined).snapshot) },
  ];
  readonly reads: Array<PromiseWithResolvers<"read" | "away">> = [];

  take(steps: number): ReadonlyArray<PendingStep> {
    const from = this.steps.length;
    for (let n = 0; n < steps; n++) {
      const { seq, snapshot } = this.steps.at(-1)!;
      const next = kind.stepper.next(snapshot, { type: "UP" }).snapshot;
      this.steps = [...this.steps, { seq: seq + 1, at: createdAt, event: { type: "UP" }, ...kindState(next) }];
    }
    return this.steps.slice(from);
  }

  readonly peek: Reading["peek"] = () =>
    Effect.suspend(() => {
      const state: Committed = { ...this.steps.at(-1)!, address, kind, createdAt };
      const read = Promise.withResolvers<"read" | "away">();
      this.reads.push(read);
      return Effect.callback<Committed, CallError>((resume) => {
        void read.promise.then((how) =>
          resume(how === "read" ? Exit.succeed(state) : Exit.fail(new CallError("unavailable", "The database does not answer."))),
        );
      });
    });
  readonly missed: Reading["missed"] = (_address, from) =>
    Effect.sync((): ReadonlyArray<JournalEntry> => this.steps.slice(from).map((step) => entryOf(kind, step, step.snapshot)));
}
const kindState = (snapshot: PendingStep["snapshot"]) => ({ snapshot, parked: null, effects: [], timers: [] });

describe("a follower", () => {
  const runtime = () => ManagedRuntime.make(Layer.merge(Fanout.alone, TestClock.layer({ warningDelay: "1 hour" })));
  let host: ReturnType<typeof runtime>;
  let followers: Followers;
  let actor: Elsewhere;
  let seen: Array<TopicMessage>;

  beforeEach(async () => {
    host = runtime();
    followers = new Followers(await host.runPromise(Fanout), () => {});
    actor = new Elsewhere();
    seen = [];
  });
  afterEach(() => host.dispose());

  /** Lets what can run without the clock run. */
  const settle = () => host.runPromise(TestClock.adjust(0));
  const answer = async (how: "read" | "away") => {
    actor.reads.shift()!.resolve(how);
    await settle();
  };
  const follow = async (from?: string, lineage = "one") => {
    const reading = { followers, lineage, peek: actor.peek, missed: actor.missed };
    const following = host.runPromise(followActor(reading, address, from, (message) => seen.push(message)));
    await settle();
    await answer("read");
    return following;
  };
  const tell = (steps: ReadonlyArray<PendingStep>) => followers.published(address, kind, createdAt, steps);
  const positions = () => seen.map(({ type, pos }) => `${type} ${pos.slice(pos.indexOf(":") + 1)}`);

  test("that missed a step reads anew until it can, and goes on", async () => {
    await follow();
    tell(actor.take(2));
    expect(positions()).toEqual(["snapshot 0", "delta 2"]);
    actor.take(1);
    tell(actor.take(1));
    await settle();
    for (let failures = 0; failures < 5; failures++) {
      await answer("away");
      expect(actor.reads).toEqual([]);
      await host.runPromise(TestClock.adjust(1000));
      expect(actor.reads).toHaveLength(1);
    }
    expect(positions()).toEqual(["snapshot 0", "delta 2"]);
    await answer("read");
    tell(actor.take(1));
    expect(positions()).toEqual(["snapshot 0", "delta 2", "snapshot 4", "delta 5"]);
  });

  test("goes on from its position, but not in a database that was restored: there other steps may have followed", async () => {
    await follow();
    tell(actor.take(2));
    const from = seen.at(-1)!.pos;
    actor.take(1);
    await follow(from);
    expect(positions()).toEqual(["snapshot 0", "delta 2", "resumed 2", "delta 3"]);
    await follow(from, "another");
    expect(positions().slice(4)).toEqual(["snapshot 3"]);
  });

  test("that is closed reads no more", async () => {
    const handle = await follow();
    actor.take(1);
    tell(actor.take(1));
    await settle();
    handle.close();
    await answer("away");
    await host.runPromise(TestClock.adjust(60_000));
    expect(actor.reads).toEqual([]);
    expect(followers.count).toBe(0);
  });

  test("puts in order what came meanwhile, and notices what did not come", async () => {
    await follow();
    actor.take(1);
    tell(actor.take(1));
    await settle();
    const [third, fourth, , sixth] = actor.take(4);
    for (const step of [fourth!, third!, sixth!]) tell([step]);
    await answer("read");
    expect(positions()).toEqual(["snapshot 0", "snapshot 2", "delta 4"]);
    await answer("read");
    expect(positions().at(-1)).toBe("snapshot 6");
  });

  test("holds back only so much: past that it reads anew, and misses nothing", async () => {
    await follow();
    actor.take(1);
    tell(actor.take(1));
    await settle();
    // The base is read as of step 2; what comes after it is more than is held.
    for (let part = 0; part < 30; part++) tell(actor.take(100));
    await answer("read");
    expect(positions()).toEqual(["snapshot 0", "snapshot 2"]);
    expect(actor.reads).toHaveLength(1);
    await answer("read");
    expect(positions()).toEqual(["snapshot 0", "snapshot 2", "snapshot 3002"]);
    tell(actor.take(1));
    expect(positions().at(-1)).toBe("delta 3003");
  });
});
