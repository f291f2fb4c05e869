// Whose a provider's job is. A provider that knows no keys is asked for a job that is like the lost submission, and of several submissions that
// are alike each must get one of its own: what one has taken is no other's, whichever process asks.
import { Clock, Effect } from "effect";
import type { Connection, ProviderFailure, ProviderRequest } from "#actors/provider/provider.ts";
import { Database, type DatabaseError } from "#db/client/database.ts";
import { providerJobsOfOthers, takeProviderJob } from "#db/queries/provider-job.ts";

/** For how long it is known, ms: far longer than a submission stays open. */
const remembered = 30 * 86_400_000;

/** Who submitted, and where. */
export interface Submitted {
  readonly key: string;
  /** The account, or the provider where it is used without one. */
  readonly place: string;
}

const notStored = ({ message }: DatabaseError): ProviderFailure => ({
  kind: "network",
  message: `Whose the provider's job is could not be stored: ${message}`,
});

export const makeProviderJobs = Effect.gen(function* () {
  const database = yield* Database;

  /** False: another submission has it. */
  const take = Effect.fnUntraced(function* ({ key, place }: Submitted, providerJobId: string) {
    const now = yield* Clock.currentTimeMillis;
    const [row] = yield* database.query((sql) => takeProviderJob(sql, place, providerJobId, key, now, now - remembered));
    return row?.submit_key === key;
  });

  /** What a submission has become, which no other has become. Fails as the provider's look-up does; `network` while nothing can be stored. */
  const find = (
    submitted: Submitted,
    reconcile: NonNullable<Connection["reconcile"]>,
    request: ProviderRequest,
    sentAt: number,
  ): Effect.Effect<{ readonly providerJobId: string } | undefined, ProviderFailure> =>
    Effect.gen(function* () {
      const rows = yield* Effect.mapError(
        database.query((sql) => providerJobsOfOthers(sql, submitted.place, submitted.key)),
        notStored,
      );
      const others = new Set(rows.map(({ provider_job_id: id }) => id));
      const found = yield* reconcile(submitted.key, request, sentAt, others);
      if (found === undefined || (yield* Effect.mapError(take(submitted, found.providerJobId), notStored))) return found;
      // Another was faster: there may be one more.
      return yield* find(submitted, reconcile, request, sentAt);
    });

  /** An answer counts if its job is no other's: where one that had no answer has taken it, this one is to look for its own. */
  const accepted = <A extends { readonly providerJobId: string }>(submitted: Submitted, answer: A): Effect.Effect<A, ProviderFailure> =>
    take(submitted, answer.providerJobId).pipe(
      // It was accepted, whatever can be stored of it here.
      Effect.orElseSucceed(() => true),
      Effect.flatMap((own) => (own ? Effect.succeed(answer) : Effect.fail<ProviderFailure>(takenByAnother))),
    );

  return { find, accepted };
});

const takenByAnother: ProviderFailure = {
  kind: "network",
  message: "The job in its answer was taken for that of another submission like this one.",
};
