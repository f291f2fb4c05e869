// What can be done to one job or many: cancel, pause, resume, run next, run again. Says in a toast what happened and offers the way back.
import { createEffect, createRoot } from "solid-js";
import type { CallOutput } from "#protocol/contract.ts";
import { finalJobStates, waitingJobStates, type Job, type JobState } from "#protocol/job.ts";
import { openPanel } from "#web/dock/panel.ts";
import { chunks } from "#web/store/chunks.ts";
import { everyPage } from "#web/store/every-page.ts";
import { newKey } from "#protocol/client/key.ts";
import { sentenceOf } from "#web/store/problem.ts";
import type { Workspace } from "#web/store/workspace.ts";
import { newestFirst } from "#web/store/collection.ts";
import { formatCount } from "#web/ui/format.ts";
import { toast } from "#web/ui/toast.tsx";
import { statesOf } from "./groups.ts";

type Reach = Pick<Workspace, "client" | "jobs">;

/** The most that one call takes. */
const cancelAtOnce = 500;
const retryAtOnce = 100;
const changeAtOnce = 500;

/** Jobs of a page of those that have not ended. */
const activeAtOnce = 500;

/** Ids of all jobs that have not ended, loaded or not. Null: there is none, or they could not be read, which has then been said. */
export const readActive = async ({ client }: Reach): Promise<ReadonlyArray<string> | null> => {
  let ids: ReadonlyArray<string>;
  try {
    const filter = { states: [...statesOf("active")] };
    const pages = await everyPage((after) => client.call("jobs.list", { filter, limit: activeAtOnce, ...after }));
    ids = pages.flatMap(({ jobs }) => jobs.map(({ id }) => id));
  } catch (error) {
    toast("The active jobs could not be read", { tone: "bad", detail: sentenceOf(error) });
    return null;
  }
  if (ids.length === 0) {
    toast("Nothing to cancel", { detail: "No job is active." });
    return null;
  }
  return ids;
};

/** Cancels those that have not ended. */
export const cancelJobs = async ({ client, jobs }: Reach, ids: ReadonlyArray<string>): Promise<void> => {
  const open = ids.filter((id) => {
    const job = jobs.peek(id);
    return job === undefined || !finalJobStates.has(job.state);
  });
  if (open.length === 0) {
    toast("Nothing to cancel", { detail: "All of these jobs have ended." });
    return;
  }
  const done: Array<string> = [];
  const failed: Array<string> = [];
  let problem: string | null = null;
  try {
    for (const chunk of chunks(open, cancelAtOnce)) {
      const result = await client.call("jobs.cancel", { ids: [...chunk] }, { key: newKey() });
      done.push(...result.done);
      failed.push(...result.failed.map(({ message }) => message));
    }
  } catch (error) {
    problem = sentenceOf(error);
  }
  if (done.length > 0) {
    toast(`${formatCount(done.length, "job")} cancelled`, {
      action: { label: "Run again", onSelect: () => void retryJobs({ client, jobs }, done) },
    });
  }
  if (failed.length > 0) {
    toast(`${formatCount(failed.length, "job")} could not be cancelled`, { tone: "warn", detail: failed[0] });
  }
  if (problem !== null) {
    toast(done.length > 0 ? "The other jobs could not be cancelled" : "The jobs could not be cancelled", { tone: "bad", detail: problem });
  }
};

/** Jobs by their ids, or all of a batch. */
export type Chosen = { readonly ids: ReadonlyArray<string> } | { readonly batchId: string };

interface Change {
  readonly ask: (chosen: { readonly ids: Array<string> } | { readonly batchId: string }) => Promise<CallOutput<"jobs.pause">>;
  /** What it was, as in `3 jobs paused`. */
  readonly done: string;
  readonly back?: WayBack;
}

interface WayBack {
  readonly label: string;
  readonly go: (ids: ReadonlyArray<string>) => void;
  /** The state in which the change has put them: those that leave it need no way back. */
  readonly from: JobState;
  readonly jobs: Workspace["jobs"];
}

/** What closes the toasts that offer the way back, with the jobs that still stand as they were put. */
const offers = new Map<() => void, Set<string>>();

/** Those of which somebody has gone the way back already offer it no longer. */
const withdrawOffers = (ids: ReadonlyArray<string>): void => {
  for (const [close, open] of offers) {
    ids.forEach((id) => open.delete(id));
    if (open.size === 0) {
      close();
    }
  }
};

/** Those that were told to be where they were put, and then are not, whoever did that, are offered no longer. Answers what ends this. */
const followOffer = (open: ReadonlySet<string>, { from, jobs }: WayBack): (() => void) =>
  createRoot((dispose) => {
    const told = new Set<string>();
    createEffect(() => {
      const states = [...open].map((id) => [id, jobs.row(id)?.state] as const);
      withdrawOffers(states.flatMap(([id, state]) => (state !== from && told.has(id) ? [id] : [])));
      states.forEach(([id, state]) => state === from && told.add(id));
    });
    return dispose;
  });

/** What a toast offers for as long as some of them still stand as they were put. */
const offered = (ids: ReadonlyArray<string>, back: WayBack) => {
  const open = new Set(ids);
  const unfollow = followOffer(open, back);
  return {
    open,
    action: { label: back.label, onSelect: () => back.go([...open]) },
    gone: (close: () => void) => {
      offers.delete(close);
      unfollow();
    },
  };
};

/** Answers those that were changed. */
const changeJobs = async (chosen: Chosen, { ask, done, back }: Change): Promise<ReadonlyArray<string>> => {
  const changed: Array<string> = [];
  const failed: Array<string> = [];
  try {
    const parts = "batchId" in chosen ? [chosen] : chunks(chosen.ids, changeAtOnce).map((ids) => ({ ids: [...ids] }));
    for (const part of parts) {
      const result = await ask(part);
      changed.push(...result.done);
      failed.push(...result.failed.map(({ message }) => message));
    }
  } catch (error) {
    failed.push(sentenceOf(error));
  }
  // Of a batch some are expected to stand elsewhere.
  const others = "batchId" in chosen && changed.length > 0 && failed.length > 0;
  if (changed.length > 0) {
    const offer = back === undefined ? null : offered(changed, back);
    const close = toast(`${formatCount(changed.length, "job")} ${done}`, {
      ...(offer === null ? {} : { action: offer.action, onGone: () => offer.gone(close) }),
      ...(others ? { detail: `${failed.length.toLocaleString("en")} of its batch not: ${failed[0]}` } : {}),
    });
    if (offer !== null) {
      offers.set(close, offer.open);
    }
  }
  if (failed.length > 0 && !others) {
    toast(`Not ${done}: ${formatCount(failed.length, "job")}`, { tone: "warn", detail: failed[0] });
  }
  return changed;
};

export const pauseJobs = ({ client, jobs }: Reach, chosen: Chosen): Promise<unknown> =>
  changeJobs(chosen, {
    ask: (part) => client.call("jobs.pause", part, { key: newKey() }),
    done: "paused",
    back: { label: "Resume", go: (ids) => void resumeJobs({ client }, { ids }), from: "paused", jobs },
  });

export const resumeJobs = async ({ client }: Pick<Reach, "client">, chosen: Chosen): Promise<void> =>
  withdrawOffers(await changeJobs(chosen, { ask: (part) => client.call("jobs.resume", part, { key: newKey() }), done: "resumed" }));

/** Before all others of the user's own that wait at their providers. */
export const runNext = ({ client }: Pick<Reach, "client">, ids: ReadonlyArray<string>): Promise<unknown> =>
  changeJobs(
    { ids },
    { ask: (part) => client.call("jobs.prioritise", { ...part, priority: "next" }, { key: newKey() }), done: "put first" },
  );

/** Own jobs that wait at one provider, in this order. Answers whether they stand so. */
export const arrangeJobs = async (
  { client }: Pick<Reach, "client">,
  { ids, priority }: { readonly ids: ReadonlyArray<string>; readonly priority: number },
): Promise<boolean> => {
  try {
    const { failed } = await client.call("jobs.arrange", { ids: [...ids], priority }, { key: newKey() });
    if (failed[0] !== undefined) {
      toast(`${formatCount(failed.length, "job")} could not be moved`, { tone: "warn", detail: failed[0].message });
    }
    return true;
  } catch (error) {
    toast("The order could not be changed", { tone: "bad", detail: sentenceOf(error) });
    return false;
  }
};

/** What of a choice of jobs can be paused and what can be resumed. */
export const holdable = (
  jobs: ReadonlyArray<Pick<Job, "id" | "state">>,
): { readonly waiting: ReadonlyArray<string>; readonly paused: ReadonlyArray<string> } => {
  const inStates = (fits: (state: JobState) => boolean) => jobs.flatMap(({ id, state }) => (fits(state) ? [id] : []));
  return { waiting: inStates((state) => waitingJobStates.has(state)), paused: inStates((state) => state === "paused") };
};

/** Makes new jobs of the old ones, in the order in which those were asked for; with `newSeed` another take of the same request. */
export const retryJobs = async ({ client, jobs }: Reach, ids: ReadonlyArray<string>, newSeed = false): Promise<void> => {
  try {
    const made: Array<string> = [];
    const failed: Array<string> = [];
    const oldestFirst = ids.toSorted((a, b) => {
      const [one, other] = [jobs.peek(a), jobs.peek(b)];
      return one === undefined || other === undefined ? 0 : newestFirst(other, one);
    });
    for (const chunk of chunks(oldestFirst, retryAtOnce)) {
      const result = await client.call("jobs.retry", { ids: [...chunk], newSeed }, { key: newKey() });
      jobs.put(result.jobs);
      made.push(...result.jobs.map(({ id }) => id));
      failed.push(...result.failed.map(({ message }) => message));
    }
    const only = made.length === 1 ? made[0] : undefined;
    if (made.length > 0) {
      toast(`${formatCount(made.length, "new job")}`, {
        tone: "ok",
        action:
          only === undefined
            ? { label: "Cancel them", onSelect: () => void cancelJobs({ client, jobs }, made) }
            : { label: "Open", onSelect: () => openPanel("job", { jobId: only }) },
      });
    }
    if (failed.length > 0) {
      toast(`${formatCount(failed.length, "job")} could not be run again`, { tone: "warn", detail: failed[0] });
    }
  } catch (error) {
    toast("The jobs could not be run again", { tone: "bad", detail: sentenceOf(error) });
  }
};
