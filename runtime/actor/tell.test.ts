// Messages from one actor to another, with the host of the sender stopped at every moment that matters.
import { Effect, Layer, ManagedRuntime, Stream } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assign, fromPromise, setup } from "xstate";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { singleProcess } from "../cluster/single.ts";
import { Actors } from "./actors.ts";
import { defineActor } from "./define.ts";
import { actorHost } from "./host.ts";
import { tell } from "./tell.ts";

interface Note {
  readonly to: string;
  readonly text: string;
}

const senderMachine = setup({
  types: {
    context: {} as { readonly note: Note; readonly failure: unknown },
    events: {} as { type: "GO" },
    input: {} as Note,
  },
  actors: { notify: fromPromise<void, Note>(() => Promise.reject(new Error("only the host runs it"))) },
}).createMachine({
  context: ({ input: { to, text } }) => ({ note: { to, text }, failure: null }),
  initial: "idle",
  states: {
    idle: { on: { GO: "telling" } },
    telling: {
      invoke: {
        id: "notify",
        src: "notify",
        input: ({ context }) => context.note,
        onDone: "told",
        onError: { target: "refused", actions: assign({ failure: ({ event }) => event.error }) },
      },
    },
    told: {},
    refused: {},
  },
});

const receiverMachine = setup({
  types: {
    context: {} as { readonly notes: ReadonlyArray<string> },
    events: {} as { type: "note"; text: string },
    input: {} as object,
  },
}).createMachine({
  context: { notes: [] },
  on: { note: { actions: assign({ notes: ({ context, event }) => [...context.notes, event.text] }) } },
});

/** Where the delivery stands still: each passage says that it was reached, and goes on only if it is let. */
class Gate {
  readonly reached = Promise.withResolvers<void>();
  open = false;

  readonly pass = Effect.suspend(() => {
    this.reached.resolve();
    return this.open ? Effect.void : Effect.never;
  });
}
let before = new Gate();
let after = new Gate();

const notify = tell<Note, { type: "GO" }>(({ to, text }) => ({ to, event: { type: "note", text } }));

const sender = defineActor<typeof senderMachine, Actors>({
  kind: "sender",
  version: 1,
  machine: senderMachine,
  effects: {
    notify: {
      ...notify,
      run: (call) =>
        Effect.suspend(() => before.pass).pipe(
          Effect.andThen(notify.run(call)),
          Effect.tap(() => after.pass),
        ),
    },
  },
  owner: () => "owner",
});
const receiver = defineActor<typeof receiverMachine>({
  kind: "receiver",
  version: 1,
  machine: receiverMachine,
  effects: {},
  owner: () => "owner",
});

describe.each(testDatabases)("messages between actors on the $engine database", ({ layer }) => {
  const database = ManagedRuntime.make(layer);
  let storage: Layer.Layer<Database>;
  const hostOn = () => ManagedRuntime.make(actorHost([sender, receiver]).pipe(Layer.provide(storage), Layer.provide(singleProcess)));
  let runtime: ReturnType<typeof hostOn>;
  let actors: Actors["Service"];
  const start = async (gates: { readonly before: boolean; readonly after: boolean }) => {
    before = new Gate();
    before.open = gates.before;
    after = new Gate();
    after.open = gates.after;
    runtime = hostOn();
    actors = await runtime.runPromise(Actors);
  };
  const ask = <A, E>(question: Effect.Effect<A, E>) => runtime.runPromise(question);

  beforeAll(async () => {
    storage = Layer.succeed(Database, await database.runPromise(Database));
  });
  afterAll(() => database.dispose());

  /** Completes when the sender is in this state. */
  const until = (address: string, state: string): Promise<void> =>
    new Promise((resolve, reject) => {
      runtime
        .runPromise(
          actors.follow(address, undefined, (message) => "json" in message && message.json.includes(`"value":"${state}"`) && resolve()),
        )
        .catch(reject);
    });
  const stepsOf = async (address: string) => (await ask(Stream.runCollect(actors.history(address, 0)))).map(({ event }) => event.type);

  test("stopped after the commit and before the delivery, then after the delivery and before the outcome: stepped exactly once", async () => {
    await start({ before: false, after: false });
    await ask(actors.create("receiver/a", {}));
    await ask(actors.create("sender/a", { to: "receiver/a", text: "hello" }));
    await ask(actors.send("sender/a", { type: "GO" }));
    await before.reached.promise;
    expect(await stepsOf("receiver/a")).toEqual(["xstate.init"]);
    await runtime.dispose();

    await start({ before: true, after: false });
    await after.reached.promise;
    expect(await ask(actors.view("sender/a"))).toMatchObject({ value: "telling" });
    expect(await stepsOf("receiver/a")).toEqual(["xstate.init", "note"]);
    await runtime.dispose();

    await start({ before: true, after: true });
    await until("sender/a", "told");
    expect(await stepsOf("receiver/a")).toEqual(["xstate.init", "note"]);
    expect((await ask(actors.view("receiver/a"))).context).toEqual({ notes: ["hello"] });
    await runtime.dispose();
  });

  test("a receiver that is not there is an outcome of the effect", async () => {
    await start({ before: true, after: true });
    await ask(actors.create("sender/lost", { to: "receiver/nobody", text: "hello" }));
    await ask(actors.send("sender/lost", { type: "GO" }));
    await until("sender/lost", "refused");
    expect((await ask(actors.view("sender/lost"))).context["failure"]).toMatchObject({ kind: "not_found" });
    await runtime.dispose();
  });
});
