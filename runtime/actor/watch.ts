// Following single actors: a view, then each committed step once and in order, with `epoch:seq` positions that outlive
// restarts. Encodes a change once, however many watch, and not at all when nobody does.
import { Deferred, Effect, Schedule } from "effect";
import * as z from "zod";
import type { ActorEffect, ActorTimer, ActorView, JournalEntry } from "#protocol/actor.ts";
import type { Fanout } from "../bus/fanout.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import type { TopicHandle, TopicMessage } from "../gateway/handlers.ts";
import type { Committed } from "./committed.ts";
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

/** An actor's positions are valid as long as it exists, in this database: in one that was restored other steps may follow the same. */
const epochOf = (createdAt: number, lineage: string): string => `a${createdAt.toString(36)}_${lineage}`;

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

/** A watcher further behind than this gets a snapshot. */
const maxReplay = 500;
/** Changes held back while a base is read; past that they are dropped, and the base is read anew. */
const maxHeld = 1000;
/** Pause before a base that could not be read is read again. */
const again = Schedule.spaced("1 second");

/** One follower of one actor. */
export class Follower {
  /** The last step that was sent; what is not the next is held until a base is known. */
  #seq: number | null = null;
  /** Of the actor that the base was of: an ephemeral one can be made anew. */
  #createdAt = 0;
  #held: Array<Change> = [];
  /** The last change that was dropped instead of held: a base before it is too old. */
  #dropped = -1;
  readonly #lineage: string;
  readonly #emit: (message: TopicMessage) => void;
  readonly #gap: () => void;

  /** `gap`: a commit whose answer was lost left out a step: take a new base. */
  constructor(lineage: string, emit: (message: TopicMessage) => void, gap: () => void) {
    this.#lineage = lineage;
    this.#emit = emit;
    this.#gap = gap;
  }

  /** A step up to `head` that never came is a gap, and so is another actor under the same address. */
  check(head: number, createdAt = this.#createdAt): void {
    if (this.#seq === null || (this.#seq >= head && createdAt === this.#createdAt)) return;
    this.#seq = null;
    this.#gap();
  }

  rebase(): void {
    this.#seq = null;
  }

  /** Sends the state as of `state`, then what has happened since. */
  snapshot(state: Committed): void {
    this.#emit({ type: "snapshot", pos: `${epochOf(state.createdAt, this.#lineage)}:${state.seq}`, json: JSON.stringify(viewOf(state)) });
    this.#release(state.seq, state.createdAt);
  }

  /** Confirms the position `seq`, sends the changes after it, then what has happened since. */
  resume(seq: number, changes: ReadonlyArray<Change>, createdAt: number): void {
    this.#emit({ type: "resumed", pos: `${epochOf(createdAt, this.#lineage)}:${seq}` });
    this.#seq = seq;
    this.#createdAt = createdAt;
    this.push(changes, createdAt);
    this.#release(this.#seq, createdAt);
  }

  #release(seq: number, createdAt: number): void {
    this.#seq = seq;
    this.#createdAt = createdAt;
    const held = this.#held.sort((one, other) => one.seq - other.seq);
    this.#held = [];
    this.push(held, createdAt);
    this.check(this.#dropped);
  }

  push(changes: ReadonlyArray<Change>, createdAt: number): void {
    if (this.#seq === null) {
      this.#held.push(...changes);
      if (this.#held.length > maxHeld) {
        this.#dropped = Math.max(this.#dropped, ...this.#held.map(({ seq }) => seq));
        this.#held = [];
      }
      return;
    }
    if (createdAt !== this.#createdAt) return this.check(Infinity);
    // Each of them: what was held back comes from several processes, and one of their messages may be lost.
    const fresh: Array<Change> = [];
    let last = this.#seq;
    for (const change of changes) {
      if (change.seq > last + 1) break;
      if (change.seq <= last) continue;
      fresh.push(change);
      last = change.seq;
    }
    if (fresh.length > 0) {
      this.#seq = last;
      this.#emit({
        type: "delta",
        pos: `${epochOf(createdAt, this.#lineage)}:${last}`,
        json: `[${fresh.map(({ json }) => json).join(",")}]`,
      });
    }
    if (changes.some(({ seq }) => seq > last)) {
      this.#seq = null;
      this.#gap();
    }
  }
}

/** All followers of this process, by actor. What other processes commit reaches them through the fan-out. */
export class Followers {
  readonly #byAddress = new Map<string, { readonly followers: Set<Follower>; readonly ready: Deferred.Deferred<() => void> }>();
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
    Effect.flatMap(Effect.context<never>(), (context) => {
      const known = this.#byAddress.get(address);
      known?.followers.add(follower);
      if (known !== undefined) return Effect.asVoid(Deferred.await(known.ready));
      const listener = {
        heard: (message: string) => this.#heard(address, message),
        lost: () => this.#behind([address]),
      };
      const ready = Deferred.makeUnsafe<() => void>();
      this.#byAddress.set(address, { followers: new Set([follower]), ready });
      // Apart from who asks first, who may give up: others wait for it as well.
      Effect.runForkWith(context)(Deferred.into(this.#fanout.subscribe(channelOf(address), listener), ready));
      return Effect.asVoid(Deferred.await(ready));
    });

  remove(address: string, follower: Follower): void {
    const known = this.#byAddress.get(address);
    if (known?.followers.delete(follower) !== true || known.followers.size > 0) return;
    this.#byAddress.delete(address);
    Effect.runFork(Effect.map(Deferred.await(known.ready), (stop) => stop()));
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

  /** `head`: last step that is surely committed, of the actor that was made at `createdAt`. */
  check(address: string, head: number, createdAt?: number): void {
    for (const follower of this.#byAddress.get(address)?.followers ?? []) follower.check(head, createdAt);
  }
}

/** What following reads. */
export interface Reading {
  readonly followers: Followers;
  /** Tells the database from one that was restored from its backup. Letters and digits. */
  readonly lineage: string;
  /** The actor as of its last commit. */
  readonly peek: (address: string) => Effect.Effect<Committed, CallError>;
  /** The steps from `from` to the present. */
  readonly missed: (address: string, from: number) => Effect.Effect<ReadonlyArray<JournalEntry>, CallError>;
}

/** Follows an actor: from `from` on where that can be, else from a snapshot. Errors: those of reading, before anything was sent. */
export const followActor = Effect.fnUntraced(function* (
  { followers, lineage, peek, missed }: Reading,
  address: string,
  from: string | undefined,
  emit: (message: TopicMessage) => void,
): Effect.fn.Return<TopicHandle, CallError> {
  const fork = Effect.runForkWith(yield* Effect.context<never>());
  let closed = false;
  const start = Effect.fnUntraced(function* (position: string | undefined) {
    const state = yield* peek(address);
    const [epoch, offset] = position?.split(":") ?? [];
    const behind = epoch === epochOf(state.createdAt, lineage) ? state.seq - Number(offset) : -1;
    if (!(behind >= 0 && behind <= maxReplay)) return follower.snapshot(state);
    const steps = behind === 0 ? [] : yield* missed(address, Number(offset) + 1);
    // An ephemeral actor has no journal.
    if (steps.length < behind) return follower.snapshot(state);
    // Begun under an older machine: the states that this program does not know cannot be sent as changes.
    if (steps[0]?.value === null) return follower.snapshot(state);
    follower.resume(Number(offset), changesOf(state, steps), state.createdAt);
  });
  const resync = Effect.suspend(() => {
    follower.rebase();
    return start(undefined);
  });
  // It holds changes back until it has a new base, so it must get one.
  const follower = new Follower(
    lineage,
    emit,
    () => void fork(Effect.ignore(Effect.retry(resync, { schedule: again, while: () => !closed }))),
  );
  const close = () => {
    closed = true;
    followers.remove(address, follower);
  };
  yield* Effect.onError(Effect.andThen(followers.add(address, follower), start(from)), () => Effect.sync(close));
  return { resync, close };
});

const channelOf = (address: string): string => `actor:${address}`;
