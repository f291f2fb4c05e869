// Where actors of ephemeral kinds are kept: in this process, for as long as it has their cells. No journal; event ids are
// remembered for the last commands of each actor. An actor that has ended is gone.
import type { ActorCommit, ActorStore, DueTimer, InboxRow, StoredActor } from "./store.ts";
import type { StoredSnapshot } from "./step.ts";

/** Event ids remembered for one actor: a repeat comes within seconds. */
const mostIds = 256;

interface Kept {
  readonly commit: ActorCommit;
  readonly inbox: Map<string, InboxRow>;
}

const storedOf = ({ commit }: Kept): StoredActor => {
  const last = commit.journal[commit.journal.length - 1]!;
  const { address, kind, machineVersion, createdAt, parked, effects, timers } = commit;
  const snapshot = JSON.parse(commit.snapshot) as StoredSnapshot;
  return { address, kind, machineVersion, createdAt, parked, seq: last.seq, at: last.at, snapshot, effects, timers };
};

export class MemoryStore {
  readonly #actors = new Map<string, Kept>();

  get size(): number {
    return this.#actors.size;
  }

  load(address: string): StoredActor | undefined {
    const kept = this.#actors.get(address);
    return kept === undefined ? undefined : storedOf(kept);
  }

  seen(address: string, eventId: string): InboxRow | null {
    return this.#actors.get(address)?.inbox.get(eventId) ?? null;
  }

  dueTimers(cells: ReadonlySet<number>, until: number): ReadonlyArray<DueTimer> {
    return [...this.#actors].flatMap(([address, { commit }]) =>
      cells.has(commit.cell) && commit.parked === null
        ? commit.timers.filter(({ dueAt }) => dueAt <= until).map(({ id, dueAt }) => ({ address, timerId: id, dueAt }))
        : [],
    );
  }

  steppedAfter(cells: ReadonlySet<number>, at: number): ReadonlyArray<string> {
    return [...this.#actors].flatMap(([address, { commit }]) =>
      cells.has(commit.cell) && commit.parked === null && commit.timers.length > 0 && commit.journal.at(-1)!.at > at ? [address] : [],
    );
  }

  commit(commit: ActorCommit): void {
    const { address } = commit;
    if (commit.status !== "active") return void this.#actors.delete(address);
    const inbox = this.#actors.get(address)?.inbox ?? new Map<string, InboxRow>();
    for (const row of commit.inbox) inbox.set(row.eventId, row);
    for (const id of inbox.keys()) {
      if (inbox.size <= mostIds) break;
      inbox.delete(id);
    }
    this.#actors.set(address, { commit, inbox });
  }

  /** These cells are another's: their actors are gone. */
  drop(cells: ReadonlySet<number>): void {
    for (const [address, { commit }] of this.#actors) if (cells.has(commit.cell)) this.#actors.delete(address);
  }
}

/** The store, with the actors for which `isEphemeral` holds kept in `memory`. A batch holds such ones only, or none. */
export const withEphemeral = (store: ActorStore, memory: MemoryStore, isEphemeral: (address: string) => boolean): ActorStore => {
  const apart = (addresses: ReadonlyArray<string>) => ({
    here: addresses.filter(isEphemeral),
    there: addresses.filter((address) => !isEphemeral(address)),
  });
  return {
    ...store,
    dueTimers: (cells, until, limit, done) =>
      store.dueTimers(cells, until, limit, (due) => {
        if (!due.ok) return done(due);
        const all = [...due.value, ...memory.dueTimers(new Set(cells), until)];
        done({ ok: true, value: all.sort((a, b) => a.dueAt - b.dueAt).slice(0, limit) });
      }),
    // Those here come with the last of the others: they take up no room that they did not before.
    steppedAfter: (cells, at, from, limit, done) =>
      store.steppedAfter(cells, at, from, limit, (found) => {
        if (!found.ok || found.value.next !== null) return done(found);
        done({ ok: true, value: { addresses: [...found.value.addresses, ...memory.steppedAfter(new Set(cells), at)], next: null } });
      }),
    load: (addresses, done) => {
      const { here, there } = apart(addresses);
      const found = here.flatMap((address) => memory.load(address) ?? []).map((actor) => [actor.address, actor] as const);
      if (there.length === 0) return done({ ok: true, value: new Map(found) });
      store.load(there, (loaded) => done(loaded.ok ? { ok: true, value: new Map([...loaded.value, ...found]) } : loaded));
    },
    seen: (address, eventId, done) =>
      isEphemeral(address) ? done({ ok: true, value: memory.seen(address, eventId) }) : store.seen(address, eventId, done),
    commit: (batch, done) => {
      if (!isEphemeral(batch.actors[0]!.address)) return store.commit(batch, done);
      for (const actor of batch.actors) memory.commit(actor);
      done({ ok: true, value: { deposed: [] } });
    },
    journal: (address, from, limit, done) =>
      isEphemeral(address) ? done({ ok: true, value: [] }) : store.journal(address, from, limit, done),
    migratedAt: (address, done) => (isEphemeral(address) ? done({ ok: true, value: 0 }) : store.migratedAt(address, done)),
  };
};
