// The present as a signal that moves once a second, and only while somebody on a visible page reads it. It is the server's: what is told
// is timed there, and the clock of this machine may be set wrong.
import { createSignal, onCleanup, type Accessor } from "solid-js";
import type { Client } from "./client.ts";

/** What the server's clock is ahead by less, ms, is left alone: it would come from how long an answer takes. */
const least = 2000;
let ahead = 0;

const present = (): number => Date.now() + ahead;
const [now, setNow] = createSignal(present());
let readers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** The present, ms since 1970; ticks until the calling owner is cleaned up. */
export const useNow = (): Accessor<number> => {
  readers += 1;
  if (readers === 1) {
    setNow(present());
    timer = setInterval(() => document.visibilityState === "visible" && setNow(present()), 1000);
  }
  onCleanup(() => {
    readers -= 1;
    if (readers === 0) {
      clearInterval(timer);
    }
  });
  return now;
};

/** Asks the server what time it is and goes by that from then on; without an answer, by what was known before. */
export const followClock = async (client: Pick<Client, "call">): Promise<void> => {
  const asked = Date.now();
  const answer = await client.call("system.ping", {}).catch(() => null);
  if (answer !== null) {
    const answered = Date.now();
    const off = Math.round(answer.at - (asked + answered) / 2);
    ahead = Math.abs(off) < least + (answered - asked) / 2 ? 0 : off;
    setNow(present());
  }
};
