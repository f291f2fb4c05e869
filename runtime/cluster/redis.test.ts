// The connection to Redis: what stands in the way of its start is said in one line, without what is secret; later it always comes back.
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Effect, Layer, Logger, ManagedRuntime } from "effect";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RedisConnection, type RedisError, warnOfEviction } from "./redis.ts";
import { sameProtocol } from "./registry.ts";

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

test("something else at its address", async () => {
  const other = createServer((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  expect((await refusal(`redis://127.0.0.1:${port}`)).message).toBe(
    `Redis at redis://127.0.0.1:${port} cannot be used (what answers there is no Redis). Start it or correct REDIS_URL.`,
  );
  other.close();
});

test("that it throws keys away when its memory is full is warned of, once and not with each connection; without a limit it never does", async () => {
  const warnings: Array<unknown> = [];
  const logger = Logger.make(({ message }) => void warnings.push(message));
  const run = (program: Effect.Effect<unknown, unknown, RedisConnection>) =>
    Effect.runPromise(Effect.provide(program, Layer.merge(RedisConnection.layer(url.href), Logger.layer([logger]))));
  await control.config("SET", "maxmemory-policy", "allkeys-lru");
  try {
    await run(warnOfEviction);
    expect(warnings).toEqual([]);
    await control.config("SET", "maxmemory", "100mb");
    await run(sameProtocol);
    expect(warnings).toEqual([]);
    await run(warnOfEviction);
    expect(warnings).toEqual([[expect.stringContaining("set maxmemory-policy to noeviction")]]);
  } finally {
    await control.config("SET", "maxmemory", "0");
    await control.config("SET", "maxmemory-policy", "noeviction");
  }
});

/** A sentinel that answers who the primary is when the test lets it, and tells of a failover when the test wants it. */
const fakeSentinel = async () => {
  const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
  const channel = bulk("+switch-master");
  const followers = new Set<Socket>();
  const asking: Array<() => void> = [];
  let held = false;
  const server = createServer((socket) => {
    const answers: Readonly<Record<string, () => void>> = {
      HELLO: () => socket.write(`%1\r\n${bulk("proto")}:3\r\n`),
      CLIENT: () => socket.write("+OK\r\n"),
      "GET-MASTER-ADDR-BY-NAME": () => {
        const answer = () => socket.write(`*2\r\n${bulk(url.hostname)}${bulk(url.port)}`);
        if (held) asking.push(answer);
        else answer();
      },
      SENTINELS: () => socket.write("*0\r\n"),
      SUBSCRIBE: () => {
        followers.add(socket);
        socket.write(`>3\r\n${bulk("subscribe")}${channel}:1\r\n`);
      },
    };
    socket.on("error", () => socket.destroy());
    socket.on("close", () => followers.delete(socket));
    // Short commands, each in one piece.
    socket.on("data", (bytes) => {
      const words = bytes.toString().toUpperCase().split("\r\n");
      for (const word of words) answers[word]?.();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    followed: () => followers.size > 0,
    hold: () => (held = true),
    asked: () => asking.length > 0,
    tell: () => followers.forEach((socket) => socket.write(`>3\r\n${bulk("message")}${channel}${bulk("moved")}`)),
    answer: () => {
      held = false;
      for (const each of asking.splice(0)) each();
    },
    close: () => server.close(),
  };
};

test("a failover that is told of while the primary is looked for ends nothing", async () => {
  const sentinel = await fakeSentinel();
  const runtime = ManagedRuntime.make(RedisConnection.layer(`redis+sentinel://127.0.0.1:${sentinel.port}/mymaster`));
  const answers = () =>
    runtime.runPromise(
      Effect.orElseSucceed(
        Effect.flatMap(RedisConnection, ({ script }) => script("return 'here'", [], [])),
        () => "away",
      ),
    );
  expect(await answers()).toBe("here");
  await expect.poll(sentinel.followed).toBe(true);
  sentinel.hold();
  await control.call("CLIENT", "KILL", "TYPE", "normal");
  await expect.poll(sentinel.asked).toBe(true);
  sentinel.tell();
  // It has heard when it leaves the sentinel; then comes what it waited for.
  await expect.poll(sentinel.followed).toBe(false);
  sentinel.answer();
  await expect.poll(answers, { timeout: 5000 }).toBe("here");
  await runtime.dispose();
  sentinel.close();
});
