// Files that are pasted where an element has the focus. The page hears of a paste as a whole: the focus decides whose it is.
import { onCleanup, onMount } from "solid-js";

/** Told of the files of a paste while the focus is within the element; a text, or a paste that another has taken, is left alone. */
export const onPastedFiles = (within: () => Element | undefined, take: (files: ReadonlyArray<File>) => void): void => {
  const listen = (event: ClipboardEvent) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0 && !event.defaultPrevented && within()?.contains(document.activeElement) === true) {
      event.preventDefault();
      take(files);
    }
  };
  onMount(() => document.addEventListener("paste", listen));
  onCleanup(() => document.removeEventListener("paste", listen));
};
