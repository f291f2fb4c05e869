// The connection to Redis. Commands fail at once while it is away: nobody waits in a queue for it, and whoever needs the answer
// tries again by its own rule. Nothing in Redis is the only copy of anything.
import { Context, Data, Effect, Layer, type Scope } from "effect";
import { Cluster, Redis, type RedisOptions } from "ioredis";
import { type Masters, mastersOf, theOnlyOne } from "./slots.ts";

export class RedisError extends Data.TaggedError("RedisError")<{ readonly message: string; readonly cause: unknown }> {}

/** SPUBLISH and its like came with this version. */
const oldestVersion = 7;
/** A command that takes longer has failed, ms. */
const commandTimeout = 1000;
const connectTimeout = 2000;

const backOff = (attempt: number): number => Math.min(50 * 2 ** attempt, 1000) * (0.5 + Math.random() / 2);

/** Sentinels write down what they decide before they go on answering: on a busy machine that takes longer than a command may, ms. */
const sentinelCommandTimeout = 2000;

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

interface Clients {
  /** For commands. */
  readonly commands: () => Redis | Cluster;
  /** For subscriptions, at one of `Masters`. */
  readonly subscriber: (master: string) => Redis;
}

const clientsOf = (url: string): Clients => {
  const parts = several.exec(url);
  const one = (make: () => Redis): Clients => ({ commands: make, subscriber: make });
  if (parts === null) return one(() => new Redis(url, shared));
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
    const options = {
      ...shared,
      ...credentials,
      ...(secure === "" ? {} : { enableTLSForSentinelMode: true, sentinelTLS: {} }),
      ...(sentinelUsername === null ? {} : { sentinelUsername }),
      ...(sentinelPassword === null ? {} : { sentinelPassword }),
      sentinels: [...placesOf(hosts, 26379)],
      name: path === "" ? "mymaster" : decodeURIComponent(path),
      sentinelRetryStrategy: backOff,
      sentinelCommandTimeout,
      // A primary that is frozen keeps its connections: the sentinels say that it is none any more.
      failoverDetector: true,
    } satisfies RedisOptions;
    return one(() => new Redis(options));
  }
  return {
    commands: () =>
      new Cluster([...placesOf(hosts, 6379)], {
        lazyConnect: true,
        enableOfflineQueue: false,
        clusterRetryStrategy: backOff,
        slotsRefreshInterval,
        slotsRefreshTimeout: commandTimeout,
        redisOptions: { ...connection, ...credentials },
      }),
    subscriber: (master) => {
      const colon = master.lastIndexOf(":");
      return new Redis({ ...shared, ...credentials, host: master.slice(0, colon), port: Number(master.slice(colon + 1)) });
    },
  };
};

/** How the client takes what is no answer of Redis. */
const notUnderstood = /^Unknown RESP type|^Protocol error/;

/** How Redis says that the user, the password or what the user may do is wrong. */
const refusesUser = /^(?:WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid password)/;

/** The address without what is secret in it. */
const shown = (url: string): string => url.replace(/\/\/[^@/]*@/, "//").replace(/\?.*$/, "");

/** What Redis tells of itself: in a Redis cluster each master, but for those that do not answer. Rejects where none does. */
const infosOf = async (client: Redis | Cluster): Promise<ReadonlyArray<string>> => {
  const asked = client instanceof Cluster ? client.nodes("master") : [client];
  const told = await Promise.allSettled(asked.map((node) => node.info()));
  const infos = told.flatMap((info) => (info.status === "fulfilled" ? [info.value] : []));
  const [first] = told;
  if (infos.length === 0) throw first?.status === "rejected" ? first.reason : new Error("no master of the cluster is known");
  return infos;
};

/** The policy by which Redis throws keys away when its memory is full: undefined where it never does. */
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
    /** Who tells of which channels just now. */
    readonly masters: Effect.Effect<Masters, RedisError>;
    /** Opens a connection of its own for subscriptions, at one of those; not connected yet. */
    readonly subscriber: (master: string) => Opened<Redis>;
    /** The policy by which Redis, or some master of a Redis cluster, throws keys away when its memory is full; undefined: none does. */
    readonly eviction: string | undefined;
  }
>()("pixsim/runtime/RedisConnection") {
  /** Errors at start: one sentence that says what to do. */
  static readonly layer = (url: string): Layer.Layer<RedisConnection, RedisError> => Layer.effect(RedisConnection, make(url));
}

const failed = (cause: unknown): RedisError => new RedisError({ message: cause instanceof Error ? cause.message : String(cause), cause });

/** A connection that has ended by itself is opened anew after so long, ms. */
const reopenMs = 250;

interface Opened<Client> {
  readonly client: Client;
  readonly close: () => void;
}

const opened = <Client extends Redis | Cluster>(client: Client): Opened<Client> => {
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
};

const make = Effect.fnUntraced(function* (url: string) {
  const { commands, subscriber } = clientsOf(url);
  const { client } = yield* Effect.acquireRelease(
    Effect.sync(() => opened(commands())),
    ({ close }) => Effect.sync(close),
  );
  /** It tells more than "connection is closed", which is what commands fail with. */
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

  const infos = yield* attempt(() => client.connect()).pipe(
    Effect.andThen(attempt(() => infosOf(client))),
    Effect.mapError((error) => {
      const said = trouble instanceof Error ? trouble.message : error.message;
      const why = notUnderstood.test(said) ? "what answers there is no Redis" : said;
      const message = refusesUser.test(why)
        ? `Redis at ${shown(url)} refuses: ${why.replace(/\.$/, "")}. Correct the user and password in REDIS_URL.`
        : `Redis at ${shown(url)} cannot be used (${why}). Start it or correct REDIS_URL.`;
      return new RedisError({ message, cause: error });
    }),
  );
  const version = Math.min(...infos.map((info) => Number(/redis_version:(\d+)/.exec(info)?.[1] ?? "0")));
  if (version < oldestVersion) {
    return yield* new RedisError({
      message: `Redis at ${shown(url)} is version ${version}; ${oldestVersion} or newer is needed.`,
      cause: null,
    });
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
    masters: client instanceof Cluster ? attempt(async () => mastersOf(await client.cluster("SLOTS"))) : Effect.succeed(theOnlyOne),
    subscriber: (master) => opened(subscriber(master)),
    eviction: infos.map(evictionOf).find((policy) => policy !== undefined),
  });
});

/** Where Redis may throw away locks that are held, cells would change hands for nothing. */
export const warnOfEviction: Effect.Effect<void, never, RedisConnection> = Effect.flatMap(RedisConnection, ({ eviction }) =>
  eviction === undefined
    ? Effect.void
    : Effect.annotateLogs(
        Effect.logWarning(
          "Redis throws keys away when its memory is full, and with them who works on what: set maxmemory-policy to noeviction",
        ),
        { policy: eviction },
      ),
);
