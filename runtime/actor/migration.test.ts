import { Effect, Layer, ManagedRuntime, Stream } from "effect";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { assign, fromPromise, setup } from "xstate";
import { Database, type Sql } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { singleProcess } from "../cluster/single.ts";
import type { TopicMessage } from "../gateway/handlers.ts";
import { Actors } from "./actors.ts";
import { defineActor, type EffectCall } from "./define.ts";
import { actorHost } from "./host.ts";
import { makeStepper } from "./step.ts";

const effect = <Output, Input>() => fromPromise<Output, Input>(() => Promise.reject(new Error("only the host runs it")));
const hour = 3_600_000;

/** A parcel is packed and labelled at the same time, and given up after a while. */
const first = setup({
  types: { context: {} as { readonly n: number }, events: {} as { type: "GO" }, input: {} as { readonly n: number } },
  actors: { pack: effect<string, { n: number }>(), label: effect<string, { n: number }>() },
}).createMachine({
  id: "parcel",
  context: ({ input }) => ({ n: input.n }),
  initial: "idle",
  states: {
    idle: { on: { GO: "open" } },
    open: {
      initial: "packing",
      after: { [2 * hour]: "lost" },
      invoke: { id: "label", src: "label", input: ({ context }) => ({ n: context.n }) },
      states: {
        packing: {
          after: { [hour]: "#parcel.lost" },
          invoke: { id: "pack", src: "pack", input: ({ context }) => ({ n: context.n }), onDone: "#parcel.sent" },
        },
      },
    },
    sent: { type: "final" },
    lost: { type: "final" },
  },
});

/** Packing is now wrapping, with a shorter time; `n` is `count`; who idles is forgotten; the label stays. */
const second = setup({
  types: {
    context: {} as { readonly count: number; readonly paper: string | null },
    events: {} as { type: "GO" },
    input: {} as { readonly count: number },
  },
  actors: { wrap: effect<string, { count: number }>(), label: effect<string, { n: number }>() },
  delays: { patience: ({ context }) => context.count * 60_000 },
}).createMachine({
  id: "parcel",
  context: ({ input }) => ({ count: input.count, paper: null }),
  initial: "idle",
  states: {
    idle: { on: { GO: "open" }, after: { 1: "forgotten" } },
    open: {
      initial: "wrapping",
      after: { [2 * hour]: "lost" },
      invoke: { id: "label", src: "label", input: ({ context }) => ({ n: context.count }) },
      states: {
        wrapping: {
          after: { patience: "#parcel.lost" },
          invoke: {
            id: "wrap",
            src: "wrap",
            input: ({ context }) => ({ count: context.count }),
            onDone: { target: "#parcel.sent", actions: assign({ paper: ({ event }) => event.output }) },
          },
        },
      },
    },
    sent: { type: "final" },
    lost: { type: "final" },
    forgotten: { type: "final" },
  },
});

interface Run {
  readonly name: string;
  readonly key: string;
  readonly input: unknown;
  readonly recovered: boolean;
  readonly end: PromiseWithResolvers<string>;
}
let runs: Array<Run> = [];
const waiting = new Set<() => void>();
const run = (name: string) => (call: EffectCall<unknown, never>) =>
  Effect.promise(() => {
    const { key, input, recovered } = call;
    const made = { name, key, input, recovered, end: Promise.withResolvers<string>() };
    runs.push(made);
    for (const look of waiting) look();
    return made.end.promise;
  });
const nextRun = (key: string): Promise<Run> =>
  new Promise((resolve) => {
    const look = () => {
      const found = runs.find((made) => made.key === key);
      if (found === undefined) return;
      waiting.delete(look);
      resolve(found);
    };
    waiting.add(look);
    look();
  });

const parcelOne = defineActor<typeof first>({
  kind: "parcel",
  version: 1,
  machine: first,
  effects: { pack: { recovery: "resend", run: run("pack") }, label: { recovery: "resend", run: run("label") } },
  owner: () => "owner",
});
const parcelTwo = defineActor<typeof second>({
  kind: "parcel",
  version: 2,
  machine: second,
  migrate: {
    1: ({ value, context }) => ({
      value: typeof value === "object" ? { open: "wrapping" } : value,
      context: { count: (context as { n: number }).n, paper: null },
    }),
  },
  effects: { wrap: { recovery: "resend", run: run("wrap") }, label: { recovery: "resend", run: run("label") } },
  owner: () => "owner",
});

test("the orders of a state are those that entering it makes", () => {
  for (const machine of [first, second]) {
    const stepper = makeStepper(machine);
    const { snapshot } = stepper.initial({ n: 4, count: 4 });
    const entered = stepper.next(snapshot, { type: "GO" });
    const orders = stepper.orders(stepper.restore(stepper.store(entered.snapshot)), { type: "host.migrated", at: 0 });
    const sorted = <T extends { readonly id: string }>(list: ReadonlyArray<T>) => [...list].sort((a, b) => a.id.localeCompare(b.id));
    expect(sorted(orders.spawned)).toEqual(sorted(entered.spawned));
    expect(sorted(orders.delayed)).toEqual(sorted(entered.delayed));
  }
});

describe.each(testDatabases)("a newer machine on the $engine database", ({ layer }) => {
  const database = ManagedRuntime.make(layer);
  let storage: Layer.Layer<Database>;
  let open: Array<{ readonly dispose: () => Promise<void> }> = [];

  const host = async (definition: typeof parcelOne | typeof parcelTwo, on = storage) => {
    const runtime = ManagedRuntime.make(actorHost([definition]).pipe(Layer.provide(on), Layer.provide(singleProcess)));
    open.push(runtime);
    const actors = await runtime.runPromise(Actors);
    const ask = <A, E>(question: Effect.Effect<A, E>) => runtime.runPromise(question);
    const dispose = () => {
      open = open.filter((other) => other !== runtime);
      return runtime.dispose();
    };
    return { actors, ask, dispose };
  };
  type Host = Awaited<ReturnType<typeof host>>;

  /** Resolves once the actor has ended. */
  const ended = ({ actors, ask }: Host, address: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (message: TopicMessage) => {
        if (message.type !== "resumed" && message.json.includes('"status":"done"')) resolve();
      };
      ask(actors.follow(address, undefined, look)).catch(reject);
    });

  /** A parcel that the old machine has begun, and its host gone. */
  const begun = async (address: string, n: number) => {
    const old = await host(parcelOne);
    await old.ask(old.actors.create(address, { n }));
    await old.ask(old.actors.send(address, { type: "GO" }));
    const before = [await nextRun(`${address}/label/1`), await nextRun(`${address}/pack/1`)];
    const view = await old.ask(old.actors.view(address));
    await old.dispose();
    expect(before.map(({ recovered }) => recovered)).toEqual([false, false]);
    runs = [];
    return view;
  };

  beforeAll(async () => {
    storage = Layer.succeed(Database, await database.runPromise(Database));
  });
  afterEach(async () => {
    runs = [];
    for (const runtime of open) await runtime.dispose();
    open = [];
  });
  afterAll(() => database.dispose());

  test("begins what its state asks for, ends what it does not know, and keeps what is the same", async () => {
    const address = "parcel/moved";
    const before = await begun(address, 30);
    const now = await host(parcelTwo);
    const wrap = await nextRun(`${address}/wrap/2`);
    expect(wrap).toMatchObject({ name: "wrap", input: { count: 30 }, recovered: false });
    expect(await nextRun(`${address}/label/1`)).toMatchObject({ input: { n: 30 }, recovered: true });
    const view = await now.ask(now.actors.view(address));
    expect(view).toMatchObject({ machineVersion: 2, seq: 2, value: { open: "wrapping" }, context: { count: 30, paper: null } });
    expect(view.effects.map(({ key }) => key).sort()).toEqual(["label:1", "wrap:2"]);
    const due = (timers: typeof view.timers) => Object.fromEntries(timers.map(({ id, dueAt }) => [id, dueAt]));
    const kept = `xstate.after.${2 * hour}.parcel.open`;
    expect(due(view.timers)).toEqual({
      [kept]: due(before.timers)[kept],
      "xstate.after.patience.parcel.open.wrapping": view.at + 30 * 60_000,
    });
    expect(runs.map(({ name }) => name).sort()).toEqual(["label", "wrap"]);

    const end = ended(now, address);
    wrap.end.resolve("brown");
    await end;
    const after = await now.ask(now.actors.view(address));
    expect(after).toMatchObject({ value: "sent", context: { count: 30, paper: "brown" }, effects: [], timers: [] });
    const entries = await now.ask(Stream.runCollect(now.actors.history(address, 0)));
    expect(entries.map(({ event, value, status }) => [event.type, value, status])).toEqual([
      ["xstate.init", null, null],
      ["GO", null, null],
      ["host.migrated", { open: "wrapping" }, "active"],
      ["xstate.done.actor.wrap", "sent", "done"],
    ]);
    expect(entries.map(({ context }) => context)).toEqual([null, null, { count: 30, paper: null }, { count: 30, paper: "brown" }]);

    const seen: Array<string> = [];
    let epoch = "";
    await now.ask(now.actors.follow(address, undefined, ({ pos }) => void ([epoch = ""] = pos.split(":"))));
    await now.ask(now.actors.follow(address, `${epoch}:0`, ({ type }) => seen.push(type)));
    expect(seen).toEqual(["snapshot"]);
    await now.ask(now.actors.follow(address, `${epoch}:2`, ({ type }) => seen.push(type)));
    expect(seen).toEqual(["snapshot", "resumed", "delta"]);
  });

  test("sets the timers of an actor that nobody touches", async () => {
    const old = await host(parcelOne);
    await old.ask(old.actors.create("parcel/idle", { n: 1 }));
    await old.dispose();
    const now = await host(parcelTwo);
    await ended(now, "parcel/idle");
    expect(await now.ask(now.actors.view("parcel/idle"))).toMatchObject({ value: "forgotten", machineVersion: 2 });
  });

  test("lets nothing out before it is committed, and another host goes on where one died between loading and committing", async () => {
    const address = "parcel/crash";
    await begun(address, 20);
    const commit = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const stored = await database.runPromise(Database);
    const held = (sql: Sql): Sql =>
      new Proxy(sql, {
        get: (target, name, receiver) =>
          name === "unsafe"
            ? (...given: Parameters<Sql["unsafe"]>) => {
                commit.resolve();
                return goOn.promise.then(() => target.unsafe(...given));
              }
            : Reflect.get(target, name, receiver),
      });
    const stuck = await host(
      parcelTwo,
      Layer.succeed(Database, { ...stored, commit: (query) => stored.commit((sql) => query(held(sql))) }),
    );
    await commit.promise;
    expect(runs).toEqual([]);

    const next = await host(parcelTwo);
    const wrap = await nextRun(`${address}/wrap/2`);
    await nextRun(`${address}/label/1`);
    const gone = stuck.dispose();
    goOn.resolve();
    await gone;
    const end = ended(next, address);
    wrap.end.resolve("white");
    await end;
    expect(runs.map(({ name }) => name).sort()).toEqual(["label", "wrap"]);
    expect(await next.ask(next.actors.view(address))).toMatchObject({ seq: 3, value: "sent", context: { count: 20, paper: "white" } });
  });

  test("an older program leaves the actors of a newer one alone", async () => {
    const address = "parcel/newer";
    const newer = await host(parcelTwo);
    await newer.ask(newer.actors.create(address, { count: 2 }));
    await newer.ask(newer.actors.send(address, { type: "GO" }));
    await nextRun(`${address}/label/1`);
    await newer.dispose();
    runs = [];
    const older = await host(parcelOne);
    expect((await older.ask(Effect.flip(older.actors.send(address, { type: "GO" })))).code).toBe("parked");
    expect(runs).toEqual([]);
  });
});
