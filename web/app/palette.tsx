// The command palette: one field, everything that can be done by name. Arrow keys choose, Enter does it, Escape leaves.
import Search from "lucide-solid/icons/search";
import { createEffect, createMemo, createSignal, createUniqueId, For, on, Show, type Component } from "solid-js";
import { Dialog } from "#web/ui/dialog.tsx";
import { allCommands, keysLabel, type Command } from "./commands.ts";
import { rank } from "./rank.ts";
import "./palette.css";

export const Palette: Component<{ readonly open: boolean; readonly onClose: () => void }> = (props) => (
  <Dialog open={props.open} onClose={() => props.onClose()} title="Commands" bare>
    <PaletteBody onClose={() => props.onClose()} />
  </Dialog>
);

const PaletteBody: Component<{ readonly onClose: () => void }> = (props) => {
  const id = createUniqueId();
  const [query, setQuery] = createSignal("");
  const [chosen, setChosen] = createSignal(0);
  const found = createMemo(() => rank(query(), allCommands(), ({ title, group, words }) => `${title} ${group} ${words ?? ""}`));
  createEffect(on(found, () => setChosen(0), { defer: true }));

  const run = (command: Command | undefined) => {
    if (command !== undefined) {
      props.onClose();
      // After the dialog has given the focus back, so that the command may move it.
      queueMicrotask(() => command.run());
    }
  };
  const move = (by: number) => {
    const count = found().length;
    if (count > 0) {
      setChosen((now) => (now + by + count) % count);
      document.getElementById(`${id}-${chosen()}`)?.scrollIntoView({ block: "nearest" });
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    switch (event.key) {
      case "ArrowDown":
        move(1);
        break;
      case "ArrowUp":
        move(-1);
        break;
      case "Enter":
        run(found()[chosen()]);
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  return (
    <div class="palette">
      <div class="palette-field">
        <Search size={16} aria-hidden="true" />
        <input
          type="text"
          role="combobox"
          aria-label="Search commands"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={found().length > 0 ? `${id}-${chosen()}` : undefined}
          autocomplete="off"
          spellcheck={false}
          placeholder="What do you want to do?"
          value={query()}
          onInput={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <kbd>Esc</kbd>
      </div>
      <ul id={`${id}-list`} class="palette-list" role="listbox" aria-label="Commands">
        <For each={found()} fallback={<li class="palette-none">No command fits “{query()}”.</li>}>
          {(command, index) => (
            <>
              <Show when={query().trim() === "" && found()[index() - 1]?.group !== command.group}>
                <li class="palette-group" role="presentation">
                  {command.group}
                </li>
              </Show>
              <li
                id={`${id}-${index()}`}
                role="option"
                class="palette-item"
                aria-selected={index() === chosen()}
                onPointerMove={() => setChosen(index())}
                onClick={() => run(command)}
              >
                <span class="palette-icon">{command.icon?.({ size: 16, "aria-hidden": "true" })}</span>
                <span class="truncate">{command.title}</span>
                <Show when={command.keys}>{(keys) => <kbd>{keysLabel(keys())}</kbd>}</Show>
              </li>
            </>
          )}
        </For>
      </ul>
    </div>
  );
};
