import { Effect, Layer, Logger } from "effect";
import { TestClock } from "effect/testing";
import { expect, test } from "vitest";
import { type Handovers, makeHandovers, type OwnHandover } from "./handovers.ts";

/** Runs with a clock of the test; what was told and logged. */
const told = async (run: (handovers: Handovers) => Effect.Effect<void>) => {
  const heard: Array<OwnHandover> = [];
  const lines: Array<unknown> = [];
  const program = Effect.scoped(
    Effect.gen(function* () {
      const handovers = yield* makeHandovers;
      handovers.onHandover((handover) => heard.push(handover));
      yield* run(handovers);
      // Who comes later hears the same.
      const later: Array<OwnHandover> = [];
      const stop = handovers.onHandover((handover) => later.push(handover));
      expect(later).toEqual(heard.slice(-20));
      stop();
    }),
  );
  const log = Logger.layer([Logger.make(({ message }) => void lines.push(...(message as ReadonlyArray<unknown>)))]);
  await Effect.runPromise(Effect.provide(program, Layer.merge(TestClock.layer(), log)));
  return { heard, lines };
};

test("cells that come within moments of one another are one handover and one line", async () => {
  const { heard, lines } = await told(
    Effect.fnUntraced(function* ({ note }) {
      note("taken", [7, 3]);
      yield* TestClock.adjust("500 millis");
      note("taken", [1, 2]);
      yield* TestClock.adjust("600 millis");
      yield* TestClock.adjust("400 millis");
      note("given", [3]);
      yield* TestClock.adjust("600 millis");
    }),
  );
  expect(heard).toEqual([
    { at: 1200, way: "taken", cells: [1, 2, 3, 7] },
    { at: 2100, way: "given", cells: [3] },
  ]);
  expect(lines).toEqual(["cells were taken", "cells were given"]);
});

test("what is told last of a cell is what became of it", async () => {
  const { heard } = await told(
    Effect.fnUntraced(function* ({ note, counts }) {
      note("taken", [1, 2, 3, 4]);
      note("given", [2, 3]);
      note("lost", [4]);
      note("taken", [3]);
      yield* TestClock.adjust("600 millis");
      expect(counts).toEqual({ taken: 5, given: 2, lost: 1 });
    }),
  );
  expect(heard).toEqual([
    { at: 600, way: "lost", cells: [4] },
    { at: 600, way: "taken", cells: [1, 3] },
  ]);
});

test("what never comes to rest is told all the same, and what is left is told at the end", async () => {
  const { heard } = await told(
    Effect.fnUntraced(function* ({ note, counts }) {
      for (let cell = 0; cell < 20; cell++) {
        note("lost", [cell]);
        yield* TestClock.adjust("590 millis");
      }
      expect(counts.lost).toBe(20);
    }),
  );
  expect(heard.length).toBeGreaterThan(1);
  expect(heard.flatMap(({ cells }) => cells)).toEqual(Array.from({ length: 20 }, (_, cell) => cell));
});
