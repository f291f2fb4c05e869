// One field of the form, drawn by its kind.
import Dices from "lucide-solid/icons/dices";
import Pin from "lucide-solid/icons/pin";
import { Match, Show, Switch as Cases, type Component } from "solid-js";
import { IconButton } from "#web/ui/button.tsx";
import { Segments, Select, Slider, Switch } from "#web/ui/choice.tsx";
import { promptMarks } from "#web/panels/prompts/marks.ts";
import { unitOf } from "#web/ui/param-facts.ts";
import { NumberField, TextField } from "#web/ui/text-field.tsx";
import { isShortChoice, type FormField } from "./schema.ts";
import "./generate.css";

interface FieldViewProps<F extends FormField = FormField> {
  readonly field: F;
  readonly value: unknown;
  readonly error: string | undefined;
  /** Of text, characters: more cannot be kept. What the field itself takes at most is told when it is exceeded. */
  readonly maxLength?: number;
  readonly onChange: (value: unknown) => void;
  readonly promptRef?: (element: HTMLElement) => void;
}

type Kind<K extends FormField["kind"]> = Extract<FormField, { readonly kind: K }>;
const as = <K extends FormField["kind"]>(field: FormField, kind: K): Kind<K> | undefined =>
  field.kind === kind ? (field as Kind<K>) : undefined;

export const FieldView: Component<FieldViewProps> = (props) => (
  <Cases>
    <Match when={as(props.field, "text")}>{(field) => <TextView {...props} field={field()} />}</Match>
    <Match when={as(props.field, "number")}>{(field) => <NumberView {...props} field={field()} />}</Match>
    <Match when={as(props.field, "seed")}>{(field) => <SeedView {...props} field={field()} />}</Match>
    <Match when={as(props.field, "choice")}>{(field) => <ChoiceView {...props} field={field()} />}</Match>
    <Match when={as(props.field, "switch")}>
      {(field) => (
        <Switch
          label={field().title}
          help={field().help}
          error={props.error}
          checked={props.value === true}
          onChange={(on) => props.onChange(on)}
        />
      )}
    </Match>
    <Match when={as(props.field, "json")}>
      {(field) => (
        <TextField
          label={`${field().title} (JSON)`}
          help={field().help}
          error={props.error}
          multiline
          value={typeof props.value === "string" ? props.value : props.value === undefined ? "" : JSON.stringify(props.value)}
          onInput={(text) => props.onChange(text)}
        />
      )}
    </Match>
  </Cases>
);

const TextView: Component<FieldViewProps<Kind<"text">>> = (props) => {
  const text = () => (typeof props.value === "string" ? props.value : "");
  const nearLimit = () => props.field.maxLength !== undefined && text().length > props.field.maxLength * 0.8;
  return (
    <TextField
      label={props.field.title}
      help={props.field.isPrompt ? undefined : props.field.help}
      placeholder={props.field.isPrompt ? props.field.help : undefined}
      error={props.error}
      required={props.field.required}
      multiline={props.field.isPrompt}
      marks={props.field.isPrompt ? promptMarks(text()) : undefined}
      value={text()}
      maxLength={props.maxLength}
      onInput={(value) => props.onChange(value)}
      aside={
        <Show when={nearLimit()}>
          <span>
            {text().length} / {props.field.maxLength}
          </span>
        </Show>
      }
      ref={(element) => props.field.isPrompt && props.promptRef?.(element)}
    />
  );
};

const NumberView: Component<FieldViewProps<Kind<"number">>> = (props) => (
  <Show
    when={props.field.look === "slider"}
    fallback={
      <NumberField
        label={props.field.title}
        help={props.field.help}
        error={props.error}
        required={props.field.required}
        min={props.field.min}
        max={props.field.max}
        step={props.field.step}
        value={typeof props.value === "number" ? props.value : null}
        onChange={(value) => props.onChange(value ?? undefined)}
      />
    }
  >
    <Slider
      label={props.field.title}
      help={unitOf(props.field) === "" ? props.field.help : undefined}
      error={props.error}
      min={props.field.min ?? 0}
      max={props.field.max ?? 100}
      step={props.field.step ?? 0.1}
      value={typeof props.value === "number" ? props.value : (props.field.min ?? 0)}
      format={(value) => `${value}${unitOf(props.field)}`}
      onChange={(value) => props.onChange(value)}
    />
  </Show>
);

const randomSeed = (field: Kind<"seed">): number => {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return field.min + (random % Math.min(field.max - field.min + 1, 2 ** 31));
};

/** Left open, each video gets its own seed; fixed, the same request gives the same video. */
const SeedView: Component<FieldViewProps<Kind<"seed">>> = (props) => {
  const isFixed = () => props.value !== undefined && props.value !== null;
  return (
    <NumberField
      label={props.field.title}
      help={isFixed() ? "The same words and seed give the same video." : "Left empty, every video gets a new one."}
      error={props.error}
      min={props.field.min}
      max={props.field.max}
      step={1}
      value={typeof props.value === "number" ? props.value : null}
      onChange={(value) => props.onChange(value ?? undefined)}
      aside={
        <span class="generate-seed-buttons">
          <IconButton
            size="s"
            label={isFixed() ? "Fixed: press for a new seed each time" : "New each time: press to fix one"}
            icon={Pin}
            pressed={isFixed()}
            onClick={() => props.onChange(isFixed() ? undefined : randomSeed(props.field))}
          />
          <IconButton size="s" label="Roll the dice" icon={Dices} onClick={() => props.onChange(randomSeed(props.field))} />
        </span>
      }
    />
  );
};

const ChoiceView: Component<FieldViewProps<Kind<"choice">>> = (props) => {
  const options = () => props.field.options.map(({ label }, index) => ({ value: String(index), label }));
  const chosen = () => String(props.field.options.findIndex(({ value }) => value === props.value));
  const withNone = () => (chosen() === "-1" ? [{ value: "-1", label: "Choose…", disabled: true }, ...options()] : options());
  const pick = (index: string) => props.onChange(props.field.options[Number(index)]?.value);
  return (
    <Show
      when={isShortChoice(props.field)}
      fallback={
        <Select
          label={props.field.title}
          help={props.field.help}
          error={props.error}
          value={chosen()}
          onChange={pick}
          options={withNone()}
        />
      }
    >
      <Segments label={props.field.title} error={props.error} value={chosen()} onChange={pick} options={options()} />
    </Show>
  );
};
