// Quotas counted in Redis: tries as the times of the last minute, holders with the time until which they are surely there. All by
// Redis' own clock. Who cannot be counted is let in: the process' own count holds then.
import { createHash } from "node:crypto";
import { Effect, Layer, Schedule } from "effect";
import { Quotas } from "./quotas.ts";
import { RedisConnection } from "./redis.ts";

const windowMs = 60_000;
/** Holders of a process that is gone count for so long, ms. */
const holdMs = 60_000;
/** How often the holders of this process are said to be there. */
const renewEvery = "20 seconds";
/** Keys that are renewed at the same time. */
const renewConcurrency = 32;

const now = `local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)`;

/** ARGV: id, most, window. */
const attemptScript = `${now}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[3]))
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  return math.max(1, tonumber(redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]) + tonumber(ARGV[3]) - now)
end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 0`;

const removeScript = `return redis.call('ZREM', KEYS[1], ARGV[1])`;

/** ARGV: hold, most, holder. */
const enterScript = `${now}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`;

/** ARGV: hold, holder … */
const renewScript = `${now}
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`;

/** What people type may be long, and is nobody's business. */
const nameOf = (kind: "tries" | "holders", key: string): string =>
  `pixsim:${kind}:${createHash("sha256").update(key).digest("base64url").slice(0, 22)}`;

export const redisQuotas: Layer.Layer<Quotas, never, RedisConnection> = Layer.effect(
  Quotas,
  Effect.gen(function* () {
    const redis = yield* RedisConnection;
    /** Of this process. */
    const holders = new Map<string, Set<string>>();

    const renew = Effect.suspend(() =>
      Effect.forEach([...holders], ([name, ids]) => Effect.ignore(redis.script(renewScript, [name], [String(holdMs), ...ids])), {
        concurrency: renewConcurrency,
        discard: true,
      }),
    );
    yield* Effect.forkScoped(Effect.repeat(renew, Schedule.spaced(renewEvery)));

    const leave = (key: string, holder: string): Effect.Effect<void> =>
      Effect.suspend(() => {
        const name = nameOf("holders", key);
        const ours = holders.get(name);
        ours?.delete(holder);
        if (ours?.size === 0) holders.delete(name);
        return Effect.ignore(redis.script(removeScript, [name], [holder]));
      });

    return Quotas.of({
      attempt: (key, id, most) =>
        redis.script(attemptScript, [nameOf("tries", key)], [id, String(most), String(windowMs)]).pipe(
          Effect.map(Number),
          Effect.orElseSucceed(() => 0),
        ),
      takeBack: (key, id) => Effect.ignore(redis.script(removeScript, [nameOf("tries", key)], [id])),
      enter: (key, holder, most) =>
        Effect.suspend(() => {
          const name = nameOf("holders", key);
          // Before it is asked: who could not be counted now is so with the next renewal.
          const ours = holders.get(name);
          if (ours === undefined) holders.set(name, new Set([holder]));
          else ours.add(holder);
          return redis.script(enterScript, [name], [String(holdMs), String(most), holder]).pipe(
            Effect.map((answer) => Number(answer) === 1),
            Effect.orElseSucceed(() => true),
            Effect.tap((entered) => (entered ? Effect.void : leave(key, holder))),
          );
        }),
      leave,
    });
  }),
);
