// Cells that come to this process and go from it: counted at once, and told in one piece a change of ownership. Cells of one
// change come within moments of one another, so they are gathered until it is quiet.
import { Clock, Effect, Latch, type Scope } from "effect";

/** `taken`: served here now. `given`: let go in order. `lost`: another process wrote to them, so they were not this one's any more. */
export type Way = "taken" | "given" | "lost";

export interface OwnHandover {
  /** ms epoch */
  readonly at: number;
  readonly way: Way;
  /** In order. */
  readonly cells: ReadonlyArray<number>;
}

/** How long no more cells must have come or gone: longer than the pause between two tries for those that are not free yet. */
const quiet = "600 millis";
/** Kept for who comes to listen: who is told of them starts later than the host. */
const mostKept = 20;
/** Rounds of waiting for that, at most. */
const mostRounds = 5;

export interface Handovers {
  readonly counts: Readonly<Record<Way, number>>;
  readonly note: (way: Way, cells: ReadonlyArray<number>) => void;
  /** Told of each handover, the latest ones before this included; answers how to stop. */
  readonly onHandover: (listener: (handover: OwnHandover) => void) => () => void;
}

export const makeHandovers: Effect.Effect<Handovers, never, Scope.Scope> = Effect.gen(function* () {
  const counts: Record<Way, number> = { taken: 0, given: 0, lost: 0 };
  const pending: Record<Way, Set<number>> = { lost: new Set(), given: new Set(), taken: new Set() };
  const listeners = new Set<(handover: OwnHandover) => void>();
  const told: Array<OwnHandover> = [];
  const noted = Latch.makeUnsafe(false);

  const tell = Effect.gen(function* () {
    const at = yield* Clock.currentTimeMillis;
    for (const way of ["lost", "given", "taken"] as const) {
      const cells = [...pending[way]].sort((a, b) => a - b);
      pending[way].clear();
      if (cells.length === 0) continue;
      yield* Effect.annotateLogs(Effect.logInfo(`cells were ${way}`), { count: cells.length, cells: ranges(cells) });
      const handover: OwnHandover = { at, way, cells };
      told.push(handover);
      if (told.length > mostKept) told.shift();
      for (const listener of listeners) listener(handover);
    }
  });
  const gather = Effect.gen(function* () {
    yield* noted.await;
    for (let round = 0; round < mostRounds; round++) {
      noted.closeUnsafe();
      yield* Effect.sleep(quiet);
      if (!noted.isOpen()) break;
    }
    yield* tell;
  });
  // What is still to be told when the process ends is told then.
  yield* Effect.addFinalizer(() => tell);
  yield* Effect.forkScoped(Effect.forever(gather));

  return {
    counts,
    note: (way, cells) => {
      if (cells.length === 0) return;
      counts[way] += cells.length;
      for (const cell of cells) {
        // What came and is gone before it was told: told as taken, it would seem to be here still. That it was lost is told.
        const unknown = way !== "taken" && pending.taken.delete(cell);
        if (!unknown || way === "lost") pending[way].add(cell);
      }
      noted.openUnsafe();
    },
    onHandover: (listener) => {
      for (const handover of told) listener(handover);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
});

/** `0-3,7` for 0, 1, 2, 3 and 7. */
const ranges = (cells: ReadonlyArray<number>): string => {
  const runs: Array<[first: number, last: number]> = [];
  for (const cell of cells) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === cell - 1) run[1] = cell;
    else runs.push([cell, cell]);
  }
  return runs.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(",");
};
