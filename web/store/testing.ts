// What the tests of the workspace share: sample rows, and an in-memory client that plays the server's part of the port.
import { accounts, type Account } from "#protocol/account.ts";
import type { Asset } from "#protocol/asset.ts";
import type {
  CallArgs,
  CallName,
  CallOutput,
  StreamArgs,
  StreamItem,
  StreamName,
  TopicDelta,
  TopicName,
  TopicSnapshot,
} from "#protocol/contract.ts";
import type { Job } from "#protocol/job.ts";
import { jobs } from "#protocol/job.ts";
import { assets } from "#protocol/asset.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { Client } from "./client.ts";

export const sampleJob = (change: Partial<Job> = {}): Job => ({ ...jobs.calls.get.example.output, ...change });
export const sampleAccount = (change: Partial<Account> = {}): Account => ({ ...accounts.topics.accounts.example.delta, ...change });
export const sampleAsset = (change: Partial<Asset> = {}): Asset => ({ ...assets.calls.get.example.output, ...change });

type Handlers = { readonly [N in CallName]?: (input: CallArgs<N>) => CallOutput<N> | Promise<CallOutput<N>> } & {
  readonly [N in StreamName]?: (input: StreamArgs<N>) => Iterable<StreamItem<N>> | AsyncIterable<StreamItem<N>>;
};
interface AnyFollower {
  readonly snapshot: (value: never) => void;
  readonly deltas: (values: never) => void;
  readonly stale?: (isStale: boolean) => void;
  readonly error?: (error: CallError) => void;
}

interface MemoryClient extends Client {
  /** Every call and stream in order. */
  readonly calls: ReadonlyArray<{ readonly name: CallName | StreamName; readonly input: unknown }>;
  readonly snapshot: <N extends TopicName>(name: N, value: TopicSnapshot<N>) => void;
  readonly deltas: <N extends TopicName>(name: N, values: ReadonlyArray<TopicDelta<N>>) => void;
  /** The connection is lost, or was found again. */
  readonly stale: (name: TopicName, isStale: boolean) => void;
  /** Following ends. */
  readonly refuse: (name: TopicName, error: CallError) => void;
  readonly followers: (name: TopicName) => number;
  /** What of it is followed. */
  readonly followed: (name: TopicName) => ReadonlyArray<unknown>;
}

/** Answers calls from the handlers, in the next microtask; a call without a handler fails as `not_found`. */
export const memoryClient = (handlers: Handlers): MemoryClient => {
  const calls: Array<{ readonly name: CallName | StreamName; readonly input: unknown }> = [];
  /** With what each was asked to follow. */
  const followers = new Map<string, Map<AnyFollower, unknown>>();
  const of = (name: string) => {
    const set = followers.get(name) ?? new Map<AnyFollower, unknown>();
    followers.set(name, set);
    return set;
  };
  return {
    calls,
    call: async (name, input) => {
      calls.push({ name, input });
      const handler = handlers[name];
      if (handler === undefined) {
        throw new CallError("not_found", `Nothing answers ${name} here.`);
      }
      // The handler of a name takes the input of that name.
      return handler(input as never) as never;
    },
    stream: async function* (name, input, options) {
      calls.push({ name, input });
      const handler = handlers[name];
      if (handler === undefined) {
        throw new CallError("not_found", `Nothing answers ${name} here.`);
      }
      for await (const item of handler(input as never)) {
        options?.signal?.throwIfAborted();
        yield item as never;
      }
    },
    follow: (name, params, follower) => {
      of(name).set(follower, params);
      return () => of(name).delete(follower);
    },
    upload: (_file, { name, progress }) => {
      progress?.(1);
      return Promise.resolve(sampleAsset({ id: "ast_up", name, mediaType: "image", origin: { kind: "upload" } }));
    },
    snapshot: (name, value) => {
      for (const follower of of(name).keys()) {
        follower.snapshot(value as never);
      }
    },
    deltas: (name, values) => {
      for (const follower of of(name).keys()) {
        follower.deltas(values as never);
      }
    },
    stale: (name, isStale) => {
      for (const follower of of(name).keys()) {
        follower.stale?.(isStale);
      }
    },
    refuse: (name, error) => {
      const refused = [...of(name).keys()];
      of(name).clear();
      for (const follower of refused) {
        follower.error?.(error);
      }
    },
    followers: (name) => of(name).size,
    followed: (name) => [...of(name).values()],
  };
};
