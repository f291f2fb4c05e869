// What the request would cost and how long it would take, asked for once the form has rested.
import Clock from "lucide-solid/icons/clock";
import Coins from "lucide-solid/icons/coins";
import { createEffect, createMemo, createSignal, on, onCleanup, Show, type Component } from "solid-js";
import type { Estimate, JobRequest } from "#protocol/job.ts";
import { debounced } from "#web/store/debounced.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { formatSpan } from "#web/ui/format.ts";

/** ms without a change of the form */
const restMs = 350;

/** Credits and time of so many: they run side by side as far as the provider lets them. */
export const estimateOf = (
  estimate: Estimate,
  count: number,
  concurrency: number,
): { readonly credits: number; readonly totalMs: number } => ({
  credits: estimate.credits * count,
  totalMs: estimate.waitMs + estimate.durationMs * Math.ceil(count / Math.max(concurrency, 1)),
});

interface EstimateProps {
  readonly request: () => JobRequest | null;
  readonly count: number;
  readonly concurrency: number;
}

export const EstimateView: Component<EstimateProps> = (props) => {
  const { client } = useWorkspace();
  const [estimate, setEstimate] = createSignal<Estimate | null>(null);
  // Compared by content: the seed or a name may be typed without changing what it costs, but the request is a new object each time.
  const request = createMemo(() => JSON.stringify(props.request()));
  createEffect(
    on(debounced(request, restMs), (text) => {
      const now = text === "null" ? null : props.request();
      if (now === null) {
        setEstimate(null);
        return;
      }
      const stop = new AbortController();
      onCleanup(() => stop.abort());
      client.call("jobs.estimate", { request: now }, { signal: stop.signal }).then(
        (answer) => !stop.signal.aborted && setEstimate(answer),
        // Without an estimate the form works as well; what is wrong with the request is said when it is sent.
        () => !stop.signal.aborted && setEstimate(null),
      );
    }),
  );
  const total = () => {
    const now = estimate();
    return now === null ? null : estimateOf(now, props.count, props.concurrency);
  };
  return (
    <div class="generate-estimate" aria-live="polite">
      <Show when={total()} fallback={<span>Fill in the form to see time and cost.</span>}>
        {(now) => (
          <>
            <span>
              <Clock size={13} aria-hidden="true" />
              about {formatSpan(now().totalMs)}
            </span>
            <span>
              <Coins size={13} aria-hidden="true" />
              {now().credits === 0 ? "free" : `${now().credits.toLocaleString("en")} credits`}
            </span>
          </>
        )}
      </Show>
    </div>
  );
};
