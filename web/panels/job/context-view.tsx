// What the job knows, as of the step that is shown: first what that step changed, with what was there before, then the rest.
import { createMemo, For, Show, type Component } from "solid-js";
import { formatCount } from "#web/ui/format.ts";
import { fieldsOf, valueText, type Field } from "./changes.ts";
import type { Travel } from "./parts.ts";

export const ContextView: Component<{ readonly travel: Travel }> = (props) => {
  const fields = createMemo(() => {
    const shown = props.travel.shown();
    return shown === undefined ? [] : fieldsOf(shown.context ?? {}, props.travel.before()?.context ?? null);
  });
  const changed = () => fields().filter((field) => field.changed);
  const unchanged = () => fields().filter((field) => !field.changed);
  return (
    <div class="job-context">
      <Show when={props.travel.before() !== undefined}>
        <h3>{changed().length === 0 ? "This step changed nothing here" : `This step changed ${formatCount(changed().length, "value")}`}</h3>
        <Fields fields={changed()} />
        <h3>As before</h3>
      </Show>
      <Fields fields={unchanged()} />
    </div>
  );
};

const Fields: Component<{ readonly fields: ReadonlyArray<Field> }> = (props) => (
  <dl class="job-fields">
    <For each={props.fields}>
      {(field) => (
        <div data-changed={field.changed ? "" : undefined}>
          <dt>{field.path}</dt>
          <dd>
            <Show when={field.changed}>
              <del>{valueText(field.before, field.path)}</del>
              <span aria-hidden="true">→ </span>
              <span class="visually-hidden"> is now </span>
            </Show>
            <span>{valueText(field.value, field.path)}</span>
          </dd>
        </div>
      )}
    </For>
  </dl>
);
