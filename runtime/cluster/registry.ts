// Who is in the cluster and who holds which shard, kept in Redis as the storage of Effect Cluster. Each script is atomic. A lock
// names the incarnation of its holder, so a process that starts again at the same address is another one. Refreshing never takes
// a lock anew: one that was lost must be seen as lost. Redis may forget everything: shards then change hands, and nothing more.
import { Clock, Context, Data, Effect, Latch, Layer, Option, Schedule } from "effect";
import { PersistenceError } from "effect/cluster/ClusterError";
import * as RunnerStorage from "effect/cluster/RunnerStorage";
import * as z from "zod";
import { Leases, type Term } from "./leases.ts";
import { type RunnerInfo, ShardLocks } from "./locks.ts";
import { RedisConnection, type RedisError } from "./redis.ts";

/** Raised when what runners say to each other or read of the same rows changes: those of another number are refused. */
export const clusterProtocol = 3;

const StoredInfo = z.object({
  address: z.string(),
  incarnation: z.string(),
  secretMark: z.string(),
  // Those of an earlier protocol do not say, and are to be read as far as it takes to refuse them.
  database: z.string().default(""),
  protocol: z.number(),
  version: z.string(),
  weight: z.number(),
  startedAt: z.number(),
}) satisfies z.ZodType<RunnerInfo>;

// One hash tag: in a Redis cluster all of it lies on one node, as scripts need.
const tag = "{pixsim}";
const keys = {
  machines: `${tag}:machines`,
  runners: `${tag}:runners`,
  info: `${tag}:info`,
  beat: `${tag}:beat`,
  /** When each runner last reached the store. */
  reached: `${tag}:reached`,
  /** Those that have withdrawn. */
  withdrawn: `${tag}:withdrawn`,
};
const lockKey = (shard: string): string => `${tag}:lock:${shard}`;

const now = `local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)`;

/** ARGV: address, info. Says what stands in the way: TAKEN (another one answers at this address), SECRET, DATABASE or PROTOCOL n. */
const check = `${now}
local me = cjson.decode(ARGV[2])
for _, other in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '(' .. now, '+inf')) do
  local raw = redis.call('HGET', KEYS[3], other)
  if raw then
    local it = cjson.decode(raw)
    if it.protocol ~= me.protocol then return 'PROTOCOL ' .. it.protocol end
    if it.secretMark ~= me.secretMark then return 'SECRET' end
    if it.database ~= me.database then return 'DATABASE' end
    if other == ARGV[1] and it.incarnation ~= me.incarnation then return 'TAKEN' end
  end
end`;
const admitScript = `${check}
return 'OK'`;

/**
 * ARGV: address, info, runner, ttl. Answers the machine id, of which Effect Cluster keeps the rest of the division by 1024: none that
 * lives has the same, and one that is let go comes again last.
 */
const registerScript = `${check}
local machines, runners, infos, beat = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local address, info, runner, ttl = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local taken = {}
local all = redis.call('HGETALL', machines)
for i = 1, #all, 2 do
  if redis.call('HEXISTS', runners, all[i]) == 1 then taken[all[i + 1] % 1024] = true
  elseif all[i] ~= '#next' then redis.call('HDEL', machines, all[i]) end
end
local id = redis.call('HGET', machines, address)
if not id then
  local tries = 0
  repeat
    id = redis.call('HINCRBY', machines, '#next', 1)
    tries = tries + 1
  until not taken[id % 1024] or tries == 1024
  redis.call('HSET', machines, address, id)
end
redis.call('HSET', runners, address, runner)
redis.call('HSET', infos, address, info)
redis.call('ZADD', beat, now + ttl, address)
return id`;

const forget = `local function forget(it)
  redis.call('HDEL', KEYS[2], it) redis.call('HDEL', KEYS[3], it)
  redis.call('ZREM', KEYS[4], it) redis.call('ZREM', KEYS[5], it) redis.call('SREM', KEYS[6], it)
end`;
const unregisterScript = `${forget}
local raw = redis.call('HGET', KEYS[3], ARGV[1])
if raw and cjson.decode(raw).incarnation ~= ARGV[2] then return 0 end
forget(ARGV[1])
return 1`;

/** Drops who was silent for too long. */
const buryDead = `${now} ${forget}
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now)) do forget(dead) end`;
/** Answers the information of each that lives. */
const everybodyScript = `${buryDead}
return redis.call('HVALS', KEYS[3])`;
/** Answers the address of each runner that lives, the runner, and 1, or 0 if it has withdrawn: if all have, that counts for none. */
const runnersScript = `${buryDead}
local out = {}
local all = redis.call('HGETALL', KEYS[2])
local nobody = true
for i = 1, #all, 2 do nobody = nobody and redis.call('SISMEMBER', KEYS[6], all[i]) == 1 end
for i = 1, #all, 2 do
  out[#out + 1] = all[i]
  out[#out + 1] = all[i + 1]
  out[#out + 1] = (nobody or redis.call('SISMEMBER', KEYS[6], all[i]) == 0) and 1 or 0
end
return out`;

/** ARGV: address, standing, ms for which somebody's reach counts. Answers 1 if another one reaches the store. Who is not registered says nothing: it would never be forgotten. */
const standScript = `${now}
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return 0 end
if ARGV[2] == 'reaches' then redis.call('ZADD', KEYS[5], now, ARGV[1]) else redis.call('ZREM', KEYS[5], ARGV[1]) end
if ARGV[2] == 'withdrawn' then redis.call('SADD', KEYS[6], ARGV[1]) else redis.call('SREM', KEYS[6], ARGV[1]) end
for _, other in ipairs(redis.call('ZRANGEBYSCORE', KEYS[5], now - tonumber(ARGV[3]), '+inf')) do
  if other ~= ARGV[1] and redis.call('HEXISTS', KEYS[2], other) == 1 then return 1 end
end
return 0`;

/** KEYS: locks. ARGV: owner, ttl, shard … Answers the shards that are now the owner's. */
const acquireScript = `
local out = {}
for i, key in ipairs(KEYS) do
  local holder = redis.call('GET', key)
  if not holder or holder == ARGV[1] then
    redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
    out[#out + 1] = ARGV[2 + i]
  end
end
return out`;

/** KEYS: beat, locks. ARGV: address, owner, ttl, shard … Answers the shards that still are the owner's. */
const refreshScript = `${now}
redis.call('ZADD', KEYS[1], 'XX', now + tonumber(ARGV[3]), ARGV[1])
local out = {}
for i = 2, #KEYS do
  if redis.call('GET', KEYS[i]) == ARGV[2] then
    redis.call('PEXPIRE', KEYS[i], ARGV[3])
    out[#out + 1] = ARGV[2 + i]
  end
end
return out`;

const releaseScript = `
for _, key in ipairs(KEYS) do if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end end
return 1`;

/** KEYS: locks. Answers who holds each; empty: nobody. */
const holdersScript = `
local out = {}
for i, key in ipairs(KEYS) do out[i] = redis.call('GET', key) or '' end
return out`;

const registryKeys = [keys.machines, keys.runners, keys.info, keys.beat, keys.reached, keys.withdrawn];
const strings = (answer: unknown): Array<string> => (Array.isArray(answer) ? answer.map(String) : []);

/** What is not of this program in there is not a runner. */
const readInfo = (raw: string): ReadonlyArray<RunnerInfo> => {
  try {
    return [StoredInfo.parse(JSON.parse(raw))];
  } catch {
    return [];
  }
};

/** This process may not join; the message says what to do. */
export class ClusterRefused extends Data.TaggedError("ClusterRefused")<{
  readonly reason: "taken" | "secret" | "database" | "protocol";
  readonly message: string;
}> {}

const refuse = (reason: ClusterRefused["reason"], message: string): ClusterRefused => new ClusterRefused({ reason, message });
const refuseProtocol = (theirs: string, ours: number): ClusterRefused => {
  const versions = `The running cluster speaks runner protocol ${theirs}, this program ${ours}`;
  return refuse("protocol", `${versions}: stop the runners of the other version first.`);
};

/** Asked before the database is brought up to date: those of another number would not understand what is in it then. */
export const sameProtocol: Effect.Effect<void, ClusterRefused | RedisError, RedisConnection> = Effect.gen(function* () {
  const redis = yield* RedisConnection;
  const infos = strings(yield* redis.script(everybodyScript, registryKeys, [])).flatMap(readInfo);
  const other = infos.find(({ protocol }) => protocol !== clusterProtocol);
  if (other !== undefined) return yield* refuseProtocol(String(other.protocol), clusterProtocol);
});

/** How long those who leave wait for Redis to tell of others, and then for what they do to be let go of, ms. */
const leaveMs = 2000;
/**
 * Shards that change hands come free one by one, as their holders hear of it. Who asks for some that are still held waits so long for
 * them, ms, and looks so often: Effect Cluster asks again no sooner than a second later.
 */
const [longestHandoverMs, handoverPauseMs] = [300, 20];
/** Who is there is asked for so often, ms, and at once where one has said that it leaves: it costs a script in Redis each time. */
const lookMs = 100;
/** Who said no longer ago that it reaches the store does so still, ms: it says so every second. */
const reachMs = 2500;

export interface RegistryOptions {
  readonly info: RunnerInfo;
  /** ms after which a silent holder has lost its locks. */
  readonly expiryMs: number;
}

/** Joins the cluster. Errors: ClusterRefused where another program version or another runner stands in the way. */
export const registry = (
  options: RegistryOptions,
): Layer.Layer<RunnerStorage.RunnerStorage | ShardLocks, ClusterRefused | RedisError, RedisConnection> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const redis = yield* RedisConnection;
      const { info, expiryMs } = options;
      const owner = `${info.address}#${info.incarnation}`;
      const ttl = String(expiryMs);
      const clock = yield* Clock.Clock;
      const monotonic = (): number => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n);
      const leases = new Leases<string>(expiryMs, {
        monotonic,
        wall: () => clock.currentTimeMillisUnsafe(),
        connections: redis.connections,
      });

      const refusal = (answer: unknown): ClusterRefused | null => {
        const [word, value = ""] = String(answer).split(" ");
        if (word === "TAKEN")
          return refuse("taken", `Another runner answers at ${info.address}. Give this one an address of its own with PIXSIM_RUNNER.`);
        if (word === "SECRET")
          return refuse("secret", "The runners of this cluster have another secret. Set PIXSIM_CLUSTER_SECRET to theirs.");
        if (word === "DATABASE") {
          const what = "The runners of this cluster work on another database";
          return refuse("database", `${what}. Set DATABASE_URL to theirs, or REDIS_URL to a Redis of its own.`);
        }
        return word === "PROTOCOL" ? refuseProtocol(value, info.protocol) : null;
      };
      const asked = (script: string, ...more: ReadonlyArray<string>) =>
        Effect.flatMap(redis.script(script, registryKeys, [info.address, JSON.stringify(info), ...more]), (answer) => {
          const refused = refusal(answer);
          return refused === null ? Effect.succeed(Number(answer)) : Effect.fail(refused);
        });

      /** All shards that this process may hold, whether it knows that yet or not. */
      const wanted = new Set<string>();
      const acquireFree = (shards: ReadonlyArray<string>) =>
        Effect.suspend(() => {
          if (leaving) return Effect.succeed([]);
          const term = leases.term();
          for (const shard of shards) wanted.add(shard);
          return Effect.map(redis.script(acquireScript, shards.map(lockKey), [owner, ttl, ...shards]), (answer) => {
            // Given back behind this answer.
            if (leaving) return [];
            const held = strings(answer);
            leases.take(held, term);
            return held;
          });
        });
      const acquire = Effect.fnUntraced(function* (shards: ReadonlyArray<string>) {
        const late = monotonic() + Math.min(longestHandoverMs, expiryMs / 10);
        const held = new Set<string>();
        while (true) {
          for (const shard of yield* acquireFree(shards.filter((shard) => !held.has(shard)))) held.add(shard);
          if (held.size === shards.length || leaving || monotonic() >= late) return [...held];
          yield* Effect.sleep(handoverPauseMs);
        }
      });
      const refreshIn = (term: Term, shards: ReadonlyArray<string>) =>
        Effect.map(redis.script(refreshScript, [keys.beat, ...shards.map(lockKey)], [info.address, owner, ttl, ...shards]), (answer) => {
          const held = strings(answer);
          leases.refresh(shards, new Set(held), term);
          return held;
        });
      const refresh = (shards: ReadonlyArray<string>) => Effect.suspend(() => refreshIn(leases.term(), shards));
      const fork = Effect.runForkWith(yield* Effect.context());
      yield* redis.whenBack(() => {
        // What it does not answer Effect Cluster asks again.
        if (leases.locks.length > 0) fork(Effect.ignore(refresh(leases.locks)));
      });
      const keep = (shards: ReadonlyArray<string>) =>
        Effect.suspend(() => {
          const term = leases.term();
          return refreshIn(term, shards).pipe(
            Effect.catch((error) => {
              const kept = leases.kept(shards, term);
              return kept.length > 0 ? Effect.succeed([...kept]) : Effect.fail(error);
            }),
          );
        });
      // A lock that Redis is not there to give back expires by itself.
      const release = (shards: ReadonlyArray<string>): Effect.Effect<void> =>
        Effect.suspend(() => {
          leases.giveBack(shards);
          return shards.length === 0 ? Effect.void : Effect.ignore(redis.script(releaseScript, shards.map(lockKey), [owner]));
        });

      /** This process takes no shard any more, and is not in the registry once it has given all back. */
      let leaving = false;
      const everybody = redis.script(everybodyScript, registryKeys, []).pipe(
        Effect.map((answer) => strings(answer).flatMap(readInfo)),
        Effect.orElseSucceed(() => null),
      );
      const unregister = (address: string) => redis.script(unregisterScript, registryKeys, [address, info.incarnation]);
      /**
       * What this process does is let go of first, then all its shards are given back, and only then do the others see that it has gone:
       * whoever asks for a lock that is still held may ask again no sooner than a second later. Effect Cluster, which waits that long
       * between two looks at what is to be given back, finds that they are.
       */
      const leave = Effect.fnUntraced(function* (letGo: Effect.Effect<void>) {
        const isSelf = ({ incarnation }: { readonly incarnation: string }): boolean => incarnation === info.incarnation;
        // Who does not find itself there asks a Redis that has come back empty: the others may be missing as well.
        const alone = Effect.map(everybody, (all) => (all?.some(isSelf) === true ? all.every(isSelf) : null));
        // Where Redis does not say so for all this time, there may be others.
        const told = yield* Effect.repeat(alone, { until: (is) => is !== null, schedule: Schedule.spaced("100 millis") }).pipe(
          Effect.timeoutOption(leaveMs),
        );
        if (Option.getOrNull(told) === true) return false;
        leaving = true;
        const all = yield* Effect.timeoutOption(Effect.interruptible(letGo), leaveMs);
        yield* release([...wanted]);
        yield* Effect.ignore(unregister(info.address));
        return Option.isSome(all);
      });

      const listeners: Array<() => void> = [];
      const taken = (shards: ReadonlyArray<string>) =>
        Effect.sync(() => {
          if (shards.length > 0) for (const listener of listeners) listener();
        });

      /** Who was there when they were last asked for; whoever is not any more has departed. */
      let seen: ReadonlySet<string> = new Set();
      /** Who has said that it leaves, until it is seen not to be there: an answer may be older than that. */
      const leavers = new Set<string>();
      let departure = Latch.makeUnsafe(false);
      const see = (there: ReadonlyArray<string>): void => {
        const present = new Set(there);
        const gone = [...seen].some((address) => !present.has(address) && !leavers.has(address));
        seen = present;
        for (const address of leavers) if (!present.has(address)) leavers.delete(address);
        if (!gone) return;
        departure.openUnsafe();
        departure = Latch.makeUnsafe(false);
      };

      /** Open while who is there may be asked for at once. */
      const news = Latch.makeUnsafe(true);
      const nextLook = Effect.andThen(
        Effect.timeoutOption(news.await, Math.min(lookMs, expiryMs / 30)),
        Effect.sync(() => news.closeUnsafe()),
      );
      /** As it is registered. */
      let self = "";
      const storage = RunnerStorage.makeEncoded({
        register: (_address, runner) => {
          self = runner;
          return PersistenceError.refail(asked(registerScript, runner, ttl));
        },
        unregister: (address) => PersistenceError.refail(unregister(address)),
        // Whether somebody lives is told by the beat alone.
        setRunnerHealth: () => Effect.void,
        getRunners: PersistenceError.refail(
          Effect.map(Effect.andThen(nextLook, redis.script(runnersScript, registryKeys, [])), (answer) => {
            const told = strings(answer);
            const every = (nth: number): ReadonlyArray<string> => told.filter((_, index) => index % 3 === nth);
            see(every(0));
            const isFit = every(2);
            const fit = every(1).map((runner, index) => [runner, isFit[index] === "1"] as const);
            // Told of still, for the storage would register itself again else.
            return leaving ? [...fit.filter(([runner]) => runner !== self), [self, false] as const] : fit;
          }),
        ),
        acquire: (_address, shards) => PersistenceError.refail(Effect.tap(acquire(shards), taken)),
        refresh: (_address, shards) => PersistenceError.refail(keep(shards)),
        release: (_address, shard) => release([shard]),
        releaseAll: () => Effect.suspend(() => release([...wanted])),
      });

      // Who died a moment ago at this address is forgotten within the expiry: only then is the address really taken.
      yield* Effect.retry(asked(admitScript), {
        while: (error) => error._tag === "ClusterRefused" && error.reason === "taken",
        schedule: Schedule.spaced("250 millis"),
        times: Math.ceil((expiryMs + 1000) / 250),
      });

      const locks = ShardLocks.of({
        leaseMs: (shard) => leases.leaseMs(shard),
        tenure: (shard) => leases.tenure(shard),
        confirm: (shards) =>
          Effect.orElseSucceed(
            Effect.map(refresh(shards), (held): ReadonlySet<string> => new Set(held)),
            () => new Set<string>(),
          ),
        runners: everybody,
        departed: Effect.suspend(() => departure.await),
        hasLeft: (address) => {
          leavers.add(address);
          news.openUnsafe();
        },
        onTaken: (listener) => void listeners.push(listener),
        stand: (standing) =>
          redis.script(standScript, registryKeys, [info.address, standing, String(reachMs)]).pipe(
            Effect.map((answer) => Number(answer) === 1),
            Effect.orElseSucceed(() => null),
          ),
        leave,
        holders: (shards) =>
          redis.script(holdersScript, shards.map(lockKey), []).pipe(
            Effect.map((answer) => strings(answer).map((holder) => (holder === "" ? null : holder.slice(0, holder.lastIndexOf("#"))))),
            Effect.orElseSucceed(() => null),
          ),
        me: info.address,
      });
      return Context.make(RunnerStorage.RunnerStorage, storage).pipe(Context.add(ShardLocks, locks));
    }),
  );
