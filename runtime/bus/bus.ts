// Live changes: ordered channels with a short memory, so that a watcher that comes back gets just what it missed. Nothing here is
// durable: where changes may have been missed (a start, a lost message between processes) the channel gets a new epoch, and
// positions of the old one lead to a snapshot.
import { Context, Effect, Layer, Schedule } from "effect";
import type { CallError } from "#protocol/wire/errors.ts";
import { Crowd } from "../gateway/crowd.ts";
import type { Delta, Emit, TopicHandle, TopicMessage } from "../gateway/handlers.ts";
import { Fanout } from "./fanout.ts";

/** Changes kept per channel for watchers that come back. */
const memory = 1024;
/** With several processes: how long a channel is still listened to when nobody watches it, so that who comes back misses nothing. */
const linger = "30 seconds";
const again = Schedule.spaced("1 second");

interface Watcher {
  readonly deliver: (message: TopicMessage) => void;
  /** Is told with the crowd from now on, unless something keeps it. */
  readonly join: () => boolean;
  readonly restart: () => void;
}

class Channel {
  readonly watchers = new Set<Watcher>();
  /** Those that are told by themselves. */
  readonly apart = new Set<Watcher>();
  /** All others. */
  readonly crowd = new Crowd();
  /** Encoded changes; the last has offset `offset`. */
  #recent: Array<string> = [];
  #epoch = freshEpoch();
  #offset = 0;

  get pos(): string {
    return `${this.#epoch}:${this.#offset}`;
  }

  publish(json: string): void {
    this.#offset++;
    this.#recent.push(json);
    if (this.#recent.length > memory) this.#recent.splice(0, memory / 2);
    if (this.watchers.size === 0) return;
    const message: Delta = { type: "delta", pos: this.pos, json: `[${json}]` };
    for (const watcher of this.apart) {
      if (watcher.join()) this.apart.delete(watcher);
      else watcher.deliver(message);
    }
    this.crowd.tell(message);
  }

  /** Changes may be missing: nobody can go on from an old position. */
  restart(): void {
    this.#epoch = freshEpoch();
    this.#offset = 0;
    this.#recent = [];
    for (const watcher of this.watchers) watcher.restart();
  }

  /** The changes after a position, or undefined if they are no longer known. */
  since(from: string | undefined): ReadonlyArray<TopicMessage> | undefined {
    const [epoch, offset] = from?.split(":") ?? [];
    const missed = this.#offset - Number(offset);
    if (epoch !== this.#epoch || !(missed >= 0 && missed <= this.#recent.length)) return undefined;
    const resumed: TopicMessage = { type: "resumed", pos: `${epoch}:${offset}` };
    if (missed === 0) return [resumed];
    return [resumed, { type: "delta", pos: this.pos, json: `[${this.#recent.slice(this.#recent.length - missed).join(",")}]` }];
  }
}

const freshEpoch = (): string => crypto.randomUUID().slice(0, 8);

export class Bus extends Context.Service<
  Bus,
  {
    /** Sends a change to all who follow the channel, in all processes. The change is encoded at once. */
    readonly publish: (channel: string, change: unknown) => void;
    /**
     * Follows a channel: resumes from `from` where it can, else sends `snapshot`. Changes that happen while the
     * snapshot is taken are sent after it, so a change may be in both: changes must carry the whole row and a `rev`.
     */
    readonly follow: (
      channel: string,
      from: string | undefined,
      snapshot: Effect.Effect<unknown, CallError>,
      emit: Emit,
    ) => Effect.Effect<TopicHandle, CallError>;
    /** Followers of a channel in this process. */
    readonly watchers: (channel: string) => number;
    /** Followers of all channels in this process. */
    readonly watching: () => number;
  }
>()("pixsim/runtime/Bus") {
  static readonly layer: Layer.Layer<Bus, never, Fanout> = Layer.effect(
    Bus,
    Effect.suspend(() => make),
  );
  /** Of one process. */
  static readonly alone: Layer.Layer<Bus> = Layer.provide(Bus.layer, Fanout.alone);
}

/** A channel of this process and how to stop listening to the others' part of it. */
interface Open {
  readonly channel: Channel;
  readonly stop: Effect.Effect<() => void>;
}

const make = Effect.gen(function* () {
  const fanout = yield* Fanout;
  const services = yield* Effect.context<never>();
  const fork = Effect.runForkWith(services);
  const channels = new Map<string, Open>();

  const openChannel = (name: string): Open => {
    const known = channels.get(name);
    if (known !== undefined) return known;
    const channel = new Channel();
    const subscribing = Effect.runPromiseWith(services)(
      fanout.subscribe(`bus:${name}`, { heard: (json) => channel.publish(json), lost: () => channel.restart() }),
    );
    const open = { channel, stop: Effect.promise(() => subscribing) };
    channels.set(name, open);
    return open;
  };

  /** What is kept for those who come back takes memory, and what others publish costs something to hear: one that nobody watches is closed after a while. */
  const closeLater = (name: string, open: Open): void => {
    if (open.channel.watchers.size > 0) return;
    const close = Effect.gen(function* () {
      yield* Effect.sleep(linger);
      if (open.channel.watchers.size > 0 || channels.get(name) !== open) return;
      channels.delete(name);
      (yield* open.stop)();
    });
    fork(close);
  };

  return Bus.of({
    publish: (name, change) => {
      const open = channels.get(name);
      if (open === undefined && !fanout.shared) return;
      const json = JSON.stringify(change);
      if (fanout.shared) fanout.publish(`bus:${name}`, json);
      open?.channel.publish(json);
    },
    watchers: (name) => channels.get(name)?.channel.watchers.size ?? 0,
    watching: () => {
      let count = 0;
      for (const { channel } of channels.values()) count += channel.watchers.size;
      return count;
    },
    follow: Effect.fnUntraced(function* (name: string, from: string | undefined, snapshot: Effect.Effect<unknown, CallError>, emit: Emit) {
      const open = openChannel(name);
      const { channel } = open;
      /** Changes that wait for the snapshot being taken; null: they go straight out. */
      let held: Array<TopicMessage> | null = [];
      let taken = 0;
      const watcher: Watcher = {
        deliver: (message) => (held === null ? emit(message) : held.push(message)),
        join: () => held === null && emit.join?.(channel.crowd, () => void channel.apart.add(watcher)) === true,
        // It holds back changes until it has its snapshot, so it must get one.
        restart: () => {
          standApart();
          fork(Effect.ignore(Effect.retry(sendSnapshot, { schedule: again, while: () => channel.watchers.has(watcher) })));
        },
      };
      const standApart = (): void => {
        emit.leave?.();
        channel.apart.add(watcher);
      };
      const close = () => {
        emit.leave?.();
        channel.watchers.delete(watcher);
        channel.apart.delete(watcher);
        closeLater(name, open);
      };

      // One that was begun later, after changes may have been missed, takes the place of this one.
      const sendSnapshot: Effect.Effect<void, CallError> = Effect.gen(function* () {
        if (!channel.watchers.has(watcher)) return;
        standApart();
        held = [];
        const mine = ++taken;
        const { pos } = channel;
        const data = yield* snapshot;
        if (mine !== taken) return;
        emit({ type: "snapshot", pos, json: JSON.stringify(data) });
        const waiting: Array<TopicMessage> = held;
        held = null;
        for (const message of waiting) emit(message);
      });

      channel.watchers.add(watcher);
      channel.apart.add(watcher);
      // What other processes publish comes in from here on: only now is it safe to look.
      yield* open.stop;
      const missed = channel.since(from);
      if (missed === undefined) {
        yield* Effect.onError(sendSnapshot, () => Effect.sync(close));
      } else {
        held = null;
        for (const message of missed) emit(message);
      }
      return { resync: sendSnapshot, close };
    }),
  });
});
