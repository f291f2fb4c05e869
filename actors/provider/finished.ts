// Where the videos are that have just ended. The answer that tells of an end has the address in it: to ask for it again, before the file is
// fetched, would only keep people waiting.
import { Clock, Effect } from "effect";
import type { ProviderFailure } from "./provider.ts";
import { isLost } from "./questions.ts";

/** Addresses are signed for minutes: an older one is asked for anew, ms. */
const freshMs = 60_000;
/** Nobody fetches what was called off: the oldest are forgotten. */
const most = 200;

export interface Finished {
  readonly keep: (providerJobId: string, url: string) => Effect.Effect<void>;
  /** Fetches the file from where it is known to be; `otherwise` if that is not known, or the file is not there. */
  readonly fetch: <A>(
    providerJobId: string,
    from: (url: string) => Effect.Effect<A, ProviderFailure>,
    otherwise: Effect.Effect<A, ProviderFailure>,
  ) => Effect.Effect<A, ProviderFailure>;
}

export const makeFinished = (): Finished => {
  const known = new Map<string, { readonly url: string; readonly at: number }>();
  /** Once: whatever comes of it, the next has to ask. */
  const take = Effect.fnUntraced(function* (providerJobId: string) {
    const now = yield* Clock.currentTimeMillis;
    const found = known.get(providerJobId);
    known.delete(providerJobId);
    return found !== undefined && Math.abs(now - found.at) <= freshMs ? found.url : undefined;
  });
  return {
    keep: (providerJobId, url) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        known.delete(providerJobId);
        known.set(providerJobId, { url, at });
        const [oldest] = known.keys();
        if (known.size > most && oldest !== undefined) known.delete(oldest);
      }),
    fetch: Effect.fnUntraced(function* (providerJobId, from, otherwise) {
      const url = yield* take(providerJobId);
      return yield* url === undefined ? otherwise : Effect.catchIf(from(url), isLost, () => otherwise);
    }),
  };
};
