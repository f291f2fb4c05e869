// The heart of the actor host: mailboxes, steps, group commit, output gate. It owns no clock, no fiber and no database:
// all of that comes in through ports, so that a test decides every interleaving. It must never let anything out
// (a reply, a change for watchers, an effect) before the commit that holds it.
// Over the usual length: dispatch, flush and roll-back share the state of the cells, and splitting them hid the order.
import type { Tracer } from "effect";
import type { ActorEvent } from "#protocol/actor.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { databaseCallError } from "../gateway/database-failures.ts";
import type { Acknowledged } from "./actors.ts";
import {
  answered,
  type Command,
  comesBack,
  type Decision,
  type EffectRef,
  isHappened,
  isRefusable,
  repeated,
  type Reply,
} from "./commands.ts";
import { acknowledge, type Committed, committedOf, viewOf } from "./committed.ts";
import type { EffectFailure } from "./define.ts";
import { Moved } from "./moved.ts";
import {
  applyHostStep,
  applyMigration,
  applyStep,
  type Dirty,
  hostTell,
  type Kind,
  makeResident,
  pack,
  type Packed,
  unpack,
  metaOf,
  type PendingStep,
  type Resident,
  restoreResident,
  runs,
  toCommit,
  type TracedStep,
} from "./resident.ts";
import {
  type ActorStore,
  cellOf,
  type CommitBatch,
  type DueTimer,
  type InboxRow,
  type OpenEffect,
  type RunningEffect,
  type SetTimer,
  type StoreFailure,
  type StoreResult,
} from "./store.ts";
import { TimerQueue } from "./timer-queue.ts";

/** Measures what the core does. */
export interface CoreMeasures {
  /** ms that only grow, with fractions. Asked twice a commit, and twice for one step of many. */
  readonly clock: () => number;
  /** Taking a step, one of many, took so long, ms. */
  readonly stepped: (ms: number) => void;
  readonly committed: (ms: number, actors: number) => void;
  /** A timer came so long after it was due, ms. */
  readonly fired: (lateMs: number) => void;
}

/** Traces the steps of commands that are traced. What a step asks for goes on with its span. */
export interface StepTracing {
  readonly began: (from: Tracer.AnySpan, address: string, event: string, began: number) => Tracer.Span;
  /** The steps of one actor are committed, or `failed`; the commit began then, by the clock of the measures. */
  readonly ended: (steps: ReadonlyArray<TracedStep>, commitBegan: number, failed: CallError | null) => void;
}

export interface CorePorts {
  readonly store: ActorStore;
  readonly kinds: ReadonlyMap<string, Kind>;
  /** ms epoch */
  readonly now: () => number;
  /** Runs `run` after `ms`; answers how to call it off. */
  readonly later: (ms: number, run: () => void) => () => void;
  /** Runs `run` soon, after what is already queued. */
  readonly soon: (run: () => void) => void;
  /** `trace`: the step that asked for it, where that is traced and was taken in this process. */
  readonly startEffect: (address: string, kind: Kind, effect: OpenEffect, recovered: boolean, trace: Tracer.AnySpan | undefined) => void;
  readonly stopEffect: (address: string, effect: EffectRef) => void;
  /** Which of these cells this process is to serve: asked of who decides. */
  readonly confirm: (cells: ReadonlyArray<number>, done: (ours: ReadonlyArray<number>) => void) => void;
  /** These cells are this process' now, and nothing of them runs yet. */
  readonly arrived: (cells: ReadonlySet<number>, done: () => void) => void;
  /** These cells are another's: all that runs for their actors is to stop. */
  readonly left: (cells: ReadonlySet<number>) => void;
  /** Nobody worked here for a while: the process stood still, or its clock was set forward. Told before timers that came due meanwhile. */
  readonly stoodStill?: () => void;
  /** Exactly these of the actor's effects are to run: starts what does not, stops what does. */
  readonly syncEffects: (address: string, kind: Kind, effects: ReadonlyArray<OpenEffect>) => void;
  /** Committed steps of one actor, in order. */
  readonly published: (address: string, kind: Kind, createdAt: number, steps: ReadonlyArray<PendingStep>) => void;
  /** The cell has another owner: let go of it. */
  readonly deposed: (cell: number) => void;
  readonly log: (level: "info" | "warn" | "error", message: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly measures?: CoreMeasures;
  readonly tracing?: StepTracing | undefined;
}

export interface CoreLimits {
  /** Commands that may wait for one actor: to load, to be looked up, or for its commit. */
  readonly mailbox: number;
  /** Actors in one flush. */
  readonly flush: number;
  /** ms without use after which an actor leaves memory. */
  readonly idleMs: number;
  /** ms without use after which an actor is held packed. */
  readonly packMs: number;
  /** Timers due within this many ms are held in memory. */
  readonly horizonMs: number;
  /** Timers fetched from the store at a time. */
  readonly timers: number;
  /** Actors whose time is ahead of the clock that are loaded at a time, to set their timers anew. */
  readonly ahead: number;
}

const defaultLimits: CoreLimits = {
  mailbox: 1024,
  flush: 2000,
  idleMs: 60_000,
  packMs: 5000,
  horizonMs: 60_000,
  timers: 50_000,
  ahead: 1000,
};

/** The alarm looks at the clock at least this often, ms: it may be set meanwhile, or have gone on while the computer slept. */
const longestWait = 1000;

/** Where nobody looks at the clock for so long, ms, the process stood still: it does once a second. */
const standstill = 10_000;

/** A clock by which less than this seems to have passed between two looks was set back, and a last step that lies further in the future was before that, ms. */
const setBackLeast = 1000;

/** How long steps of write-behind actors are gathered, ms: with the commit itself they stay below 250. */
const behindMs = 200;
/** Steps of one write-behind actor that are not gathered any longer. */
const behindSteps = 256;

const unmeasured: CoreMeasures = { clock: () => 0, stepped: () => {}, committed: () => {}, fired: () => {} };
/** One step of so many is measured: a power of two. */
const stepSample = 64;

/** Steps in a row that may throw for an event that cannot be refused. */
const maxStrikes = 3;

interface Loading {
  readonly loading: Array<Command>;
}

const waitingFor = (entry: Resident<Command> | Loading): number =>
  "loading" in entry ? entry.loading.length : entry.looking + (entry.dirty?.commands.length ?? 0) + (entry.flushing?.commands.length ?? 0);

interface Lane {
  readonly dirty: Set<Resident<Command>>;
  /** Write-behind actors whose steps may wait a moment longer. */
  readonly behind: Set<Resident<Command>>;
  /** What is being committed. */
  inFlight: ReadonlyArray<Resident<Command>>;
  scheduled: boolean;
}

const none: ReadonlyArray<Resident<Command>> = [];

export const failureOf = (failure: StoreFailure): CallError => {
  switch (failure.reason) {
    case "unavailable":
    case "full":
      return databaseCallError(failure.reason);
    case "fault":
      return new CallError("internal", "The change could not be stored.");
  }
};

export class Core {
  readonly #ports: CorePorts;
  readonly #limits: CoreLimits;
  readonly #measures: CoreMeasures;
  readonly #cells = new Map<number, { readonly epoch: number }>();
  /** Cells that take nothing new and are let go of once what they took is written; who waits for that. */
  readonly #leaving = new Map<number, Array<() => void>>();
  /** Cells with a commit that may have happened, or may still: until their epoch is raised, what the store says of them can change. */
  readonly #doubtful = new Set<number>();
  readonly #actors = new Map<string, Resident<Command> | Packed | Loading>();
  /** Two that take turns at the database, and one for ephemeral actors, which does not wait for it. */
  readonly #lanes: ReadonlyArray<Lane> = [0, 1, 2].map(() => ({ dirty: new Set(), behind: new Set(), inFlight: none, scheduled: false }));
  #writesBehind = false;
  #lastEphemeral = 0;
  readonly #wanted = new Set<string>();
  #loads = 0;
  readonly #timers = new TimerQueue();
  #cancelAlarm: (() => void) | null = null;
  #alarmAt = Infinity;
  /** When the clock was looked at last: from the beginning on, as it may be set before the first second is over. */
  #lookedAt: number;
  /** Timers that are due until then are held in memory: those in the store are being fetched, or have been. */
  #heldUntil = -Infinity;
  /** When the store is to be looked into again; never while that is under way. */
  #lookAt = -Infinity;
  /** Commands with an event id that are under way: a repeat waits for the first. */
  readonly #underWay = new Map<string, { readonly hash: string; readonly followers: Array<Reply<Acknowledged>> }>();
  #closing: (() => void) | null = null;
  readonly counts = { steps: 0, flushes: 0, committed: 0, rolledBack: 0 };

  constructor(ports: CorePorts, limits: Partial<CoreLimits> = {}) {
    this.#ports = ports;
    this.#measures = ports.measures ?? unmeasured;
    this.#limits = { ...defaultLimits, ...limits };
    this.#lookedAt = ports.now();
  }

  // ── Cells ────────────────────────────────────────────────────────────────

  /**
   * Takes those of the cells that it is to serve and goes on where their last owner stopped. All that is needed for that is read before
   * anything begins, so that nothing which was over meanwhile is begun again.
   */
  claim(cells: ReadonlyArray<number>, done: (failure: StoreFailure | null) => void): void {
    const { store } = this.#ports;
    store.epochs(cells, (epochs) => {
      if (!epochs.ok) return done(epochs);
      // Asked when the epochs are known: who claims from then on finds others, or changes these, so that a claim which comes late
      // takes a cell from nobody. Its owner would not notice: it may have nothing to write for long.
      this.#ports.confirm(cells, (ours) => {
        if (ours.length === 0) return done(null);
        const known = new Map(ours.map((cell) => [cell, epochs.value.get(cell)!]));
        store.claim(known, (claimed) => {
          if (!claimed.ok) return done(claimed);
          const arriving = new Set(claimed.value.keys());
          // Held before, under an older epoch: others may have written since, so nothing in memory can be trusted.
          this.#letGo(arriving);
          this.#take(claimed.value, arriving, (failure) => {
            // They were said to be here and are not: what was noted of them then would never be taken back.
            if (failure !== null) this.#ports.left(new Set([...arriving].filter((cell) => !this.#cells.has(cell))));
            done(failure);
          });
        });
      });
    });
  }

  #take(claimed: ReadonlyMap<number, number>, arriving: ReadonlySet<number>, done: (failure: StoreFailure | null) => void): void {
    const { store } = this.#ports;
    const cells = [...claimed.keys()];
    let open: StoreResult<ReadonlyArray<RunningEffect>> | undefined;
    let outdated: StoreResult<ReadonlyArray<string>> | undefined;
    let due: StoreResult<ReadonlyArray<DueTimer>> | undefined;
    let [arrived, failed] = [false, false];
    // All at once: who waits for the cells waits for the slowest of them, not for one after the other.
    const goOn = (): void => {
      // That they have come is noted before it is taken back.
      if (failed || !arrived) return;
      const failure = [open, outdated, due].find((result) => result?.ok === false);
      if (failure?.ok === false) {
        failed = true;
        return done(failure);
      }
      if (open?.ok !== true || outdated?.ok !== true || due?.ok !== true) return;
      for (const [cell, epoch] of claimed) this.#cells.set(cell, { epoch });
      for (const { address, machineVersion, effect } of open.value) this.#recover(address, machineVersion, effect);
      // Of an older machine: loading it migrates it, and what its state then waits for begins.
      for (const address of outdated.value) this.dispatch({ type: "wake", address });
      this.#await(due.value);
      this.#wakeAhead(cells);
      // They were read before all else was there, which may have taken long: soon they are read once more.
      this.#lookAt = -Infinity;
      done(null);
    };
    this.#ports.arrived(arriving, () => {
      arrived = true;
      goOn();
    });
    store.openEffects(cells, (result) => {
      open = result;
      goOn();
    });
    store.outdated(cells, this.#versions(), (result) => {
      outdated = result;
      goOn();
    });
    this.#lookAhead(cells, (result) => {
      due = result;
      goOn();
    });
  }

  /** Whether it takes commands for the actor. */
  owns(address: string): boolean {
    return this.holds(cellOf(address));
  }

  holds(cell: number): boolean {
    return this.#cells.has(cell) && !this.#leaving.has(cell);
  }

  #recover(address: string, machineVersion: number, effect: OpenEffect): void {
    const kind = this.#kindOf(address);
    if (kind !== undefined && (kind.version === machineVersion || effect.name === hostTell) && !effect.review)
      this.#ports.startEffect(address, kind, effect, true, undefined);
  }

  #versions(): ReadonlyMap<string, number> {
    return new Map([...this.#ports.kinds.values()].map(({ name, version }) => [name, version]));
  }

  #kindOf(address: string): Kind | undefined {
    return this.#ports.kinds.get(address.slice(0, address.indexOf("/")));
  }

  /**
   * Fetches the timers that come due soon, half a horizon before they do. Call it every second, which mostly costs nothing: then a clock
   * that is set forward and a store that was away do not make timers late.
   */
  lookAhead(): void {
    if (this.#look() < this.#lookAt) return;
    this.#lookAt = Infinity;
    this.#lookAhead([...this.#cells.keys()], (due) => {
      if (due.ok) this.#await(due.value);
      else this.#lookAt = -Infinity;
    });
  }

  /** What the clock says. */
  #look(): number {
    const now = this.#ports.now();
    const passed = now - this.#lookedAt;
    this.#lookedAt = now;
    // Also where it is set right after it was set back: nobody knows how much of it has passed.
    if (passed >= 2 * longestWait) this.#timers.putOff(passed);
    if (passed >= standstill) this.#ports.stoodStill?.();
    if (passed <= -setBackLeast) this.#wasSetBack(now);
    return now;
  }

  /** Timers were set by a clock that was ahead. Those of actors whose time is ahead of it now come so long from now as from their last step. */
  #wasSetBack(now: number): void {
    for (const [address, entry] of this.#actors) {
      if ("loading" in entry) continue;
      entry.usedAt = Math.min(entry.usedAt, now);
      if (entry.at > now) this.dispatch({ type: "wake", address });
    }
    this.#wakeAhead([...this.#cells.keys()]);
  }

  /**
   * Sleeping actors whose last step is in the future set their timers anew, so many at a time: they may be all there are. Nothing waits for that.
   * `from`: the last of those that have.
   */
  #wakeAhead(cells: ReadonlyArray<number>, from: string | null = null): void {
    if (this.#closing !== null || cells.length === 0) return;
    const goOn = (next: string | null): void =>
      this.#wakeAhead(
        cells.filter((cell) => this.#cells.has(cell)),
        next,
      );
    this.#ports.store.steppedAfter(cells, this.#ports.now() + setBackLeast, from, this.#limits.ahead, (found) => {
      if (!found.ok) return void this.#ports.later(longestWait, () => goOn(from));
      const { addresses, next } = found.value;
      let left = addresses.length;
      const heard = (): void => {
        if (--left === 0 && next !== null) goOn(next);
      };
      for (const address of addresses) this.dispatch({ type: "wake", address, heard });
    });
  }

  #lookAhead(cells: ReadonlyArray<number>, done: (due: StoreResult<ReadonlyArray<DueTimer>>) => void): void {
    const { horizonMs, timers } = this.#limits;
    const now = this.#ports.now();
    const until = Math.max(now + horizonMs, this.#heldUntil);
    this.#heldUntil = until;
    this.#ports.store.dueTimers(cells, until, timers, (due) => {
      if (due.ok) {
        // If there are more, those that were fetched are all there are until the last of them.
        const known = due.value.length < timers ? until : due.value[timers - 1]!.dueAt;
        this.#lookAt = Math.min(this.#lookAt, now + (known - now) / 2);
      }
      done(due);
    });
  }

  #await(due: ReadonlyArray<DueTimer>): void {
    for (const timer of due) if (this.owns(timer.address)) this.#timers.add({ ...timer, comesAt: timer.dueAt });
    this.#setAlarm();
  }

  /** Lets go of a cell without writing: memory goes, callers may try again elsewhere. */
  drop(cell: number): void {
    if (this.#letGo(new Set([cell]))) this.#ports.deposed(cell);
  }

  /** Takes no more commands for a cell and lets go of it once what it took is committed. */
  release(cell: number, done: () => void): void {
    if (!this.#cells.has(cell)) return done();
    const waiting = this.#leaving.get(cell);
    if (waiting !== undefined) return void waiting.push(done);
    this.#leaving.set(cell, [done]);
    // Cells leave in groups: one look at all actors for all of them.
    if (this.#leaving.size === 1) this.#ports.soon(() => this.#checkLeaving());
  }

  #checkLeaving(): void {
    if (this.#leaving.size === 0) return;
    this.#writeBehind();
    const busy = new Set<number>();
    for (const lane of this.#lanes) {
      for (const { cell } of lane.dirty) busy.add(cell);
      for (const { cell } of lane.inFlight) busy.add(cell);
    }
    this.#letGo(new Set([...this.#leaving.keys()].filter((cell) => !busy.has(cell))));
  }

  /** Answers whether any of them was held. */
  #letGo(cells: ReadonlySet<number>): boolean {
    let held = false;
    const leaving: Array<() => void> = [];
    for (const cell of cells) {
      held = this.#cells.delete(cell) || held;
      this.#doubtful.delete(cell);
      leaving.push(...(this.#leaving.get(cell) ?? []));
      this.#leaving.delete(cell);
    }
    if (!held) return false;
    this.#ports.left(cells);
    for (const [address, entry] of this.#actors) {
      if (!cells.has("loading" in entry ? cellOf(address) : entry.cell)) continue;
      this.#actors.delete(address);
      if ("loading" in entry) for (const command of entry.loading) this.#refuse(command, new Moved(false));
      else if (!("packed" in entry)) this.#rollBack(entry, new Moved(entry.flushing !== null), false);
    }
    for (const done of leaving) done();
    return true;
  }

  /** Takes no more commands; calls `done` when all that was taken is committed. */
  close(done: () => void): void {
    this.#closing = done;
    this.#cancelAlarm?.();
    this.#writeBehind();
    this.#checkClosed();
  }

  #checkClosed(): void {
    if (this.#closing === null || this.#loads > 0 || this.#wanted.size > 0) return;
    if (this.#lanes.some((lane) => lane.inFlight.length > 0 || lane.dirty.size > 0)) return;
    const done = this.#closing;
    this.#closing = () => {};
    done();
  }

  // ── Commands ─────────────────────────────────────────────────────────────

  dispatch(command: Command): void {
    const { address } = command;
    const cell = cellOf(address);
    // What happened anyway is still taken while the cell leaves: it is better written than found again by the next owner.
    const taken = comesBack(command) ? this.#cells.has(cell) : this.holds(cell);
    if (this.#closing !== null || !taken) return this.#refuse(command, new Moved(false));
    const kind = this.#kindOf(address);
    if (kind === undefined) return this.#refuse(command, new CallError("not_found", `There is no kind of actor for "${address}".`));

    const held = this.#actors.get(address);
    const entry = held !== undefined && "packed" in held ? this.#unpack(address, held) : held;
    if (entry === undefined) {
      if (command.type === "create" && command.novel) return this.#create(kind, command);
      this.#actors.set(address, { loading: [command] });
      this.#wanted.add(address);
      this.#loadSoon();
    } else if (waitingFor(entry) >= this.#limits.mailbox && isRefusable(command)) {
      this.#refuse(command, new CallError("overloaded", "Too much waits for this actor. Try again."));
    } else if ("loading" in entry) {
      entry.loading.push(command);
    } else {
      this.#apply(entry, command);
    }
  }

  #unpack(address: string, packed: Packed): Resident<Command> {
    const resident = unpack<Command>(address, packed);
    this.#actors.set(address, resident);
    return resident;
  }

  /** Answers an error to whoever waits; what happened anyway is dropped: its row stays, and the next owner finds it. */
  #refuse(command: Command, error: CallError): void {
    if (command.type === "wake") command.heard?.();
    else if (!isHappened(command)) command.reply(error);
  }

  #loadSoon(): void {
    if (this.#loads >= 2 || this.#wanted.size === 0) return;
    this.#loads++;
    this.#ports.soon(() => this.#load());
  }

  #load(): void {
    const addresses = [...this.#wanted].slice(0, 500);
    for (const address of addresses) this.#wanted.delete(address);
    if (addresses.length === 0) {
      this.#loads--;
      return;
    }
    // Who waits now: if the cell is lost and taken again meanwhile, this answer is too old for who waits then.
    const waiting = addresses.map((address) => this.#actors.get(address));
    const epochs = addresses.map((address) => this.#cells.get(cellOf(address))?.epoch);
    this.#ports.store.load(addresses, (result) => {
      this.#loads--;
      for (const [index, address] of addresses.entries()) {
        const entry = this.#actors.get(address);
        if (entry === undefined || !("loading" in entry) || entry !== waiting[index]) continue;
        this.#actors.delete(address);
        if (!result.ok) {
          this.#retryLater(entry.loading, failureOf(result));
          continue;
        }
        const cell = cellOf(address);
        if (this.#doubtful.has(cell) || this.#cells.get(cell)?.epoch !== epochs[index]) {
          this.#retryLater(entry.loading, databaseCallError("unavailable"));
          continue;
        }
        const stored = result.value.get(address);
        if (stored === undefined) {
          for (const command of entry.loading) this.#applyToMissing(command);
          continue;
        }
        try {
          this.#admit(stored.address, restoreResident<Command>(this.#kindOf(address)!, cell, stored));
        } catch (cause) {
          this.#ports.log("error", "an actor cannot be loaded", { address, error: String(cause) });
          const error = new CallError(
            "parked",
            `The actor ${address} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}.`,
          );
          for (const command of entry.loading) this.#refuse(command, error);
          continue;
        }
        for (const command of entry.loading) this.dispatch(command);
        this.#wasOnlyWoken(address, entry.loading);
      }
      this.#loadSoon();
      this.#checkClosed();
    });
    this.#loadSoon();
  }

  #admit(address: string, { resident, migrated }: { readonly resident: Resident<Command>; readonly migrated: boolean }): void {
    resident.usedAt = this.#ports.now();
    if (migrated) {
      applyMigration(resident, this.#clock(resident));
      this.#actors.set(address, resident);
      return this.#touch(resident);
    }
    this.#actors.set(address, resident);
    const { kind } = resident;
    // A commit whose answer was lost may have asked for effects and timers that nobody started.
    const { parked } = resident;
    this.#ports.syncEffects(
      address,
      kind,
      resident.effects.filter((effect) => runs(effect, parked)),
    );
    if (parked === null) this.#armAll(address, resident, resident.timers);
  }

  /** Nobody has used it: its timers are set, and it need not stay. */
  #wasOnlyWoken(address: string, commands: ReadonlyArray<Command>): void {
    const entry = this.#actors.get(address);
    if (entry !== undefined && "usedAt" in entry && commands.every(({ type }) => type === "wake")) entry.usedAt = Number.NEGATIVE_INFINITY;
  }

  /** Fails callers now; what happened anyway comes back after a while. */
  #retryLater(commands: ReadonlyArray<Command>, error: CallError, ms = 500): void {
    const again: Array<Command> = [];
    for (const command of commands) {
      if (comesBack(command)) again.push(command);
      else this.#refuse(command, error);
    }
    if (again.length > 0) this.#ports.later(ms, () => again.forEach((command) => this.dispatch(command)));
  }

  #applyToMissing(command: Command): void {
    // An earlier command of the same load may have created it by now.
    if (this.#actors.has(command.address)) return this.dispatch(command);
    if (command.type !== "create") return this.#refuse(command, new CallError("not_found", `There is no actor "${command.address}".`));
    this.#create(this.#kindOf(command.address)!, command);
  }

  #clock(resident: { readonly at: number }): number {
    return Math.max(resident.at, this.#ports.now());
  }

  #create(kind: Kind, command: Extract<Command, { type: "create" }>): void {
    const { address, input, eventId, hash } = command;
    const at = this.#ports.now();
    const stampedInput = typeof input === "object" && input !== null ? { ...input, at } : { at };
    const began = this.#stepBegins(command);
    let step;
    try {
      step = kind.stepper.initial(stampedInput);
    } catch (cause) {
      this.#ports.log("error", "an actor could not be created", { address, error: String(cause) });
      return command.reply(new CallError("internal", `A ${kind.name} could not be made of this input.`));
    }
    // Its followers know an ephemeral actor from the one before it by this.
    const createdAt = kind.durability === "ephemeral" ? (this.#lastEphemeral = Math.max(at, this.#lastEphemeral + 1)) : at;
    const resident: Resident<Command> = {
      ...makeResident<Command>(kind, cellOf(address), address, at),
      createdAt,
      snapshot: step.snapshot,
    };
    const dirty = applyStep(resident, { type: "xstate.init", input: stampedInput }, at, step, null, null);
    if (eventId !== undefined) dirty.inbox.push({ eventId, hash, seq: 0 });
    dirty.commands.push(command);
    this.#stepEnds(resident, dirty, command, "xstate.init", began);
    this.#actors.set(address, resident);
    this.#touch(resident);
  }

  #apply(resident: Resident<Command>, command: Command): void {
    resident.usedAt = this.#ports.now();
    switch (command.type) {
      case "create":
        if (resident.kind.durability === "write-behind") return command.reply(acknowledge(resident, false));
        return this.#afterCommit(resident, repeated(command.reply));
      case "peek":
        return this.#afterCommit(resident, command.reply);
      case "send":
        return this.#send(resident, command);
      case "progress":
        if (!isOpen(resident, command.effect)) return command.reply(null);
        return this.#step(resident, command, command.event, null, null);
      case "outcome": {
        const open = isOpen(resident, command.effect);
        if (open === undefined) return;
        if (open.name === hostTell) return this.#told(resident, command, open);
        return this.#step(resident, command, command.event, open.invokeId, null);
      }
      case "timer": {
        const timer = resident.timers.find(({ id, dueAt }) => id === command.timerId && dueAt === command.dueAt);
        if (timer === undefined || resident.parked !== null) return;
        return this.#step(resident, command, timer.event, null, timer.id);
      }
      case "wake":
        if (resident.parked === null) this.#armAll(resident.address, resident, resident.timers);
        return command.heard?.();
      case "review":
      case "park": {
        const open = isOpen(resident, command.effect);
        if (open === undefined) return;
        if (open.name === hostTell) return this.#told(resident, command, open);
        return this.#park(resident, command, command.reason, command.type === "review" ? { ...open, review: true } : undefined);
      }
      case "resume": {
        if (resident.parked === null) return command.reply(new CallError("conflict", "The actor is not parked."));
        const inReview = resident.effects.find(({ review }) => review);
        if (inReview !== undefined) {
          return command.reply(new CallError("conflict", `Decide first what becomes of "${inReview.name}": its outcome is unknown.`));
        }
        this.#unpark(resident, command, { by: command.by }, undefined);
        return;
      }
      case "resolve": {
        const open = isOpen(resident, command.effect);
        const { effect, decision, by, eventId, hash } = command;
        const isNew = command.checked === true && pendingId(resident, eventId) === undefined;
        if (open === undefined || !open.review || !isNew) return this.#decided(resident, command);
        const said = { effect: `${effect.invokeId}:${effect.seq}`, decision: decision.type, by };
        const dirty = this.#unpark(resident, command, said, { ...open, review: false });
        dirty.inbox.push({ eventId, hash, seq: resident.seq });
        const event = heardOf(resident, open, decision);
        if (event !== null) this.#step(resident, { type: "outcome", address: resident.address, effect, event }, event, open.invokeId, null);
        return;
      }
    }
  }

  /**
   * A decision that is not known to be new. It may come again, as its first answer may have been lost: then it decides nothing, even if the
   * effect has run and is in review once more. Or it comes too late.
   */
  #decided(resident: Resident<Command>, command: Extract<Command, { type: "resolve" }>): void {
    const { eventId, hash, reply, checked } = command;
    const answer = (first: { readonly hash: string } | null): void => {
      if (first === null && checked !== true) return this.dispatch({ ...command, checked: true });
      if (first === null) return reply(new CallError("conflict", "This effect waits for no decision."));
      if (first.hash !== hash) return reply(reused());
      this.#afterCommit(resident, (state) => reply(state instanceof CallError ? state : null));
    };
    const pending = pendingId(resident, eventId);
    if (pending !== undefined) return answer(pending);
    resident.looking++;
    this.#ports.store.seen(resident.address, eventId, (seen) => {
      resident.looking--;
      if (seen.ok) answer(seen.value);
      else reply(failureOf(seen));
    });
  }

  #send(resident: Resident<Command>, command: Extract<Command, { type: "send" }>): void {
    const { hash } = command;
    const behind = resident.kind.durability === "write-behind";
    if (behind && command.eventId === undefined) {
      // If the commit fails it is sent again, and its first time may have been written.
      return this.#step(resident, { ...command, eventId: crypto.randomUUID() }, command.event, null, null);
    }
    const { eventId } = command;
    if (eventId === undefined) return this.#step(resident, command, command.event, null, null);
    const pending = behind ? pendingId(resident, eventId) : undefined;
    if (pending !== undefined) return command.reply(pending.hash === hash ? acknowledge(resident, false) : reused());
    if (command.checked === true) {
      resident.usedAt = this.#ports.now();
      return this.#step(resident, command, command.event, null, null);
    }
    const key = `${resident.address}\n${eventId}`;
    const first = this.#underWay.get(key);
    if (first !== undefined) {
      if (first.hash !== hash) return command.reply(reused());
      resident.looking++;
      first.followers.push((result) => {
        resident.looking--;
        command.reply(result);
      });
      return;
    }
    const followers: Array<Reply<Acknowledged>> = [];
    this.#underWay.set(key, { hash, followers });
    const reply: Reply<Acknowledged> = (result) => {
      this.#underWay.delete(key);
      command.reply(result);
      const repeated = result instanceof CallError ? result : { ...result, fresh: false };
      for (const follower of followers) follower(repeated);
    };
    resident.looking++;
    this.#ports.store.seen(resident.address, eventId, (seen) => {
      resident.looking--;
      if (!seen.ok) return reply(failureOf(seen));
      if (seen.value === null) return this.dispatch({ ...command, checked: true, reply });
      if (seen.value.hash !== hash) return reply(reused());
      this.dispatch({ type: "peek", address: command.address, reply: repeated(reply) });
    });
  }

  #step(resident: Resident<Command>, command: Command, event: ActorEvent, finished: string | null, fired: string | null): void {
    if (resident.snapshot.status !== "active") {
      // It has ended: nothing can happen to it any more.
      if (command.type === "send") this.#afterCommit(resident, repeated(command.reply));
      else if (command.type === "progress") command.reply(null);
      return;
    }
    // A clock that was set back meanwhile must not make the journal say that a timer came early.
    const at = Math.max(this.#clock(resident), command.type === "timer" ? command.dueAt : 0);
    const stamped = { ...event, at };
    const began = this.#stepBegins(command);
    let step;
    try {
      step = resident.kind.stepper.next(resident.snapshot, stamped);
    } catch (cause) {
      return this.#rejected(resident, command, event, cause);
    }
    resident.strikes = 0;
    const dirty = applyStep(resident, stamped, at, step, finished, fired);
    if (command.type === "send" && command.eventId !== undefined)
      dirty.inbox.push({ eventId: command.eventId, hash: command.hash, seq: resident.seq });
    dirty.commands.push(command);
    this.#stepEnds(resident, dirty, command, event.type, began);
    this.#touch(resident);
  }

  /** When a step begins that is measured or traced, else undefined. */
  #stepBegins(command: Command): number | undefined {
    return (this.counts.steps & (stepSample - 1)) === 0 || command.trace !== undefined ? this.#measures.clock() : undefined;
  }

  #stepEnds(resident: Resident<Command>, dirty: Dirty<Command>, command: Command, event: string, began: number | undefined): void {
    if (began === undefined) return;
    this.#measures.stepped(this.#measures.clock() - began);
    const { tracing } = this.#ports;
    if (tracing === undefined || command.trace === undefined) return;
    (dirty.traced ??= []).push({ seq: resident.seq, span: tracing.began(command.trace, resident.address, event, began) });
  }

  /** A guard or an assigner threw: the actor is as it was. */
  #rejected(resident: Resident<Command>, command: Command, event: ActorEvent, cause: unknown): void {
    const { address } = resident;
    this.#ports.log("error", "an actor rejected an event", { address, event: event.type, error: String(cause) });
    if (!isHappened(command)) return command.reply(new CallError("internal", `The actor could not take "${event.type}"; it is as it was.`));
    resident.strikes++;
    if (resident.strikes < maxStrikes) {
      this.#ports.later(100 * 4 ** resident.strikes, () => this.dispatch(command));
      return;
    }
    this.#park(resident, command, `"${event.type}" could not be taken ${maxStrikes} times: ${String(cause)}`, undefined);
  }

  #park(resident: Resident<Command>, command: Command, reason: string, effect: OpenEffect | undefined): void {
    resident.strikes = 0;
    this.#ports.log("warn", "an actor is parked", { address: resident.address, reason });
    const dirty = applyHostStep(resident, { type: "host.parked", reason }, this.#clock(resident), {
      parked: reason,
      ...(effect === undefined ? {} : { effect }),
    });
    dirty.stopped.push(...resident.effects.filter((open) => !runs(open, reason)));
    dirty.commands.push(command);
    this.#touch(resident);
  }

  /** The parent has heard, or cannot be told. */
  #told(resident: Resident<Command>, command: Command, effect: OpenEffect): void {
    const dirty = applyHostStep(resident, { type: "host.told" }, this.#clock(resident), { parked: resident.parked, finished: effect });
    dirty.commands.push(command);
    this.#touch(resident);
  }

  /** `said`: by whom, and what was decided. */
  #unpark(
    resident: Resident<Command>,
    command: Command,
    said: Readonly<Record<string, string>>,
    effect: OpenEffect | undefined,
  ): Dirty<Command> {
    const dirty = applyHostStep(resident, { type: "host.resumed", ...said }, this.#clock(resident), {
      parked: null,
      ...(effect === undefined ? {} : { effect }),
    });
    dirty.restart = true;
    dirty.commands.push(command);
    this.#touch(resident);
    return dirty;
  }

  /** Answers once all steps so far are committed: nobody sees a state that may be taken back. */
  #afterCommit(resident: Resident<Command>, reply: Reply<Committed>): void {
    const lane = this.#laneOf(resident);
    if (lane.behind.delete(resident)) {
      lane.dirty.add(resident);
      this.#flushSoon(lane);
    }
    const waiting = resident.dirty ?? resident.flushing;
    if (waiting === null) reply(committedOf(resident));
    else waiting.commands.push({ type: "peek", address: resident.address, reply });
  }

  /** The reply of a command whose steps are committed. */
  #answer(resident: Resident<Command>, command: Command): void {
    switch (command.type) {
      case "create":
        return command.reply(acknowledge(resident, true));
      case "send":
        return command.reply(acknowledge(resident, true));
      case "peek":
        return command.reply(committedOf(resident));
      case "progress":
      case "resume":
      case "resolve":
        return command.reply(null);
      case "outcome":
      case "review":
      case "park":
      case "timer":
        return;
      case "wake":
        return command.heard?.();
    }
  }

  // ── Flush ────────────────────────────────────────────────────────────────

  #laneOf({ kind, cell }: Resident<Command>): Lane {
    return kind.durability === "ephemeral" ? this.#lanes[2]! : this.#laneOfCell(cell);
  }

  /** Of its stored actors. */
  #laneOfCell(cell: number): Lane {
    return this.#lanes[cell & 1]!;
  }

  #touch(resident: Resident<Command>): void {
    this.counts.steps++;
    const lane = this.#laneOf(resident);
    if (resident.kind.durability === "write-behind" && this.#closing === null && !this.#leaving.has(resident.cell)) {
      const { commands, opened, steps } = resident.dirty!;
      this.#answerEarly(resident, commands);
      // Effects begin after the commit: they do not wait for it longer than they must.
      if (opened.size === 0 && steps.length < behindSteps && !lane.dirty.has(resident)) {
        lane.behind.add(resident);
        return this.#writeBehindSoon();
      }
      lane.behind.delete(resident);
    }
    lane.dirty.add(resident);
    this.#flushSoon(lane);
  }

  /** Answers the command that led to the last step. It stays, to be done again if the commit fails. */
  #answerEarly(resident: Resident<Command>, commands: Array<Command>): void {
    const command = commands[commands.length - 1];
    if (command === undefined || (command.type !== "create" && command.type !== "send")) return;
    commands[commands.length - 1] = answered(command);
    command.reply(acknowledge(resident, true));
  }

  #writeBehindSoon(): void {
    if (this.#writesBehind) return;
    this.#writesBehind = true;
    this.#ports.later(behindMs, () => {
      this.#writesBehind = false;
      this.#writeBehind();
    });
  }

  #writeBehind(): void {
    for (const lane of this.#lanes) {
      for (const resident of lane.behind) lane.dirty.add(resident);
      lane.behind.clear();
      this.#flushSoon(lane);
    }
  }

  #flushSoon(lane: Lane): void {
    if (lane.scheduled || lane.inFlight.length > 0 || lane.dirty.size === 0) return;
    lane.scheduled = true;
    this.#ports.soon(() => {
      lane.scheduled = false;
      const residents: Array<Resident<Command>> = [];
      for (const resident of lane.dirty) {
        if (residents.length >= this.#limits.flush) break;
        lane.dirty.delete(resident);
        // Dropped with its cell meanwhile.
        if (resident.dirty === null) continue;
        resident.flushing = resident.dirty;
        resident.dirty = null;
        residents.push(resident);
      }
      lane.inFlight = residents;
      this.#commit(residents, () => {
        lane.inFlight = none;
        this.#flushSoon(lane);
        this.#checkLeaving();
        this.#checkClosed();
      });
    });
  }

  #commit(residents: ReadonlyArray<Resident<Command>>, done: () => void): void {
    const fence = new Map<number, number>();
    const actors: Array<CommitBatch["actors"][number]> = [];
    for (const resident of residents) {
      const cell = this.#cells.get(resident.cell);
      if (cell === undefined || resident.flushing === null) continue;
      fence.set(resident.cell, cell.epoch);
      actors.push(toCommit(resident, resident.flushing));
    }
    if (actors.length === 0) return done();
    this.counts.flushes++;
    const began = this.#measures.clock();
    this.#ports.store.commit({ fence, actors }, (result) => {
      if (result.ok) {
        // In one batch all are ephemeral, or none is: what stays in memory says nothing about the store.
        if (residents[0]!.kind.durability !== "ephemeral") this.#measures.committed(this.#measures.clock() - began, actors.length);
        // First all cells that were lost, so that nothing of them gets out.
        for (const cell of result.value.deposed) this.drop(cell);
        for (const resident of residents) this.#committed(resident, began);
        return done();
      }
      if (result.reason === "fault" && residents.length > 1) {
        // One row that the database refuses must not hold up the others: halve until it is alone.
        const half = residents.length >> 1;
        return this.#commit(residents.slice(0, half), () => this.#commit(residents.slice(half), done));
      }
      this.#ports.log("error", "a commit failed", { actors: residents.length, reason: result.reason, error: result.message });
      this.#takeBack(residents, result);
      if (result.reason === "unavailable") this.#renew(fence, done);
      else done();
    });
  }

  #takeBack(residents: Iterable<Resident<Command>>, failure: StoreFailure): void {
    for (const resident of residents) {
      if (resident.flushing === null && resident.dirty === null) continue;
      this.#actors.delete(resident.address);
      this.#rollBack(resident, failureOf(failure), true);
    }
  }

  /**
   * Raises the epochs of cells with a commit of which nobody knows whether it happened: from then on it has, or it never will. Nothing
   * else is written meanwhile.
   */
  #renew(fence: ReadonlyMap<number, number>, done: () => void): void {
    // Those that were lost, or taken anew, have another epoch as it is.
    const held = new Map([...fence].filter(([cell, epoch]) => this.#cells.get(cell)?.epoch === epoch));
    if (held.size === 0) return done();
    for (const cell of held.keys()) this.#doubtful.add(cell);
    this.#ports.store.claim(held, (claimed) => {
      if (!claimed.ok) {
        const [cell] = held.keys();
        this.#takeBack(this.#laneOfCell(cell!).dirty, claimed);
        return void this.#ports.later(500, () => this.#renew(held, done));
      }
      for (const [cell, epoch] of held) {
        if (this.#cells.get(cell)?.epoch !== epoch) continue;
        const renewed = claimed.value.get(cell);
        if (renewed === undefined) {
          this.drop(cell);
          continue;
        }
        this.#doubtful.delete(cell);
        this.#cells.set(cell, { epoch: renewed });
      }
      done();
    });
  }

  /** Takes back all steps that are not committed. The next command loads the actor as the store has it. */
  #rollBack(resident: Resident<Command>, error: CallError, again: boolean): void {
    const commands = [...(resident.flushing?.commands ?? []), ...(resident.dirty?.commands ?? [])];
    for (const dirty of [resident.flushing, resident.dirty])
      if (dirty !== null && dirty.traced !== null) this.#ports.tracing?.ended(dirty.traced, this.#measures.clock(), error);
    resident.flushing = null;
    resident.dirty = null;
    const lane = this.#laneOf(resident);
    lane.dirty.delete(resident);
    lane.behind.delete(resident);
    this.counts.rolledBack++;
    if (again) this.#retryLater([...commands, { type: "wake", address: resident.address }], error);
    else for (const command of commands) this.#refuse(command, error);
  }

  #committed(resident: Resident<Command>, began: number): void {
    const dirty = resident.flushing;
    if (dirty === null) return;
    resident.flushing = null;
    if (dirty.traced !== null) this.#ports.tracing?.ended(dirty.traced, began, null);
    this.counts.committed += dirty.steps.length;
    const { address, kind } = resident;
    const last = dirty.steps[dirty.steps.length - 1]!;

    if (kind.committed !== null) {
      try {
        kind.committed(last.snapshot, metaOf(resident as Resident, last));
      } catch (cause) {
        this.#ports.log("error", "a kind's committed hook threw", { address, error: String(cause) });
      }
    }
    this.#ports.published(address, kind, resident.createdAt, dirty.steps);

    for (const effect of dirty.stopped) this.#ports.stopEffect(address, effect);
    for (const effect of dirty.restart ? last.effects : dirty.opened.values()) {
      if (!runs(effect, last.parked)) continue;
      const trace = dirty.traced?.find(({ seq }) => seq === effect.seq)?.span;
      this.#ports.startEffect(address, kind, effect, !dirty.opened.has(effect.invokeId), trace);
    }
    this.#arm(resident, dirty, last);

    // Answers show the state as of this commit, not steps that came after it: who hears the first may lead to one before the second is told.
    const view = viewOf(resident, last, dirty.commands.length > 1);
    for (const command of dirty.commands) this.#answer(view, command);

    if (resident.dirty === null && last.snapshot.status !== "active") this.#actors.delete(address);
  }

  #arm({ address, kind }: Resident<Command>, dirty: Dirty<Command>, last: PendingStep): void {
    for (const [timerId, dueAt] of dirty.timersCleared) this.#timers.cancel({ address, timerId, dueAt });
    // One that was set anew is due when it was before, as its actor's time stands still: it comes later all the same.
    if (last.at > this.#ports.now()) {
      for (const { id: timerId, dueAt } of dirty.timersSet.values()) this.#timers.cancel({ address, timerId, dueAt });
    }
    if (dirty.restart) this.#armAll(address, { kind, at: last.at }, last.timers);
    else if (dirty.timersSet.size > 0) this.#armAll(address, { kind, at: last.at }, dirty.timersSet.values());
  }

  /** `at`: of the actor's last step. Where that is ahead of the clock, the clock was set back: its own time goes on from there. */
  #armAll(address: string, { kind, at }: Pick<Resident<Command>, "kind" | "at">, timers: Iterable<SetTimer>): void {
    const now = this.#ports.now();
    const horizon = Math.max(now + this.#limits.horizonMs, this.#heldUntil);
    const ahead = Math.max(0, at - now);
    for (const { id: timerId, dueAt } of timers) {
      const isAhead = ahead > 0 && !kind.isByTheClock(timerId);
      // The store finds those of a later time by when they are due.
      if (isAhead || dueAt <= horizon) this.#timers.add({ address, timerId, dueAt, comesAt: isAhead ? dueAt - ahead : dueAt });
    }
    this.#setAlarm();
  }

  #setAlarm(): void {
    const next = this.#timers.nextAt();
    if (next === undefined || this.#closing !== null || next >= this.#alarmAt) return;
    this.#cancelAlarm?.();
    this.#alarmAt = next;
    this.#cancelAlarm = this.#ports.later(Math.min(longestWait, Math.max(0, next - this.#ports.now())), () => {
      this.#alarmAt = Infinity;
      this.#cancelAlarm = null;
      const now = this.#look();
      for (const { address, timerId, dueAt, comesAt } of this.#timers.take(now)) {
        this.#measures.fired(now - comesAt);
        if (this.owns(address)) this.dispatch({ type: "timer", address, timerId, dueAt });
      }
      this.#setAlarm();
    });
  }

  // ── Memory ───────────────────────────────────────────────────────────────

  /** Packs actors that nobody has used for a moment, and lets those go that nobody has used for a while. Call it every few seconds. */
  passivate(): void {
    const now = this.#ports.now();
    const [gone, small] = [now - this.#limits.idleMs, now - this.#limits.packMs];
    for (const [address, entry] of this.#actors) {
      if ("loading" in entry || entry.usedAt > small) continue;
      const pending = !("packed" in entry) && (entry.dirty !== null || entry.flushing !== null || entry.looking > 0);
      if (pending) continue;
      if (entry.usedAt <= gone) this.#actors.delete(address);
      else if (!("packed" in entry)) this.#actors.set(address, pack(entry as Resident));
    }
  }

  /** Actors in memory, by kind. */
  resident(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const entry of this.#actors.values()) if (!("loading" in entry)) counts[entry.kind.name] = (counts[entry.kind.name] ?? 0) + 1;
    return counts;
  }

  /** Commands that wait for their actor: to load, to be looked up, or for its commit. */
  waiting(): { readonly commands: number; readonly deepest: number } {
    let commands = 0;
    let deepest = 0;
    for (const entry of this.#actors.values()) {
      if ("packed" in entry) continue;
      const waiting = waitingFor(entry);
      commands += waiting;
      deepest = Math.max(deepest, waiting);
    }
    return { commands, deepest };
  }

  /** Cells that this process has. */
  cells(): ReadonlyArray<number> {
    return [...this.#cells.keys()];
  }

  get timers(): number {
    return this.#timers.size;
  }
}

/** The event id among the steps of an actor that are not committed. */
const pendingId = ({ flushing, dirty }: Resident<Command>, eventId: string): InboxRow | undefined =>
  (flushing?.inbox ?? []).concat(dirty?.inbox ?? []).find((row) => row.eventId === eventId);

const reused = (): CallError => new CallError("idempotency_conflict", "This event id was used before with another content.");

/** What the machine hears of a decision; null: the effect runs again. */
const heardOf = ({ kind }: Resident<Command>, { invokeId, name }: OpenEffect, decision: Decision): ActorEvent | null => {
  const failed = (error: EffectFailure): ActorEvent => ({ type: `xstate.error.actor.${invokeId}`, error });
  switch (decision.type) {
    case "resend": {
      const again = kind.again(name);
      return again === undefined ? null : failed(again);
    }
    case "fail":
      return failed({ kind: "review", message: "A person decided that it failed." });
    case "done":
      return { type: `xstate.done.actor.${invokeId}`, output: decision.output };
  }
};

const isOpen = (resident: Resident<Command>, ref: EffectRef): OpenEffect | undefined =>
  resident.effects.find((effect) => effect.invokeId === ref.invokeId && effect.seq === ref.seq);
