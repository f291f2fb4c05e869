// Messages between processes through Redis' sharded channels: each process gets those of the channels it subscribes to, once. What
// Redis or a connection loses is noticed in one of three ways, and every listener concerned is told: a subscription had to be made
// anew; a publisher could not reach Redis and says so afterwards; a process is gone, perhaps between its commit and its message.
import { Effect, Layer, Schedule } from "effect";
import { ShardLocks } from "../cluster/locks.ts";
import { RedisConnection } from "../cluster/redis.ts";
import { Fanout, type Listener, noCounts } from "./fanout.ts";
import { makeSubscriptions, nameOf } from "./subscriptions.ts";

/** In its own channel each process hears what concerns all channels. */
const everything = "*";
const lostMark = "!";
/** Channels remembered for which a message could not be sent; beyond, everybody is told to read everything anew. */
const mostMissed = 10_000;

interface Subscribed {
  readonly listeners: Set<Listener>;
  /** See `Subscriptions.add`. */
  readonly ready: Promise<void>;
}

export const redisFanout: Layer.Layer<Fanout, never, RedisConnection | ShardLocks> = Layer.effect(
  Fanout,
  Effect.gen(function* () {
    const redis = yield* RedisConnection;
    const locks = yield* ShardLocks;
    const me = crypto.randomUUID().slice(0, 8);
    const subscribed = new Map<string, Subscribed>();
    const missed = new Set<string>();
    const counts = noCounts();
    const fork = Effect.runForkWith(yield* Effect.context());

    const lose = (channel: string): void => {
      counts.losses++;
      for (const listener of subscribed.get(channel)?.listeners ?? []) listener.lost();
    };
    const loseAll = (): void => {
      // Of the others it is told once they are heard again.
      for (const channel of subscribed.keys()) if (subscriptions.hears(channel)) lose(channel);
    };
    /** In the channel that concerns all it may have been said that something is missing in any. */
    const lost = (channel: string): void => (channel === everything ? loseAll() : lose(channel));

    const hear = (channel: string, message: string): void => {
      const at = message.indexOf("\n");
      if (message.slice(0, at) === me) return;
      const text = message.slice(at + 1);
      if (text === lostMark) return lost(channel);
      counts.heard++;
      for (const listener of subscribed.get(channel)?.listeners ?? []) {
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

    const subscriptions = yield* makeSubscriptions(redis, { heard: hear, lost });
    yield* Effect.promise(() => subscriptions.add(everything));

    /** What could not be said is made up for as soon as Redis answers again. */
    const confess = Effect.promise(async () => {
      for (const channel of missed.has(everything) ? [everything] : [...missed]) {
        // Before it is said: what fails from now on may be later than what those who hear of it read.
        if (channel === everything) missed.clear();
        else missed.delete(channel);
        try {
          await redis.publish(nameOf(channel), `${me}\n${lostMark}`);
        } catch {
          // Still away: it stays for the next round, as the rest does.
          missed.add(channel);
          return;
        }
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
          let entry = subscribed.get(channel);
          if (entry === undefined) subscribed.set(channel, (entry = { listeners: new Set(), ready: subscriptions.add(channel) }));
          const { listeners, ready } = entry;
          listeners.add(listener);
          await ready;
          return () => {
            if (!listeners.delete(listener) || listeners.size > 0 || subscribed.get(channel)?.listeners !== listeners) return;
            subscribed.delete(channel);
            subscriptions.remove(channel);
          };
        }),
    });
  }),
);
