// What a provider is asked for: an order's parameters, with its inputs as files.
import { Effect } from "effect";
import { Assets } from "#actors/asset/assets.ts";
import type { ProviderInput, ProviderRequest } from "#actors/provider/provider.ts";
import { Database } from "#db/client/database.ts";
import { makingOf } from "#db/queries/job.ts";
import type { JobInput } from "#protocol/job.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import type { JobOrder } from "./context.ts";

export const providerRequests = Effect.gen(function* () {
  const assets = yield* Assets;
  const database = yield* Database;

  /** What made an asset, where a provider did that goes on from its own. */
  const makerOf = Effect.fnUntraced(function* (jobId: string | null) {
    if (jobId === null) return null;
    const [row] = yield* orCallError(database.query((sql) => makingOf(sql, jobId)));
    return row === undefined ? null : { provider: row.provider, accountId: row.account_id, providerJobId: row.provider_job_id };
  });

  const fileOf = ({ ownerId, pooled }: Pick<JobOrder, "ownerId" | "pooled">) =>
    Effect.fnUntraced(function* ({ assetId, role, name, timeMs }: JobInput) {
      if (assetId === undefined) return yield* Effect.fail(new CallError("not_found", "An input was not made."));
      const { jobId, ...file } = yield* assets.file(ownerId, assetId);
      const input: ProviderInput = {
        role,
        name: name ?? null,
        timeMs: timeMs ?? null,
        ...file,
        made: yield* makerOf(pooled ? jobId : null),
      };
      return input;
    });

  /** Fails where an input cannot be had. */
  return Effect.fnUntraced(function* (
    order: Pick<JobOrder, "ownerId" | "pooled" | "operation" | "params" | "inputs">,
  ): Effect.fn.Return<ProviderRequest, CallError> {
    const inputs = yield* Effect.forEach(order.inputs, fileOf(order), { concurrency: 8 });
    return { operation: order.operation, params: order.params, inputs };
  });
});
