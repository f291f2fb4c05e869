// What the tests of vendors' files share: what such a file is given (the real HTTP and polling, and a memory of uploads that lasts as long as the
// test), inputs, and how an effect ended.
import { Clock, Effect, Exit, Redacted, Scope } from "effect";
import { makeHttp } from "./http.ts";
import { makePolling } from "./polling.ts";
import type { Connection, Provider, ProviderFailure, ProviderInput } from "./provider.ts";
import type { ProviderTools, Uploads } from "./tools.ts";
import type { VideosShape } from "./videos.ts";

/** Rejects with the failure as a defect. */
export const run = <A>(effect: Effect.Effect<A, ProviderFailure>): Promise<A> => Effect.runPromise(Effect.orDie(effect));
export const failureOf = (effect: Effect.Effect<unknown, ProviderFailure>): Promise<ProviderFailure> =>
  Effect.runPromise(Effect.flip(Effect.asVoid(effect)));

/** With a time of day that is so much ahead, ms; nothing else is. */
export const byClock = <A, E, R>(aheadMs: number, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Clock.Clock, (clock) => {
    const at = (): number => clock.currentTimeMillisUnsafe() + aheadMs;
    const set: Clock.Clock = Object.assign(Object.create(clock) as Clock.Clock, {
      currentTimeMillisUnsafe: at,
      currentTimeMillis: Effect.sync(at),
    });
    return Effect.provideService(effect, Clock.Clock, set);
  });

/** An input with a file of this name, which nobody looks for; a picture unless the name or `changes` say otherwise. */
export const testInput = (role: ProviderInput["role"], path: string, changes: Partial<ProviderInput> = {}): ProviderInput => {
  const mime = changes.mime ?? (path.endsWith(".mp4") ? "video/mp4" : "image/png");
  return {
    role,
    name: null,
    path,
    mime,
    mediaType: mime.startsWith("video/") ? "video" : "image",
    sha256: path,
    timeMs: null,
    made: null,
    ...changes,
  };
};

export interface TestToolsOptions {
  /** Base URLs that may be private. */
  readonly own: ReadonlyArray<string>;
  /** How much faster than real time the simulator lives. Default: 1. */
  readonly speed?: number;
  /** Default: every video is taken as it is. */
  readonly videos?: VideosShape;
}

export const asTheyAre: VideosShape = { taken: Effect.succeed };

/** Forgets with the process; two uploads of one file at the same time are not joined. */
export const memoryUploads = (): Uploads => {
  const known = new Map<string, string>();
  return {
    once: (sha256, upload) =>
      Effect.suspend(() => {
        const id = known.get(sha256);
        return id === undefined ? Effect.tap(upload, (made) => Effect.sync(() => void known.set(sha256, made))) : Effect.succeed(id);
      }),
    forget: (sha256) => Effect.sync(() => void known.delete(sha256)),
    forgetAll: Effect.sync(() => known.clear()),
  };
};

export const testTools = Effect.fnUntraced(function* ({
  own,
  speed = 1,
  videos = asTheyAre,
}: TestToolsOptions): Effect.fn.Return<ProviderTools, never, Scope.Scope> {
  return { http: yield* makeHttp({ own }), polling: yield* makePolling({ speed }), uploads: memoryUploads(), videos };
});

export interface TestAccount extends TestToolsOptions {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** A connection of an account whose form was filled in like this; checked by the provider's own spec. */
export const connectTest = async (
  provider: Provider,
  { settings, secrets, ...options }: TestAccount,
): Promise<{ readonly connection: Connection; readonly close: () => Promise<void> }> => {
  const scope = Scope.makeUnsafe();
  const tools = await Effect.runPromise(Scope.provide(testTools(options), scope));
  const kept = Object.entries(provider.account?.secrets.parse(secrets) ?? {}).map(
    ([name, value]) => [name, Redacted.make(String(value))] as const,
  );
  const account = { id: "acc_test", settings: provider.account?.settings.parse(settings) ?? {}, secrets: Object.fromEntries(kept) };
  return { connection: provider.connect(account, tools), close: () => Effect.runPromise(Scope.close(scope, Exit.void)) };
};
