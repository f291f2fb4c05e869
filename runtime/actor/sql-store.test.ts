// What the store writes of an actor and finds again, by the ways in which the host asks for it.
import { ManagedRuntime } from "effect";
import { afterAll, describe, expect, test } from "vitest";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { makeSqlStore } from "./sql-store.ts";
import { commitOf } from "./store-testing.ts";
import { type ActorCommit, type ActorStore, cellOf, type DueTimer, type OpenEffect, type SetTimer, type StoreResult } from "./store.ts";

const effect = (invokeId: string, more: Partial<OpenEffect> = {}): OpenEffect => ({
  invokeId,
  seq: 0,
  name: invokeId,
  input: { text: "a \u001e and a \u0000" },
  review: false,
  startedAt: 10,
  ...more,
});
const timer = (dueAt: number): SetTimer => ({ id: `at ${dueAt}`, dueAt, event: { type: "due" } });

const all = Array.from({ length: 256 }, (_, cell) => cell);

describe.each(testDatabases)("on the $engine database", ({ layer }) => {
  const runtime = ManagedRuntime.make(layer);
  afterAll(() => runtime.dispose());
  const ask = <T>(question: (done: (result: StoreResult<T>) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => question((result) => (result.ok ? resolve(result.value) : reject(new Error(result.message)))));
  const storeOf = async (): Promise<ActorStore> => makeSqlStore(await runtime.runPromise(Database), new Map());
  const commit = async (store: ActorStore, ...actors: ReadonlyArray<ActorCommit>) => {
    const fence = new Map(actors.map(({ cell }) => [cell, 0]));
    expect(await ask<{ deposed: ReadonlyArray<number> }>((done) => store.commit({ fence, actors }, done))).toEqual({ deposed: [] });
  };

  test("effects are found by their cell as long as they go on by themselves", async () => {
    const store = await storeOf();
    const effects = [effect("work"), effect("asked", { review: true })];
    await commit(
      store,
      commitOf("busy", { effects }),
      commitOf("parked", { effects, parked: "a fault" }),
      commitOf("told", { effects: [effect("work"), effect("host.tell")], parked: "a fault" }),
      commitOf("idle"),
    );
    const open = async (cells: ReadonlyArray<number>) => {
      const found = await ask<ReadonlyArray<{ address: string; effect: OpenEffect }>>((done) => store.openEffects(cells, done));
      return found
        .map(({ address, effect: { invokeId, input } }) => ({ address, invokeId, input }))
        .sort((a, b) => (a.address < b.address ? -1 : 1));
    };
    const input = { text: "a \u001e and a \ufffd" };
    const busy = { address: "thing/busy", invokeId: "work", input };
    expect(await open(all)).toEqual([busy, { address: "thing/told", invokeId: "host.tell", input }]);
    expect(await open(all.filter((cell) => cell !== cellOf("thing/told")))).toEqual([busy]);
    await commit(
      store,
      commitOf("busy", { journal: [{ seq: 1, at: 11, event: { type: "done" } }] }),
      commitOf("told", { journal: [{ seq: 1, at: 11, event: { type: "done" } }], status: "done" }),
    );
    expect(await open(all)).toEqual([]);
  });

  test("timers are found by their cell once they are due, soonest first, but for those of parked actors", async () => {
    const store = await storeOf();
    await commit(
      store,
      ...[30, 10, 20, 40].map((dueAt, n) => commitOf(`due-${n}`, { timers: [timer(dueAt + 15), timer(dueAt)] })),
      commitOf("due-parked", { timers: [timer(10)], parked: "a fault" }),
    );
    const due = async (cells: ReadonlyArray<number>, limit = 100) => {
      const timers = await ask<ReadonlyArray<DueTimer>>((done) => store.dueTimers(cells, 35, limit, done));
      return timers.map(({ address, timerId, dueAt }) => `${address} ${timerId} ${dueAt}`);
    };
    expect(await due(all)).toEqual([
      "thing/due-1 at 10 10",
      "thing/due-2 at 20 20",
      "thing/due-1 at 25 25",
      "thing/due-0 at 30 30",
      "thing/due-2 at 35 35",
    ]);
    expect(await due(all, 2)).toEqual(["thing/due-1 at 10 10", "thing/due-2 at 20 20"]);
    expect(await due(all.filter((cell) => cell === cellOf("thing/due-0")))).toContain("thing/due-0 at 30 30");
  });
});
