import { Effect } from "effect";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FailureKind } from "#protocol/job.ts";
import { makePolling } from "./polling.ts";
import type { ProviderFailure } from "./provider.ts";
import { askedSurely, ofQuestion, surely } from "./questions.ts";
import { run } from "./testing.ts";

const failure = (kind: ProviderFailure["kind"]): ProviderFailure => ({ kind, message: "So it is." });
/** Answers each in its turn; the last again and again. */
const answering = (kinds: ReadonlyArray<ProviderFailure["kind"] | "known">): Effect.Effect<string, ProviderFailure> => {
  let asked = 0;
  return Effect.suspend(() => {
    const kind = kinds[Math.min(asked++, kinds.length - 1)]!;
    return kind === "known" ? Effect.succeed("known") : Effect.fail(failure(kind));
  });
};
const told = (ask: Effect.Effect<string, ProviderFailure>): Promise<string> =>
  Effect.runPromise(Effect.match(ask, { onSuccess: (answer) => answer, onFailure: ({ kind }) => kind }));

describe("a question about a job", () => {
  test("that fails never makes the job end, unless the provider says that it has", () => {
    // As the job's machine reads them: these are asked again, the others end the job.
    const goesOn = new Set<ProviderFailure["kind"]>(["network", "limit", "timeout", "authentication", "internal"]);
    const ends = FailureKind.options.filter((kind) => !goesOn.has(ofQuestion(failure(kind)).kind));
    expect(ends).toEqual(["filtered", "lost"]);
  });

  test("says that it is lost after three answers in a row that it is not known, and not before", async () => {
    const kind = fc.constantFrom("lost" as const, "known" as const, "network" as const);
    await fc.assert(
      fc.asyncProperty(fc.array(kind, { minLength: 1, maxLength: 20 }), async (kinds) => {
        const ask = surely(answering(kinds));
        let misses = 0;
        for (const each of kinds) {
          misses = each === "known" ? 0 : each === "lost" ? misses + 1 : misses;
          expect(await told(ask)).toBe(each === "lost" && misses < 3 ? "network" : each);
        }
      }),
    );
  });

  test("says of an end that is doubtful elsewhere as little until it is told three times, and nothing of what it cost", async () => {
    const free: ProviderFailure = { kind: "provider", message: "No machine was free.", charged: 0 };
    const ask = surely(Effect.fail(free), ({ charged }) => charged === 0);
    const said = () => Effect.runPromise(Effect.flip(ask));
    const passing = { kind: "network", message: free.message };
    expect([await said(), await said(), await said()]).toEqual([passing, passing, free]);
  });

  test("that is asked once is asked until it is sure, and answers what came at last", async () => {
    const once = (kinds: Parameters<typeof answering>[0]) =>
      Effect.scoped(
        Effect.flatMap(makePolling({ speed: 10_000 }), (polling) =>
          askedSurely(polling, answering(kinds), { pace: { least: 1000, gap: 100 }, expectedMs: 1000 }),
        ),
      );
    expect(await run(once(["lost", "lost", "known"]))).toBe("known");
    // Of many machines the one that is asked next may not know it yet.
    expect(await run(once(["lost", "known", "lost"]))).toBe("known");
    expect(await told(once(["lost"]))).toBe("lost");
    expect(await told(once(["network", "known"]))).toBe("network");
  });
});
