// What stands where a playthrough was that is not gone on with here: somebody has deleted it on another device or in another window, or this
// page was cut off from it.
import { Show } from "solid-js";
import type { Gone as How, PlaySource } from "../net/source.ts";
import { useSpeech } from "../words/speech.tsx";
import { createAttempts, ProblemLine } from "./attempts.tsx";

export const Gone = (props: { readonly source: PlaySource; readonly how: How }) => {
  const speech = useSpeech();
  const words = () => speech().words.gone;
  const { busy, problem, attempt } = createAttempts();
  return (
    <section class="gate" aria-labelledby="title">
      <h1 id="title">{props.source.title}</h1>
      <p role="alert">{words()[props.how]}</p>
      <ProblemLine problem={problem()} />
      <Show when={props.how === "cutOff" || !props.source.watching}>
        <button
          type="button"
          class="choice start"
          aria-disabled={busy()}
          ref={(button) => queueMicrotask(() => button.focus({ preventScroll: true }))}
          onClick={() => (props.how === "cutOff" ? location.reload() : void attempt(props.source.restart))}
        >
          {props.how === "cutOff" ? words().load : words().anew}
        </button>
      </Show>
    </section>
  );
};
