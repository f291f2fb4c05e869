// Before the story: what it is, whom it is for, and the one press that browsers ask for before there is sound.
import { createSignal, onCleanup, Show } from "solid-js";
import { type ContentRating, contentRatings, ratingOf } from "#protocol/scene/scene.ts";
import type { PlaySource } from "../net/source.ts";

const warnings: Readonly<Record<Exclude<ContentRating, "everyone">, string>> = {
  teen: "This story is for people of 13 years or more.",
  mature: "This story is for adults only.",
};

/** Of the choices that were made, the last ones are told. */
const mostTold = 4;

const soFar = (source: PlaySource): string => {
  const chosen = source.history().flatMap((moment) => (moment.chosen === "" ? [] : [moment.chosen]));
  return [...(chosen.length > mostTold ? ["…"] : []), ...chosen.slice(-mostTold)].join(" · ");
};

export const Gate = (props: {
  readonly source: PlaySource;
  /** The highest rating that somebody here has agreed to. */
  readonly agreed: ContentRating;
  readonly start: () => void;
}) => {
  const rating = ratingOf(props.source.story);
  const asks = () => contentRatings.indexOf(rating) > contentRatings.indexOf(props.agreed);
  const [agreed, setAgreed] = createSignal(false);
  const warning = rating === "everyone" ? "" : warnings[rating];
  const [chosen, setChosen] = createSignal(soFar(props.source));
  onCleanup(props.source.onChange(() => setChosen(soFar(props.source))));
  const goesOn = props.source.state().turn > 0;
  return (
    <section class="gate" aria-labelledby="title">
      <h1 id="title">{props.source.title}</h1>
      <Show when={warning !== ""}>
        <p class="rating">{warning}</p>
      </Show>
      <Show when={asks()}>
        <label class="agree">
          <input type="checkbox" checked={agreed()} onChange={(event) => setAgreed(event.currentTarget.checked)} />
          <span>I am old enough, and want to see it.</span>
        </label>
      </Show>
      <Show when={props.source.watching}>
        <p class="muted">You follow somebody else's playthrough.</p>
      </Show>
      <Show when={chosen() !== ""}>
        <p class="muted">So far: {chosen()}</p>
      </Show>
      <button
        type="button"
        class="choice start"
        disabled={asks() && !agreed()}
        ref={(button) => queueMicrotask(() => button.focus({ preventScroll: true }))}
        onClick={() => props.start()}
      >
        {props.source.watching ? "Watch" : goesOn ? "Go on" : "Play"}
      </button>
      <Show when={goesOn && !props.source.watching}>
        <button
          type="button"
          class="plain"
          disabled={asks() && !agreed()}
          onClick={() => {
            props.source.restart();
            props.start();
          }}
        >
          From the beginning
        </button>
      </Show>
    </section>
  );
};
