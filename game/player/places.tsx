// Playthroughs and saved places in a list: somewhere to go on from, or to delete.
import { createSignal, type ParentProps, Show } from "solid-js";
import type { Earlier } from "../net/source.ts";
import type { Speech } from "../words/catalogue.ts";
import { useSpeech } from "../words/speech.tsx";
import { endingName } from "./spoken.ts";

/** `heading`: of its ending; empty: that has none. */
export const standing = ({ ending, turn }: Earlier, { words: { places } }: Speech, heading = ""): string => {
  if (ending !== null) return places.ended(heading === "" ? endingName(ending) : heading);
  return turn === 0 ? places.notBegun : places.underWay(turn);
};

/** `at`: ms since 1970. */
export const momentOf = (at: number, { locale }: Speech): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(at);

/** Somewhere to go on from. The one that was pressed keeps the focus while it is gone to. */
export const Place = (
  props: ParentProps<{
    readonly name: string;
    readonly at: number;
    readonly disabled: boolean;
    readonly busy: boolean;
    readonly go: () => void;
  }>,
) => {
  const speech = useSpeech();
  return (
    <li>
      <button type="button" class="plain" disabled={props.disabled} aria-disabled={props.busy} onClick={() => props.go()}>
        <span>{props.name}</span>
        <small>{momentOf(props.at, speech())}</small>
      </button>
      {props.children}
    </li>
  );
};

/** Asks first. */
export const Deletion = (props: { readonly name: string; readonly busy: boolean; readonly go: () => void }) => {
  const speech = useSpeech();
  const words = () => speech().words.places;
  const [asked, setAsked] = createSignal(false);
  let asker: HTMLButtonElement | undefined;
  const keep = (): void => {
    if (props.busy) return;
    setAsked(false);
    asker?.focus({ preventScroll: true });
  };
  return (
    <span
      class="moment-buttons"
      role={asked() ? "group" : undefined}
      aria-label={asked() ? words().askDelete(props.name) : undefined}
      onKeyDown={(event) => {
        if (asked() && event.key === "Escape") keep();
      }}
    >
      <Show
        when={asked()}
        fallback={
          <button
            type="button"
            class="plain"
            aria-label={words().deleteOne(props.name)}
            data-delete
            ref={(button) => (asker = button)}
            onClick={() => setAsked(true)}
          >
            {words().delete}
          </button>
        }
      >
        {/* A second press where "Delete" was must not be this one. */}
        <button type="button" class="plain" aria-disabled={props.busy} onClick={() => props.go()}>
          {words().deleteForGood}
        </button>
        <button
          type="button"
          class="plain"
          aria-disabled={props.busy}
          ref={(button) => queueMicrotask(() => button.focus({ preventScroll: true }))}
          onClick={keep}
        >
          {words().keep}
        </button>
      </Show>
    </span>
  );
};

/** Where a row is gone that had the focus, that goes to the next one's, or to this. */
export const focusAfter = (list: HTMLElement, row: number, otherwise: HTMLElement): void => {
  if (document.activeElement !== null && document.activeElement !== document.body) return;
  const left = list.querySelectorAll<HTMLButtonElement>("[data-delete]");
  (left[Math.min(row, left.length - 1)] ?? otherwise).focus({ preventScroll: true });
};
