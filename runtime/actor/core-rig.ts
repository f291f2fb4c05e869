// A core on a disk that answers when a test tells it to, with a clock that the test moves.
import { Core, type CoreLimits } from "./core.ts";
import { MemoryStore, withEphemeral } from "./memory-store.ts";
import type { Kind } from "./resident.ts";
import { Disk } from "./simulation/disk.ts";
import { allCells, type StoreResult } from "./store.ts";

/**
 * What becomes of a call to the disk: it happens and is answered; it happens and the answer is lost; it does not happen; it has not
 * happened when the connection breaks, and may do so later.
 */
export type Fate = "answered" | "answer lost" | "refused" | "under way";

const away: StoreResult<never> = { ok: false, reason: "unavailable", message: "The database is away." };

/** The kinds are all ephemeral, or none is. `now`: what its clock says at first. */
export const makeCoreRig = (kinds: ReadonlyArray<Kind>, limits: Partial<CoreLimits> = {}, disk = new Disk(), now = 1000) => {
  const memory = new MemoryStore();
  const answers: Array<() => void> = [];
  const soon: Array<() => void> = [];
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  const clock = { now };
  /** `left`: what is under way still; `stoodStill`: done where the core notices that. */
  const state = { fate: "answered" as Fate, left: [] as Array<() => unknown>, stoodStill: (): void => {} };
  /** `address seq` of each step that watchers saw; names of effects that were started; cells that have arrived and not left. */
  const seen = { steps: [] as Array<string>, effects: [] as Array<string>, cells: new Set<number>() };
  const measured = { stepped: 0, commits: [] as Array<number>, fired: [] as Array<number> };
  const store = disk.store((happen, answer) => {
    answers.push(() => {
      if (state.fate === "under way") state.left.push(happen);
      if (state.fate === "refused" || state.fate === "under way") return answer(away);
      const value = happen();
      answer(state.fate === "answered" ? { ok: true, value } : away);
    });
  });
  const core = new Core(
    {
      store: withEphemeral(store, memory, () => kinds[0]!.durability === "ephemeral"),
      kinds: new Map(kinds.map((kind) => [kind.name, kind])),
      now: () => clock.now,
      later: (ms, run) => {
        const timer = { at: clock.now + ms, run };
        timers.add(timer);
        return () => timers.delete(timer);
      },
      soon: (run) => void soon.push(run),
      startEffect: (_address, _kind, { name }) => void seen.effects.push(name),
      stopEffect: () => {},
      confirm: (cells, done) => done(cells),
      arrived: (cells, done) => {
        for (const cell of cells) seen.cells.add(cell);
        done();
      },
      left: (cells) => {
        for (const cell of cells) seen.cells.delete(cell);
        memory.drop(cells);
      },
      stoodStill: () => state.stoodStill(),
      syncEffects: () => {},
      published: (address, _kind, _createdAt, steps) => seen.steps.push(...steps.map(({ seq }) => `${address} ${seq}`)),
      deposed: () => {},
      log: () => {},
      measures: {
        clock: () => 0,
        stepped: () => void measured.stepped++,
        committed: (_ms, actors) => void measured.commits.push(actors),
        fired: (lateMs) => void measured.fired.push(lateMs),
      },
    },
    limits,
  );
  /** Runs all but the answers of the disk and what is for later. */
  const run = (): void => {
    for (let next = soon.shift(); next !== undefined; next = soon.shift()) next();
  };
  const settle = (): void => {
    run();
    for (let next = answers.shift(); next !== undefined; next = answers.shift()) {
      next();
      run();
    }
  };
  /** Lets time go on, ms. */
  const pass = (ms: number): void => {
    const until = clock.now + ms;
    for (;;) {
      const next = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      timers.delete(next);
      clock.now = Math.max(clock.now, next.at);
      next.run();
      settle();
    }
    clock.now = until;
  };
  /** Lets all that waits for a time happen now. */
  const wait = (): void => {
    const waiting = [...timers];
    timers.clear();
    for (const timer of waiting) timer.run();
    settle();
  };
  const claim = (): void => core.claim(allCells, () => {});
  claim();
  settle();
  return { core, disk, memory, answers, clock, state, seen, measured, run, settle, pass, wait, claim };
};
