// The queues at the providers as they change, with the accounts of one job that is chosen.
import { createEffect, createSignal, on, onCleanup, type Accessor } from "solid-js";
import type { ProviderQueue } from "#protocol/account.ts";
import type { Client } from "./client.ts";
import { perFrame } from "./frame.ts";
import { sentenceOf } from "./problem.ts";

interface Queues {
  /** Undefined until they are known. */
  readonly list: Accessor<ReadonlyArray<ProviderQueue> | undefined>;
  /** Why they cannot be followed, in a sentence. */
  readonly problem: Accessor<string | null>;
  readonly retry: () => void;
}

/** Follows them for as long as `wanted`; belongs to the owner that calls it. */
export const createQueues = (client: Client, jobId: Accessor<string | null>, wanted: Accessor<boolean>): Queues => {
  const [list, setList] = createSignal<ReadonlyArray<ProviderQueue>>();
  const [problem, setProblem] = createSignal<string | null>(null);
  const [again, setAgain] = createSignal(0);
  createEffect(
    on([jobId, wanted, again], ([id, isWanted]) => {
      if (!isWanted) {
        return;
      }
      setProblem(null);
      const frames = perFrame<ProviderQueue>(
        ({ provider }) => provider,
        () => true,
        (changed) => {
          const news = new Map(changed.map((queue) => [queue.provider, queue]));
          setList((known) => known?.map((queue) => news.get(queue.provider) ?? queue));
        },
      );
      const unfollow = client.follow("accounts.queue", id === null ? {} : { jobId: id }, {
        snapshot: ({ queues }) => {
          frames.now();
          setList(queues);
        },
        deltas: frames.add,
        error: (error) => setProblem(sentenceOf(error)),
      });
      onCleanup(unfollow);
    }),
  );
  return { list, problem, retry: () => setAgain((count) => count + 1) };
};
