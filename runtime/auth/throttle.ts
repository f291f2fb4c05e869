// How often somebody may try: so many in a minute for each key (a user, an address). Memory is bounded; time is given.
import { isIPv6 } from "node:net";

const windowMs = 60_000;
/** Keys remembered; of more, the one unused for longest is forgotten. */
const maxKeys = 10_000;

export class Throttle {
  readonly #tries = new Map<string, Array<number>>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts a try; answers 0, or how many ms to wait before the next. A refused try does not count. `now`: ms epoch. */
  attempt(key: string, now: number): number {
    // What lies in the future was counted before the clock was set back.
    const recent = (this.#tries.get(key) ?? []).filter((at) => at > now - windowMs && at <= now);
    if (recent.length >= this.#limit) return recent[0]! + windowMs - now;
    recent.push(now);
    // Re-inserted, so that the map is in order of last use and the oldest goes first.
    this.#tries.delete(key);
    this.#tries.set(key, recent);
    if (this.#tries.size > maxKeys) {
      for (const oldest of this.#tries.keys()) {
        this.#tries.delete(oldest);
        break;
      }
    }
    return 0;
  }

  /** The try made at `now` was a success and does not count. */
  takeBack(key: string, now: number): void {
    const tries = this.#tries.get(key);
    const index = tries?.lastIndexOf(now) ?? -1;
    if (index >= 0) tries?.splice(index, 1);
  }
}

/** Whom an address stands for: with IPv6 a household has a whole /64. */
export const addressKey = (ip: string): string => {
  const address = ip.toLowerCase().split("%")[0] ?? "";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = "", tail] = address.split("::");
  const first = head.split(":").filter((part) => part !== "");
  const last = (tail ?? "").split(":").filter((part) => part !== "");
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => "0");
  return [...first, ...zeros, ...last]
    .slice(0, 4)
    .map((part) => part.replace(/^0+(?=.)/, ""))
    .join(":");
};
