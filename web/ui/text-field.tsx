// A line or a few lines of text with its label, help and error.
import { Show, splitProps, type Component, type JSX } from "solid-js";
import { Field, type FieldProps } from "./field.tsx";
import { MarkedText, type Mark } from "./marked-text.tsx";

interface TextFieldProps extends FieldProps {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly multiline?: boolean;
  /** Pieces that are shown as special; of one with several lines. */
  readonly marks?: ReadonlyArray<Mark> | undefined;
  readonly type?: "text" | "password" | "email" | "search" | "datetime-local";
  readonly name?: string;
  readonly placeholder?: string | undefined;
  readonly autocomplete?: string;
  readonly disabled?: boolean;
  readonly maxLength?: number | undefined;
  readonly aside?: JSX.Element;
  readonly onKeyDown?: JSX.EventHandler<HTMLElement, KeyboardEvent>;
  /** The element, to focus it. */
  readonly ref?: (element: HTMLInputElement | HTMLTextAreaElement) => void;
}

export const TextField: Component<TextFieldProps> = (props) => {
  const [own, frame] = splitProps(props, [
    "value",
    "onInput",
    "multiline",
    "marks",
    "type",
    "name",
    "placeholder",
    "autocomplete",
    "disabled",
    "maxLength",
    "onKeyDown",
    "ref",
  ]);
  return (
    <Field {...frame}>
      {(control) => (
        <Show
          when={own.multiline}
          fallback={
            <input
              {...control}
              ref={(element) => own.ref?.(element)}
              class="ui-input"
              type={own.type ?? "text"}
              name={own.name}
              placeholder={own.placeholder}
              autocomplete={own.autocomplete ?? "off"}
              disabled={own.disabled}
              maxLength={own.maxLength}
              value={own.value}
              onInput={(event) => own.onInput(event.currentTarget.value)}
              onKeyDown={(event) => own.onKeyDown?.(event)}
            />
          }
        >
          <MarkedText text={own.value} marks={own.marks}>
            <textarea
              {...control}
              ref={(element) => own.ref?.(element)}
              class="ui-input"
              rows={3}
              name={own.name}
              placeholder={own.placeholder}
              disabled={own.disabled}
              maxLength={own.maxLength}
              value={own.value}
              onInput={(event) => own.onInput(event.currentTarget.value)}
              onKeyDown={(event) => own.onKeyDown?.(event)}
            />
          </MarkedText>
        </Show>
      )}
    </Field>
  );
};

interface NumberFieldProps extends FieldProps {
  /** Null: empty. */
  readonly value: number | null;
  readonly onChange: (value: number | null) => void;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly step?: number | undefined;
  readonly disabled?: boolean;
  readonly aside?: JSX.Element;
}

/** A number; out-of-range values are kept and left to validation, which says what is wrong. */
export const NumberField: Component<NumberFieldProps> = (props) => {
  const [own, frame] = splitProps(props, ["value", "onChange", "min", "max", "step", "disabled"]);
  return (
    <Field {...frame}>
      {(control) => (
        <input
          {...control}
          class="ui-input"
          type="number"
          inputmode={own.step !== undefined && Number.isInteger(own.step) ? "numeric" : "decimal"}
          min={own.min}
          max={own.max}
          step={own.step ?? "any"}
          disabled={own.disabled}
          value={own.value ?? ""}
          onInput={(event) => {
            const value = event.currentTarget.valueAsNumber;
            own.onChange(Number.isFinite(value) ? value : null);
          }}
        />
      )}
    </Field>
  );
};
