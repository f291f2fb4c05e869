// The jobs of the signed-in user, live: rows, counts by state, and what can be done to them.
import { batch, createSignal, onCleanup, type Accessor } from "solid-js";
import { finalJobStates, JobState, type Job, type Operation } from "#protocol/job.ts";
import type { Client } from "./client.ts";
import { createLiveRows, type LiveChange, type LiveRows } from "./live.ts";

export interface JobsFilter {
  /** Empty: all. */
  readonly states: ReadonlyArray<JobState>;
  readonly operation: Operation | null;
  /** Words of the prompt or name. */
  readonly search: string;
}

export const allJobs: JobsFilter = { states: [], operation: null, search: "" };

export const isAllJobs = (filter: JobsFilter): boolean =>
  filter.states.length === 0 && filter.operation === null && filter.search.trim() === "";

/** Whether a row belongs to a list, as the server decides it. */
export const matchesJobs = (job: Job, filter: JobsFilter): boolean => {
  if (filter.states.length > 0 && !filter.states.includes(job.state)) {
    return false;
  }
  if (filter.operation !== null && job.operation !== filter.operation) {
    return false;
  }
  const text = `${job.prompt} ${job.name ?? ""}`.toLowerCase();
  return filter.search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
};

export type JobCounts = Readonly<Record<JobState, number>>;

const noCounts = (): JobCounts => Object.fromEntries(JobState.options.map((state) => [state, 0])) as JobCounts;

/**
 * Counts after changes. All jobs made after `since` (ms) are known, so one of these that was not known is new. An older one that is only
 * `read` for the first time is counted already; one that changes has a state before that nobody here knows: null, the counts must be
 * asked for.
 */
export const countChanges = (
  counts: JobCounts,
  changes: ReadonlyArray<LiveChange<Job>>,
  since: number,
  read: boolean,
): JobCounts | null => {
  const next: Record<JobState, number> = { ...counts };
  for (const { before, after } of changes) {
    if (before === undefined && after.createdAt <= since) {
      if (read) {
        continue;
      }
      return null;
    }
    if (before !== undefined) {
      next[before.state] = Math.max(next[before.state] - 1, 0);
    }
    next[after.state] += 1;
  }
  return next;
};

export interface JobsStore extends LiveRows<Job, JobsFilter> {
  readonly counts: Accessor<JobCounts>;
  /** False until the first snapshot has come. */
  readonly ready: Accessor<boolean>;
  /** Told of jobs that end while this page watches. */
  readonly onEnded: (listener: (ended: ReadonlyArray<Job>) => void) => () => void;
}

/** Counts are asked for at most this often, ms. */
const recountEveryMs = 3000;

export const createJobsStore = (client: Client): JobsStore => {
  const [counts, setCounts] = createSignal<JobCounts>(noCounts());
  const [ready, setReady] = createSignal(false);
  const endListeners = new Set<(ended: ReadonlyArray<Job>) => void>();
  /** Jobs made after this are all known, ms. */
  let since = Infinity;
  let recount: ReturnType<typeof setTimeout> | null = null;
  let stopRecount: (() => void) | null = null;

  const askForCounts = () => {
    recount = null;
    stopRecount?.();
    stopRecount = client.follow(
      "jobs.jobs",
      {},
      {
        snapshot: (snapshot) => {
          setCounts({ ...noCounts(), ...snapshot.counts });
          queueMicrotask(() => stopRecount?.());
        },
        deltas: () => undefined,
      },
    );
  };

  const { rows, feed } = createLiveRows<Job, JobsFilter>({
    matches: matchesJobs,
    isWhole: isAllJobs,
    read: async (filter, cursor, limit, signal) => {
      const { jobs, next } = await client.call(
        "jobs.list",
        {
          filter: {
            ...(filter.states.length === 0 ? {} : { states: [...filter.states] }),
            ...(filter.operation === null ? {} : { operation: filter.operation }),
            ...(filter.search.trim() === "" ? {} : { search: filter.search.trim() }),
          },
          limit,
          ...(cursor === undefined ? {} : { cursor }),
        },
        { signal },
      );
      return { rows: jobs, next };
    },
    onChange: (changes, read) => {
      const ended = changes.flatMap(({ before, after }) =>
        before !== undefined && !finalJobStates.has(before.state) && finalJobStates.has(after.state) ? [after] : [],
      );
      if (ended.length > 0) {
        for (const listener of endListeners) {
          listener(ended);
        }
      }
      const next = countChanges(counts(), changes, since, read);
      if (next !== null) {
        setCounts(next);
      } else {
        recount ??= setTimeout(askForCounts, recountEveryMs);
      }
    },
  });

  const unfollow = client.follow(
    "jobs.jobs",
    {},
    {
      snapshot: (snapshot) => {
        batch(() => {
          feed.snapshot({ rows: snapshot.jobs, next: snapshot.next });
          since = snapshot.next === null ? -Infinity : (snapshot.jobs.at(-1)?.createdAt ?? Infinity);
          setCounts({ ...noCounts(), ...snapshot.counts });
        });
        setReady(true);
      },
      deltas: feed.deltas,
    },
  );
  onCleanup(() => {
    unfollow();
    stopRecount?.();
    if (recount !== null) {
      clearTimeout(recount);
    }
  });

  return {
    ...rows,
    counts,
    ready,
    onEnded: (listener) => {
      endListeners.add(listener);
      return () => endListeners.delete(listener);
    },
  };
};
