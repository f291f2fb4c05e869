// The typed client, for browsers, workers, extensions and Node: keeps one connection, repeats what was lost on it, and goes on
// with subscriptions where they were. Calls that were sent and not answered are sent again with the same key, so they happen once.
import type { Asset } from "../asset.ts";
import type { StreamInput, StreamItem, StreamName, TopicName, TopicParams } from "../contract.ts";
import { encodeUploadChunk } from "../wire/codec.ts";
import { CallError } from "../wire/errors.ts";
import { type Call, Calls } from "./calls.ts";
import { Connection } from "./connection.ts";
import { type Credentials, nobody } from "./credentials.ts";
import { type Follower, Subscriptions } from "./follow.ts";
import type { Phase } from "./phase.ts";
import { Streams } from "./streams.ts";
import { ordinary, type Surroundings } from "./surroundings.ts";
import { type UploadEvents, uploadFile, type UploadOptions } from "./upload.ts";

export interface Client {
  /** Rejects with CallError. Also made again when the server was only too busy for it. */
  readonly call: Call;
  /** Asked for when it is first read. Ends with CallError when the connection is lost: a stream is not resumed. */
  readonly stream: <N extends StreamName>(
    name: N,
    input: StreamInput<N>,
    options?: { readonly signal?: AbortSignal },
  ) => AsyncIterable<StreamItem<N>>;
  /** Follows a topic until the answered function is called. */
  readonly follow: <N extends TopicName>(name: N, params: TopicParams<N>, follower: Follower<N>) => () => void;
  /** Uploads a file, over reconnects; answers its asset. */
  readonly upload: (file: Blob | Uint8Array<ArrayBuffer>, options: UploadOptions) => Promise<Asset>;
  readonly phase: () => Phase;
  readonly onPhase: (listener: (phase: Phase) => void) => () => void;
  /** Tries at once instead of waiting; also after a terminal end. */
  readonly retryNow: () => void;
  readonly close: () => void;
}

export interface ClientOptions {
  /** `ws://…/ws` or `wss://…/ws` */
  readonly url: string;
  /** Name and version of the client, for sessions and logs; at most 80 characters. */
  readonly client: string;
  readonly credentials?: Credentials;
  readonly surroundings?: Partial<Surroundings>;
}

const largestId = 0xffff_ffff;
const lost = (): CallError => new CallError("unavailable", "The connection to the server was lost.");

export const connect = (options: ClientOptions): Client => {
  const world: Surroundings = { ...ordinary, ...options.surroundings };
  const credentials = options.credentials ?? nobody;
  let lastId = 0;
  const nextId = (): number => (lastId = lastId >= largestId ? 1 : lastId + 1);
  const uploads = new Map<number, UploadEvents>();
  const abortUploads = (error: CallError) => {
    for (const upload of uploads.values()) upload.aborted(error);
    uploads.clear();
  };

  const connection = new Connection({
    url: options.url,
    client: options.client,
    credentials,
    world,
    events: {
      open: () => {
        calls.pump();
        if (connection.phase.name === "ready") subscriptions.resume();
      },
      lost: () => {
        calls.lost();
        streams.endAll(lost());
        abortUploads(lost());
        subscriptions.lost();
      },
      ended: (error) => calls.end(error),
      renew: () => credentials.renew(calls.early),
      frame: (frame) => {
        switch (frame.t) {
          case "ok":
            return calls.answered(frame.id, frame.r);
          case "err": {
            const error = CallError.fromWire(frame.e);
            if (!calls.failed(frame.id, error) && !streams.ended(frame.id, error)) subscriptions.failed(frame.id, error);
            return;
          }
          case "item":
            return streams.item(frame.id, frame.d);
          case "end":
            streams.ended(frame.id, null);
            return;
          case "snap":
          case "resumed":
          case "delta":
            return subscriptions.take(frame);
          case "ack":
            return uploads.get(frame.stream)?.acknowledged(frame.offset);
          case "abort": {
            const upload = uploads.get(frame.stream);
            uploads.delete(frame.stream);
            return upload?.aborted(CallError.fromWire(frame.e));
          }
        }
      },
    },
  });
  const calls = new Calls(connection, world, options.client, nextId);
  const streams = new Streams(connection, nextId);
  const subscriptions = new Subscriptions(connection, world, nextId);
  connection.start();

  return {
    call: calls.call,
    stream: (name, input, streamOptions) => streams.stream(name, input, streamOptions ?? {}),
    follow: (name, params, follower) => subscriptions.follow(name, params, follower),
    upload: (file, uploadOptions) =>
      uploadFile(file instanceof Uint8Array ? new Blob([file]) : file, uploadOptions, {
        call: calls.call,
        limits: () => connection.limits,
        generation: () => connection.generation,
        whenReady: connection.whenReady,
        attach: (stream, events) => {
          uploads.set(stream, events);
          return () => {
            if (uploads.get(stream) === events) uploads.delete(stream);
          };
        },
        send: (stream, offset, bytes) => connection.sendBytes(encodeUploadChunk({ stream, offset, bytes })),
        now: world.now,
        random: world.random,
        wait: (ms) => new Promise((resolve) => world.setTimer(resolve, ms)),
      }),
    phase: () => connection.phase,
    onPhase: connection.onPhase,
    retryNow: connection.retryNow,
    close: connection.stop,
  };
};
