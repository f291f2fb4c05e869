// A store that outlives its hosts: what PostgreSQL is to the real host. Each call happens in two moments, when it takes
// effect and when its answer arrives, and the world decides when (or, after a crash, whether) each of them comes.
import {
  type ActorCommit,
  type ActorStore,
  cellOf,
  cellsFrom,
  type CommitBatch,
  type InboxRow,
  type JournalRow,
  type OpenEffect,
  pageOf,
  type SetTimer,
  type StoredActor,
  type StoreResult,
} from "../store.ts";
import { runs } from "../resident.ts";
import type { StoredSnapshot } from "../step.ts";

export interface DiskActor {
  readonly row: Omit<StoredActor, "effects" | "timers" | "snapshot"> & { readonly snapshot: string; readonly status: string };
  readonly journal: Array<JournalRow & { readonly epoch: number }>;
  readonly effects: Map<string, OpenEffect>;
  readonly timers: Map<string, SetTimer>;
  readonly inbox: Map<string, InboxRow>;
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** The database says no: what was asked for is not done. */
export class Fault extends Error {}

export class Disk {
  readonly epochs = new Map<number, number>();
  readonly actors = new Map<string, DiskActor>();
  /** What no history may show, as it happens. */
  readonly problems: Array<string> = [];

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

  /** Cells of the batch whose epoch is not the stated one any more. */
  deposed({ fence }: CommitBatch): ReadonlyArray<number> {
    return [...fence].filter(([cell, epoch]) => this.epochs.get(cell) !== epoch).map(([cell]) => cell);
  }

  commit(batch: CommitBatch): { readonly deposed: ReadonlyArray<number> } {
    const { fence } = batch;
    const deposed = this.deposed(batch);
    const offered = batch.actors.filter(({ cell }) => !deposed.includes(cell));
    const written = offered.filter(({ address, journal }) => (this.actors.get(address)?.row.seq ?? -1) === journal[0]!.seq - 1);
    for (const { address, inbox } of written)
      for (const { eventId } of inbox) if (this.actors.get(address)?.inbox.has(eventId)) throw new Fault(`${address} has ${eventId}`);
    for (const commit of written) this.#write(commit, fence.get(commit.cell)!);
    return { deposed: written.length === offered.length ? deposed : [...fence.keys()] };
  }

  #write(commit: ActorCommit, epoch: number): void {
    const { address, journal, kind, machineVersion, createdAt, parked, snapshot, status } = commit;
    if (this.epochs.get(commit.cell) !== epoch)
      this.problems.push(`${address}: ${journal[0]!.seq} was written under the old epoch ${epoch}`);
    const known = this.actors.get(address);
    const actor: DiskActor = known ?? { row: null as never, journal: [], effects: new Map(), timers: new Map(), inbox: new Map() };
    const last = journal[journal.length - 1]!;
    this.actors.set(address, {
      ...actor,
      effects: new Map(commit.effects.map((effect) => [effect.invokeId, copy(effect)])),
      timers: new Map(commit.timers.map((timer) => [timer.id, copy(timer)])),
      row: { address, kind, machineVersion, seq: last.seq, at: last.at, createdAt, parked, snapshot, status },
    });
    for (const { seq, at, event } of journal) {
      if (seq !== actor.journal.length) this.problems.push(`${address}: ${seq} was written after ${actor.journal.length - 1}`);
      actor.journal.push({ seq, at, event: copy(event), epoch });
    }
    for (const row of commit.inbox) actor.inbox.set(row.eventId, row);
  }

  migratedAt(address: string): number {
    return this.actors.get(address)?.journal.findLast(({ event }) => event.type === "host.migrated")?.seq ?? 0;
  }

  /** `act` runs its first argument at one moment and hands the result to the second at a later one. */
  store(act: <T>(happen: () => T, answer: (result: StoreResult<T>) => void) => void): ActorStore {
    const of = (cells: ReadonlyArray<number>) => [...this.actors.values()].filter(({ row }) => cells.includes(cellOf(row.address)));
    return {
      epochs: (cells, done) => act(() => new Map(cells.map((cell) => [cell, this.epochs.get(cell) ?? 0])), done),
      claim: (epochs, done) =>
        act(() => {
          const claimed = [...epochs].filter(([cell, epoch]) => (this.epochs.get(cell) ?? 0) === epoch);
          for (const [cell, epoch] of claimed) this.epochs.set(cell, epoch + 1);
          return new Map(claimed.map(([cell, epoch]) => [cell, epoch + 1]));
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
      dueTimers: (cells, until, limit, done) =>
        act(
          () =>
            of(cells)
              .filter(({ row }) => row.parked === null)
              .flatMap(({ row, timers }) => [...timers.values()].map(({ id, dueAt }) => ({ address: row.address, timerId: id, dueAt })))
              .filter(({ dueAt }) => dueAt <= until)
              .sort((a, b) => a.dueAt - b.dueAt)
              .slice(0, limit),
          done,
        ),
      steppedAfter: (cells, at, from, limit, done) =>
        act(() => {
          const isBehind = (address: string): boolean => from === null || cellOf(address) > cellOf(from) || address > from;
          const found = of(cellsFrom(cells, from))
            .filter(({ row, timers }) => row.parked === null && timers.size > 0 && row.at > at && isBehind(row.address))
            .map(({ row }) => row.address)
            .sort((a, b) => cellOf(a) - cellOf(b) || (a < b ? -1 : 1));
          return pageOf(found.slice(0, limit), limit);
        }, done),
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
