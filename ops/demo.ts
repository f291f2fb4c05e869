// `npm start -- --demo`: simulators of the paid providers beside the server, and sample accounts there, so that all can be tried without
// a key; and a sample story.
import { Effect } from "effect";
import { accountHandlers } from "#actors/account/handlers.ts";
import { jobHandlers } from "#actors/job/handlers.ts";
import { sceneHandlers } from "#actors/scene/handlers.ts";
import type { Call } from "#protocol/client/calls.ts";
import { calls as contract } from "#protocol/contract.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { contextOf } from "#runtime/gateway/caller.ts";
import { jsonOf } from "#runtime/gateway/encoded.ts";
import { Settings } from "#runtime/config/settings.ts";
import { Auth } from "#runtime/auth/auth.ts";
import type { CallContext } from "#runtime/gateway/handlers.ts";
import { startFleet } from "./simulators/fleet.ts";
import { buildSampleStory } from "./story/build.ts";

const placesOfEach = { accounts: 2, credits: 5000, concurrency: 3 } as const;

/** In the name of whom all is added. */
const firstAdmin = Effect.gen(function* () {
  const admin = (yield* (yield* Auth).users).find(({ role }) => role === "admin");
  return admin === undefined ? null : contextOf(admin.id, { username: admin.username, role: "admin" });
});

type Answers = Readonly<Record<string, (input: unknown, context: CallContext) => Effect.Effect<unknown, CallError>>>;

/** Makes the sample story, or what an earlier start has left to be made; one that a person threw away stays away. */
export const addDemoStory = Effect.gen(function* () {
  const context = yield* firstAdmin;
  if (context === null) return;
  const answers: Answers = { ...(yield* jobHandlers).calls, ...(yield* sceneHandlers).calls } as unknown as Answers;
  const run = Effect.runPromiseWith(yield* Effect.context());
  const call = ((name, input, options) => {
    const { input: schema } = contract.get(name)!;
    const answer = answers[name]!(schema.parse(input), { ...context, key: options?.key });
    // As it would come over the wire.
    return run(Effect.map(answer, (each): unknown => JSON.parse(jsonOf(each))));
  }) as Call;
  yield* Effect.tryPromise({
    try: () => buildSampleStory(call, "demo"),
    catch: (error) => (error instanceof CallError ? error : new CallError("internal", String(error))),
  });
}).pipe(Effect.catch((error) => Effect.logWarning("the sample story could not be made", error)));

/** Adds the sample accounts, or leads those of an earlier start to where the simulators are now; what a person removed stays away. Answers how many there are. */
export const addDemoAccounts = Effect.gen(function* () {
  // A video takes seconds there, not a minute.
  const { PIXSIM_PROVIDER_SPEED: speed } = yield* Settings;
  const { accounts } = yield* Effect.acquireRelease(
    Effect.promise(() => startFleet({ speed, ...placesOfEach })),
    (fleet) => Effect.promise(fleet.close),
  );
  const { calls } = yield* accountHandlers;
  const context = yield* firstAdmin;
  if (context === null) return 0;
  let count = 0;
  for (const { provider, title, settings, secrets, concurrency } of accounts) {
    const key = `demo/${provider}/${title}`;
    const input = {
      provider,
      title,
      settings: { ...settings },
      secrets: { ...secrets },
      concurrency,
      shared: true,
      priority: 5,
      dailyLimit: null,
    };
    const { id, state } = yield* calls["accounts.add"](input, { ...context, key });
    if (state === "removed") continue;
    // Added by an earlier start: the simulators listen elsewhere now.
    yield* calls["accounts.update"]({ id, settings: { ...settings }, secrets: { ...secrets } }, context);
    count++;
  }
  return count;
});
