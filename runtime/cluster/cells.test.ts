// Cells as one process serves them: each opened once however long that takes, reached by messages, closed at the end.
import { Effect, Fiber, Latch, Layer, ManagedRuntime, type Scope } from "effect";
import { TestClock } from "effect/testing";
import { afterEach, describe, expect, test } from "vitest";
import { cellCount } from "../actor/store.ts";
import { Fanout, noCounts } from "../bus/fanout.ts";
import { ask } from "./cells.ts";
import { ShardLocks } from "./locks.ts";
import { type CellServer, Placement } from "./placement.ts";
import { placementInMemory, singleProcess, unnamed } from "./single.ts";

describe("who was asked and does not answer", () => {
  const asking = (departed: Effect.Effect<void>) => {
    let asked = 0;
    const request = Effect.suspend(() => (++asked === 1 ? Effect.never : Effect.succeed(`answer ${asked}`)));
    return { fork: Effect.forkScoped(ask(request, departed)), asked: () => asked };
  };
  const inTestTime = <A>(effect: Effect.Effect<A, unknown, Scope.Scope>) =>
    Effect.runPromise(Effect.scoped(effect).pipe(Effect.provide(TestClock.layer())));

  test("is asked again, or its successor is, as soon as one is gone from the cluster", () =>
    inTestTime(
      Effect.gen(function* () {
        let departure = Latch.makeUnsafe(false);
        const { fork, asked } = asking(Effect.suspend(() => departure.await));
        const fiber = yield* fork;
        yield* TestClock.adjust(1000);
        expect(asked()).toBe(1);
        departure.openUnsafe();
        departure = Latch.makeUnsafe(false);
        // Half a second, which is before its time is up.
        for (let n = 0; n < 10 && asked() < 2; n++) yield* TestClock.adjust(50);
        expect(asked()).toBe(2);
        expect(yield* Fiber.join(fiber)).toBe("answer 2");
      }),
    ));

  test("is taken for frozen after two seconds", () =>
    inTestTime(
      Effect.gen(function* () {
        const { fork, asked } = asking(Effect.never);
        const fiber = yield* fork;
        yield* TestClock.adjust(1900);
        expect(asked()).toBe(1);
        yield* TestClock.adjust(200);
        expect(yield* Fiber.join(fiber)).toBe("answer 2");
      }),
    ));
});

let runtime: ManagedRuntime.ManagedRuntime<Placement, never> | undefined;
afterEach(() => runtime?.dispose());

const served = (slow: Effect.Effect<void>) => {
  const opened: Array<number> = [];
  const closed: Array<number> = [];
  const server: CellServer = {
    open: (cells) =>
      Effect.andThen(
        slow,
        Effect.sync(() => void opened.push(...cells)),
      ),
    close: (cell) => Effect.sync(() => void closed.push(cell)),
    receive: (message) => Effect.succeed(`${message} back`),
  };
  return { opened, closed, server };
};

test("an opening that takes longer than others wait for an answer is not begun again", async () => {
  runtime = ManagedRuntime.make(singleProcess);
  const { opened, closed, server } = served(Effect.sleep("3 seconds"));
  await runtime.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const placement = yield* Placement;
        yield* placement.serve(server);
        expect(new Set(opened).size).toBe(cellCount);
        expect(opened.length).toBe(cellCount);
        expect(closed).toEqual([]);
        expect(yield* placement.call(17, "there and")).toBe("there and back");
        expect(yield* placement.areHere([17, 3])).toEqual([17, 3]);
        expect(placement.leaseMs(17)).toBe(Infinity);
      }),
    ),
  );
  expect(closed.toSorted((a, b) => a - b)).toEqual(Array.from({ length: cellCount }, (_, cell) => cell));
});

test("a caller who does not wait does not end what is being opened for it", async () => {
  runtime = ManagedRuntime.make(singleProcess);
  const { opened, server } = served(Effect.sleep("500 millis"));
  await runtime.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const placement = yield* Placement;
        yield* Effect.forkScoped(placement.serve(server));
        yield* Effect.timeoutOption(placement.call(3, "too early"), "20 millis");
        expect(yield* placement.call(3, "there and")).toBe("there and back");
        expect(opened.filter((cell) => cell === 3)).toEqual([3]);
      }),
    ),
  );
});

test.each([
  { leaves: true, says: ["all is given away", "left: here"] },
  { leaves: false, says: ["all stays"] },
])("that it has left a process says once all is given away ($leaves), and it hears of others that have", async ({ leaves, says }) => {
  const said: Array<string> = [];
  let heard: ((message: string) => void) | undefined;
  const fanout = Layer.succeed(Fanout, {
    shared: true,
    counts: noCounts(),
    publish: (channel, message) => void said.push(`${channel}: ${message}`),
    subscribe: (_channel, listener) =>
      Effect.sync(() => {
        heard = listener.heard;
        return () => {};
      }),
  });
  const alone = ShardLocks.alone({ ...unnamed, address: "here" });
  const locks = Layer.effect(
    ShardLocks,
    Effect.map(ShardLocks, (service) => ({
      ...service,
      leave: (letGo) =>
        Effect.map(letGo, () => {
          said.push(leaves ? "all is given away" : "all stays");
          return leaves;
        }),
      hasLeft: (address) => void said.push(`${address} has left`),
    })),
  ).pipe(Layer.provide(alone));
  runtime = ManagedRuntime.make(placementInMemory.pipe(Layer.provide([locks, fanout])));
  const { server, closed } = served(Effect.void);
  await runtime.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const placement = yield* Placement;
        yield* placement.serve(server);
        heard?.("another");
        yield* placement.leave;
        expect(closed.length).toBe(cellCount);
      }),
    ),
  );
  expect(said).toEqual(["another has left", ...says]);
});
