// How a kind of actor is declared: its machine, what its effects do, what it shows. The host does the rest.
// The host stamps every event that it steps, and the input of a new actor, with `at` (ms epoch, never decreasing within an
// actor): the machine's only clock. Besides assign, raise, cancel, guards, `after` and `invoke` a machine may use no actions.
import type { Duration, Effect } from "effect";
import type { AnyStateMachine, EventFromLogic, PromiseActorLogic, SnapshotFrom, StateMachine } from "xstate";

/** The actors that a machine names in `setup({ actors })`, as a union: XState keeps them in a type parameter only. */
type NamedActors<M> =
  M extends StateMachine<
    infer _Context,
    infer _Event,
    infer _Children,
    infer Actor,
    infer _Action,
    infer _Guard,
    infer _Delay,
    infer _Value,
    infer _Tag,
    infer _Input,
    infer _Output,
    infer _Emitted,
    infer _Meta,
    infer _Schema,
    infer _TransitionMeta
  >
    ? Actor
    : never;

type InputOf<L> = L extends PromiseActorLogic<infer _Output, infer Input> ? Input : never;
type OutputOf<L> = L extends PromiseActorLogic<infer Output, infer _Input> ? Output : never;

/** A failure as it is put into the journal: JSON, with a sentence for a person. */
export interface EffectFailure {
  readonly kind: string;
  readonly message: string;
  readonly [detail: string]: unknown;
}

export interface EffectCall<Input, Event> {
  readonly input: Input;
  /** `kind/id` of the actor. */
  readonly address: string;
  /** Stable over restarts: `address/invoke/seq`. Give it to the outside as the idempotency key. */
  readonly key: string;
  /** True when an earlier run of this same key may have happened, before a crash or before it died of a bug. */
  readonly recovered: boolean;
  /**
   * Whether this process alone acts for the actor, as it has ever since the run began. To be asked once more in the moment in which something
   * leaves that must not be done twice: the process may have stood still since.
   */
  readonly isLeased: () => boolean;
  /** Tells the actor something while the effect runs; completes when it is committed. Stale effects' events are dropped. */
  readonly send: (event: Event) => Effect.Effect<void>;
}

/** Of an earlier run, of which it is to be found out what became of it: that costs nothing and may be done twice. */
export type LookupCall<Input, Event> = Omit<EffectCall<Input, Event>, "isLeased">;

/**
 * What an effect's recovery does with a run whose outcome is unknown after a crash, or because it died of a bug:
 * `resend` runs it again with the same key (the other side knows the key, or the effect is idempotent);
 * `lookup` asks the other side first, adopts what is found, and runs it again if nothing is, neither now nor after a quarantine: it
 * may still have been on its way; `park` leaves it to a person. A look-up that fails time and again leaves it to a person, too, and so
 * does null in its place: there is nobody to ask of this run.
 */
export type Recovery<Input, Output, Event, R> =
  | { readonly recovery: "resend" }
  | {
      readonly recovery: "lookup";
      readonly lookup: (call: LookupCall<Input, Event>) => Effect.Effect<Output | undefined, EffectFailure, R> | null;
      /** How long the other side may take to know of a run. Default: 10 seconds. */
      readonly quarantine?: Duration.Input | ((call: LookupCall<Input, Event>) => Duration.Input);
    }
  | { readonly recovery: "park" };

export type EffectHandler<Input, Output, Event, R> = Recovery<Input, Output, Event, R> & {
  /**
   * What the machine hears before a run is taken up again that was begun before its process went: time has passed in which nobody worked on it,
   * and timers that it set against that may be about to come. Null: nothing, which is the default. `now`: ms epoch.
   */
  readonly recovered?: (input: Input, now: number) => Event | null;
  /** Runs after the step that asked for it is committed; interrupted when the machine leaves the state. */
  readonly run: (call: EffectCall<Input, Event>) => Effect.Effect<Output, EffectFailure, R>;
  /**
   * What the machine hears when a person has it done again of which nobody knows whether it took place: it begins anew by its own rule.
   * Default: it is run again with the same key.
   */
  readonly again?: EffectFailure;
};

/**
 * What of an actor outlives its process:
 * `durable`: whatever was answered; every step is committed before anybody hears of it.
 * `write-behind`: all but the last quarter of a second. Who creates it or sends to it is answered from memory; watchers see, and effects
 * begin, what is committed. While the process lives nothing that was answered is lost.
 * `ephemeral`: nothing. It is in memory only, gone with its process or when its cell moves, and has no journal and no projection.
 */
export type Durability = "durable" | "write-behind" | "ephemeral";

/** SQL types of projection columns. */
export type ColumnType = "text" | "bigint" | "integer" | "double precision" | "boolean" | "jsonb";

export interface ActorMeta {
  readonly id: string;
  readonly seq: number;
  /** Time of the last step, ms epoch. */
  readonly at: number;
  /** Failure that parked the actor, or null. */
  readonly parked: string | null;
}

/** The rows that a step writes in its own commit. The table has `id text primary key` and `rev bigint`, both set by the host. */
export interface Projection<S> {
  readonly table: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly row: (snapshot: S, meta: ActorMeta) => Readonly<Record<string, unknown>>;
}

export interface CellListener {
  /** Completes before anything of these cells runs here. */
  readonly arrived: (cells: ReadonlySet<number>) => Effect.Effect<void>;
  readonly left: (cells: ReadonlySet<number>) => void;
}

export interface ActorDefinition<M extends AnyStateMachine = AnyStateMachine, R = never> {
  readonly kind: string;
  /** Raised with every change of the machine that old snapshots do not fit. */
  readonly version: number;
  /** Default: `durable`. */
  readonly durability?: Durability;
  readonly machine: M;
  /**
   * `migrate[n]` turns a snapshot of version n into one of n + 1. What the new state invokes and schedules then goes on where its id
   * (and the effect's name) is the same, and begins where it is not open: so also an invoke that has ended in a state that is still
   * active, and a timer that was refused there. Give such a state another name.
   */
  readonly migrate?: Readonly<Record<number, (old: { value: unknown; context: unknown }) => { value: unknown; context: unknown }>>;
  /**
   * Names of delays that end at a time of the clock. All others are so long: a clock that is set back does not make them longer, and then an
   * actor's own time goes on from its last step.
   */
  readonly byTheClock?: ReadonlyArray<string>;
  readonly effects: {
    readonly [A in NamedActors<M> as A["src"]]: EffectHandler<InputOf<A["logic"]>, OutputOf<A["logic"]>, EventFromLogic<M>, R>;
  };
  /** Who may look at and act on it. */
  readonly owner: (snapshot: SnapshotFrom<M>) => string;
  /**
   * Address of the actor that answers for this one, or null. It gets `child.parked` { address, reason } when this one is parked and
   * `child.resumed` { address } when a person has resumed it: each exactly once and in order, whatever stops in between. Must not throw.
   */
  readonly parent?: (snapshot: SnapshotFrom<M>) => string | null;
  readonly projection?: Projection<SnapshotFrom<M>>;
  /** Called after each commit, in order: tell watchers, free what is held. Must not throw; must be derivable from stored rows. */
  readonly committed?: (snapshot: SnapshotFrom<M>, meta: ActorMeta) => void;
  /** For what a kind keeps in memory beside its actors: which cells come to this process and leave it. */
  readonly cells?: CellListener;
  /** Context as those get it who create it or send to it. Default: all of it. */
  readonly answer?: (context: SnapshotFrom<M>["context"]) => Record<string, unknown>;
  /** Context as watchers may see it. Default: all of it. */
  readonly redact?: (context: SnapshotFrom<M>["context"]) => Record<string, unknown>;
}

export const defineActor = <M extends AnyStateMachine, R = never>(definition: ActorDefinition<M, R>): ActorDefinition<M, R> => definition;
