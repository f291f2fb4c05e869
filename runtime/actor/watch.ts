// Following single actors: a view, then each committed step once and in order, with `epoch:seq` positions that outlive
// restarts. Encodes a change once, however many watch, and not at all when nobody does.
import { Effect } from "effect";
import * as z from "zod";
import type { ActorEffect, ActorTimer, ActorView, JournalEntry } from "#protocol/actor.ts";
import type { Fanout } from "../bus/fanout.ts";
import type { TopicMessage } from "../gateway/handlers.ts";
import type { Committed } from "./core.ts";
import { entryOf, stateOf } from "./fold.ts";
import type { Kind, PendingStep } from "./resident.ts";
import type { OpenEffect, SetTimer } from "./store.ts";

const effectView = (effect: OpenEffect): ActorEffect => ({
  key: `${effect.invokeId}:${effect.seq}`,
  name: effect.name,
  state: effect.review ? "review" : "running",
  startedAt: effect.startedAt,
});
const timerView = (timer: SetTimer): ActorTimer => ({ id: timer.id, dueAt: timer.dueAt });

export const viewOf = (state: Committed): ActorView => ({
  address: state.address,
  kind: state.kind.name,
  machineVersion: state.kind.version,
  seq: state.seq,
  at: state.at,
  ...stateOf(state.kind, state.snapshot),
  parked: state.parked,
  effects: state.effects.map(effectView),
  timers: state.timers.map(timerView),
});

/** An actor's positions are valid as long as it exists: the epoch is the time of its creation. */
export const epochOf = (createdAt: number): string => `a${createdAt.toString(36)}`;

/** One step as followers get it. */
export interface Change {
  readonly seq: number;
  readonly json: string;
}

/** Steps of an actor as one process tells them to others. */
const Told = z.object({ createdAt: z.number(), changes: z.array(z.object({ seq: z.number(), json: z.string() })) });

const changeOf = (kind: Kind, step: PendingStep): Change => ({
  seq: step.seq,
  json: JSON.stringify({
    entry: entryOf(kind, step, step.snapshot),
    parked: step.parked,
    effects: step.effects.map(effectView),
    timers: step.timers.map(timerView),
  }),
});

/** Deltas for steps that are known from the journal only: the lists are those of now, and the last one counts. */
export const changesOf = (state: Committed, entries: ReadonlyArray<JournalEntry>): ReadonlyArray<Change> => {
  const { parked, effects, timers } = viewOf(state);
  return entries.map((entry) => ({ seq: entry.seq, json: JSON.stringify({ entry, parked, effects, timers }) }));
};

/** One follower of one actor. */
export class Follower {
  /** The last step that was sent; what is not the next is held until a base is known. */
  #seq: number | null = null;
  #held: Array<Change> = [];
  readonly #emit: (message: TopicMessage) => void;
  readonly #gap: () => void;

  /** `gap`: a commit whose answer was lost left out a step: take a new base. */
  constructor(emit: (message: TopicMessage) => void, gap: () => void) {
    this.#emit = emit;
    this.#gap = gap;
  }

  /** A step up to `head` that never came is a gap. */
  check(head: number): void {
    if (this.#seq === null || this.#seq >= head) return;
    this.#seq = null;
    this.#gap();
  }

  rebase(): void {
    this.#seq = null;
  }

  /** Sends the state as of `state`, then what has happened since. */
  snapshot(state: Committed): void {
    this.#emit({ type: "snapshot", pos: `${epochOf(state.createdAt)}:${state.seq}`, json: JSON.stringify(viewOf(state)) });
    this.#release(state.seq, state.createdAt);
  }

  /** Confirms the position `seq`, sends the changes after it, then what has happened since. */
  resume(seq: number, changes: ReadonlyArray<Change>, createdAt: number): void {
    this.#emit({ type: "resumed", pos: `${epochOf(createdAt)}:${seq}` });
    this.#seq = seq;
    this.push(changes, createdAt);
    this.#release(this.#seq, createdAt);
  }

  #release(seq: number, createdAt: number): void {
    this.#seq = seq;
    const held = this.#held;
    this.#held = [];
    this.push(held, createdAt);
  }

  push(changes: ReadonlyArray<Change>, createdAt: number): void {
    if (this.#seq === null) {
      this.#held.push(...changes);
      return;
    }
    const fresh = changes.filter(({ seq }) => seq > this.#seq!);
    const last = fresh[fresh.length - 1];
    if (last === undefined) return;
    if (fresh[0]!.seq !== this.#seq + 1) {
      this.#seq = null;
      this.#gap();
      return;
    }
    this.#seq = last.seq;
    this.#emit({ type: "delta", pos: `${epochOf(createdAt)}:${last.seq}`, json: `[${fresh.map(({ json }) => json).join(",")}]` });
  }
}

/** All followers of this process, by actor. What other processes commit reaches them through the fan-out. */
export class Followers {
  readonly #byAddress = new Map<string, { readonly followers: Set<Follower>; readonly ready: Promise<() => void> }>();
  readonly #fanout: Fanout["Service"];
  readonly #behind: (addresses: ReadonlyArray<string>) => void;

  /** `behind`: steps of these actors may have been missed; see `check`. */
  constructor(fanout: Fanout["Service"], behind: (addresses: ReadonlyArray<string>) => void) {
    this.#fanout = fanout;
    this.#behind = behind;
  }

  get count(): number {
    let count = 0;
    for (const { followers } of this.#byAddress.values()) count += followers.size;
    return count;
  }

  addresses(): ReadonlyArray<string> {
    return [...this.#byAddress.keys()];
  }

  /** Completes when nothing that happens from now on is missed. */
  readonly add = (address: string, follower: Follower): Effect.Effect<void> =>
    Effect.suspend(() => {
      const known = this.#byAddress.get(address);
      known?.followers.add(follower);
      if (known !== undefined) return Effect.asVoid(Effect.promise(() => known.ready));
      const listener = {
        heard: (message: string) => this.#heard(address, message),
        lost: () => this.#behind([address]),
      };
      const ready = Effect.runPromise(this.#fanout.subscribe(channelOf(address), listener));
      this.#byAddress.set(address, { followers: new Set([follower]), ready });
      return Effect.asVoid(Effect.promise(() => ready));
    });

  remove(address: string, follower: Follower): void {
    const known = this.#byAddress.get(address);
    if (known?.followers.delete(follower) !== true || known.followers.size > 0) return;
    this.#byAddress.delete(address);
    void known.ready.then((stop) => stop());
  }

  published(address: string, kind: Kind, createdAt: number, steps: ReadonlyArray<PendingStep>): void {
    const known = this.#byAddress.get(address);
    if (known === undefined && !this.#fanout.shared) return;
    const changes = steps.map((step) => changeOf(kind, step));
    if (this.#fanout.shared) {
      this.#fanout.publish(channelOf(address), JSON.stringify({ createdAt, changes } satisfies z.infer<typeof Told>));
    }
    for (const follower of known?.followers ?? []) follower.push(changes, createdAt);
  }

  #heard(address: string, message: string): void {
    const told = Told.parse(JSON.parse(message));
    for (const follower of this.#byAddress.get(address)?.followers ?? []) follower.push(told.changes, told.createdAt);
  }

  /** `head`: last step of the actor that is surely committed. */
  check(address: string, head: number): void {
    for (const follower of this.#byAddress.get(address)?.followers ?? []) follower.check(head);
  }
}

const channelOf = (address: string): string => `actor:${address}`;
