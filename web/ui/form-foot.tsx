// The foot of a form: why it was not taken, and the buttons that leave it and send it.
import { For, Show, type Component } from "solid-js";
import { Button } from "./button.tsx";
import "./form-foot.css";

/** In words; null or empty: there is none. */
type Problem = string | ReadonlyArray<string> | null;

export const FormProblem: Component<{ readonly problem: Problem }> = (props) => {
  const all = () => (props.problem === null ? [] : [props.problem].flat());
  return (
    <Show when={all().length > 0}>
      <ul class="ui-form-problem" role="alert">
        <For each={all()}>{(problem) => <li>{problem}</li>}</For>
      </ul>
    </Show>
  );
};

interface FormFootProps {
  readonly problem: Problem;
  /** It is being sent. */
  readonly busy: boolean;
  /** What sends it; `Save` where nothing else is said. */
  readonly save?: string | undefined;
  readonly onCancel: () => void;
}

export const FormFoot: Component<FormFootProps> = (props) => (
  <div class="ui-form-foot">
    <FormProblem problem={props.problem} />
    <div class="ui-form-buttons">
      <Button onClick={() => props.onCancel()}>Cancel</Button>
      <Button type="submit" tone="primary" busy={props.busy}>
        {props.save ?? "Save"}
      </Button>
    </div>
  </div>
);
