// Tooltips: `{...tip("Words")}` on any element, and one layer for the whole page that shows them on hover and on keyboard focus.
// They repeat or explain what is labelled already, so they are hidden from screen readers.
import { createSignal, onCleanup, onMount, Show, type Component } from "solid-js";
import { Portal } from "solid-js/web";
import "./tooltip.css";

/** Time the pointer rests before a tooltip shows, ms; right after another one it shows at once. */
const restMs = 450;
const warmMs = 300;
const gap = 6;

/** Attributes that give an element a tooltip. `keys`: the shortcut that does the same, as `Ctrl K`. */
export const tip = (label: string, keys?: string): { "data-tip": string; "data-tip-keys": string | undefined } => ({
  "data-tip": label,
  "data-tip-keys": keys,
});

interface Shown {
  readonly label: string;
  readonly keys: string | undefined;
  readonly anchor: DOMRect;
}

export const TooltipLayer: Component = () => {
  const [shown, setShown] = createSignal<Shown | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let owner: Element | null = null;
  let hiddenAt = -Infinity;

  const hide = () => {
    clearTimeout(timer);
    owner = null;
    if (shown() !== null) {
      hiddenAt = performance.now();
      setShown(null);
    }
  };
  const show = (element: HTMLElement) => {
    const { tip: label, tipKeys } = element.dataset;
    if (label !== undefined && label !== "" && element.isConnected) {
      setShown({ label, keys: tipKeys, anchor: element.getBoundingClientRect() });
    }
  };
  const over = (event: Event) => {
    const target = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-tip]") : null;
    if (target === owner) {
      return;
    }
    hide();
    if (target === null || (event instanceof PointerEvent && event.pointerType === "touch")) {
      return;
    }
    if (event.type === "focusin" && !target.matches(":focus-visible")) {
      return;
    }
    owner = target;
    timer = setTimeout(() => show(target), performance.now() - hiddenAt < warmMs ? 0 : restMs);
  };

  onMount(() => {
    const stop = new AbortController();
    const options = { capture: true, passive: true, signal: stop.signal };
    document.addEventListener("pointerover", over, options);
    document.addEventListener("focusin", over, options);
    for (const kind of ["pointerdown", "focusout", "keydown", "scroll", "dragstart"]) {
      document.addEventListener(kind, hide, options);
    }
    onCleanup(() => {
      stop.abort();
      clearTimeout(timer);
    });
  });

  const place = (box: HTMLElement, { anchor }: Shown) => {
    const { width, height } = box.getBoundingClientRect();
    const below = anchor.bottom + gap + height < innerHeight;
    const x = Math.min(Math.max(anchor.left + anchor.width / 2 - width / 2, gap), innerWidth - width - gap);
    const y = below ? anchor.bottom + gap : anchor.top - gap - height;
    box.style.translate = `${Math.round(x)}px ${Math.round(y)}px`;
  };

  return (
    <Show when={shown()} keyed>
      {(now) => (
        <Portal>
          <div class="ui-tooltip" aria-hidden="true" ref={(box) => queueMicrotask(() => place(box, now))}>
            {now.label}
            <Show when={now.keys}>
              <kbd>{now.keys}</kbd>
            </Show>
          </div>
        </Portal>
      )}
    </Show>
  );
};
