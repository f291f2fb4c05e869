import { Effect, Layer, ManagedRuntime, Stream } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assign, fromPromise, setup } from "xstate";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { singleProcess } from "../cluster/single.ts";
import type { TopicMessage } from "../gateway/handlers.ts";
import { Actors } from "./actors.ts";
import type { Decision } from "./commands.ts";
import { defineActor, type EffectFailure } from "./define.ts";
import { actorHost } from "./host.ts";

/** The outside world of the test: what effects were run, and how they are told to end. */
interface Call {
  readonly key: string;
  readonly recovered: boolean;
  readonly end: PromiseWithResolvers<string>;
}
const waiting = new Map<string, (call: Call) => void>();
/** The next effect that is run for the actor. */
const nextCall = (address: string): Promise<Call> => new Promise((resolve) => waiting.set(address, resolve));
const called = (address: string, key: string, recovered: boolean): Call => {
  const call = { key, recovered, end: Promise.withResolvers<string>() };
  waiting.get(address)?.(call);
  return call;
};

const effect = <Output, Input>() => fromPromise<Output, Input>(() => Promise.reject(new Error("only the host runs it")));

const machine = setup({
  types: {
    context: {} as { readonly n: number; readonly result: string | null; readonly failure: unknown },
    events: {} as { type: "GO" | "BUMP" | "STOP" | "BREAK" } | { type: "note"; text: string },
    input: {} as { readonly start: number },
  },
  actors: { work: effect<string, { n: number }>(), risky: effect<string, { n: number }>() },
}).createMachine({
  id: "thing",
  context: ({ input }) => ({ n: input.start, result: null, failure: null }),
  initial: "idle",
  on: {
    BUMP: { actions: assign({ n: ({ context }) => context.n + 1 }) },
    STOP: ".stopped",
    BREAK: {
      guard: () => {
        throw new Error("bug");
      },
    },
  },
  states: {
    idle: { on: { GO: "working" } },
    working: {
      invoke: {
        id: "work",
        src: "work",
        input: ({ context }) => ({ n: context.n }),
        onDone: { target: "risking", actions: assign({ result: ({ event }) => event.output }) },
        onError: { target: "failed", actions: assign({ failure: ({ event }) => event.error }) },
      },
      on: { note: { actions: assign({ result: ({ event }) => event.text }) } },
    },
    risking: {
      invoke: {
        id: "risky",
        src: "risky",
        input: ({ context }) => ({ n: context.n }),
        onDone: "resting",
        onError: { target: "failed", actions: assign({ failure: ({ event }) => event.error }) },
      },
    },
    resting: { after: { 30: "done" } },
    done: { type: "final" },
    failed: { type: "final" },
    stopped: { type: "final" },
  },
});

const run = ({ address, key, recovered }: { readonly address: string; readonly key: string; readonly recovered: boolean }) =>
  Effect.tryPromise({
    try: () => called(address, key, recovered).end.promise,
    catch: (cause): EffectFailure => ({ kind: "test", message: String(cause) }),
  });

const thing = defineActor<typeof machine>({
  kind: "thing",
  version: 1,
  machine,
  effects: {
    work: { recovery: "resend", run: (call) => Effect.andThen(call.send({ type: "note", text: "on it" }), run(call)) },
    risky: { recovery: "park", run },
  },
  owner: () => "owner",
});

describe.each(testDatabases)("the actor host on the $engine database", ({ layer }) => {
  const database = ManagedRuntime.make(layer);
  let storage: Layer.Layer<Database>;
  const hostOn = () => ManagedRuntime.make(actorHost([thing]).pipe(Layer.provide(storage), Layer.provide(singleProcess)));
  let runtime: ReturnType<typeof hostOn>;
  let actors: Actors["Service"];
  const start = async () => {
    runtime = hostOn();
    actors = await runtime.runPromise(Actors);
  };
  const ask = <A, E>(question: Effect.Effect<A, E>) => runtime.runPromise(question);

  beforeAll(async () => {
    storage = Layer.succeed(Database, await database.runPromise(Database));
    await start();
  });
  afterAll(async () => {
    await runtime.dispose();
    await database.dispose();
  });

  /** Resolves with the first view for which `when` holds. */
  const until = (address: string, when: (value: unknown, parked: unknown) => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (message: TopicMessage) => {
        if (message.type === "resumed") return;
        const data = JSON.parse(message.json) as
          | { value: unknown; parked: unknown }
          | Array<{ entry: { value: unknown }; parked: unknown }>;
        const states = Array.isArray(data) ? data.map(({ entry, parked }) => ({ value: entry.value, parked })) : [data];
        if (states.some(({ value, parked }) => when(value, parked))) resolve();
      };
      runtime.runPromise(actors.follow(address, undefined, look)).catch(reject);
    });

  test("runs an effect after its step, takes its outcome, fires the timer, and keeps the whole journal", async () => {
    const first = nextCall("thing/whole");
    await ask(actors.create("thing/whole", { start: 1 }));
    await ask(actors.send("thing/whole", { type: "GO" }));
    const work = await first;
    expect(work).toMatchObject({ key: "thing/whole/work/1", recovered: false });
    const second = nextCall("thing/whole");
    work.end.resolve("made");
    (await second).end.resolve("ok");
    await until("thing/whole", (value) => value === "done");
    const entries = await ask(Stream.runCollect(actors.history("thing/whole", 0)));
    expect(entries.map(({ seq, event, value }) => [seq, event.type, value])).toEqual([
      [0, "xstate.init", "idle"],
      [1, "GO", "working"],
      [2, "note", "working"],
      [3, "xstate.done.actor.work", "risking"],
      [4, "xstate.done.actor.risky", "resting"],
      [5, "xstate.after.30.thing.resting", "done"],
    ]);
    expect(entries[5]!.at - entries[4]!.at).toBeGreaterThanOrEqual(30);
    expect(await ask(actors.view("thing/whole"))).toMatchObject({ seq: 5, value: "done", status: "done", effects: [], timers: [] });
  });

  test("a failure becomes the event that the machine expects", async () => {
    const first = nextCall("thing/fails");
    await ask(actors.create("thing/fails", { start: 1 }));
    await ask(actors.send("thing/fails", { type: "GO" }));
    (await first).end.reject(new Error("no luck"));
    await until("thing/fails", (value) => value === "failed");
    expect((await ask(actors.view("thing/fails"))).context["failure"]).toEqual({ kind: "test", message: "Error: no luck" });
  });

  test("a command with an event id happens once, also when sent at the same time, and another content is refused", async () => {
    await ask(actors.create("thing/once", { start: 0 }, { eventId: "create-once" }));
    const bump = actors.send("thing/once", { type: "BUMP" }, { eventId: "bump-1" });
    const results = await ask(Effect.all([bump, bump, bump], { concurrency: "unbounded" }));
    expect(results.filter(({ fresh }) => fresh)).toHaveLength(1);
    expect((await ask(bump)).fresh).toBe(false);
    expect((await ask(actors.create("thing/once", { start: 0 }, { eventId: "create-once" }))).fresh).toBe(false);
    expect((await ask(actors.view("thing/once"))).context["n"]).toBe(1);
    const other = await ask(Effect.flip(actors.send("thing/once", { type: "STOP" }, { eventId: "bump-1" })));
    expect(other.code).toBe("idempotency_conflict");
  });

  test("an event that throws is refused and changes nothing", async () => {
    await ask(actors.create("thing/breaks", { start: 7 }));
    expect((await ask(Effect.flip(actors.send("thing/breaks", { type: "BREAK" })))).code).toBe("internal");
    expect(await ask(actors.view("thing/breaks"))).toMatchObject({ seq: 0, value: "idle", context: { n: 7 } });
    expect((await ask(actors.send("thing/breaks", { type: "BUMP" }))).seq).toBe(1);
  });

  test("actors that are written together keep what is theirs, whatever the text", async () => {
    const notes = ["", "\u001e", "a\u001eb\u001e", "\0", "\ud800", '{"],', "\n\\", "ünï ☃ 𝕏", "x".repeat(5000)];
    const names = notes.map((_, index) => `thing/notes-${index}`);
    const working = names.map((name) => nextCall(name));
    await Promise.all(names.map((name, index) => ask(actors.create(name, { start: index }))));
    await Promise.all(names.map((name) => ask(actors.send(name, { type: "GO" }))));
    await Promise.all(working);
    await Promise.all(names.map((name, index) => ask(actors.send(name, { type: "note", text: notes[index] }, { eventId: `n${index}` }))));
    await runtime.dispose();
    await start();
    for (const [index, name] of names.entries()) {
      const view = await ask(actors.view(name));
      expect(view).toMatchObject({ seq: view.seq, parked: null, value: "working", context: { n: index } });
      const journal = await ask(Stream.runCollect(actors.history(name, 0)));
      const written = journal.flatMap(({ event }) => (event.type === "note" && event["text"] !== "on it" ? [event["text"]] : []));
      expect(written).toEqual([notes[index]!.replaceAll(/\0|\ud800$/g, "\uFFFD")]);
      expect(journal.map(({ seq }) => seq)).toEqual(journal.map((_, seq) => seq));
    }
  });

  test("an unknown actor and an unknown kind are not found", async () => {
    expect((await ask(Effect.flip(actors.view("thing/nobody")))).code).toBe("not_found");
    expect((await ask(Effect.flip(actors.send("nothing/x", { type: "GO" })))).code).toBe("not_found");
  });

  test("leaving the state stops the effect, and its late outcome counts no more", async () => {
    const first = nextCall("thing/left");
    await ask(actors.create("thing/left", { start: 0 }));
    await ask(actors.send("thing/left", { type: "GO" }));
    const work = await first;
    await ask(actors.send("thing/left", { type: "STOP" }));
    work.end.resolve("too late");
    const view = await ask(actors.view("thing/left"));
    expect(view).toMatchObject({ value: "stopped", effects: [] });
  });

  test("a follower sees each step once and in order, and resumes from any position without a gap", async () => {
    await ask(actors.create("thing/watched", { start: 0 }));
    const seen: Array<TopicMessage> = [];
    const handle = await ask(actors.follow("thing/watched", undefined, (message) => seen.push(message)));
    for (let n = 0; n < 5; n++) await ask(actors.send("thing/watched", { type: "BUMP" }));
    handle.close();
    await ask(actors.send("thing/watched", { type: "BUMP" }));
    const seqs = (messages: ReadonlyArray<TopicMessage>) =>
      messages.flatMap((message) =>
        message.type === "delta" ? (JSON.parse(message.json) as Array<{ entry: { seq: number } }>).map(({ entry }) => entry.seq) : [],
      );
    expect(seen[0]?.type).toBe("snapshot");
    expect(seqs(seen)).toEqual([1, 2, 3, 4, 5]);
    const again: Array<TopicMessage> = [];
    const from = seen[2]!.pos;
    await ask(actors.follow("thing/watched", from, (message) => again.push(message)));
    expect(again[0]).toEqual({ type: "resumed", pos: from });
    expect(seqs(again)).toEqual([3, 4, 5, 6]);
    const foreign: Array<TopicMessage> = [];
    await ask(actors.follow("thing/watched", "other:3", (message) => foreign.push(message)));
    expect(foreign[0]?.type).toBe("snapshot");
  });

  test("after a restart an open effect is run again with the same key, or waits for a person, as it says of itself", async () => {
    const first = nextCall("thing/restart");
    await ask(actors.create("thing/restart", { start: 1 }));
    await ask(actors.send("thing/restart", { type: "GO" }));
    const before = await first;
    const again = nextCall("thing/restart");
    await runtime.dispose();
    await start();
    const after = await again;
    expect(after).toMatchObject({ key: before.key, recovered: true });
    const risky = nextCall("thing/restart");
    after.end.resolve("made");
    await risky;
    await runtime.dispose();
    await start();
    await until("thing/restart", (_value, parked) => parked !== null);
    const parked = await ask(actors.view("thing/restart"));
    expect(parked).toMatchObject({ value: "risking", effects: [{ name: "risky", state: "review" }] });
    expect((await ask(Effect.flip(actors.resume("thing/restart", "somebody")))).code).toBe("conflict");
    const decide = (type: "resend" | "fail", eventId: string) =>
      actors.resolveEffect("thing/restart", parked.effects[0]!.key, { type }, { by: "somebody", eventId });
    let resent = nextCall("thing/restart");
    await ask(decide("resend", "first"));
    await resent;
    // Once more: what was decided before is answered again and decides nothing.
    await runtime.dispose();
    await start();
    await until("thing/restart", (_value, why) => why !== null);
    await ask(decide("resend", "first"));
    expect((await ask(Effect.flip(decide("fail", "first")))).code).toBe("idempotency_conflict");
    expect(await ask(actors.view("thing/restart"))).toMatchObject({ value: "risking", effects: [{ name: "risky", state: "review" }] });
    resent = nextCall("thing/restart");
    await ask(decide("resend", "second"));
    (await resent).end.resolve("ok");
    await until("thing/restart", (value) => value === "done");
  });

  test.each([
    [{ type: "fail" }, { value: "failed", context: { failure: { kind: "review" } } }],
    [{ type: "done", output: "seen there" }, { value: expect.stringMatching(/resting|done/) as string }],
  ] as const)("a person decides once about an effect in review: %o", async (decision, after) => {
    const address = `thing/decided-${decision.type}`;
    const first = nextCall(address);
    await ask(actors.create(address, { start: 1 }));
    await ask(actors.send(address, { type: "GO" }));
    const work = await first;
    const risky = nextCall(address);
    work.end.resolve("made");
    await risky;
    await runtime.dispose();
    await start();
    await until(address, (_value, parked) => parked !== null);
    const { key } = (await ask(actors.view(address))).effects[0]!;
    const decide = (as: Decision, eventId?: string) => actors.resolveEffect(address, key, as, { by: "usr_1", eventId });
    // The second comes before the first is committed, the third long after.
    await Promise.all([ask(decide(decision, "once")), ask(decide(decision, "once"))]);
    await ask(decide(decision, "once"));
    expect((await ask(Effect.flip(decide({ type: "resend" }, "once")))).code).toBe("idempotency_conflict");
    expect((await ask(Effect.flip(decide(decision)))).code).toBe("conflict");
    expect(await ask(actors.view(address))).toMatchObject({ ...after, parked: null });
    const journal = await ask(Stream.runCollect(actors.history(address, 0)));
    expect(journal.filter(({ event }) => event.type === "host.resumed").map(({ event }) => event)).toEqual([
      { type: "host.resumed", effect: key, decision: decision.type, by: "usr_1" },
    ]);
  });

  test("a thousand actors at once lose nothing, and every journal folds to its snapshot", async () => {
    const ids = Array.from({ length: 1000 }, (_, n) => `thing/many${n}`);
    await ask(
      Effect.forEach(
        ids,
        (address) =>
          Effect.andThen(
            actors.create(address, { start: 0 }, { novel: true }),
            Effect.all([
              actors.send(address, { type: "BUMP" }),
              actors.send(address, { type: "BUMP" }),
              actors.send(address, { type: "STOP" }),
            ]),
          ),
        { concurrency: 250, discard: true },
      ),
    );
    for (const address of ids.filter((_, n) => n % 100 === 0)) {
      const entries = await ask(Stream.runCollect(actors.history(address, 0)));
      const view = await ask(actors.view(address));
      expect(entries.map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
      expect({ value: entries[3]!.value, context: entries[3]!.context }).toEqual({ value: view.value, context: view.context });
      expect(view).toMatchObject({ value: "stopped", context: { n: 2 } });
    }
  });
});
