// Whether places went to those whose turn it was, as the journals of jobs and accounts and the ledger tell it. The rules are said here once
// more, so that a pool that keeps to others, or to none, is found out: whoever waits may be overtaken by those alone who go before it.
import { submitKeyOf, type JobContext } from "#actors/job/context.ts";
import { rise } from "#actors/pool/queue.ts";
import type { JournalEntry } from "#protocol/actor.ts";
import type { LedgerEntry } from "#protocol/spend.ts";

/** One who waits, as its rules see it. */
interface Waiter {
  readonly jobId: string;
  readonly key: string;
  readonly ownerId: string;
  readonly provider: string;
  readonly priority: number;
  readonly since: number;
}

/** It waited from `from` until `to`; from `knownAt` on its pool knew of it. */
interface Wait extends Waiter {
  readonly from: number;
  readonly knownAt: number;
  readonly to: number;
  /** The server died meanwhile: what it had decided last is not all in the journals. */
  readonly cutOff: boolean;
}

/** An account was asked for a place. `batch`: when it was decided, with others at the same time. */
interface Turn {
  readonly waiter: Waiter;
  readonly batch: number;
}

export interface Books {
  /** The journal of each job. */
  readonly jobs: ReadonlyArray<ReadonlyArray<JournalEntry>>;
  /** The journal of each account, by provider. */
  readonly accounts: ReadonlyArray<{ readonly provider: string; readonly journal: ReadonlyArray<JournalEntry> }>;
  readonly ledger: ReadonlyArray<LedgerEntry>;
  /** When the server died, by its own clock. */
  readonly deaths: ReadonlyArray<number>;
  /** Its pool may have forgotten this job for a while: a grant of it came to nothing. */
  readonly wasForgotten: (jobId: string) => boolean;
}

export interface Overtaken {
  readonly jobId: string;
  readonly provider: string;
  readonly priority: number;
  /** Decisions that gave places to those who did not go before it. */
  readonly decisions: number;
}

const waiterOf = (context: JobContext): Waiter => {
  const { id: jobId, ownerId, provider, priority } = context.order;
  return { jobId, key: submitKeyOf(context), ownerId, provider, priority, since: context.waitsSince ?? context.createdAt };
};

const waitsOf = (journal: ReadonlyArray<JournalEntry>, deaths: ReadonlyArray<number>): ReadonlyArray<Wait> => {
  const waits: Array<Wait> = [];
  let open: (Waiter & { readonly from: number; readonly known: ReadonlyArray<number> }) | null = null;
  for (const { value, context, event, at } of journal) {
    if (open !== null && value !== "waitingForSlot") {
      const { known, ...wait } = open;
      // Each life of the server has a pool of its own, which hears of the job anew.
      let last = Number.NEGATIVE_INFINITY;
      for (const knownAt of [...known, Number.POSITIVE_INFINITY]) {
        if (knownAt < last) continue;
        const death = deaths.find((each) => each > knownAt && each < at);
        last = death ?? at;
        waits.push({ ...wait, knownAt, to: last, cutOff: death !== undefined });
      }
      open = null;
    }
    if (value !== "waitingForSlot") continue;
    open ??= { ...waiterOf(context as unknown as JobContext), from: at, known: [] };
    // It says first that it waits, and hears from the pool why when it says so again.
    if (event.type === "slot.waits") open = { ...open, known: [...open.known, at] };
  }
  return waits;
};

const turnsAt = (provider: string, waits: ReadonlyArray<Wait>, { accounts, ledger }: Books): ReadonlyArray<Turn> => {
  // What is decided together is held together, before any account is asked.
  const batches = [...new Set(ledger.flatMap((entry) => (entry.provider === provider ? [entry.at] : [])))].sort((a, b) => a - b);
  const byKey = Map.groupBy(waits, ({ key }) => key);
  return accounts
    .filter((account) => account.provider === provider)
    .flatMap(({ journal }) => journal)
    .flatMap(({ event, at }) => {
      if (event.type !== "lease.take") return [];
      const waiter = byKey.get(String(event["key"]))?.findLast(({ from }) => from <= at);
      const batch = batches.findLast((each) => each <= at);
      return waiter === undefined || batch === undefined ? [] : [{ waiter, batch }];
    });
};

const urgency = ({ priority, since }: Waiter, at: number): number => priority - Math.floor(Math.max(0, at - since) / rise);

/** Decided within so long before it was held, ms: whoever rises meanwhile may or may not have risen yet. */
const doubtful = 5000;

/** Whether one goes before the other in any case; users of the same urgency take turns. */
const goesBefore = (one: Waiter, other: Waiter, at: number): boolean =>
  [at, at - doubtful].every((now) => {
    const difference = urgency(one, now) - urgency(other, now);
    if (one.ownerId !== other.ownerId || difference !== 0) return difference < 0;
    return one.priority - other.priority < 0 || (one.priority === other.priority && one.since < other.since);
  });
const isAsUrgent = (one: Waiter, other: Waiter, at: number): boolean =>
  [at, at - doubtful].every((now) => urgency(one, now) === urgency(other, now));

/**
 * Who was overtaken, of those that waited. Of what was decided while a job waited, the first may be older than what the pool knew of it, and the
 * last of a life is not all in the journals; all else counts. Two users of the same urgency take turns: one of them is at most one ahead.
 */
export const overtakenIn = (books: Books): { readonly overtaken: ReadonlyArray<Overtaken>; readonly waited: number } => {
  const waits = books.jobs.flatMap((journal) => waitsOf(journal, books.deaths));
  const overtaken: Array<Overtaken> = [];
  let waited = 0;
  for (const [provider, own] of Map.groupBy(waits, (wait) => wait.provider)) {
    const turns = Map.groupBy(turnsAt(provider, own, books), ({ batch }) => batch);
    const order = [...turns.keys()].sort((a, b) => a - b);
    for (const wait of own) {
      if (wait.knownAt >= wait.to || books.wasForgotten(wait.jobId)) continue;
      const during = order.filter((batch) => batch >= wait.knownAt && batch < wait.to);
      const decided = during.slice(1, wait.cutOff ? -1 : undefined);
      if (decided.length > 0) waited++;
      let decisions = 0;
      /** How far the other users are ahead in turns. */
      const ahead = new Map<string, number>();
      for (const batch of decided) {
        const served = turns.get(batch) ?? [];
        // It was among them, and its account had no place for it after all.
        if (served.some(({ waiter }) => waiter.jobId === wait.jobId)) {
          ahead.clear();
          continue;
        }
        const own = served.filter(({ waiter }) => waiter.ownerId === wait.ownerId).length;
        const alike = served.filter(({ waiter }) => waiter.ownerId !== wait.ownerId && isAsUrgent(waiter, wait, batch));
        for (const [ownerId, turns] of Map.groupBy(alike, ({ waiter }) => waiter.ownerId)) {
          ahead.set(ownerId, (ahead.get(ownerId) ?? 0) + turns.length);
        }
        for (const [ownerId, by] of ahead) ahead.set(ownerId, Math.max(0, by - own));
        if (served.some(({ waiter }) => goesBefore(wait, waiter, batch)) || [...ahead.values()].some((by) => by > 1)) decisions++;
      }
      if (decisions > 0) overtaken.push({ jobId: wait.jobId, provider, priority: wait.priority, decisions });
    }
  }
  return { overtaken, waited };
};
