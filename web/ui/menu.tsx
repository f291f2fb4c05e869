// Menus: a button that opens one, and one context menu for the whole page that any element may ask for.
import { DropdownMenu } from "@kobalte/core/dropdown-menu";
import { createSignal, For, Show, type Component, type JSX } from "solid-js";
import type { ButtonTone, Icon } from "./button.tsx";
import { tip } from "./tooltip.tsx";
import "./menu.css";

export type MenuItem =
  | {
      readonly label: string;
      readonly icon?: Icon;
      /** The shortcut that does the same. */
      readonly keys?: string;
      readonly danger?: boolean;
      readonly disabled?: boolean;
      /** Present: shown with a tick when true. */
      readonly checked?: boolean;
      readonly onSelect: () => void;
    }
  | "separator";

const Items: Component<{ readonly items: ReadonlyArray<MenuItem> }> = (props) => (
  <For each={props.items}>
    {(item) =>
      item === "separator" ? (
        <DropdownMenu.Separator class="ui-menu-separator" />
      ) : (
        <DropdownMenu.Item
          class="ui-menu-item"
          data-danger={item.danger ? "" : undefined}
          disabled={item.disabled ?? false}
          onSelect={() => item.onSelect()}
          {...(item.checked === undefined ? {} : { role: "menuitemcheckbox", "aria-checked": item.checked })}
        >
          <span class="ui-menu-icon">
            <Show when={item.icon} keyed fallback={<Show when={item.checked}>✓</Show>}>
              {(icon) => icon({ size: 15, "aria-hidden": "true" })}
            </Show>
          </span>
          <span class="truncate">{item.label}</span>
          <Show when={item.keys}>
            <kbd>{item.keys}</kbd>
          </Show>
        </DropdownMenu.Item>
      )
    }
  </For>
);

interface MenuButtonProps {
  /** Named aloud and as a tooltip when there are no words inside. */
  readonly label: string;
  /** Read when it opens, so it may depend on the moment. */
  readonly items: () => ReadonlyArray<MenuItem>;
  readonly icon?: Icon;
  readonly tone?: ButtonTone;
  readonly size?: "s" | "m";
  readonly disabled?: boolean;
  /** It is about to show its items. */
  readonly onOpen?: () => void;
  readonly children?: JSX.Element;
}

export const MenuButton: Component<MenuButtonProps> = (props) => (
  <DropdownMenu gutter={4} modal={false} onOpenChange={(open) => open && props.onOpen?.()}>
    <DropdownMenu.Trigger
      class="ui-button"
      classList={{ "ui-icon-button": props.children === undefined }}
      data-tone={props.tone ?? "ghost"}
      data-size={props.size ?? "m"}
      disabled={props.disabled ?? false}
      aria-label={props.label}
      {...(props.children === undefined ? tip(props.label) : {})}
    >
      <Show when={props.icon} keyed>
        {(icon) => icon({ size: 16, "aria-hidden": "true" })}
      </Show>
      {props.children}
    </DropdownMenu.Trigger>
    <DropdownMenu.Portal>
      <DropdownMenu.Content class="ui-menu" aria-label={props.label}>
        <Items items={props.items()} />
      </DropdownMenu.Content>
    </DropdownMenu.Portal>
  </DropdownMenu>
);

interface ContextMenuRequest {
  readonly label: string;
  readonly items: ReadonlyArray<MenuItem>;
  readonly x: number;
  readonly y: number;
  readonly returnTo: HTMLElement | null;
}

const [request, setRequest] = createSignal<ContextMenuRequest | null>(null);

/** Opens the page's context menu where the event happened: at the pointer, or under the element when it came from the keyboard. */
export const showContextMenu = (event: MouseEvent, label: string, items: ReadonlyArray<MenuItem>): void => {
  event.preventDefault();
  const from = event.target instanceof Element ? event.target.getBoundingClientRect() : new DOMRect();
  const byKeyboard = event.clientX === 0 && event.clientY === 0;
  setRequest({
    label,
    items,
    x: byKeyboard ? from.left + 16 : event.clientX,
    y: byKeyboard ? from.bottom : event.clientY,
    returnTo: document.activeElement instanceof HTMLElement ? document.activeElement : null,
  });
};

/** Draws what `showContextMenu` asks for; stands once in the page. */
export const ContextMenuLayer: Component = () => (
  <Show when={request()} keyed>
    {(now) => (
      <DropdownMenu
        open
        modal={false}
        placement="bottom-start"
        gutter={0}
        getAnchorRect={() => ({ x: now.x, y: now.y, width: 0, height: 0 })}
        onOpenChange={(open) => {
          if (!open) {
            setRequest(null);
            now.returnTo?.focus({ preventScroll: true });
          }
        }}
      >
        <DropdownMenu.Portal>
          <DropdownMenu.Content class="ui-menu" aria-label={now.label}>
            <Items items={now.items} />
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu>
    )}
  </Show>
);
