// The kinds of actors, and the services that only they need. Adding a kind is one folder and one line here.
import { Effect, Layer } from "effect";
import { accountActor } from "./account/actor.ts";
import { Accounts } from "./account/accounts.ts";
import { Leases } from "./account/leases.ts";
import { jobActor } from "./job/actor.ts";
import { Durations } from "./job/durations.ts";
import { Slots } from "./job/slots.ts";
import { Pauses } from "./pause/pauses.ts";
import { poolActor } from "./pool/actor.ts";
import { sessionActor } from "./session/actor.ts";
import { Generations } from "./session/generations.ts";
import { Lookout } from "./session/lookout.ts";
import { Versions } from "./session/versions.ts";

/** What the actor host is given. */
export const actorKinds = Effect.all([jobActor, accountActor, poolActor, sessionActor]);

/** Services of the kinds, on the database and the providers. */
export const kindServices = Generations.layer.pipe(
  Layer.provideMerge(
    Layer.mergeAll(Slots.layer, Durations.layer, Accounts.layer, Leases.layer, Pauses.layer, Versions.layer, Lookout.layer),
  ),
);
