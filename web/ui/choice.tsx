// Choosing: one of many (Select), one of a few (Segments), any of a few (Several), yes or no (Switch), a place on a scale (Slider).
// Built on native controls: they bring keyboard, touch and screen-reader behaviour with them.
import ChevronDown from "lucide-solid/icons/chevron-down";
import { createUniqueId, For, Index, Show, splitProps, type Component, type JSX } from "solid-js";
import type { Icon } from "./button.tsx";
import { Field, type FieldProps } from "./field.tsx";

export interface Option<V extends string = string> {
  readonly value: V;
  readonly label: string;
  readonly icon?: Icon;
  readonly disabled?: boolean;
}

interface ChoiceProps<V extends string> extends FieldProps {
  readonly value: V;
  readonly onChange: (value: V) => void;
  readonly options: ReadonlyArray<Option<V>>;
  readonly disabled?: boolean;
  readonly aside?: JSX.Element;
}

const pick = <V extends string>(options: ReadonlyArray<Option<V>>, value: string): V | undefined =>
  options.find((option) => option.value === value)?.value;

export const Select = <V extends string>(props: ChoiceProps<V> & { readonly size?: "s" | "m" }): JSX.Element => {
  const [own, frame] = splitProps(props, ["value", "onChange", "options", "disabled", "size"]);
  return (
    <Field {...frame}>
      {(control) => (
        <div class="ui-select">
          <select
            {...control}
            class="ui-input"
            data-size={own.size ?? "m"}
            disabled={own.disabled}
            onChange={(event) => {
              const value = pick(own.options, event.currentTarget.value);
              if (value !== undefined) {
                own.onChange(value);
              }
            }}
          >
            <For each={own.options}>
              {(option) => (
                <option value={option.value} disabled={option.disabled} selected={option.value === own.value}>
                  {option.label}
                </option>
              )}
            </For>
          </select>
          <ChevronDown size={14} aria-hidden="true" />
        </div>
      )}
    </Field>
  );
};

/** A row of radio buttons that looks like one control. */
export const Segments = <V extends string>(props: ChoiceProps<V>): JSX.Element => {
  const name = createUniqueId();
  return (
    <fieldset class="ui-field" disabled={props.disabled} aria-invalid={props.error === undefined ? undefined : "true"}>
      <legend class="ui-field-top" classList={{ "visually-hidden": props.hideLabel === true }}>
        {props.label}
      </legend>
      <div class="ui-segments">
        <For each={props.options}>
          {(option) => (
            <label>
              <input
                type="radio"
                name={name}
                value={option.value}
                checked={option.value === props.value}
                disabled={option.disabled}
                onChange={() => props.onChange(option.value)}
              />
              <Show when={option.icon} keyed>
                {(icon) => icon({ size: 14, "aria-hidden": "true" })}
              </Show>
              {option.label}
            </label>
          )}
        </For>
      </div>
      <Show when={props.error} fallback={<Show when={props.help}>{(help) => <p class="ui-field-help">{help()}</p>}</Show>}>
        {(error) => <p class="ui-field-error">{error()}</p>}
      </Show>
    </fieldset>
  );
};

interface SeveralProps extends FieldProps {
  readonly options: ReadonlyArray<Option & { readonly checked: boolean }>;
  readonly onChange: (value: string, checked: boolean) => void;
}

/** Any of a few, each ticked by itself. */
export const Several: Component<SeveralProps> = (props) => (
  <fieldset class="ui-field" aria-invalid={props.error === undefined ? undefined : "true"}>
    <legend class="ui-field-top" classList={{ "visually-hidden": props.hideLabel === true }}>
      {props.label}
    </legend>
    <div class="ui-segments">
      {/* By place: each tick gives new options, and the box that was ticked keeps the focus. */}
      <Index each={props.options}>
        {(option) => (
          <label>
            <input
              type="checkbox"
              checked={option().checked}
              disabled={option().disabled}
              onChange={(event) => props.onChange(option().value, event.currentTarget.checked)}
            />
            {option().label}
          </label>
        )}
      </Index>
    </div>
    <Show when={props.error} fallback={<Show when={props.help}>{(help) => <p class="ui-field-help">{help()}</p>}</Show>}>
      {(error) => <p class="ui-field-error">{error()}</p>}
    </Show>
  </fieldset>
);

interface SwitchProps {
  readonly label: string;
  readonly help?: string | undefined;
  readonly error?: string | undefined;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly disabled?: boolean;
}

export const Switch: Component<SwitchProps> = (props) => (
  <label class="ui-switch">
    <span>
      {props.label}
      <Show when={props.error} fallback={<Show when={props.help}>{(help) => <small>{help()}</small>}</Show>}>
        {(error) => <small class="ui-field-error">{error()}</small>}
      </Show>
    </span>
    <input
      type="checkbox"
      role="switch"
      checked={props.checked}
      disabled={props.disabled}
      aria-invalid={props.error === undefined ? undefined : "true"}
      onChange={(event) => props.onChange(event.currentTarget.checked)}
    />
  </label>
);

interface SliderProps extends FieldProps {
  readonly value: number;
  readonly onChange: (value: number) => void;
  readonly min: number;
  readonly max: number;
  readonly step?: number | undefined;
  readonly disabled?: boolean;
  /** The value in words, with its unit: `5 s`. */
  readonly format?: (value: number) => string;
}

export const Slider: Component<SliderProps> = (props) => {
  const [own, frame] = splitProps(props, ["value", "onChange", "min", "max", "step", "disabled", "format"]);
  const text = () => (own.format ?? String)(own.value);
  return (
    <Field {...frame} aside={<output class="ui-field-value">{text()}</output>}>
      {(control) => (
        <input
          {...control}
          class="ui-slider"
          type="range"
          min={own.min}
          max={own.max}
          step={own.step ?? "any"}
          disabled={own.disabled}
          aria-valuetext={text()}
          value={own.value}
          onInput={(event) => own.onChange(event.currentTarget.valueAsNumber)}
        />
      )}
    </Field>
  );
};
