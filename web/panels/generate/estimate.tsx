// What the request would cost and how long it would take, asked for once the form has rested; and what the provider says of it meanwhile.
import Clock from "lucide-solid/icons/clock";
import Coins from "lucide-solid/icons/coins";
import { createEffect, createMemo, createSignal, on, onCleanup, Show, type Accessor, type Component } from "solid-js";
import type { BatchEstimate, Grid, JobRequest } from "#protocol/job.ts";
import { debounced } from "#web/store/debounced.ts";
import { issuesOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { formatSpan } from "#web/ui/format.ts";
import { formatPrice } from "#web/ui/price.ts";

/** ms without a change of the form */
const restMs = 350;
/** While something stands in its way it is asked for anew, ms: a place comes free, a budget is raised. */
const againMs = 4000;

export interface Total {
  /** Null: it is free. */
  readonly price: string | null;
  readonly totalMs: number;
}

/** Price and time of all: they run side by side as far as each provider has places. */
export const totalOf = ({ parts }: Pick<BatchEstimate, "parts">, places: (provider: string) => number): Total => {
  const byType = new Map<string | null, number>();
  for (const { credits, creditType } of parts) {
    if (credits > 0) {
      byType.set(creditType, (byType.get(creditType) ?? 0) + credits);
    }
  }
  return {
    price: byType.size === 0 ? null : [...byType].map(([type, credits]) => formatPrice(credits, type)).join(" + "),
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

interface EstimateOptions {
  /** Null: something is still wrong with it. */
  readonly batch: () => Batch | null;
  /** Jobs that run at the same time at a provider. */
  readonly places: (provider: string) => number;
  /** What was refused goes together now. */
  readonly onFine: () => void;
  /** Its values do not go together, though each is right. */
  readonly onRefused: (error: unknown) => void;
}

interface EstimateNow {
  /** Null: nothing is known. */
  readonly total: Accessor<Total | null>;
  /** Why it would be refused or wait now, in words. */
  readonly obstacles: Accessor<ReadonlyArray<string>>;
  /** What it would cost at providers where it may go on. */
  readonly fallbacks: Accessor<BatchEstimate["fallbacks"]>;
  /** Its values do not go together. */
  readonly clashes: Accessor<boolean>;
}

export const createEstimate = (options: EstimateOptions): EstimateNow => {
  const { client } = useWorkspace();
  const [estimate, setEstimate] = createSignal<BatchEstimate | null>(null);
  const [clashes, setClashes] = createSignal(false);
  // Compared by content: a name may be typed without changing what it costs, but the request is a new object each time.
  const asked = createMemo(() => JSON.stringify(options.batch()));
  const [round, setRound] = createSignal(0);
  createEffect(
    on([debounced(asked, restMs), round], ([text]) => {
      const now = text === "null" ? null : options.batch();
      if (now === null) {
        setEstimate(null);
        setClashes(false);
        return;
      }
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
          if (!stop.signal.aborted) {
            setEstimate(answer);
            if (answer.refusals.length + answer.waits.length > 0) {
              again = setTimeout(() => setRound((before) => before + 1), againMs);
            }
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
          if (isPresent() && issuesOf(error).length > 0) {
            setClashes(true);
            options.onRefused(error);
          }
        },
      );
    }),
  );
  return {
    total: () => {
      const now = estimate();
      return now === null ? null : totalOf(now, options.places);
    },
    obstacles: () => {
      const now = estimate();
      return now === null ? [] : [...now.refusals, ...now.waits];
    },
    fallbacks: () => estimate()?.fallbacks ?? [],
    clashes,
  };
};

interface EstimateProps {
  readonly total: Total | null;
  readonly clashes: boolean;
}

export const EstimateView: Component<EstimateProps> = (props) => (
  <div class="generate-estimate" aria-live="polite">
    <Show
      when={props.total}
      fallback={
        <span>{props.clashes ? "Not all of this goes together: see what is marked." : "Fill in the form to see time and cost."}</span>
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
            {now().price ?? "free"}
          </span>
        </>
      )}
    </Show>
  </div>
);
