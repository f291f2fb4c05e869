// The fal adapter against its simulator over a real socket: the suite of all providers, what is sent field by field, and every way in which
// the provider and the line misbehave. What matters most: nothing is ever paid twice.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test, vi } from "vitest";
import { probe } from "#actors/media/probe.ts";
import { providerConformance } from "#actors/provider/conformance.ts";
import { fal, hostsOf, jobIdOf, partsOf } from "#actors/provider/fal.ts";
import { falModels } from "#actors/provider/models/fal.ts";
import type { Connection, ProviderFailure } from "#actors/provider/provider.ts";
import { connectTest, failureOf, run } from "#actors/provider/testing.ts";
import { type FalSimulator, startFal } from "./fal.ts";
import { bearsTroubles, follow, ordersOf, pictureInput, speed, words } from "./queue-testing.ts";
import type { SimulatorOptions } from "./simulator.ts";

const account = { key: "admin-key", credits: { cents: 1_000_000 }, concurrency: 20 } as const;

const start = async (options: SimulatorOptions = {}, key: string = account.key) => {
  const simulator = await startFal({ speed, accounts: [account], ...options });
  const { connection, close } = await connectTest(fal, {
    own: [simulator.url],
    speed,
    // With the blanks and the slash that people paste along.
    settings: { baseUrl: `${simulator.url}/` },
    secrets: { apiKey: ` ${key}\n` },
  });
  return {
    simulator,
    connection,
    close: async () => {
      await close();
      await simulator.close();
    },
  };
};

providerConformance({
  name: "fal",
  start: async () => {
    const { simulator, connection, close } = await start();
    return { provider: fal, connection, probe: (path) => probe(path), asked: () => simulator.requests.length, close };
  },
  orders: (folder) => ordersOf(folder, Object.keys(fal.operations)),
  failing: [
    { request: words("a fox #fail"), kind: "provider" },
    { request: words("a fox #filtered"), kind: "filtered" },
  ],
  endless: words("a fox #stall"),
  unknownJob: jobIdOf("fal-ai/veo3.1", "11111111-2222-3333-4444-555555555555"),
});

test("fal's three hosts are asked where they are, and one address of one's own for all of them", () => {
  const own = { queue: "https://queue.fal.run", rest: "https://rest.fal.ai", api: "https://api.fal.ai/v1" };
  expect(hostsOf("https://queue.fal.run")).toEqual(own);
  expect(hostsOf("https://queue.fal.run/")).toEqual(own);
  expect(hostsOf("http://localhost:5/fal/")).toEqual({
    queue: "http://localhost:5/fal",
    rest: "http://localhost:5/fal",
    api: "http://localhost:5/fal/v1",
  });
});

test("status, result and cancel are asked of owner and app, and an id that leads elsewhere is none", () => {
  expect(partsOf(jobIdOf("fal-ai/kling-video/v3/pro/text-to-video", "abc-1"))).toEqual({
    model: "fal-ai/kling-video/v3/pro/text-to-video",
    path: "fal-ai/kling-video/requests/abc-1",
  });
  expect(partsOf(jobIdOf("fal-ai/veo3.1", "abc"))?.path).toBe("fal-ai/veo3.1/requests/abc");
  for (const id of ["", "abc", "fal-ai#abc", "fal-ai/veo3.1#", "fal-ai/veo3.1#../x", "https://evil/x#1", "fal-ai/veo3.1#a?b"]) {
    expect(partsOf(id)).toBeUndefined();
  }
});

describe("fal", () => {
  let folder: string;
  let simulator: FalSimulator;
  let connection: Connection;
  let close: () => Promise<void>;
  let last = 0;
  const freshKey = (): string => `fal/${++last}`;
  const submits = () => simulator.requests.filter(({ method, path }) => method === "POST" && !path.startsWith("/storage"));
  const uploads = () => simulator.requests.filter(({ method, path }) => method === "PUT" && path.startsWith("/uploads/"));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pixsim-fal-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    ({ simulator, connection, close } = await start());
  });
  afterEach(() => close());

  it("sends a model's input under the model's own names, with the key in the header and a seed of the submission's own", async () => {
    const key = freshKey();
    await run(connection.submit(key, words("a fox", { duration: 4, quality: "720p", aspectRatio: "9:16", negativePrompt: "rain" })));
    const [request] = submits();
    expect(request).toMatchObject({
      path: "/fal-ai/veo3.1",
      headers: { authorization: "Key admin-key", "content-type": "application/json" },
      json: {
        prompt: "a fox",
        negative_prompt: "rain",
        duration: "4s",
        aspect_ratio: "9:16",
        resolution: "720p",
        generate_audio: true,
        seed: expect.any(Number),
      },
    });
    await run(connection.submit(key, words("a fox", { duration: 4 })));
    await run(connection.submit(freshKey(), words("a fox", { duration: 4 })));
    await run(connection.submit(freshKey(), words("a fox", { duration: 4, seed: 77 })));
    const seeds = submits().map(({ json }) => (json as { readonly seed: number }).seed);
    expect(seeds[1]).toBe(seeds[0]);
    expect(seeds[2]).not.toBe(seeds[0]);
    expect(seeds[3]).toBe(77);
  });

  it.each(falModels.map((entry) => [`${entry.operation}: ${entry.title}`, entry] as const))(
    "gives each model what its documentation asks for, and is charged what it estimates: %s",
    async (_, { operation, key: model, id }) => {
      const { [operation]: order } = await ordersOf(folder, [operation]);
      const offered = fal.operations[operation]!;
      const params = offered.params.parse({ ...order!.params, model });
      const { providerJobId } = await run(connection.submit(freshKey(), { ...order!, params }));
      await run(follow(connection, providerJobId));
      expect(submits().at(-1)?.path).toBe(`/${id}`);
      expect(simulator.charged(account.key)).toBeCloseTo(offered.estimate(params).credits, 2);
    },
  );

  it("uploads a file once for all jobs, to a signed address that never sees the key", async () => {
    const picture = await pictureInput(folder, "once", "image");
    const order = { operation: "image_to_video", params: { prompt: "go" }, inputs: [picture] } as const;
    for (let each = 0; each < 2; each++) await run(connection.submit(freshKey(), order));
    const [upload, ...others] = uploads();
    expect(others).toEqual([]);
    expect(upload?.headers).toMatchObject({ "content-type": "image/png" });
    expect(upload?.headers["authorization"]).toBeUndefined();
    expect(upload?.bytes.equals(await readFile(picture.path))).toBe(true);
    const urls = submits().map(({ json }) => (json as { readonly image_url: string }).image_url);
    expect(new Set(urls).size).toBe(1);
    expect(simulator.files.has(new URL(urls[0]!).pathname)).toBe(true);
  });

  it("is given a picture of a kind that it does not read as one that it reads", async () => {
    const picture = await pictureInput(folder, "other", "image");
    const path = join(folder, "other.gif");
    await sharp(picture.path).gif().toFile(path);
    const inputs = [{ ...picture, path, mime: "image/gif" }];
    const order = { operation: "image_to_video", params: { prompt: "go", model: "seedance-2.0" }, inputs } as const;
    for (let each = 0; each < 2; each++) await run(connection.submit(freshKey(), order));
    const [upload, ...others] = uploads();
    expect(others).toEqual([]);
    expect(upload?.headers).toMatchObject({ "content-type": "image/jpeg" });
    expect(await sharp(upload?.bytes).metadata()).toMatchObject({ format: "jpeg", width: 64, height: 64 });
  });

  it("asks for nothing that cannot be had: wrong parameters, conflicts and files are refused before", async () => {
    const picture = await pictureInput(folder, "refused", "image");
    const broken = join(folder, "broken.gif");
    await writeFile(broken, "no picture");
    const wrong: ReadonlyArray<[Parameters<Connection["submit"]>[1], ProviderFailure["kind"]]> = [
      [words("", {}), "parameters"],
      [words("a fox", { model: "sora" }), "parameters"],
      [words("a fox", { model: "veo-3.1", duration: 5 }), "parameters"],
      [{ operation: "image_to_video", params: { prompt: "go" }, inputs: [{ ...picture, path: join(folder, "gone.png") }] }, "input"],
      [
        {
          operation: "image_to_video",
          params: { prompt: "go", model: "seedance-2.0" },
          inputs: [{ ...picture, path: broken, mime: "image/gif" }],
        },
        "input",
      ],
    ];
    for (const [request, kind] of wrong) {
      expect(await failureOf(connection.submit(freshKey(), request))).toMatchObject({ kind, unsent: true });
    }
    expect(submits()).toEqual([]);
  });

  bearsTroubles(() => ({ simulator, connection, folder, freshKey }), { refused: "filtered", retryAfterMs: 3000 });

  it("says that the balance is used up, and that the account cannot be used", async () => {
    simulator.accounts.get(account.key)!.credits.set("cents", 0);
    expect(await failureOf(connection.submit(freshKey(), words("a fox")))).toMatchObject({ kind: "credits" });
    expect(await failureOf(connection.check)).toMatchObject({ kind: "credits" });
    expect(await run(connection.balance!)).toEqual([{ type: "USD cents", amount: 0 }]);
  });

  it("finds a submission whose answer was lost when it has ended, and pays for it once", async () => {
    const key = freshKey();
    const sentAt = Date.now();
    await run(connection.submit(freshKey(), words("a fox")));
    simulator.faults.order("cutAfter");
    expect(await failureOf(connection.submit(key, words("a fox")))).toMatchObject({ kind: "network" });
    const lostOne = [...simulator.jobs.values()].at(-1)!;
    const id = jobIdOf(lostOne.model, lostOne.id);
    expect(simulator.now()).toBeLessThan(lostOne.endsAt);
    expect(await run(connection.reconcile!(key, words("a fox"), sentAt))).toEqual({ providerJobId: id });
    expect(simulator.now()).toBeGreaterThanOrEqual(lostOne.endsAt);
    expect(await run(follow(connection, id))).toEqual({ charged: null });
    expect(submits()).toHaveLength(2);
    expect(simulator.charged(account.key)).toBeCloseTo(2 * lostOne.cost, 2);
  });

  it("adopts none of several that it cannot tell apart", async () => {
    // Kling takes no seed: the submissions are alike.
    const order = words("a fox", { model: "kling-3.0-pro", duration: 5 });
    const sentAt = Date.now();
    const both: Array<string> = [];
    for (let each = 0; each < 2; each++) {
      const { providerJobId } = await run(connection.submit(freshKey(), order));
      await run(follow(connection, providerJobId));
      both.push(providerJobId);
    }
    // Unless all but one are known to be others'.
    expect(await run(connection.reconcile!(freshKey(), order, sentAt, new Set([both[0]!])))).toEqual({ providerJobId: both[1] });
    const failure = await failureOf(connection.reconcile!(freshKey(), order, sentAt));
    expect(failure).toMatchObject({ kind: "internal", message: expect.stringMatching(/2 requests like this one/) });
  });

  it("does not say that one was not taken because it is not listed, and gives up after a while", async () => {
    const failure = await failureOf(connection.reconcile!(freshKey(), words("a fox"), Date.now()));
    expect(failure).toMatchObject({ kind: "internal", message: expect.stringMatching(/look at fal\.ai\/dashboard/) });
    expect(simulator.requests.filter(({ path }) => path.endsWith("/by-endpoint"))).toHaveLength(40);
  });

  it("does not take an error on the way to a result for the end of its request, which is made and paid", async () => {
    const { providerJobId } = await run(connection.submit(freshKey(), words("a fox")));
    const [job] = simulator.jobs.values();
    await vi.waitFor(() => expect(simulator.now()).toBeGreaterThan(job!.endsAt));
    // How it stands is answered, and its result is not.
    simulator.faults.order("serverError", 1, 1);
    await run(follow(connection, providerJobId));
    expect(simulator.faults.taken("serverError")).toBe(1);
    expect(simulator.requests.slice(-2).map(({ path }) => path.endsWith("/status"))).toEqual([true, false]);
    expect(simulator.charged(account.key)).toBe(job!.cost);
  });

  it("says that a result is lost that fal no longer keeps", async () => {
    const { providerJobId } = await run(connection.submit(freshKey(), words("a fox")));
    await run(follow(connection, providerJobId));
    for (const job of simulator.jobs.values()) job.endsAt -= 2 * 60 * 60_000;
    expect(await failureOf(connection.download(providerJobId, join(folder, "late.mp4")))).toMatchObject({ kind: "lost" });
  });

  it("names the input that a model could not fetch, and uploads it anew for the next attempt", async () => {
    const order = { operation: "image_to_video", params: { prompt: "go" }, inputs: [await pictureInput(folder, "gone", "image")] } as const;
    await run(connection.submit(freshKey(), order));
    simulator.files.clear();
    const { providerJobId } = await run(connection.submit(freshKey(), order));
    expect(await failureOf(follow(connection, providerJobId))).toMatchObject({
      kind: "provider",
      message: expect.stringMatching(/image_url/),
    });
    const next = await run(connection.submit(freshKey(), order));
    await run(follow(connection, next.providerJobId));
    expect(uploads()).toHaveLength(2);
  });

  it("takes a request out of the queue, stops one that runs, and says when it is too late", async () => {
    simulator.accounts.get(account.key)!.concurrency = 1;
    const { providerJobId: runs } = await run(connection.submit(freshKey(), words("a fox #stall")));
    const { providerJobId: waits } = await run(connection.submit(freshKey(), words("a fox")));
    expect(await run(connection.cancel(waits))).toBe(true);
    expect(await run(connection.cancel(runs))).toBe(true);
    expect(await failureOf(follow(connection, runs))).toMatchObject({ kind: "provider", message: expect.stringMatching(/cancelled/) });
    expect(await run(connection.cancel(runs))).toBe(true);
    const { providerJobId: done } = await run(connection.submit(freshKey(), words("a fox")));
    await run(follow(connection, done));
    expect(await run(connection.cancel(done))).toBe(false);
    expect(await run(connection.cancel("nonsense"))).toBe(false);
    expect(simulator.ledger.filter(({ kind }) => kind === "charge")).toHaveLength(3);
    expect(simulator.charged(account.key)).toBe(simulator.jobs.get(done.split("#")[1]!)!.cost);
  });

  it("tells the balance only to whom fal tells it", async () => {
    await close();
    ({ simulator, connection, close } = await start({ accounts: [{ ...account, key: "plain" }] }, "plain"));
    expect(await run(connection.balance!)).toEqual([]);
    await run(connection.check);
    simulator.faults.order("expired", 2);
    expect(await failureOf(connection.balance!)).toMatchObject({ kind: "authentication" });
    expect(await failureOf(connection.check)).toMatchObject({ kind: "authentication" });
    expect(simulator.jobs.size).toBe(0);
  });
});
