// The actor host as a service: the core's ports bound to the clock, the database, fibers and the cluster.
// `hostOn` has no timer and no database of its own, so that a simulation runs all of it.
import { createHash } from "node:crypto";
import { Clock, Context, Effect, Exit, Layer, Option, Schedule, type Scope, Semaphore, Stream, type Tracer } from "effect";
import type { JournalEntry } from "#protocol/actor.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Database } from "#db/client/database.ts";
import { lineageOf } from "#db/client/lineage.ts";
import { sweepInbox } from "#db/queries/actor.ts";
import { Fanout } from "../bus/fanout.ts";
import { type CellServer, Placement } from "../cluster/placement.ts";
import { Histogram, secondsBounds } from "../observe/metrics.ts";
import { Tracing } from "../observe/tracing.ts";
import { Actors } from "./actors.ts";
import { type Committed, committedFrom } from "./committed.ts";
import { Core, type CoreLimits, type CoreMeasures, type CorePorts, failureOf } from "./core.ts";
import { EffectRunner } from "./effects.ts";
import { entryOf, makeFolder } from "./fold.ts";
import { Moved } from "./moved.ts";
import { hostEffects } from "./parent.ts";
import { type AnyActorDefinition, makeKind } from "./resident.ts";
import { overheard, Reach } from "./reach.ts";
import { Router } from "./router.ts";
import { MemoryStore, withEphemeral } from "./memory-store.ts";
import { makeSqlStore } from "./sql-store.ts";
import { cellOf, type JournalRow, type StoredActor, type StoreFailure, type StoreResult } from "./store.ts";
import { followActor, Followers, type Reading, viewOf } from "./watch.ts";

const journalPage = 500;
const inboxMs = 7 * 24 * 60 * 60_000;
/** How often followed actors of other processes are compared with what is stored, in case all that told of a change was lost. */
const checkEvery = "5 seconds";

/** s: a step takes microseconds. */
const stepBounds: ReadonlyArray<number> = [0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.01, 0.1];
/** In one commit. */
const actorBounds: ReadonlyArray<number> = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2000];

const contentHash = (content: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(content) ?? "")
    .digest("hex");

const parseRef = (key: string): { readonly invokeId: string; readonly seq: number } | undefined => {
  const at = key.lastIndexOf(":");
  const seq = Number(key.slice(at + 1));
  return at > 0 && Number.isSafeInteger(seq) ? { invokeId: key.slice(0, at), seq } : undefined;
};

/** Hosts the kinds of actors given. Must be closed before the database is. */
export const actorHost = <R>(
  definitions: ReadonlyArray<AnyActorDefinition<R>>,
): Layer.Layer<Actors, never, Exclude<R, Actors> | Database | Fanout | Placement> =>
  Layer.effect(
    Actors,
    Effect.gen(function* () {
      const database = yield* Database;
      const projections = new Map(
        definitions.flatMap(({ kind, projection }) => (projection === undefined ? [] : [[kind, projection] as const])),
      );
      // Repeats of a command that come later than this are no longer recognised.
      yield* Effect.forkScoped(
        Clock.currentTimeMillis.pipe(
          Effect.flatMap((now) => database.query((sql) => sweepInbox(sql, now - inboxMs))),
          Effect.catch((error) => Effect.logWarning("event ids could not be forgotten", error)),
          Effect.repeat(Schedule.spaced("1 hour")),
        ),
      );
      return yield* hostOn(definitions, {
        store: makeSqlStore(database, projections),
        lineage: yield* lineageOf(database),
        later: (ms, run) => {
          const timer = setTimeout(run, Math.min(ms, 0x7fff_ffff));
          return () => clearTimeout(timer);
        },
        soon: (run) => void setImmediate(run),
      });
    }),
  );

export interface HostPorts extends Pick<CorePorts, "store" | "later" | "soon"> {
  /** Of what is in the store; see `Reading`. */
  readonly lineage?: string;
  readonly limits?: Partial<CoreLimits>;
}

/** A host on the store and the time given, in the placement and fan-out of its context. Closes with the scope. */
export const hostOn = <R>(
  definitions: ReadonlyArray<AnyActorDefinition<R>>,
  { store: unheard, later, soon, lineage = "", limits }: HostPorts,
): Effect.Effect<Actors["Service"], never, Exclude<R, Actors> | Fanout | Placement | Scope.Scope> =>
  Effect.gen(function* () {
    const placement = yield* Placement;
    const fanout = yield* Fanout;
    const clock = yield* Clock.Clock;
    const services = yield* Effect.context<Exclude<R, Actors>>();

    const tracing = yield* Tracing;
    const within = <A>(name: string, address: string, run: (trace?: Tracer.AnySpan) => Effect.Effect<A, CallError>) =>
      tracing === null ? run() : tracing.command(name, address, run);

    const kinds = new Map(definitions.map((definition) => [definition.kind, makeKind(definition as AnyActorDefinition<never>)]));
    const isEphemeral = (address: string): boolean => kinds.get(address.slice(0, address.indexOf("/")))?.durability === "ephemeral";
    const monotonic = (): number => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n);
    const reach: Reach = new Reach(monotonic, () => database.epochs([], () => {}));
    // Where much is under way the question may have to wait: what is answered meanwhile says as much.
    const database = overheard(unheard, (reached) => reach.answered(reached));
    const memory = new MemoryStore();
    const someEphemeral = definitions.some(({ durability }) => durability === "ephemeral");
    const store = someEphemeral ? withEphemeral(database, memory, isEphemeral) : database;
    const listeners = definitions.flatMap(({ cells }) => (cells === undefined ? [] : [cells]));
    const fork = Effect.runForkWith(services);
    const followers = new Followers(fanout, (addresses) => {
      for (const address of addresses) suspects.add(address);
      if (suspects.size === addresses.length) soon(checkSuspects);
    });
    const router = new Router({
      call: placement.call,
      owns: (address) => core.owns(address),
      dispatch: (command) => core.dispatch(command),
      now: monotonic,
      fork: (effect) => void fork(effect),
    });

    /** Followed actors of which a step may have been missed. */
    const suspects = new Set<string>();
    const checkSuspects = (): void => {
      const all = [...suspects];
      suspects.clear();
      // What is stored nowhere only its process can tell.
      for (const address of all) if (isEphemeral(address)) fork(checkEphemeral(address));
      const addresses = all.filter((address) => !isEphemeral(address));
      if (addresses.length === 0) return;
      store.heads(addresses, (heads) => {
        // Without an answer the next round asks again.
        if (heads.ok) for (const [address, seq] of heads.value) followers.check(address, seq);
      });
    };

    const checkEphemeral = (address: string): Effect.Effect<void> =>
      Effect.match(peek(address), {
        onSuccess: ({ seq, createdAt }) => followers.check(address, seq, createdAt),
        // It is gone: who follows it takes a new base when it is there again.
        onFailure: ({ code }) => code === "not_found" && followers.check(address, Infinity),
      });

    const histograms = {
      stepTime: new Histogram(stepBounds),
      commitTime: new Histogram(secondsBounds),
      timerLateness: new Histogram(secondsBounds),
      commitActors: new Histogram(actorBounds),
    };
    const measures: CoreMeasures = {
      clock: () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6,
      stepped: (ms) => histograms.stepTime.observe(ms / 1000),
      committed: (ms, actors) => {
        histograms.commitTime.observe(ms / 1000);
        histograms.commitActors.observe(actors);
      },
      fired: (lateMs) => histograms.timerLateness.observe(lateMs / 1000),
    };

    const core: Core = new Core(
      {
        store,
        kinds,
        now: () => clock.currentTimeMillisUnsafe(),
        later,
        soon,
        startEffect: (address, kind, effect, recovered, trace) => runner.start(address, kind.name, effect, recovered, trace),
        stopEffect: (address, effect) => runner.stop(address, effect),
        confirm: (cells, done) => {
          fork(Effect.map(placement.areHere(cells), done));
        },
        arrived: (cells, done) => {
          const all = Effect.forEach(listeners, ({ arrived }) => arrived(cells), { discard: true });
          fork(Effect.andThen(all, Effect.sync(done)));
        },
        left: (cells) => {
          memory.drop(cells);
          runner.stopCells(cells);
          for (const { left } of listeners) left(cells);
          for (const address of followers.addresses()) if (isEphemeral(address) && cells.has(cellOf(address))) suspects.add(address);
          soon(checkSuspects);
        },
        stoodStill: () => runner.stoodStill(),
        syncEffects: (address, kind, effects) => runner.sync(address, kind.name, effects),
        published: (address, kind, createdAt, steps) => followers.published(address, kind, createdAt, steps),
        deposed: (cell) => {
          // One that is being let go of was told.
          if (serving.has(cell)) placement.handovers.note("lost", [cell]);
          fork(takeLater);
        },
        measures,
        tracing: tracing?.steps,
        log: (level, message, fields) => {
          const log = level === "error" ? Effect.logError : level === "warn" ? Effect.logWarning : Effect.logInfo;
          fork(Effect.annotateLogs(log(message), fields));
        },
      },
      limits,
    );

    /** Cells that this process is told to serve. */
    const serving = new Set<number>();
    const missing = (): ReadonlyArray<number> => [...serving].filter((cell) => !core.holds(cell));
    const oneAtATime = Semaphore.makeUnsafe(1);

    /** Takes what it serves and does not hold, as far as it can be had now. */
    const take: Effect.Effect<void> = Effect.callback<void, StoreFailure>((resume) => {
      const cells = missing();
      core.claim(cells, (failure) => {
        // Told to close it meanwhile.
        for (const cell of cells) if (!serving.has(cell)) core.release(cell, () => {});
        placement.handovers.note(
          "taken",
          cells.filter((cell) => core.holds(cell)),
        );
        resume(failure === null ? Effect.void : Effect.fail(failure));
      });
    }).pipe(
      Effect.catch((failure) =>
        Effect.annotateLogs(Effect.logWarning("cells could not be taken; trying again"), { reason: failure.message }),
      ),
      Effect.when(Effect.sync(() => !closing && missing().length > 0)),
      oneAtATime.withPermits(1),
      Effect.asVoid,
    );

    let taking = false;
    /** Another epoch wrote to a cell that we held, or it could not be had. As long as it is ours to serve, take it. */
    const takeLater = Effect.suspend(() => {
      if (taking) return Effect.void;
      taking = true;
      return Effect.whileLoop({
        while: () => (taking = !closing && missing().length > 0),
        body: () => Effect.andThen(Effect.sleep("200 millis"), take),
        step: () => {},
      });
    });

    let closing = false;
    // Last to go: everything that was accepted is written.
    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        closing = true;
        yield* runner.stopAll;
        yield* Effect.callback<void>((resume) => core.close(() => resume(Effect.void))).pipe(Effect.timeoutOption("10 seconds"));
      }),
    );
    const server: CellServer = {
      open: (cells) => {
        for (const cell of cells) serving.add(cell);
        return Effect.andThen(
          take,
          Effect.sync(() => void fork(takeLater)),
        );
      },
      close: (cell) =>
        Effect.callback<void>((resume) => {
          serving.delete(cell);
          // Whose lock is gone did not give it: another may have the cell already.
          if (core.holds(cell)) placement.handovers.note(placement.leaseMs(cell) < 0 ? "lost" : "given", [cell]);
          core.release(cell, () => resume(Effect.void));
          // Nothing more can be written here.
          if (reach.standing === "withdrawn") core.drop(cell);
          // Nobody waits any longer for what cannot be written: the cell is about to be another's, and nothing of it may go on here.
          return Effect.sync(() => core.drop(cell));
        }).pipe(Effect.timeoutOption("5 seconds"), Effect.asVoid),
      receive: router.receive,
    };
    if (fanout.shared) {
      const check = Effect.sync(() => {
        for (const address of followers.addresses()) suspects.add(address);
        checkSuspects();
      });
      yield* Effect.forkScoped(Effect.repeat(check, Schedule.spaced(checkEvery)));
      const stand = Effect.suspend(() => {
        const { standing } = reach;
        return Effect.map(placement.stand(standing), (another) => {
          reach.told(another);
          return reach.standing === standing;
        });
      });
      yield* Effect.forkScoped(
        Effect.suspend(() => {
          reach.look();
          // What has just changed is told at once.
          return Effect.repeat(stand, { until: (asBefore) => asBefore, times: 2 });
        }).pipe(Effect.repeat(Schedule.spaced("1 second"))),
      );
    }

    yield* Effect.forkScoped(
      Effect.forever(
        Effect.andThen(
          Effect.sleep("1 second"),
          Effect.sync(() => core.lookAhead()),
        ),
      ),
    );
    yield* Effect.forkScoped(
      Effect.forever(
        Effect.andThen(
          Effect.sleep("5 seconds"),
          Effect.sync(() => core.passivate()),
        ),
      ),
    );

    const fromStore = <T>(read: (done: (result: StoreResult<T>) => void) => void): Effect.Effect<T, CallError> =>
      Effect.callback<T, CallError>((resume) =>
        read((result) => resume(result.ok ? Exit.succeed(result.value) : Exit.fail(failureOf(result)))),
      );

    /** The actor as of its last commit, from wherever that is known. */
    const peek = (address: string): Effect.Effect<Committed, CallError> =>
      isEphemeral(address)
        ? Effect.flatMap(router.command({ type: "peek", address }), restored)
        : core.owns(address)
          ? Effect.callback<Committed, CallError>((resume) =>
              core.dispatch({
                type: "peek",
                address,
                reply: (state) =>
                  resume(state instanceof Moved ? stored(address) : state instanceof CallError ? Exit.fail(state) : Exit.succeed(state)),
              }),
            )
          : stored(address);

    const restored = (row: StoredActor): Effect.Effect<Committed, CallError> =>
      Effect.try({
        try: () => committedFrom(kinds.get(row.kind)!, row),
        catch: (cause) => new CallError("parked", `The actor ${row.address} cannot be loaded: ${String(cause)}.`),
      });

    const stored = Effect.fnUntraced(function* (address: string) {
      const rows = yield* fromStore<ReadonlyMap<string, StoredActor>>((done) => store.load([address], done));
      const row = rows.get(address);
      if (row === undefined || !kinds.has(row.kind))
        return yield* Effect.fail(new CallError("not_found", `There is no actor "${address}".`));
      return yield* restored(row);
    });

    const journalFrom = (address: string): Stream.Stream<JournalRow, CallError> =>
      Stream.paginate(0, (from) =>
        Effect.map(
          fromStore<ReadonlyArray<JournalRow>>((done) => store.journal(address, from, journalPage, done)),
          (rows) => [rows, rows.length < journalPage ? Option.none() : Option.some(from + rows.length)] as const,
        ),
      );

    const history = (address: string, from: number): Stream.Stream<JournalEntry, CallError> =>
      Stream.unwrap(
        Effect.gen(function* () {
          const { kind, seq } = yield* peek(address);
          const folder = makeFolder(kind, yield* fromStore<number>((done) => store.migratedAt(address, done)));
          return journalFrom(address).pipe(
            Stream.takeWhile((row) => row.seq <= seq),
            Stream.map((row) => entryOf(kind, row, folder.next(row))),
            Stream.filter((entry) => entry.seq >= from),
          );
        }),
      );

    const reading: Reading = {
      followers,
      lineage,
      peek,
      missed: (address, from) => Stream.runCollect(history(address, from)),
    };

    const actors = Actors.of({
      create: (address, input, options) =>
        within("create", address, (from) =>
          router.traced(
            {
              type: "create",
              address,
              input,
              eventId: options?.eventId,
              hash: options?.eventId === undefined ? "" : contentHash(input),
              novel: options?.novel === true,
            },
            from,
          ),
        ),
      send: (address, event, options) =>
        within("send", address, (from) =>
          router.traced(
            {
              type: "send",
              address,
              event,
              eventId: options?.eventId,
              hash: options?.eventId === undefined ? "" : contentHash(event),
            },
            from,
          ),
        ),
      view: (address) => Effect.map(peek(address), viewOf),
      owner: (address) => Effect.map(peek(address), ({ kind, snapshot }) => kind.owner(snapshot)),
      history,
      follow: (address, from, emit) => followActor(reading, address, from, emit),
      resume: (address, by) => Effect.asVoid(router.command({ type: "resume", address, by })),
      resolveEffect: (address, key, decision, { by, eventId }) => {
        const effect = parseRef(key);
        if (effect === undefined) return Effect.fail(new CallError("not_found", `There is no effect "${key}".`));
        const hash = contentHash({ key, decision });
        return Effect.asVoid(
          router.command({ type: "resolve", address, effect, decision, by, eventId: eventId ?? crypto.randomUUID(), hash }),
        );
      },
      stats: () => ({
        resident: core.resident(),
        effectsRunning: runner.running,
        effects: runner.counts(),
        waiting: core.waiting(),
        routed: router.counts,
        cells: core.cells(),
        followers: followers.count,
        timers: core.timers,
        ...core.counts,
        ...histograms,
      }),
    });
    // Effects may talk to actors, so they know the host that runs them.
    const withActors = Context.add(services, Actors, actors) as Context.Context<R | Actors>;
    const runner = new EffectRunner<R | Actors>(
      definitions,
      hostEffects,
      withActors,
      placement,
      (command) => core.dispatch(command),
      tracing?.effects,
    );
    yield* placement.serve(server);
    yield* Effect.addFinalizer(() => Effect.sync(() => (closing = true)));
    return actors;
  });
