// Toasts: short news at the edge of the screen, with at most one action (undo, open). Never the only place of an error at a field.
import X from "lucide-solid/icons/x";
import { createEffect, createSignal, For, on, onCleanup, onMount, Show, type Component } from "solid-js";
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
  /** It is shown no more, whatever the reason. */
  readonly onGone?: () => void;
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
  onCleanup(() => {
    stop();
    props.toast.onGone?.();
  });
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

/** px of what bears `data-keep-clear` that a box covers. */
const covered = (box: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }): number => {
  let area = 0;
  for (const element of document.querySelectorAll("[data-keep-clear]")) {
    const other = element.getBoundingClientRect();
    const width = Math.min(box.right, other.right) - Math.max(box.left, other.left);
    const height = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
    area += Math.max(width, 0) * Math.max(height, 0);
  }
  return area;
};

/** Draws the toasts; stands once in the page. Panels may be docked anywhere: they come up on the side where a form is not in their way. */
export const ToastLayer: Component = () => {
  const [side, setSide] = createSignal<"left" | "right">("right");
  let list: HTMLOListElement | undefined;
  createEffect(
    on(toasts, (now) => {
      if (now.length > 0 && list !== undefined) {
        const { left, right, top, bottom } = list.getBoundingClientRect();
        const there = { left: innerWidth - right, right: innerWidth - left, top, bottom };
        setSide((here) => (covered({ left, right, top, bottom }) <= covered(there) ? here : here === "left" ? "right" : "left"));
      }
    }),
  );
  return (
    <Portal>
      <ol class="ui-toasts" aria-label="Notifications" data-side={side()} ref={(element) => (list = element)}>
        <For each={toasts()}>{(each) => <ToastCard toast={each} />}</For>
      </ol>
    </Portal>
  );
};
