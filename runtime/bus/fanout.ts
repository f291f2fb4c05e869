// The port through which processes tell each other what has changed. Lossy by design: who subscribes is told when it may have
// missed something and reads anew what it was about, from the journal or the tables.
import { Context, Effect, Layer } from "effect";

export interface Listener {
  /** A message from another process. */
  readonly heard: (message: string) => void;
  /** Messages may have been missed. */
  readonly lost: () => void;
}

/** Messages since the start. */
export interface FanoutCounts {
  sent: number;
  heard: number;
  /** Could not be sent; whoever subscribes is told so later. */
  unsent: number;
  /** Channels that were told that they may have missed something. */
  losses: number;
}

export const noCounts = (): FanoutCounts => ({ sent: 0, heard: 0, unsent: 0, losses: 0 });

export class Fanout extends Context.Service<
  Fanout,
  {
    /** False: there are no other processes, and nothing is ever heard. */
    readonly shared: boolean;
    readonly counts: Readonly<FanoutCounts>;
    /** Tells the other processes that subscribe to the channel. */
    readonly publish: (channel: string, message: string) => void;
    /** Completes when messages come in; answers how to stop. */
    readonly subscribe: (channel: string, listener: Listener) => Effect.Effect<() => void>;
  }
>()("pixsim/runtime/Fanout") {
  /** One process. */
  static readonly alone: Layer.Layer<Fanout> = Layer.succeed(Fanout, {
    shared: false,
    counts: noCounts(),
    publish: () => {},
    subscribe: () => Effect.succeed(() => {}),
  });
}
