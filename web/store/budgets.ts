// The budgets that concern this user, for an administrator all there are: read when somebody wants to see them, and again when jobs have ended.
import { createEffect, createSignal, on, onCleanup, type Accessor } from "solid-js";
import type { Budget } from "#protocol/spend.ts";
import type { Client } from "./client.ts";
import { debounced } from "./debounced.ts";
import type { JobsStore } from "./jobs.ts";

/** Jobs that end together are one reason to read anew, ms. */
const restMs = 800;

export interface BudgetsStore {
  /** Undefined until they are known. */
  readonly list: Accessor<ReadonlyArray<Budget> | undefined>;
  /** Reads them (again). What cannot be read stays as it was. */
  readonly read: () => void;
}

export const createBudgetsStore = (client: Client, jobs: Pick<JobsStore, "onEnded">, everybody: () => boolean): BudgetsStore => {
  const [list, setList] = createSignal<ReadonlyArray<Budget>>();
  const [ended, setEnded] = createSignal(0);
  let asked = 0;
  onCleanup(jobs.onEnded(() => setEnded((now) => now + 1)));
  const read = () => {
    asked += 1;
    const mine = asked;
    client.call("spend.budgets", { everybody: everybody() }).then(
      ({ budgets }) => mine === asked && setList(budgets),
      // Whoever shows them is told by what it reads itself; they are read again when the next job ends.
      () => undefined,
    );
  };
  createEffect(on(debounced(ended, restMs), () => list() !== undefined && read(), { defer: true }));
  return { list, read };
};
