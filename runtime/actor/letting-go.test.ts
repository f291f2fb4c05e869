// A cell that a host is told to close while the store does not answer: it is let go of all the same, and nothing of it goes on here.
import { Deferred, Effect, Fiber, Option } from "effect";
import { TestClock } from "effect/testing";
import { expect, test } from "vitest";
import { fromPromise, setup } from "xstate";
import { CallError } from "#protocol/wire/errors.ts";
import { Fanout } from "../bus/fanout.ts";
import { makeHandovers } from "../cluster/handovers.ts";
import { type CellServer, Placement } from "../cluster/placement.ts";
import { defineActor } from "./define.ts";
import { hostOn } from "./host.ts";
import { Disk } from "./simulation/disk.ts";
import { allCells, cellOf } from "./store.ts";

const effect = fromPromise<void>(() => Promise.reject(new Error("only the host runs it")));

const address = "walk/a";

const walk = () => {
  /** What became of effects. */
  const seen: Array<string> = [];
  const run = (name: string) =>
    Effect.onInterrupt(
      Effect.andThen(
        Effect.sync(() => seen.push(`${name} runs`)),
        Effect.never,
      ),
      () => Effect.sync(() => seen.push(`${name} is stopped`)),
    );
  const kind = defineActor({
    kind: "walk",
    version: 1,
    machine: setup({ types: { events: {} as { type: "NEXT" } }, actors: { first: effect, second: effect } }).createMachine({
      initial: "one",
      states: {
        one: { invoke: { id: "first", src: "first" }, on: { NEXT: "two" } },
        two: { invoke: { id: "second", src: "second" } },
      },
    }),
    effects: {
      first: { recovery: "resend", run: () => run("first") },
      second: { recovery: "resend", run: () => run("second") },
    },
    owner: () => "owner",
  });
  return { seen, kind };
};

test.each([
  { by: "itself", patience: "1 hour", least: 4900, most: 5100 },
  { by: "who does not wait for it", patience: "2 seconds", least: 1900, most: 2100 },
] as const)("a cell whose last commit has no answer is let go of by $by, and nothing of it goes on", ({ patience, least, most }) => {
  const disk = new Disk();
  /** Answers that are late; null: none is. */
  let late: Array<() => void> | null = null;
  const store = disk.store((happen, answer) => {
    const answers = () => answer({ ok: true, value: happen() });
    if (late === null) answers();
    else late.push(answers);
  });
  let server: CellServer | undefined;
  const placement = Effect.map(makeHandovers, (handovers) =>
    Placement.of({
      serve: (served) => {
        server = served;
        return served.open(allCells);
      },
      areHere: Effect.succeed,
      leaseMs: () => 60_000,
      tenure: () => 0,
      call: () => Effect.fail(new CallError("unavailable", "There is no other process.")),
      once: () => Effect.void,
      stand: () => Effect.succeed(false),
      leave: Effect.void,
      handovers,
      owners: Effect.succeed(null),
    }),
  );
  const { seen, kind } = walk();
  return Effect.gen(function* () {
    const actors = yield* hostOn<never>([kind], { store, later: () => () => {}, soon: queueMicrotask });
    yield* actors.create(address, {});
    expect(seen).toEqual(["first runs"]);

    late = [];
    const answer = yield* Deferred.make<string>();
    yield* Effect.forkScoped(
      Effect.matchEffect(actors.send(address, { type: "NEXT" }), {
        onSuccess: () => Deferred.succeed(answer, "done"),
        onFailure: ({ code }) => Deferred.succeed(answer, code),
      }),
    );
    yield* TestClock.adjust(1);
    expect(late).toHaveLength(1);
    const closing = yield* Effect.forkScoped(Effect.timeoutOption(server!.close(cellOf(address)), patience));
    yield* TestClock.adjust(least);
    expect(closing.pollUnsafe()).toBe(undefined);
    expect(seen).toEqual(["first runs"]);
    yield* TestClock.adjust(most - least);
    yield* Fiber.join(closing);
    expect(seen).toEqual(["first runs", "first is stopped"]);
    expect(actors.stats().cells).not.toContain(cellOf(address));
    // Whether it happened the caller cannot know.
    expect(yield* Effect.timeoutOption(Deferred.await(answer), "1 minute").pipe(Effect.map(Option.getOrNull))).toBe("unavailable");

    // It had happened, and begins with the next owner.
    for (const each of late.splice(0)) each();
    yield* TestClock.adjust("1 second");
    expect(seen).toEqual(["first runs", "first is stopped"]);
    expect(disk.actors.get(address)?.row.seq).toBe(1);
  }).pipe(
    Effect.provide(Fanout.alone),
    Effect.provideServiceEffect(Placement, placement),
    Effect.scoped,
    Effect.provide(TestClock.layer()),
    Effect.runPromise,
  );
});
