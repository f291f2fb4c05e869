// The adapter of the OpenAI Videos format against a gateway that speaks it, over a real socket: what it sends field by field, what it makes
// of everything that may go wrong, and that nothing is paid twice.
import { access, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Effect } from "effect";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { probe } from "#actors/media/probe.ts";
import { makeClip } from "#actors/media/testing.ts";
import { providerConformance } from "#actors/provider/conformance.ts";
import { openaiVideos } from "#actors/provider/openai-videos.ts";
import type { Connection, ProviderFailure, ProviderInput, ProviderRequest } from "#actors/provider/provider.ts";
import { byClock, connectTest, failureOf, run, testInput } from "#actors/provider/testing.ts";
import { type OpenaiVideosJob, type OpenaiVideosOptions, startOpenaiVideos } from "./openai-videos.ts";
import type { Simulator } from "./simulator.ts";

const speed = 200;
const account = { key: "sk-test", credits: { cents: 1_000_000 }, concurrency: 500 };

const words = (prompt: string, params: Readonly<Record<string, unknown>> = {}): ProviderRequest => ({
  operation: "text_to_video",
  params: { prompt, model: "standard", duration: 4, size: "1280x720", ...params },
  inputs: [],
});

interface Inputs {
  readonly picture: string;
  readonly clip: string;
}

const makeInputs = async (folder: string): Promise<Inputs> => {
  const [picture, clip] = [join(folder, "picture.png"), join(folder, "clip.mp4")];
  await sharp({ create: { width: 300, height: 200, channels: 3, background: "#204060" } })
    .png()
    .toFile(picture);
  await makeClip(clip, { frames: 6 });
  return { picture, clip };
};

const fromPicture = (picture: string): ProviderRequest => ({
  ...words("it wakes up"),
  operation: "image_to_video",
  inputs: [testInput("image", picture)],
});
const extension = (clip: string, made: ProviderInput["made"] = null): ProviderRequest => ({
  operation: "video_extend",
  params: { prompt: "and on it goes", duration: 16 },
  inputs: [testInput("video", clip, { made })],
});
const edit = (clip: string, made: ProviderInput["made"] = null): ProviderRequest => ({
  operation: "video_edit",
  params: { prompt: "the same at night" },
  inputs: [testInput("video", clip, { made })],
});
const fusion = (clip: string): ProviderRequest => ({
  ...words("@fox chases @ball"),
  operation: "fusion",
  inputs: [testInput("subject", clip, { name: "fox" }), testInput("subject", clip, { name: "ball" })],
});

const connect = (simulator: Simulator<OpenaiVideosJob>, { apiKey = " sk-test\n", path = "/v1/" } = {}) =>
  connectTest(openaiVideos, { own: [simulator.url], speed, settings: { baseUrl: `${simulator.url}${path}` }, secrets: { apiKey } });

const silent = () => Effect.void;

providerConformance({
  name: "the OpenAI Videos format",
  start: async () => {
    const simulator = await startOpenaiVideos({ speed, accounts: [account] });
    const { connection, close } = await connect(simulator);
    return {
      provider: openaiVideos,
      connection,
      probe,
      asked: () => simulator.requests.length,
      close: () => close().then(() => simulator.close()),
    };
  },
  orders: async (folder) => {
    const { picture, clip } = await makeInputs(folder);
    return {
      text_to_video: words("a fox in the snow"),
      image_to_video: fromPicture(picture),
      video_extend: extension(clip),
      video_edit: edit(clip),
      fusion: fusion(clip),
    };
  },
  failing: [
    { request: words("a fox #fail"), kind: "provider" },
    { request: words("a fox #filtered"), kind: "filtered" },
  ],
  endless: words("a fox #stall"),
  unknownJob: "video_nobody",
  lookup: "request",
});

describe("the OpenAI Videos format", () => {
  let folder: string;
  let inputs: Inputs;
  let simulator: Simulator<OpenaiVideosJob>;
  let connection: Connection;
  let closing: Array<() => Promise<void>> = [];

  const start = async (options: OpenaiVideosOptions = {}): Promise<void> => {
    simulator = await startOpenaiVideos({ speed, accounts: [account], ...options });
    const connected = await connect(simulator);
    connection = connected.connection;
    closing.push(() => connected.close().then(() => simulator.close()));
  };
  const submit = (request: ProviderRequest, key = "job/1/1"): Promise<string> =>
    run(connection.submit(key, request)).then(({ providerJobId }) => providerJobId);
  const sent = (path: string) => simulator.requests.filter((request) => request.method === "POST" && request.path === path);
  const isThere = (path: string): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pixsim-openai-videos-"));
    inputs = await makeInputs(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(() => start());
  afterEach(async () => {
    for (const close of closing) await close();
    closing = [];
  });

  describe("what is sent", () => {
    it("for words: JSON with strings, the key of the account, and that of the submit", async () => {
      await submit(words("a fox", { duration: 8, model: "pro", size: "1792x1024" }));
      const [request] = sent("/v1/videos");
      expect(request?.json).toEqual({ prompt: "a fox", model: "sora-2-pro", seconds: "8", size: "1792x1024" });
      expect(request?.headers).toMatchObject({
        authorization: "Bearer sk-test",
        "content-type": "application/json",
        "idempotency-key": "job/1/1",
      });
    });

    it("for a picture: a form with the picture in the size of the video", async () => {
      await submit({ ...fromPicture(inputs.picture), params: { prompt: "it wakes up", size: "720x1280" } });
      const [request] = sent("/v1/videos");
      const form = await new Response(new Uint8Array(request!.bytes), {
        headers: { "content-type": request!.headers["content-type"]! },
      }).formData();
      const { input_reference: reference, ...fields } = Object.fromEntries(form);
      expect(fields).toEqual({ prompt: "it wakes up", model: "sora-2", seconds: "4", size: "720x1280" });
      expect(reference).toMatchObject({ name: "reference.jpg", type: "image/jpeg" });
      expect(await sharp(await (reference as File).arrayBuffer()).metadata()).toMatchObject({ width: 720, height: 1280 });
    });

    it("for a video that this account has made: its id", async () => {
      const source = await submit(words("a fox"));
      await run(connection.track(source, silent));
      await submit(extension(inputs.clip, { provider: "openaiVideos", accountId: "acc_test", providerJobId: source }), "job/2/1");
      expect(sent("/v1/videos/extensions")[0]?.json).toEqual({ prompt: "and on it goes", seconds: "16", video: { id: source } });
    });

    it.each([
      ["nobody", null],
      ["another account", { provider: "openaiVideos", accountId: "acc_other", providerJobId: "video_1" }],
      ["another provider", { provider: "studio", accountId: "acc_test", providerJobId: "video_1" }],
    ])("for a video made by %s: the file itself", async (_, made) => {
      await submit(extension(inputs.clip, made));
      const [request] = sent("/v1/videos/extensions");
      const form = await new Response(new Uint8Array(request!.bytes), {
        headers: { "content-type": request!.headers["content-type"]! },
      }).formData();
      expect([form.get("prompt"), form.get("seconds")]).toEqual(["and on it goes", "16"]);
      expect((form.get("video") as File).size).toBe((await stat(inputs.clip)).size);
    });

    it("for a video that is to be different: the words alone where this account has made it, which is remixed, else the file with them", async () => {
      const source = await submit(words("a fox", { model: "pro", duration: 12, size: "1792x1024" }));
      await run(connection.track(source, silent));
      const remixed = await submit(
        edit(inputs.clip, { provider: "openaiVideos", accountId: "acc_test", providerJobId: source }),
        "job/2/1",
      );
      const [request] = sent(`/v1/videos/${source}/remix`);
      expect(request?.json).toEqual({ prompt: "the same at night" });
      expect(request?.headers).toMatchObject({ "content-type": "application/json", "idempotency-key": "job/2/1" });
      expect(simulator.jobs.get(remixed)).toMatchObject({ remixedFrom: source, model: "sora-2-pro", seconds: "12", size: "1792x1024" });

      await submit(edit(inputs.clip, { provider: "openaiVideos", accountId: "acc_other", providerJobId: source }), "job/3/1");
      const [upload] = sent("/v1/videos/edits");
      const form = await new Response(new Uint8Array(upload!.bytes), {
        headers: { "content-type": upload!.headers["content-type"]! },
      }).formData();
      expect([...form.keys()]).toEqual(["prompt", "video"]);
      expect(form.get("prompt")).toBe("the same at night");
      expect(form.get("video")).toMatchObject({ name: "video.mp4", type: "video/mp4", size: (await stat(inputs.clip)).size });
    });

    it("for characters: each once, then their ids, with their names in the prompt", async () => {
      const characters = new Map<string, string>();
      await start({ characters });
      await submit(fusion(inputs.clip));
      await submit(fusion(inputs.clip), "job/2/1");
      expect(sent("/v1/videos/characters").length).toBe(2);
      expect(characters.size).toBe(2);
      expect(sent("/v1/videos").map(({ json }) => json)).toEqual(
        Array.from({ length: 2 }, () => ({
          prompt: "fox chases ball",
          model: "sora-2",
          seconds: "4",
          size: "1280x720",
          characters: [...characters.keys()].map((id) => ({ id })),
        })),
      );
    });

    it("and is given an id that it never gave before, also when it was started anew", async () => {
      const before = await submit(words("a fox"));
      await start();
      expect(await submit(words("a fox"))).not.toBe(before);
    });

    it("once more for characters that the gateway has forgotten, at the next try", async () => {
      const characters = new Map<string, string>();
      await start({ characters });
      await submit(fusion(inputs.clip));
      characters.clear();
      expect(await failureOf(connection.submit("job/2/1", fusion(inputs.clip)))).toMatchObject({ kind: "parameters" });
      await submit(fusion(inputs.clip), "job/3/1");
      expect(sent("/v1/videos/characters").length).toBe(4);
    });
  });

  describe("refuses before anything is sent", () => {
    it.each<[string, ProviderRequest, ProviderFailure["kind"], RegExp]>([
      ["parameters that do not fit", words("a fox", { duration: 5 }), "parameters", /duration/],
      ["a missing picture", { ...fromPicture("/nowhere.png") }, "input", /picture/],
      ["no picture", { ...fromPicture(""), inputs: [] }, "input", /picture/],
      ["a missing video", extension("/nowhere.mp4"), "input", /not there/],
      ["a missing video to edit", edit("/nowhere.mp4"), "input", /not there/],
      ["no video to edit", { ...edit(""), inputs: [] }, "input", /needs a video/],
      ["a prompt that forgets a character", { ...fusion("/nowhere.mp4"), params: { prompt: "@fox runs" } }, "parameters", /@ball/],
      ["another operation", { ...words("a fox"), operation: "video_transition" }, "parameters", /no such operation/],
    ])("%s", async (_, request, kind, message) => {
      expect(await failureOf(connection.submit("job/1/1", request))).toMatchObject({
        kind,
        unsent: true,
        message: expect.stringMatching(message),
      });
      expect(simulator.requests).toEqual([]);
    });
  });

  describe("a submit without an answer", () => {
    it.each(["cutAfter", "astray"] as const)("that was taken is found in the list, and paid once: %s", async (fault) => {
      simulator.faults.order(fault);
      const sentAt = Date.now();
      const failure = await failureOf(connection.submit("job/1/1", words("a fox")));
      expect(failure.kind).toBe("network");
      expect(failure.unsent).toBeUndefined();
      const found = await run(connection.reconcile!("job/1/1", words("a fox"), sentAt));
      expect([...simulator.jobs.keys()]).toEqual([found?.providerJobId]);
      await run(connection.track(found!.providerJobId, silent));
      expect(simulator.ledger.map(({ kind, amount, key }) => [kind, amount, key])).toEqual([["charge", 40, "job/1/1"]]);
    });

    it.each(["cutBefore", "serverError", "page"] as const)("that was not taken is not found, and not paid: %s", async (fault) => {
      simulator.faults.order(fault);
      const sentAt = Date.now();
      const failure = await failureOf(connection.submit("job/1/1", words("a fox")));
      expect(failure).toMatchObject({ kind: "network" });
      expect(failure.unsent).toBeUndefined();
      expect(await run(connection.reconcile!("job/1/1", words("a fox"), sentAt))).toBeUndefined();
      expect(simulator.ledger).toEqual([]);
    });

    it.each([3_600_000, -3_600_000])(
      "is found by a gateway's own clock, which is off by %i ms, and older ones like it are not",
      async (skewMs) => {
        await start({ skewMs, speed: 1 });
        const id = await submit(words("a fox"));
        expect(await run(connection.reconcile!("job/2/1", words("a fox"), Date.now()))).toBeDefined();
        // Where the gateway's clock is ahead, ours may have been set back since: rather too early.
        const job = simulator.jobs.get(id)!;
        Object.assign(job, { createdAt: job.createdAt - Math.max(0, skewMs) - 400_000 });
        expect(await run(connection.reconcile!("job/2/1", words("a fox"), Date.now()))).toBeUndefined();
      },
    );

    it("is found behind a hundred younger ones", async () => {
      const sentAt = Date.now();
      const id = await submit(words("a fox"));
      await run(
        Effect.forEach(Array.from({ length: 110 }), (_, index) => connection.submit(`job/x/${index}`, words("a dog")), { concurrency: 16 }),
      );
      expect(await run(connection.reconcile!("job/1/1", words("a fox"), sentAt))).toEqual({ providerJobId: id });
      expect(simulator.requests.filter(({ method, path }) => method === "GET" && path === "/v1/videos").length).toBe(2);
    });

    it.each<[string, OpenaiVideosOptions]>([
      ["knows no paging", { ignores: ["order", "after", "limit"] }],
      ["does not say whether there are more", { hides: ["has_more"] }],
      ["does not say when videos were made", { hides: ["created_at"] }],
      ["does neither", { ignores: ["order", "after", "limit"], hides: ["has_more", "created_at"] }],
    ])("is found at a gateway that %s", async (_, options) => {
      await start(options);
      const sentAt = Date.now();
      await run(
        Effect.forEach(Array.from({ length: 105 }), (_each, index) => connection.submit(`job/x/${index}`, words("a dog")), {
          concurrency: 16,
        }),
      );
      const id = await submit(words("a fox"));
      expect(await run(connection.reconcile!("job/1/1", words("a fox"), sentAt))).toEqual({ providerJobId: id });
      expect(await run(connection.reconcile!("job/1/1", words("a cat"), sentAt))).toBeUndefined();
    });

    it("is found behind a hundred older ones, at a gateway that begins with these", async () => {
      await start({ ignores: ["order"] });
      await run(
        Effect.forEach(Array.from({ length: 105 }), (_, index) => connection.submit(`job/x/${index}`, words("a dog")), { concurrency: 16 }),
      );
      for (const job of simulator.jobs.values()) Object.assign(job, { createdAt: job.createdAt - 3_600_000 });
      const sentAt = Date.now();
      const id = await submit(words("a fox"));
      expect(await run(connection.reconcile!("job/1/1", words("a fox"), sentAt))).toEqual({ providerJobId: id });
    });

    it("is left to a person at a gateway that shows one page only, if it is not there", async () => {
      await start({ ignores: ["after"] });
      const sentAt = Date.now();
      const first = await submit(words("a fox"));
      await run(
        Effect.forEach(Array.from({ length: 105 }), (_, index) => connection.submit(`job/x/${index}`, words("a dog")), { concurrency: 16 }),
      );
      const last = await submit(words("a cat"), "job/2/1");
      expect(first).not.toBe(last);
      expect(await run(connection.reconcile!("job/2/1", words("a cat"), sentAt))).toEqual({ providerJobId: last });
      expect(await failureOf(connection.reconcile!("job/1/1", words("a fox"), sentAt))).toMatchObject({ kind: "internal" });
    });

    it("is left to a person at a gateway that keeps no list", async () => {
      await start({ hasNoList: true });
      const failure = await failureOf(connection.reconcile!("job/1/1", words("a fox"), Date.now()));
      expect(failure).toMatchObject({ kind: "internal", message: expect.stringMatching(/no list/) });
    });

    it("is left to a person at a gateway that hides prompts", async () => {
      await start({ hides: ["prompt"] });
      const sentAt = Date.now();
      await submit(words("a fox"));
      expect(await failureOf(connection.reconcile!("job/1/1", words("a fox"), sentAt))).toMatchObject({ kind: "internal" });
    });

    it.each<[string, (inputs: Inputs) => ProviderRequest]>([
      ["with a picture", ({ picture }) => fromPicture(picture)],
      ["of an extension", ({ clip }) => extension(clip)],
      ["with characters", ({ clip }) => fusion(clip)],
    ])("%s is found too", async (_, request) => {
      const sentAt = Date.now();
      simulator.faults.order("cutAfter");
      await failureOf(connection.submit("job/1/1", request(inputs)));
      expect(await run(connection.reconcile!("job/1/1", request(inputs), sentAt))).toEqual({
        providerJobId: [...simulator.jobs.keys()][0],
      });
    });
  });

  describe("a submit that is refused", () => {
    it.each([
      ["#reject", "filtered", "moderation"],
      ["a fox", "credits", "quota"],
    ])("%s: %s", async (prompt, kind, message) => {
      simulator.accounts.get("sk-test")?.credits.set("cents", kind === "credits" ? 39 : 1000);
      expect(await failureOf(connection.submit("job/1/1", words(prompt)))).toMatchObject({
        kind,
        message: expect.stringContaining(message),
      });
      expect(simulator.ledger).toEqual([]);
    });

    it("for want of room says when to come again", async () => {
      simulator.accounts.get("sk-test")!.concurrency = 1;
      await submit(words("a fox #stall"));
      expect(await failureOf(connection.submit("job/2/1", words("a fox")))).toMatchObject({ kind: "limit", retryAfterMs: 1000 });
    });

    it("for its key says so", async () => {
      simulator.faults.order("expired");
      expect(await failureOf(connection.submit("job/1/1", words("a fox")))).toMatchObject({ kind: "authentication" });
    });
  });

  describe("following", () => {
    it.each(["serverError", "rateLimit", "page", "cutBefore"] as const)("goes on through a burst of %s", async (fault) => {
      const id = await submit(words("a fox"));
      simulator.faults.order(fault, 3);
      await run(connection.track(id, silent));
      expect(simulator.faults.taken(fault)).toBe(3);
    });

    it("never goes back when the gateway does", async () => {
      // Long enough that also a busy machine asks again before it is over.
      await start({ generationMs: 600_000 });
      const id = await submit(words("a fox"));
      const fractions: Array<number> = [];
      await run(
        connection.track(id, (fraction) =>
          Effect.sync(() => {
            fractions.push(fraction);
            if (fractions.length === 2) simulator.faults.order("backwards", 2);
          }),
        ),
      );
      expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
      expect(simulator.faults.taken("backwards")).toBe(2);
      expect(fractions.at(-1)).toBe(1);
    });

    it.each([
      ["refusedLate", "filtered"],
      ["failedLate", "provider"],
      ["lost", "lost"],
    ] as const)("ends with what has become of it: %s is %s", async (fault, kind) => {
      simulator.faults.order(fault);
      const id = await submit(words("a fox"));
      expect(await failureOf(connection.track(id, silent))).toMatchObject({ kind });
      // What failed is given back, as the gateway says; what it forgot is not.
      expect(simulator.charged("sk-test")).toBe(kind === "lost" ? 40 : 0);
    });

    it("does not take a young video for lost that is not known everywhere yet", async () => {
      const id = await submit(words("a fox"));
      let asked = 0;
      Object.defineProperty(simulator.jobs.get(id)!, "isLost", { get: () => ++asked <= 2 });
      await run(connection.track(id, silent));
      expect(asked).toBeGreaterThan(2);
    });

    it.each([
      ["a fox", { in_progress: "PROCESSING", completed: "SUCCESS" }, null],
      ["a fox #fail", { queued: "not_start", failed: "FAILURE" }, "provider"],
    ] as const)("understands other words for its states: %s", async (prompt, states, kind) => {
      await start({ states });
      const id = await submit(words(prompt));
      const outcome = await run(
        Effect.match(connection.track(id, silent), { onSuccess: () => null, onFailure: (failure) => failure.kind }),
      );
      expect(outcome).toBe(kind);
    });

    it("tells a key that is no longer good from a job that has ended", async () => {
      const id = await submit(words("a fox"));
      simulator.faults.order("expired");
      expect(await failureOf(connection.track(id, silent))).toMatchObject({ kind: "authentication" });
      await run(connection.track(id, silent));
    });
  });

  describe("the file", () => {
    it.each([
      ["missingFile", "network"],
      ["wrongFile", "provider"],
      ["truncatedFile", "network"],
      ["privateRedirect", "network"],
    ] as const)("that does not come right is not there, and comes the next time: %s is %s", async (fault, kind) => {
      const path = join(folder, `${fault}.mp4`);
      const id = await submit(words("a fox"));
      await run(connection.track(id, silent));
      simulator.faults.order(fault);
      expect(await failureOf(connection.download(id, path))).toMatchObject({ kind });
      expect(await isThere(path)).toBe(false);
      expect(await run(connection.download(id, path))).toEqual({ mime: "video/mp4" });
      expect((await probe(path)).mediaType).toBe("video");
    });

    it("is asked for as a video, with the key", async () => {
      const id = await submit(words("a fox"));
      await run(connection.track(id, silent));
      await run(connection.download(id, join(folder, "asked.mp4")));
      const request = simulator.requests.at(-1);
      expect([request?.path, request?.query.toString(), request?.headers["authorization"]]).toEqual([
        `/v1/videos/${id}/content`,
        "variant=video",
        "Bearer sk-test",
      ]);
    });

    it("is lost when its hour is over", async () => {
      const id = await submit(words("a fox"));
      await run(connection.track(id, silent));
      const job = simulator.jobs.get(id)!;
      job.endsAt -= simulator.now() - Date.now() + 2 * 3_600_000;
      expect(await failureOf(connection.download(id, join(folder, "late.mp4")))).toMatchObject({ kind: "lost" });
    });

    it("is not taken for gone by a clock of ours that is hours ahead", async () => {
      const id = await submit(words("a fox"));
      await run(connection.track(id, silent));
      let asked = 0;
      Object.defineProperty(simulator.jobs.get(id)!, "isLost", { get: () => ++asked <= 1 });
      const late = connection.download(id, join(folder, "young.mp4"));
      expect(await failureOf(byClock(5 * 3_600_000, late))).toMatchObject({ kind: "network" });
    });

    it("of a failed video is told as its failure", async () => {
      const id = await submit(words("a fox #filtered"));
      await failureOf(connection.track(id, silent));
      expect(await failureOf(connection.download(id, join(folder, "failed.mp4")))).toMatchObject({ kind: "filtered" });
    });
  });

  describe("the account", () => {
    it("is checked without starting anything", async () => {
      await run(connection.check);
      expect(simulator.jobs.size).toBe(0);
    });

    it("is checked also at a gateway that keeps no list", async () => {
      await start({ hasNoList: true });
      await run(connection.check);
      simulator.faults.order("expired");
      expect(await failureOf(connection.check)).toMatchObject({ kind: "authentication" });
    });

    it.each([
      ["a wrong key", { apiKey: "sk-wrong" }, "authentication", /key/],
      ["a wrong path", { path: "/v2" }, "authentication", /base URL/],
    ] as const)("with %s is told what is wrong", async (_, how, kind, message) => {
      const { connection: wrong, close } = await connect(simulator, how);
      closing.unshift(close);
      const failure = await failureOf(wrong.check);
      expect(failure).toMatchObject({ kind, message: expect.stringMatching(message) });
      expect(failure.message).not.toContain("sk-");
    });

    it.each(["page", "endless"] as const)("whose base URL answers with %s is told so", async (fault) => {
      simulator.faults.order(fault);
      expect(await failureOf(connection.check)).toMatchObject({ kind: "provider", message: expect.stringMatching(/base URL/) });
    });

    it("takes a URL with blanks around it, and refuses what is none", () => {
      const { settings } = openaiVideos.account!;
      expect(settings.parse({ baseUrl: " https://gateway.example/v1 \n" })).toMatchObject({ baseUrl: "https://gateway.example/v1" });
      for (const baseUrl of ["gateway", "ftp://gateway.example", ""]) expect(settings.safeParse({ baseUrl }).success).toBe(false);
    });
  });
});
