import { Deferred, Effect, Layer, ManagedRuntime, Queue } from "effect";
import { expect, test, vi } from "vitest";
import { Database } from "#db/client/database.ts";
import { sampleAccount } from "#actors/pool/testing.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { Placement } from "#runtime/cluster/placement.ts";
import { readSettings, Settings } from "#runtime/config/settings.ts";
import { accountDelivery } from "./delivery.ts";
import { Leases } from "./leases.ts";

test("so many notes are delivered side by side and no more: the others wait in the queue, whose bound holds for them", async () => {
  const reached = Deferred.makeUnsafe<void>();
  let begun = 0;
  const gone = new CallError("not_found", "There is nobody.");
  const send = () =>
    Effect.suspend(() => {
      begun++;
      return Effect.andThen(Deferred.await(reached), Effect.fail(gone));
    });
  // All that such notes ask of them.
  const ports = Layer.mergeAll(
    Layer.succeed(Actors, { send } as unknown as Actors["Service"]),
    Layer.succeed(Database, {} as unknown as Database["Service"]),
    Layer.succeed(Settings, readSettings({})),
    Layer.succeed(Placement, { once: () => Effect.void } as unknown as Placement["Service"]),
  );
  const runtime = ManagedRuntime.make(accountDelivery.pipe(Layer.provideMerge(Leases.layer), Layer.provide(ports)));
  const { changed, notes } = await runtime.runPromise(Leases);
  for (let count = 0; count < 1000; count++) changed(sampleAccount(`a${count}`));
  await vi.waitFor(async () => expect([begun, await runtime.runPromise(Queue.size(notes))]).toEqual([256, 744]), { timeout: 20_000 });
  Deferred.doneUnsafe(reached, Effect.void);
  await vi.waitFor(() => expect(begun).toBe(1000), { timeout: 20_000 });
  await runtime.dispose();
});
