// Places at the providers: a job waits for one, holds at most one, and what a crash left behind is rebuilt from the stored
// jobs, so no counter can drift. Held in this process: several runners need a pool actor in its place.
import { Context, Effect, Layer } from "effect";
import { Database, type DatabaseError } from "#db/client/database.ts";
import { slotHolders } from "#db/queries/job.ts";
import { Providers } from "#actors/provider/index.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { SlotBook, type SlotRequest } from "./slot-book.ts";

/** Jobs that may wait for one provider. */
const maxWaiting = 100_000;

export interface SlotLoad {
  readonly concurrency: number;
  readonly busy: number;
  /** Waiters that go before one who comes now with the given priority. */
  readonly ahead: number;
}

export class Slots extends Context.Service<
  Slots,
  {
    /** Waits for a slot; interrupting it stops waiting. A job that holds one gets the same. Errors: overloaded. */
    readonly acquire: (request: SlotRequest) => Effect.Effect<string, CallError>;
    /** Takes back what the job holds or waits for, if anything. */
    readonly release: (jobId: string) => void;
    readonly load: (provider: string, priority: number) => SlotLoad;
  }
>()("pixsim/actors/Slots") {
  static readonly layer: Layer.Layer<Slots, DatabaseError, Database | Providers> = Layer.effect(
    Slots,
    Effect.gen(function* () {
      const database = yield* Database;
      const providers = yield* Providers;
      const concurrency = (provider: string): number => providers.get(provider)?.concurrency ?? 0;
      const book = new SlotBook(concurrency);
      for (const { id, provider, slot } of yield* database.query(slotHolders)) book.restore(id, provider, slot);

      return Slots.of({
        acquire: (request) =>
          Effect.callback<string, CallError>((resume) => {
            if (book.held(request.jobId) === undefined && book.load(request.provider, 9).waiting >= maxWaiting) {
              return resume(Effect.fail(new CallError("overloaded", `Too many jobs wait for ${request.provider}.`)));
            }
            const stopWaiting = book.request(request, (slot) => resume(Effect.succeed(slot)));
            return Effect.sync(stopWaiting);
          }),
        release: (jobId) => book.release(jobId),
        load: (provider, priority) => {
          const { busy, ahead } = book.load(provider, priority);
          return { concurrency: concurrency(provider), busy, ahead };
        },
      });
    }),
  );
}
