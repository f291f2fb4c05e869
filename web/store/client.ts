// What the workspace asks of the connection to the server. protocol/client gives it; tests give an in-memory one.
import type { Asset } from "#protocol/asset.ts";
import type {
  CallInput,
  CallName,
  CallOutput,
  StreamInput,
  StreamItem,
  StreamName,
  TopicDelta,
  TopicName,
  TopicParams,
  TopicSnapshot,
} from "#protocol/contract.ts";
import type { CallError } from "#protocol/wire/errors.ts";

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Idempotency key: the same key with the same input answers the first result. */
  readonly key?: string;
}

/** Called in order; after a lost connection either the missed deltas follow or a new snapshot replaces everything. */
export interface Follower<N extends TopicName> {
  readonly snapshot: (value: TopicSnapshot<N>) => void;
  readonly deltas: (values: ReadonlyArray<TopicDelta<N>>) => void;
  /** The subscription has ended for good. */
  readonly error?: (error: CallError) => void;
}

export interface UploadOptions {
  readonly name: string;
  readonly signal?: AbortSignal;
  /** Bytes stored so far. */
  readonly progress?: (bytes: number) => void;
}

export interface Client {
  readonly call: <N extends CallName>(name: N, input: CallInput<N>, options?: CallOptions) => Promise<CallOutput<N>>;
  readonly stream: <N extends StreamName>(name: N, input: StreamInput<N>, options?: CallOptions) => AsyncIterable<StreamItem<N>>;
  /** Follows a topic until the answered function is called. */
  readonly follow: <N extends TopicName>(name: N, params: TopicParams<N>, follower: Follower<N>) => () => void;
  readonly upload: (file: Blob, options: UploadOptions) => Promise<Asset>;
}
