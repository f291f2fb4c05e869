// Keyboard shortcuts: how they are written (`mod+k`, `g j`, `?`), recognised and shown. `mod` is Ctrl, or Cmd on a Mac. Pure.

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** Time within which the second key of a sequence must follow, ms. */
export const sequenceMs = 1200;

const named: Readonly<Record<string, string>> = {
  esc: "Escape",
  enter: "Enter",
  space: " ",
};

const matchesStroke = (press: KeyPress, stroke: string, isMac: boolean): boolean => {
  const parts = stroke.split("+");
  const last = parts.pop() ?? "";
  const wanted = named[last] ?? last;
  const mod = isMac ? press.metaKey : press.ctrlKey;
  const other = isMac ? press.ctrlKey : press.metaKey;
  // A character that itself needs Shift (`?`) is named by the character alone.
  const shiftFits = parts.includes("shift") ? press.shiftKey : wanted.length === 1 && !/[a-z0-9]/i.test(wanted) ? true : !press.shiftKey;
  return (
    press.key.toLowerCase() === wanted.toLowerCase() &&
    mod === parts.includes("mod") &&
    !other &&
    press.altKey === parts.includes("alt") &&
    shiftFits
  );
};

export type Match = { readonly kind: "none" } | { readonly kind: "partial" } | { readonly kind: "full"; readonly keys: string };

/** Recognises a press after `before` (the strokes of a sequence that was begun) among the shortcuts. */
export const matchShortcut = (press: KeyPress, before: string | null, shortcuts: Iterable<string>, isMac: boolean): Match => {
  let partial = false;
  for (const keys of shortcuts) {
    const [first = "", second] = keys.split(" ");
    if (before !== null) {
      if (second !== undefined && first === before && matchesStroke(press, second, isMac)) {
        return { kind: "full", keys };
      }
    } else if (matchesStroke(press, first, isMac)) {
      if (second === undefined) {
        return { kind: "full", keys };
      }
      partial = true;
    }
  }
  return partial ? { kind: "partial" } : { kind: "none" };
};

/** Whether a shortcut needs no modifier, so that it must be left alone while somebody types. */
export const isBare = (keys: string): boolean => !keys.includes("mod+") && !keys.includes("alt+") && keys !== "esc";

const shown: Readonly<Record<string, string>> = {
  shift: "Shift",
  alt: "Alt",
  esc: "Esc",
  enter: "Enter",
  space: "Space",
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  PageUp: "Page ↑",
  PageDown: "Page ↓",
  Home: "Home",
  End: "End",
  Enter: "Enter",
  Escape: "Esc",
  Delete: "Del",
  Backspace: "⌫",
};

/** As shown to people: `Ctrl K`, `⌘ K`, `G then J`. */
export const showKeys = (keys: string, isMac: boolean): string =>
  keys
    .split(" ")
    .map((stroke) =>
      stroke
        // A plus that ends the stroke is itself the key.
        .split(/(?<=[^+])\+(?=.)/)
        .map((part) => (part === "mod" ? (isMac ? "⌘" : "Ctrl") : (shown[part] ?? part.toUpperCase())))
        .join(" "),
    )
    .join(" then ");
