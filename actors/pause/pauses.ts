// The pauses as this process knows them: read at its start, then as they change. They hold back what is made in this process; jobs on
// accounts are held back by their pool, which asks the database.
import { Context, Effect, Layer, Schedule } from "effect";
import { Database } from "#db/client/database.ts";
import { allPauses, type PauseRow } from "#db/queries/pause.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import { type Pause, pauseFor } from "./context.ts";

/** Every pause as it begins and ends. */
export const pausesChannel = "pauses";

const orNull = (text: string): string | null => (text === "" ? null : text);

export const fromPauseRow = ({ owner_id, provider, since, rev }: PauseRow): Pause => ({
  ownerId: orNull(owner_id),
  provider: orNull(provider),
  since,
  rev,
});

const again = Schedule.spaced("1 second");

export class Pauses extends Context.Service<
  Pauses,
  {
    /** What holds this user's jobs back at this provider now, or null. */
    readonly of: (ownerId: string, provider: string) => Pause | null;
    /** Ends when something holds them back there, or nothing any more. */
    readonly until: (ownerId: string, provider: string, wanted: "paused" | "resumed") => Effect.Effect<void>;
  }
>()("pixsim/actors/Pauses") {
  static readonly layer: Layer.Layer<Pauses, never, Bus | Database> = Layer.effect(
    Pauses,
    Effect.gen(function* () {
      const bus = yield* Bus;
      const database = yield* Database;
      const known = new Map<string, Pause>();
      const waiting = new Set<() => void>();
      const of = (ownerId: string, provider: string): Pause | null => pauseFor(known.values(), ownerId, provider);

      const take = (pauses: ReadonlyArray<Pause>): void => {
        for (const pause of pauses) {
          const key = JSON.stringify([pause.ownerId, pause.provider]);
          if ((known.get(key)?.rev ?? 0) < pause.rev) known.set(key, pause);
        }
        for (const look of waiting) look();
      };
      const stored = Effect.map(orCallError(database.query(allPauses)), (rows) => rows.map(fromPauseRow));
      const following = bus.follow(pausesChannel, undefined, stored, (message) => {
        if (message.type !== "resumed") take(JSON.parse(message.json) as ReadonlyArray<Pause>);
      });
      const { close } = yield* Effect.orDie(Effect.retry(following, again));
      yield* Effect.addFinalizer(() => Effect.sync(close));

      return Pauses.of({
        of,
        until: (ownerId, provider, wanted) =>
          Effect.callback<void>((resume) => {
            const look = (): void => {
              if ((of(ownerId, provider) === null) === (wanted === "paused")) return;
              waiting.delete(look);
              resume(Effect.void);
            };
            waiting.add(look);
            look();
            return Effect.sync(() => void waiting.delete(look));
          }),
      });
    }),
  );
}
