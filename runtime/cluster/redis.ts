// The connection to Redis. Commands fail at once while it is away: nobody waits in a queue for it, and whoever needs the answer
// tries again by its own rule. Nothing in Redis is the only copy of anything.
import { Context, Data, Effect, Layer, type Scope } from "effect";
import { Cluster, Redis, type RedisOptions } from "ioredis";

export class RedisError extends Data.TaggedError("RedisError")<{ readonly message: string; readonly cause: unknown }> {}

/** SPUBLISH and its like came with this version. */
const oldestVersion = 7;
/** A command that takes longer has failed, ms. */
const commandTimeout = 1000;
const connectTimeout = 2000;

const backOff = (attempt: number): number => Math.min(50 * 2 ** attempt, 1000) * (0.5 + Math.random() / 2);

const shared = {
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  connectTimeout,
  commandTimeout,
  keepAlive: 5000,
  // Subscriptions are set up anew by who holds them, so that each knows what it may have missed.
  autoResubscribe: false,
  retryStrategy: backOff,
} satisfies RedisOptions;

interface Place {
  readonly host: string;
  readonly port: number;
}

const placesOf = (hosts: string, port: number): ReadonlyArray<Place> =>
  hosts.split(",").map((each) => {
    const [host = "", own] = each.split(":");
    return { host, port: own === undefined || own === "" ? port : Number(own) };
  });

/** `redis+kind://user:password@host:port,host:port/path`: what the platform's URL cannot read because of the several hosts. */
const several = /^redis\+(cluster|sentinel):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/]+)(?:\/(.*))?$/;

const open = (url: string): Redis | Cluster => {
  const parts = several.exec(url);
  if (parts === null) return new Redis(url, shared);
  const [, kind, username = "", password = "", hosts = "", path = ""] = parts;
  const credentials = {
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
  };
  if (kind === "sentinel") {
    return new Redis({ ...shared, ...credentials, sentinels: [...placesOf(hosts, 26379)], name: path === "" ? "mymaster" : path });
  }
  return new Cluster([...placesOf(hosts, 6379)], {
    lazyConnect: true,
    enableOfflineQueue: false,
    shardedSubscribers: true,
    clusterRetryStrategy: backOff,
    redisOptions: { ...credentials, connectTimeout, commandTimeout },
  });
};

/** The address without what is secret in it. */
const shown = (url: string): string => url.replace(/\/\/[^@/]*@/, "//");

export class RedisConnection extends Context.Service<
  RedisConnection,
  {
    /** Runs a script; all keys must carry the same hash tag. Errors: at once when Redis is away, or within a second. */
    readonly script: (lua: string, keys: ReadonlyArray<string>, args: ReadonlyArray<string>) => Effect.Effect<unknown, RedisError>;
    /** Sends without waiting for more than the answer; many calls of one tick go out together. */
    readonly publish: (channel: string, message: string) => Promise<unknown>;
    /** A connection of its own for subscriptions; closed with the scope. */
    readonly subscriber: Effect.Effect<Redis | Cluster, never, Scope.Scope>;
  }
>()("pixsim/runtime/RedisConnection") {
  /** Errors at start: one sentence that says what to do. */
  static readonly layer = (url: string): Layer.Layer<RedisConnection, RedisError> => Layer.effect(RedisConnection, make(url));
}

const failed = (cause: unknown): RedisError => new RedisError({ message: cause instanceof Error ? cause.message : String(cause), cause });

/** The last trouble of a connection tells more than "connection is closed", which is what its commands fail with. */
const opened = (url: string): Effect.Effect<Redis | Cluster, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const client = open(url);
      client.on("error", () => {
        // Each command reports its own failure; without a listener the process would end.
      });
      return client;
    }),
    (client) => Effect.sync(() => client.disconnect()),
  );

const make = Effect.fnUntraced(function* (url: string) {
  const client = yield* opened(url);
  let trouble: unknown;
  client.on("error", (error: unknown) => (trouble = error));
  const attempt = <T>(run: () => Promise<T>) => Effect.tryPromise({ try: run, catch: failed });

  yield* attempt(() => client.connect()).pipe(
    Effect.andThen(attempt(() => client.ping())),
    Effect.mapError((error) => {
      const why = trouble instanceof Error ? trouble.message : error.message;
      return new RedisError({
        message: `Redis at ${shown(url)} cannot be used (${why}). Start it or correct REDIS_URL.`,
        cause: error,
      });
    }),
  );
  const info = String(yield* attempt(() => client.info("server") as Promise<unknown>));
  const version = /redis_version:(\d+)/.exec(info)?.[1] ?? "0";
  if (Number(version) < oldestVersion) {
    return yield* new RedisError({
      message: `Redis at ${shown(url)} is version ${version}; ${oldestVersion} or newer is needed.`,
      cause: null,
    });
  }

  return RedisConnection.of({
    script: (lua, keys, args) => attempt(() => client.eval(lua, keys.length, ...keys, ...args) as Promise<unknown>),
    publish: (channel, message) => client.spublish(channel, message) as Promise<unknown>,
    subscriber: opened(url),
  });
});
