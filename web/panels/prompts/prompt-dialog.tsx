// Takes a prompt, style or list into the library, adds a version to one, or gives it another title.
import { createEffect, createSignal, on, Show, type Component } from "solid-js";
import type { Prompt, PromptKind } from "#protocol/prompt.ts";
import { promptLimits } from "#protocol/prompt.ts";
import { faultAt, faultOfTitle, faultsOfWording } from "#protocol/template/check.ts";
import { newKey } from "#protocol/client/key.ts";
import { issuesOf, sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Segments } from "#web/ui/choice.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { FormFoot } from "#web/ui/form-foot.tsx";
import { TextField } from "#web/ui/text-field.tsx";
import { toast } from "#web/ui/toast.tsx";
import { promptMarks } from "./marks.ts";
import "./prompts.css";

export type PromptTask =
  | { readonly kind: "create"; readonly promptKind: PromptKind; readonly text: string; readonly negative: string }
  | {
      readonly kind: "version";
      readonly promptKind: PromptKind;
      readonly parentId: string;
      readonly title: string;
      readonly text: string;
      readonly negative: string;
    }
  | { readonly kind: "rename"; readonly promptKind: PromptKind; readonly id: string; readonly title: string };

interface DialogProps {
  /** Null: closed. */
  readonly task: PromptTask | null;
  readonly onClose: () => void;
  readonly onSaved: (prompt: Prompt) => void;
}

export const kindTitles: Readonly<Record<PromptKind, string>> = { prompt: "Prompt", style: "Style", list: "List" };

const textHelp: Readonly<Record<PromptKind, string>> = {
  prompt: "{red|grey} takes one of them, __colours__ a line of that list, ${place:a wood} is filled in when it is used.",
  style: "Goes around a prompt, which stands where it says {prompt}, or else before it.",
  list: "A line each. 3:: before one takes it three times as often; lines with # are left out.",
};

const titleOf = (task: PromptTask | null): string => {
  switch (task?.kind) {
    case "create":
      return "Save to the library";
    case "version":
      return `A new version of “${task.title}”`;
    case "rename":
      return `Rename “${task.title}”`;
    case undefined:
      return "";
  }
};

type Field = "title" | "text" | "negative" | "note";

export const PromptDialog: Component<DialogProps> = (props) => {
  const { client } = useWorkspace();
  const [kind, setKind] = createSignal<PromptKind>("prompt");
  const [title, setTitle] = createSignal("");
  const [text, setText] = createSignal("");
  const [negative, setNegative] = createSignal("");
  const [note, setNote] = createSignal("");
  const [busy, setBusy] = createSignal(false);
  const [tried, setTried] = createSignal(false);
  const [refused, setRefused] = createSignal<Readonly<Partial<Record<Field, string>>>>({});
  const [problem, setProblem] = createSignal<string | null>(null);

  createEffect(
    on(
      () => props.task,
      (task) => {
        if (task !== null) {
          setKind(task.promptKind);
          setTitle(task.kind === "create" ? "" : task.title);
          setText(task.kind === "rename" ? "" : task.text);
          setNegative(task.kind === "rename" ? "" : task.negative);
          setNote("");
          setTried(false);
          setRefused({});
          setProblem(null);
        }
      },
    ),
  );

  const hasWording = () => props.task?.kind !== "rename";
  const hasTitle = () => props.task?.kind !== "version";
  const hasNegative = () => hasWording() && kind() !== "list";
  /** Whether there is a field of that name. */
  const stands = (name: PropertyKey | undefined): boolean =>
    name === "title" ? hasTitle() : name === "negative" ? hasNegative() : (name === "text" || name === "note") && hasWording();
  const faultIn = (of: PromptKind, words: string) => {
    const [fault] = faultsOfWording(of, words);
    return fault === undefined ? undefined : faultAt(words, fault);
  };
  const errors = (): Readonly<Partial<Record<Field, string | undefined>>> => ({
    title: hasTitle() ? (title().trim() === "" ? "Give it a title." : (faultOfTitle(kind(), title().trim()) ?? undefined)) : undefined,
    text: hasWording() ? faultIn(kind(), text()) : undefined,
    negative: hasNegative() && negative() !== "" ? faultIn("prompt", negative()) : undefined,
  });
  const errorAt = (field: Field) => refused()[field] ?? (tried() ? errors()[field] : undefined);
  const change = (field: Field, set: (value: string) => void) => (value: string) => {
    set(value);
    setRefused(({ [field]: _, ...others }) => others);
  };

  const send = (task: PromptTask): Promise<Prompt> => {
    const wording = { text: text(), negative: kind() === "list" ? "" : negative(), note: note() };
    const options = { key: newKey() };
    switch (task.kind) {
      case "create":
        return client.call("prompts.create", { kind: kind(), title: title().trim(), ...wording }, options);
      case "version":
        return client.call("prompts.addVersion", { parentId: task.parentId, ...wording }, options);
      case "rename":
        return client.call("prompts.rename", { id: task.id, title: title().trim() }, options);
    }
  };
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    const { task } = props;
    setTried(true);
    setProblem(null);
    if (task === null || busy() || Object.values(errors()).some((error) => error !== undefined)) {
      return;
    }
    setBusy(true);
    send(task)
      .then(
        (prompt) => {
          props.onSaved(prompt);
          props.onClose();
          toast(task.kind === "version" ? `Version ${prompt.latest.number} of “${prompt.title}” is kept` : `“${prompt.title}” is kept`, {
            tone: "ok",
          });
        },
        (error: unknown) => {
          const issues = issuesOf(error);
          setRefused(Object.fromEntries(issues.map(({ path, message }) => [String(path[0]), message])));
          // What is said of nothing that stands here is said all the same.
          setProblem(issues.length === 0 ? sentenceOf(error) : (issues.find(({ path }) => !stands(path[0]))?.message ?? null));
        },
      )
      .finally(() => setBusy(false));
  };

  return (
    <Dialog open={props.task !== null} onClose={props.onClose} title={titleOf(props.task)}>
      <form class="ui-form prompt-form" onSubmit={save} noValidate>
        <Show when={props.task?.kind === "create"}>
          <Segments
            label="Kind"
            hideLabel
            value={kind()}
            onChange={setKind}
            options={(["prompt", "style", "list"] as const).map((value) => ({ value, label: kindTitles[value] }))}
          />
        </Show>
        <Show when={hasTitle()}>
          <TextField
            label="Title"
            value={title()}
            onInput={change("title", setTitle)}
            error={errorAt("title")}
            maxLength={promptLimits.title}
            help={kind() === "list" ? "Prompts write it as __title__." : undefined}
          />
        </Show>
        <Show when={hasWording()}>
          <TextField
            label={kind() === "list" ? "Lines" : "Text"}
            multiline
            marks={kind() === "list" ? undefined : promptMarks(text())}
            value={text()}
            onInput={change("text", setText)}
            error={errorAt("text")}
            help={textHelp[kind()]}
            maxLength={promptLimits.text}
          />
          <Show when={kind() !== "list"}>
            <TextField
              label="Negative prompt"
              value={negative()}
              onInput={change("negative", setNegative)}
              error={errorAt("negative")}
              maxLength={promptLimits.text}
            />
          </Show>
          <TextField label="Note" value={note()} onInput={change("note", setNote)} error={errorAt("note")} maxLength={promptLimits.note} />
        </Show>
        <FormFoot problem={problem()} busy={busy()} onCancel={props.onClose} />
      </form>
    </Dialog>
  );
};
