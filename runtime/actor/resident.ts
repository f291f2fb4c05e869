// One actor in memory and what its steps since the last commit amount to. Bookkeeping only: no clock, no I/O.
import type { ActorEvent } from "#protocol/actor.ts";
import type { ProjectionTable } from "#db/queries/actor.ts";
import type { Duration, Effect, Tracer } from "effect";
import type { AnyStateMachine } from "xstate";
import type { ActorDefinition, ActorMeta, CellListener, Durability, EffectFailure } from "./define.ts";
import { packJson, type PackedJson, unpackJson } from "./pack.ts";
import { makeStepper, type MachineSnapshot, type Step, type Stepper } from "./step.ts";
import type { ActorCommit, InboxRow, JournalRow, OpenEffect, SetTimer, StoredActor } from "./store.ts";

/** A definition made ready to run. The type parameters of definitions end here: inside the host all machines are alike. */
export interface Kind {
  readonly name: string;
  readonly version: number;
  readonly durability: Durability;
  readonly stepper: Stepper;
  readonly migrate: ActorDefinition["migrate"];
  /** Whether the timer of this id comes at a time of the clock, and not after so long. */
  readonly isByTheClock: (timerId: string) => boolean;
  readonly owner: (snapshot: MachineSnapshot) => string;
  readonly parent: (snapshot: MachineSnapshot) => string | null;
  /** What is heard when a person has the effect of this name done again. */
  readonly again: (effect: string) => EffectFailure | undefined;
  readonly projection: ((snapshot: MachineSnapshot, meta: ActorMeta) => Readonly<Record<string, unknown>>) | null;
  readonly committed: ((snapshot: MachineSnapshot, meta: ActorMeta) => void) | null;
  readonly answer: (context: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  readonly redact: (context: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
}

/** An effect handler, whatever its input, output and events. */
export interface AnyEffectHandler<R> {
  readonly recovery: "resend" | "lookup" | "park";
  readonly run: (call: never) => Effect.Effect<unknown, EffectFailure, R>;
  readonly lookup?: (call: never) => Effect.Effect<unknown, EffectFailure, R> | null;
  readonly quarantine?: Duration.Input | ((call: never) => Duration.Input);
  readonly again?: EffectFailure;
  readonly recovered?: (input: never, now: number) => { readonly type: string } | null;
}

/** Any definition, whatever its machine. */
export interface AnyActorDefinition<R> {
  readonly kind: string;
  readonly version: number;
  readonly durability?: Durability;
  readonly machine: AnyStateMachine;
  readonly migrate?: ActorDefinition["migrate"];
  readonly byTheClock?: ReadonlyArray<string>;
  readonly effects: Readonly<Record<string, AnyEffectHandler<R>>>;
  readonly owner: (snapshot: never) => string;
  readonly parent?: (snapshot: never) => string | null;
  readonly projection?: ProjectionTable & { readonly row: (snapshot: never, meta: ActorMeta) => Readonly<Record<string, unknown>> };
  readonly committed?: (snapshot: never, meta: ActorMeta) => void;
  readonly cells?: CellListener;
  readonly answer?: (context: never) => Readonly<Record<string, unknown>>;
  readonly redact?: (context: never) => Readonly<Record<string, unknown>>;
}

/** Throws where a definition contradicts itself. */
export const makeKind = (definition: AnyActorDefinition<never>): Kind => {
  const { durability = "durable", byTheClock = [] } = definition;
  if (durability === "ephemeral" && definition.projection !== undefined)
    throw new Error(`The kind "${definition.kind}" is ephemeral: there is no commit in which its projection could be written.`);
  return {
    name: definition.kind,
    version: definition.version,
    durability,
    stepper: makeStepper(definition.machine),
    migrate: definition.migrate,
    isByTheClock: (timerId) => byTheClock.some((delay) => timerId.startsWith(`xstate.after.${delay}.`)),
    owner: (snapshot) => definition.owner(snapshot as never),
    parent: (snapshot) => (definition.parent === undefined ? null : definition.parent(snapshot as never)),
    again: (effect) => definition.effects[effect]?.again,
    projection: definition.projection === undefined ? null : (snapshot, meta) => definition.projection!.row(snapshot as never, meta),
    committed: definition.committed === undefined ? null : (snapshot, meta) => definition.committed!(snapshot as never, meta),
    answer: (context) => (definition.answer === undefined ? context : definition.answer(context as never)),
    redact: (context) => (definition.redact === undefined ? context : definition.redact(context as never)),
  };
};

/** A step that waits for its commit. */
export interface PendingStep extends JournalRow {
  readonly snapshot: MachineSnapshot;
  readonly parked: string | null;
  readonly effects: ReadonlyArray<OpenEffect>;
  readonly timers: ReadonlyArray<SetTimer>;
}

export interface TracedStep {
  readonly seq: number;
  readonly span: Tracer.Span;
}

/** Steps since the last commit. */
export interface Dirty<Command> {
  readonly steps: Array<PendingStep>;
  readonly opened: Map<string, OpenEffect>;
  /** Effects that are over, or must stop, once this is committed. */
  readonly stopped: Array<OpenEffect>;
  readonly timersSet: Map<string, SetTimer>;
  /** Timer ids and when they were due. */
  readonly timersCleared: Map<string, number>;
  readonly inbox: Array<InboxRow>;
  /** What led to the steps, in order: answered after the commit, taken back if it fails. */
  readonly commands: Array<Command>;
  /** Steps that are traced; null: none. */
  traced: Array<TracedStep> | null;
  /** Unparked or migrated: all effects run, those opened here for the first time, and all timers are armed. */
  restart: boolean;
}

export interface Resident<Command = unknown> {
  readonly address: string;
  readonly id: string;
  readonly kind: Kind;
  readonly cell: number;
  readonly createdAt: number;
  seq: number;
  at: number;
  snapshot: MachineSnapshot;
  parked: string | null;
  effects: ReadonlyArray<OpenEffect>;
  timers: ReadonlyArray<SetTimer>;
  /** Steps in a row that threw for an event that cannot be refused. */
  strikes: number;
  usedAt: number;
  /** Commands whose event id is being looked up, and repeats that wait for the first. */
  looking: number;
  dirty: Dirty<Command> | null;
  flushing: Dirty<Command> | null;
}

/** The host's own effect: the parent is told that its child is parked or resumed. */
export const hostTell = "host.tell";

/** Input of `hostTell`, oldest first: what the parent has not surely heard. */
export interface Telling {
  readonly to: string;
  readonly event: ActorEvent;
  readonly eventId: string;
}

/** Whether an open effect is to run: of a parked actor only the host's own. */
export const runs = (effect: OpenEffect, parked: string | null): boolean => !effect.review && (parked === null || effect.name === hostTell);

export const idOf = (address: string): string => address.slice(address.indexOf("/") + 1);
const nothing: ReadonlyArray<never> = [];

export const makeResident = <Command>(kind: Kind, cell: number, address: string, at: number): Omit<Resident<Command>, "snapshot"> => ({
  address,
  id: idOf(address),
  kind,
  cell,
  createdAt: at,
  seq: -1,
  at,
  parked: null,
  effects: nothing,
  timers: nothing,
  strikes: 0,
  usedAt: at,
  looking: 0,
  dirty: null,
  flushing: null,
});

/** Throws what migration or restoring throws: such an actor cannot run with this program. */
export const restoreResident = <Command>(
  kind: Kind,
  cell: number,
  stored: StoredActor,
): { readonly resident: Resident<Command>; readonly migrated: boolean } => {
  if (stored.machineVersion > kind.version) {
    throw new Error(`written by a newer program (machine version ${stored.machineVersion}, this one has ${kind.version})`);
  }
  let snapshot = stored.snapshot;
  for (let version = stored.machineVersion; version < kind.version; version++) {
    const migration = kind.migrate?.[version];
    if (migration === undefined) throw new Error(`no migration from machine version ${version} of kind "${kind.name}"`);
    snapshot = Object.assign({}, snapshot, migration(snapshot));
  }
  const resident: Resident<Command> = {
    ...makeResident<Command>(kind, cell, stored.address, stored.at),
    createdAt: stored.createdAt,
    seq: stored.seq,
    snapshot: kind.stepper.restore(snapshot),
    parked: stored.parked,
    effects: stored.effects.length === 0 ? nothing : stored.effects,
    timers: stored.timers.length === 0 ? nothing : stored.timers,
  };
  return { resident, migrated: stored.machineVersion < kind.version };
};

/** An actor that nobody has used for a moment, as small as it gets. */
export interface Packed {
  readonly kind: Kind;
  readonly cell: number;
  readonly createdAt: number;
  readonly seq: number;
  readonly at: number;
  readonly parked: string | null;
  usedAt: number;
  /** Its state and what it waits for. */
  readonly packed: PackedJson;
}

/** Only for one that has nothing pending. */
export const pack = ({ kind, cell, createdAt, seq, at, parked, usedAt, snapshot, effects, timers }: Resident): Packed => ({
  kind,
  cell,
  createdAt,
  seq,
  at,
  parked,
  usedAt,
  packed: packJson({ snapshot: kind.stepper.store(snapshot), effects, timers }),
});

export const unpack = <Command>(address: string, { kind, cell, createdAt, seq, at, parked, packed }: Packed): Resident<Command> => {
  const { snapshot, effects, timers } = unpackJson(packed) as Pick<StoredActor, "snapshot" | "effects" | "timers">;
  const stored = { address, kind: kind.name, machineVersion: kind.version, createdAt, seq, at, parked, snapshot, effects, timers };
  return restoreResident<Command>(kind, cell, stored).resident;
};

const dirtyOf = <Command>(resident: Resident<Command>): Dirty<Command> =>
  (resident.dirty ??= {
    steps: [],
    opened: new Map(),
    stopped: [],
    timersSet: new Map(),
    timersCleared: new Map(),
    inbox: [],
    commands: [],
    traced: null,
    restart: false,
  });

/** Puts a step into effect. `finished`: the invoke whose outcome the event is. */
export const applyStep = <Command>(
  resident: Resident<Command>,
  event: ActorEvent,
  at: number,
  step: Step,
  finished: string | null,
  fired: string | null,
): Dirty<Command> => {
  const dirty = dirtyOf(resident);
  resident.seq++;
  resident.at = at;
  resident.snapshot = step.snapshot;

  if (resident.effects.length > 0 || step.spawned.length > 0) {
    const active = resident.kind.stepper.invokes(step.snapshot);
    const kept: Array<OpenEffect> = [];
    for (const effect of resident.effects) {
      if (
        effect.invokeId !== finished &&
        (active.includes(effect.invokeId) || effect.name === hostTell) &&
        !step.spawned.some((spawned) => spawned.id === effect.invokeId)
      ) {
        kept.push(effect);
        continue;
      }
      dirty.opened.delete(effect.invokeId);
      dirty.stopped.push(effect);
    }
    for (const spawned of step.spawned) {
      // Entered and left within one macrostep: nobody waits for it.
      if (!active.includes(spawned.id)) continue;
      const effect: OpenEffect = {
        invokeId: spawned.id,
        seq: resident.seq,
        name: spawned.name,
        input: spawned.input,
        review: false,
        startedAt: at,
      };
      kept.push(effect);
      dirty.opened.set(spawned.id, effect);
    }
    resident.effects = kept.length === 0 ? nothing : kept;
  }

  const over = step.snapshot.status !== "active";
  if (resident.timers.length > 0 || step.delayed.length > 0) {
    const kept: Array<SetTimer> = [];
    for (const timer of resident.timers) {
      if (!over && timer.id !== fired && !step.cancelled.includes(timer.id)) {
        kept.push(timer);
        continue;
      }
      dirty.timersSet.delete(timer.id);
      dirty.timersCleared.set(timer.id, timer.dueAt);
    }
    if (!over) {
      for (const { id, delay, event: due } of step.delayed) {
        const timer: SetTimer = { id, dueAt: at + delay, event: due };
        kept.push(timer);
        dirty.timersCleared.delete(id);
        dirty.timersSet.set(id, timer);
      }
    }
    resident.timers = kept.length === 0 ? nothing : kept;
  }
  if (over) resident.parked = null;

  record(resident, dirty, event);
  return dirty;
};

/**
 * Puts the first step of an actor under a newer machine into effect: it begins with a snapshot, from which the journal is folded
 * anew. What the state that it was migrated to invokes and schedules is compared with what is open: an effect of the same id and
 * name goes on with its key, a timer of the same id stays due when it was, others end and begin now. Throws as `Stepper.orders` does.
 */
export const applyMigration = <Command>(resident: Resident<Command>, at: number): Dirty<Command> => {
  const { kind, snapshot, effects, timers } = resident;
  const event = { type: "host.migrated", version: kind.version, snapshot: kind.stepper.store(snapshot) };
  const { spawned, delayed } = kind.stepper.orders(snapshot, { type: event.type, at });
  const step: Step = {
    snapshot,
    spawned: spawned.filter(({ id, name }) => !effects.some((open) => open.invokeId === id && open.name === name)),
    delayed: delayed.filter(({ id }) => !timers.some((timer) => timer.id === id)),
    cancelled: timers.flatMap(({ id }) => (delayed.some((timer) => timer.id === id) ? [] : [id])),
  };
  const dirty = applyStep(resident, event, at, step, null, null);
  dirty.restart = true;
  return dirty;
};

/** Puts a step of the host's own (parked, resumed, told) into effect: the machine does not see it. */
export const applyHostStep = <Command>(
  resident: Resident<Command>,
  event: ActorEvent,
  at: number,
  change: { readonly parked: string | null; readonly effect?: OpenEffect; readonly finished?: OpenEffect },
): Dirty<Command> => {
  const dirty = dirtyOf(resident);
  resident.seq++;
  resident.at = at;
  const before = resident.parked;
  resident.parked = change.parked;
  const { effect, finished } = change;
  if (effect !== undefined) {
    resident.effects = resident.effects.map((open) => (open.invokeId === effect.invokeId ? effect : open));
    dirty.opened.set(effect.invokeId, effect);
  }
  if (finished !== undefined) {
    resident.effects = resident.effects.filter((open) => open !== finished);
    dirty.opened.delete(finished.invokeId);
    dirty.stopped.push(finished);
  }
  const { address, parked } = resident;
  if (before === null && parked !== null) tellParent(resident, dirty, { type: "child.parked", address, reason: parked });
  if (before !== null && parked === null) tellParent(resident, dirty, { type: "child.resumed", address });
  record(resident, dirty, event);
  return dirty;
};

/** Opens the effect that tells the parent; what it has not heard yet comes first. */
const tellParent = <Command>(resident: Resident<Command>, dirty: Dirty<Command>, event: ActorEvent): void => {
  const to = resident.kind.parent(resident.snapshot);
  if (to === null) return;
  const earlier = resident.effects.find(({ name }) => name === hostTell);
  if (earlier !== undefined) dirty.stopped.push(earlier);
  const telling: Telling = { to, event, eventId: `${event.type}/${resident.address}/${resident.seq}` };
  const effect: OpenEffect = {
    invokeId: hostTell,
    seq: resident.seq,
    name: hostTell,
    input: [...((earlier?.input as ReadonlyArray<Telling> | undefined) ?? []), telling],
    review: false,
    startedAt: resident.at,
  };
  resident.effects = [...resident.effects.filter((open) => open !== earlier), effect];
  dirty.opened.set(hostTell, effect);
};

const record = <Command>(resident: Resident<Command>, dirty: Dirty<Command>, event: ActorEvent): void => {
  const { seq, at, snapshot, parked, effects, timers } = resident;
  dirty.steps.push({ seq, at, event, snapshot, parked, effects, timers });
};

export const metaOf = (resident: Resident, step: PendingStep): ActorMeta => ({
  id: resident.id,
  seq: step.seq,
  at: step.at,
  parked: step.parked,
});

/** What the store is to write for the steps of `dirty`. */
export const toCommit = <Command>(resident: Resident<Command>, dirty: Dirty<Command>): ActorCommit => {
  const last = dirty.steps[dirty.steps.length - 1]!;
  const { value } = last.snapshot;
  return {
    address: resident.address,
    kind: resident.kind.name,
    cell: resident.cell,
    machineVersion: resident.kind.version,
    journal: dirty.steps,
    createdAt: resident.createdAt,
    state: typeof value === "string" ? value : JSON.stringify(value),
    status: last.snapshot.status,
    parked: last.parked,
    snapshot: JSON.stringify(resident.kind.stepper.store(last.snapshot)),
    effects: last.effects,
    timers: last.timers,
    inbox: dirty.inbox,
    projection: resident.kind.projection === null ? null : resident.kind.projection(last.snapshot, metaOf(resident as Resident, last)),
  };
};
