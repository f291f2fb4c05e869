// pg-boss: each job sent on its own, fetched and completed in batches. A unit is a job.
import { PgBoss } from "pg-boss";
import type { Contender, Services } from "../contender.ts";
import { byLanes, prompt } from "../work.ts";

const queue = "bench";

export const open = async ({ postgres }: Services): Promise<Contender> => {
  const boss = new PgBoss({ connectionString: postgres!, max: 20, supervise: false, schedule: false });
  boss.on("error", (error) => console.error(error));
  await boss.start();
  await boss.createQueue(queue);
  let left = 0;
  let finished = (): void => {};
  // Its shortest poll, the next one at once while there is more. The completion of a batch is awaited by nobody else, so that the
  // jobs count as done a moment early.
  await boss.work(queue, { batchSize: 200, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true, localConcurrency: 2 }, (jobs) => {
    left -= jobs.length;
    if (left === 0) finished();
    return Promise.resolve();
  });
  return {
    run: async (count, inFlight) => {
      left = count;
      const all = new Promise<void>((resolve) => (finished = resolve));
      await byLanes(count, inFlight, () => boss.send(queue, { prompt }));
      await all;
    },
    close: () => boss.stop({ graceful: false }),
  };
};
