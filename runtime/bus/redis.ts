// Messages between processes through Redis' sharded channels: each process gets those of the channels it subscribes to, once. What
// Redis or a connection loses is noticed in one of three ways, and every listener concerned is told: the own connection broke; a
// publisher could not reach Redis and says so afterwards; a process is gone, perhaps between its commit and its message.
import { Effect, Layer, Schedule } from "effect";
import { ShardLocks } from "../cluster/locks.ts";
import { RedisConnection } from "../cluster/redis.ts";
import { Fanout, type Listener, noCounts } from "./fanout.ts";

/** In its own channel each process hears what concerns all channels. */
const everything = "*";
const lostMark = "!";
/** Channels remembered for which a message could not be sent; beyond, everybody is told to read everything anew. */
const mostMissed = 10_000;
const heartbeat = "1 second";

const nameOf = (channel: string): string => `pixsim:${channel}`;

interface Subscription {
  readonly listeners: Set<Listener>;
  /** Settles when Redis has confirmed, or was away. */
  readonly ready: Promise<unknown>;
}

export const redisFanout: Layer.Layer<Fanout, never, RedisConnection | ShardLocks> = Layer.effect(
  Fanout,
  Effect.gen(function* () {
    const redis = yield* RedisConnection;
    const locks = yield* ShardLocks;
    const subscriber = yield* redis.subscriber;
    const me = crypto.randomUUID().slice(0, 8);
    const subscriptions = new Map<string, Subscription>();
    const missed = new Set<string>();
    const counts = noCounts();
    const fork = Effect.runForkWith(yield* Effect.context());

    const lose = (channel: string): void => {
      counts.losses++;
      for (const listener of subscriptions.get(channel)?.listeners ?? []) listener.lost();
    };
    const loseAll = (): void => {
      for (const channel of subscriptions.keys()) lose(channel);
    };

    const hear = (channel: string, message: string): void => {
      const at = message.indexOf("\n");
      if (message.slice(0, at) === me) return;
      const text = message.slice(at + 1);
      if (text === lostMark) return channel === everything ? loseAll() : lose(channel);
      counts.heard++;
      for (const listener of subscriptions.get(channel)?.listeners ?? []) {
        try {
          listener.heard(text);
        } catch (error) {
          // What it cannot read is lost to it. Thrown here, it would end the process.
          counts.losses++;
          fork(Effect.annotateLogs(Effect.logWarning("a change could not be taken; all is read anew"), { channel, error: String(error) }));
          listener.lost();
        }
      }
    };

    const send = (channel: string, message: string): void => {
      counts.sent++;
      redis.publish(nameOf(channel), `${me}\n${message}`).catch(() => {
        counts.unsent++;
        if (missed.size < mostMissed) missed.add(channel);
        else missed.add(everything);
      });
    };

    const confirm = (channel: string): Promise<unknown> =>
      subscriber.status === "ready" ? Promise.resolve(subscriber.ssubscribe(nameOf(channel))).catch(() => undefined) : Promise.resolve();

    subscriber.on("smessage", (name: string, message: string) => hear(name.slice(nameOf("").length), message));
    subscriber.on("ready", () => {
      // Those that were subscribed to before the connection broke, or while there was none.
      const known = [...subscriptions.keys()];
      // Each by itself: in a Redis cluster they lie on several nodes.
      const confirmed = Promise.all([everything, ...known].map((channel) => Promise.resolve(subscriber.ssubscribe(nameOf(channel)))));
      confirmed.then(
        () => known.forEach(lose),
        () => subscriber.disconnect(true),
      );
    });
    yield* Effect.promise(() => Promise.resolve(subscriber.connect()).catch(() => undefined));

    /** A connection that is cut without a word looks open for minutes: only an answer shows that it is. */
    const beat = Effect.promise(() =>
      subscriber.status === "ready" ? Promise.resolve(subscriber.ping()).catch(() => subscriber.disconnect(true)) : Promise.resolve(),
    );
    yield* Effect.forkScoped(Effect.repeat(beat, Schedule.spaced(heartbeat)));

    /** What could not be said is made up for as soon as Redis answers again. */
    const confess = Effect.promise(async () => {
      for (const channel of missed.has(everything) ? [everything] : [...missed]) {
        try {
          await redis.publish(nameOf(channel), `${me}\n${lostMark}`);
        } catch {
          // Still away: the rest stays for the next round.
          return;
        }
        if (channel === everything) missed.clear();
        else missed.delete(channel);
      }
    });
    yield* Effect.forkScoped(Effect.repeat(confess, Schedule.spaced("250 millis")));

    let known = new Set<string>();
    const watchRunners = Effect.map(locks.runners, (runners) => {
      if (runners === null) return;
      const now = new Set(runners.map(({ incarnation }) => incarnation));
      if ([...known].some((incarnation) => !now.has(incarnation))) loseAll();
      known = now;
    });
    yield* Effect.forkScoped(Effect.repeat(watchRunners, Schedule.spaced("500 millis")));

    return Fanout.of({
      shared: true,
      counts,
      publish: send,
      subscribe: (channel, listener) =>
        Effect.promise(async () => {
          let subscription = subscriptions.get(channel);
          if (subscription === undefined) {
            subscriptions.set(channel, (subscription = { listeners: new Set(), ready: confirm(channel) }));
          }
          const { listeners, ready } = subscription;
          listeners.add(listener);
          await ready;
          return () => {
            if (!listeners.delete(listener) || listeners.size > 0 || subscriptions.get(channel)?.listeners !== listeners) return;
            subscriptions.delete(channel);
            if (subscriber.status === "ready") Promise.resolve(subscriber.sunsubscribe(nameOf(channel))).catch(() => undefined);
          };
        }),
    });
  }),
);
