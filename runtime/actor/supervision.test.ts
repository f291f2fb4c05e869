import { Clock, Effect, Layer, ManagedRuntime, Stream } from "effect";
import { TestClock } from "effect/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { assign, fromPromise, setup } from "xstate";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { Fanout } from "../bus/fanout.ts";
import { Placement } from "../cluster/placement.ts";
import { singleProcess } from "../cluster/single.ts";
import type { TopicMessage } from "../gateway/handlers.ts";
import { Actors } from "./actors.ts";
import { defineActor, type EffectCall, type EffectFailure, type LookupCall } from "./define.ts";
import { actorHost } from "./host.ts";

const effect = <Output, Input>() => fromPromise<Output, Input>(() => Promise.reject(new Error("only the host runs it")));

/** Actors whose timer finds a bug, and how often it did. */
const broken = new Map<string, number>();

const machine = setup({
  types: {
    context: {} as { readonly name: string; readonly result: string | null },
    events: {} as { type: "WORK" | "SEND" | "WAIT" },
    input: {} as { readonly name: string },
  },
  actors: { work: effect<string, { name: string }>(), send: effect<string, { name: string }>() },
  guards: {
    sound: ({ context: { name } }) => {
      const times = broken.get(name);
      if (times === undefined) return true;
      broken.set(name, times + 1);
      throw new Error("a bug");
    },
  },
}).createMachine({
  id: "thing",
  context: ({ input }) => ({ name: input.name, result: null }),
  initial: "idle",
  states: {
    idle: { on: { WORK: "working", SEND: "sending", WAIT: "waiting" } },
    working: {
      invoke: {
        id: "work",
        src: "work",
        input: ({ context: { name } }) => ({ name }),
        onDone: { target: "done", actions: assign({ result: ({ event }) => event.output }) },
      },
    },
    sending: {
      invoke: {
        id: "send",
        src: "send",
        input: ({ context: { name } }) => ({ name }),
        onDone: { target: "done", actions: assign({ result: ({ event }) => event.output }) },
      },
    },
    waiting: { after: { 20: { guard: "sound", target: "done" } } },
    done: { type: "final" },
  },
});

interface Did {
  readonly what: "run" | "lookup";
  readonly key: string;
  readonly recovered: boolean;
  /** Test time, ms. */
  readonly at: number;
}
const did = new Map<string, Array<Did>>();
/** What the outside does with an actor's calls; absent: it never answers. */
const outside = new Map<
  string,
  { readonly run?: () => Effect.Effect<string>; readonly lookup?: () => Effect.Effect<string | undefined, EffectFailure> }
>();
const record = (what: Did["what"], { address, key, recovered }: LookupCall<unknown, never>) =>
  Effect.map(Clock.currentTimeMillis, (at) => {
    did.set(address, [...(did.get(address) ?? []), { what, key, recovered, at }]);
    return outside.get(address);
  });
const run = (call: EffectCall<unknown, never>) => Effect.flatMap(record("run", call), (known) => known?.run?.() ?? Effect.never);
/** Of whose runs nobody can be asked. */
const mute = "thing/mute";
const lookup = (call: LookupCall<unknown, never>) =>
  call.address === mute ? null : Effect.flatMap(record("lookup", call), (known) => known?.lookup?.() ?? Effect.never);

const thing = defineActor<typeof machine>({
  kind: "thing",
  version: 1,
  machine,
  effects: { work: { recovery: "resend", run }, send: { recovery: "lookup", run, lookup } },
  owner: () => "owner",
});

describe("a fault", () => {
  const live = ManagedRuntime.make(Layer.orDie(testDatabases[0]!.layer));
  let placing: ManagedRuntime.ManagedRuntime<Placement | Fanout, never>;
  let host: ManagedRuntime.ManagedRuntime<Actors, never>;
  let actors: Actors["Service"];

  /** Only the host itself lives by the test's clock. */
  const start = async () => {
    placing = ManagedRuntime.make(singleProcess);
    const around = Layer.mergeAll(
      Layer.succeed(Database, await live.runPromise(Database)),
      Layer.succeed(Placement, await placing.runPromise(Placement)),
      Layer.succeed(Fanout, await placing.runPromise(Fanout)),
    );
    host = ManagedRuntime.make(
      actorHost([thing]).pipe(Layer.provide(around), Layer.provideMerge(TestClock.layer({ warningDelay: "1 hour" }))),
    );
    actors = await host.runPromise(Actors);
  };
  const stop = async () => {
    await host.dispose();
    await placing.dispose();
  };
  const ask = <A, E>(question: Effect.Effect<A, E>) => host.runPromise(question);
  const view = (address: string) => ask(actors.view(address));

  beforeAll(() => live.runPromise(Database));
  beforeEach(start);
  afterEach(async () => {
    await stop();
    for (const known of [did, outside, broken]) known.clear();
  });
  afterAll(() => live.dispose());

  /** Lets time pass until it is so. */
  const pass = async (is: () => Promise<boolean>) => {
    for (let ms = 0; ms < 120_000; ms += 250) {
      if (await is()) return;
      await ask(TestClock.adjust(250));
    }
    throw new Error("it never came to that");
  };
  const value = (address: string, wanted: string) => async () => (await view(address)).value === wanted;
  const parked = (address: string) => async () => (await view(address)).parked !== null;
  const begin = async (address: string, type: "WORK" | "SEND" | "WAIT") => {
    await ask(actors.create(address, { name: address }));
    await ask(actors.send(address, { type }));
  };
  /** ms between what was done, where each took the steps of `pass` at most. */
  const pauses = (address: string) => {
    const times = did.get(address)!.map(({ at }) => at);
    return times.slice(1).map((at, index) => Math.floor((at - times[index]!) / 1000));
  };

  test("an effect that dies is tried again after 1, 4 and 16 s, then parked; a person resumes it; its neighbour never knows", async () => {
    const address = "thing/dies";
    outside.set(address, { run: () => Effect.die(new Error("a bug")) });
    await begin("thing/neighbour", "WORK");
    await begin(address, "WORK");
    await pass(async () => actors.stats().effects.some(({ retrying }) => retrying > 0));
    expect(actors.stats().effects).toEqual([{ kind: "thing", effect: "work", running: 2, retrying: 1 }]);
    await pass(parked(address));
    expect(actors.stats().effects).toEqual([{ kind: "thing", effect: "work", running: 1, retrying: 0 }]);
    expect(pauses(address)).toEqual([1, 4, 16]);
    expect(await view(address)).toMatchObject({ value: "working", effects: [{ key: "work:1", state: "running" }] });
    expect((await view(address)).parked).toContain("a fault of the program: Error: a bug");
    expect(await view("thing/neighbour")).toMatchObject({ seq: 1, parked: null, value: "working" });
    expect(did.get("thing/neighbour")).toHaveLength(1);

    outside.set(address, { run: () => Effect.succeed("mended") });
    await ask(actors.resume(address, "somebody"));
    await pass(value(address, "done"));
    expect(await view(address)).toMatchObject({ parked: null, context: { result: "mended" } });
    expect(did.get(address)!.at(-1)).toMatchObject({ key: `${address}/work/1`, recovered: true });
    // The first alone knows of no other before it.
    expect(did.get(address)!.map(({ recovered }) => recovered)).toEqual([false, true, true, true, true]);
  });

  test("an effect that may have been sent before it died is looked up before it is sent again", async () => {
    const address = "thing/paid";
    outside.set(address, { run: () => Effect.die(new Error("a bug")), lookup: () => Effect.succeed("theirs") });
    await begin(address, "SEND");
    await pass(value(address, "done"));
    expect((await view(address)).context["result"]).toBe("theirs");
    expect(did.get(address)!.map(({ what }) => what)).toEqual(["run", "lookup"]);
  });

  test("a timer whose guard throws is tried three times, then parked; resumed it fires", async () => {
    const address = "thing/ticks";
    broken.set(address, 0);
    const known = Promise.withResolvers<void>();
    await begin("thing/other", "WAIT");
    await begin(address, "WAIT");
    const look = (message: TopicMessage) => {
      if (message.type !== "resumed" && message.json.includes("host.parked")) known.resolve();
    };
    await ask(actors.follow(address, undefined, look));
    await ask(TestClock.adjust(20));
    await known.promise;
    expect(broken.get(address)).toBe(3);
    expect(await view(address)).toMatchObject({ value: "waiting", timers: [{ id: "xstate.after.20.thing.waiting" }] });
    expect((await view(address)).parked).toMatch(/"xstate\.after\.20\.thing\.waiting" could not be taken 3 times: .*a bug/s);
    expect(await view("thing/other")).toMatchObject({ value: "done", parked: null });

    broken.delete(address);
    await ask(actors.resume(address, "somebody"));
    await pass(value(address, "done"));
    const entries = await ask(Stream.runCollect(actors.history(address, 2)));
    expect(entries.map(({ event }) => event.type)).toEqual(["host.parked", "host.resumed", "xstate.after.20.thing.waiting"]);
  });

  describe("that leaves it unknown what became of an effect", () => {
    const interrupted = async (address: string, lookups: ReadonlyArray<Effect.Effect<string | undefined, EffectFailure>>) => {
      await begin(address, "SEND");
      await pass(async () => did.get(address) !== undefined);
      await stop();
      did.clear();
      const left = [...lookups];
      outside.set(address, {
        run: () => Effect.succeed("sent again"),
        lookup: () => left.shift() ?? Effect.die("it was looked up too often"),
      });
      await start();
    };
    const nothing = Effect.undefined;
    const fails = Effect.fail({ kind: "network", message: "No line." });

    test("is settled by a look-up that finds it", async () => {
      await interrupted("thing/found", [Effect.succeed("theirs")]);
      await pass(value("thing/found", "done"));
      expect((await view("thing/found")).context["result"]).toBe("theirs");
      expect(did.get("thing/found")).toMatchObject([{ what: "lookup", key: "thing/found/send/1", recovered: true }]);
    });

    test("is settled by a second look-up, when it was on its way at the first", async () => {
      await interrupted("thing/late", [nothing, Effect.succeed("theirs")]);
      await pass(value("thing/late", "done"));
      expect((await view("thing/late")).context["result"]).toBe("theirs");
      expect(did.get("thing/late")!.map(({ what }) => what)).toEqual(["lookup", "lookup"]);
      expect(pauses("thing/late")).toEqual([10]);
    });

    test("is settled by sending it again, if it is not found before and after the quarantine", async () => {
      await interrupted("thing/lost", [nothing, nothing]);
      await pass(value("thing/lost", "done"));
      expect((await view("thing/lost")).context["result"]).toBe("sent again");
      expect(did.get("thing/lost")).toMatchObject([
        { what: "lookup" },
        { what: "lookup" },
        { what: "run", key: "thing/lost/send/1", recovered: true },
      ]);
      expect(pauses("thing/lost")).toEqual([10, 0]);
    });

    test("waits for a person, if it cannot be looked up", async () => {
      await interrupted(
        "thing/dark",
        Array.from({ length: 6 }, () => fails),
      );
      const sending = () => actors.stats().effects.filter(({ effect }) => effect === "send");
      await pass(async () => sending().some(({ retrying }) => retrying === 1));
      await pass(parked("thing/dark"));
      expect(sending()).toEqual([]);
      expect(pauses("thing/dark")).toEqual([1, 2, 4, 8, 16]);
      expect(await view("thing/dark")).toMatchObject({ value: "sending", effects: [{ key: "send:1", state: "review" }] });
      await ask(actors.resolveEffect("thing/dark", "send:1", { type: "resend" }, { by: "somebody" }));
      await pass(value("thing/dark", "done"));
      expect(did.get("thing/dark")!.at(-1)).toMatchObject({ what: "run", recovered: false });
    });

    test("waits for a person at once, if there is nobody to ask", async () => {
      await interrupted(mute, []);
      await pass(parked(mute));
      expect(did.get(mute)).toBeUndefined();
      expect(await view(mute)).toMatchObject({ value: "sending", effects: [{ key: "send:1", state: "review" }] });
    });
  });
});
