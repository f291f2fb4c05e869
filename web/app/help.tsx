// The help sheet: every shortcut that works right now, and those of lists and the player, which work where the focus is.
import { createMemo, For, type Component } from "solid-js";
import { Dialog } from "#web/ui/dialog.tsx";
import { allCommands, keysLabel } from "./commands.ts";

interface Group {
  readonly title: string;
  readonly rows: ReadonlyArray<{ readonly title: string; readonly keys: string }>;
}

/** Keys that belong to a place and not to a command. */
const placed: ReadonlyArray<Group> = [
  {
    title: "In lists and the gallery",
    rows: [
      { title: "Move", keys: "up" },
      { title: "Select on the way", keys: "shift+down" },
      { title: "Add to the selection", keys: "space" },
      { title: "Select all", keys: "mod+a" },
      { title: "Open", keys: "enter" },
      { title: "Cancel or delete", keys: "del" },
      { title: "Clear the selection", keys: "esc" },
      { title: "Use as input", keys: "u" },
      { title: "Favourite", keys: "f" },
    ],
  },
  {
    title: "In the player",
    rows: [
      { title: "Play or pause", keys: "space" },
      { title: "Frame back", keys: "," },
      { title: "Frame on", keys: "." },
      { title: "Play backwards, faster with each press", keys: "j" },
      { title: "Pause", keys: "k" },
      { title: "Play, faster with each press", keys: "l" },
      { title: "Loop", keys: "r" },
      { title: "Sound on or off", keys: "m" },
      { title: "Full screen", keys: "f" },
    ],
  },
];

export const HelpSheet: Component<{ readonly open: boolean; readonly onClose: () => void }> = (props) => {
  const groups = createMemo((): ReadonlyArray<Group> => {
    const byGroup = Map.groupBy(
      allCommands().filter(({ keys }) => keys !== undefined),
      ({ group }) => group,
    );
    return [...byGroup].map(([title, commands]) => ({
      title,
      rows: commands.map((command) => ({ title: command.title, keys: command.keys ?? "" })),
    }));
  });
  return (
    <Dialog open={props.open} onClose={() => props.onClose()} title="Keyboard shortcuts" size="l">
      <div class="help-groups">
        <For each={[...groups(), ...placed]}>
          {(group) => (
            <section>
              <h3>{group.title}</h3>
              <ul>
                <For each={group.rows}>
                  {(row) => (
                    <li>
                      {row.title}
                      <kbd>{keysLabel(row.keys)}</kbd>
                    </li>
                  )}
                </For>
              </ul>
            </section>
          )}
        </For>
      </div>
    </Dialog>
  );
};
