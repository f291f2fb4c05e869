// Under which lease an effect begins, and whether it still has it in the middle of what it does.
import { Context, Deferred, Effect } from "effect";
import { expect, test } from "vitest";
import { fromPromise, setup } from "xstate";
import type { Command } from "./commands.ts";
import { defineActor } from "./define.ts";
import { EffectRunner } from "./effects.ts";
import type { OpenEffect } from "./store.ts";

const asked = fromPromise<boolean, object>(() => Promise.reject(new Error("only the host runs it")));
const machine = setup({ actors: { pay: asked } }).createMachine({ invoke: { id: "pay", src: "pay", input: {} } });
const effect: OpenEffect = { invokeId: "pay", name: "pay", seq: 0, input: {}, review: false, startedAt: 0 };

/** A run that waits in its middle, and answers whether it may act then. */
const payer = () => {
  const lease = { ms: 3000, tenure: 1 };
  const begun = Promise.withResolvers<void>();
  const goOn = Deferred.makeUnsafe<void>();
  const outcome = Promise.withResolvers<unknown>();
  const definition = defineActor<typeof machine>({
    kind: "payer",
    version: 1,
    machine,
    effects: {
      pay: {
        recovery: "park",
        run: ({ isLeased }) =>
          Effect.gen(function* () {
            expect(isLeased()).toBe(true);
            begun.resolve();
            yield* Deferred.await(goOn);
            return isLeased();
          }),
      },
    },
    owner: () => "owner",
  });
  const dispatch = (command: Command): void => {
    if (command.type === "outcome") outcome.resolve((command.event as unknown as { readonly output: unknown }).output);
  };
  const leases = { leaseMs: () => lease.ms, tenure: () => lease.tenure };
  const runner = new EffectRunner<never>([definition as never], {}, Context.empty(), leases, dispatch);
  runner.start("payer/a", "payer", effect, false);
  const mayAct = (): Promise<unknown> => {
    Deferred.doneUnsafe(goOn, Effect.void);
    return outcome.promise;
  };
  return { lease, begun: begun.promise, mayAct, runner };
};

test("a run that has had its lease all the time may act", async () => {
  const { begun, mayAct } = payer();
  await begun;
  expect(await mayAct()).toBe(true);
});

test.each([
  ["about to end", { ms: 499 }],
  ["over", { ms: -4000, tenure: -1 }],
  ["of a later time, after which another process may have acted", { ms: 3000, tenure: 2 }],
])("a run whose lease is %s lets it be", async (_what, now) => {
  const { lease, begun, mayAct } = payer();
  await begun;
  Object.assign(lease, now);
  expect(await mayAct()).toBe(false);
});
