// The Replicate adapter against its simulator over a real socket: the suite of all providers, what is sent field by field, and every way in
// which the provider and the line misbehave. What matters most: nothing is ever paid twice.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { probe } from "#actors/media/probe.ts";
import { providerConformance } from "#actors/provider/conformance.ts";
import { replicateModels } from "#actors/provider/models/replicate.ts";
import type { Connection, ProviderFailure } from "#actors/provider/provider.ts";
import { replicate } from "#actors/provider/replicate.ts";
import { connectTest, failureOf, run } from "#actors/provider/testing.ts";
import { bearsTroubles, follow, ordersOf, pictureInput, speed, words } from "./queue-testing.ts";
import { type ReplicateOptions, type ReplicateSimulator, startReplicate } from "./replicate.ts";

const account = { key: "r8_key", credits: { cents: 1_000_000 }, concurrency: 20 } as const;

const start = async (options: ReplicateOptions = {}) => {
  const simulator = await startReplicate({ speed, accounts: [account], ...options });
  const { connection, close } = await connectTest(replicate, {
    own: [simulator.url],
    speed,
    // With the blanks and the slash that people paste along.
    settings: { baseUrl: `${simulator.baseUrl}/` },
    secrets: { apiKey: ` ${account.key}\n` },
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
  name: "replicate",
  start: async () => {
    const { simulator, connection, close } = await start();
    return { provider: replicate, connection, probe: (path) => probe(path), asked: () => simulator.requests.length, close };
  },
  orders: (folder) => ordersOf(folder, Object.keys(replicate.operations)),
  failing: [
    { request: words("a fox #fail"), kind: "provider" },
    { request: words("a fox #filtered"), kind: "filtered" },
  ],
  endless: words("a fox #stall"),
  unknownJob: "gm3qorzdhgbfurvjtvhg6dckhu",
});

describe("replicate", () => {
  let folder: string;
  let simulator: ReplicateSimulator;
  let connection: Connection;
  let close: () => Promise<void>;
  let last = 0;
  const freshKey = (): string => `replicate/${++last}`;
  const submits = () => simulator.requests.filter(({ method, path }) => method === "POST" && path.endsWith("/predictions"));
  const uploads = () => simulator.requests.filter(({ method, path }) => method === "POST" && path === "/v1/files");

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pixsim-replicate-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    ({ simulator, connection, close } = await start());
  });
  afterEach(() => close());

  it("sends a model's input under the model's own names, with the token in the header", async () => {
    const params = { duration: 4, quality: "720p", aspectRatio: "9:16", negativePrompt: "rain", audio: true };
    await run(connection.submit(freshKey(), words("a fox", params)));
    expect(submits()).toMatchObject([
      {
        path: "/v1/models/google/veo-3.1/predictions",
        headers: { authorization: "Bearer r8_key", "content-type": "application/json" },
        json: {
          input: {
            prompt: "a fox",
            negative_prompt: "rain",
            duration: 4,
            aspect_ratio: "9:16",
            resolution: "720p",
            generate_audio: true,
            seed: expect.any(Number),
          },
        },
      },
    ]);
  });

  it.each(replicateModels.map((entry) => [`${entry.operation}: ${entry.title}`, entry] as const))(
    "gives each model what its documentation asks for, and is charged what it estimates: %s",
    async (_, { operation, key: model, id }) => {
      const { [operation]: order } = await ordersOf(folder, [operation]);
      const offered = replicate.operations[operation]!;
      const params = offered.params.parse({ ...order!.params, model });
      const { providerJobId } = await run(connection.submit(freshKey(), { ...order!, params }));
      await run(follow(connection, providerJobId));
      expect(submits().at(-1)?.path).toBe(`/v1/models/${id}/predictions`);
      expect(simulator.charged(account.key)).toBeCloseTo(offered.estimate(params).credits, 2);
    },
  );

  it("sends a small file along, and uploads a large one once, and anew when it is no longer kept", async () => {
    const small = await pictureInput(folder, "small", "image");
    const large = await pictureInput(folder, "large", "image", 400);
    const order = (picture: typeof small) => ({ operation: "image_to_video", params: { prompt: "go" }, inputs: [picture] }) as const;
    await run(connection.submit(freshKey(), order(small)));
    expect(uploads()).toHaveLength(0);
    const sentImage = () => (submits().at(-1)!.json as { readonly input: { readonly image: string } }).input.image;
    expect(sentImage()).toBe(`data:image/png;base64,${await readFile(small.path, "base64")}`);
    for (let each = 0; each < 2; each++) await run(connection.submit(freshKey(), order(large)));
    expect(uploads()).toHaveLength(1);
    const first = sentImage();
    expect(first).toMatch(/\/v1\/files\//);
    const form = await new Response(new Uint8Array(uploads()[0]!.bytes), {
      headers: { "content-type": uploads()[0]!.headers["content-type"]! },
    }).formData();
    const content = form.get("content") as File;
    expect([content.type, content.size]).toEqual(["image/png", (await readFile(large.path)).length]);

    simulator.files.clear();
    await run(connection.submit(freshKey(), order(large)));
    expect(uploads()).toHaveLength(2);
    expect(sentImage()).not.toBe(first);
    for (const [id, kept] of simulator.files) simulator.files.set(id, { ...kept, expiresAt: Date.now() + 1000 });
    await run(connection.submit(freshKey(), order(large)));
    expect(uploads()).toHaveLength(3);
  });

  it("asks for nothing that cannot be had: wrong parameters, conflicts and files are refused before", async () => {
    const picture = await pictureInput(folder, "refused", "image");
    const wrong: ReadonlyArray<[Parameters<Connection["submit"]>[1], ProviderFailure["kind"]]> = [
      [words(""), "parameters"],
      [words("a fox", { model: "hailuo-2.3", duration: 10, quality: "1080p" }), "parameters"],
      [{ operation: "video_extend", params: { prompt: "on" }, inputs: [] }, "parameters"],
      [
        {
          operation: "image_to_video",
          params: { prompt: "go", model: "kling-3.0" },
          inputs: [{ ...picture, path: join(folder, "gone.png") }],
        },
        "input",
      ],
    ];
    for (const [request, kind] of wrong) {
      expect(await failureOf(connection.submit(freshKey(), request))).toMatchObject({ kind, unsent: true });
    }
    expect(submits()).toEqual([]);
  });

  bearsTroubles(() => ({ simulator, connection, folder, freshKey }), { refused: "parameters", retryAfterMs: 5000 });

  it("says that the credit is used up", async () => {
    simulator.accounts.get(account.key)!.credits.set("cents", 1);
    expect(await failureOf(connection.submit(freshKey(), words("a fox")))).toMatchObject({ kind: "credits" });
  });

  it("finds a submission whose answer was lost, on whatever page, and pays for it once", async () => {
    await close();
    ({ simulator, connection, close } = await start({ pageSize: 2 }));
    const key = freshKey();
    const sentAt = Date.now();
    simulator.faults.order("cutAfter");
    expect(await failureOf(connection.submit(key, words("a fox")))).toMatchObject({ kind: "network" });
    const [taken] = [...simulator.jobs.values()];
    for (let each = 0; each < 5; each++) await run(connection.submit(freshKey(), words("a fox")));
    expect(await run(connection.reconcile!(key, words("a fox"), sentAt))).toEqual({ providerJobId: taken!.id });
    expect(simulator.requests.filter(({ path, method }) => method === "GET" && path === "/v1/predictions")).toHaveLength(3);
    expect(submits()).toHaveLength(6);
    expect(simulator.charged(account.key)).toBe(6 * taken!.cost);
  });

  it("says that one was not taken that is not listed", async () => {
    const key = freshKey();
    const sentAt = Date.now();
    simulator.faults.order("cutBefore");
    expect(await failureOf(connection.submit(key, words("a fox")))).toMatchObject({ kind: "network" });
    await run(connection.submit(freshKey(), words("a fox")));
    expect(await run(connection.reconcile!(key, words("a fox"), sentAt))).toBeUndefined();
    expect(replicate.quarantine).toBe("1 minute");
  });

  it("adopts none of several that it cannot tell apart", async () => {
    // Hailuo takes no seed: the submissions are alike.
    const order = words("a fox", { model: "hailuo-2.3" });
    const sentAt = Date.now();
    const { providerJobId } = await run(connection.submit(freshKey(), order));
    expect(await run(connection.reconcile!(freshKey(), order, sentAt))).toEqual({ providerJobId });
    const second = await run(connection.submit(freshKey(), order));
    // Unless all but one are known to be others'.
    expect(await run(connection.reconcile!(freshKey(), order, sentAt, new Set([providerJobId])))).toEqual({
      providerJobId: second.providerJobId,
    });
    expect(await run(connection.reconcile!(freshKey(), order, sentAt, new Set([providerJobId, second.providerJobId])))).toBeUndefined();
    const failure = await failureOf(connection.reconcile!(freshKey(), order, sentAt));
    expect(failure).toMatchObject({ kind: "internal", message: expect.stringMatching(/2 predictions like this one/) });
  });

  it("says what is gone that Replicate no longer keeps, and that it cannot tell any more whose it was", async () => {
    const key = freshKey();
    const sentAt = Date.now() - 10 * 60_000;
    const { providerJobId } = await run(connection.submit(key, words("a fox")));
    await run(follow(connection, providerJobId));
    for (const job of simulator.jobs.values()) job.endsAt -= 2 * 60 * 60_000;
    const gone = { kind: "lost", message: expect.stringMatching(/for an hour/) };
    expect(await failureOf(connection.download(providerJobId, join(folder, "late.mp4")))).toMatchObject(gone);
    expect(await failureOf(follow(connection, providerJobId))).toMatchObject(gone);
    expect((await failureOf(connection.reconcile!(key, words("a fox"), sentAt))).kind).toBe("internal");
  });

  it("does not download what has not ended", async () => {
    const { providerJobId } = await run(connection.submit(freshKey(), words("a fox #stall")));
    expect(await failureOf(connection.download(providerJobId, join(folder, "early.mp4")))).toMatchObject({ kind: "network" });
  });

  it("stops a prediction, and says when it is too late", async () => {
    const { providerJobId } = await run(connection.submit(freshKey(), words("a fox #stall")));
    expect(await run(connection.cancel(providerJobId))).toBe(true);
    expect(await failureOf(follow(connection, providerJobId))).toMatchObject({ message: expect.stringMatching(/cancelled/) });
    const { providerJobId: done } = await run(connection.submit(freshKey(), words("a fox")));
    await run(follow(connection, done));
    expect(await run(connection.cancel(done))).toBe(false);
    expect(await run(connection.cancel("nobody"))).toBe(false);
  });

  it("checks the token without starting anything", async () => {
    await run(connection.check);
    simulator.faults.order("expired");
    expect(await failureOf(connection.check)).toMatchObject({ kind: "authentication" });
    expect(simulator.jobs.size).toBe(0);
  });
});
