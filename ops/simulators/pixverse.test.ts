// The PixVerse adapter against its simulator over a real socket: the suite of all providers, what is sent field by field, and every way in
// which the provider and the line misbehave. What matters most: nothing is ever paid twice.
import { createHash } from "node:crypto";
import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Effect } from "effect";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { probe } from "#actors/media/probe.ts";
import { makeClip } from "#actors/media/testing.ts";
import { providerConformance } from "#actors/provider/conformance.ts";
import { pixverse } from "#actors/provider/pixverse.ts";
import { traceIdOf } from "#actors/provider/pixverse-requests.ts";
import type { Connection, ProviderFailure, ProviderInput, ProviderRequest } from "#actors/provider/provider.ts";
import { connectTest, failureOf, run, testInput } from "#actors/provider/testing.ts";
import { type PixverseOptions, type PixverseSimulator, pixverseAccount, startPixverse } from "./pixverse.ts";
import type { FaultName } from "./faults.ts";

/** A generation of 30 seconds takes 60 ms. */
const speed = 500;

const silent = (): Effect.Effect<void> => Effect.void;

const words = (prompt: string, params: Readonly<Record<string, unknown>> = {}): ProviderRequest => ({
  operation: "text_to_video",
  params: { prompt, quality: "360p", ...params },
  inputs: [],
});

const fileInput = async (role: ProviderInput["role"], path: string, changes: Partial<ProviderInput> = {}): Promise<ProviderInput> =>
  testInput(role, path, {
    sha256: createHash("sha256")
      .update(await readFile(path))
      .digest("hex"),
    ...changes,
  });

const pictureInput = async (
  folder: string,
  name: string,
  role: ProviderInput["role"],
  changes: Partial<ProviderInput> = {},
): Promise<ProviderInput> => {
  const path = join(folder, `${name}.png`);
  const background = `#${createHash("sha256").update(name).digest("hex").slice(0, 6)}`;
  await sharp({ create: { width: 64, height: 36, channels: 3, background } })
    .png()
    .toFile(path);
  return fileInput(role, path, changes);
};

/** The same bytes each time: a clip holds the time at which it was made. */
const clipInput = async (folder: string, changes: Partial<ProviderInput> = {}): Promise<ProviderInput> => {
  const path = join(folder, "clip.mp4");
  await access(path).catch(() => makeClip(path));
  return fileInput("video", path, changes);
};

const start = async (options: PixverseOptions = {}) => {
  const simulator = await startPixverse({ speed, ...options });
  const { connection, close } = await connectTest(pixverse, {
    own: [simulator.url],
    speed,
    // With the blanks and the path that people paste along.
    settings: { baseUrl: `${simulator.url}/openapi/v2/` },
    secrets: { apiKey: ` ${pixverseAccount.key}\n` },
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
  name: "pixverse",
  start: async () => {
    const { simulator, connection, close } = await start({ accounts: [{ ...pixverseAccount, concurrency: 20 }] });
    return { provider: pixverse, connection, probe: (path) => probe(path), asked: () => simulator.requests.length, close };
  },
  orders: async (folder) => ({
    text_to_video: words("a fox in the snow"),
    image_to_video: {
      operation: "image_to_video",
      params: { prompt: "it looks around", quality: "360p", audio: true },
      inputs: [await pictureInput(folder, "fox", "image")],
    },
    video_extend: { operation: "video_extend", params: { prompt: "it goes on", quality: "360p" }, inputs: [await clipInput(folder)] },
    video_transition: {
      operation: "video_transition",
      params: { prompt: "day becomes night", quality: "360p" },
      inputs: [
        await pictureInput(folder, "day", "frame"),
        await pictureInput(folder, "dusk", "frame"),
        await pictureInput(folder, "night", "frame"),
      ],
    },
    fusion: {
      operation: "fusion",
      params: { prompt: "@hero walks", quality: "360p" },
      inputs: [await pictureInput(folder, "hero", "subject", { name: "hero" }), await pictureInput(folder, "beach", "background")],
    },
  }),
  failing: [
    { request: words("a fox #fail"), kind: "provider" },
    { request: words("a fox #filtered"), kind: "filtered" },
  ],
  endless: words("a fox #stall"),
  unknownJob: "9007199254740993001",
});

describe("pixverse over the wire", () => {
  let folder: string;
  let simulator: PixverseSimulator;
  let connection: Connection;
  let close: () => Promise<void>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pixsim-pixverse-"));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    ({ simulator, connection, close } = await start());
  });
  afterEach(async () => {
    await close();
    await rm(target(), { force: true });
  });

  const charged = (): number => simulator.charged(pixverseAccount.key);
  const generations = () => simulator.requests.filter(({ path }) => path.endsWith("/generate"));
  const target = (): string => join(folder, "result.mp4");

  it("shows key and trace id in their headers, and sends the key to no one who only has the file", async () => {
    const { providerJobId } = await run(connection.submit("job_1-1", words("a fox")));
    await run(connection.track(providerJobId, silent));
    await run(connection.download(providerJobId, target()));
    const [generation] = generations();
    expect(generation?.path).toBe("/openapi/v2/video/text/generate");
    expect(generation?.headers).toMatchObject({
      "api-key": pixverseAccount.key,
      "ai-trace-id": traceIdOf("job_1-1"),
      "content-type": "application/json",
    });
    const asked = simulator.requests.filter(({ path }) => path.includes("/result/"));
    expect(new Set(asked.map(({ headers }) => headers["ai-trace-id"])).size).toBe(asked.length);
    const file = simulator.requests.find(({ path }) => path.startsWith("/files/"));
    expect(JSON.stringify(file?.headers)).not.toContain(pixverseAccount.key);
  });

  it("keeps ids beyond 2^53 to the last digit, also after a restart of the simulator none of an earlier one, and takes and tells the credits", async () => {
    const { providerJobId, charged: credits } = await run(connection.submit("k", words("a fox")));
    expect(simulator.jobs.has(providerJobId)).toBe(true);
    expect(BigInt(providerJobId)).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER));
    expect(credits).toBe(45);
    const restarted = await start();
    const next = await run(restarted.connection.submit("k", words("a fox")));
    await restarted.close();
    expect(next.providerJobId).not.toBe(providerJobId);
    expect(await run(connection.balance!)).toEqual([
      { type: "monthly", amount: 4955 },
      { type: "package", amount: 2000 },
    ]);
  });

  it("uploads a picture once, however often it is used, and a video as media", async () => {
    const picture = await pictureInput(folder, "once", "image");
    const request: ProviderRequest = { operation: "image_to_video", params: { prompt: "go", quality: "360p" }, inputs: [picture] };
    await run(connection.submit("a", request));
    await run(connection.submit("b", request));
    const uploads = simulator.requests.filter(({ path }) => path.endsWith("/upload"));
    expect(uploads.map(({ path, headers }) => [path, headers["content-type"]?.split(";")[0]])).toEqual([
      ["/openapi/v2/image/upload", "multipart/form-data"],
    ]);
    const [imageId] = simulator.images;
    expect(generations()[0]?.bytes.toString()).toContain(`"img_id":${imageId}`);
    await run(connection.submit("c", { operation: "video_extend", params: { prompt: "on" }, inputs: [await clipInput(folder)] }));
    const [mediaId] = simulator.media.keys();
    expect(generations()[2]?.bytes.toString()).toContain(`"video_media_id":${mediaId}`);
  });

  it("goes on from its own video without uploading it, and uploads it when it is gone there", async () => {
    const made = (providerJobId: string, accountId = "acc_test") => ({ provider: "pixverse", accountId, providerJobId });
    const { providerJobId } = await run(connection.submit("source", words("a fox")));
    await run(connection.track(providerJobId, silent));
    const extend = async (from: ProviderInput["made"]): Promise<ProviderRequest> => ({
      operation: "video_extend",
      params: { prompt: "on" },
      inputs: [await clipInput(folder, { made: from })],
    });
    await run(connection.submit("own", await extend(made(providerJobId))));
    expect(generations().at(-1)?.json).toMatchObject({ source_video_id: providerJobId });
    expect(simulator.media.size).toBe(0);
    await run(connection.submit("gone", await extend(made("9007199254740993001"))));
    expect(simulator.media.size).toBe(1);
    expect(generations().at(-1)?.json).not.toHaveProperty("source_video_id");
    await run(connection.submit("other", await extend(made(providerJobId, "acc_other"))));
    expect(generations().at(-1)?.json).toMatchObject({ video_media_id: [...simulator.media.keys()][0] });
  });

  it("uploads anew what is no longer known there", async () => {
    const request: ProviderRequest = {
      operation: "video_extend",
      params: { prompt: "on" },
      inputs: [await clipInput(folder)],
    };
    await run(connection.submit("a", request));
    simulator.media.clear();
    await run(connection.submit("b", request));
    expect(simulator.media.size).toBe(1);
    expect(simulator.jobs.size).toBe(2);
  });

  it("says of files that it cannot use what is wrong, and that nothing was sent", async () => {
    const text = join(folder, "note.txt");
    await writeFile(text, "no picture");
    const image = async (changes: Partial<ProviderInput>): Promise<ProviderRequest> => ({
      operation: "image_to_video",
      params: { prompt: "go" },
      inputs: [await fileInput("image", text, changes)],
    });
    // It would be converted, and is no picture at all.
    const wrong = await failureOf(connection.submit("a", await image({ mime: "image/gif" })));
    expect(wrong).toMatchObject({ kind: "input", unsent: true, message: expect.stringContaining("cannot be read") });
    const gone = await failureOf(connection.submit("b", await image({ path: join(folder, "gone.png") })));
    expect(gone).toMatchObject({ kind: "input", unsent: true });
    const unreadable = await failureOf(connection.submit("c", await image({ mime: "image/png" })));
    expect(unreadable).toMatchObject({ kind: "input", unsent: true, message: expect.stringContaining("500030") });
    expect(generations().length).toBe(0);
  });

  it.each(["cutAfter", "astray"] as const)("has nobody pay twice whose order was taken and not answered: %s", async (fault) => {
    simulator.faults.order(fault);
    const lostAnswer = await failureOf(connection.submit("k", words("a fox")));
    expect(lostAnswer).toMatchObject({ kind: "network" });
    expect(lostAnswer.unsent).toBeUndefined();
    const { providerJobId } = await run(connection.submit("k", words("a fox")));
    expect([...simulator.jobs.keys()]).toEqual([providerJobId]);
    expect(charged()).toBe(45);
  });

  it("finds in the ledger what became of a submission, page by page, and knows when there was none", async () => {
    const sentAt = Date.now();
    simulator.accounts.get(pixverseAccount.key)!.concurrency = 200;
    for (let n = 0; n < 104; n++) simulator.pay(simulator.accounts.get(pixverseAccount.key)!, "1", traceIdOf(`other-${n}`), 1);
    simulator.faults.order("cutAfter");
    await failureOf(connection.submit("k", words("a fox")));
    const [id] = simulator.jobs.keys();
    expect(await run(connection.reconcile!("k", words("a fox"), sentAt))).toEqual({ providerJobId: id });
    expect(await run(connection.reconcile!("never", words("a fox"), sentAt))).toBeUndefined();
    const asked = simulator.requests.filter(({ path }) => path.endsWith("usage-detail"));
    expect(asked[0]?.json).toMatchObject({ credits_status: "consume", limit: 100, start_time: expect.stringMatching(/Z$/) });
    expect(asked[1]?.json).toMatchObject({ cursor: "100" });
  });

  it.each<readonly [string, FaultName, ProviderFailure["kind"]]>([
    ["server errors", "serverError", "network"],
    ["a rate limit", "rateLimit", "limit"],
    ["a cut line", "cutBefore", "network"],
    ["web pages", "page", "network"],
    ["endless answers", "endless", "network"],
    ["an expired key", "expired", "authentication"],
    ["a refusal", "refused", "filtered"],
  ])("tells a submission's failure by %s, and what is sent after it is charged once", async (_, fault, kind) => {
    simulator.faults.order(fault);
    expect(await failureOf(connection.submit("k", words("a fox")))).toMatchObject({ kind, message: expect.stringMatching(/\S/) });
    await run(connection.submit("k", words("a fox")));
    expect(charged()).toBe(45);
  });

  it.each<readonly [string, FaultName, number]>([
    ["a burst of server errors", "serverError", 4],
    ["a burst of rate limits", "rateLimit", 3],
    ["cut lines", "cutBefore", 3],
    ["web pages", "page", 2],
    ["endless answers", "endless", 1],
    ["a status that goes backwards", "backwards", 3],
  ])("follows a job to its end through %s", async (_, fault, times) => {
    const { providerJobId } = await run(connection.submit("k", words("a fox")));
    simulator.faults.order(fault, times);
    const fractions: Array<number> = [];
    await run(connection.track(providerJobId, (fraction) => Effect.sync(() => void fractions.push(fraction))));
    expect(simulator.faults.taken(fault)).toBe(times);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
    expect(charged()).toBe(45);
  });

  it("stops following when the key has expired: only asking failed", async () => {
    const { providerJobId } = await run(connection.submit("k", words("a fox")));
    simulator.faults.order("expired");
    expect(await failureOf(connection.track(providerJobId, silent))).toMatchObject({ kind: "authentication" });
    await run(connection.track(providerJobId, silent));
  });

  it("knows refusals at once and at the end, whose credits come back", async () => {
    expect(await failureOf(connection.submit("a", words("a fox #reject")))).toMatchObject({
      kind: "filtered",
      message: expect.stringContaining("500063"),
    });
    simulator.faults.order("refusedLate");
    const { providerJobId } = await run(connection.submit("b", words("a fox")));
    expect(charged()).toBe(45);
    expect(await failureOf(connection.track(providerJobId, silent))).toMatchObject({ kind: "filtered" });
    expect(charged()).toBe(0);
  });

  it("says that a job is lost which the provider has forgotten or deleted", async () => {
    simulator.faults.order("lost");
    const { providerJobId } = await run(connection.submit("k", words("a fox")));
    expect(await failureOf(connection.track(providerJobId, silent))).toMatchObject({ kind: "lost" });
    const second = await run(connection.submit("l", words("a fox")));
    await run(connection.track(second.providerJobId, silent));
    simulator.jobs.get(second.providerJobId)!.ending = "cancelled";
    expect(await failureOf(connection.download(second.providerJobId, target()))).toMatchObject({ kind: "lost" });
  });

  it("does not take a young video for lost that is not known everywhere yet", async () => {
    const { providerJobId } = await run(connection.submit("k", words("a fox")));
    let misses = 2;
    Object.defineProperty(simulator.jobs.get(providerJobId)!, "isLost", { get: () => misses > 0 && misses-- > 0 });
    await run(connection.track(providerJobId, silent));
    expect(misses).toBe(0);
    misses = 2;
    // Where it was at its end, nothing is: it has to be asked for.
    simulator.faults.order("missingFile");
    await run(connection.download(providerJobId, target()));
    expect(misses).toBe(0);
  });

  it("tells want of room and want of credits from each other", async () => {
    const account = simulator.accounts.get(pixverseAccount.key)!;
    account.concurrency = 1;
    await run(connection.submit("a", words("a fox #stall")));
    expect(await failureOf(connection.submit("b", words("a fox")))).toMatchObject({
      kind: "limit",
      message: expect.stringContaining("500044"),
    });
    account.concurrency = 5;
    account.credits.clear();
    expect(await failureOf(connection.submit("c", words("a fox")))).toMatchObject({ kind: "credits" });
    expect(account.peak).toBe(1);
  });

  it.each<readonly [string, FaultName, ProviderFailure["kind"], RegExp]>([
    ["that is not there yet", "missingFile", "network", /not there yet/],
    ["that is a page", "wrongFile", "provider", /web page/],
    ["that is cut off", "truncatedFile", "network", /broke|cut/],
    ["behind a redirect into a private network", "privateRedirect", "network", /private address/],
  ])("takes no file %s, and the whole one after it", async (_, fault, kind, message) => {
    const { providerJobId } = await run(connection.submit("k", words("a fox")));
    await run(connection.track(providerJobId, silent));
    // Where nothing is at first, it is asked again where that is.
    simulator.faults.order(fault, fault === "missingFile" ? 2 : 1);
    expect(await failureOf(connection.download(providerJobId, target()))).toMatchObject({ kind, message: expect.stringMatching(message) });
    await expect(access(target())).rejects.toThrow("ENOENT");
    await run(connection.download(providerJobId, target()));
    expect(await probe(target())).toMatchObject({ mediaType: "video", durationMs: 5000 });
  });

  it("does not download what is not finished", async () => {
    const { providerJobId } = await run(connection.submit("k", words("a fox #stall")));
    expect(await failureOf(connection.download(providerJobId, target()))).toMatchObject({ kind: "network" });
  });

  it("makes videos as long and as wide as was asked for, with sound where that was", async () => {
    const { providerJobId } = await run(connection.submit("k", words("a fox", { duration: 2, aspectRatio: "9:16", audio: true })));
    await run(connection.track(providerJobId, silent));
    await run(connection.download(providerJobId, target()));
    expect(await probe(target())).toMatchObject({ durationMs: 2000, width: 90, height: 160, audioCodec: expect.stringMatching(/^mp4a/) });
  });

  it("has every order charged once at most while everything goes wrong at random", async () => {
    simulator.accounts.get(pixverseAccount.key)!.concurrency = 50;
    const names: ReadonlyArray<FaultName> = ["cutBefore", "cutAfter", "serverError", "rateLimit", "page", "backwards"];
    simulator.faults.atRandom({ seed: 7, rate: 0.2, names });
    /** As the job machine does: the same key again until an answer comes. */
    const untilAnswered = <A>(effect: Effect.Effect<A, ProviderFailure>): Effect.Effect<A, ProviderFailure> =>
      Effect.retry(effect, { times: 50, while: ({ kind }) => kind === "network" || kind === "limit" });
    const jobs = Array.from({ length: 40 }, (_, n) =>
      Effect.flatMap(untilAnswered(connection.submit(`job-${n}`, words("a fox"))), ({ providerJobId }) =>
        Effect.as(untilAnswered(connection.track(providerJobId, silent)), providerJobId),
      ),
    );
    const ids = await run(Effect.all(jobs, { concurrency: 20 }));
    expect(new Set(ids).size).toBe(40);
    expect(simulator.jobs.size).toBe(40);
    expect(charged()).toBe(40 * 45);
    expect(names.filter((name) => simulator.faults.taken(name) === 0)).toEqual([]);
  });

  it.each<readonly [number, string, Readonly<Record<string, unknown>>]>([
    [400011, "text", { prompt: "" }],
    [400011, "text", { aspect_ratio: undefined }],
    [400017, "text", { model: "v9" }],
    [400017, "text", { model: "v5", duration: 6 }],
    [400017, "text", { model: "v5", duration: 8, quality: "1080p" }],
    [400017, "text", { model: "v5", aspect_ratio: "21:9" }],
    [400017, "text", { seed: -1 }],
    [400017, "text", { motion_mode: "fast" }],
    [400017, "text", { model: "v5", generate_audio_switch: true }],
    [400018, "text", { prompt: "x".repeat(5001) }],
    [400019, "text", { model: "v5", prompt: "x".repeat(2049) }],
    [400032, "img", { img_id: 12 }],
    [400013, "img", { img_id: "12" }],
    [400017, "extend", { model: "v5.6", video_media_id: 1 }],
    [400017, "extend", { video_media_id: 1, source_video_id: 2 }],
    [500008, "extend", { source_video_id: 2 }],
    [400017, "multi_transition", { model: "v6", multi_transition: [] }],
    [400017, "fusion", { image_references: [{ type: "person", img_id: 1, ref_name: "a" }] }],
    [400017, "nothing", {}],
  ])("its simulator answers %i to a wrong %s: %o", async (code, operation, changes) => {
    const right = { prompt: "a fox", model: "v6", duration: 5, quality: "540p", aspect_ratio: "16:9" };
    const answer = await fetch(`${simulator.url}/openapi/v2/video/${operation}/generate`, {
      method: "POST",
      headers: { "api-key": pixverseAccount.key, "ai-trace-id": traceIdOf("raw") },
      body: JSON.stringify({ ...right, ...changes }),
    });
    expect([answer.status, await answer.json()]).toMatchObject([200, { ErrCode: code }]);
    expect(simulator.jobs.size).toBe(0);
  });

  describe("with the wrong account", () => {
    const checked = async (settings: Readonly<Record<string, unknown>>, secrets: Readonly<Record<string, string>>) => {
      const wrong = await connectTest(pixverse, { own: [simulator.url], speed, settings, secrets });
      const failure = await failureOf(wrong.connection.check);
      await wrong.close();
      return failure;
    };

    it("says whether the key or the base URL is wrong, and never shows the key", async () => {
      const apiKey = "sk-wrong-key";
      const wrongKey = await checked({ baseUrl: simulator.url }, { apiKey });
      expect(wrongKey).toMatchObject({ kind: "authentication", message: expect.stringContaining("API key") });
      const wrongUrl = await checked({ baseUrl: `${simulator.url}/elsewhere` }, { apiKey });
      expect(wrongUrl).toMatchObject({ kind: "network", message: expect.stringContaining("base URL") });
      const noHost = await checked({ baseUrl: "http://nobody.invalid" }, { apiKey });
      expect(noHost).toMatchObject({ kind: "network", unsent: true, message: expect.stringContaining("base URL") });
      simulator.faults.order("page");
      const page = await checked({ baseUrl: simulator.url }, { apiKey: pixverseAccount.key });
      expect(page).toMatchObject({ kind: "network", message: expect.stringMatching(/web page.*base URL/) });
      expect(JSON.stringify([wrongKey, wrongUrl, noHost])).not.toContain(apiKey);
    });

    it("takes no account without a key or with a base URL that is none", () => {
      expect(pixverse.account?.secrets.safeParse({ apiKey: "  " }).success).toBe(false);
      expect(pixverse.account?.settings.safeParse({ baseUrl: "pixverse" }).success).toBe(false);
      expect(pixverse.account?.settings.parse({})).toEqual({ baseUrl: "https://app-api.pixverse.ai" });
    });
  });
});
