// The `actors` domain of the contract: looking into actors, and freeing parked ones. Who does not own an actor does not learn
// that it exists; admins see all.
import { Effect } from "effect";
import type { CallName } from "#protocol/contract.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Database } from "#db/client/database.ts";
import { listActors } from "#db/queries/actor.ts";
import { principalOf } from "../auth/handlers.ts";
import type { Principal } from "../auth/principal.ts";
import { orCallError } from "../gateway/database-failures.ts";
import type { CallContext, DomainHandlers } from "../gateway/handlers.ts";
import { Actors } from "./actors.ts";

const stateOf = (state: string): string | { [key: string]: unknown } =>
  state.startsWith("{") ? (JSON.parse(state) as { [key: string]: unknown }) : state;

/** Who calls; fails as if the actor were not there, unless they may look at it and decide about it. */
export const whoMay = (actors: Actors["Service"], address: string, context: CallContext): Effect.Effect<Principal, CallError> =>
  Effect.flatMap(principalOf(context), (principal) =>
    Effect.flatMap(actors.owner(address), (owner) =>
      principal.role === "admin" || owner === principal.userId
        ? Effect.succeed(principal)
        : Effect.fail(new CallError("not_found", `There is no actor "${address}".`)),
    ),
  );

/** The event id of what a user asks for with a key, which belongs to that user and call. */
export const eventIdOf = (call: CallName, { userId }: Principal, { key }: CallContext): string | undefined =>
  key === undefined ? undefined : `${userId}/${call}/${key}`;

export const actorHandlers = Effect.gen(function* () {
  const actors = yield* Actors;
  const database = yield* Database;

  const visible = (address: string, context: CallContext) => whoMay(actors, address, context);

  return {
    calls: {
      "actors.get": ({ address }, context) => Effect.andThen(visible(address, context), actors.view(address)),
      "actors.list": ({ kind, parked, cursor, limit }) =>
        Effect.map(orCallError(database.query((sql) => listActors(sql, { kind, parked, after: cursor, limit: limit + 1 }))), (rows) => ({
          actors: rows.slice(0, limit).map(({ id, state, status, seq, parked: why, at }) => ({
            address: id,
            value: stateOf(state),
            status,
            seq,
            parked: why,
            updatedAt: at,
          })),
          next: rows.length > limit ? rows[limit - 1]!.id : null,
        })),
      "actors.resume": ({ address }, context) =>
        Effect.flatMap(visible(address, context), ({ userId }) => Effect.as(actors.resume(address, userId), {})),
      "actors.resolveEffect": ({ address, key, decision }, context) =>
        Effect.flatMap(visible(address, context), (who) =>
          Effect.as(
            actors.resolveEffect(
              address,
              key,
              { type: decision },
              { by: who.userId, eventId: eventIdOf("actors.resolveEffect", who, context) },
            ),
            {},
          ),
        ),
    },
    streams: {
      "actors.history": ({ address, from }, context) => Effect.as(visible(address, context), actors.history(address, from)),
    },
    topics: {
      "actors.actor": ({ address }, context, from, emit) => Effect.andThen(visible(address, context), actors.follow(address, from, emit)),
    },
  } satisfies DomainHandlers<"actors">;
});
