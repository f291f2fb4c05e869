// Light, dark, or as the system has it. The choice is kept in this browser, where public/theme.js finds it before the first paint.
import { createSignal } from "solid-js";

export type Theme = "system" | "light" | "dark";
const storageKey = "pixsim.theme";

export const isTheme = (value: unknown): value is Theme => value === "system" || value === "light" || value === "dark";

const stored = (): Theme => {
  try {
    const value = localStorage.getItem(storageKey);
    return isTheme(value) ? value : "system";
  } catch {
    // Storage is forbidden: the system's theme holds.
    return "system";
  }
};

const [theme, setSignal] = createSignal<Theme>(stored());
export { theme };

export const setTheme = (next: Theme): void => {
  setSignal(next);
  if (next === "system") {
    delete document.documentElement.dataset["theme"];
  } else {
    document.documentElement.dataset["theme"] = next;
  }
  try {
    localStorage.setItem(storageKey, next);
  } catch {
    // The choice then holds until the page is closed.
  }
};

/** The one after: system, light, dark, system. */
export const nextTheme = (now: Theme): Theme => (now === "system" ? "light" : now === "light" ? "dark" : "system");
