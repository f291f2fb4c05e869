// Whether a process reaches the store, as it looks once a second: told by hand what is answered, on a clock of its own.
import { Effect } from "effect";
import { TestClock } from "effect/testing";
import { expect, test } from "vitest";
import { Fanout, noCounts } from "../bus/fanout.ts";
import { makeHandovers } from "../cluster/handovers.ts";
import { Placement, type Standing } from "../cluster/placement.ts";
import { hostOn } from "./host.ts";
import { overheard, Reach } from "./reach.ts";
import { Disk } from "./simulation/disk.ts";
import type { ActorStore, StoreResult } from "./store.ts";

/** What becomes of a question: the store answers at once, it is told at once that there is no store, or nothing comes back. */
type Fate = "answered" | "failed" | "silent";

const world = () => {
  let now = 0;
  let fate: Fate = "answered";
  let asked = 0;
  const reach: Reach = new Reach(
    () => now,
    () => {
      asked++;
      if (fate !== "silent") reach.answered(fate === "answered");
    },
  );
  /** So many looks, a second apart, each with what is told of the others: how it stood after each. */
  const seconds = (count: number, next: Fate, another: boolean | null): ReadonlyArray<Standing> => {
    fate = next;
    return Array.from({ length: count }, () => {
      now += 1000;
      reach.look();
      reach.told(another);
      return reach.standing;
    });
  };
  return { reach, seconds, wait: (ms: number) => void (now += ms), asked: () => asked };
};
const times = (count: number, standing: Standing): ReadonlyArray<Standing> => Array.from({ length: count }, () => standing);

test("one that has nothing else to do asks once a second, and reaches the store", () => {
  const { seconds, asked } = world();
  expect(seconds(20, "answered", true)).toEqual(times(20, "reaches"));
  expect(asked()).toBe(20);
});

test.each(["failed", "silent"] as const)("one question that is %s withdraws nobody", (fate) => {
  const { seconds } = world();
  seconds(3, "answered", true);
  seconds(1, fate, true);
  const after = seconds(5, "answered", true);
  expect(after).not.toContain("withdrawn");
  expect(after.slice(1)).toEqual(times(4, "reaches"));
});

test("a question that failed is asked again at the next look; one without an answer a look later", () => {
  const { seconds, asked } = world();
  seconds(6, "failed", null);
  expect(asked()).toBe(6);
  seconds(1, "answered", null);
  seconds(6, "silent", null);
  expect(asked()).toBe(10);
});

test.each(["failed", "silent"] as const)(
  "one that alone does not reach it (%s) is cut off, then withdraws, until it does again",
  (fate) => {
    const { seconds } = world();
    seconds(1, "answered", true);
    expect(seconds(6, fate, true)).toEqual(["reaches", ...times(3, "cutOff"), ...times(2, "withdrawn")]);
    expect(seconds(2, "answered", true).at(-1)).toBe("reaches");
  },
);

test("one that reached it in between waits anew until it withdraws", () => {
  const { reach, seconds, wait } = world();
  seconds(4, "silent", true);
  reach.answered(true);
  // Nothing is told of the others meanwhile.
  wait(2500);
  expect(reach.standing).toBe("cutOff");
  expect(seconds(3, "silent", true)).toEqual(times(3, "cutOff"));
  expect(seconds(1, "silent", true)).toEqual(["withdrawn"]);
});

test("where nobody reaches it, nobody withdraws", () => {
  const { seconds } = world();
  expect(seconds(30, "silent", false).slice(1)).toEqual(times(29, "cutOff"));
});

test("one that has withdrawn stays so while nothing can be told, or a moment long of nobody, and takes part again where nobody reaches it", () => {
  const { seconds } = world();
  expect(seconds(6, "silent", true).at(-1)).toBe("withdrawn");
  expect(seconds(30, "silent", null)).toEqual(times(30, "withdrawn"));
  for (const between of [true, null]) {
    expect(seconds(4, "silent", false)).toEqual(times(4, "withdrawn"));
    expect(seconds(1, "silent", between)).toEqual(["withdrawn"]);
  }
  expect(seconds(5, "silent", false)).toEqual([...times(4, "withdrawn"), "cutOff"]);
});

test("that nothing can be told makes none withdraw", () => {
  const { seconds } = world();
  expect(seconds(30, "silent", null).slice(1)).toEqual(times(29, "cutOff"));
});

test("every answer of the store is heard, and passed on as it is", () => {
  const results: ReadonlyArray<StoreResult<never>> = [
    { ok: true, value: undefined as never },
    { ok: false, reason: "fault", message: "refused" },
    { ok: false, reason: "full", message: "full" },
    { ok: false, reason: "unavailable", message: "gone" },
  ];
  for (const result of results) {
    const heard: Array<boolean> = [];
    const passed: Array<unknown> = [];
    const answer = (...args: ReadonlyArray<unknown>): void => (args.at(-1) as (result: StoreResult<never>) => void)(result);
    const done = (told: unknown): void => void passed.push(told);
    const store: ActorStore = overheard(
      {
        epochs: answer,
        claim: answer,
        openEffects: answer,
        outdated: answer,
        dueTimers: answer,
        steppedAfter: answer,
        load: answer,
        heads: answer,
        seen: answer,
        commit: answer,
        journal: answer,
        migratedAt: answer,
      },
      (reached) => heard.push(reached),
    );
    store.epochs([], done);
    store.claim(new Map(), done);
    store.openEffects([], done);
    store.outdated([], new Map(), done);
    store.dueTimers([], 0, 1, done);
    store.steppedAfter([], 0, null, 1, done);
    store.load([], done);
    store.heads([], done);
    store.seen("kind/a", "id", done);
    store.commit({ fence: new Map(), actors: [] }, done);
    store.journal("kind/a", 1, 1, done);
    store.migratedAt("kind/a", done);
    expect(passed).toEqual(Array.from({ length: 12 }, () => result));
    expect(heard).toEqual(Array.from({ length: 12 }, () => result.ok || result.reason !== "unavailable"));
  }
});

test.each([
  { shared: true, least: 9, most: 11 },
  { shared: false, least: 0, most: 0 },
])("a host that has nothing to do asks only where there may be others (shared: $shared)", ({ shared, least, most }) => {
  let asked = 0;
  const disk = new Disk().store((happen, answer) => answer({ ok: true, value: happen() }));
  const store: ActorStore = {
    ...disk,
    epochs: (cells, done) => {
      asked++;
      disk.epochs(cells, done);
    },
  };
  const fanout = Fanout.of({ shared, counts: noCounts(), publish: () => {}, subscribe: () => Effect.succeed(() => {}) });
  const placement = Effect.map(makeHandovers, (handovers) =>
    Placement.of({
      serve: () => Effect.void,
      areHere: Effect.succeed,
      leaseMs: () => 60_000,
      tenure: () => 0,
      call: () => Effect.die("nobody is called"),
      once: () => Effect.void,
      stand: () => Effect.succeed(false),
      leave: Effect.void,
      handovers,
      owners: Effect.succeed(null),
    }),
  );
  return Effect.gen(function* () {
    yield* hostOn<never>([], { store, later: () => () => {}, soon: (run) => void setImmediate(run) });
    yield* TestClock.adjust("10 seconds");
    expect(asked).toBeGreaterThanOrEqual(least);
    expect(asked).toBeLessThanOrEqual(most);
  }).pipe(
    Effect.provideService(Fanout, fanout),
    Effect.provideServiceEffect(Placement, placement),
    Effect.scoped,
    Effect.provide(TestClock.layer()),
    Effect.runPromise,
  );
});
