// A process that holds many real jobs that wait for their time, and answers what one of them takes: while it is resident, and once
// nobody has used it for so long that it sleeps. Run with `--expose-gc`.
import "../../v8-flags.ts";
import { answerParent } from "../child.ts";
import { jobOrder } from "./job-life.ts";
import { job } from "./kinds.ts";
import { each, type OpenHost, openHost } from "./pixsim.ts";
import { newIds } from "./work.ts";

/** By then the host holds an actor that nobody uses as small as it gets, ms. */
const idleMs = 12_000;
const year = 365 * 24 * 60 * 60_000;

let host: OpenHost;

/** Bytes. */
export interface Measured {
  readonly idle: number;
  readonly asleep: number;
}

const until = async (is: () => boolean): Promise<void> => {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 500));
};

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
  measure: async (count: number): Promise<Measured> => {
    const newId = newIds();
    const scheduledFor = Date.now() + year;
    const create = () => {
      const id = `job_${newId()}`;
      // Each with strings of its own, as they come from the wire; the prompt is one of its parameters.
      const order = JSON.parse(JSON.stringify({ ...jobOrder, id, scheduledFor })) as typeof jobOrder;
      Object.assign(order, { prompt: order.params["prompt"] });
      return host.actors.create(`job/${id}`, { order }, { novel: true });
    };
    const resident = () => host.actors.stats().resident["job"] ?? 0;
    await host.run(each(100, 10, create));
    await until(() => resident() === 0);
    const before = await heapUsed();
    await host.run(each(count, 1000, create));
    // Idle: the host has looked at all of them since anybody used them.
    await new Promise((resolve) => setTimeout(resolve, idleMs));
    const idle = (await heapUsed()) - before;
    if (resident() !== count) throw new Error(`${resident()} of ${count} jobs are resident`);
    await until(() => resident() === 0);
    const asleep = (await heapUsed()) - before;
    return { idle: idle / count, asleep: asleep / count };
  },
  close: () => host.close(),
});
