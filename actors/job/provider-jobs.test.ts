import { Effect, ManagedRuntime } from "effect";
import { afterAll, describe, expect, test } from "vitest";
import type { Connection, ProviderFailure, ProviderRequest } from "#actors/provider/provider.ts";
import { testDatabases } from "#db/client/testing.ts";
import { makeProviderJobs } from "./provider-jobs.ts";

const request: ProviderRequest = { operation: "text_to_video", params: { prompt: "a fox" }, inputs: [] };
const at = (place: string) => (key: string) => ({ key, place });

describe.each(testDatabases)("whose a provider's job is, on $engine", ({ layer }) => {
  const runtime = ManagedRuntime.make(layer);
  afterAll(() => runtime.dispose());
  const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> => runtime.runPromise(effect);
  const jobs = runtime.runPromise(makeProviderJobs);

  /** A provider that knows no keys, and these jobs, all of them alike. It names the first that is not another's. */
  const listing =
    (ids: ReadonlyArray<string>): NonNullable<Connection["reconcile"]> =>
    (_key, _request, _sentAt, others) =>
      Effect.sync(() => {
        const id = ids.find((each) => others?.has(each) !== true);
        return id === undefined ? undefined : { providerJobId: id };
      });

  test("of submissions that are alike and look at the same time, each finds a job of its own or none", async () => {
    const { find } = await jobs;
    const submitted = at("alike");
    const keys = ["a", "b", "c", "d"];
    const look = (key: string) => find(submitted(key), listing(["p-1", "p-2", "p-3"]), request, 0);
    const found = await run(Effect.forEach(keys, look, { concurrency: "unbounded" }));
    expect(found.map((each) => each?.providerJobId ?? "none").toSorted()).toEqual(["none", "p-1", "p-2", "p-3"]);
    // Who looks again, after a crash, finds the same.
    const again = await run(Effect.forEach(keys, look));
    expect(again.map((each) => each?.providerJobId).filter((id) => id !== undefined)).toHaveLength(3);
    for (const [index, each] of again.entries()) if (found[index] !== undefined) expect(each).toEqual(found[index]);
  });

  test("an answer whose job another submission has taken does not count, at the same account only", async () => {
    const { accepted, find } = await jobs;
    const answer = { providerJobId: "p-1", charged: null };
    expect(await run(find(at("one")("lost"), listing(["p-1"]), request, 0))).toEqual({ providerJobId: "p-1" });
    const failure: ProviderFailure = await run(Effect.flip(accepted(at("one")("slow"), answer)));
    expect(failure).toMatchObject({ kind: "network" });
    expect(failure.unsent).toBeUndefined();
    expect(await run(accepted(at("another")("slow"), answer))).toEqual(answer);
    // The same answer twice is no other's.
    expect(await run(accepted(at("another")("slow"), answer))).toEqual(answer);
    expect(await run(find(at("another")("late"), listing(["p-1"]), request, 0))).toBeUndefined();
  });
});
