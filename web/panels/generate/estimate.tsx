// What the request would cost and how long it would take, asked for once the form has rested; and what the provider says of it meanwhile.
import Clock from "lucide-solid/icons/clock";
import Coins from "lucide-solid/icons/coins";
import { createEffect, createMemo, createSignal, on, onCleanup, Show, type Accessor, type Component } from "solid-js";
import type { Estimate, JobRequest } from "#protocol/job.ts";
import { debounced } from "#web/store/debounced.ts";
import { issuesOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { formatSpan } from "#web/ui/format.ts";
import { formatPrice } from "#web/ui/price.ts";

/** ms without a change of the form */
const restMs = 350;

export interface Total {
  readonly credits: number;
  readonly totalMs: number;
}

/** Credits and time of so many: they run side by side as far as there are places. */
export const estimateOf = (estimate: Estimate, count: number, places: number): Total => ({
  credits: estimate.credits * count,
  totalMs: estimate.waitMs + estimate.durationMs * Math.ceil(count / Math.max(places, 1)),
});

interface EstimateOptions {
  /** Null: something is still wrong with it. */
  readonly request: () => JobRequest | null;
  readonly count: () => number;
  /** Jobs that run at the same time. */
  readonly places: () => number;
  /** What was refused goes together now. */
  readonly onFine: () => void;
  /** Its values do not go together, though each is right. */
  readonly onRefused: (error: unknown) => void;
}

interface EstimateNow {
  /** Null: nothing is known. */
  readonly total: Accessor<Total | null>;
  /** Its values do not go together. */
  readonly clashes: Accessor<boolean>;
}

export const createEstimate = (options: EstimateOptions): EstimateNow => {
  const { client } = useWorkspace();
  const [estimate, setEstimate] = createSignal<Estimate | null>(null);
  const [clashes, setClashes] = createSignal(false);
  // Compared by content: a name may be typed without changing what it costs, but the request is a new object each time.
  const request = createMemo(() => JSON.stringify(options.request()));
  createEffect(
    on(debounced(request, restMs), (text) => {
      const now = text === "null" ? null : options.request();
      if (now === null) {
        setEstimate(null);
        setClashes(false);
        return;
      }
      const stop = new AbortController();
      onCleanup(() => stop.abort());
      // What has been typed since will be asked for by itself.
      const isPresent = () => !stop.signal.aborted && request() === text;
      client.call("jobs.estimate", { request: now }, { signal: stop.signal }).then(
        (answer) => {
          if (!stop.signal.aborted) {
            setEstimate(answer);
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
      return now === null ? null : estimateOf(now, options.count(), options.places());
    },
    clashes,
  };
};

interface EstimateProps {
  readonly total: Total | null;
  readonly clashes: boolean;
  /** What the provider counts in. */
  readonly type: string | null;
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
            {now().credits === 0 ? "free" : formatPrice(now().credits, props.type)}
          </span>
        </>
      )}
    </Show>
  </div>
);
