// Small fields that rules and forms of the inspector are made of: a declared name, a comparison, a value and where it comes from.
import { createMemo, createSignal, Match, mergeProps, on, Show, Switch as Cases, type Component, type JSX } from "solid-js";
import type { Comparator, Operand } from "#protocol/scene/rule.ts";
import { kindOf, Name, type SceneValue, type ValueType } from "#protocol/scene/value.ts";
import { Select } from "#web/ui/choice.tsx";
import { NumberField, TextField } from "#web/ui/text-field.tsx";
import { variablesOf, type Known } from "./rule-defaults.ts";
import { readValue } from "./rule-text.ts";

interface PickProps {
  readonly label: string;
  readonly value: string;
  readonly names: ReadonlyArray<{ readonly name: string; /** What is shown for it. */ readonly title?: unknown }>;
  readonly onChange: (name: string) => void;
  readonly showLabel?: boolean;
  /** What is shown for a name that is not among these. */
  readonly missing?: string | undefined;
}

/** One of what is declared; what is not declared any more stands there as such. */
export const NamePick: Component<PickProps> = (props) => {
  const options = () => [
    ...(props.names.some(({ name }) => name === props.value)
      ? []
      : [{ value: props.value, label: props.value === "" ? "Choose…" : (props.missing ?? `${props.value} (not there)`) }]),
    ...props.names.map(({ name, title }) => ({ value: name, label: typeof title === "string" && title !== "" ? title : name })),
  ];
  return (
    <Select
      size="s"
      hideLabel={props.showLabel !== true}
      label={props.label}
      value={props.value}
      options={options()}
      onChange={props.onChange}
    />
  );
};

/** A name that is written here: letters, digits and `_`. */
export const NameField: Component<{
  readonly label: string;
  readonly value: string;
  readonly onChange: (name: string) => void;
  readonly hideLabel?: boolean;
}> = (props) => {
  const [wrong, setWrong] = createSignal<string | undefined>();
  return (
    <TextField
      label={props.label}
      hideLabel={props.hideLabel === true}
      value={props.value}
      error={wrong()}
      maxLength={64}
      onInput={(text) => {
        const read = Name.safeParse(text.trim());
        setWrong(read.success ? undefined : "Letters, digits and _, and no digit first.");
        if (read.success) props.onChange(read.data);
      }}
    />
  );
};

const comparisons: ReadonlyArray<{ readonly value: Comparator; readonly label: string }> = [
  { value: "is", label: "is" },
  { value: "isNot", label: "is not" },
  { value: "below", label: "is below" },
  { value: "atMost", label: "is at most" },
  { value: "atLeast", label: "is at least" },
  { value: "above", label: "is above" },
];

export const Compare: Component<{ readonly value: Comparator; readonly onChange: (is: Comparator) => void }> = (props) => (
  <Select size="s" hideLabel label="Comparison" value={props.value} options={comparisons} onChange={props.onChange} />
);

interface ValueProps {
  readonly label: string;
  readonly value: SceneValue;
  /** What it must be; left out: anything. */
  readonly kind?: ValueType["kind"] | undefined;
  /** Left out: it is for screen readers only. */
  readonly showLabel?: boolean;
  readonly onChange: (value: SceneValue) => void;
}

const kinds: ReadonlyArray<{ readonly value: ValueType["kind"]; readonly label: string }> = [
  { value: "number", label: "Number" },
  { value: "string", label: "Text" },
  { value: "boolean", label: "Yes or no" },
  { value: "array", label: "List" },
  { value: "object", label: "Fields" },
];
export const emptyOf: Readonly<Record<ValueType["kind"], SceneValue>> = { number: 0, string: "", boolean: true, array: [], object: {} };

/** A value of any kind; lists and fields are written as JSON. */
export const ValueField: Component<ValueProps> = (props) => {
  const [wrong, setWrong] = createSignal<string | undefined>();
  const kind = () => kindOf(props.value);
  return (
    <span class="scene-value">
      <Show when={props.kind === undefined}>
        <Select
          size="s"
          hideLabel
          label={`Kind of ${props.label.toLowerCase()}`}
          value={kind()}
          options={kinds}
          onChange={(next) => props.onChange(emptyOf[next])}
        />
      </Show>
      <Cases>
        <Match when={kind() === "boolean"}>
          <Select
            size="s"
            hideLabel={props.showLabel !== true}
            label={props.label}
            value={String(props.value)}
            options={[
              { value: "true", label: "yes" },
              { value: "false", label: "no" },
            ]}
            onChange={(next) => props.onChange(next === "true")}
          />
        </Match>
        <Match when={kind() === "number"}>
          <NumberField
            hideLabel={props.showLabel !== true}
            label={props.label}
            value={props.value as number}
            onChange={(next) => next !== null && props.onChange(next)}
          />
        </Match>
        <Match when={kind() === "string"}>
          <TextField hideLabel={props.showLabel !== true} label={props.label} value={props.value as string} onInput={props.onChange} />
        </Match>
        <Match when={true}>
          <TextField
            hideLabel={props.showLabel !== true}
            label={`${props.label}, as JSON`}
            value={JSON.stringify(props.value)}
            error={wrong()}
            onInput={(text) => {
              const read = readValue(text);
              const fits = read !== undefined && kindOf(read) === kind();
              setWrong(fits ? undefined : kind() === "array" ? 'Like ["one", 2].' : 'Like {"name": 1}.');
              if (fits) props.onChange(read);
            }}
          />
        </Match>
      </Cases>
    </span>
  );
};

interface OperandProps {
  readonly label: string;
  readonly value: Operand;
  readonly known: Known;
  readonly kind?: ValueType["kind"] | undefined;
  readonly onChange: (operand: Operand) => void;
}

/** A value, or what a variable, counter or item has at the moment. */
export const OperandField: Component<OperandProps> = (props) => {
  const names = (from: Operand["from"]): ReadonlyArray<{ readonly name: string }> => {
    const { head } = props.known;
    return from === "variable" ? variablesOf(head) : from === "counter" ? head.counters : from === "item" ? head.items : [];
  };
  return (
    <span class="scene-value">
      <Select
        size="s"
        hideLabel
        label={`Where ${props.label.toLowerCase()} comes from`}
        value={props.value.from}
        options={[
          { value: "value", label: "the value" },
          { value: "variable", label: "variable" },
          { value: "counter", label: "counter" },
          { value: "item", label: "number of item" },
        ]}
        onChange={(from) =>
          props.onChange(
            from === "value" ? { from, value: emptyOf[props.kind ?? "number"] } : { from, name: names(from)[0]?.name ?? "name" },
          )
        }
      />
      <Show
        when={props.value.from === "value" ? props.value : null}
        fallback={
          <NamePick
            label={props.label}
            value={(props.value as { readonly name: string }).name}
            names={names(props.value.from)}
            onChange={(name) => props.onChange({ from: props.value.from as "variable", name })}
          />
        }
      >
        {(operand) => (
          <ValueField
            label={props.label}
            value={operand().value}
            kind={props.kind}
            onChange={(value) => props.onChange({ from: "value", value })}
          />
        )}
      </Show>
    </span>
  );
};

export const WholeField: Component<{
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
  readonly min?: number;
  readonly max?: number;
  readonly showLabel?: boolean;
  readonly help?: string;
}> = (props) => (
  <NumberField
    hideLabel={props.showLabel !== true}
    label={props.label}
    value={props.value}
    step={1}
    min={props.min}
    max={props.max}
    help={props.help}
    onChange={(next) => {
      if (next !== null) props.onChange(Math.trunc(next));
    }}
  />
);

/** A titled part of the inspector. */
export const Part: Component<{ readonly title: string; readonly aside?: JSX.Element; readonly children: JSX.Element }> = (props) => (
  <section class="scene-part" aria-label={props.title}>
    <header>
      <h4>{props.title}</h4>
      {props.aside}
    </header>
    {props.children}
  </section>
);

/** Fields for something of one of several kinds. They are made anew with another kind alone: while somebody types, they stay. */
export const ByKind = <T extends object>(props: {
  readonly of: T;
  readonly kind: string;
  /** Is given the thing as it is whenever its properties are read. */
  readonly children: (of: T) => JSX.Element;
}): JSX.Element => {
  const live = mergeProps(() => props.of) as T;
  // By its value: the kind is read from what changes with each letter.
  const kind = createMemo(() => props.kind);
  const view = createMemo(on(kind, () => props.children(live)));
  return <>{view()}</>;
};
