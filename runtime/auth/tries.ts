// How often something may be tried in a minute, by a user or from an address: counted here, and over all processes together.
import { Effect } from "effect";
import { CallError } from "#protocol/wire/errors.ts";
import type { Quotas } from "../cluster/quotas.ts";
import { Throttle } from "./throttle.ts";

export interface Tries {
  /**
   * Counts a try of this key at `at`, ms epoch; by `success` it counts no longer.
   * Errors: rate_limited, with the time to wait.
   */
  readonly count: (key: string, at: number) => Effect.Effect<{ readonly success: Effect.Effect<void> }, CallError>;
}

const throttled = (waitMs: number): CallError =>
  new CallError("rate_limited", `Too many tries. Wait ${Math.ceil(waitMs / 1000)} seconds, then try again.`, { retryAfterMs: waitMs });

/** `of`: what is tried, in one word; `most`: in any minute. */
export const makeTries = (quotas: Quotas["Service"], of: string, most: number): Tries => {
  const throttle = new Throttle(most);
  return {
    count: Effect.fnUntraced(function* (key, at) {
      const waitHere = throttle.attempt(key, at);
      if (waitHere > 0) return yield* Effect.fail(throttled(waitHere));
      const id = crypto.randomUUID();
      const shared = `${of} ${key}`;
      const waitMs = yield* quotas.attempt(shared, id, most);
      if (waitMs > 0) {
        throttle.takeBack(key, at);
        return yield* Effect.fail(throttled(waitMs));
      }
      return {
        success: Effect.suspend(() => {
          throttle.takeBack(key, at);
          return quotas.takeBack(shared, id);
        }),
      };
    }),
  };
};
