// Travelling through the steps of a job: a slider over them, coloured by state, with the way back to the present.
import ChevronLeft from "lucide-solid/icons/chevron-left";
import ChevronRight from "lucide-solid/icons/chevron-right";
import { createMemo, For, Show, type Component } from "solid-js";
import type { JournalEntry } from "#protocol/actor.ts";
import { placesOf } from "#web/machine/graph.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import type { Tone } from "#web/ui/feedback.tsx";
import { jobStateLooks } from "#web/ui/job-state.tsx";
import type { Travel } from "./parts.ts";
import { eventWords, jobStateOf, preciseSpan, stateWords } from "./words.ts";

interface ScrubProps {
  readonly entries: ReadonlyArray<JournalEntry>;
  readonly travel: Travel;
  readonly ended: boolean;
}

interface Stretch {
  readonly tone: Tone;
  readonly state: string;
  readonly steps: number;
}

/** Steps one after the other in the same state. */
const stretchesOf = (entries: ReadonlyArray<JournalEntry>): ReadonlyArray<Stretch> => {
  const stretches: Array<Stretch> = [];
  for (const { value } of entries) {
    const state = placesOf(value)[0] ?? "";
    const open = stretches.at(-1);
    if (open?.state === state) {
      stretches[stretches.length - 1] = { ...open, steps: open.steps + 1 };
    } else {
      const known = jobStateOf(state);
      stretches.push({ state, steps: 1, tone: known === null ? "neutral" : jobStateLooks[known].tone });
    }
  }
  return stretches;
};

export const Scrub: Component<ScrubProps> = (props) => {
  const stretches = createMemo(() => stretchesOf(props.entries));
  const at = () => props.travel.cursor() ?? props.travel.last();
  const isPast = () => props.travel.cursor() !== null;
  const start = () => props.entries[0]?.at ?? 0;
  const words = () => {
    const shown = props.travel.shown();
    return shown === undefined
      ? "Reading the steps…"
      : shown.seq === 0
        ? `${stateWords(shown.value)}: just accepted`
        : `${stateWords(shown.value)}: ${eventWords(shown.event).toLowerCase()}, ${preciseSpan(shown.at - start())} after it was accepted`;
  };
  return (
    <div class="job-scrub" data-past={isPast() ? "" : undefined}>
      <IconButton size="s" label="Step before" icon={ChevronLeft} disabled={at() === 0} onClick={() => props.travel.step(-1)} />
      <div class="job-scrub-track">
        <div class="job-scrub-band" aria-hidden="true">
          <For each={stretches()}>{(stretch) => <span data-tone={stretch.tone} style={{ "flex-grow": stretch.steps }} />}</For>
        </div>
        <input
          class="ui-slider"
          type="range"
          min={0}
          max={Math.max(props.travel.last(), 1)}
          step={1}
          disabled={props.travel.last() < 1}
          value={at()}
          aria-label="Step of the job"
          aria-valuetext={`Step ${at()} of ${props.travel.last()}. ${words()}`}
          onInput={(event) => props.travel.goTo(event.currentTarget.valueAsNumber)}
          onKeyDown={(event) => event.key === "Escape" && isPast() && (event.stopPropagation(), props.travel.live())}
        />
      </div>
      <IconButton size="s" label="Step after" icon={ChevronRight} disabled={!isPast()} onClick={() => props.travel.step(1)} />
      <span class="job-scrub-step">
        {at()} / {props.travel.last()}
      </span>
      <Show
        when={isPast()}
        fallback={
          <span class="job-scrub-live">
            <span class="job-scrub-dot" data-live={props.ended ? undefined : ""} aria-hidden="true" />
            {props.ended ? "End" : "Live"}
          </span>
        }
      >
        <Button size="s" tone="primary" onClick={props.travel.live}>
          {props.ended ? "To the end" : "Back to live"}
        </Button>
      </Show>
      <p class="job-scrub-words truncate" aria-hidden="true">
        {words()}
      </p>
    </div>
  );
};
