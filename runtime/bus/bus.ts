// Live changes: ordered channels with a short memory, so that a watcher that comes back gets just what it missed.
// In-process; nothing here is durable. A channel's epoch is new after each start, so old positions lead to a snapshot.
import { Context, Effect, Layer } from "effect";
import type { CallError } from "#protocol/wire/errors.ts";
import type { TopicHandle, TopicMessage } from "../gateway/handlers.ts";

/** Changes kept per channel for watchers that come back. */
const memory = 1024;

interface Watcher {
  readonly deliver: (message: TopicMessage) => void;
}

class Channel {
  readonly watchers = new Set<Watcher>();
  /** Encoded changes; the last has offset `offset`. */
  readonly recent: Array<string> = [];
  offset = 0;

  publish(epoch: string, json: string): void {
    this.offset++;
    this.recent.push(json);
    if (this.recent.length > memory) this.recent.splice(0, memory / 2);
    if (this.watchers.size === 0) return;
    const message: TopicMessage = { type: "delta", pos: `${epoch}:${this.offset}`, json: `[${json}]` };
    for (const watcher of this.watchers) watcher.deliver(message);
  }

  /** The changes after `offset` as one message, or undefined if they are no longer known. */
  since(epoch: string, offset: number): TopicMessage | undefined {
    const missed = this.offset - offset;
    if (missed < 0 || missed > this.recent.length) return undefined;
    const pos = `${epoch}:${this.offset}`;
    if (missed === 0) return { type: "resumed", pos };
    return { type: "delta", pos, json: `[${this.recent.slice(this.recent.length - missed).join(",")}]` };
  }
}

export class Bus extends Context.Service<
  Bus,
  {
    /** Sends a change to all who follow the channel. The change is encoded at once. */
    readonly publish: (channel: string, change: unknown) => void;
    /**
     * Follows a channel: resumes from `from` where it can, else sends `snapshot`. Changes that happen while the
     * snapshot is taken are sent after it, so a change may be in both: changes must carry the whole row and a `rev`.
     */
    readonly follow: (
      channel: string,
      from: string | undefined,
      snapshot: Effect.Effect<unknown, CallError>,
      emit: (message: TopicMessage) => void,
    ) => Effect.Effect<TopicHandle, CallError>;
    /** Followers of a channel. */
    readonly watchers: (channel: string) => number;
  }
>()("pixsim/runtime/Bus") {
  static readonly layer = Layer.sync(Bus, () => {
    const epoch = crypto.randomUUID().slice(0, 8);
    const channels = new Map<string, Channel>();
    const channelOf = (name: string): Channel => {
      let channel = channels.get(name);
      if (channel === undefined) channels.set(name, (channel = new Channel()));
      return channel;
    };

    return Bus.of({
      publish: (name, change) => channelOf(name).publish(epoch, JSON.stringify(change)),
      watchers: (name) => channels.get(name)?.watchers.size ?? 0,
      follow: Effect.fnUntraced(function* (
        name: string,
        from: string | undefined,
        snapshot: Effect.Effect<unknown, CallError>,
        emit: (message: TopicMessage) => void,
      ) {
        const channel = channelOf(name);
        /** Changes that wait for the snapshot being taken; null: they go straight out. */
        let held: Array<TopicMessage> | null = null;
        const watcher: Watcher = { deliver: (message) => (held === null ? emit(message) : held.push(message)) };
        const close = () => void channel.watchers.delete(watcher);

        const sendSnapshot = Effect.gen(function* () {
          held = [];
          const pos = `${epoch}:${channel.offset}`;
          const data = yield* snapshot;
          emit({ type: "snapshot", pos, json: JSON.stringify(data) });
          const waiting: Array<TopicMessage> = held;
          held = null;
          for (const message of waiting) emit(message);
        });

        channel.watchers.add(watcher);
        const [fromEpoch, fromOffset] = from?.split(":") ?? [];
        const missed = fromEpoch === epoch ? channel.since(epoch, Number(fromOffset)) : undefined;
        if (missed === undefined) {
          yield* Effect.onError(sendSnapshot, () => Effect.sync(close));
        } else {
          if (missed.type === "delta") emit({ type: "resumed", pos: `${epoch}:${fromOffset}` });
          emit(missed);
        }
        return { resync: sendSnapshot, close };
      }),
    });
  });
}
