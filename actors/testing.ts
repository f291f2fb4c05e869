// The calls of one domain, answered by its handlers on a database of the test's own, without a gateway: for tests.
import { Effect, Layer, ManagedRuntime } from "effect";
import { TestClock } from "effect/testing";
import { afterAll, beforeAll } from "vitest";
import { Database, type DatabaseError } from "#db/client/database.ts";
import { type CallInput, type CallName, type CallOutput, calls } from "#protocol/contract.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { Quotas } from "#runtime/cluster/quotas.ts";
import { contextOf } from "#runtime/gateway/caller.ts";
import type { CallContext, DomainHandlers } from "#runtime/gateway/handlers.ts";
import { Pool } from "#runtime/pool/pool.ts";

/** `caller`: whose call it is where none is named. Each call is made a millisecond after the one before. */
export const domainOn = <D extends string>(
  layer: Layer.Layer<Database, DatabaseError>,
  domain: Effect.Effect<DomainHandlers<D>, never, Database | Bus | Pool | Quotas>,
  caller: () => string,
) => {
  const runtime = ManagedRuntime.make(Layer.provideMerge(Layer.mergeAll(layer, TestClock.layer(), Quotas.alone, Pool.layer), Bus.alone));
  type Services = ManagedRuntime.ManagedRuntime.Services<typeof runtime>;
  const run = <A, E>(effect: Effect.Effect<A, E, Services>): Promise<A> => runtime.runPromise(effect);
  beforeAll(() => run(Effect.void));
  afterAll(() => runtime.dispose());

  const sql = (statement: Parameters<Database["Service"]["query"]>[0]) => run(Effect.flatMap(Database, ({ query }) => query(statement)));

  /** What the contract lets in and out of a call, as JSON carries it. */
  const call = <N extends Extract<CallName, `${D}.${string}`>>(
    name: N,
    input: CallInput<N>,
    who = caller(),
    key?: string,
  ): Promise<CallOutput<N>> =>
    run(
      Effect.gen(function* () {
        yield* TestClock.adjust(1);
        const handlers = (yield* domain).calls as unknown as Record<
          string,
          (given: unknown, context: CallContext) => Effect.Effect<CallOutput<N>, CallError>
        >;
        const answer = yield* handlers[name]!(calls.get(name)!.input.parse(input), contextOf(who, { key }));
        return calls.get(name)!.output.parse(JSON.parse(JSON.stringify(answer))) as CallOutput<N>;
      }),
    );

  return { run, sql, call };
};

/** Why a call was refused, in words. */
export const refusalOf = async (answer: Promise<unknown>): Promise<string> => {
  const error: unknown = await answer.then(
    () => null,
    (failure: unknown) => failure,
  );
  return error instanceof CallError ? `${error.code}: ${error.message}` : String(error);
};
