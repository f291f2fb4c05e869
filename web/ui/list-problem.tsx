// At the foot of a list: why its next page did not come, and a button that asks for it again.
import { Show, type Component } from "solid-js";
import { Button } from "./button.tsx";

interface ListProblemProps {
  /** What is missing: `Older jobs`. */
  readonly what: string;
  /** Null: nothing is. */
  readonly problem: string | null;
  readonly onRetry: () => void;
}

export const ListProblem: Component<ListProblemProps> = (props) => (
  <Show when={props.problem}>
    {(problem) => (
      <p class="ui-list-problem" role="alert">
        {props.what} could not be read. {problem()}{" "}
        <Button size="s" onClick={() => props.onRetry()}>
          Try again
        </Button>
      </p>
    )}
  </Show>
);
