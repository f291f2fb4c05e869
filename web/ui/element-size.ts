// The size of an element as it changes.
import { onCleanup } from "solid-js";

/** Told now, and whenever the element's size changes, until the calling owner is cleaned up. For `onMount`. */
export const onElementSize = (element: Element, told: () => void): void => {
  const observer = new ResizeObserver(told);
  observer.observe(element);
  told();
  onCleanup(() => observer.disconnect());
};
