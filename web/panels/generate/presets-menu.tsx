// Keeping the form under a name, bringing it back, and prompts to start from.
import Bookmark from "lucide-solid/icons/bookmark";
import BookmarkPlus from "lucide-solid/icons/bookmark-plus";
import Lightbulb from "lucide-solid/icons/lightbulb";
import Trash from "lucide-solid/icons/trash";
import { createSignal, For, type Component } from "solid-js";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { operationLabels } from "#web/ui/job-state.tsx";
import { MenuButton } from "#web/ui/menu.tsx";
import { TextField } from "#web/ui/text-field.tsx";
import { toast } from "#web/ui/toast.tsx";
import { ideas, mostPresets, presetsKey, readPresets, withPreset, type Preset } from "./presets.ts";

interface PresetsProps {
  /** The form as it stands. */
  readonly current: () => Omit<Preset, "name"> | null;
  readonly onApply: (preset: Preset) => void;
  readonly onIdea: (prompt: string) => void;
}

export const PresetsMenu: Component<PresetsProps> = (props) => {
  const { preferences } = useWorkspace();
  const [open, setOpen] = createSignal<"save" | "manage" | null>(null);
  const [name, setName] = createSignal("");
  const [problem, setProblem] = createSignal<string | undefined>();
  const presets = () => readPresets(preferences.get(presetsKey));

  const save = (event: SubmitEvent) => {
    event.preventDefault();
    const wanted = name().trim();
    const current = props.current();
    if (wanted === "" || wanted.length > 60) {
      setProblem("Give it a name of up to 60 characters.");
      return;
    }
    if (current === null) {
      return;
    }
    const next = withPreset(presets(), { name: wanted, ...current });
    if (next.length > mostPresets) {
      setProblem(`There are ${mostPresets} presets already. Delete one first.`);
      return;
    }
    preferences.set(presetsKey, next);
    setOpen(null);
    toast(`Preset “${wanted}” is kept`, { tone: "ok" });
  };
  const remove = (preset: Preset) => {
    const before = presets();
    preferences.set(
      presetsKey,
      before.filter((each) => each.name !== preset.name),
    );
    toast(`Preset “${preset.name}” is deleted`, {
      action: { label: "Undo", onSelect: () => preferences.set(presetsKey, withPreset(presets(), preset)) },
    });
  };

  return (
    <>
      <MenuButton
        label="Ideas"
        icon={Lightbulb}
        size="s"
        items={() => ideas.map((idea) => ({ label: idea.title, onSelect: () => props.onIdea(idea.prompt) }))}
      />
      <MenuButton
        label="Presets"
        icon={Bookmark}
        size="s"
        items={() => [
          ...presets().map((preset) => ({ label: preset.name, icon: Bookmark, onSelect: () => props.onApply(preset) })),
          ...(presets().length > 0 ? (["separator"] as const) : []),
          {
            label: "Keep this form as a preset…",
            icon: BookmarkPlus,
            onSelect: () => {
              setName("");
              setProblem(undefined);
              setOpen("save");
            },
          },
          { label: "Delete presets…", icon: Trash, disabled: presets().length === 0, onSelect: () => setOpen("manage") },
        ]}
      />
      <Dialog
        open={open() === "save"}
        onClose={() => setOpen(null)}
        title="Keep as a preset"
        size="s"
        description="Keeps the provider, the operation, all settings, the style and where it is to go on, without the inputs."
      >
        <form class="ui-form" onSubmit={save} noValidate>
          <TextField
            label="Name"
            value={name()}
            onInput={(value) => {
              setName(value);
              setProblem(undefined);
            }}
            error={problem()}
            help={presets().some((each) => each.name === name().trim()) ? "This replaces the preset of that name." : undefined}
          />
          <Button type="submit" tone="primary">
            Keep
          </Button>
        </form>
      </Dialog>
      <Dialog open={open() === "manage" && presets().length > 0} onClose={() => setOpen(null)} title="Presets" size="s">
        <ul class="generate-presets">
          <For each={presets()}>
            {(preset) => (
              <li>
                <span class="truncate">{preset.name}</span>
                <span class="muted">{operationLabels[preset.operation]}</span>
                <IconButton size="s" label={`Delete ${preset.name}`} icon={Trash} onClick={() => remove(preset)} />
              </li>
            )}
          </For>
        </ul>
      </Dialog>
    </>
  );
};
