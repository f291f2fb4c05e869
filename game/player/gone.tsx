// What stands where a playthrough was that somebody has deleted, on another device or in another window.
import { Show } from "solid-js";
import type { PlaySource } from "../net/source.ts";
import { useSpeech } from "../words/speech.tsx";
import { createAttempts, ProblemLine } from "./attempts.tsx";

export const Gone = (props: { readonly source: PlaySource }) => {
  const speech = useSpeech();
  const words = () => speech().words.gone;
  const { busy, problem, attempt } = createAttempts();
  return (
    <section class="gate" aria-labelledby="title">
      <h1 id="title">{props.source.title}</h1>
      <p role="alert">{words().why}</p>
      <ProblemLine problem={problem()} />
      <Show when={!props.source.watching}>
        <button
          type="button"
          class="choice start"
          aria-disabled={busy()}
          ref={(button) => queueMicrotask(() => button.focus({ preventScroll: true }))}
          onClick={() => void attempt(props.source.restart)}
        >
          {words().anew}
        </button>
      </Show>
    </section>
  );
};
