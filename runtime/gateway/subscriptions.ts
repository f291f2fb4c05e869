// One followed topic: snapshot, deltas, and for a client that reads too slowly a fresh snapshot in place of what it missed.
import { Effect, Exit } from "effect";
import { encodeDelta, encodeFrame, encodeSnapshot } from "#protocol/wire/codec.ts";
import type { ClientFrame } from "#protocol/wire/frames.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { count } from "./counters.ts";
import { checkInput, errorOf, errorOfThrown } from "./failures.ts";
import type { Crowd, Member } from "./crowd.ts";
import type { Delta, Emit, TopicHandle, TopicMessage } from "./handlers.ts";
import type { Line, Opened } from "./line.ts";
import type { TopicRoute } from "./routes.ts";

/** What the subscriptions of a connection need of each other. */
export interface SubscriptionSet {
  /** Followed topics, those included whose handler has not answered or not been told yet. */
  count: number;
  /** Sends snapshots to those that missed deltas, one after the other. */
  readonly catchUp: () => void;
}

let lastDelta: Delta | undefined;
let lastId = 0;
let lastFrame = "";
/** Who is told by themselves are told one after the other, and most follow under the same id: their frame is encoded once. */
const frameOf = (id: number, delta: Delta): string => {
  if (delta !== lastDelta || id !== lastId) {
    lastDelta = delta;
    lastId = id;
    lastFrame = encodeDelta(id, delta.pos, delta.json);
  }
  return lastFrame;
};

export class Subscription implements Opened {
  readonly #line: Line;
  readonly #set: SubscriptionSet;
  readonly #id: number;
  readonly #route: TopicRoute;
  readonly #emit: Emit;
  /** With whom it is told, and whom to tell when it is not any more. */
  #among: { readonly crowd: Crowd; readonly member: Member; readonly left: () => void } | undefined;
  #handle: TopicHandle | undefined;
  #closed = false;
  #stale = false;
  #snapshots = 0;

  constructor(line: Line, set: SubscriptionSet, id: number, route: TopicRoute) {
    this.#line = line;
    this.#set = set;
    this.#id = id;
    this.#route = route;
    this.#emit = Object.assign((message: TopicMessage): void => this.#tell(message), {
      join: (crowd: Crowd, left: () => void): boolean => this.#join(crowd, left),
      leave: (): void => this.#leave(),
    });
  }

  /** Missed deltas and can be told a snapshot now. */
  get behind(): boolean {
    return this.#stale && this.#handle !== undefined && !this.#closed;
  }

  start(frame: Extract<ClientFrame, { t: "sub" }>): void {
    const line = this.#line;
    const { maxSubscriptions } = line.hub.limits;
    if (this.#set.count >= maxSubscriptions) {
      const message = `At most ${maxSubscriptions} topics can be followed on one connection. End one first.`;
      line.fail(this.#id, new CallError("quota_exceeded", message, { quota: "subscriptions", limit: maxSubscriptions }), this.#route);
      return;
    }
    const params = checkInput(this.#route, frame.params, line.log);
    if (params instanceof CallError) {
      line.fail(this.#id, params, this.#route);
      return;
    }
    let following: Effect.Effect<TopicHandle, CallError>;
    // Emits may come before the handler has answered, even before it is running.
    line.open.set(this.#id, this);
    try {
      following = this.#route.handle(params.data, line.context, frame.from, this.#emit);
    } catch (thrown) {
      this.#closed = true;
      line.open.delete(this.#id);
      line.fail(this.#id, errorOfThrown(thrown, this.#route.name, line.log), this.#route);
      return;
    }
    this.#set.count++;
    line.hub.counters.subscriptions++;
    line.run(following).addObserver(this.#started);
  }

  readonly #started = (exit: Exit.Exit<TopicHandle, CallError>): void => {
    if (Exit.isFailure(exit)) {
      this.#gone();
      if (this.#close()) this.#line.fail(this.#id, errorOf(exit.cause, this.#route.name, this.#line.log), this.#route);
      return;
    }
    if (this.#closed) {
      exit.value.close();
      this.#gone();
      return;
    }
    count(this.#route.outcomes, "ok");
    this.#handle = exit.value;
    exit.value.onEnd?.((error) => this.#endWith(error));
    if (this.#stale && !this.#line.congested) this.#set.catchUp();
  };

  #tell(message: TopicMessage): void {
    if (this.#closed) return;
    switch (message.type) {
      case "snapshot":
        this.#stale = false;
        this.#snapshots++;
        this.#line.send(encodeSnapshot(this.#id, message.pos, message.json));
        return;
      case "resumed":
        this.#line.send(encodeFrame({ t: "resumed", id: this.#id, pos: message.pos }));
        return;
      case "delta":
        if (this.#stale || this.#line.congested) {
          this.#stale = true;
          this.#line.hub.counters.deltasDropped++;
          return;
        }
        this.#line.send(frameOf(this.#id, message));
        return;
    }
  }

  #join(crowd: Crowd, left: () => void): boolean {
    if (this.#closed || this.#stale || this.#handle === undefined) return false;
    const member: Member = { id: this.#id, line: this.#line };
    if (!crowd.join(member)) return false;
    this.#among = { crowd, member, left };
    return true;
  }

  #leave(): void {
    const among = this.#among;
    this.#among = undefined;
    among?.crowd.leave(among.member);
  }

  /** The connection does not keep up: each delta is asked about again. */
  fallBehind(): void {
    const among = this.#among;
    this.#leave();
    among?.left();
  }

  /** Sends a snapshot if deltas were dropped. Fails never: a topic that cannot give one ends. */
  get resync(): Effect.Effect<void> {
    const handle = this.#handle;
    if (handle === undefined || !this.behind) return Effect.void;
    this.#line.hub.counters.resyncs++;
    const sent = this.#snapshots;
    return Effect.matchCauseEffect(handle.resync, {
      onFailure: (cause) => Effect.sync(() => this.#endWith(errorOf(cause, this.#route.name, this.#line.log))),
      onSuccess: () =>
        Effect.sync(() => {
          // Asked again and again it would never end.
          if (this.#snapshots === sent) this.#endWith(new CallError("unavailable", "The topic gave no snapshot. Subscribe again."));
        }),
    });
  }

  #close(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#leave();
    this.#line.open.delete(this.#id);
    return true;
  }

  #gone(): void {
    this.#set.count--;
    this.#line.hub.counters.subscriptions--;
  }

  #endWith(error: CallError): void {
    if (this.#closed) return;
    this.#end();
    this.#line.fail(this.#id, error, this.#route);
  }

  /** Stops following. A handler that has not answered yet is told when it does. */
  #end(): void {
    if (!this.#close() || this.#handle === undefined) return;
    this.#handle.close();
    this.#gone();
  }

  cancel(): void {
    this.#end();
  }

  drop(): void {
    this.#end();
  }
}
