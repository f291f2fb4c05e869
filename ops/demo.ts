// `npm start -- --demo`: simulators of the paid providers beside the server, and sample accounts there, so that all can be tried without a key.
import { Effect } from "effect";
import { accountHandlers } from "#actors/account/handlers.ts";
import { contextOf } from "#runtime/gateway/caller.ts";
import { Settings } from "#runtime/config/settings.ts";
import { Auth } from "#runtime/auth/auth.ts";
import { startFleet } from "./simulators/fleet.ts";

const placesOfEach = { accounts: 2, credits: 5000, concurrency: 3 } as const;

/** Adds the sample accounts, or leads those of an earlier start to where the simulators are now; what a person removed stays away. Answers how many there are. */
export const addDemoAccounts = Effect.gen(function* () {
  // A video takes seconds there, not a minute.
  const { PIXSIM_PROVIDER_SPEED: speed } = yield* Settings;
  const { accounts } = yield* Effect.acquireRelease(
    Effect.promise(() => startFleet({ speed, ...placesOfEach })),
    (fleet) => Effect.promise(fleet.close),
  );
  const { calls } = yield* accountHandlers;
  const auth = yield* Auth;
  const admin = (yield* auth.users).find(({ role }) => role === "admin");
  if (admin === undefined) return 0;
  const context = contextOf(admin.id, { username: admin.username, role: "admin" });
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
