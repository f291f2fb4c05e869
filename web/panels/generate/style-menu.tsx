// The style around the prompt: chosen from the styles of the library, named while there is one.
import Palette from "lucide-solid/icons/palette";
import Pencil from "lucide-solid/icons/pencil";
import X from "lucide-solid/icons/x";
import { batch, createSignal, Show, type Component } from "solid-js";
import type { Prompt } from "#protocol/prompt.ts";
import { PromptDialog, type PromptTask } from "#web/panels/prompts/prompt-dialog.tsx";
import type { ChosenStyle } from "#web/store/draft.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { IconButton } from "#web/ui/button.tsx";
import { MenuButton, type MenuItem } from "#web/ui/menu.tsx";
import type { Form } from "./form.ts";

/** As many as one page of the library has. */
const mostShown = 500;

const newStyle: PromptTask = { kind: "create", promptKind: "style", text: "", negative: "" };

/** Its newest version. */
const chosenOf = ({ title, latest: { id: versionId, text, negative } }: Prompt): ChosenStyle => ({ versionId, title, text, negative });

export const StyleMenu: Component<{ readonly form: Form }> = (props) => {
  const { client } = useWorkspace();
  /** Undefined: not read yet. */
  const [styles, setStyles] = createSignal<ReadonlyArray<Prompt>>();
  const [hasMore, setHasMore] = createSignal(false);
  const [problem, setProblem] = createSignal<string | null>(null);
  const [task, setTask] = createSignal<PromptTask | null>(null);
  /** Each time that it opens: the library may have others by now. */
  const read = () => {
    setProblem(null);
    client.call("prompts.list", { kind: "style", limit: mostShown }).then(
      ({ prompts, next }) =>
        batch(() => {
          setStyles(prompts);
          setHasMore(next !== null);
        }),
      (error: unknown) => setProblem(sentenceOf(error)),
    );
  };
  const said = (label: string): MenuItem => ({ label, disabled: true, onSelect: () => undefined });
  const offered = (): ReadonlyArray<MenuItem> => {
    const known = styles();
    if (known === undefined) {
      return [said(problem() ?? "Reading the styles …")];
    }
    if (known.length === 0) {
      return [said("The library has no styles yet")];
    }
    const items = known.map((each) => ({
      label: each.title,
      checked: props.form.style()?.versionId === each.latest.id,
      onSelect: () => props.form.setStyle(chosenOf(each)),
    }));
    return hasMore() ? [...items, said("There are more: use one from the library")] : items;
  };
  const words = () => {
    const style = props.form.style();
    return style === null ? "Style" : `Style: ${style.title}`;
  };
  return (
    <span class="words-origin">
      <MenuButton
        label={props.form.style() === null ? "Choose a style" : `${words()}, choose another`}
        icon={Palette}
        size="s"
        onOpen={read}
        items={() => [...offered(), "separator", { label: "Write a style …", icon: Pencil, onSelect: () => setTask(newStyle) }]}
      >
        <span class="truncate">{words()}</span>
      </MenuButton>
      <Show when={props.form.style()}>
        {(style) => <IconButton size="s" label={`Without the style ${style().title}`} icon={X} onClick={() => props.form.setStyle(null)} />}
      </Show>
      <PromptDialog
        task={task()}
        onClose={() => setTask(null)}
        onSaved={(saved) => saved.kind === "style" && props.form.setStyle(chosenOf(saved))}
      />
    </span>
  );
};
