// What a parent hears of its child: that it is parked and that it goes on, each once, also when the process dies in between.
import { Effect, Layer, ManagedRuntime, Stream } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromPromise, setup } from "xstate";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { Placement } from "../cluster/placement.ts";
import { singleProcess } from "../cluster/single.ts";
import { Actors } from "./actors.ts";
import { defineActor } from "./define.ts";
import { actorHost } from "./host.ts";

const childMachine = setup({
  types: { context: {} as { readonly boss: string }, events: {} as { type: "GO" }, input: {} as { readonly boss: string } },
  actors: { risky: fromPromise<void, object>(() => Promise.reject(new Error("only the host runs it"))) },
}).createMachine({
  context: ({ input }) => ({ boss: input.boss }),
  initial: "idle",
  states: {
    idle: { on: { GO: "risking" } },
    risking: { invoke: { id: "risky", src: "risky", input: {}, onDone: "done", onError: "failed" } },
    done: {},
    failed: {},
  },
});

let begun = Promise.withResolvers<void>();

const child = defineActor<typeof childMachine>({
  kind: "child",
  version: 1,
  machine: childMachine,
  effects: {
    risky: {
      recovery: "park",
      run: () =>
        Effect.suspend(() => {
          begun.resolve();
          return Effect.never;
        }),
    },
  },
  owner: () => "owner",
  parent: ({ context }) => context.boss,
});
const bossMachine = setup({ types: { events: {} as { type: "child.parked" | "child.resumed" } } }).createMachine({});
const boss = defineActor<typeof bossMachine>({ kind: "boss", version: 1, machine: bossMachine, effects: {}, owner: () => "owner" });

describe.each(testDatabases)("a parent on the $engine database", ({ layer }) => {
  const database = ManagedRuntime.make(layer);
  let storage: Layer.Layer<Database>;
  /** Effects that a host may still begin: what comes after them waits for a lease that it never gets, as in a process that dies. */
  const hostOn = (leases: number) => {
    let left = leases;
    const placement = Layer.effect(
      Placement,
      Effect.map(Placement, (real) => Placement.of({ ...real, leaseMs: (cell) => (left-- > 0 ? real.leaseMs(cell) : 0) })),
    ).pipe(Layer.provideMerge(singleProcess));
    return ManagedRuntime.make(actorHost([child, boss]).pipe(Layer.provide(storage), Layer.provide(placement)));
  };
  let runtime: ReturnType<typeof hostOn>;
  let actors: Actors["Service"];
  const start = async (leases: number) => {
    begun = Promise.withResolvers();
    runtime = hostOn(leases);
    actors = await runtime.runPromise(Actors);
  };
  const ask = <A, E>(question: Effect.Effect<A, E>) => runtime.runPromise(question);

  beforeAll(async () => {
    storage = Layer.succeed(Database, await database.runPromise(Database));
  });
  afterAll(() => database.dispose());

  /** Completes when the watchers of the actor are shown what is looked for. */
  const until = (address: string, is: (shown: string) => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      runtime.runPromise(actors.follow(address, undefined, (message) => "json" in message && is(message.json) && resolve())).catch(reject);
    });
  const heard = async (address: string) => (await ask(Stream.runCollect(actors.history(address, 1)))).map(({ event }) => event);

  test("hears that the child is parked though the process died right after that commit, and that it was resumed", async () => {
    await start(Infinity);
    await ask(actors.create("boss/a", {}));
    await ask(actors.create("child/a", { boss: "boss/a" }));
    await ask(actors.send("child/a", { type: "GO" }));
    await begun.promise;
    await runtime.dispose();

    // The run of unknown outcome is put before a person; the parent is not told before this process ends.
    await start(1);
    await until("child/a", (shown) => shown.includes(`"parked":"The server stopped`));
    expect(await ask(actors.view("child/a"))).toMatchObject({ effects: [{ name: "risky", state: "review" }, { name: "host.tell" }] });
    expect(await heard("boss/a")).toEqual([]);
    await runtime.dispose();

    await start(Infinity);
    await until("child/a", (shown) => !shown.includes(`"host.tell"`));
    const parked = {
      type: "child.parked",
      at: expect.any(Number),
      address: "child/a",
      reason: `The server stopped during "risky": whether it took place is not known.`,
    };
    expect(await heard("boss/a")).toEqual([parked]);
    await runtime.dispose();

    await start(Infinity);
    const { effects } = await ask(actors.view("child/a"));
    expect(effects).toMatchObject([{ name: "risky", state: "review" }]);
    const told = until("boss/a", (shown) => shown.includes("child.resumed"));
    await ask(actors.resolveEffect("child/a", effects[0]!.key, { type: "fail" }, { by: "somebody" }));
    await told;
    expect(await heard("boss/a")).toEqual([parked, { type: "child.resumed", at: expect.any(Number), address: "child/a" }]);
    expect(await ask(actors.view("child/a"))).toMatchObject({ value: "failed", parked: null });
    await runtime.dispose();
  });
});
