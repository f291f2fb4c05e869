// What stands where a playthrough was that somebody has deleted, on another device or in another window.
import { Show } from "solid-js";
import type { PlaySource } from "../net/source.ts";
import { createAttempts, ProblemLine } from "./panels.tsx";

export const Gone = (props: { readonly source: PlaySource }) => {
  const { busy, problem, attempt } = createAttempts();
  return (
    <section class="gate" aria-labelledby="title">
      <h1 id="title">{props.source.title}</h1>
      <p role="alert">This playthrough was deleted, or belongs to another account now.</p>
      <ProblemLine problem={problem()} />
      <Show when={!props.source.watching}>
        <button
          type="button"
          class="choice start"
          aria-disabled={busy()}
          ref={(button) => queueMicrotask(() => button.focus({ preventScroll: true }))}
          onClick={() => void attempt(props.source.restart)}
        >
          Begin anew
        </button>
      </Show>
    </section>
  );
};
