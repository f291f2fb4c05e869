// BullMQ: each job added on its own. Redis writes its log to the disk once a second, so a crash can lose that. A unit is a job.
import { Queue, Worker } from "bullmq";
import type { Contender, Services } from "../contender.ts";
import { byLanes, prompt } from "../work.ts";

export const open = async ({ redis }: Services): Promise<Contender> => {
  const queue = new Queue("bench", { connection: redis!, defaultJobOptions: { removeOnComplete: true } });
  const worker = new Worker("bench", () => Promise.resolve(null), {
    connection: { ...redis!, maxRetriesPerRequest: null },
    concurrency: 64,
  });
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  return {
    run: async (count, inFlight) => {
      let left = count;
      const all = new Promise<void>((resolve) =>
        worker.on("completed", function complete() {
          if (--left > 0) return;
          worker.off("completed", complete);
          resolve();
        }),
      );
      await byLanes(count, inFlight, () => queue.add("bench", { prompt }));
      await all;
    },
    close: async () => {
      await worker.close(true);
      await queue.close();
    },
  };
};
