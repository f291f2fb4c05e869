import { expect, test } from "vitest";
import { assign, setup } from "xstate";
import { CallError } from "#protocol/wire/errors.ts";
import type { Acknowledged } from "./actors.ts";
import { allCells, Core } from "./core.ts";
import { makeKind } from "./resident.ts";
import { Disk } from "./simulation/disk.ts";

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

/** A core on a disk that answers when it is told to. */
const makeCore = (mailbox: number) => {
  const disk = new Disk();
  const answers: Array<() => void> = [];
  const soon: Array<() => void> = [];
  const clock = { now: 1000 };
  const core = new Core(
    {
      store: disk.store((happen, answer) => {
        answers.push(() => answer({ ok: true, value: happen() }));
      }),
      kinds: new Map([["count", kind]]),
      now: () => clock.now,
      later: () => () => {},
      soon: (run) => void soon.push(run),
      startEffect: () => {},
      stopEffect: () => {},
      arrived: (_cells, done) => done(),
      left: () => {},
      syncEffects: () => {},
      published: () => {},
      deposed: () => {},
      log: () => {},
    },
    { mailbox },
  );
  /** Runs all but the answers of the disk. */
  const run = () => {
    for (let next = soon.shift(); next !== undefined; next = soon.shift()) next();
  };
  const settle = () => {
    run();
    for (let next = answers.shift(); next !== undefined; next = answers.shift()) {
      next();
      run();
    }
  };
  core.claim(allCells, () => {});
  settle();
  return { core, disk, run, settle, clock };
};

const address = "count/a";
const sort = (results: ReadonlyArray<Acknowledged | CallError>) => ({
  taken: results.filter((result) => !(result instanceof CallError)).length,
  codes: [...new Set(results.flatMap((result) => (result instanceof CallError ? [result.code] : [])))],
});

test.each([
  { how: "without an event id", id: () => undefined },
  { how: "with event ids of their own", id: (n: number) => `event-${n}` },
  { how: "with the same event id", id: () => "event" },
])(
  "commands $how wait for a slow commit up to a bound, past it they are refused as overloaded, and it takes more when it goes on",
  ({ id }) => {
    const { core, disk, run, settle } = makeCore(100);
    core.dispatch({ type: "create", address, input: {}, eventId: undefined, hash: "", novel: true, reply: () => {} });
    settle();
    const results: Array<Acknowledged | CallError> = [];
    const send = (n: number) =>
      core.dispatch({ type: "send", address, event: { type: "UP" }, eventId: id(n), hash: "h", reply: (result) => results.push(result) });
    for (let n = 0; n < 300; n++) {
      send(n);
      // The first is being committed while the others come.
      if (n === 0) run();
    }
    expect(sort(results)).toEqual({ taken: 0, codes: ["overloaded"] });
    expect(results).toHaveLength(200);
    settle();
    expect(results).toHaveLength(300);
    expect(sort(results)).toEqual({ taken: 100, codes: ["overloaded"] });
    results.length = 0;
    send(1000);
    settle();
    expect(sort(results).taken).toBe(1);
    const steps = disk.actors.get(address)!.journal.length - 1;
    expect(steps).toBe(id(0) === id(1) && id(0) !== undefined ? 1 : 101);
  },
);

test("an actor that nobody has used for a moment is packed, goes on as it was, and leaves memory after a while", () => {
  const { core, settle, clock } = makeCore(10);
  const seen: Array<unknown> = [];
  const reply = (result: Acknowledged | CallError): void =>
    void seen.push(result instanceof CallError ? result.code : [result.seq, result.context]);
  const up = () => {
    core.dispatch({ type: "send", address: "count/1", event: { type: "UP" }, eventId: undefined, hash: "", reply });
    settle();
  };
  core.dispatch({ type: "create", address: "count/1", input: {}, eventId: undefined, hash: "", novel: true, reply });
  settle();
  up();
  const before = core.resident();
  for (let n = 0; n < 2; n++) {
    clock.now += 10_000;
    core.passivate();
    expect(core.resident()).toEqual(before);
    up();
  }
  expect(seen).toEqual([0, 1, 2, 3].map((n) => [n, { n }]));
  clock.now += 120_000;
  core.passivate();
  expect(core.resident()).toEqual({});
  up();
  expect(seen.at(-1)).toEqual([4, { n: 4 }]);
});
