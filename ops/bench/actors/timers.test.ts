// Sleepers are made, sleep and wake, so that the benchmark cannot rot unseen.
import { Effect } from "effect";
import { expect, test } from "vitest";
import { freshServerUrl } from "#db/client/testing.ts";
import { startChild } from "../child.ts";
import type { Lateness, Waking } from "./timers.ts";

const wake = (waking: Omit<Waking, "services">): Promise<Lateness> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.flatMap(freshServerUrl, ({ url }) =>
        Effect.promise(async () => {
          const child = startChild(new URL("./timers.ts", import.meta.url), []);
          try {
            return await child.ask<Lateness>("run", { ...waking, services: { postgres: url } } satisfies Waking);
          } finally {
            await child.stop();
          }
        }),
      ),
    ),
  );

test("each of 50 sleepers wakes, none before its time", { timeout: 120_000 }, async () => {
  const { median, most } = await wake({ actors: 50, makingMs: 15_000, spreadMs: 500 });
  expect(median).toBeGreaterThanOrEqual(0);
  expect(most).toBeGreaterThanOrEqual(median);
});
