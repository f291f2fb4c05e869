// graphile-worker: each job added on its own, fetched by a local queue, completed in batches. A unit is a job.
import { EventEmitter } from "node:events";
import { Logger, run, type WorkerEvents } from "graphile-worker";
import type { Contender, Services } from "../contender.ts";
import { byLanes, prompt } from "../work.ts";

export const open = async ({ postgres }: Services): Promise<Contender> => {
  const events: WorkerEvents = new EventEmitter();
  const runner = await run({
    connectionString: postgres!,
    noHandleSignals: true,
    logger: new Logger(() => () => {}),
    events,
    taskList: { bench: () => {} },
    preset: { worker: { concurrentJobs: 64, maxPoolSize: 20, completeJobBatchDelay: 0, localQueue: { size: 200 } } },
  });
  return {
    run: async (count, inFlight) => {
      let left = count;
      const all = new Promise<void>((resolve) =>
        events.on("job:complete", function complete() {
          if (--left > 0) return;
          events.off("job:complete", complete);
          resolve();
        }),
      );
      await byLanes(count, inFlight, () => runner.addJob("bench", { prompt }));
      await all;
    },
    close: () => runner.stop(),
  };
};
