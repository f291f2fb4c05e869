// A store that outlives its hosts: what PostgreSQL is to the real host. Each call happens in two moments, when it takes
// effect and when its answer arrives, and the world decides when (or, after a crash, whether) each of them comes.
import {
  type ActorStore,
  cellOf,
  type CommitBatch,
  type InboxRow,
  type JournalRow,
  type OpenEffect,
  type SetTimer,
  type StoredActor,
  type StoreResult,
} from "../store.ts";
import { runs } from "../resident.ts";
import type { StoredSnapshot } from "../step.ts";

interface DiskActor {
  readonly row: Omit<StoredActor, "effects" | "timers" | "snapshot"> & { readonly snapshot: string; readonly status: string };
  readonly journal: Array<JournalRow & { readonly epoch: number }>;
  readonly effects: Map<string, OpenEffect>;
  readonly timers: Map<string, SetTimer>;
  readonly inbox: Map<string, InboxRow>;
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

export class Disk {
  readonly epochs = new Map<number, number>();
  readonly actors = new Map<string, DiskActor>();

  stored(address: string): StoredActor | undefined {
    const actor = this.actors.get(address);
    if (actor === undefined) return undefined;
    return {
      ...actor.row,
      snapshot: JSON.parse(actor.row.snapshot) as StoredSnapshot,
      effects: copy([...actor.effects.values()]),
      timers: copy([...actor.timers.values()]),
    };
  }

  commit({ fence, actors }: CommitBatch): { readonly deposed: ReadonlyArray<number> } {
    const deposed = [...fence].filter(([cell, epoch]) => this.epochs.get(cell) !== epoch).map(([cell]) => cell);
    for (const commit of actors) {
      if (deposed.includes(commit.cell)) continue;
      const { address, journal } = commit;
      const first = journal[0]!.seq;
      const known = this.actors.get(address);
      if ((known?.row.seq ?? -1) !== first - 1) throw new Error(`${address}: two writers under one epoch`);
      const actor: DiskActor = known ?? { row: null as never, journal: [], effects: new Map(), timers: new Map(), inbox: new Map() };
      const last = journal[journal.length - 1]!;
      const { kind, machineVersion, createdAt, parked, snapshot, status } = commit;
      this.actors.set(address, {
        ...actor,
        effects: new Map(commit.effects.map((effect) => [effect.invokeId, effect])),
        timers: new Map(commit.timers.map((timer) => [timer.id, timer])),
        row: { address, kind, machineVersion, seq: last.seq, at: last.at, createdAt, parked, snapshot, status },
      });
      for (const { seq, at, event } of journal) actor.journal.push({ seq, at, event: copy(event), epoch: fence.get(commit.cell)! });
      for (const row of commit.inbox) actor.inbox.set(row.eventId, row);
    }
    return { deposed };
  }

  migratedAt(address: string): number {
    return this.actors.get(address)?.journal.findLast(({ event }) => event.type === "host.migrated")?.seq ?? 0;
  }

  /** `act` runs its first argument at one moment and hands the result to the second at a later one. */
  store(act: <T>(happen: () => T, answer: (result: StoreResult<T>) => void) => void): ActorStore {
    const of = (cells: ReadonlyArray<number>) => [...this.actors.values()].filter(({ row }) => cells.includes(cellOf(row.address)));
    return {
      claim: (cells, done) =>
        act(() => {
          for (const cell of cells) this.epochs.set(cell, (this.epochs.get(cell) ?? 0) + 1);
          return new Map(cells.map((cell) => [cell, this.epochs.get(cell)!]));
        }, done),
      openEffects: (cells, done) =>
        act(
          () =>
            of(cells).flatMap(({ row, effects }) =>
              copy([...effects.values()])
                .filter((effect) => runs(effect, row.parked))
                .map((effect) => ({ address: row.address, machineVersion: row.machineVersion, effect })),
            ),
          done,
        ),
      outdated: (cells, versions, done) =>
        act(
          () =>
            of(cells).flatMap(({ row }) =>
              row.status === "active" && row.parked === null && row.machineVersion !== versions.get(row.kind) ? [row.address] : [],
            ),
          done,
        ),
      dueTimers: (cells, until, done) =>
        act(
          () =>
            of(cells)
              .filter(({ row }) => row.parked === null)
              .flatMap(({ row, timers }) => [...timers.values()].map(({ id, dueAt }) => ({ address: row.address, timerId: id, dueAt })))
              .filter(({ dueAt }) => dueAt <= until),
          done,
        ),
      load: (addresses, done) =>
        act(
          () =>
            new Map(
              addresses.flatMap((address) => {
                const stored = this.stored(address);
                return stored === undefined ? [] : [[address, stored] as const];
              }),
            ),
          done,
        ),
      seen: (address, eventId, done) => act(() => this.actors.get(address)?.inbox.get(eventId) ?? null, done),
      commit: (batch, done) => act(() => this.commit(batch), done),
      heads: (addresses, done) =>
        act(
          () =>
            new Map(
              addresses.flatMap((address) => {
                const actor = this.actors.get(address);
                return actor === undefined ? [] : [[address, actor.row.seq] as const];
              }),
            ),
          done,
        ),
      journal: (address, from, limit, done) =>
        act(() => (this.actors.get(address)?.journal ?? []).filter(({ seq }) => seq >= from).slice(0, limit), done),
      migratedAt: (address, done) => act(() => this.migratedAt(address), done),
    };
  }
}
