// Dialogs: a title, what they are about, and buttons. Focus stays inside and returns where it came from; Escape closes.
import { Dialog as Kobalte } from "@kobalte/core/dialog";
import X from "lucide-solid/icons/x";
import { Show, type Component, type JSX } from "solid-js";
import { IconButton } from "./button.tsx";
import "./dialog.css";

interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: string;
  /** `s` for questions, `m` for forms, `l` for pickers. */
  readonly size?: "s" | "m" | "l";
  /** Keeps the title for screen readers only. */
  readonly bare?: boolean;
  readonly children?: JSX.Element;
  /** Buttons, the main one last. */
  readonly actions?: JSX.Element;
}

/** The first field or button of the content, not the cross at the top. */
const focusFirst = (event: Event) => {
  const dialog = event.currentTarget instanceof HTMLElement ? event.currentTarget : document.querySelector(".ui-dialog");
  const first = dialog?.querySelector<HTMLElement>(
    ".ui-dialog-body :is(input:not([hidden]), select, textarea), .ui-dialog-actions > button:last-child",
  );
  if (first !== undefined && first !== null) {
    event.preventDefault();
    first.focus();
  }
};

export const Dialog: Component<DialogProps> = (props) => (
  <Kobalte open={props.open} onOpenChange={(open) => !open && props.onClose()} preventScroll={false}>
    <Kobalte.Portal>
      <Kobalte.Overlay class="ui-dialog-overlay" />
      <div class="ui-dialog-place">
        <Kobalte.Content
          class="ui-dialog"
          data-size={props.size ?? "m"}
          data-bare={props.bare ? "" : undefined}
          onOpenAutoFocus={focusFirst}
        >
          <header class="ui-dialog-top" classList={{ "visually-hidden": props.bare === true }}>
            <Kobalte.Title class="ui-dialog-title">{props.title}</Kobalte.Title>
            <Show when={!props.bare}>
              <IconButton label="Close" icon={X} size="s" onClick={() => props.onClose()} />
            </Show>
          </header>
          <Show when={props.description}>
            <Kobalte.Description class="ui-dialog-about">{props.description}</Kobalte.Description>
          </Show>
          <div class="ui-dialog-body">{props.children}</div>
          <Show when={props.actions}>
            <footer class="ui-dialog-actions">{props.actions}</footer>
          </Show>
        </Kobalte.Content>
      </div>
    </Kobalte.Portal>
  </Kobalte>
);
