// The budgets that concern this user, for an administrator all there are: read when somebody wants to see them, and again when jobs have ended.
import { createEffect, createSignal, on, onCleanup, type Accessor } from "solid-js";
import type { Budget } from "#protocol/spend.ts";
import type { Client } from "./client.ts";
import { debounced } from "./debounced.ts";
import type { JobsStore } from "./jobs.ts";
import { sentenceOf } from "./problem.ts";

/** Jobs that end together are one reason to read anew, ms. */
const restMs = 800;

export interface BudgetsStore {
  /** Undefined until they are known. */
  readonly list: Accessor<ReadonlyArray<Budget> | undefined>;
  /** Why they could not be read last, in a sentence. */
  readonly problem: Accessor<string | null>;
  /** Reads them (again). What cannot be read stays as it was. */
  readonly read: () => void;
}

export const createBudgetsStore = (client: Client, jobs: Pick<JobsStore, "onEnded">, everybody: () => boolean): BudgetsStore => {
  const [list, setList] = createSignal<ReadonlyArray<Budget>>();
  const [problem, setProblem] = createSignal<string | null>(null);
  const [ended, setEnded] = createSignal(0);
  let asked = 0;
  onCleanup(jobs.onEnded(() => setEnded((now) => now + 1)));
  const read = () => {
    asked += 1;
    const mine = asked;
    client.call("spend.budgets", { everybody: everybody() }).then(
      ({ budgets }) => {
        if (mine === asked) {
          setList(budgets);
          setProblem(null);
        }
      },
      (error: unknown) => mine === asked && setProblem(sentenceOf(error)),
    );
  };
  createEffect(on(debounced(ended, restMs), () => asked > 0 && read(), { defer: true }));
  return { list, problem, read };
};
