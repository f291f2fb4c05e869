// Results by key on both databases, and what happens between a result and its record.
import { Effect, Layer, ManagedRuntime } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DatabaseError } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import type { RecordedResult } from "#db/queries/idempotency.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { Idempotency, ResultStore } from "./idempotency.ts";

const key = { user: "usr_1", call: "jobs.submit", key: "key-1234" };
const fork = (effect: Effect.Effect<string, CallError>) => Effect.runFork(effect);
const front = (store: ResultStore["Service"]) => new Idempotency(store, 60_000, () => {});

describe.each(testDatabases)("results on $engine", ({ layer }) => {
  const runtime = ManagedRuntime.make(ResultStore.layer.pipe(Layer.provide(layer)));
  let store: ResultStore["Service"];
  beforeAll(async () => {
    store = await runtime.runPromise(ResultStore);
  });
  afterAll(() => runtime.dispose());

  test("a result outlives the process, to the letter", async () => {
    let runs = 0;
    const run = (idempotency: Idempotency, input: unknown) =>
      Effect.runPromise(
        idempotency.run(
          key,
          input,
          () =>
            Effect.sync(() => {
              runs++;
              return { b: 1, a: "grüße\u2028", none: undefined, list: [1e21, null] };
            }),
          fork,
        ),
      );
    const first = await run(front(store), { x: 1, y: [{ b: 1, a: 2 }] });
    expect(first).toBe(JSON.stringify({ b: 1, a: "grüße\u2028", list: [1e21, null] }));
    expect(await run(front(store), { y: [{ a: 2, b: 1 }], x: 1 })).toBe(first);
    expect(runs).toBe(1);
    await expect(run(front(store), { x: 2 })).rejects.toMatchObject({ code: "idempotency_conflict" });
    expect(runs).toBe(1);
  });

  test("of two processes that did the same, the first record counts", async () => {
    const result = (output: string): RecordedResult => ({ input_hash: "hash", output });
    const other = { ...key, key: "key-two-processes" };
    expect(await Effect.runPromise(store.record(other, result("1"), 0))).toBe(true);
    expect(await Effect.runPromise(store.record(other, result("2"), 0))).toBe(false);
    expect(await Effect.runPromise(store.find(other))).toEqual(result("1"));
    expect(await Effect.runPromise(store.find({ ...other, user: "usr_2" }))).toBeUndefined();
  });

  test("old results are dropped in portions", async () => {
    for (const [n, at] of [1000, 2000, 3000].entries()) {
      await Effect.runPromise(store.record({ ...key, key: `old-${n}` }, { input_hash: "h", output: "1" }, at));
    }
    expect(await Effect.runPromise(store.drop(1, 10))).toBe(1);
    expect(await Effect.runPromise(store.drop(2500, 1))).toBe(1);
    expect(await Effect.runPromise(store.drop(2500, 10))).toBe(1);
    expect(await Effect.runPromise(store.find({ ...key, key: "old-2" }))).toBeDefined();
  });
});

describe("the front of the results", () => {
  const memory = (faults: Partial<ResultStore["Service"]> = {}): ResultStore["Service"] => ({
    find: () => Effect.succeed(undefined),
    record: () => Effect.succeed(true),
    drop: () => Effect.succeed(0),
    ...faults,
  });
  const failing = (reason: DatabaseError["reason"]) => Effect.fail(new DatabaseError({ reason, message: "down", cause: undefined }));
  const down = failing("unavailable");
  const once = (idempotency: Idempotency, work: Effect.Effect<unknown, CallError>, input: unknown = {}) =>
    Effect.runPromise(idempotency.run(key, input, () => work, fork));

  test("without a look at the records nothing is begun", async () => {
    let runs = 0;
    const work = Effect.sync(() => ++runs);
    await expect(once(front(memory({ find: () => down })), work)).rejects.toMatchObject({ code: "unavailable" });
    await expect(once(front(memory({ find: () => failing("full") })), work)).rejects.toMatchObject({ code: "storage_full" });
    expect(runs).toBe(0);
  });

  test("a result that cannot be recorded is answered, and known as long as the process lives", async () => {
    const idempotency = front(memory({ record: () => down }));
    let runs = 0;
    const work = Effect.sync(() => ++runs);
    expect(await once(idempotency, work)).toBe("1");
    expect(await once(idempotency, work)).toBe("1");
  });

  test("what comes back from another process is checked against the content", async () => {
    const idempotency = front(
      memory({ record: () => Effect.succeed(false), find: () => Effect.succeed({ input_hash: "another", output: "9" }) }),
    );
    await expect(once(idempotency, Effect.succeed(1))).rejects.toMatchObject({ code: "idempotency_conflict" });
  });

  test("many results do not pile up in memory", async () => {
    let looked = 0;
    const idempotency = front(
      memory({
        find: () => {
          looked++;
          return Effect.succeed(undefined);
        },
      }),
    );
    const large = "x".repeat(200_000);
    const run = (n: number) => Effect.runPromise(idempotency.run({ ...key, key: `key-${n}` }, {}, () => Effect.succeed(large), fork));
    for (let n = 0; n < 100; n++) await run(n);
    expect(looked).toBe(100);
    await run(99);
    expect(looked).toBe(100);
    // The oldest had to go: the records are asked again.
    await run(0);
    expect(looked).toBe(101);
  });
});
