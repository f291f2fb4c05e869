// Events to actors that are there already: each is acknowledged, as durable as its kind is. A unit is an event.
import type { Durability } from "#runtime/actor/define.ts";
import type { Contender, Services } from "../durable/contender.ts";
import { each, openHost, type OpenHost } from "../durable/pixsim.ts";
import { newIds } from "../durable/work.ts";
import { tallyOf } from "./kinds.ts";

export interface EventsOptions {
  readonly actors: number;
  /** Followers of each actor; what they get is encoded and handed over, and goes no further. */
  readonly watchers?: number;
  /** Default: durable. */
  readonly durability?: Durability;
}

/** Sends to so many actors of the host in turn. */
export const eventsTo = async ({ actors, run, close }: OpenHost, options: EventsOptions): Promise<Contender> => {
  const newId = newIds();
  const addresses = Array.from({ length: options.actors }, () => `tally/${newId()}`);
  let next = 0;
  const inTurn = (): string => addresses[next++ % addresses.length]!;
  await run(each(addresses.length, 1000, () => actors.create(inTurn(), {}, { novel: true })));
  for (const address of addresses) {
    for (let n = 0; n < (options.watchers ?? 0); n++) await run(actors.follow(address, undefined, () => {}));
  }
  return { run: (count, inFlight) => run(each(count, inFlight, () => actors.send(inTurn(), { type: "add" }))), close };
};

export const openEvents =
  (options: EventsOptions) =>
  async (services: Services): Promise<Contender> =>
    eventsTo(await openHost([tallyOf(options.durability ?? "durable")], services), options);
