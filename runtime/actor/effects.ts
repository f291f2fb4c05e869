// Runs effects: only after the commit that asked for them, at most one run of a key at a time. The outcome goes back as an
// event; what a crash left open is recovered as the handler says. A defect is a bug: recovered a few times like that, then parked.
import { Cause, Clock, Context, type Duration, Effect, Exit, Fiber, Option, Schedule, Semaphore, Tracer } from "effect";
import type { ActorEvent } from "#protocol/actor.ts";
import type { CallError, ErrorCode } from "#protocol/wire/errors.ts";
import type { ActorStats } from "./actors.ts";
import type { Command, EffectRef } from "./commands.ts";
import type { EffectCall, EffectFailure, LookupCall } from "./define.ts";
import type { AnyActorDefinition, AnyEffectHandler } from "./resident.ts";
import { cellOf, type OpenEffect } from "./store.ts";

/** What the runner asks of where cells live. */
interface Leases {
  readonly leaseMs: (cell: number) => number;
  readonly tenure: (cell: number) => number;
}

/** An effect begins only while nobody else can have its actor for so long, ms: what it does first is then done as the only one. */
const safeLeaseMs = 500;
const leasePause = Schedule.spaced("100 millis");
/** Between two tries to tell an actor that its effect is taken up again. */
const tellPause = Schedule.spaced("500 millis");
/** Tries where the actor itself refuses: the run goes on without its knowing. */
const tellTries = 5;
/** Refusals that pass, and say nothing of what is told. */
const passing: ReadonlySet<ErrorCode> = new Set(["unavailable", "storage_full", "overloaded"]);

const keyOf = (address: string, effect: EffectRef): string => `${address}/${effect.invokeId}/${effect.seq}`;

/**
 * No more recovered effects begin within so long: cells that come bring hundreds, and whoever waits for an actor of theirs is not to wait for
 * all of those.
 */
const [turnsTogether, turnLength] = [100, "100 millis"] as const;

/** Waits between runs that died of a bug: 1, 4 and 16 s. */
const afterDefect = { schedule: Schedule.exponential("1 second", 4), times: 3 };
/** Waits between look-ups that failed: half a minute in all. */
const afterLookup = { schedule: Schedule.exponential("1 second", 2), times: 5 };
/** What was sent before a crash may take so long to be found, unless its handler knows better. */
const defaultQuarantine: Duration.Input = "10 seconds";

/** Whether it took place is not known: a person decides. */
class Unclear {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** What is told of one run. */
interface Run {
  /** What its actor hears where nobody worked for a while. */
  readonly news: ((now: number) => ActorEvent | null) | null;
  /** A run died or a look-up failed, and is tried again. */
  retrying: boolean;
  /** What it failed with. */
  failure: Cause.Cause<unknown> | null;
  /** Where it is traced. */
  readonly span: Tracer.Span | undefined;
}

interface Running {
  readonly ref: EffectRef;
  readonly cell: number;
  readonly kind: string;
  readonly name: string;
  readonly run: Run;
  readonly fiber: Fiber.Fiber<void>;
}

/** The handler's own types end here; the definition held input and events together. */
const newsOf = ({ recovered }: Pick<AnyEffectHandler<never>, "recovered">, input: unknown): Run["news"] =>
  recovered === undefined ? null : (now) => recovered(input as never, now) as ActorEvent | null;

const isOf = ({ ref }: Running, { invokeId, seq }: EffectRef): boolean => ref.seq === seq && ref.invokeId === invokeId;

/** Traces the effects that traced steps ask for. */
export interface EffectTracing {
  readonly began: (from: Tracer.AnySpan, address: string, name: string, key: string) => Tracer.Span;
  readonly ended: (span: Tracer.Span, exit: Exit.Exit<unknown, unknown>) => void;
}

export class EffectRunner<R> {
  readonly #handlers: ReadonlyMap<string, Readonly<Record<string, AnyEffectHandler<R>>>>;
  readonly #services: Context.Context<R>;
  readonly #dispatch: (command: Command) => void;
  readonly #leases: Leases;
  readonly #tracing: EffectTracing | undefined;
  /** By actor: most have one. */
  readonly #running = new Map<string, Array<Running>>();
  readonly #turns = Semaphore.makeUnsafe(turnsTogether);

  readonly #own: Readonly<Record<string, AnyEffectHandler<R>>>;

  /** `own`: effects of the host itself, by name. */
  constructor(
    definitions: ReadonlyArray<AnyActorDefinition<R>>,
    own: Readonly<Record<string, AnyEffectHandler<R>>>,
    services: Context.Context<R>,
    leases: Leases,
    dispatch: (command: Command) => void,
    tracing?: EffectTracing,
  ) {
    this.#tracing = tracing;
    this.#leases = leases;
    this.#handlers = new Map(definitions.map(({ kind, effects }) => [kind, effects]));
    this.#own = own;
    this.#services = services;
    this.#dispatch = dispatch;
  }

  get #all(): ReadonlyArray<Running> {
    return [...this.#running.values()].flat();
  }

  get running(): number {
    return this.#all.length;
  }

  /** What runs, by kind of actor and name of the effect. */
  counts(): ActorStats["effects"] {
    const counts = new Map<string, { kind: string; effect: string; running: number; retrying: number }>();
    for (const { kind, name, run } of this.#all) {
      const key = `${kind}/${name}`;
      const count = counts.get(key) ?? { kind, effect: name, running: 0, retrying: 0 };
      counts.set(key, count);
      count.running++;
      if (run.retrying) count.retrying++;
    }
    return [...counts.values()];
  }

  /** `trace`: the step that asked for it, where that is traced. */
  start(address: string, kind: string, effect: OpenEffect, recovered: boolean, trace?: Tracer.AnySpan): void {
    const ofActor = this.#running.get(address);
    if (ofActor?.some((running) => isOf(running, effect)) === true) return;
    const key = keyOf(address, effect);
    const ref: EffectRef = { invokeId: effect.invokeId, seq: effect.seq };
    const handler = this.#own[effect.name] ?? this.#handlers.get(kind)?.[effect.name];
    if (handler === undefined) {
      this.#dispatch({ type: "park", address, effect: ref, reason: `This program has no effect "${effect.name}".` });
      return;
    }
    const cell = cellOf(address);
    const run: Run = {
      news: newsOf(handler, effect.input),
      retrying: false,
      failure: null,
      span: trace === undefined ? undefined : this.#tracing?.began(trace, address, effect.name, key),
    };
    const program = this.#program(address, key, ref, handler, effect.input, recovered, run);
    // The entry stays when the fiber has ended, until the host says `stop`: its outcome is on the way, so it must not run again.
    const running: Running = { ref, cell, kind, name: effect.name, run, fiber: this.#fork(program, run) };
    const now = this.#running.get(address);
    if (now === undefined) this.#running.set(address, [running]);
    else now.push(running);
  }

  #fork(program: Effect.Effect<void, never, R>, run: Run): Fiber.Fiber<void> {
    const { span } = run;
    if (span === undefined) return Effect.runForkWith(this.#services)(program);
    const fiber = Effect.runForkWith(Context.add(this.#services, Tracer.ParentSpan, span))(program);
    fiber.addObserver((exit) => this.#tracing?.ended(span, run.failure === null ? exit : Exit.failCause(run.failure)));
    return fiber;
  }

  stop(address: string, effect: EffectRef): void {
    this.#end(address, (running) => isOf(running, effect));
  }

  /** Other processes run the effects of these cells now. */
  stopCells(cells: ReadonlySet<number>): void {
    for (const [address, [first]] of this.#running) if (cells.has(first!.cell)) this.#end(address, () => true);
  }

  #end(address: string, isOver: (running: Running) => boolean): void {
    const running = this.#running.get(address);
    if (running === undefined) return;
    const left = running.filter((one) => !isOver(one));
    if (left.length === 0) this.#running.delete(address);
    else this.#running.set(address, left);
    for (const one of running) {
      // Most have ended: their outcome is what makes the host say `stop`.
      if (isOver(one) && one.fiber.pollUnsafe() === undefined) Effect.runFork(Fiber.interrupt(one.fiber));
    }
  }

  /** A process that was frozen learns here that its time is over: it is stopped while it waits. */
  #leased<A, E>(cell: number, run: (isLeased: () => boolean) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    const begin = (): Effect.Effect<A, E, R> => {
      const tenure = this.#leases.tenure(cell);
      return run(() => this.#isHeld(cell, tenure));
    };
    const held = (): boolean => this.#isHeld(cell);
    return Effect.suspend(() => {
      if (held()) return begin();
      const leased = Effect.repeat(Effect.sync(held), { until: (is) => is, schedule: leasePause });
      return Effect.andThen(leased, Effect.suspend(begin));
    });
  }

  /** `since`: in the same tenure as then. */
  #isHeld(cell: number, since = this.#leases.tenure(cell)): boolean {
    return this.#leases.leaseMs(cell) >= safeLeaseMs && this.#leases.tenure(cell) === since;
  }

  /** Exactly these effects of the actor are to run. */
  sync(address: string, kind: string, effects: ReadonlyArray<OpenEffect>): void {
    this.#end(address, (running) => !effects.some((effect) => isOf(running, effect)));
    for (const effect of effects) this.start(address, kind, effect, true);
  }

  /** The process stood still, or its clock was set forward. What runs goes on. */
  stoodStill(): void {
    for (const [address, running] of this.#running) {
      for (const { ref, run } of running) {
        if (run.news === null) continue;
        const isOver = (): boolean => this.#running.get(address)?.some((one) => isOf(one, ref)) !== true;
        Effect.runForkWith(this.#services)(this.#tellNews(address, ref, run, isOver));
      }
    }
  }

  /** Until it is committed, as far as that may come to be. */
  #tellNews(address: string, ref: EffectRef, { news, span }: Run, isOver = (): boolean => false): Effect.Effect<void> {
    let left = tellTries;
    const until = (refused: CallError | null): boolean => refused === null || isOver() || (!passing.has(refused.code) && --left === 0);
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const event = news?.(now) ?? null;
      return event === null ? Effect.void : Effect.repeat(this.#tell(address, ref, event, span), { until, schedule: tellPause });
    }).pipe(Effect.asVoid);
  }

  /** Answers why it was not taken. */
  #tell(address: string, effect: EffectRef, event: ActorEvent, trace: Tracer.AnySpan | undefined): Effect.Effect<CallError | null> {
    return Effect.callback((resume) =>
      this.#dispatch({ type: "progress", address, effect, event, trace, reply: (refused) => resume(Effect.succeed(refused)) }),
    );
  }

  /** Waits as long as it takes until a recovered effect may begin. */
  get #turn(): Effect.Effect<void> {
    const over = Effect.andThen(Effect.sleep(turnLength), this.#turns.release(1));
    return Effect.uninterruptibleMask((restore) => Effect.andThen(restore(this.#turns.take(1)), Effect.asVoid(Effect.forkDetach(over))));
  }

  /** Ends all runs; their rows stay, so the next start recovers them. */
  get stopAll(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const fibers = this.#all.map(({ fiber }) => fiber);
      this.#running.clear();
      return Fiber.interruptAll(fibers);
    });
  }

  #program(
    address: string,
    key: string,
    ref: EffectRef,
    handler: AnyEffectHandler<R>,
    input: unknown,
    recovered: boolean,
    state: Run,
  ): Effect.Effect<void, never, R> {
    const trace = state.span;
    const dispatch = this.#dispatch;
    const cell = cellOf(address);
    const call: LookupCall<unknown, ActorEvent> = {
      input,
      address,
      key,
      recovered,
      send: (event) => Effect.asVoid(this.#tell(address, ref, event, trace)),
    };
    // The handler's own types end here; the definition held input, output and events together.
    const run = handler.run as (call: EffectCall<unknown, ActorEvent>) => Effect.Effect<unknown, EffectFailure, R>;
    const lookup = handler.lookup as ((of: typeof call) => ReturnType<typeof run> | null) | undefined;

    const outcome = (event: ActorEvent) => Effect.sync(() => dispatch({ type: "outcome", address, effect: ref, event, trace }));
    const review = (reason: string) => Effect.sync(() => dispatch({ type: "review", address, effect: ref, reason }));

    const failed = (cause: Cause.Cause<EffectFailure | Unclear>): Effect.Effect<void> => {
      if (Cause.hasInterruptsOnly(cause)) return Effect.void;
      state.failure = cause;
      const failure = Option.getOrUndefined(Cause.findErrorOption(cause));
      if (failure instanceof Unclear) return review(failure.reason);
      if (failure !== undefined) return outcome({ type: `xstate.error.actor.${ref.invokeId}`, error: failure });
      const reason = `"${ref.invokeId}" failed by a fault of the program: ${String(Cause.squash(cause))}`;
      return Effect.sync(() => dispatch({ type: "park", address, effect: ref, reason }));
    };

    // Each time anew: what came before, a look-up or a fault, may have taken long.
    const fresh = this.#leased(cell, (isLeased) => run({ ...call, isLeased }));
    const rerun = this.#leased(cell, (isLeased) => run({ ...call, isLeased, recovered: true }));
    /** Runs what may have run before, as its handler says. */
    const repeat = (before: string): Effect.Effect<unknown, EffectFailure | Unclear, R> => {
      if (handler.recovery === "resend") return rerun;
      const asked = lookup?.(call) ?? null;
      if (asked === null) return Effect.fail(new Unclear(`${before}: whether it took place is not known.`));
      const look = Effect.suspend(() => {
        const before = state.retrying;
        return asked.pipe(
          Effect.tapError(() => Effect.sync(() => (state.retrying = true))),
          Effect.retry(afterLookup),
          Effect.ensuring(Effect.sync(() => (state.retrying = before))),
        );
      });
      const stated = handler.quarantine as Duration.Input | ((of: typeof call) => Duration.Input) | undefined;
      const quarantine = typeof stated === "function" ? stated(call) : (stated ?? defaultQuarantine);
      const isFound = (found: unknown): boolean => found !== undefined;
      return Effect.filterOrElse(look, isFound, () => Effect.andThen(Effect.sleep(quarantine), look)).pipe(
        Effect.catchCauseIf(
          (cause) => !Cause.hasInterruptsOnly(cause),
          () => Effect.fail(new Unclear(`What became of "${ref.invokeId}" could not be found out.`)),
        ),
        Effect.filterOrElse(isFound, () => rerun),
      );
    };
    /** Runs it again after a run that died, as often as is worth it: it may have died after it did what it is for. */
    const again = (died: Cause.Cause<EffectFailure | Unclear>): Effect.Effect<unknown, EffectFailure | Unclear, R> => {
      let first = true;
      state.retrying = true;
      const next = Effect.suspend(() => {
        if (!first) return repeat(`"${ref.invokeId}" failed by a fault of the program`);
        first = false;
        return Effect.failCause(died);
      });
      return next.pipe(
        Effect.sandbox,
        Effect.tapError((cause) =>
          Cause.hasDies(cause)
            ? Effect.logError("an effect died", cause).pipe(Effect.annotateLogs({ actor: address, effect: ref.invokeId }))
            : Effect.void,
        ),
        Effect.retry({ ...afterDefect, while: (cause) => Cause.hasDies(cause) }),
        Effect.catch((cause) => Effect.failCause(cause)),
        Effect.ensuring(Effect.sync(() => (state.retrying = false))),
      );
    };
    // Dying is rare, and what watches for it costs as much as all else of a short effect: it is put up once it is needed.
    // Its actor hears of it at once: its turn may be a while in coming.
    const turn = state.news === null ? this.#turn : Effect.andThen(this.#tellNews(address, ref, state), this.#turn);
    const first = recovered ? Effect.andThen(turn, repeat(`The server stopped during "${ref.invokeId}"`)) : fresh;
    const whole = Effect.catchCauseIf(first, Cause.hasDies, again);
    return Effect.matchCauseEffect(whole, {
      onSuccess: (output) => outcome({ type: `xstate.done.actor.${ref.invokeId}`, output }),
      onFailure: failed,
    });
  }
}
