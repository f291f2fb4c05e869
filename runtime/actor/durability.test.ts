import { describe, expect, test } from "vitest";
import { assign, fromPromise, setup } from "xstate";
import { CallError } from "#protocol/wire/errors.ts";
import type { Acknowledged } from "./actors.ts";
import type { Committed } from "./committed.ts";
import { type Fate, makeCoreRig } from "./core-rig.ts";
import type { Durability } from "./define.ts";
import { makeKind } from "./resident.ts";

const machine = setup({
  types: { context: {} as { readonly n: number }, events: {} as { type: "UP" | "WORK" | "REST" | "END" } },
  actors: { work: fromPromise(() => Promise.reject(new Error("only the host runs it"))) },
}).createMachine({
  id: "count",
  context: { n: 0 },
  initial: "here",
  on: { UP: { actions: assign({ n: ({ context }) => context.n + 1 }) }, WORK: ".working", REST: ".resting", END: ".over" },
  states: {
    here: {},
    working: { invoke: { id: "work", src: "work" } },
    resting: { after: { 120_000: "here" } },
    over: { type: "final" },
  },
});
const kindOf = (durability: Durability) =>
  makeKind({
    kind: "count",
    version: 1,
    durability,
    machine,
    effects: { work: { recovery: "resend", run: (() => {}) as never } },
    owner: () => "owner",
  });

const address = "count/a";

const rig = (durability: Durability) => {
  const made = makeCoreRig([kindOf(durability)]);
  const answers: Array<string> = [];
  const reply = (result: Acknowledged | CallError): void =>
    void answers.push(
      result instanceof CallError ? result.code : `${result.seq} ${String(result.context["n"])}${result.fresh ? "" : " again"}`,
    );
  const create = (): void => made.core.dispatch({ type: "create", address, input: {}, eventId: undefined, hash: "", novel: false, reply });
  const send = (type: string, eventId?: string, hash = "h"): void =>
    made.core.dispatch({ type: "send", address, event: { type }, eventId, hash, reply });
  const peek = (): void =>
    made.core.dispatch({
      type: "peek",
      address,
      reply: (state: Committed | CallError) => answers.push(state instanceof CallError ? state.code : `state ${state.seq}`),
    });
  const written = () => made.disk.actors.get(address)?.journal.length ?? 0;
  return { ...made, answers, create, send, peek, written };
};

describe("a write-behind actor", () => {
  const begun = () => {
    const made = rig("write-behind");
    made.create();
    made.settle();
    made.pass(1000);
    made.answers.length = 0;
    made.seen.steps.length = 0;
    return made;
  };

  test("answers at once, and writes what happened within a quarter of a second, all in one commit", () => {
    const { core, send, run, pass, answers, written, seen } = begun();
    const before = core.counts.flushes;
    for (let n = 0; n < 3; n++) send("UP");
    run();
    expect(answers).toEqual(["1 1", "2 2", "3 3"]);
    expect(written()).toBe(1);
    expect(seen.steps).toEqual([]);
    pass(250);
    expect(written()).toBe(4);
    expect(core.counts.flushes - before).toBe(1);
    expect(seen.steps).toEqual([1, 2, 3].map((seq) => `${address} ${seq}`));
  });

  test("is written at once for who looks at it, and nobody sees what is not written", () => {
    const { send, peek, settle, run, answers, written } = begun();
    send("UP");
    peek();
    run();
    expect(answers).toEqual(["1 1"]);
    settle();
    expect(answers).toEqual(["1 1", "state 1"]);
    expect(written()).toBe(2);
  });

  test("is written at once when it begins an effect, which begins after that", () => {
    const { send, settle, run, answers, written, seen } = begun();
    send("WORK");
    run();
    expect([answers, seen.effects]).toEqual([["1 0"], []]);
    settle();
    expect([written(), seen.effects]).toEqual([2, ["work"]]);
  });

  test("is written at once when its process lets go of it or closes", () => {
    for (const end of ["release", "close"] as const) {
      const { core, send, settle, written } = begun();
      send("UP");
      const done: Array<string> = [];
      if (end === "close") core.close(() => done.push(end));
      else for (let cell = 0; cell < 256; cell++) core.release(cell, () => done.push(end));
      settle();
      expect(done.length).toBe(end === "close" ? 1 : 256);
      expect(written()).toBe(2);
    }
  });

  test("knows a repeated event id, written or not", () => {
    const { send, settle, pass, answers, written } = begun();
    send("UP", "one");
    settle();
    send("UP", "one");
    send("UP", "one", "other content");
    pass(1000);
    send("UP", "one");
    settle();
    expect(answers).toEqual(["1 1", "1 1 again", "idempotency_conflict", "1 1 again"]);
    expect(written()).toBe(2);
  });

  test.each<{ fate: Fate }>([{ fate: "refused" }, { fate: "answer lost" }])(
    "does again what was answered when its commit fails ($fate), once",
    ({ fate }) => {
      const { send, settle, pass, answers, state, disk } = begun();
      send("UP");
      send("UP", "two");
      settle();
      state.fate = fate;
      pass(3000);
      state.fate = "answered";
      pass(5000);
      expect(answers).toEqual(["1 1", "2 2"]);
      const { journal, row } = disk.actors.get(address)!;
      expect(journal.map(({ event }) => event.type)).toEqual(["xstate.init", "UP", "UP"]);
      expect(JSON.parse(row.snapshot)).toMatchObject({ context: { n: 2 } });
    },
  );
});

describe("an ephemeral actor", () => {
  const begun = () => {
    const made = rig("ephemeral");
    made.create();
    made.settle();
    return made;
  };

  test("lives without the database, effects and all", () => {
    const { core, disk, send, peek, settle, answers, seen, measured } = begun();
    send("UP");
    settle();
    send("WORK");
    peek();
    settle();
    expect(answers).toEqual(["0 0", "1 1", "2 1", "state 2"]);
    expect(seen).toMatchObject({ steps: [0, 1, 2].map((seq) => `${address} ${seq}`), effects: ["work"] });
    expect(disk.actors.size).toBe(0);
    expect(core.counts.committed).toBe(3);
    expect(measured.commits).toEqual([]);
  });

  test("stays when nobody uses it, and its timers fire", () => {
    const { core, clock, send, peek, settle, pass, answers, seen } = begun();
    send("REST");
    settle();
    for (let minute = 0; minute < 4; minute++) {
      pass(59_000);
      core.passivate();
      core.lookAhead();
      settle();
      if (minute === 1) expect(seen.steps.length).toBe(2);
    }
    expect(clock.now).toBeGreaterThan(120_000);
    expect(core.resident()).toEqual({});
    peek();
    settle();
    expect(answers.at(-1)).toBe("state 2");
  });

  test("knows a repeated event id", () => {
    const { send, settle, answers } = begun();
    for (const hash of ["h", "h", "other content"]) {
      send("UP", "one", hash);
      settle();
    }
    expect(answers).toEqual(["0 0", "1 1", "1 1 again", "idempotency_conflict"]);
  });

  test("is gone when it has ended, and when its cell has left", () => {
    const { core, memory, create, send, settle, answers } = begun();
    send("END");
    settle();
    send("UP");
    settle();
    create();
    settle();
    expect(memory.size).toBe(1);
    for (let cell = 0; cell < 256; cell++) core.release(cell, () => {});
    settle();
    expect(memory.size).toBe(0);
    expect(answers).toEqual(["0 0", "1 0", "not_found", "0 0"]);
  });

  test("cannot have a projection", () => {
    const definition = { kind: "count", version: 1, durability: "ephemeral", machine, effects: {}, owner: () => "owner" } as const;
    const projection = { table: "thing", columns: {}, row: () => ({}) };
    expect(() => makeKind({ ...definition, projection })).toThrow('The kind "count" is ephemeral');
  });
});
