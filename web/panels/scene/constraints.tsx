// What else a generation node asks its provider for, by that provider's own form: only what somebody has set is asked for.
import X from "lucide-solid/icons/x";
import { createMemo, createSignal, For, Show, type Component } from "solid-js";
import { sceneLimits } from "#protocol/scene/limits.ts";
import type { NodeOf } from "#protocol/scene/scene.ts";
import { Name } from "#protocol/scene/value.ts";
import { FieldView } from "#web/panels/generate/field-view.tsx";
import { problemOf, readFields, type FormField } from "#web/panels/generate/schema.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { IconButton } from "#web/ui/button.tsx";
import { Select } from "#web/ui/choice.tsx";
import { Part } from "./pickers.tsx";

type Constraints = NodeOf<"generation">["constraints"];
type Value = Constraints[string];

const { constraint: longestText } = sceneLimits;
const isValue = (value: unknown): value is Value =>
  typeof value === "boolean" || typeof value === "number" || (typeof value === "string" && value.length <= longestText);

/** The field that the node's words go into, whatever else is asked for in it. */
const wordsIn = (fields: ReadonlyArray<FormField>): string =>
  fields.find((field) => field.kind === "text" && field.isPrompt)?.key ?? "prompt";

/** The value that it is set to first. Undefined: it cannot be set here. */
const firstOf = (field: FormField): Value | undefined => {
  if (isValue(field.initial)) return field.initial;
  switch (field.kind) {
    case "text":
      return "";
    case "number":
    case "seed":
      return field.min ?? 0;
    case "choice":
      return field.options.map(({ value }) => value).find(isValue);
    case "switch":
      return true;
    case "json":
      return undefined;
  }
};

export const ConstraintsForm: Component<{
  /** Null: the first that takes nothing for it. */
  readonly provider: string | null;
  readonly operation: "image_to_video" | "text_to_video";
  readonly constraints: Constraints;
  readonly onChange: (constraints: Constraints) => void;
}> = (props) => {
  const { providers } = useWorkspace();
  providers.ensure();
  const fields = createMemo(() => {
    const by = (providers.list() ?? []).find(({ id, account, operations }) =>
      props.provider === null
        ? account === null && operations.some(({ operation }) => operation === props.operation)
        : id === props.provider,
    );
    const params = by === undefined ? undefined : providers.operation(by.id, props.operation)?.params;
    return params === undefined ? undefined : readFields(params);
  });
  const words = createMemo(() => {
    const all = fields();
    return all === undefined ? undefined : wordsIn(all);
  });
  const set = (name: string, value: Value) => props.onChange({ ...props.constraints, [name]: value });
  const drop = (name: string) => props.onChange(Object.fromEntries(Object.entries(props.constraints).filter(([other]) => other !== name)));
  const names = createMemo(() => Object.keys(props.constraints), undefined, { equals: (a, b) => a.join() === b.join() });
  // How long it lasts is asked for by the node itself.
  const left = createMemo(() =>
    (fields() ?? []).filter(
      (field) =>
        field.key !== words() &&
        field.key !== "duration" &&
        props.constraints[field.key] === undefined &&
        firstOf(field) !== undefined &&
        Name.safeParse(field.key).success,
    ),
  );
  return (
    <Part title="Also asked for">
      <For each={names()}>
        {(name) => {
          const field = createMemo(() => fields()?.find(({ key }) => key === name));
          const shown = () => (name === words() || field()?.kind === "json" ? undefined : field());
          const value = () => props.constraints[name];
          // What is still asked for where its field is empty: a number that is being written anew is not there for a moment.
          const [cleared, setCleared] = createSignal<Value>();
          const problem = (field: FormField) =>
            cleared() !== undefined && cleared() === value()
              ? `${String(value())} is still asked for: give another number, or ask for none.`
              : problemOf(field, value());
          return (
            <div class="scene-constraint">
              <Show
                when={shown()}
                fallback={
                  <span class="scene-constraint-unknown">
                    <span>
                      {name}: {String(value())}
                    </span>
                    <Show when={fields() !== undefined && field() === undefined && name !== words()}>
                      <span class="scene-wrong">Who makes it does not take this, and would refuse the whole.</span>
                    </Show>
                    <Show when={name === words()}>
                      <span class="scene-wrong">What is to be seen is asked for in its place.</span>
                    </Show>
                  </span>
                }
              >
                {(known) => (
                  <FieldView
                    field={known()}
                    value={value()}
                    error={problem(known())}
                    maxLength={longestText}
                    onChange={(to) => {
                      setCleared(to === undefined ? value() : undefined);
                      if (isValue(to)) set(name, to);
                      // A seed is new each time then.
                      else if (known().kind === "seed") drop(name);
                    }}
                  />
                )}
              </Show>
              <IconButton size="s" label={`Ask for no ${field()?.title ?? name}`} icon={X} onClick={() => drop(name)} />
            </div>
          );
        }}
      </For>
      <Show when={left().length > 0 && names().length < sceneLimits.constraints}>
        <Select
          size="s"
          label="Ask for more"
          value=""
          options={[{ value: "", label: "Choose…" }, ...left().map(({ key, title }) => ({ value: key, label: title }))]}
          onChange={(name) => {
            const field = left().find(({ key }) => key === name);
            if (field !== undefined) set(name, firstOf(field)!);
          }}
        />
      </Show>
    </Part>
  );
};
