// What each submission of a job was to cost and did, on which account, and how it ended.
import { For, Show, type Component } from "solid-js";
import type { Charge, Job } from "#protocol/job.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { formatFull, formatMoment, formatSpan } from "#web/ui/format.ts";
import { formatAmount, formatPrice } from "#web/ui/price.ts";
import { adviceFor } from "./advice.ts";

const endings = {
  completed: "Completed",
  stopped: "Stopped",
  "goes on": "Not followed to its end, and counted as made",
  unknown: "Nobody can say whether it was taken: counted as made until that is known",
} as const;

const outcomeWords = (outcome: Charge["outcome"]): string =>
  outcome === "completed" || outcome === "stopped" || outcome === "goes on" || outcome === "unknown"
    ? endings[outcome]
    : adviceFor(outcome).title;

export const Charges: Component<{ readonly job: Job }> = (props) => {
  const { providers } = useWorkspace();
  return (
    <table class="job-charges">
      <caption class="visually-hidden">Charges, oldest first</caption>
      <thead>
        <tr>
          <th scope="col">Account</th>
          <th scope="col">Estimated</th>
          <th scope="col">Charged</th>
        </tr>
      </thead>
      <tbody>
        <For each={props.job.charges}>
          {(charge) => (
            <tr>
              <td>
                {charge.accountTitle}
                <Show when={charge.provider !== undefined && charge.provider !== props.job.provider ? charge.provider : undefined}>
                  {(provider) => <> at {providers.title(provider())}</>}
                </Show>
                <small>
                  {outcomeWords(charge.outcome)}, {formatSpan(charge.tookMs)} after its start ·{" "}
                  <time dateTime={new Date(charge.at).toISOString()} title={formatFull(charge.at)}>
                    {formatMoment(charge.at, Date.now())}
                  </time>
                </small>
              </td>
              <td>{formatAmount(charge.estimated)}</td>
              <td>
                {charge.charged === null
                  ? charge.outcome === "unknown"
                    ? "unknown"
                    : "not told"
                  : formatPrice(charge.charged, charge.type)}
              </td>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  );
};
