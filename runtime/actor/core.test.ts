import { expect, test } from "vitest";
import { assign, setup } from "xstate";
import { CallError } from "#protocol/wire/errors.ts";
import type { Acknowledged } from "./actors.ts";
import { makeCoreRig } from "./core-rig.ts";
import { makeKind } from "./resident.ts";
import { Disk } from "./simulation/disk.ts";
import { allCells, cellCount, cellOf } from "./store.ts";

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

const sleeper = makeKind({
  kind: "sleeper",
  version: 1,
  machine: setup({}).createMachine({ initial: "asleep", states: { asleep: { after: { 75_000: "awake" } }, awake: {} } }),
  effects: {},
  owner: () => "owner",
});

/** As long, and anew with each `AGAIN`. */
const snoozer = makeKind({
  kind: "snoozer",
  version: 1,
  machine: setup({}).createMachine({
    initial: "asleep",
    states: { asleep: { on: { AGAIN: { target: "asleep", reenter: true } }, after: { 75_000: "awake" } }, awake: {} },
  }),
  effects: {},
  owner: () => "owner",
});

/** Waits until 80 seconds after it began, by the clock. */
const alarm = makeKind({
  kind: "alarm",
  version: 1,
  machine: setup({ delays: { untilThen: 80_000 } }).createMachine({
    initial: "set",
    states: { set: { after: { untilThen: "rung" } }, rung: {} },
  }),
  byTheClock: ["untilThen"],
  effects: {},
  owner: () => "owner",
});

const makeCore = (mailbox: number, disk?: Disk, now?: number) =>
  makeCoreRig([kind, sleeper, snoozer, alarm], { mailbox, timers: 2, ahead: 2 }, disk, now);

type Rig = ReturnType<typeof makeCore>;

const create = ({ core, settle }: Rig, actor: string): void => {
  core.dispatch({ type: "create", address: actor, input: {}, eventId: undefined, hash: "", novel: true, reply: () => {} });
  settle();
};

/** So much time passes from `from` on, as its clock tells it, ms. */
const live = ({ core, clock, settle, wait }: Rig, from: number, ms: number): void => {
  for (clock.now = from; clock.now < from + ms; clock.now += 1000) {
    core.lookAhead();
    settle();
    wait();
  }
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

test("who is answered shows the state as of the commit, whatever another who is answered with it does at once", () => {
  const { core, settle } = makeCore(10);
  core.dispatch({ type: "create", address, input: {}, eventId: undefined, hash: "", novel: true, reply: () => {} });
  settle();
  const seen: Array<readonly [number, unknown]> = [];
  const up = (next: () => void): void =>
    core.dispatch({
      type: "send",
      address,
      event: { type: "UP" },
      eventId: undefined,
      hash: "",
      reply: (result) => {
        if (result instanceof CallError) throw result;
        seen.push([result.seq, result.context]);
        next();
      },
    });
  up(() => up(() => {}));
  up(() => {});
  settle();
  expect(seen).toEqual([
    [2, { n: 2 }],
    [2, { n: 2 }],
    [3, { n: 3 }],
  ]);
});

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

test("a clock that is set forward and a store that was away do not keep timers from being fetched", () => {
  const { core, settle, clock, state, answers } = makeCore(10);
  core.dispatch({ type: "create", address: "sleeper/1", input: {}, eventId: undefined, hash: "", novel: true, reply: () => {} });
  settle();
  core.lookAhead();
  settle();
  expect(core.timers).toBe(0);
  core.lookAhead();
  expect(answers).toHaveLength(0);
  clock.now += 40_000;
  state.fate = "under way";
  core.lookAhead();
  settle();
  expect(core.timers).toBe(0);
  state.fate = "answered";
  core.lookAhead();
  settle();
  expect(core.timers).toBe(1);
});

test("that the process stood still is told before the timers that came due meanwhile, and not where it was there", () => {
  const { core, disk, settle, wait, clock, state } = makeCore(10);
  core.dispatch({ type: "create", address: "sleeper/1", input: {}, eventId: undefined, hash: "", novel: true, reply: () => {} });
  settle();
  const events = () => disk.actors.get("sleeper/1")!.journal.map(({ event }) => (event as { readonly type: string }).type);
  const told = {
    type: "send",
    address: "sleeper/1",
    event: { type: "STOOD.STILL" },
    eventId: undefined,
    hash: "",
    reply: () => {},
  } as const;
  state.stoodStill = () => core.dispatch(told);
  for (; clock.now < 70_000; clock.now += 1000) {
    core.lookAhead();
    settle();
  }
  expect(events()).toEqual(["xstate.init"]);
  clock.now += 9000 + 20_000;
  wait();
  expect(events()).toEqual(["xstate.init", "STOOD.STILL", expect.stringContaining("xstate.after")]);
  // Also where no timer is due.
  clock.now += 20_000;
  core.lookAhead();
  settle();
  expect(events().slice(3)).toEqual(["STOOD.STILL"]);
});

const hour = 3_600_000;
test.each([
  { when: "before it has looked at the clock again", passed: 0, restarts: false },
  { when: "while it is there, and its timers lie in the store", passed: 2000, restarts: false },
  { when: "while it is there, and its timers are held", passed: 60_000, restarts: false },
  { when: "while it is gone", passed: 60_000, restarts: true },
])("a clock that is set back by hours $when lets nobody wait for these again, but who goes by the clock", ({ passed, restarts }) => {
  const begun = 10 * hour;
  let rig = makeCore(10, undefined, begun);
  const { disk } = rig;
  for (const actor of ["sleeper/1", "alarm/1"]) create(rig, actor);
  live(rig, begun, passed);
  const setTo = begun + passed - 5 * hour;
  if (restarts) rig = makeCore(10, disk, setTo);
  const events = (actor: string) => disk.actors.get(actor)!.journal.slice(1);
  live(rig, setTo, 74_000);
  expect(events("sleeper/1")).toEqual([]);
  live(rig, setTo + 74_000, 3000);
  expect(events("sleeper/1")).toHaveLength(1);
  // By its own time it was not early.
  expect(events("sleeper/1")[0]!.at).toBeGreaterThanOrEqual(begun + 75_000);
  live(rig, setTo + 77_000, 10 * 60_000);
  expect(events("alarm/1")).toEqual([]);
  live(rig, begun + 79_000, 3000);
  expect(events("alarm/1")).toHaveLength(1);
  expect(events("alarm/1")[0]!.at).toBeGreaterThanOrEqual(begun + 80_000);
});

test.each([false, true])("a clock that is set back by hours and then set right lets no timer come early (begun anew: %s)", (restarts) => {
  const begun = 10 * hour;
  let rig = makeCore(10, undefined, begun);
  const { disk } = rig;
  create(rig, "sleeper/1");
  live(rig, begun, 10_000);
  if (restarts) rig = makeCore(10, disk, begun - 5 * hour);
  live(rig, begun - 5 * hour, 10_000);
  live(rig, begun + 20_000, 50_000);
  const steps = () => disk.actors.get("sleeper/1")!.journal.slice(1).length;
  expect(steps()).toBe(0);
  live(rig, begun + 70_000, 10_000);
  expect(steps()).toBe(1);
});

test("of many whose time is ahead of the clock few are loaded at a time, none is lost where the store is away in between, and none stays for it", () => {
  const sleepers = Array.from({ length: 7 }, (_, n) => `sleeper/${n}`);
  for (let refused = -1; refused < 20; refused++) {
    const disk = new Disk();
    const rig = makeCore(10, disk, 5 * hour);
    const { core, answers, state, run } = rig;
    // Another has made them, whose clock is ahead: here none of their timers is held.
    const other = makeCore(10, disk, 10 * hour);
    for (const each of sleepers) create(other, each);
    for (const cell of core.cells()) core.drop(cell);
    rig.claim();
    let most = 0;
    for (let n = 0; ; n++) {
      run();
      const next = answers.shift();
      if (next === undefined) break;
      state.fate = n === refused ? "refused" : "answered";
      next();
      most = Math.max(most, core.waiting().commands);
    }
    state.fate = "answered";
    if (core.cells().length === 0) rig.claim();
    live(rig, 5 * hour, 10_000);
    core.passivate();
    expect([refused, core.timers, core.resident()]).toEqual([refused, 7, {}]);
    expect(most).toBeLessThanOrEqual(2);
    live(rig, 5 * hour + 10_000, 70_000);
    expect(sleepers.map((each) => disk.actors.get(each)!.journal.length)).toEqual(sleepers.map(() => 2));
  }
});

test("a delay that begins anew after the clock was set back is as long as the first time", () => {
  const rig = makeCore(10, undefined, 10 * hour);
  const address = "snoozer/1";
  create(rig, address);
  live(rig, 10 * hour, 10_000);
  live(rig, 5 * hour, 60_000);
  rig.core.dispatch({ type: "send", address, event: { type: "AGAIN" }, eventId: undefined, hash: "", reply: () => {} });
  rig.settle();
  const steps = () => rig.disk.actors.get(address)!.journal.slice(2).length;
  live(rig, 5 * hour + 60_000, 74_000);
  expect(steps()).toBe(0);
  live(rig, 5 * hour + 134_000, 5000);
  expect(steps()).toBe(1);
});

test("of more timers than are fetched at a time the soonest come first, the rest in time", () => {
  const { core, disk, settle, wait, clock, measured } = makeCore(10);
  for (let n = 0; n < 5; n++) {
    core.dispatch({ type: "create", address: `sleeper/${n}`, input: {}, eventId: undefined, hash: "", novel: true, reply: () => {} });
    settle();
    clock.now += 1000;
  }
  // Each comes due a second after the one before.
  for (; clock.now < 85_000; clock.now += 1000) {
    core.lookAhead();
    settle();
    wait();
    expect(core.timers).toBeLessThanOrEqual(2);
  }
  const late = [...disk.actors.values()].map(({ journal }) => journal[1]!.at - journal[0]!.at - 75_000);
  expect(late).toHaveLength(5);
  for (const ms of late) expect([0, 1000]).toContain(ms);
  expect(measured.fired.toSorted()).toEqual(late.toSorted());
});

test("a claim that arrives late takes a cell from nobody", () => {
  const slow = makeCore(10);
  const other = makeCore(10, slow.disk);
  slow.claim();
  // The epochs are read, the claim is on its way.
  slow.answers.shift()!();
  other.claim();
  other.settle();
  slow.settle();
  const results: Array<unknown> = [];
  other.core.dispatch({
    type: "create",
    address,
    input: {},
    eventId: undefined,
    hash: "",
    novel: true,
    reply: (result) => results.push(result),
  });
  other.settle();
  expect(results).toMatchObject([{ seq: 0, fresh: true }]);
});

test("cells that arrive and then cannot be taken have left again", () => {
  const { core, answers, state, seen, settle, claim } = makeCore(10);
  expect(seen.cells.size).toBe(cellCount);
  const cell = cellOf(address);
  core.drop(cell);
  expect(seen.cells.has(cell)).toBe(false);
  let failure: unknown;
  core.claim([cell], (how) => (failure = how));
  // The epochs and their raising are answered.
  for (let n = 0; n < 2; n++) answers.shift()!();
  expect(seen.cells.has(cell)).toBe(true);
  state.fate = "refused";
  settle();
  expect(failure).toMatchObject({ reason: "unavailable" });
  expect([core.holds(cell), seen.cells.has(cell)]).toEqual([false, false]);
  state.fate = "answered";
  claim();
  settle();
  expect([core.holds(cell), seen.cells.size]).toEqual([true, cellCount]);
});

test.each([0, 1, 2])(
  "where one thing fails of all that is read for cells (number %i) that is told once, whatever the others answer",
  (nth) => {
    const { core, answers, state, seen, settle, claim } = makeCore(10);
    const cell = cellOf(address);
    core.drop(cell);
    const told: Array<unknown> = [];
    core.claim([cell], (how) => told.push(how));
    for (let n = 0; n < 2; n++) answers.shift()!();
    expect(answers.length).toBe(3);
    state.fate = "refused";
    answers.splice(nth, 1)[0]!();
    state.fate = "answered";
    expect(told).toMatchObject([{ reason: "unavailable" }]);
    settle();
    expect(told.length).toBe(1);
    expect([core.holds(cell), seen.cells.has(cell)]).toEqual([false, false]);
    claim();
    settle();
    expect([core.holds(cell), seen.cells.size]).toEqual([true, cellCount]);
  },
);

test("a commit of which nobody knows whether it happened has happened, or never will, before its actor is read again", () => {
  const { core, disk, settle, wait, state } = makeCore(10);
  const results: Array<unknown> = [];
  const up = () =>
    core.dispatch({ type: "send", address, event: { type: "UP" }, eventId: undefined, hash: "", reply: (result) => results.push(result) });
  core.dispatch({ type: "create", address, input: {}, eventId: undefined, hash: "", novel: true, reply: () => {} });
  settle();
  state.fate = "under way";
  up();
  settle();
  expect(results).toMatchObject([{ code: "unavailable" }]);
  up();
  settle();
  state.fate = "answered";
  wait();
  wait();
  up();
  settle();
  expect(results).toMatchObject([{ code: "unavailable" }, { code: "unavailable" }, { seq: 1, context: { n: 1 } }]);
  // Now it comes in after all.
  for (const happen of state.left) happen();
  up();
  settle();
  expect(results.at(-1)).toMatchObject({ seq: 2, context: { n: 2 } });
  expect(disk.actors.get(address)!.journal).toHaveLength(3);
});

test("who asks for an actor while it is looked for gets the one that a command before creates, and only else is told that there is none", () => {
  const { core, run, settle } = makeCore(10);
  const seen: Array<unknown> = [];
  const ask = (of: string) =>
    core.dispatch({ type: "peek", address: of, reply: (state) => seen.push(state instanceof CallError ? state.code : state.seq) });
  core.dispatch({ type: "create", address, input: {}, eventId: undefined, hash: "", novel: false, reply: () => seen.push("created") });
  ask("count/b");
  run();
  ask(address);
  settle();
  expect(seen).toEqual(["not_found", "created", 0]);
});

test("every commit is measured, one step of 64, and what waits can be told", () => {
  const { core, run, settle, measured } = makeCore(1000);
  const create = (id: number) =>
    core.dispatch({ type: "create", address: `count/${id}`, input: {}, eventId: undefined, hash: "", novel: true, reply: () => {} });
  for (let id = 0; id < 128; id++) create(id);
  run();
  expect(core.waiting()).toEqual({ commands: 128, deepest: 1 });
  for (let n = 0; n < 5; n++)
    core.dispatch({ type: "send", address: "count/0", event: { type: "UP" }, eventId: undefined, hash: "", reply: () => {} });
  expect(core.waiting()).toEqual({ commands: 133, deepest: 6 });
  settle();
  expect(core.waiting()).toEqual({ commands: 0, deepest: 0 });
  expect(core.counts).toMatchObject({ steps: 133, committed: 133 });
  expect(measured.stepped).toBe(3);
  expect(measured.commits).toHaveLength(core.counts.flushes);
  expect(measured.commits.reduce((all, actors) => all + actors, 0)).toBe(129);
  expect(core.cells()).toEqual(allCells);
});
