// The kinds of actors, and the services that only they need. Adding a kind is one folder and one line here.
import { Effect, Layer } from "effect";
import { jobActor } from "./job/actor.ts";
import { Durations } from "./job/durations.ts";
import { Slots } from "./job/slots.ts";

/** What the actor host is given. */
export const actorKinds = Effect.all([jobActor]);

/** Services of the kinds, on the database and the providers. */
export const kindServices = Layer.mergeAll(Slots.layer, Durations.layer);
