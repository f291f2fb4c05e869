// What the providers can do, read once for all who ask: the form that is drawn from it, and whoever shows what was asked for.
import { createSignal, untrack, type Accessor } from "solid-js";
import type { Operation, OperationSpec, ProviderSpec } from "#protocol/job.ts";
import type { Client } from "./client.ts";
import { sentenceOf } from "./problem.ts";

export interface ProvidersStore {
  /** Undefined while they are not known. */
  readonly list: Accessor<ReadonlyArray<ProviderSpec> | undefined>;
  /** Why they could not be read, in a sentence. */
  readonly problem: Accessor<string | null>;
  /** Sees to it that they come; reads them again after a failure. */
  readonly ensure: () => void;
  readonly operation: (provider: string, operation: Operation) => OperationSpec | undefined;
  /** Of a provider; its id where that is all that is known. */
  readonly title: (provider: string) => string;
  /** It costs nothing by its nature: it runs here, or somebody's own machine does it. False while it is not known. */
  readonly isFree: (provider: string) => boolean;
}

export const createProviders = (client: Client): ProvidersStore => {
  const [list, setList] = createSignal<ReadonlyArray<ProviderSpec>>();
  const [problem, setProblem] = createSignal<string | null>(null);
  let reading = false;
  return {
    list,
    problem,
    ensure: () => {
      if (reading || untrack(list) !== undefined) {
        return;
      }
      reading = true;
      setProblem(null);
      client
        .call("jobs.providers", {})
        .then(
          ({ providers }) => setList(providers),
          (error: unknown) => setProblem(sentenceOf(error)),
        )
        .finally(() => (reading = false));
    },
    operation: (provider, operation) =>
      list()
        ?.find(({ id }) => id === provider)
        ?.operations.find((each) => each.operation === operation),
    isFree: (provider) => {
      const known = list()?.find(({ id }) => id === provider);
      return known !== undefined && (known.account === null || (known.account.creditType === null && !known.account.untold));
    },
    title: (provider) => list()?.find(({ id }) => id === provider)?.title ?? provider,
  };
};
