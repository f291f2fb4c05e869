// The contenders do their work, so that the benchmark cannot rot unseen.
import { Effect, type Scope } from "effect";
import { expect, test } from "vitest";
import { freshServerUrl } from "#db/client/testing.ts";
import { findRedis, howToGetRedis, startRedis } from "../../services/redis.ts";
import { type ContenderName, type Services, startContender } from "./contender.ts";

const count = 20;
// A process of its own for each: on a busy machine its start alone takes a while.
const patience = { timeout: 120_000 };

/** Time that a round of 20 took; it ends when all of them are done. */
const round = async (name: ContenderName, services: Services): Promise<number> => {
  const contender = await startContender(name, services);
  const { ms } = await contender.run({ count, inFlight: 8 });
  await contender.close();
  return ms;
};

const onPostgres = (name: ContenderName): Promise<number> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.flatMap(freshServerUrl, ({ url }): Effect.Effect<number, never, Scope.Scope> =>
        Effect.promise(() => round(name, { postgres: url })),
      ),
    ),
  );

test.each(["pure-step", "xstate-send", "pixsim-steps"] as const)("%s does its work without a server", patience, async (name) => {
  expect(await round(name, {})).toBeGreaterThan(0);
});

test.each(["pixsim-jobs", "pixsim-real-jobs", "pg-boss", "graphile-worker", "cluster-workflow"] as const)(
  "%s finishes 20 jobs on PostgreSQL",
  patience,
  async (name) => {
    expect(await onPostgres(name)).toBeGreaterThan(0);
  },
);

test.each(["events-to-1", "events-in-memory-to-1", "events-watched", "events-across", "activation"] as const)(
  "%s does its work on PostgreSQL",
  patience,
  async (name) => {
    expect(await onPostgres(name)).toBeGreaterThan(0);
  },
);

test("bullmq finishes 20 jobs on Redis", patience, async ({ skip }) => {
  if (findRedis() === undefined) skip(howToGetRedis);
  const redis = await startRedis({ durable: true });
  try {
    expect(await round("bullmq", { redis: { host: redis.host, port: redis.port } })).toBeGreaterThan(0);
  } finally {
    await redis.stop();
  }
});
