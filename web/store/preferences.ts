// What is kept for the user across browsers (layout, presets), with a copy in this browser so that it is there at once.
// The server's value wins at sign-in; a change is written to both, to the server a moment later and once for several.
import { createSignal, onCleanup, type Accessor } from "solid-js";
import type { Client } from "./client.ts";

/** Time after the last change until it is sent, ms. */
const settleMs = 1200;
/** What could not be saved is sent again after so long, ms. */
const againMs = 30_000;

export interface Preferences {
  /** Undefined: nothing kept. The reader validates: another version of the workspace may have written it. */
  readonly get: (key: string) => unknown;
  /** Null forgets the key. */
  readonly set: (key: string, value: unknown) => void;
  /** True once the server's values are here. */
  readonly loaded: Accessor<boolean>;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const readCopy = (storageKey: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(storageKey) ?? "{}");
    return isRecord(value) ? value : {};
  } catch {
    // Unreadable or forbidden storage: the server's values will do.
    return {};
  }
};

export const createPreferences = (client: Client, userId: string, onProblem: (error: unknown) => void): Preferences => {
  const storageKey = `pixsim.preferences.${userId}`;
  const [values, setValues] = createSignal<Readonly<Record<string, unknown>>>(readCopy(storageKey));
  const [loaded, setLoaded] = createSignal(false);
  let unsent: Record<string, unknown> = {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;
  /** Told once, not with each attempt. */
  let failing = false;

  const keepCopy = () => {
    try {
      localStorage.setItem(storageKey, JSON.stringify(values()));
    } catch {
      // A full or forbidden storage costs only the fast copy.
    }
  };
  const send = () => {
    clearTimeout(timer);
    const set = unsent;
    if (Object.keys(set).length > 0) {
      unsent = {};
      client.call("auth.savePreferences", { set }).then(
        () => {
          failing = false;
        },
        (error: unknown) => {
          unsent = { ...set, ...unsent };
          clearTimeout(timer);
          if (!closed) timer = setTimeout(send, againMs);
          if (!failing) onProblem(error);
          failing = true;
        },
      );
    }
  };
  const onHide = () => document.visibilityState === "hidden" && send();
  document.addEventListener("visibilitychange", onHide);
  onCleanup(() => {
    document.removeEventListener("visibilitychange", onHide);
    closed = true;
    send();
  });

  client.call("auth.preferences", {}).then(
    ({ preferences }) => {
      setValues({ ...preferences, ...unsent });
      keepCopy();
      setLoaded(true);
    },
    (error: unknown) => {
      onProblem(error);
      setLoaded(true);
    },
  );

  return {
    get: (key) => values()[key],
    set: (key, value) => {
      const { [key]: _, ...others } = values();
      setValues(value === null ? others : { ...others, [key]: value });
      unsent[key] = value;
      keepCopy();
      clearTimeout(timer);
      timer = setTimeout(send, settleMs);
    },
    loaded,
  };
};
