// A core on a disk that answers when a test tells it to, with a clock that the test moves.
import { allCells, Core, type CoreLimits } from "./core.ts";
import { MemoryStore, withEphemeral } from "./memory-store.ts";
import type { Kind } from "./resident.ts";
import { Disk } from "./simulation/disk.ts";
import type { StoreResult } from "./store.ts";

/** What becomes of a call to the disk: it happens and is answered; it happens and the answer is lost; it does not happen. */
export type Fate = "answered" | "answer lost" | "refused";

const away: StoreResult<never> = { ok: false, reason: "unavailable", message: "The database is away." };

export const makeCoreRig = (kind: Kind, limits: Partial<CoreLimits> = {}) => {
  const disk = new Disk();
  const memory = new MemoryStore();
  const answers: Array<() => void> = [];
  const soon: Array<() => void> = [];
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  const clock = { now: 1000 };
  const state = { fate: "answered" as Fate };
  /** `address seq` of each step that watchers saw; names of effects that were started. */
  const seen = { steps: [] as Array<string>, effects: [] as Array<string> };
  const store = disk.store((happen, answer) => {
    answers.push(() => {
      if (state.fate === "refused") return answer(away);
      const value = happen();
      answer(state.fate === "answered" ? { ok: true, value } : away);
    });
  });
  const core = new Core(
    {
      store: withEphemeral(store, memory, () => kind.durability === "ephemeral"),
      kinds: new Map([[kind.name, kind]]),
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
      arrived: (_cells, done) => done(),
      left: (cells) => memory.drop(cells),
      syncEffects: () => {},
      published: (address, _kind, _createdAt, steps) => seen.steps.push(...steps.map(({ seq }) => `${address} ${seq}`)),
      deposed: () => {},
      log: () => {},
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
  core.claim(allCells, () => {});
  settle();
  return { core, disk, memory, clock, state, seen, run, settle, pass };
};
