// Below the prompt: what its choices come to, values for its variables, and what of the library it is.
import BookText from "lucide-solid/icons/book-text";
import X from "lucide-solid/icons/x";
import { createSignal, For, Show, type Component } from "solid-js";
import { faultAt } from "#protocol/template/check.ts";
import { PromptDialog, type PromptTask } from "#web/panels/prompts/prompt-dialog.tsx";
import { Button, IconButton } from "#web/ui/button.tsx";
import { TextField } from "#web/ui/text-field.tsx";
import type { Form } from "./form.ts";
import { StyleMenu } from "./style-menu.tsx";
import { countWords, isExact, type Words } from "./words.ts";

/** Faults that are shown at once. */
const mostFaults = 3;

interface WordsProps {
  readonly form: Form;
  readonly words: Words;
  /** The field says what is wrong already. */
  readonly told: boolean;
}

export const WordsView: Component<WordsProps> = (props) => {
  const [task, setTask] = createSignal<PromptTask | null>(null);
  const wording = () => props.form.wording();
  const isKept = () => isExact(props.form.origin(), wording().text, wording().negative);
  const save = () => {
    const origin = props.form.origin();
    const { text, negative } = wording();
    const words = { text, negative: negative ?? origin?.negative ?? "" };
    setTask(
      origin === null
        ? { kind: "create", promptKind: "prompt", ...words }
        : { kind: "version", parentId: origin.versionId, promptKind: "prompt", title: origin.title, ...words },
    );
  };
  return (
    <div class="words">
      <div role="status">
        <Show when={!props.told}>
          <For each={props.words.faults.slice(0, mostFaults)}>{(fault) => <p class="words-fault">{faultAt(wording().text, fault)}</p>}</For>
        </Show>
        <Show when={props.words.faults.length === 0 ? countWords(props.words, props.form.variables()) : null}>
          {(count) => <p>{count()}</p>}
        </Show>
      </div>
      <VariablesView form={props.form} />
      <div class="words-library">
        <Show when={props.form.origin()}>
          {(origin) => (
            <span class="words-origin">
              <BookText size={13} aria-hidden="true" />
              {isKept() ? `${origin().title}, version ${origin().number}` : `Changed since ${origin().title}, version ${origin().number}`}
              <IconButton size="s" label="Not from the library" icon={X} onClick={() => props.form.setOrigin(null)} />
            </span>
          )}
        </Show>
        <StyleMenu form={props.form} />
        <Show when={wording().text.trim() !== "" && props.words.faults.length === 0 && !isKept()}>
          <Button size="s" tone="ghost" icon={BookText} onClick={save}>
            {props.form.origin() === null ? "Save to the library" : "Save as a version"}
          </Button>
        </Show>
      </div>
      <PromptDialog
        task={task()}
        onClose={() => setTask(null)}
        onSaved={({ title, latest }) =>
          props.form.setOrigin({ versionId: latest.id, title, number: latest.number, text: latest.text, negative: latest.negative })
        }
      />
    </div>
  );
};

/** A field for each variable, by name. */
export const VariablesView: Component<{ readonly form: Form }> = (props) => (
  <Show when={props.form.asked().length > 0}>
    <fieldset class="words-variables">
      <legend class="visually-hidden">Variables of the prompt</legend>
      <For each={props.form.asked().map(({ name }) => name)}>
        {(name) => {
          const fallback = () => props.form.asked().find((each) => each.name === name)?.fallback ?? null;
          return (
            <TextField
              label={name}
              placeholder={fallback() ?? undefined}
              required={fallback() === null}
              value={props.form.variables()[name] ?? ""}
              onInput={(value) => props.form.setVariable(name, value)}
            />
          );
        }}
      </For>
    </fieldset>
  </Show>
);
