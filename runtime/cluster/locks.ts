// Which shards this process holds, and for how long that is certain. A lock says who should work, never who may write.
import { Context, Effect, Layer } from "effect";
import type { Standing } from "./placement.ts";

export interface RunnerInfo {
  /** host:port for other runners. */
  readonly address: string;
  /** Tells a process from the one that ran at the same address before. */
  readonly incarnation: string;
  /** Tells whether it has the same secret, without telling which. */
  readonly secretMark: string;
  /** Of its database, see `lineageOf`: the same in a copy. */
  readonly database: string;
  /** Number of what runners say to each other. */
  readonly protocol: number;
  /** Of the program. */
  readonly version: string;
  readonly weight: number;
  /** ms epoch */
  readonly startedAt: number;
}

export class ShardLocks extends Context.Service<
  ShardLocks,
  {
    /** ms for which nobody else can hold the shard; below 0: that is not known any more. */
    readonly leaseMs: (shard: string) => number;
    /** See `Placement.tenure`. */
    readonly tenure: (shard: string) => number;
    /** Asks the keeper of the locks which of the shards this process holds; none if it does not answer. */
    readonly confirm: (shards: ReadonlyArray<string>) => Effect.Effect<ReadonlySet<string>>;
    /** All processes of the cluster. Null: they cannot be told just now. */
    readonly runners: Effect.Effect<ReadonlyArray<RunnerInfo> | null>;
    /**
     * Completes when next a process is gone from the cluster that has not said that it leaves: what it was asked, and has not answered, is
     * another's now. One that leaves answers all.
     */
    readonly departed: Effect.Effect<void>;
    /** The process at this address says that it has given all away and left: its shards are there to be taken. */
    readonly hasLeft: (address: string) => void;
    /** `listener`: told whenever this process has taken locks, just before Effect Cluster knows it. */
    readonly onTaken: (listener: () => void) => void;
    /** See `Placement.stand`. */
    readonly stand: (standing: Standing) => Effect.Effect<boolean | null>;
    /**
     * Gives all shards away, as far as there is somebody to take them, once `letGo` has let go of what is done for them: see `Placement.leave`.
     * Answers whether it has, so that nobody waits for anything of it any more.
     */
    readonly leave: (letGo: Effect.Effect<void>) => Effect.Effect<boolean>;
    /** Address of the process that holds each shard, or null. Null in all: it cannot be told just now. */
    readonly holders: (shards: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string | null> | null>;
    /** Address of this process. */
    readonly me: string;
  }
>()("pixsim/runtime/ShardLocks") {
  /** One process: all is here, for ever. */
  static readonly alone = (info: RunnerInfo): Layer.Layer<ShardLocks> =>
    Layer.succeed(ShardLocks, {
      leaseMs: () => Infinity,
      tenure: () => 0,
      confirm: (shards) => Effect.succeed(new Set(shards)),
      runners: Effect.succeed([info]),
      departed: Effect.never,
      hasLeft: () => {},
      onTaken: () => {},
      stand: () => Effect.succeed(false),
      leave: () => Effect.succeed(false),
      holders: (shards) => Effect.succeed(shards.map(() => info.address)),
      me: info.address,
    });
}
