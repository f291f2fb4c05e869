import { describe, expect, it } from "vitest";
import { isBare, matchShortcut, showKeys, type KeyPress } from "./shortcuts.ts";

const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});
const shortcuts = ["mod+k", "mod+shift+enter", "mod+enter", "g j", "g l", "?", "esc", "alt+w"];

describe("a shortcut", () => {
  it("is recognised with its modifiers and only with them", () => {
    expect(matchShortcut(press("k", { ctrlKey: true }), null, shortcuts, false)).toEqual({ kind: "full", keys: "mod+k" });
    expect(matchShortcut(press("k", { metaKey: true }), null, shortcuts, true)).toEqual({ kind: "full", keys: "mod+k" });
    expect(matchShortcut(press("k", { ctrlKey: true }), null, shortcuts, true)).toEqual({ kind: "none" });
    expect(matchShortcut(press("k"), null, shortcuts, false)).toEqual({ kind: "none" });
    expect(matchShortcut(press("Enter", { ctrlKey: true, shiftKey: true }), null, shortcuts, false)).toEqual({
      kind: "full",
      keys: "mod+shift+enter",
    });
    expect(matchShortcut(press("Enter", { ctrlKey: true }), null, shortcuts, false)).toEqual({ kind: "full", keys: "mod+enter" });
    expect(matchShortcut(press("w", { altKey: true }), null, shortcuts, false)).toEqual({ kind: "full", keys: "alt+w" });
  });

  it("of a character that needs Shift is recognised with it", () => {
    expect(matchShortcut(press("?", { shiftKey: true }), null, shortcuts, false)).toEqual({ kind: "full", keys: "?" });
  });

  it("of two keys needs both, in order", () => {
    expect(matchShortcut(press("g"), null, shortcuts, false)).toEqual({ kind: "partial" });
    expect(matchShortcut(press("j"), "g", shortcuts, false)).toEqual({ kind: "full", keys: "g j" });
    expect(matchShortcut(press("x"), "g", shortcuts, false)).toEqual({ kind: "none" });
    expect(matchShortcut(press("j"), null, shortcuts, false)).toEqual({ kind: "none" });
  });

  it("without a modifier is known as one to leave alone while somebody types", () => {
    expect(shortcuts.filter(isBare)).toEqual(["g j", "g l", "?"]);
  });

  it("is shown as people write it", () => {
    expect(showKeys("mod+shift+enter", false)).toBe("Ctrl Shift Enter");
    expect(showKeys("mod+k", true)).toBe("⌘ K");
    expect(showKeys("g j", false)).toBe("G then J");
  });
});
