// Everything that can be done by name: the palette lists it, shortcuts run it, the help sheet shows its keys.
import { createSignal, onCleanup, onMount } from "solid-js";
import type { Icon } from "#web/ui/button.tsx";
import { focusPanelOf } from "#web/dock/panel.ts";
import { actAt, type ActsOf, type fieldKeys } from "#web/ui/place-keys.ts";
import { isBare, matchShortcut, sequenceMs, showKeys } from "./shortcuts.ts";

export interface Command {
  readonly id: string;
  readonly title: string;
  /** Heading in the palette and the help sheet. */
  readonly group: string;
  readonly icon?: Icon;
  /** As in shortcuts.ts: `mod+k`, `g j`, `?`. */
  readonly keys?: string;
  /** Other words by which it is found. */
  readonly words?: string;
  readonly run: () => void;
}

const [commandSets, setCommandSets] = createSignal<ReadonlyArray<() => ReadonlyArray<Command>>>([]);

export const allCommands = (): ReadonlyArray<Command> => commandSets().flatMap((each) => each());

/** Adds commands for as long as the component stands; they may depend on signals. */
export const provideCommands = (commands: () => ReadonlyArray<Command>): void => {
  onMount(() => setCommandSets((now) => [...now, commands]));
  onCleanup(() => setCommandSets((now) => now.filter((each) => each !== commands)));
};

const isMac = typeof navigator !== "undefined" && /mac|iphone|ipad/i.test(navigator.userAgent);

/** A shortcut in words, for menus and tooltips. */
export const keysLabel = (keys: string): string => showKeys(keys, isMac);

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=range], [type=button])"));

/** Out of the field, to where the shortcuts are heard; its panel keeps the focus, so that Tab goes on from there. */
const leaveField = (field: HTMLElement): void => {
  field.blur();
  focusPanelOf(field);
};

/** Listens for the keys of all commands; belongs to the component that calls it. */
export const listenForKeys = (): void => {
  let before: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const forget = () => {
    clearTimeout(timer);
    before = null;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || ["Shift", "Control", "Meta", "Alt"].includes(event.key)) {
      return;
    }
    const typing = isTyping(event.target);
    // A dialog or an open menu has its own keys.
    const inLayer = document.querySelector("[role=dialog], [role=menu]") !== null;
    const usable = allCommands().flatMap(({ keys }) => (keys !== undefined && !((typing || inLayer) && isBare(keys)) ? [keys] : []));
    const { target } = event;
    const isEmptied = target instanceof HTMLInputElement && target.type === "search" && target.value !== "";
    if (typing && !inLayer && !isEmptied && target instanceof HTMLElement) {
      const acts: ActsOf<typeof fieldKeys> = { Escape: () => leaveField(target) };
      actAt(event, acts)?.();
    }
    const found = matchShortcut(event, before, usable, isMac);
    forget();
    switch (found.kind) {
      case "none":
        return;
      case "partial":
        before = event.key.toLowerCase();
        timer = setTimeout(forget, sequenceMs);
        return;
      case "full":
        event.preventDefault();
        allCommands()
          .find(({ keys }) => keys === found.keys)
          ?.run();
    }
  };
  onMount(() => document.addEventListener("keydown", onKeyDown));
  onCleanup(() => {
    document.removeEventListener("keydown", onKeyDown);
    forget();
  });
};
