import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Effect, Exit, Scope } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection, ProviderFailure } from "#actors/provider/provider.ts";
import { makeHttp } from "#actors/provider/http.ts";
import type { Http, ProviderTools } from "#actors/provider/tools.ts";
import { simulated } from "./providers.ts";
import { policies, type Policy, type Simulator, startSimulator } from "./simulator.ts";

let folder: string;
let simulator: Simulator;
let forgetful: Simulator;
let http: Http;
const scope = Scope.makeUnsafe();
const urlOf = ({ port }: Simulator): string => `http://127.0.0.1:${port}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixsim-simulator-"));
  await writeFile(join(folder, "clip"), "the clip as it is");
  const options = { media: join(folder, "clip"), shortest: 10, longest: 20, slowestAnswer: 20 };
  simulator = await startSimulator({ ...options, lostAnswers: 0 });
  forgetful = await startSimulator({ ...options, lostAnswers: 1 });
  http = await Effect.runPromise(Scope.provide(makeHttp({ own: [urlOf(simulator), urlOf(forgetful)] }), scope));
});
afterAll(async () => {
  await Effect.runPromise(Scope.close(scope, Exit.void));
  await Promise.all([simulator.close(), forgetful.close()]);
  await rm(folder, { recursive: true, force: true });
});

const noTools = {} as ProviderTools;
const providerOf = (policy: Policy, at = simulator): Connection =>
  simulated({ url: urlOf(at), concurrency: 1, pollMs: 5, http })(policy).connect({ id: "sim", settings: {}, secrets: {} }, noTools);
const run = <A>(effect: Effect.Effect<A, ProviderFailure>): Promise<A> => Effect.runPromise(Effect.orDie(effect));
const failureOf = (effect: Effect.Effect<unknown, ProviderFailure>): Promise<ProviderFailure> =>
  Effect.runPromise(Effect.flip(Effect.asVoid(effect)));
const request = { operation: "text_to_video", params: { prompt: "a fox" }, inputs: [] } as const;

describe.each(policies)("the simulated provider %s", (policy) => {
  test("makes a generation and hands its file out", async () => {
    const provider = providerOf(policy);
    const { providerJobId } = await run(provider.submit(`${policy} whole`, request));
    const fractions: Array<number> = [];
    await run(provider.track(providerJobId, (fraction) => Effect.sync(() => void fractions.push(fraction))));
    expect(fractions.at(-1)).toBe(1);
    await run(provider.download(providerJobId, join(folder, policy)));
    await run(provider.cancel(providerJobId));
    expect(await failureOf(provider.track("unknown", () => Effect.void))).toMatchObject({ kind: "lost" });
  });

  test("counts what it has taken, though its answer was lost", async () => {
    const key = `${policy} lost`;
    expect(await failureOf(providerOf(policy, forgetful).submit(key, request))).toMatchObject({ kind: "network" });
    expect(forgetful.counts.get(key)).toMatchObject({ policy, arrived: 1, accepted: [{ id: expect.any(String) }] });
  });
});

test("the same key again is the same job only where the provider knows keys", async () => {
  for (const policy of policies) {
    const key = `${policy} twice`;
    const provider = providerOf(policy);
    const first = await run(provider.submit(key, request));
    const second = await run(provider.submit(key, request));
    expect(second.providerJobId === first.providerJobId).toBe(policy === "key");
    expect(simulator.counts.get(key)).toMatchObject({ arrived: 2 });
    expect(simulator.counts.get(key)?.accepted.length).toBe(policy === "key" ? 1 : 2);
  }
});

test("what a key has led to can be asked of the one that tells it", async () => {
  const { reconcile, submit } = providerOf("lookup");
  if (reconcile === undefined) throw new Error("it cannot be asked");
  expect(await run(reconcile("asked", request, 0))).toBeUndefined();
  const submitted = await run(submit("asked", request));
  expect(await run(reconcile("asked", request, 0))).toEqual(submitted);
  expect(providerOf("key").reconcile).toBeUndefined();
});

test("nothing ends while it is held", async () => {
  const provider = providerOf("key");
  const { providerJobId } = await run(provider.submit("held", request));
  simulator.hold(true);
  expect(await failureOf(provider.download(providerJobId, join(folder, "held")))).toMatchObject({ kind: "lost" });
  simulator.hold(false);
  await run(provider.track(providerJobId, () => Effect.void));
});
