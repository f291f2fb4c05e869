// The help sheet: every shortcut that works right now, and those of places, which work where the focus is.
import { createMemo, For, type Component } from "solid-js";
import { Dialog } from "#web/ui/dialog.tsx";
import { keyPlaces } from "#web/ui/place-keys.ts";
import { allCommands, keysLabel } from "./commands.ts";

interface Row {
  readonly title: string;
  /** Any of them. */
  readonly keys: ReadonlyArray<string>;
}
interface Group {
  readonly title: string;
  readonly rows: ReadonlyArray<Row>;
}

const placed: ReadonlyArray<Group> = keyPlaces.map(({ title, rows }) => ({
  title,
  rows: rows.flatMap(({ title: name, keys, withShift }) => {
    const plain: Row = { title: name, keys: keys.map((key) => (key === " " ? "space" : key)) };
    return withShift === undefined ? [plain] : [plain, { title: withShift, keys: plain.keys.map((key) => `shift+${key}`) }];
  }),
}));

export const HelpSheet: Component<{ readonly open: boolean; readonly onClose: () => void }> = (props) => {
  const groups = createMemo((): ReadonlyArray<Group> => {
    const byGroup = Map.groupBy(
      allCommands().filter(({ keys }) => keys !== undefined),
      ({ group }) => group,
    );
    return [...byGroup].map(([title, commands]) => ({
      title,
      rows: commands.map((command) => ({ title: command.title, keys: command.keys === undefined ? [] : [command.keys] })),
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
                      <span class="help-keys">
                        <For each={row.keys}>{(keys) => <kbd>{keysLabel(keys)}</kbd>}</For>
                      </span>
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
