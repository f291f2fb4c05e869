// A signal that follows another once that one has rested.
import { createEffect, createSignal, on, onCleanup, untrack, type Accessor } from "solid-js";

/** `restMs`: how long the source must stay as it is. */
export const debounced = <T>(source: Accessor<T>, restMs: number): Accessor<T> => {
  const [value, setValue] = createSignal<T>(untrack(source));
  createEffect(
    on(
      source,
      (next) => {
        const timer = setTimeout(() => setValue(() => next), restMs);
        onCleanup(() => clearTimeout(timer));
      },
      { defer: true },
    ),
  );
  return value;
};
