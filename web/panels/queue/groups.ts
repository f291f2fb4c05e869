// The jobs that wait, by provider and as they will be taken. Pure.
import type { ProviderQueue, QueuedJob } from "#protocol/account.ts";
import type { Job } from "#protocol/job.ts";
import { newestFirst } from "#web/store/collection.ts";

export interface WaitingJob {
  readonly job: Job;
  /** As the provider's queue tells it; null: it has not yet, or the provider is used without accounts. */
  readonly queued: QueuedJob | null;
}

export interface WaitingGroup {
  readonly provider: string;
  /** Jobs of all users, as far as it is known. */
  readonly waiting: number;
  readonly jobs: ReadonlyArray<WaitingJob>;
}

/** Where nobody tells the turns: as a place is given there, by priority, then as a person has put them, then by age. */
const byPriority = (a: WaitingJob, b: WaitingJob): number =>
  a.job.priority - b.job.priority || a.job.rank - b.job.rank || newestFirst(b.job, a.job);

export const groupsOf = (jobs: ReadonlyArray<Job>, queues: ReadonlyArray<ProviderQueue>): ReadonlyArray<WaitingGroup> => {
  const byProvider = Map.groupBy(jobs, ({ provider }) => provider);
  return [...byProvider]
    .map(([provider, own]): WaitingGroup => {
      const queue = queues.find((each) => each.provider === provider);
      const turns = new Map(queue?.jobs.map((queued, turn) => [queued.jobId, { queued, turn }]));
      const turnOf = ({ job }: WaitingJob) => turns.get(job.id)?.turn ?? Infinity;
      return {
        provider,
        waiting: Math.max(queue?.waiting ?? 0, own.length),
        jobs: own
          .map((job): WaitingJob => ({ job, queued: turns.get(job.id)?.queued ?? null }))
          .sort((a, b) => (turnOf(a) === turnOf(b) ? byPriority(a, b) : turnOf(a) - turnOf(b))),
      };
    })
    .sort((a, b) => b.jobs.length - a.jobs.length || (a.provider < b.provider ? -1 : 1));
};

/** One job in an order, with the priority that it has there. */
export interface Placed {
  readonly id: string;
  readonly priority: number;
}

/** In the order that a person has put them in; what came since then stands where it is told, behind the same one. Null: as they are. */
export const inOrder = (jobs: ReadonlyArray<WaitingJob>, wanted: ReadonlyArray<string> | null): ReadonlyArray<WaitingJob> => {
  if (wanted === null) return jobs;
  const places = new Map(wanted.map((id, at) => [id, at]));
  const known = jobs.filter(({ job }) => places.has(job.id)).sort((a, b) => (places.get(a.job.id) ?? 0) - (places.get(b.job.id) ?? 0));
  return jobs.reduce<ReadonlyArray<WaitingJob>>((order, each, at) => {
    if (places.has(each.job.id)) return order;
    const before = jobs[at - 1];
    return order.toSpliced(before === undefined ? 0 : order.indexOf(before) + 1, 0, each);
  }, known);
};

/** What is asked for so that one job stands elsewhere among one's own. */
export interface Arrangement {
  /** All own ones of this priority, in the new order. */
  readonly ids: ReadonlyArray<string>;
  readonly priority: number;
}

/**
 * A job is put at another place, 0 the first: it takes the priority of those among which it comes to stand, so that it stays there. Null: it stands
 * there already.
 */
export const placedAt = (
  jobs: ReadonlyArray<Placed>,
  id: string,
  to: number,
): { readonly order: ReadonlyArray<Placed>; readonly priority: number } | null => {
  const from = jobs.findIndex((job) => job.id === id);
  const moved = jobs[from];
  const place = Math.max(0, Math.min(jobs.length - 1, to));
  if (moved === undefined || from === place) return null;
  const others = jobs.toSpliced(from, 1);
  // Up: as urgent as the one that is behind it then. Down: as the one before.
  const { priority } = others[place < from ? place : place - 1] ?? moved;
  return { order: others.toSpliced(place, 0, { id, priority }), priority };
};

/**
 * What a move was meant to come to, whatever changes around it: first, last, or in front of or behind the job that it went past. `at`: the place of
 * then, for where that one is gone.
 */
export type Goal = "first" | "last" | { readonly past: string; readonly up: boolean; readonly at: number };

/** Of a move that `placedAt` takes. */
export const goalOf = (jobs: ReadonlyArray<Placed>, id: string, to: number): Goal => {
  const past = jobs[to];
  if (to <= 0) return "first";
  if (past === undefined || to === jobs.length - 1) return "last";
  return { past: past.id, up: to < jobs.findIndex((job) => job.id === id), at: to };
};

/** Where a job is to be put for that: where it is, if it stands so already. */
export const placeOf = (jobs: ReadonlyArray<Placed>, id: string, goal: Goal): number => {
  if (goal === "first") return 0;
  if (goal === "last") return jobs.length - 1;
  const [from, past] = [id, goal.past].map((each) => jobs.findIndex((job) => job.id === each)) as [number, number];
  if (past === -1) return goal.at;
  return past < from === goal.up ? past : from;
};
