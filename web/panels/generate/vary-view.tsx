// Varying instead of fixing: the values of a field that is varied, the providers side by side, and the cells that are left out.
import ListTree from "lucide-solid/icons/list-tree";
import type { Place } from "#protocol/grid.ts";
import type { ProviderSpec } from "#protocol/job.ts";
import { Show, type Component } from "solid-js";
import { promptMarks } from "#web/panels/prompts/marks.ts";
import { Button } from "#web/ui/button.tsx";
import { Several } from "#web/ui/choice.tsx";
import { TextField } from "#web/ui/text-field.tsx";
import type { FormField } from "./schema.ts";
import { variedValues, writtenOut, type ShownCell, type VariedValue } from "./varied.ts";

interface VaryProps {
  readonly field: FormField;
  readonly given: VariedValue;
  readonly error: string | undefined;
  /** Of the prompt; null where the field is none. */
  readonly variables: Readonly<Record<string, string>> | null;
  readonly onChange: (given: VariedValue) => void;
}

const optionsOf = (field: FormField): ReadonlyArray<{ readonly value: unknown; readonly label: string }> =>
  field.kind === "choice"
    ? field.options
    : [
        { value: false, label: "Off" },
        { value: true, label: "On" },
      ];

export const VaryView: Component<VaryProps> = (props) => {
  const label = () => `${props.field.title}: values`;
  const ticked = () => variedValues(props.field, props.given);
  const toggle = (index: number, on: boolean) => {
    const value = optionsOf(props.field)[index]?.value;
    props.onChange(on ? [...ticked(), value] : ticked().filter((each) => each !== value));
  };
  const written = () => (props.variables === null || typeof props.given !== "string" ? null : writtenOut(props.given, props.variables));
  return (
    <Show
      when={typeof props.given === "string"}
      fallback={
        <Several
          label={label()}
          error={props.error}
          options={optionsOf(props.field).map(({ value, label: words }, index) => ({
            value: String(index),
            label: words,
            checked: ticked().includes(value),
          }))}
          onChange={(index, on) => toggle(Number(index), on)}
        />
      }
    >
      <TextField
        label={label()}
        help={props.field.kind === "text" ? "One a line." : "With commas between them."}
        error={props.error}
        multiline={props.field.kind === "text"}
        marks={props.variables === null ? undefined : promptMarks(String(props.given))}
        value={String(props.given)}
        onInput={props.onChange}
      />
      <Show when={written()}>
        {(lines) => (
          <Button size="s" tone="ghost" icon={ListTree} onClick={() => props.onChange(lines())}>
            {`Write out all ${lines().split("\n").length} texts`}
          </Button>
        )}
      </Show>
    </Show>
  );
};

interface ProvidersProps {
  /** Those that offer the operation. */
  readonly providers: ReadonlyArray<ProviderSpec>;
  readonly chosen: ReadonlyArray<string>;
  /** The one that the form is of: it is always there. */
  readonly current: string;
  readonly onChange: (chosen: ReadonlyArray<string>) => void;
}

export const VariedProviders: Component<ProvidersProps> = (props) => (
  <Several
    label="Side by side"
    help="The same at each of them, as far as it takes it."
    options={props.providers.map(({ id, title }) => ({
      value: id,
      label: title,
      checked: id === props.current || props.chosen.includes(id),
      disabled: id === props.current,
    }))}
    onChange={(id, on) => props.onChange(on ? [...props.chosen, id] : props.chosen.filter((each) => each !== id))}
  />
);

interface CellsProps {
  readonly cells: ReadonlyArray<ShownCell>;
  readonly onToggle: (place: Place) => void;
}

export const CellsView: Component<CellsProps> = (props) => {
  const out = () => props.cells.filter(({ made }) => !made).length;
  return (
    <Show when={props.cells.length > 1}>
      <details class="generate-cells">
        <summary>
          {props.cells.length} combinations{out() === 0 ? "" : `, ${out()} left out`}
        </summary>
        <Several
          label="What is made"
          options={props.cells.map(({ label, made }, index) => ({ value: String(index), label, checked: made }))}
          onChange={(index) => {
            const cell = props.cells[Number(index)];
            if (cell !== undefined) {
              props.onToggle(cell.place);
            }
          }}
        />
      </details>
    </Show>
  );
};
