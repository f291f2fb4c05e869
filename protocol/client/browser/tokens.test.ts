import { afterEach, describe, expect, it } from "vitest";
import type { Grant } from "#protocol/auth.ts";
import { auth } from "#protocol/auth.ts";
import type { Exclusively } from "./lock.ts";
import { createTokens, type Access, type Tokens } from "./tokens.ts";

const grantOf = (number: number): Grant => ({
  ...auth.calls.signIn.example.output,
  accessToken: `access-${number}`,
  refreshToken: `refresh-${number}`,
  accessExpiresAt: 1_000_000,
});

/** Tabs of one browser: they share the storage, and hear of each other. */
const openTabs: Array<Tokens> = [];
const storage = (() => {
  const values = new Map<string, string>();
  return {
    values,
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
})();
/** In place of Web Locks: one after the other. */
let queue: Promise<unknown> = Promise.resolve();
const exclusively: Exclusively = (work) => {
  const result = queue.then(work, work);
  queue = result.catch(() => undefined);
  return result;
};
const tab = (onOtherTab: (access: Access | null) => void = () => undefined, now = () => 0): Tokens => {
  const tokens = createTokens({ storage, now, onOtherTab, exclusively });
  openTabs.push(tokens);
  return tokens;
};

afterEach(() => {
  openTabs.splice(0).forEach((tokens) => tokens.close());
  storage.values.clear();
});

describe("the tokens", () => {
  it("are none before a sign-in", async () => {
    const tokens = tab();
    expect(tokens.access()).toBeNull();
    expect(tokens.hasSession()).toBe(false);
    expect(await tokens.renew(() => Promise.reject(new Error("there is nothing to trade")))).toBeNull();
  });

  it("survive a reload by the refresh token alone; the access token is never stored", async () => {
    tab().keep(grantOf(1));
    expect([...storage.values.values()]).toEqual(["refresh-1"]);
    const reloaded = tab();
    expect(reloaded.access()).toBeNull();
    const access = await reloaded.renew((refreshToken) => {
      expect(refreshToken).toBe("refresh-1");
      return Promise.resolve(grantOf(2));
    });
    expect(access?.token).toBe("access-2");
    expect(reloaded.access()?.token).toBe("access-2");
  });

  it("do not hand out an access token that is about to end", () => {
    let now = 0;
    const tokens = tab(undefined, () => now);
    tokens.keep(grantOf(1));
    expect(tokens.access()?.token).toBe("access-1");
    now = 1_000_000 - 29_000;
    expect(tokens.access()).toBeNull();
  });

  it("never trade one refresh token twice, however many ask at the same time", async () => {
    const tokens = tab();
    tokens.keep(grantOf(0));
    const traded: Array<string> = [];
    let number = 0;
    const trade = async (refreshToken: string): Promise<Grant> => {
      traded.push(refreshToken);
      await Promise.resolve();
      number += 1;
      return grantOf(number);
    };
    await Promise.all(Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? tokens : tab()).renew(trade)));
    expect(new Set(traded).size).toBe(8);
    expect(storage.getItem("pixsim.session")).toBe("refresh-8");
  });

  it("go on after a trade that failed, with the same token", async () => {
    const tokens = tab();
    tokens.keep(grantOf(1));
    await expect(tokens.renew(() => Promise.reject(new Error("lost")))).rejects.toThrow("lost");
    expect(storage.getItem("pixsim.session")).toBe("refresh-1");
    expect((await tokens.renew(() => Promise.resolve(grantOf(2))))?.token).toBe("access-2");
  });

  it("tell the other tabs of a sign-in and of its end", async () => {
    const heard: Array<string | null> = [];
    let wake: () => void = () => undefined;
    const listening = tab((access) => {
      heard.push(access?.token ?? null);
      wake();
    });
    const next = () => new Promise<void>((resolve) => (wake = resolve));
    const other = tab();
    const granted = next();
    other.keep(grantOf(5));
    await granted;
    expect(listening.access()?.token).toBe("access-5");
    const ended = next();
    other.end();
    await ended;
    expect(heard).toEqual(["access-5", null]);
    expect(listening.access()).toBeNull();
    expect(listening.hasSession()).toBe(false);
  });
});
