// Before the tests: one throw-away PostgreSQL for all of them, and two Redis: a test that breaks connections has one for itself.
import { startPostgres } from "./services/postgres.ts";
import { startRedis } from "./services/redis.ts";

export default async (): Promise<() => Promise<void>> => {
  const [postgres, redis, broken] = await Promise.all([
    startPostgres({ durable: false }),
    startRedis({ durable: false }),
    startRedis({ durable: false }),
  ]);
  process.env["PIXSIM_TEST_POSTGRES"] = postgres.url;
  process.env["PIXSIM_TEST_REDIS"] = `redis://${redis.host}:${redis.port}`;
  process.env["PIXSIM_TEST_REDIS_TO_BREAK"] = `redis://${broken.host}:${broken.port}`;
  return async () => {
    await Promise.all([postgres.stop(), redis.stop(), broken.stop()]);
  };
};
