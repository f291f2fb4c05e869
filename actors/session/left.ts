// Playthroughs that stayed with a guest who has become a user: adopting them, or beginning one meanwhile, was cut off in the middle, and the guest
// cannot come back to them. Each hour they are given to the user.
import { Effect, Layer, Schedule } from "effect";
import { Database } from "#db/client/database.ts";
import { leftWithGuests } from "#db/queries/play-link.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { Placement } from "#runtime/cluster/placement.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import { sessionAddress } from "./address.ts";
import type { SessionEvent } from "./context.ts";

/** Playthroughs that are given in one round: it is rare that there is one. */
const batch = 1000;

/** One round. One that cannot be told is found again in the next. */
export const adoptLeft: Effect.Effect<void, never, Actors | Database> = Effect.gen(function* () {
  const actors = yield* Actors;
  const database = yield* Database;
  const left = yield* orCallError(database.query((sql) => leftWithGuests(sql, batch)));
  yield* Effect.forEach(
    left,
    ({ id, user_id: ownerId }) => {
      const event: SessionEvent = { type: "session.adopted", ownerId };
      return actors
        .send(sessionAddress(id), { ...event })
        .pipe(Effect.catch((error) => Effect.logWarning("a playthrough could not be given to who its guest has become", error)));
    },
    { discard: true },
  );
}).pipe(Effect.catchCause((cause) => Effect.logWarning("playthroughs that stayed with guests could not be looked for", cause)));

export const playAdoption: Layer.Layer<never, never, Actors | Database | Placement> = Layer.effectDiscard(
  Effect.gen(function* () {
    const placement = yield* Placement;
    const sweep = Effect.provideContext(adoptLeft, yield* Effect.context<Actors | Database>());
    yield* placement.once("play.adoption", Effect.asVoid(Effect.repeat(sweep, Schedule.spaced("1 hour"))));
  }),
);
