// What each submission of a job was to cost and did, on which account, and how it ended.
import { createSignal, For, Show, type Component } from "solid-js";
import type { Charge, Job } from "#protocol/job.ts";
import type { LedgerEntry } from "#protocol/spend.ts";
import { formatAmount, formatPrice } from "#protocol/price.ts";
import { TellDialog, type Telling } from "#web/panels/spend/tell-dialog.tsx";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { formatFull, formatMoment, formatSpan } from "#web/ui/format.ts";
import { adviceFor } from "./advice.ts";
import type { Told } from "./told.ts";

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

/** Of what was known to be taken it is only told that some of it was given back. */
const foundWords = ({ outcome: known, refunded, type }: LedgerEntry, found: NonNullable<LedgerEntry["found"]>["outcome"]): string => {
  if (known !== "unknown") {
    return `has given back ${formatPrice(refunded, type)}`;
  }
  return found === "not taken" ? "was not taken" : found === "completed" ? "completed there" : `ended there: ${outcomeWords(found)}`;
};

/** What the provider charged is as it says; that it has not taken it may be corrected. */
const mayTell = (told: LedgerEntry | undefined): boolean => told?.source !== "provider" || told.found?.outcome === "not taken";

/** Nobody tells what a free one costs. */
const estimatedWords = ({ estimated, type }: Charge, isFree: boolean): string =>
  isFree ? "free" : estimated === 0 ? "not told" : formatAmount(estimated, type);

const chargedWords = ({ charged, outcome, type }: Charge, told: number | null | undefined, isFree: boolean): string => {
  const cost = told ?? charged;
  return isFree && (cost ?? 0) === 0 ? "free" : cost === null ? (outcome === "unknown" ? "unknown" : "not told") : formatPrice(cost, type);
};

export const Charges: Component<{ readonly job: Job; readonly told: Told }> = (props) => {
  const { providers } = useWorkspace();
  const isFree = (charge: Charge) => providers.isFree(charge.provider ?? props.job.provider);
  /** What a person has told stands instead of it. */
  const foundOf = (charge: Charge) => {
    const entry = props.told.of(charge);
    return entry === undefined || entry.told !== null || entry.found === null
      ? undefined
      : { words: foundWords(entry, entry.found.outcome), at: entry.found.at };
  };
  const [telling, setTelling] = createSignal<Telling | null>(null);
  return (
    <>
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
                  <Show when={props.told.of(charge)?.told}>
                    {(told) => (
                      <small>
                        Told by a person{" "}
                        <time dateTime={new Date(told().at).toISOString()} title={formatFull(told().at)}>
                          {formatMoment(told().at, Date.now())}
                        </time>
                      </small>
                    )}
                  </Show>
                  <Show when={foundOf(charge)}>
                    {(found) => (
                      <small>
                        Its provider, asked later, says that it {found().words} ·{" "}
                        <time dateTime={new Date(found().at).toISOString()} title={formatFull(found().at)}>
                          {formatMoment(found().at, Date.now())}
                        </time>
                      </small>
                    )}
                  </Show>
                  <Show when={charge.outcome === "unknown" && charge.charged === null && mayTell(props.told.of(charge))}>
                    <Button size="s" onClick={() => setTelling(props.told.of(charge) ?? charge)}>
                      {props.told.of(charge) === undefined ? "Say what it cost…" : "Correct it…"}
                    </Button>
                  </Show>
                </td>
                <td>{estimatedWords(charge, isFree(charge))}</td>
                <td>{chargedWords(charge, props.told.of(charge)?.charged, isFree(charge))}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
      <TellDialog telling={telling()} onClose={() => setTelling(null)} onTold={(entry) => props.told.put(entry)} />
    </>
  );
};
