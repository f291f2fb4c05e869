// Quotas of several processes that share a Redis: what one counts, all know; and without Redis nobody is kept out by it.
import { Effect, Layer, ManagedRuntime } from "effect";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Quotas } from "./quotas.ts";
import { redisQuotas } from "./redis-quotas.ts";
import { RedisConnection } from "./redis.ts";

const url = process.env["PIXSIM_TEST_REDIS_TO_BREAK"] ?? "";
const processOf = () => ManagedRuntime.make(redisQuotas.pipe(Layer.provide(RedisConnection.layer(url))));
let control: Redis;
let runtimes: ReadonlyArray<ReturnType<typeof processOf>>;
let one: Quotas["Service"];
let two: Quotas["Service"];
beforeEach(async () => {
  control = new Redis(url);
  await control.flushall();
  runtimes = [processOf(), processOf()];
  [one, two] = (await Promise.all(runtimes.map((runtime) => runtime.runPromise(Quotas)))) as [Quotas["Service"], Quotas["Service"]];
});
afterEach(async () => {
  await Promise.all(runtimes.map((runtime) => runtime.dispose()));
  control.disconnect();
});
const run = <A>(effect: Effect.Effect<A>): Promise<A> => Effect.runPromise(effect);

test("tries at several processes are counted together, and what succeeded is taken back", async () => {
  for (let n = 0; n < 3; n++) expect(await run(one.attempt("ada", `one ${n}`, 5))).toBe(0);
  for (let n = 0; n < 2; n++) expect(await run(two.attempt("ada", `two ${n}`, 5))).toBe(0);
  const wait = await run(two.attempt("ada", "sixth", 5));
  expect(wait).toBeGreaterThan(50_000);
  expect(wait).toBeLessThanOrEqual(60_000);
  expect(await run(one.attempt("ada", "sixth", 5))).toBeGreaterThan(0);
  expect(await run(one.attempt("bob", "first", 5))).toBe(0);
  await run(one.takeBack("ada", "one 0"));
  expect(await run(two.attempt("ada", "sixth", 5))).toBe(0);
  expect(await run(two.attempt("ada", "seventh", 5))).toBeGreaterThan(0);
});

test("tries are forgotten after a minute, and what was typed is not kept", async () => {
  await run(one.attempt("a login with a secret in it", "id", 5));
  const [key] = await control.keys("pixsim:tries:*");
  expect(key).not.toContain("secret");
  expect(await control.pttl(key!)).toBeGreaterThan(0);
  expect(await control.pttl(key!)).toBeLessThanOrEqual(60_000);
});

test("holders at several processes are counted together, until they leave", async () => {
  expect(await run(one.enter("ada", "a", 2))).toBe(true);
  expect(await run(two.enter("ada", "b", 2))).toBe(true);
  expect(await run(two.enter("ada", "c", 2))).toBe(false);
  expect(await run(two.enter("bob", "d", 2))).toBe(true);
  await run(one.leave("ada", "a"));
  expect(await run(two.enter("ada", "c", 2))).toBe(true);
  expect(await run(one.enter("ada", "e", 2))).toBe(false);
});

test("of many at the same time only so many enter", async () => {
  const entered = await Promise.all(Array.from({ length: 40 }, (_, n) => run((n % 2 === 0 ? one : two).enter("ada", String(n), 7))));
  expect(entered.filter(Boolean)).toHaveLength(7);
});

test("holders of a process that was killed are forgotten after a while", async () => {
  await run(one.enter("ada", "a", 1));
  const [key] = await control.keys("pixsim:holders:*");
  expect(await control.pttl(key!)).toBeLessThanOrEqual(60_000);
  // As if a minute had passed in which nobody renewed it.
  await control.zadd(key!, 1, "a");
  expect(await run(two.enter("ada", "b", 1))).toBe(true);
});

test("while Redis refuses, everybody is let in", async () => {
  await control.acl("SETUSER", "default", "-eval");
  try {
    for (let n = 0; n < 8; n++) expect(await run(one.attempt("ada", String(n), 5))).toBe(0);
    for (let n = 0; n < 8; n++) expect(await run(one.enter("ada", String(n), 5))).toBe(true);
  } finally {
    await control.acl("SETUSER", "default", "+eval");
  }
});
