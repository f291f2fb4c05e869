import { createRoot } from "solid-js";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createPreferences, type Preferences } from "./preferences.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { memoryClient } from "./testing.ts";

afterEach(() => localStorage.clear());

const open = (kept: Record<string, unknown>) => {
  const saved: Array<Record<string, unknown>> = [];
  const client = memoryClient({
    "auth.preferences": () => ({ preferences: kept }),
    "auth.savePreferences": ({ set }) => {
      saved.push(set);
      return {};
    },
  });
  return createRoot((dispose): { preferences: Preferences; saved: typeof saved; dispose: () => void } => ({
    preferences: createPreferences(client, "usr_1", () => undefined),
    saved,
    dispose,
  }));
};

describe("preferences", () => {
  it("are there at once from this browser's copy, and the server's win when they come", async () => {
    localStorage.setItem("pixsim.preferences.usr_1", JSON.stringify({ theme: "dark" }));
    const { preferences, dispose } = open({ theme: "light", layout: 1 });
    expect(preferences.get("theme")).toBe("dark");
    await vi.waitFor(() => expect(preferences.loaded()).toBe(true));
    expect(preferences.get("theme")).toBe("light");
    expect(JSON.parse(localStorage.getItem("pixsim.preferences.usr_1") ?? "")).toEqual({ theme: "light", layout: 1 });
    dispose();
  });

  it("that were changed before the server answered are not lost", async () => {
    const { preferences, saved, dispose } = open({ theme: "light" });
    preferences.set("theme", "dark");
    await vi.waitFor(() => expect(preferences.loaded()).toBe(true));
    expect(preferences.get("theme")).toBe("dark");
    dispose();
    expect(saved).toEqual([{ theme: "dark" }]);
  });

  it("go to the server once for several changes; null forgets", async () => {
    const { preferences, saved, dispose } = open({ a: 1 });
    await vi.waitFor(() => expect(preferences.loaded()).toBe(true));
    preferences.set("b", 2);
    preferences.set("b", 3);
    preferences.set("a", null);
    expect(preferences.get("a")).toBeUndefined();
    dispose();
    expect(saved).toEqual([{ b: 3, a: null }]);
  });

  it("that could not be saved are sent again until they are, and the problem is told once", async () => {
    const problem = vi.fn<(error: unknown) => void>();
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const saved: Array<Record<string, unknown>> = [];
    const client = memoryClient({
      "auth.preferences": () => ({ preferences: {} }),
      "auth.savePreferences": ({ set }) => {
        saved.push(set);
        if (saved.length <= 2 || saved.length === 4) throw new CallError("unavailable", "Not now.");
        return {};
      },
    });
    const { preferences, dispose } = createRoot((end) => ({
      preferences: createPreferences(client, "usr_1", problem),
      dispose: end,
    }));
    preferences.set("a", 1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(saved).toEqual([{ a: 1 }]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(saved).toEqual([{ a: 1 }, { a: 1 }, { a: 1 }]);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(saved).toHaveLength(3);
    expect(problem).toHaveBeenCalledTimes(1);
    preferences.set("b", 2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(saved.slice(3)).toEqual([{ b: 2 }, { b: 2 }]);
    expect(problem).toHaveBeenCalledTimes(2);
    dispose();
  });

  it("survive a broken copy", () => {
    localStorage.setItem("pixsim.preferences.usr_1", "{broken");
    const { preferences, dispose } = open({});
    expect(preferences.get("theme")).toBeUndefined();
    dispose();
  });
});
