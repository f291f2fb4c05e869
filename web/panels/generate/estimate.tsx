// What the request would cost and how long it would take, asked for once the form has rested; and what the provider says of it meanwhile.
import Clock from "lucide-solid/icons/clock";
import Coins from "lucide-solid/icons/coins";
import { batch, createEffect, createMemo, createSignal, on, onCleanup, Show, type Accessor, type Component } from "solid-js";
import type { BatchEstimate, Grid, JobRequest } from "#protocol/job.ts";
import { budgetLevel } from "#protocol/spend.ts";
import { formatPrice } from "#protocol/price.ts";
import { debounced } from "#web/store/debounced.ts";
import { issuesOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { formatSpan } from "#web/ui/format.ts";

/** ms without a change of the form */
const restMs = 350;
/** While something stands in its way: what may have changed that is asked about together, ms. */
const gatherMs = 1000;
/** And what nobody tells here, ms: a day begins, or the jobs of others end. */
const againMs = 60_000;
/** Where no answer came, until it is asked again, ms: twice as long each time, up to `againMs`. */
const firstPauseMs = 2000;

export interface Total {
  /** Null: none is known. */
  readonly price: string | null;
  /** Providers of some of them, by title, that charge and do not say how much. */
  readonly untold: ReadonlyArray<string>;
  readonly totalMs: number;
}

/** Price and time of all: they run side by side as far as each provider has places. */
export const totalOf = (
  { parts }: Pick<BatchEstimate, "parts">,
  places: (provider: string) => number,
  untold: (provider: string) => string | null,
): Total => {
  const byType = new Map<string | null, number>();
  for (const { credits, creditType } of parts) {
    if (credits > 0) {
      byType.set(creditType, (byType.get(creditType) ?? 0) + credits);
    }
  }
  return {
    price: byType.size === 0 ? null : [...byType].map(([type, credits]) => formatPrice(credits, type)).join(" + "),
    untold: parts.flatMap(({ provider }) => untold(provider) ?? []),
    totalMs: parts.reduce((longest, { provider, jobs, durationMs, waitMs }) => {
      const rounds = Math.ceil(jobs / Math.max(places(provider), 1));
      return Math.max(longest, waitMs + (durationMs / jobs) * rounds);
    }, 0),
  };
};

/** What is asked for in one call. */
export interface Batch {
  readonly request: JobRequest;
  readonly count: number;
  readonly grid?: Grid;
}

export type EstimateState =
  /** There is nothing to ask for yet. */
  | "empty"
  /** Its values do not go together, though each is right. */
  | "clashes"
  /** What is known is of something else. */
  | "asking"
  | "known"
  /** The server did not answer. */
  | "unknown";

interface EstimateOptions {
  /** Null: something is still wrong with it. */
  readonly batch: () => Batch | null;
  /** The parameter that has the words: what is made costs the same whatever they say. */
  readonly promptKey: () => string | undefined;
  /** Jobs that run at the same time at a provider. */
  readonly places: (provider: string) => number;
  /** What a provider is called that charges and does not say how much; null: it says so, or is free. */
  readonly untold: (provider: string) => string | null;
  /** What was refused goes together now. */
  readonly onFine: () => void;
  /** Its values do not go together, though each is right. */
  readonly onRefused: (error: unknown) => void;
}

interface EstimateNow {
  /** Null: nothing is known of what would be sent now. */
  readonly total: Accessor<Total | null>;
  readonly state: Accessor<EstimateState>;
  /** Why it would be refused or wait now, in words. */
  readonly obstacles: Accessor<ReadonlyArray<string>>;
  /** What it would cost at providers where it may go on. */
  readonly fallbacks: Accessor<BatchEstimate["fallbacks"]>;
  /** Asked once more in a moment: what was just sent takes places and credits of what would be next. */
  readonly soon: () => void;
}

/** What the price depends on: all but the words, while there are any. */
const pricedBy = (asked: Batch | null, promptKey: string | undefined): string | null => {
  if (asked === null) {
    return null;
  }
  const { prompt: _source, name: _name, params, ...request } = asked.request;
  return JSON.stringify([{ ...asked, request }, promptKey === undefined ? params : { ...params, [promptKey]: "" }]);
};

/**
 * Told, each at most once in `gatherMs`: `eased`, what stands in the way of jobs may do so no more; `barred`, something may stand there that did
 * not.
 */
const onChangesAround = (eased: () => void, barred: () => void): void => {
  const { accounts, budgets, jobs, pauses } = useWorkspace();
  // By content: that a job goes on changes nothing of how many are in each state.
  const counts = createMemo(() => JSON.stringify(jobs.counts()));
  gathered([counts, accounts.list, budgets.list], eased);
  const held = createMemo(pauses.held);
  const levels = createMemo(() => JSON.stringify((budgets.list() ?? []).map((budget) => [budget.id, budgetLevel(budget)])));
  gathered([held, levels], barred);
};

const gathered = (sources: ReadonlyArray<Accessor<unknown>>, look: () => void): void => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  createEffect(
    on(
      [...sources],
      () => {
        timer ??= setTimeout(() => {
          timer = undefined;
          look();
        }, gatherMs);
      },
      { defer: true },
    ),
  );
  onCleanup(() => clearTimeout(timer));
};

export const createEstimate = (options: EstimateOptions): EstimateNow => {
  const { client } = useWorkspace();
  const [estimate, setEstimate] = createSignal<BatchEstimate | null>(null);
  /** What `estimate` is of. */
  const [estimated, setEstimated] = createSignal<string | null>(null);
  const [silent, setSilent] = createSignal(false);
  const [clashes, setClashes] = createSignal(false);
  // Compared by content: a name may be typed without changing what it costs, but the request is a new object each time.
  const asked = createMemo(() => JSON.stringify(options.batch()));
  const priced = createMemo(() => pricedBy(options.batch(), options.promptKey()));
  const [round, setRound] = createSignal(0);
  const stands = () => {
    const now = estimate();
    return now !== null && now.refusals.length + now.waits.length > 0;
  };
  const lookAnew = () => setRound((before) => before + 1);
  const lookAgain = () => (stands() || silent()) && lookAnew();
  /** In a row. */
  let unanswered = 0;
  onChangesAround(lookAgain, lookAnew);
  let soon: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(soon));
  createEffect(
    on([debounced(asked, restMs), round], ([text]) => {
      const now = text === "null" ? null : options.batch();
      if (now === null) {
        setEstimate(null);
        setClashes(false);
        setSilent(false);
        return;
      }
      const of = priced();
      const stop = new AbortController();
      let again: ReturnType<typeof setTimeout> | undefined;
      onCleanup(() => {
        stop.abort();
        clearTimeout(again);
      });
      // What has been typed since will be asked for by itself.
      const isPresent = () => !stop.signal.aborted && asked() === text;
      client.call("jobs.estimate", now, { signal: stop.signal }).then(
        (answer) => {
          unanswered = 0;
          if (!stop.signal.aborted) {
            batch(() => {
              setEstimate(answer);
              setEstimated(of);
              setSilent(false);
            });
            again = setTimeout(lookAgain, againMs);
          }
          if (isPresent() && clashes()) {
            setClashes(false);
            options.onFine();
          }
        },
        (error: unknown) => {
          if (!stop.signal.aborted) {
            setEstimate(null);
          }
          // Without an estimate the form works as well; any other failure is said when it is sent.
          if (isPresent()) {
            const refused = issuesOf(error).length > 0;
            setSilent(!refused);
            if (refused) {
              unanswered = 0;
              setClashes(true);
              options.onRefused(error);
            } else {
              again = setTimeout(lookAgain, Math.min(firstPauseMs * 2 ** unanswered++, againMs));
            }
          }
        },
      );
    }),
  );
  const state = (): EstimateState => {
    if (priced() === null) {
      return "empty";
    }
    if (estimate() !== null && estimated() === priced()) {
      return "known";
    }
    // What clashed before may do so no more.
    return silent() ? "unknown" : clashes() ? "clashes" : "asking";
  };
  return {
    state,
    total: () => {
      const now = estimate();
      return now === null || state() !== "known" ? null : totalOf(now, options.places, options.untold);
    },
    obstacles: () => {
      const now = estimate();
      // What is refused waits for nothing.
      return now === null ? [] : now.refusals.length > 0 ? now.refusals : now.waits;
    },
    fallbacks: () => estimate()?.fallbacks ?? [],
    soon: () => {
      clearTimeout(soon);
      soon = setTimeout(lookAnew, gatherMs);
    },
  };
};

const stateWords: Readonly<Record<Exclude<EstimateState, "clashes">, string>> = {
  empty: "Fill in the form to see time and cost.",
  asking: "Looking up time and cost …",
  known: "",
  unknown: "Time and cost could not be looked up.",
};

/** `free`, `$3.20`, `price not told by Gateway`, `$3.20 and what Gateway charges`. */
const priceWords = ({ price, untold }: Total): string => {
  const others = untold.join(", ");
  return untold.length === 0 ? (price ?? "free") : price === null ? `price not told by ${others}` : `${price} and what ${others} charges`;
};

/** ` · $3.20`, ` · $3.20 and more`, ` · free`: as short as a button needs it. Empty: no price is known. */
export const priceToSend = (total: Total | null): string => {
  if (total === null) {
    return "";
  }
  const { price, untold } = total;
  return untold.length === 0 ? ` · ${price ?? "free"}` : price === null ? "" : ` · ${price} and more`;
};

interface EstimateProps {
  readonly total: Total | null;
  readonly state: EstimateState;
  /** A field says what does not go together. */
  readonly isMarked: boolean;
  /** Goes to what is marked. */
  readonly onShowMarked: () => void;
}

export const EstimateView: Component<EstimateProps> = (props) => (
  <div class="generate-estimate" aria-live="polite">
    <Show
      when={props.total}
      fallback={
        <Show when={props.state === "clashes" ? null : props.state} fallback={<Clashes {...props} />}>
          {(state) => <span>{stateWords[state()]}</span>}
        </Show>
      }
    >
      {(now) => (
        <>
          <span>
            <Clock size={13} aria-hidden="true" />
            about {formatSpan(now().totalMs)}
          </span>
          <span>
            <Coins size={13} aria-hidden="true" />
            {priceWords(now())}
          </span>
        </>
      )}
    </Show>
  </div>
);

/** What is marked may stand far from what was changed last. */
const Clashes: Component<Pick<EstimateProps, "isMarked" | "onShowMarked">> = (props) => (
  <p>
    Not all of this goes together
    <Show when={props.isMarked}>
      :{" "}
      <button type="button" class="ui-link" onClick={() => props.onShowMarked()}>
        see what is marked
      </button>
    </Show>
    .
  </p>
);
