import { Deferred, Effect, Fiber } from "effect";
import { describe, expect, test } from "vitest";
import type { ProviderFailure } from "#actors/provider/provider.ts";
import { Submissions } from "./submissions.ts";

describe("submissions", () => {
  const accepted = { providerJobId: "p-1", charged: null };
  const refusal: ProviderFailure = { kind: "provider", message: "no" };

  test("a key under way is not sent a second time; who asks again gets its outcome", () =>
    Effect.gen(function* () {
      const submissions = new Submissions();
      const gate = yield* Deferred.make<void>();
      let sent = 0;
      const send = Effect.suspend(() => (sent++, Effect.as(Deferred.await(gate), accepted)));
      const both = yield* Effect.forkChild(Effect.all([submissions.submit("k", send), submissions.submit("k", send)], { concurrency: 2 }));
      yield* Effect.yieldNow;
      yield* Deferred.succeed(gate, undefined);
      expect(yield* Fiber.join(both)).toEqual([accepted, accepted]);
      expect(yield* submissions.submit("k", send)).toEqual(accepted);
      expect(sent).toBe(1);
    }).pipe(Effect.runPromise));

  test("a key that was refused may be sent again", () =>
    Effect.gen(function* () {
      const submissions = new Submissions();
      expect(yield* Effect.flip(submissions.submit("k", Effect.fail(refusal)))).toEqual(refusal);
      expect(yield* submissions.outcome("k")).toEqual({ type: "refused" });
      expect(yield* submissions.submit("k", Effect.succeed(accepted))).toEqual(accepted);
    }).pipe(Effect.runPromise));

  test("one whose asker has gone is finished, and its outcome can be had", () =>
    Effect.gen(function* () {
      const submissions = new Submissions();
      const gate = yield* Deferred.make<void>();
      const asker = yield* Effect.forkChild(submissions.submit("k", Effect.as(Deferred.await(gate), accepted)), { startImmediately: true });
      yield* Fiber.interrupt(asker);
      const outcome = yield* Effect.forkChild(submissions.outcome("k"), { startImmediately: true });
      yield* Deferred.succeed(gate, undefined);
      expect(yield* Fiber.join(outcome)).toEqual({ type: "accepted", providerJobId: "p-1" });
      expect(yield* submissions.outcome("another")).toEqual({ type: "unknown" });
    }).pipe(Effect.runPromise));

  test("one that was sent before is as open as it was where it is refused at the door, or not sent", () =>
    Effect.gen(function* () {
      const refusals: ReadonlyArray<readonly [ProviderFailure, boolean, string]> = [
        [{ kind: "limit", message: "Later." }, true, "unknown"],
        [{ kind: "limit", message: "Later." }, false, "refused"],
        [{ kind: "credits", message: "Nothing left.", notTaken: true }, true, "refused"],
        [{ kind: "network", message: "No host.", unsent: true }, false, "refused"],
        [{ kind: "input", message: "Gone.", unsent: true }, true, "unknown"],
        [{ kind: "filtered", message: "Not this." }, true, "refused"],
      ];
      for (const [failure, unanswered, type] of refusals) {
        const submissions = new Submissions();
        yield* Effect.flip(submissions.submit("k", Effect.fail(failure), unanswered));
        expect(yield* submissions.outcome("k")).toEqual({ type });
      }
    }).pipe(Effect.runPromise));

  test("one without a definite answer is neither accepted nor refused", () =>
    Effect.gen(function* () {
      const submissions = new Submissions();
      for (const kind of ["network", "timeout"] as const) {
        yield* Effect.flip(submissions.submit(kind, Effect.fail({ kind, message: "The line is dead." })));
        expect(yield* submissions.outcome(kind)).toEqual({ type: "unknown" });
      }
      yield* Effect.exit(submissions.submit("bug", Effect.die(new Error("a bug"))));
      expect(yield* submissions.outcome("bug")).toEqual({ type: "unknown" });
    }).pipe(Effect.runPromise));
});
