// Which node tells of a channel: where there is one Redis, it does; in a Redis cluster the master of the channel's slot.
import * as z from "zod";

/** Those that messages go through. */
export interface Masters {
  /** `host:port` of each; empty where there is one Redis, that of REDIS_URL. */
  readonly all: ReadonlyArray<string>;
  /** The one that has a slot; undefined: none just now. */
  readonly of: (slot: number) => string | undefined;
}

export const theOnlyOne: Masters = { all: [""], of: () => "" };

/** Slot of a key or sharded channel. */
export { default as slotOf } from "cluster-key-slot";

const Node = z.tuple([z.string().nullable(), z.number()]).rest(z.unknown());
/** First and last slot, their master, its replicas. */
const Slots = z.array(z.tuple([z.number(), z.number(), Node]).rest(z.unknown()));

/** Reads the answer to CLUSTER SLOTS. Throws where it is none. */
export const mastersOf = (answer: unknown): Masters => {
  // A node that does not know its own name yet tells none.
  const ranges = Slots.parse(answer).flatMap(([first, last, [host, port]]) =>
    host === null || host === "" ? [] : [{ first, last, master: `${host}:${port}` }],
  );
  return {
    all: [...new Set(ranges.map(({ master }) => master))],
    of: (slot) => ranges.find(({ first, last }) => slot >= first && slot <= last)?.master,
  };
};
