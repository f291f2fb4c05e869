import { Effect } from "effect";
import { TestClock } from "effect/testing";
import { expect, test } from "vitest";
import { makeFinished } from "./finished.ts";
import type { ProviderFailure } from "./provider.ts";

const run = <A>(effect: Effect.Effect<A, ProviderFailure>): Promise<A> => Effect.runPromise(effect.pipe(Effect.provide(TestClock.layer())));
const from = (url: string): Effect.Effect<string, ProviderFailure> => Effect.succeed(url);
const asked = Effect.succeed("asked");

test("a file is fetched from where it is known to be, once, and only while that is fresh", async () => {
  const { keep, fetch } = makeFinished();
  const fetched = await run(
    Effect.gen(function* () {
      yield* keep("a", "https://files/a");
      const first = [yield* fetch("a", from, asked), yield* fetch("a", from, asked)];
      yield* keep("a", "https://files/old");
      yield* TestClock.adjust("61 seconds");
      return [...first, yield* fetch("a", from, asked)];
    }),
  );
  expect(fetched).toEqual(["https://files/a", "asked", "asked"]);
});

test("where nothing is there it is asked for, and any other failure is told", async () => {
  const { keep, fetch } = makeFinished();
  const failing = (kind: ProviderFailure["kind"]): Promise<string> => {
    const fetched = fetch("a", () => Effect.fail<ProviderFailure>({ kind, message: "So it is." }), asked);
    return run(
      Effect.match(Effect.andThen(keep("a", "https://files/a"), fetched), { onSuccess: (got) => got, onFailure: (error) => error.kind }),
    );
  };
  expect([await failing("lost"), await failing("network")]).toEqual(["asked", "network"]);
});

test("of many that nobody fetches the oldest are forgotten", async () => {
  const { keep, fetch } = makeFinished();
  const fetched = await run(
    Effect.gen(function* () {
      for (let n = 0; n < 201; n++) yield* keep(`${n}`, `https://files/${n}`);
      return [yield* fetch("0", from, asked), yield* fetch("1", from, asked), yield* fetch("200", from, asked)];
    }),
  );
  expect(fetched).toEqual(["asked", "https://files/1", "https://files/200"]);
});
