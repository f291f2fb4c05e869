// Submissions that have ended and of which nobody knows whether they were taken: what is held for them stays held until somebody says.
import { createEffect, createSignal, createUniqueId, For, on, onCleanup, Show, type Accessor, type Component } from "solid-js";
import type { LedgerEntry } from "#protocol/spend.ts";
import { openPanel } from "#web/dock/panel.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { formatFull, formatMoment } from "#web/ui/format.ts";
import { ListProblem } from "#web/ui/list-problem.tsx";
import { countedPrice } from "#web/ui/price.ts";
import { TellDialog } from "./tell-dialog.tsx";

interface UnknownProps {
  /** Changes when there may be others; undefined: they are not looked at. */
  readonly asked: Accessor<unknown>;
  readonly onTold: () => void;
}

/** Read at once, at most: as they are told, the next come. */
const atOnce = 20;

const heldWords = ({ estimated, type }: LedgerEntry, isFree: boolean): string => {
  const price = countedPrice(estimated, type);
  return isFree ? "Free" : price === null ? "Price not told" : `${price} held`;
};

export const Unknown: Component<UnknownProps> = (props) => {
  const { client, providers } = useWorkspace();
  const [entries, setEntries] = createSignal<ReadonlyArray<LedgerEntry>>([]);
  const [more, setMore] = createSignal(false);
  const [problem, setProblem] = createSignal<string | null>(null);
  const [telling, setTelling] = createSignal<LedgerEntry | null>(null);
  const [again, setAgain] = createSignal(0);
  const titleId = createUniqueId();
  createEffect(
    on([() => props.asked(), again], ([asked]) => {
      if (asked === undefined) {
        return;
      }
      const stop = new AbortController();
      onCleanup(() => stop.abort());
      client.call("spend.ledger", { unknown: true, limit: atOnce }, { signal: stop.signal }).then(
        (page) => {
          setEntries(page.entries);
          setMore(page.next !== null);
          setProblem(null);
        },
        (error: unknown) => !stop.signal.aborted && setProblem(sentenceOf(error)),
      );
    }),
  );
  const told = () => {
    setAgain((now) => now + 1);
    props.onTold();
  };
  return (
    <>
      <ListProblem what="What nobody knows the cost of" problem={problem()} onRetry={() => setAgain((now) => now + 1)} />
      <Show when={entries().length > 0}>
        <section class="spend-unknown" aria-labelledby={titleId}>
          <h3 id={titleId}>Not known whether charged</h3>
          <p class="muted">
            No answer came to these, and their job has ended. Providers that can tell are asked again for a week; until they say, or
            somebody who has looked there, their estimates stay held.
          </p>
          <ul>
            <For each={entries()}>
              {(entry) => (
                <li>
                  <span class="spend-unknown-words">
                    <strong>{heldWords(entry, providers.isFree(entry.provider))}</strong>
                    <small>
                      {entry.accountTitle} at {providers.title(entry.provider)} ·{" "}
                      <time dateTime={new Date(entry.at).toISOString()} title={formatFull(entry.at)}>
                        {formatMoment(entry.at, Date.now())}
                      </time>
                    </small>
                  </span>
                  <Button size="s" tone="ghost" onClick={() => openPanel("job", { jobId: entry.jobId })}>
                    Its job
                  </Button>
                  <Button size="s" onClick={() => setTelling(entry)}>
                    Say what it cost…
                  </Button>
                </li>
              )}
            </For>
          </ul>
          <Show when={more()}>
            <p class="muted">There are more: they follow as these are told.</p>
          </Show>
        </section>
      </Show>
      <TellDialog telling={telling()} onClose={() => setTelling(null)} onTold={told} />
    </>
  );
};
