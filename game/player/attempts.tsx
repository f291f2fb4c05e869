// What may fail, and why it could not be done.
import { createSignal, Show } from "solid-js";
import { sentenceOf } from "../words/catalogue.ts";
import { useSpeech } from "../words/speech.tsx";

/** Does what may fail, one thing at a time, and says why it could not be done. */
export const createAttempts = () => {
  const speech = useSpeech();
  const [busy, setBusy] = createSignal(false);
  const [failure, setFailure] = createSignal<unknown>();
  return {
    busy,
    /** A sentence for a person; empty: there is none. */
    problem: () => (failure() === undefined ? "" : sentenceOf(failure(), speech().words)),
    /** Answers when it is over; nothing while something else is under way. */
    attempt: async (go: () => Promise<void>): Promise<void> => {
      if (busy()) return;
      setBusy(true);
      setFailure(undefined);
      try {
        await go();
      } catch (error) {
        setFailure(() => error);
      } finally {
        setBusy(false);
      }
    },
  };
};

export const ProblemLine = (props: { readonly problem: string }) => (
  <Show when={props.problem !== ""}>
    <p class="muted" role="alert">
      {props.problem}
    </p>
  </Show>
);
