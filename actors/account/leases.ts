// What jobs hold at accounts, as of their last commit here, and what is to be told because of it. A note that is lost with the process is
// found again by the sweep (`delivery.ts`), which compares the accounts' leases with the jobs.
import { Context, Effect, Layer, Queue, Schedule } from "effect";
import { Database } from "#db/client/database.ts";
import { leaseHolders } from "#db/queries/job.ts";
import type { Account } from "#protocol/account.ts";
import type { CellListener } from "#runtime/actor/define.ts";
import { cellOf } from "#runtime/actor/store.ts";
import type { LeaseEnded } from "./context.ts";

interface Lease {
  readonly accountId: string;
  readonly key: string;
}

export type Note =
  | { readonly type: "ended"; readonly accountId: string; readonly jobId: string; readonly at: number; readonly event: LeaseEnded }
  | { readonly type: "account"; readonly account: Account };

/** Notes that may wait for their delivery; beyond these the sweep finds what was dropped. */
const maxNotes = 10_000;

export class Leases extends Context.Service<
  Leases,
  {
    /** A job's commit at `at`: `held` is its lease now; `end` how the one before it ended, if there was one. */
    readonly committed: (jobId: string, at: number, held: Lease | null, end: (before: Lease) => LeaseEnded) => void;
    /** An account's commit. */
    readonly changed: (account: Account) => void;
    readonly notes: Queue.Queue<Note>;
    /** Jobs come to this process and leave it with what they hold. */
    readonly cells: CellListener;
  }
>()("pixsim/actors/Leases") {
  static readonly layer: Layer.Layer<Leases, never, Database> = Layer.effect(
    Leases,
    Effect.gen(function* () {
      const database = yield* Database;
      const notes = yield* Queue.dropping<Note>(maxNotes);
      const held = new Map<string, Lease>();
      const isIn = (cells: ReadonlySet<number>, jobId: string): boolean => cells.has(cellOf(`job/${jobId}`));

      return Leases.of({
        notes,
        committed: (jobId, at, now, end) => {
          const before = held.get(jobId);
          if (before !== undefined && (now === null || now.key !== before.key || now.accountId !== before.accountId)) {
            held.delete(jobId);
            Queue.offerUnsafe(notes, { type: "ended", accountId: before.accountId, jobId, at, event: end(before) });
          }
          if (now !== null) held.set(jobId, now);
        },
        changed: (account) => void Queue.offerUnsafe(notes, { type: "account", account }),
        cells: {
          arrived: (cells) =>
            Effect.retry(database.query(leaseHolders), Schedule.spaced("500 millis")).pipe(
              Effect.map((rows) => {
                for (const { id, account_id: accountId, lease_key: key } of rows) if (isIn(cells, id)) held.set(id, { accountId, key });
              }),
              Effect.orDie,
            ),
          left: (cells) => {
            for (const jobId of held.keys()) if (isIn(cells, jobId)) held.delete(jobId);
          },
        },
      });
    }),
  );
}
