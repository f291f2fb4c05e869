// The port to where actors are kept. Callbacks, not promises: a test then owns every interleaving, and a flush costs no fiber.
import type { ActorEvent } from "#protocol/actor.ts";
import type { StoredSnapshot } from "./step.ts";

/** Actors are spread over this many cells by the hash of their address; fixed for ever. */
export const cellCount = 256;

/** All cells there are. */
export const allCells: ReadonlyArray<number> = Array.from({ length: cellCount }, (_, cell) => cell);

export interface OpenEffect {
  readonly invokeId: string;
  /** Step that asked for it. */
  readonly seq: number;
  readonly name: string;
  readonly input: unknown;
  readonly review: boolean;
  readonly startedAt: number;
}

export interface SetTimer {
  readonly id: string;
  readonly dueAt: number;
  readonly event: ActorEvent;
}

/** An actor as it was committed last. */
export interface StoredActor {
  readonly address: string;
  readonly kind: string;
  readonly machineVersion: number;
  readonly seq: number;
  readonly at: number;
  readonly createdAt: number;
  readonly parked: string | null;
  readonly snapshot: StoredSnapshot;
  readonly effects: ReadonlyArray<OpenEffect>;
  readonly timers: ReadonlyArray<SetTimer>;
}

export interface JournalRow {
  readonly seq: number;
  readonly at: number;
  readonly event: ActorEvent;
}

export interface InboxRow {
  readonly eventId: string;
  /** SHA-256 of what was sent with it. */
  readonly hash: string;
  readonly seq: number;
}

/** What the steps of one actor since its last commit amount to. */
export interface ActorCommit {
  readonly address: string;
  readonly kind: string;
  readonly cell: number;
  readonly machineVersion: number;
  /** New journal rows; the actor's `seq` before them must be the first one's minus 1. Never empty. */
  readonly journal: ReadonlyArray<JournalRow>;
  readonly createdAt: number;
  readonly state: string;
  readonly status: string;
  readonly parked: string | null;
  /** JSON of the StoredSnapshot. */
  readonly snapshot: string;
  /** All that are open after the last step. */
  readonly effects: ReadonlyArray<OpenEffect>;
  readonly timers: ReadonlyArray<SetTimer>;
  readonly inbox: ReadonlyArray<InboxRow>;
  /** Row of the kind's projection, or null. */
  readonly projection: Readonly<Record<string, unknown>> | null;
}

export interface CommitBatch {
  /** Epochs under which the cells of this batch are held. */
  readonly fence: ReadonlyMap<number, number>;
  readonly actors: ReadonlyArray<ActorCommit>;
}

export type StoreFailure = { readonly ok: false; readonly reason: "unavailable" | "full" | "fault"; readonly message: string };
export type StoreResult<T> = { readonly ok: true; readonly value: T } | StoreFailure;

export interface RunningEffect {
  readonly address: string;
  readonly machineVersion: number;
  readonly effect: OpenEffect;
}

export interface DueTimer {
  readonly address: string;
  readonly timerId: string;
  readonly dueAt: number;
}

export interface AddressPage {
  readonly addresses: ReadonlyArray<string>;
  /** From where the next ones are asked for; null: there are no more. */
  readonly next: string | null;
}

export interface ActorStore {
  /** The epochs of cells. */
  readonly epochs: (cells: ReadonlyArray<number>, done: (result: StoreResult<ReadonlyMap<number, number>>) => void) => void;
  /**
   * Takes those of the cells that still have the stated epoch, and answers their new ones: who held them before can write no more, and
   * what of it was under way has happened or never will.
   */
  readonly claim: (epochs: ReadonlyMap<number, number>, done: (result: StoreResult<ReadonlyMap<number, number>>) => void) => void;
  /** Effects of these cells that were asked for and not finished: of parked actors only the host's own. */
  readonly openEffects: (cells: ReadonlyArray<number>, done: (result: StoreResult<ReadonlyArray<RunningEffect>>) => void) => void;
  /** Actors of these cells that go on by themselves (neither ended nor parked) and were written by another machine version of their kind. */
  readonly outdated: (
    cells: ReadonlyArray<number>,
    versions: ReadonlyMap<string, number>,
    done: (result: StoreResult<ReadonlyArray<string>>) => void,
  ) => void;
  /** Timers of these cells that are due until `until`, soonest first, at most `limit`, of actors that are not parked. */
  readonly dueTimers: (
    cells: ReadonlyArray<number>,
    until: number,
    limit: number,
    done: (result: StoreResult<ReadonlyArray<DueTimer>>) => void,
  ) => void;
  /** Actors of these cells that have timers, are not parked, and whose last step was after `at`: `limit` or so of those behind `from`; null: from the first. */
  readonly steppedAfter: (
    cells: ReadonlyArray<number>,
    at: number,
    from: string | null,
    limit: number,
    done: (result: StoreResult<AddressPage>) => void,
  ) => void;
  /** Missing addresses are absent from the answer. */
  readonly load: (addresses: ReadonlyArray<string>, done: (result: StoreResult<ReadonlyMap<string, StoredActor>>) => void) => void;
  /** Number of the last committed step of each. */
  readonly heads: (addresses: ReadonlyArray<string>, done: (result: StoreResult<ReadonlyMap<string, number>>) => void) => void;
  readonly seen: (address: string, eventId: string, done: (result: StoreResult<InboxRow | null>) => void) => void;
  /**
   * One atomic commit: all of the batch, but for cells whose epoch is no longer the stated one; those are answered in
   * `deposed` and leave no trace.
   */
  readonly commit: (batch: CommitBatch, done: (result: StoreResult<{ readonly deposed: ReadonlyArray<number> }>) => void) => void;
  /** Journal rows with `from <= seq`, oldest first, at most `limit`. */
  readonly journal: (address: string, from: number, limit: number, done: (result: StoreResult<ReadonlyArray<JournalRow>>) => void) => void;
  /** The last step that migrated the actor; 0, its creation, if none did. */
  readonly migratedAt: (address: string, done: (result: StoreResult<number>) => void) => void;
}

/** The cells that addresses behind this one can have, where they are taken by cell and within it by address. */
export const cellsFrom = (cells: ReadonlyArray<number>, from: string | null): ReadonlyArray<number> =>
  from === null ? cells : cells.filter((cell) => cell >= cellOf(from));

/** What was found, which is at most `limit`, as a page. */
export const pageOf = (addresses: ReadonlyArray<string>, limit: number): AddressPage => ({
  addresses,
  next: addresses.length < limit ? null : addresses.at(-1)!,
});

/** The cell of an address: FNV-1a of its UTF-16 units. Fixed for ever. */
export const cellOf = (address: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < address.length; index++) hash = Math.imul(hash ^ address.charCodeAt(index), 0x01000193);
  return ((hash >>> 0) ^ (hash >>> 16)) & (cellCount - 1);
};
