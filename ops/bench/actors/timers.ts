// A process with many actors that sleep until their time: answers how late each was once it had come.
import "../../v8-flags.ts";
import { answerParent } from "../child.ts";
import { median } from "../measure.ts";
import { each, openHost } from "../durable/pixsim.ts";
import { newIds } from "../durable/work.ts";
import type { Services } from "../durable/contender.ts";
import { sleeper } from "./kinds.ts";

export interface Waking {
  readonly services: Services;
  readonly actors: number;
  /** Making so many takes no longer, ms: the first is due then. */
  readonly makingMs: number;
  /** From the first that is due to the last, evenly, ms. */
  readonly spreadMs: number;
}

/** ms from when an actor was due to its step being committed. */
export interface Lateness {
  readonly median: number;
  readonly most: number;
  /** CPU of this process an actor while they woke, µs. */
  readonly cpu: number;
}

answerParent({
  run: async ({ services, actors, makingMs, spreadMs }: Waking): Promise<Lateness> => {
    const newId = newIds();
    const first = Date.now() + makingMs;
    const maker = await openHost([sleeper(() => {})], services);
    let made = 0;
    const create = () =>
      maker.actors.create(`sleeper/${newId()}`, { dueAt: first + Math.floor((made++ / actors) * spreadMs) }, { novel: true });
    await maker.run(each(actors, 1000, create));
    await maker.close();
    // None of them is in the memory of this one.
    const late: Array<number> = [];
    let all = (): void => {};
    const awake = new Promise<void>((resolve) => (all = resolve));
    const host = await openHost(
      [
        sleeper((dueAt) => {
          if (late.push(Date.now() - dueAt) === actors) all();
        }),
      ],
      services,
    );
    if (Date.now() > first) throw new Error(`making ${actors} actors took longer than ${makingMs} ms`);
    const before = process.cpuUsage();
    await awake;
    const { user, system } = process.cpuUsage(before);
    await host.close();
    return { median: median(late), most: late.reduce((most, one) => Math.max(most, one), 0), cpu: (user + system) / actors };
  },
});
