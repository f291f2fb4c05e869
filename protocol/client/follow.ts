// Followed topics: each goes on over lost connections from the last change it has, so that none is missed and none comes twice.
import type { TopicDelta, TopicName, TopicParams, TopicSnapshot } from "../contract.ts";
import { CallError } from "../wire/errors.ts";
import type { ServerFrame } from "../wire/frames.ts";
import type { Connection } from "./connection.ts";
import { stepTo } from "./position.ts";
import type { Surroundings } from "./surroundings.ts";

/** Called in order. After a lost connection either the missed deltas follow or a new snapshot replaces everything. */
export interface Follower<N extends TopicName> {
  readonly snapshot: (value: TopicSnapshot<N>) => void;
  readonly deltas: (values: ReadonlyArray<TopicDelta<N>>) => void;
  /** True: the connection is lost, what is shown may be old. False: it is up to date again. */
  readonly stale?: (stale: boolean) => void;
  /** The subscription has ended for good. */
  readonly error?: (error: CallError) => void;
}

interface Subscription {
  readonly topic: string;
  readonly params: unknown;
  readonly follower: {
    readonly snapshot: (value: never) => void;
    readonly deltas: (values: never) => void;
    readonly stale?: (stale: boolean) => void;
    readonly error?: (error: CallError) => void;
  };
  /** Of the last change it has, and whose topic that was. */
  position: string | null;
  user: string | null;
  stale: boolean;
  refusals: number;
  renewed: boolean;
  /** Of the next try, after a refusal. */
  wait: unknown;
}

type TopicFrame = Extract<ServerFrame, { t: "snap" | "resumed" | "delta" }>;

const firstWaitMs = 500;
const longestWaitMs = 10_000;

export class Subscriptions {
  readonly #connection: Connection;
  readonly #world: Surroundings;
  readonly #nextId: () => number;
  readonly #open = new Map<number, Subscription>();

  constructor(connection: Connection, world: Surroundings, nextId: () => number) {
    this.#connection = connection;
    this.#world = world;
    this.#nextId = nextId;
  }

  follow<N extends TopicName>(topic: N, params: TopicParams<N>, follower: Follower<N>): () => void {
    const subscription: Subscription = {
      topic,
      params,
      follower,
      position: null,
      user: null,
      stale: false,
      refusals: 0,
      renewed: false,
      wait: undefined,
    };
    this.#ask(subscription);
    return () => {
      for (const [id, other] of this.#open) {
        if (other !== subscription) continue;
        this.#open.delete(id);
        this.#world.clearTimer(subscription.wait);
        if (this.#connection.phase.name === "ready") this.#connection.send({ t: "unsub", id });
      }
    };
  }

  /** Each asking has an id of its own: what still comes for the last one is passed over. */
  #ask(subscription: Subscription): void {
    const id = this.#nextId();
    this.#open.set(id, subscription);
    if (this.#connection.phase.name !== "ready") return;
    const { topic, params, position, user } = subscription;
    const from = user === this.#connection.user ? position : null;
    if (this.#connection.send({ t: "sub", id, topic, params, ...(from === null ? {} : { from }) })) return;
    this.failed(id, new CallError("payload_too_large", "The parameters are too large to be sent."));
  }

  /** The connection is ready: all are asked for. */
  resume(): void {
    const all = [...this.#open.values()];
    this.#open.clear();
    for (const subscription of all) {
      this.#world.clearTimer(subscription.wait);
      this.#ask(subscription);
    }
  }

  lost(): void {
    for (const subscription of this.#open.values()) {
      if (subscription.stale || subscription.position === null) continue;
      subscription.stale = true;
      subscription.follower.stale?.(true);
    }
  }

  take(frame: TopicFrame): void {
    const subscription = this.#open.get(frame.id);
    if (subscription === undefined) return;
    const { follower } = subscription;
    switch (frame.t) {
      case "snap":
        this.#reached(subscription, frame.pos);
        follower.snapshot(frame.d as never);
        return this.#fresh(subscription);
      case "resumed":
        // From another place than where it is: what lies between is unknown.
        if (frame.pos !== subscription.position) return this.#anew(frame.id, subscription);
        return this.#fresh(subscription);
      case "delta": {
        const { position } = subscription;
        const step = position === null ? ({ kind: "gap" } as const) : stepTo(position, frame.pos, frame.d.length);
        if (step.kind === "repeat") return;
        if (step.kind === "gap") return this.#anew(frame.id, subscription);
        this.#reached(subscription, frame.pos);
        return follower.deltas((step.skip === 0 ? frame.d : frame.d.slice(step.skip)) as never);
      }
    }
  }

  #reached(subscription: Subscription, position: string): void {
    subscription.position = position;
    subscription.user = this.#connection.user;
    subscription.refusals = 0;
    subscription.renewed = false;
  }

  #fresh(subscription: Subscription): void {
    if (!subscription.stale) return;
    subscription.stale = false;
    subscription.follower.stale?.(false);
  }

  /** Changes are missing: everything is asked for, as if there were nothing yet. */
  #anew(id: number, subscription: Subscription): void {
    this.#connection.send({ t: "unsub", id });
    this.#open.delete(id);
    subscription.position = null;
    const next = this.#nextId();
    this.#open.set(next, subscription);
    this.#later(next, subscription);
  }

  #later(id: number, subscription: Subscription): void {
    const bound = Math.min(longestWaitMs, firstWaitMs * 2 ** subscription.refusals++);
    subscription.wait = this.#world.setTimer(
      () => {
        if (this.#open.delete(id)) this.#ask(subscription);
      },
      Math.round(bound / 2 + (this.#world.random() * bound) / 2),
    );
  }

  failed(id: number, error: CallError): void {
    const subscription = this.#open.get(id);
    if (subscription === undefined) return;
    if (error.code === "token_expired" && !subscription.renewed) {
      subscription.renewed = true;
      void this.#connection.renew().then(() => {
        if (this.#open.delete(id)) this.#ask(subscription);
      });
      return;
    }
    if (error.retryable) return this.#later(id, subscription);
    this.#open.delete(id);
    subscription.follower.error?.(error);
  }
}
