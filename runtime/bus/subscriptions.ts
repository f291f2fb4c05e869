// Subscriptions to sharded channels, each at the node that tells of it: over a connection to the one Redis, or to each master of a
// Redis cluster. How things are is compared with how they should be, again and again. So however a connection breaks or falls silent,
// a subscription is dropped or a channel moves to another node: it is subscribed to anew, and who listens is told that messages may
// have been missed. The client's own way to follow a cluster can come to wait for a node that is gone, and says nothing of it.
import { Effect, Schedule, type Scope } from "effect";
import type { Redis } from "ioredis";
import type { RedisConnection } from "../cluster/redis.ts";
import { type Masters, slotOf } from "../cluster/slots.ts";

/** How often it is looked whether all is as it should be. */
const heartbeat = "1 second";
/** Who tells of what is known within so long, or later. */
const answersWithin = "2 seconds";
/** What is not subscribed to after so many rounds is worth a line in the log. */
const patientRounds = 10;

const prefix = "pixsim:";

/** As Redis knows a channel. */
export const nameOf = (channel: string): string => prefix + channel;

interface Line {
  readonly client: Redis;
  readonly close: () => void;
  /** Subscriptions that the node has ended by itself. */
  ended: number;
}

interface Subscription {
  readonly channel: string;
  readonly slot: number;
  /** Over which it is confirmed; null: what is said may be missed. */
  at: Line | null;
  /** While it is asked for. */
  asking: Promise<void> | null;
  /** Somebody relies on it already: once it is confirmed they are told that messages may have been missed. */
  reliedOn: boolean;
  /** Looks in a row that found it not confirmed. */
  missing: number;
  /** Why it was not taken when it was asked for last. */
  refusal: string;
}

export interface Hearing {
  /** Each message once. */
  readonly heard: (channel: string, message: string) => void;
  /** Subscribed to anew: what was said before may have been missed. */
  readonly lost: (channel: string) => void;
}

export interface Subscriptions {
  /** Resolves when messages come in, or when no node takes the subscription just now: then it is made as soon as one does, and `lost` is told. */
  readonly add: (channel: string) => Promise<void>;
  readonly remove: (channel: string) => void;
  /** Whether messages come in just now, as far as is known. */
  readonly hears: (channel: string) => boolean;
}

export const makeSubscriptions = (redis: RedisConnection["Service"], hearing: Hearing): Effect.Effect<Subscriptions, never, Scope.Scope> =>
  Effect.gen(function* () {
    const subscriptions = new Map<string, Subscription>();
    const lines = new Map<string, Line>();
    let masters: Masters = { all: [], of: () => undefined };
    const lineOf = ({ slot }: Subscription): Line | undefined => lines.get(masters.of(slot) ?? "none");

    const leave = (line: Line, channel: string): void => {
      if (line.client.status === "ready") Promise.resolve(line.client.sunsubscribe(nameOf(channel))).catch(() => undefined);
    };

    const confirmed = (subscription: Subscription, line: Line): void => {
      const { channel } = subscription;
      const current = subscriptions.get(channel);
      if (current !== subscription || lineOf(subscription) !== line) {
        // Another one of the same channel has asked behind this one.
        if (current === undefined || lineOf(current) !== line) leave(line, channel);
        return;
      }
      subscription.at = line;
      subscription.missing = 0;
      if (subscription.reliedOn) hearing.lost(channel);
    };

    const ask = (subscription: Subscription): Promise<void> => {
      const line = lineOf(subscription);
      if (subscription.at !== null) leave(subscription.at, subscription.channel);
      subscription.at = null;
      if (line?.client.status !== "ready") {
        subscription.refusal = "no connection to the node that has it";
        return Promise.resolve();
      }
      const asking = Promise.resolve(line.client.ssubscribe(nameOf(subscription.channel))).then(
        () => confirmed(subscription, line),
        (error: unknown) => {
          subscription.refusal = String(error);
          // That it belongs to another node is an answer, and no subscription that has ended.
          if (error instanceof Error && error.message.startsWith("MOVED ")) line.ended--;
        },
      );
      return (subscription.asking = asking.finally(() => (subscription.asking = null)));
    };

    /** Asks for all that is not where it should be. */
    const settle = (): void => {
      for (const subscription of subscriptions.values())
        if (subscription.asking === null && subscription.at !== (lineOf(subscription) ?? null)) void ask(subscription);
    };

    const drop = (line: Line): void => {
      for (const subscription of subscriptions.values()) if (subscription.at === line) subscription.at = null;
    };

    const openLine = (master: string): Promise<void> => {
      const { client, close } = redis.subscriber(master);
      const line: Line = { client, close, ended: 0 };
      lines.set(master, line);
      client.on("smessage", (name: string, message: string) => {
        const channel = name.slice(prefix.length);
        // What comes before it is confirmed is read by who waits for that.
        if (subscriptions.get(channel)?.at === line) hearing.heard(channel, message);
      });
      client.on("close", () => drop(line));
      client.on("ready", settle);
      client.on("moved", () => line.ended++);
      return Promise.resolve(client.connect()).catch(() => undefined);
    };
    const closeLine = (master: string, line: Line): void => {
      lines.delete(master);
      line.close();
      drop(line);
    };
    yield* Effect.addFinalizer(() => Effect.sync(() => lines.forEach((line, master) => closeLine(master, line))));

    /** Who has which channels may change at any time. Answers when those that are new are connected to, or cannot be. */
    const learn = redis.masters.pipe(
      Effect.flatMap((now) => {
        masters = now;
        for (const [master, line] of lines) if (!now.all.includes(master)) closeLine(master, line);
        const fresh = now.all.filter((master) => !lines.has(master));
        return Effect.promise(() => Promise.all(fresh.map(openLine)));
      }),
      Effect.timeoutOption(answersWithin),
      Effect.ignore,
    );

    /** A connection that is cut without a word looks open for minutes: only an answer shows that it is. */
    const ping = ({ client }: Line) =>
      Effect.promise(() =>
        client.status === "ready" ? Promise.resolve(client.ping()).catch(() => client.disconnect(true)) : Promise.resolve(),
      );

    let complained = false;
    const complain = Effect.suspend(() => {
      const missing = [...subscriptions.values()].filter((subscription) => subscription.missing >= patientRounds);
      const isMissing = missing.length > 0;
      if (isMissing === complained) return Effect.void;
      complained = isMissing;
      if (!isMissing) return Effect.logInfo("what other processes change is told here again");
      return Effect.annotateLogs(
        Effect.logWarning("Redis takes no subscriptions: what other processes change is not seen here until somebody looks anew"),
        { channels: missing.length, of: subscriptions.size, reason: missing[0]!.refusal },
      );
    });

    const look = Effect.gen(function* () {
      yield* Effect.all([learn, ...[...lines.values()].map(ping)], { concurrency: "unbounded", discard: true });
      for (const line of lines.values()) {
        if (line.ended > 0) drop(line);
        line.ended = 0;
      }
      for (const subscription of subscriptions.values()) if (subscription.at === null) subscription.missing++;
      settle();
      yield* complain;
    });
    yield* learn;
    yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(heartbeat)));

    return {
      add: (channel) => {
        const subscription: Subscription = {
          channel,
          slot: slotOf(nameOf(channel)),
          at: null,
          asking: null,
          reliedOn: false,
          missing: 0,
          refusal: "",
        };
        subscriptions.set(channel, subscription);
        return ask(subscription).then(() => void (subscription.reliedOn = true));
      },
      remove: (channel) => {
        const subscription = subscriptions.get(channel);
        subscriptions.delete(channel);
        // Also what was not answered in time may have been done.
        const line = subscription && (subscription.at ?? lineOf(subscription));
        if (line !== undefined) leave(line, channel);
      },
      hears: (channel) => (subscriptions.get(channel)?.at ?? null) !== null,
    };
  });
