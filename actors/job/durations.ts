// How long generations take, learnt from those that were done: a moving average of how their time compared with what the
// provider says of such a request. Derived from the stored jobs at start, so nothing of it is stored twice.
import { Context, Effect, Layer } from "effect";
import { Database, type DatabaseError } from "#db/client/database.ts";
import { recentGenerations } from "#db/queries/job.ts";
import { Providers } from "#actors/provider/index.ts";
import type { Provider } from "#actors/provider/provider.ts";
import { hereMs } from "#actors/provider/speed.ts";
import type { Operation } from "#protocol/job.ts";
import { Settings } from "#runtime/config/settings.ts";

/** Weight of the newest generation. */
const alpha = 0.3;
/** Generations of before the start that count: an older one weighs less than 1 %. */
const remembered = 14;
/** Expected where neither the provider nor history says anything, ms of the provider's time. */
const unknownMs = 300_000;

export interface Generation {
  readonly provider: string;
  readonly operation: Operation;
  readonly params: Readonly<Record<string, unknown>>;
}

export class Durations extends Context.Service<
  Durations,
  {
    /** Expected time of one generation without waiting, ms. */
    readonly expected: (generation: Generation) => number;
    /** Learns that one took `ms`. */
    readonly took: (generation: Generation, ms: number) => void;
  }
>()("pixsim/actors/Durations") {
  static readonly layer: Layer.Layer<Durations, DatabaseError, Database | Providers | Settings> = Layer.effect(
    Durations,
    Effect.gen(function* () {
      const database = yield* Database;
      const providers = yield* Providers;
      const { PIXSIM_PROVIDER_SPEED: speed } = yield* Settings;
      /** Average of actual by stated time, by provider and operation. */
      const ratios = new Map<string, number>();
      const keyOf = ({ provider, operation }: Generation): string => `${provider}/${operation}`;
      const stated = (generation: Generation): number => {
        const provider = providers.get(generation.provider);
        return provider === undefined ? unknownMs : hereMs(provider, statedBy(provider, generation), speed);
      };

      const took = (generation: Generation, ms: number): void => {
        const ratio = ms / stated(generation);
        if (!Number.isFinite(ratio) || ratio < 0) return;
        const before = ratios.get(keyOf(generation));
        ratios.set(keyOf(generation), before === undefined ? ratio : alpha * ratio + (1 - alpha) * before);
      };

      for (const row of yield* database.query((sql) => recentGenerations(sql, remembered))) {
        took({ provider: row.provider, operation: row.operation as Operation, params: row.params }, row.finished_at - row.submitted_at);
      }
      return Durations.of({
        took,
        expected: (generation) => Math.round(stated(generation) * (ratios.get(keyOf(generation)) ?? 1)),
      });
    }),
  );
}

/** What the provider says of such a request, ms of its own time. Old parameters may no longer fit its schema: then it says nothing. */
const statedBy = (provider: Provider, { operation, params }: Generation): number => {
  const spec = provider.operations[operation];
  const checked = spec?.params.safeParse(params);
  const ms = checked?.success === true ? spec?.estimate(checked.data).durationMs : undefined;
  return ms !== undefined && Number.isFinite(ms) && ms > 0 ? ms : unknownMs;
};
