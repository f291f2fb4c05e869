// What keeps runners that go, stop and come back from doing harm: for each defence the one statement without which it is not there.
import { fileURLToPath } from "node:url";
import type { Fault } from "./plan.ts";

interface Defence {
  readonly file: string;
  readonly statement: string;
  readonly instead: string;
  /** The faults that it is for: to see that its lack is noticed, these happen and no others. */
  readonly against: (fault: Fault) => boolean;
}

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export const defences = {
  /** A flush under an old epoch writes nothing. */
  fence: {
    file: at("db/queries/actor.ts"),
    statement: "on c.cell = f.cell and c.epoch = f.epoch",
    instead: "on c.cell = f.cell",
    against: ({ type }) => type === "writesLate",
  },
  /** An effect begins, and sends what costs, only under a lease. */
  claim: {
    file: at("runtime/actor/effects.ts"),
    statement: "return this.#leases.leaseMs(cell) >= safeLeaseMs && this.#leases.tenure(cell) === since;",
    instead: "return true;",
    against: ({ type }) => type === "answeredLate",
  },
  /** A watcher that missed a step gets a new base. */
  gap: {
    file: at("runtime/actor/watch.ts"),
    statement: "this.#gap = gap;",
    instead: "this.#gap = () => {};",
    against: (fault) => fault.type === "cut" && fault.way === "redis",
  },
} as const satisfies Record<string, Defence>;

export const isDefence = (name: string): name is keyof typeof defences => Object.hasOwn(defences, name);
