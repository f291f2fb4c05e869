// Toasts: short news at the edge of the screen, with at most one action (undo, open). Never the only place of an error at a field.
import X from "lucide-solid/icons/x";
import { createSignal, For, onCleanup, onMount, Show, type Component } from "solid-js";
import { Portal } from "solid-js/web";
import { IconButton } from "./button.tsx";
import type { Tone } from "./feedback.tsx";
import "./toast.css";

export interface ToastOptions {
  readonly tone?: Tone;
  /** A second, smaller line. */
  readonly detail?: string | undefined;
  readonly action?: { readonly label: string; readonly onSelect: () => void };
  /** Time it stays, ms; default 5,000 (10,000 with an action or a problem). Null: until it is closed. */
  readonly stayMs?: number | null;
}

interface Toast extends ToastOptions {
  readonly id: number;
  readonly title: string;
}

/** More than this many: the oldest goes. */
const most = 4;

const [toasts, setToasts] = createSignal<ReadonlyArray<Toast>>([]);
let lastId = 0;

/** Shows a toast; answers the function that takes it away. */
export const toast = (title: string, options: ToastOptions = {}): (() => void) => {
  lastId += 1;
  const id = lastId;
  setToasts((now) => [...now.slice(1 - most), { id, title, ...options }]);
  return () => dismiss(id);
};

const dismiss = (id: number) => setToasts((now) => now.filter((each) => each.id !== id));

const stayOf = (each: Toast): number | null =>
  each.stayMs !== undefined ? each.stayMs : each.action !== undefined || each.tone === "bad" || each.tone === "warn" ? 10_000 : 5_000;

const ToastCard: Component<{ readonly toast: Toast }> = (props) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const start = () => {
    const stay = stayOf(props.toast);
    if (stay !== null) {
      timer = setTimeout(() => dismiss(props.toast.id), stay);
    }
  };
  const stop = () => clearTimeout(timer);
  onMount(start);
  onCleanup(stop);
  return (
    <li
      class="ui-toast"
      data-tone={props.toast.tone ?? "neutral"}
      role={props.toast.tone === "bad" ? "alert" : "status"}
      onPointerEnter={stop}
      onPointerLeave={start}
      onFocusIn={stop}
      onFocusOut={start}
    >
      <div class="ui-toast-words">
        <strong>{props.toast.title}</strong>
        <Show when={props.toast.detail}>
          <span class="muted">{props.toast.detail}</span>
        </Show>
      </div>
      <Show when={props.toast.action}>
        {(action) => (
          <button
            type="button"
            class="ui-button"
            data-tone="neutral"
            data-size="s"
            onClick={() => {
              dismiss(props.toast.id);
              action().onSelect();
            }}
          >
            {action().label}
          </button>
        )}
      </Show>
      <IconButton label="Dismiss" icon={X} size="s" onClick={() => dismiss(props.toast.id)} />
    </li>
  );
};

/** Draws the toasts; stands once in the page. */
export const ToastLayer: Component = () => (
  <Portal>
    <ol class="ui-toasts" aria-label="Notifications">
      <For each={toasts()}>{(each) => <ToastCard toast={each} />}</For>
    </ol>
  </Portal>
);
