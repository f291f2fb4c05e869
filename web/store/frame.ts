// Gathers what comes in and hands it on once per animation frame, so that a burst of changes costs one update of the page.

/** While the page is hidden no frame comes: then this often, ms. */
const hiddenEveryMs = 250;

/** `add` collects by key, of which the newest stays; `now` does not wait for the frame. Bounded by the number of keys. */
export const perFrame = <T>(
  keyOf: (item: T) => string,
  isNewer: (item: T, than: T) => boolean,
  flush: (items: ReadonlyArray<T>) => void,
): { readonly add: (items: Iterable<T>) => void; readonly now: () => void } => {
  let waiting = new Map<string, T>();
  let cancel: (() => void) | null = null;

  const run = () => {
    cancel?.();
    cancel = null;
    const items = waiting;
    if (items.size > 0) {
      waiting = new Map();
      flush([...items.values()]);
    }
  };
  const schedule = () => {
    // The timer stands in when the page is hidden, or becomes so before the frame.
    const timer = setTimeout(run, hiddenEveryMs);
    const frame = requestAnimationFrame(run);
    cancel = () => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    };
  };
  return {
    add: (items) => {
      for (const item of items) {
        const key = keyOf(item);
        const before = waiting.get(key);
        if (before === undefined || isNewer(item, before)) {
          waiting.set(key, item);
        }
      }
      if (cancel === null && waiting.size > 0) {
        schedule();
      }
    },
    now: run,
  };
};
