// What calls, streams, subscriptions and uploads see of the connection they belong to.
import type { Effect, Fiber } from "effect";
import type { CallError } from "#protocol/wire/errors.ts";
import type { CallContext } from "./handlers.ts";
import type { Hub } from "./hub.ts";
import type { AnyRoute } from "./routes.ts";

/** Something open under an id of the client. */
export interface Opened {
  /** The client ends it. */
  readonly cancel: () => void;
  /** The connection is gone, or speaks for another user: nothing may be answered any more. */
  readonly drop: () => void;
}

export interface Line {
  readonly hub: Hub;
  /** Who speaks and from where, as of now. */
  readonly context: CallContext;
  /** More is buffered than the client keeps up with: deltas are dropped, streams wait. */
  readonly congested: boolean;
  /** What the client has open, by its ids. */
  readonly open: Map<number, Opened>;
  /** Fibers of calls and streams that have not ended, those that were cancelled included. */
  running: number;
  readonly send: (frame: string) => void;
  /** Is told what is published to the group, if it keeps up and nothing waits that was sent before. */
  readonly join: (group: string) => boolean;
  readonly leave: (group: string) => void;
  /** Looks whether it keeps up with what it was sent. */
  readonly look: () => void;
  /** Answers an error and counts it. */
  readonly fail: (id: number, error: CallError, route?: AnyRoute) => void;
  /** Runs an effect with the connection's names in its log lines. */
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>;
  /** Logs on the connection's behalf. */
  readonly log: (effect: Effect.Effect<void>) => void;
}
