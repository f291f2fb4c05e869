// The present as a signal that moves once a second, and only while somebody on a visible page reads it.
import { createSignal, onCleanup, type Accessor } from "solid-js";

const [now, setNow] = createSignal(Date.now());
let readers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** The present, ms since 1970; ticks until the calling owner is cleaned up. */
export const useNow = (): Accessor<number> => {
  readers += 1;
  if (readers === 1) {
    setNow(Date.now());
    timer = setInterval(() => document.visibilityState === "visible" && setNow(Date.now()), 1000);
  }
  onCleanup(() => {
    readers -= 1;
    if (readers === 0) {
      clearInterval(timer);
    }
  });
  return now;
};
