// A topic that is followed for as long as its owner stands, and again on request once the server has refused it.
import { createSignal, onCleanup, type Accessor } from "solid-js";
import type { CallError } from "#protocol/wire/errors.ts";
import { sentenceOf } from "./problem.ts";

export interface Following {
  /** Why it cannot be followed, in a sentence. */
  readonly problem: Accessor<string | null>;
  /** Follows it again after a problem. */
  readonly retry: () => void;
}

/** `follow` begins to follow, hands a refusal on, and answers what stops it. */
export const createFollowing = (follow: (refused: (error: CallError) => void) => () => void): Following => {
  const [problem, setProblem] = createSignal<string | null>(null);
  const begin = () => follow((error) => setProblem(sentenceOf(error)));
  let stop = begin();
  onCleanup(() => stop());
  return {
    problem,
    retry: () => {
      stop();
      setProblem(null);
      stop = begin();
    },
  };
};
