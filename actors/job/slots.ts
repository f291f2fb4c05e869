// Places at the providers: a job waits for one, holds at most one, and what a crash left behind is rebuilt from the stored
// jobs, so no counter can drift. They are places of this process, for the jobs whose actors live here.
import { Context, Effect, Layer, Schedule } from "effect";
import { Database } from "#db/client/database.ts";
import { slotHolders } from "#db/queries/job.ts";
import { Providers } from "#actors/provider/index.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { CellListener } from "#runtime/actor/define.ts";
import { cellOf } from "#runtime/actor/store.ts";
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
    /** Jobs come to this process and leave it with what they hold. */
    readonly cells: CellListener;
  }
>()("pixsim/actors/Slots") {
  static readonly layer: Layer.Layer<Slots, never, Database | Providers> = Layer.effect(
    Slots,
    Effect.gen(function* () {
      const database = yield* Database;
      const providers = yield* Providers;
      const concurrency = (provider: string): number => providers.get(provider)?.concurrency ?? 0;
      const book = new SlotBook(concurrency);
      const isIn = (cells: ReadonlySet<number>, jobId: string): boolean => cells.has(cellOf(`job/${jobId}`));

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
        cells: {
          arrived: (cells) =>
            Effect.retry(database.query(slotHolders), Schedule.spaced("500 millis")).pipe(
              Effect.map((holders) => {
                for (const { id, provider, slot } of holders) if (isIn(cells, id)) book.restore(id, provider, slot);
              }),
              Effect.orDie,
            ),
          left: (cells) => book.releaseAll((jobId) => isIn(cells, jobId)),
        },
        load: (provider, priority) => {
          const { busy, ahead } = book.load(provider, priority);
          return { concurrency: concurrency(provider), busy, ahead };
        },
      });
    }),
  );
}
