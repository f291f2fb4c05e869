// Where the time of a job went: a bar for each stay in a state, and what each attempt came to.
import { createMemo, For, Show, type Component } from "solid-js";
import type { JournalEntry } from "#protocol/actor.ts";
import { useNow } from "#web/store/now.ts";
import { jobStateLooks } from "#web/ui/job-state.tsx";
import { attemptsOf, staysOf, timesByState } from "./timings.ts";
import { jobStateOf, preciseSpan, preciseTime } from "./words.ts";

interface TimingsProps {
  /** Up to the step that is shown. */
  readonly entries: ReadonlyArray<JournalEntry>;
  readonly maxAttempts: number;
  /** The step that is shown is the present: what is open runs on. */
  readonly live: boolean;
}

/** Least width of a bar, so that what took no time is still seen, %. */
const leastWidth = 0.6;

export const TimingsView: Component<TimingsProps> = (props) => {
  const stays = createMemo(() => staysOf(props.entries));
  const isOpen = () => stays().at(-1)?.to === null;
  const goesOn = () => props.live && isOpen();
  const clock = createMemo(() => (goesOn() ? useNow() : null));
  // The clocks of server and browser may differ.
  const end = () => Math.max(clock()?.() ?? 0, props.entries.at(-1)?.at ?? 0);
  const start = () => stays()[0]?.from ?? 0;
  const whole = () => Math.max(end() - start(), 1);
  const rows = createMemo(() => timesByState(stays(), end()));
  const attempts = createMemo(() => attemptsOf(props.entries));
  const look = (state: string) => {
    const known = jobStateOf(state);
    return known === null ? { label: state, tone: "neutral" as const } : jobStateLooks[known];
  };
  return (
    <div class="job-timings">
      <table class="job-waterfall">
        <caption class="visually-hidden">Time in each state</caption>
        <tbody>
          <For each={rows()}>
            {(row) => (
              <tr>
                <th scope="row">{look(row.state).label}</th>
                <td class="job-waterfall-track" data-tone={look(row.state).tone}>
                  <For each={row.stays}>
                    {(stay) => (
                      <span
                        class="job-waterfall-bar"
                        data-open={stay.to === null && props.live ? "" : undefined}
                        title={preciseSpan((stay.to ?? end()) - stay.from)}
                        style={{
                          left: `${Math.min(((stay.from - start()) / whole()) * 100, 100 - leastWidth)}%`,
                          width: `${Math.max((((stay.to ?? end()) - stay.from) / whole()) * 100, leastWidth)}%`,
                        }}
                      />
                    )}
                  </For>
                </td>
                <td class="job-waterfall-time">{preciseSpan(row.total)}</td>
              </tr>
            )}
          </For>
          <tr class="job-waterfall-sum">
            <th scope="row">In all</th>
            <td>
              {preciseTime(start())} – {goesOn() ? "now" : preciseTime(end())}
            </td>
            <td class="job-waterfall-time">{preciseSpan(whole())}</td>
          </tr>
        </tbody>
      </table>

      <h3>
        Attempts <span class="muted">of at most {props.maxAttempts}</span>
      </h3>
      <ol class="job-attempts">
        <For each={attempts()}>
          {(attempt) => (
            <li>
              <strong>{attempt.number}</strong>
              <div>
                <Show
                  when={attempt.failure}
                  fallback={
                    <span>{attempt.to === null ? "Under way" : attempt === attempts().at(-1) ? "Ended with the job" : "Ended"}</span>
                  }
                >
                  {(failure) => <span class="job-bad">{failure()}</span>}
                </Show>
                <Show when={attempt.providerJobId ?? attempt.submitKey}>{(id) => <code class="truncate">{id()}</code>}</Show>
              </div>
              <span class="job-waterfall-time">{preciseSpan((attempt.to ?? end()) - attempt.from)}</span>
            </li>
          )}
        </For>
      </ol>
    </div>
  );
};
