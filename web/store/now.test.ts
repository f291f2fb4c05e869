import { createRoot } from "solid-js";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { followClock, useNow } from "./now.ts";
import { memoryClient } from "./testing.ts";

const start = 1_764_000_000_000;
beforeEach(() => {
  vi.useFakeTimers({ now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What is read a moment after the server was asked, whose clock is off by so many ms and whose answer takes so long. */
const readAfter = async (off: number, takesMs: number) => {
  const client = memoryClient({
    "system.ping": async () => {
      await vi.advanceTimersByTimeAsync(takesMs / 2);
      const at = Date.now() + off;
      await vi.advanceTimersByTimeAsync(takesMs / 2);
      return { at };
    },
  });
  await followClock(client);
  return createRoot((dispose) => {
    const read = useNow()() - Date.now();
    dispose();
    return read;
  });
};

it("goes by the server's clock where this machine's is set wrong", async () => {
  expect(await readAfter(7_500_000, 400)).toBe(7_500_000);
  expect(await readAfter(-90_000, 0)).toBe(-90_000);
});

it("leaves alone what may come from the way of the answer", async () => {
  expect(await readAfter(1500, 20)).toBe(0);
  expect(await readAfter(5000, 8000)).toBe(0);
  expect(await readAfter(0, 8000)).toBe(0);
});

it("keeps what it knew while nothing answers", async () => {
  expect(await readAfter(60_000, 0)).toBe(60_000);
  const client = memoryClient({});
  await followClock(client);
  createRoot((dispose) => {
    expect(useNow()()).toBe(Date.now() + 60_000);
    dispose();
  });
});
