// The connection to Redis, at its start: what stands in the way is said in one line, without what is secret.
import { Effect, Layer, Logger } from "effect";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RedisConnection, type RedisError } from "./redis.ts";

const url = new URL(process.env["PIXSIM_TEST_REDIS_TO_BREAK"] ?? "");
let control: Redis;
beforeAll(async () => {
  control = new Redis(url.href);
  await control.acl("SETUSER", "pixsim-reader", "on", ">hush-hush", "+ping", "~*");
});
afterAll(async () => {
  await control.acl("DELUSER", "pixsim-reader");
  control.disconnect();
});

const refusal = (address: string): Promise<RedisError> =>
  Effect.runPromise(Effect.flip(Effect.scoped(Layer.build(RedisConnection.layer(address)))));

test.each([
  ["a wrong password", "pixsim-reader:quiet@", /^Redis at redis:\/\/\S+ refuses: WRONGPASS.*Correct the user and password in REDIS_URL\.$/],
  ["a user that is not there", "nobody:hush-hush@", /^Redis at redis:\/\/\S+ refuses: WRONGPASS.*in REDIS_URL\.$/],
  ["a user that may not do what is needed", "pixsim-reader:hush-hush@", /refuses: NOPERM.*Correct the user and password in REDIS_URL\.$/],
])("%s", async (_what, credentials, line) => {
  const { message } = await refusal(`redis://${credentials}${url.host}`);
  expect(message).toMatch(line);
  expect(message).not.toMatch(/hush-hush|quiet|\n/);
});

test("a password that is missing", async () => {
  await control.acl("SETUSER", "default", "resetpass", ">hush-hush");
  try {
    expect((await refusal(url.href)).message).toMatch(
      /^Redis at redis:\/\/\S+ refuses: NOAUTH.*Correct the user and password in REDIS_URL\.$/,
    );
  } finally {
    await control.acl("SETUSER", "default", "nopass");
  }
});

test("nobody there", async () => {
  expect((await refusal("redis://:hush-hush@127.0.0.1:1")).message).toMatch(
    /^Redis at redis:\/\/127\.0\.0\.1:1 cannot be used \(connect ECONNREFUSED.*\)\. Start it or correct REDIS_URL\.$/,
  );
});

test("that it throws keys away when its memory is full is warned of; without a limit it never does", async () => {
  const warnings: Array<unknown> = [];
  const logger = Logger.make(({ message }) => void warnings.push(message));
  const start = () =>
    Effect.runPromise(Effect.scoped(Effect.provide(Layer.build(RedisConnection.layer(url.href)), Logger.layer([logger]))));
  await control.config("SET", "maxmemory-policy", "allkeys-lru");
  try {
    await start();
    expect(warnings).toEqual([]);
    await control.config("SET", "maxmemory", "100mb");
    await start();
    expect(String(warnings)).toContain("set maxmemory-policy to noeviction");
  } finally {
    await control.config("SET", "maxmemory", "0");
    await control.config("SET", "maxmemory-policy", "noeviction");
  }
});
