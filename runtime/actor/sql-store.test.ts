// What the store writes of an actor and finds again, by the ways in which the host asks for it.
import { ManagedRuntime } from "effect";
import { afterAll, describe, expect, test } from "vitest";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { makeSqlStore } from "./sql-store.ts";
import { commitOf } from "./store-testing.ts";
import {
  type ActorCommit,
  type ActorStore,
  type AddressPage,
  cellOf,
  type DueTimer,
  type OpenEffect,
  type SetTimer,
  type StoreResult,
} from "./store.ts";

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

  test("who was stepped after a time, has timers and is not parked is found in pages, each once", async () => {
    const store = await storeOf();
    const stepped = (at: number): Partial<ActorCommit> => ({
      journal: [{ seq: 0, at, event: { type: "xstate.init" } }],
      timers: [timer(at + 100)],
    });
    const ahead = Array.from({ length: 11 }, (_, n) => commitOf(`ahead-${n}`, stepped(1001 + n)));
    const others = [
      commitOf("ahead-not", stepped(1000)),
      commitOf("ahead-parked", { ...stepped(2000), parked: "a fault" }),
      commitOf("ahead-idle", { ...stepped(2000), timers: [] }),
    ];
    await commit(store, ...ahead, ...others);
    const pages = async (cells: ReadonlyArray<number>, limit: number) => {
      const found: Array<ReadonlyArray<string>> = [];
      let from: string | null = null;
      do {
        const page: AddressPage = await ask<AddressPage>((done) => store.steppedAfter(cells, 1000, from, limit, done));
        found.push(page.addresses);
        from = page.next;
      } while (from !== null);
      return found;
    };
    const wanted = ahead.map(({ address }) => address).sort();
    for (const limit of [1, 2, 3, 11, 100]) {
      const found = await pages(all, limit);
      expect(found.flat().toSorted()).toEqual(wanted);
      expect(found.slice(0, -1).every(({ length }) => length === limit)).toBe(true);
    }
    const half = all.filter((cell) => cell % 2 === 0);
    expect((await pages(half, 2)).flat().toSorted()).toEqual(wanted.filter((address) => half.includes(cellOf(address))));
  });
});
