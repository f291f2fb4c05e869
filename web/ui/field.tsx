// The frame of every form field: label above, help and error below, wired to the control by id.
import { createUniqueId, Show, type Component, type JSX } from "solid-js";
import "./field.css";

export interface FieldProps {
  readonly label: string;
  /** Keeps the label for screen readers only, where the context says it already. */
  readonly hideLabel?: boolean;
  readonly help?: string | undefined;
  /** What is wrong and what to do; marks the control as invalid. */
  readonly error?: string | undefined;
  readonly required?: boolean;
}

/** Attributes for the control inside. */
export interface FieldControl {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": "true" | undefined;
  readonly "aria-required": "true" | undefined;
}

interface FrameProps extends FieldProps {
  /** Beside the label, at its right: a value, a small button. */
  readonly aside?: JSX.Element;
  readonly children: (control: FieldControl) => JSX.Element;
}

export const Field: Component<FrameProps> = (props) => {
  const id = createUniqueId();
  const control: FieldControl = {
    id,
    get "aria-describedby"() {
      return props.error !== undefined ? `${id}-error` : props.help !== undefined ? `${id}-help` : undefined;
    },
    get "aria-invalid"() {
      return props.error === undefined ? undefined : ("true" as const);
    },
    get "aria-required"() {
      return props.required ? ("true" as const) : undefined;
    },
  };
  return (
    <div class="ui-field">
      <div class="ui-field-top" classList={{ "visually-hidden": props.hideLabel === true }}>
        <label for={id}>{props.label}</label>
        {props.aside}
      </div>
      {props.children(control)}
      <Show
        when={props.error}
        fallback={
          <Show when={props.help}>
            {(help) => (
              <p id={`${id}-help`} class="ui-field-help">
                {help()}
              </p>
            )}
          </Show>
        }
      >
        {(error) => (
          <p id={`${id}-error`} class="ui-field-error">
            {error()}
          </p>
        )}
      </Show>
    </div>
  );
};
