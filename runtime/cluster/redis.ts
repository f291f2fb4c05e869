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

/** A server that does not answer for so long is taken for frozen and left, ms: another may have taken its place. */
const socketTimeout = 3000;
/** How often a client of a cluster looks who has which part, ms. */
const slotsRefreshInterval = 1000;

const connection = {
  connectTimeout,
  commandTimeout,
  socketTimeout,
  keepAlive: 5000,
  // It has become a replica since.
  reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
} satisfies RedisOptions;

const shared = {
  ...connection,
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
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
    const [, sixth, fourth, own] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(each) ?? [];
    return { host: sixth ?? fourth ?? each, port: own === undefined ? port : Number(own) };
  });

/** `redis+kind://user:password@host:port,host:port/path?query`: what the platform's URL cannot read because of the several hosts. */
const several = /^redis(s?)\+(cluster|sentinel):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/;

const open = (url: string): Redis | Cluster => {
  const parts = several.exec(url);
  if (parts === null) return new Redis(url, shared);
  const [, secure = "", kind, username = "", password = "", hosts = "", path = "", query = ""] = parts;
  const tls = secure === "" ? {} : { tls: {} };
  const credentials = {
    ...tls,
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
  };
  if (kind === "sentinel") {
    const own = new URLSearchParams(query);
    const [sentinelUsername, sentinelPassword] = [own.get("sentinelUsername"), own.get("sentinelPassword")];
    return new Redis({
      ...shared,
      ...credentials,
      ...(secure === "" ? {} : { enableTLSForSentinelMode: true, sentinelTLS: {} }),
      ...(sentinelUsername === null ? {} : { sentinelUsername }),
      ...(sentinelPassword === null ? {} : { sentinelPassword }),
      sentinels: [...placesOf(hosts, 26379)],
      name: path === "" ? "mymaster" : decodeURIComponent(path),
      sentinelRetryStrategy: backOff,
      sentinelCommandTimeout: commandTimeout,
      // A primary that is frozen keeps its connections: the sentinels say that it is none any more.
      failoverDetector: true,
    });
  }
  return new Cluster([...placesOf(hosts, 6379)], {
    lazyConnect: true,
    enableOfflineQueue: false,
    shardedSubscribers: true,
    clusterRetryStrategy: backOff,
    slotsRefreshInterval,
    slotsRefreshTimeout: commandTimeout,
    redisOptions: { ...connection, ...credentials },
  });
};

/** How the client takes what is no answer of Redis. */
const notUnderstood = /^Unknown RESP type|^Protocol error/;

/** How Redis says that the user, the password or what the user may do is wrong. */
const refusesUser = /^(?:WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid password)/;

/** The address without what is secret in it. */
const shown = (url: string): string => url.replace(/\/\/[^@/]*@/, "//").replace(/\?.*$/, "");

/** A warning to log where Redis may throw away locks that are held: cells would change hands for nothing. */
const evictionOf = (info: string): string | undefined => {
  const field = (name: string): string => new RegExp(`^${name}:(\\S*)`, "m").exec(info)?.[1] ?? "";
  const policy = field("maxmemory_policy");
  return field("maxmemory") === "0" || policy === "noeviction" || policy === "" ? undefined : policy;
};

export class RedisConnection extends Context.Service<
  RedisConnection,
  {
    /** Runs a script; all keys must carry the same hash tag. Errors: at once when Redis is away, or within a second. */
    readonly script: (lua: string, keys: ReadonlyArray<string>, args: ReadonlyArray<string>) => Effect.Effect<unknown, RedisError>;
    /** How often the connection has come about. What was heard over an earlier one may hold no more: Redis may have forgotten it since. */
    readonly connections: () => number;
    /** Runs each time the connection has come about anew, until the scope ends. */
    readonly whenBack: (run: () => void) => Effect.Effect<void, never, Scope.Scope>;
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

/** A connection that has ended by itself is opened anew after so long, ms. */
const reopenMs = 250;

/** The last trouble of a connection tells more than "connection is closed", which is what its commands fail with. */
const opened = (url: string): Effect.Effect<Redis | Cluster, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const client = open(url);
      client.on("error", () => {
        // Each command reports its own failure; without a listener the process would end.
      });
      let timer: NodeJS.Timeout | undefined;
      const reopen = (): void => {
        // What is in its way it has said as an error.
        timer = setTimeout(() => void client.connect().catch(() => undefined), reopenMs);
      };
      // It is over for the client when sentinels tell of a failover while it asks them for the primary, and for nobody else.
      client.on("end", reopen);
      return {
        client,
        close: () => {
          client.off("end", reopen);
          clearTimeout(timer);
          client.disconnect();
        },
      };
    }),
    ({ close }) => Effect.sync(close),
  ).pipe(Effect.map(({ client }) => client));

const make = Effect.fnUntraced(function* (url: string) {
  const client = yield* opened(url);
  let trouble: unknown;
  client.on("error", (error: unknown) => (trouble = error));
  let connections = 0;
  const waiting = new Set<() => void>();
  const back = (): void => {
    connections++;
    for (const run of waiting) run();
  };
  client.on("ready", back);
  // Those to the nodes of a Redis cluster come and go by themselves.
  if (client instanceof Cluster) client.on("+node", (node: Redis) => node.on("ready", back));
  const attempt = <T>(run: () => Promise<T>) => Effect.tryPromise({ try: run, catch: failed });

  const info = yield* attempt(() => client.connect()).pipe(
    Effect.andThen(attempt(() => client.info() as Promise<unknown>)),
    Effect.mapError((error) => {
      const said = trouble instanceof Error ? trouble.message : error.message;
      const why = notUnderstood.test(said) ? "what answers there is no Redis" : said;
      const message = refusesUser.test(why)
        ? `Redis at ${shown(url)} refuses: ${why.replace(/\.$/, "")}. Correct the user and password in REDIS_URL.`
        : `Redis at ${shown(url)} cannot be used (${why}). Start it or correct REDIS_URL.`;
      return new RedisError({ message, cause: error });
    }),
  );
  const version = /redis_version:(\d+)/.exec(String(info))?.[1] ?? "0";
  const eviction = evictionOf(String(info));
  if (Number(version) < oldestVersion) {
    return yield* new RedisError({
      message: `Redis at ${shown(url)} is version ${version}; ${oldestVersion} or newer is needed.`,
      cause: null,
    });
  }

  if (eviction !== undefined) {
    yield* Effect.annotateLogs(
      Effect.logWarning(
        "Redis throws keys away when its memory is full, and with them who works on what: set maxmemory-policy to noeviction",
      ),
      { policy: eviction },
    );
  }

  return RedisConnection.of({
    script: (lua, keys, args) => attempt(() => client.eval(lua, keys.length, ...keys, ...args) as Promise<unknown>),
    connections: () => connections,
    whenBack: (run) =>
      Effect.acquireRelease(
        Effect.sync(() => void waiting.add(run)),
        () => Effect.sync(() => void waiting.delete(run)),
      ),
    publish: (channel, message) => client.spublish(channel, message) as Promise<unknown>,
    subscriber: opened(url),
  });
});
