import { describe, expect, it } from "vitest";
import { byLease } from "./lock.ts";

const sharedStorage = () => {
  const values = new Map<string, string>();
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
};

describe("the lease", () => {
  it("lets one tab work at a time, and every tab in the end, also after a failure", async () => {
    const storage = sharedStorage();
    const tabs = Array.from({ length: 4 }, () => byLease(storage, "test", () => Date.now()));
    let inside = 0;
    let most = 0;
    const done: Array<number> = [];
    const results = await Promise.allSettled(
      tabs.map((exclusively, tab) =>
        exclusively(async () => {
          inside += 1;
          most = Math.max(most, inside);
          await Promise.resolve();
          inside -= 1;
          done.push(tab);
          if (tab === 1) {
            throw new Error("this tab failed");
          }
        }),
      ),
    );
    expect(most).toBe(1);
    expect(done.sort()).toEqual([0, 1, 2, 3]);
    expect(results.filter(({ status }) => status === "rejected")).toHaveLength(1);
  });

  it("of a tab that died is taken over when it has run out", async () => {
    const storage = sharedStorage();
    let now = 1000;
    await new Promise<void>((entered) => {
      void byLease(
        storage,
        "test",
        () => now,
      )(() => {
        entered();
        return new Promise(() => undefined);
      });
    });
    const other = byLease(storage, "test", () => now)(() => Promise.resolve("mine"));
    now += 60_000;
    expect(await other).toBe("mine");
  });
});
