// A process that holds many real jobs that wait for their time, and answers what one of them takes. Run with `--expose-gc`.
import { answerParent } from "../child.ts";
import { jobOrder } from "./job-life.ts";
import { job } from "./kinds.ts";
import { each, type OpenHost, openHost } from "./pixsim.ts";
import { newIds } from "./work.ts";

/** By then the host holds an actor that nobody uses as small as it gets, ms. */
const idleMs = 12_000;
const year = 365 * 24 * 60 * 60_000;

let host: OpenHost;

/** Heap in use once nothing is left to be collected: what only finalizers free goes with the second collection. */
const heapUsed = async (): Promise<number> => {
  global.gc!();
  await new Promise((resolve) => setImmediate(resolve));
  global.gc!();
  return process.memoryUsage().heapUsed;
};

answerParent({
  open: async () => {
    host = await openHost([job(() => {})], {});
  },
  /** Bytes of the heap for each of so many. */
  measure: async (count: number): Promise<number> => {
    const newId = newIds();
    const scheduledFor = Date.now() + year;
    const create = () => {
      const id = `job_${newId()}`;
      // Each with strings of its own, as they come from the wire; the prompt is one of its parameters.
      const order = JSON.parse(JSON.stringify({ ...jobOrder, id, scheduledFor })) as typeof jobOrder;
      Object.assign(order, { prompt: order.params["prompt"] });
      return host.actors.create(`job/${id}`, { order }, { novel: true });
    };
    await host.run(each(100, 10, create));
    const resident = () => host.actors.stats().resident["job"] ?? 0;
    const [before, residentBefore] = [await heapUsed(), resident()];
    await host.run(each(count, 1000, create));
    // Idle: the host has looked at all of them since anybody used them.
    await new Promise((resolve) => setTimeout(resolve, idleMs));
    return ((await heapUsed()) - before) / (resident() - residentBefore);
  },
  close: () => host.close(),
});
