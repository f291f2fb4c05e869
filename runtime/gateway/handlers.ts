// What a domain gives the gateway: a function for each of its calls, streams and topics, typed from the contract.
import type { Effect, Stream } from "effect";
import type { CallArgs, CallName, CallOutput, StreamArgs, StreamItem, StreamName, TopicName, TopicParams } from "#protocol/contract.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import type { Principal } from "../auth/principal.ts";
import type { Crowd } from "./crowd.ts";

/** Takes the bytes of one upload on one connection. */
export interface UploadSink {
  /** Bytes stored so far. */
  readonly offset: number;
  /** Stores bytes that start at `offset`; answers the new offset. Called one at a time, in order. */
  readonly write: (offset: number, bytes: Uint8Array) => Effect.Effect<number, CallError>;
  /** The connection or the upload is gone. */
  readonly close: Effect.Effect<void>;
}

export interface CallContext {
  readonly connectionId: string;
  readonly ip: string;
  readonly client: string;
  /** Null only in calls with access `anonymous`. */
  readonly principal: Principal | null;
  /** Idempotency key, where the client gave one. */
  readonly key: string | undefined;
  /** Makes the connection speak for this principal from now on. */
  readonly authenticate: (principal: Principal) => void;
  /** Binds a stream number of this connection to a sink. */
  readonly openUpload: (sink: UploadSink) => number;
}

export type CallHandlers<D extends string> = {
  readonly [N in Extract<CallName, `${D}.${string}`>]: (
    input: CallArgs<N>,
    context: CallContext,
  ) => Effect.Effect<CallOutput<N>, CallError>;
};

export type StreamHandlers<D extends string> = {
  readonly [N in Extract<StreamName, `${D}.${string}`>]: (
    input: StreamArgs<N>,
    context: CallContext,
  ) => Effect.Effect<Stream.Stream<StreamItem<N>, CallError>, CallError>;
};

/** What a topic sends. `json` is the encoded payload, made once however many watch: a snapshot, or an array of deltas. */
export type TopicMessage =
  | { readonly type: "snapshot"; readonly pos: string; readonly json: string }
  | { readonly type: "resumed"; readonly pos: string }
  | { readonly type: "delta"; readonly pos: string; readonly json: string };

export type Delta = Extract<TopicMessage, { type: "delta" }>;

/** Tells one who follows a topic. */
export interface Emit {
  (message: TopicMessage): void;
  /**
   * From now on it is told what the crowd is told, where that can be: not while something waits that was sent before. `left`: it does not
   * keep up, and must be told by itself again.
   */
  readonly join?: (crowd: Crowd, left: () => void) => boolean;
  /** It is told by itself again. */
  readonly leave?: () => void;
}

export interface TopicHandle {
  /** Sends a fresh snapshot: after deltas were dropped for a slow connection. */
  readonly resync: Effect.Effect<void, CallError>;
  readonly close: () => void;
  /** Where following may be ended by somebody else: has `end` told why, once it is so. */
  readonly onEnd?: (end: (error: CallError) => void) => void;
}

/** Starts following. `emit` may be called before this completes. `from`: the last position the client has. */
export type TopicHandler<N extends TopicName> = (
  params: TopicParams<N>,
  context: CallContext,
  from: string | undefined,
  emit: Emit,
) => Effect.Effect<TopicHandle, CallError>;

export type TopicHandlers<D extends string> = { readonly [N in Extract<TopicName, `${D}.${string}`>]: TopicHandler<N> };

/** All that one domain answers. */
export interface DomainHandlers<D extends string> {
  readonly calls: CallHandlers<D>;
  readonly streams: StreamHandlers<D>;
  readonly topics: TopicHandlers<D>;
}

/** The domains together: what the gateway dispatches to. */
export type Handlers = { readonly [D in "auth" | "system" | "jobs" | "assets" | "prompts" | "actors" | "cluster"]: DomainHandlers<D> };
