// The adapter of ComfyUI against a server that speaks its API, over real sockets: what it sends field by field, progress by WebSocket and
// without one, cancelling at new and old servers, and that no prompt is started twice.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Clock, Deferred, Effect, Fiber } from "effect";
import { TestClock } from "effect/testing";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { probe } from "#actors/media/probe.ts";
import { comfyui, promptIdOf, settling } from "#actors/provider/comfyui.ts";
import { wanImageToVideo, wanTextToVideo } from "#actors/provider/comfyui-workflow.ts";
import { providerConformance } from "#actors/provider/conformance.ts";
import type { Connection, ProviderFailure, ProviderRequest } from "#actors/provider/provider.ts";
import { connectTest, failureOf, run, testInput } from "#actors/provider/testing.ts";
import { type ComfyuiOptions, type ComfyuiSimulator, startComfyui } from "./comfyui.ts";

const speed = 200;
/** Asked as often as a real server, whose jobs take minutes: what comes sooner was heard from the WebSocket. */
const seldom = 1;

const words = (prompt: string, params: Readonly<Record<string, unknown>> = {}): ProviderRequest => ({
  operation: "text_to_video",
  params: { prompt, negativePrompt: "blur", duration: 5, quality: "480p", aspectRatio: "16:9", seed: 7, ...params },
  inputs: [],
});

const fromPicture = (path: string): ProviderRequest => ({
  operation: "image_to_video",
  params: { prompt: "it wakes up", duration: 2, seed: 7 },
  inputs: [testInput("image", path)],
});

const makePicture = async (folder: string): Promise<string> => {
  const path = join(folder, "picture.png");
  await sharp({ create: { width: 400, height: 400, channels: 3, background: "#204060" } })
    .png()
    .toFile(path);
  return path;
};

const silent = () => Effect.void;

providerConformance({
  name: "ComfyUI",
  start: async () => {
    const simulator = await startComfyui({ speed });
    const { connection, close } = await connectTest(comfyui, {
      own: [simulator.url],
      speed,
      settings: { baseUrl: simulator.url },
      secrets: {},
    });
    // The last question may be on its way while the WebSocket has told of the end.
    const asked = (): number => simulator.requests.filter(({ kind }) => kind === "file").length;
    return { provider: comfyui, connection, probe, asked, close: () => close().then(() => simulator.close()) };
  },
  orders: async (folder) => ({ text_to_video: words("a fox in the snow"), image_to_video: fromPicture(await makePicture(folder)) }),
  failing: [{ request: words("a fox #fail"), kind: "provider" }],
  endless: words("a fox #stall"),
  unknownJob: "00000000-0000-4000-8000-00000000dead",
});

describe("ComfyUI", () => {
  let folder: string;
  let picture: string;
  let simulator: ComfyuiSimulator;
  let connection: Connection;
  let closing: Array<() => Promise<void>> = [];

  const start = async (options: ComfyuiOptions = {}, settings: Readonly<Record<string, unknown>> = {}, asks = speed): Promise<void> => {
    simulator = await startComfyui({ speed, ...options });
    const own = [simulator.url];
    const secrets: Readonly<Record<string, string>> = options.token === undefined ? {} : { token: ` ${options.token} ` };
    const connected = await connectTest(comfyui, { own, speed: asks, settings: { baseUrl: `${simulator.url}/`, ...settings }, secrets });
    connection = connected.connection;
    const { close } = simulator;
    const closeSimulator = close.bind(simulator);
    closing.push(() => connected.close().then(closeSimulator));
  };
  const submit = (request: ProviderRequest, key = "job/1/1"): Promise<string> =>
    run(connection.submit(key, request)).then(({ providerJobId }) => providerJobId);
  /** The progress of a prompt that ends when half of its steps were heard of: a third of all, and more than time alone could tell. */
  const followed = async (id: string): Promise<ReadonlyArray<number>> => {
    const fractions: Array<number> = [];
    const heard = (fraction: number) =>
      Effect.sync(() => {
        fractions.push(fraction);
        if (fraction > 0.3 && fraction < 1) simulator.jobs.get(id)!.endsAt = simulator.now();
      });
    await run(connection.track(id, heard));
    return fractions;
  };
  const posted = (path: string) => simulator.requests.filter((request) => request.method === "POST" && request.path === path);
  const asked = (path: string) => simulator.requests.filter((request) => request.method === "GET" && request.path === path);
  const queue = async (): Promise<{ readonly running: ReadonlyArray<string>; readonly pending: ReadonlyArray<string> }> => {
    const body = (await (await fetch(`${simulator.url}/queue`)).json()) as Readonly<
      Record<string, ReadonlyArray<readonly [number, string]>>
    >;
    const ids = (name: string) => (body[name] ?? []).map(([, id]) => id);
    return { running: ids("queue_running"), pending: ids("queue_pending") };
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pixsim-comfyui-"));
    picture = await makePicture(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(() => start());
  afterEach(async () => {
    for (const close of closing) await close();
    closing = [];
  });

  describe("what is sent", () => {
    it("for words: the workflow with its values, under an id and with the key of the submit", async () => {
      const id = await submit(words("a fox"));
      expect(id).toBe(promptIdOf("job/1/1"));
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      const node = (number: keyof typeof wanTextToVideo, inputs: Readonly<Record<string, unknown>>) => ({
        class_type: wanTextToVideo[number]?.class_type,
        inputs: { ...wanTextToVideo[number]?.inputs, ...inputs },
      });
      expect(posted("/prompt")[0]?.json).toEqual({
        prompt: {
          ...wanTextToVideo,
          "3": node("3", { seed: 7 }),
          "6": node("6", { text: "a fox" }),
          "7": node("7", { text: "blur" }),
          "55": node("55", { width: 832, height: 480, length: 121 }),
          "57": node("57", { fps: 24 }),
        },
        prompt_id: id,
        client_id: id,
        extra_data: { pixsim_key: "job/1/1" },
      });
    });

    it("for a picture: the picture in the size of the video, once, and its name", async () => {
      await submit(fromPicture(picture));
      await submit(fromPicture(picture), "job/2/1");
      const [upload] = posted("/upload/image");
      const form = await new Response(new Uint8Array(upload!.bytes), {
        headers: { "content-type": upload!.headers["content-type"]! },
      }).formData();
      expect([form.get("type"), form.get("subfolder"), form.get("overwrite")]).toEqual(["input", "pixsim", null]);
      const [[name, bytes] = ["", Buffer.alloc(0)], ...others] = [...simulator.uploads];
      expect(others).toEqual([]);
      expect(await sharp(bytes).metadata()).toMatchObject({ format: "jpeg", width: 640, height: 640 });
      expect(posted("/prompt")[1]?.json).toMatchObject({
        prompt: { "55": { inputs: { width: 640, height: 640, length: 49, start_image: ["56", 0] } }, "56": { inputs: { image: name } } },
      });
    });

    it("without a seed: one that the key gives, the same when it is sent again", async () => {
      const seeds: Array<unknown> = [];
      for (const key of ["job/1/1", "job/1/1", "job/2/1"]) {
        await submit(words("a fox", { seed: undefined }), key);
        const { prompt } = posted("/prompt").at(-1)!.json as { readonly prompt: typeof wanTextToVideo };
        seeds.push(prompt["3"]?.inputs["seed"]);
      }
      expect(seeds[0]).toBe(seeds[1]);
      expect(seeds[0]).not.toBe(seeds[2]);
      expect(seeds[0]).toSatisfy((seed) => Number.isInteger(seed) && Number(seed) >= 0 && Number(seed) < 2 ** 31);
    });

    it("to a server behind a proxy: its token, over HTTP and WebSocket", async () => {
      await start({ token: "let-me-in" }, {}, seldom);
      await run(connection.check);
      const id = await submit(words("a fox #stall"));
      expect((await followed(id)).at(-1)).toBe(1);
      await run(connection.download(id, join(folder, "token.mp4")));
      expect(simulator.requests.every(({ headers }) => headers["authorization"] === "Bearer let-me-in")).toBe(true);
    });
  });

  describe("following", () => {
    it("hears the steps and the end from the WebSocket, long before time could tell them", async () => {
      await start({}, {}, seldom);
      const id = await submit(words("a fox #stall"));
      const fractions = await followed(id);
      expect(fractions.some((fraction) => fraction > 0.3 && fraction < 1)).toBe(true);
      expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
      expect(fractions.at(-1)).toBe(1);
    });

    it("is told by the queue and the history where the WebSocket says nothing", async () => {
      await start({ isSilent: true });
      const id = await submit(words("a fox"));
      await run(connection.track(id, silent));
      expect(asked("/queue").length).toBeGreaterThan(1);
    });

    it("asks for the end that it was told of within hundredths of a second, then ever later, for about five seconds", async () => {
      const asked: Array<number> = [];
      const asking = Effect.gen(function* () {
        const look = Effect.map(Clock.currentTimeMillis, (now) => void asked.push(now));
        const fiber = yield* Effect.forkChild(Effect.repeat(look, settling));
        yield* TestClock.adjust("10 seconds");
        yield* Fiber.join(fiber);
      });
      await Effect.runPromise(Effect.provide(asking, TestClock.layer()));
      const pauses = asked.slice(1).map((at, index) => at - asked[index]!);
      expect(pauses[0]).toBe(10);
      expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
      expect(pauses.at(-1)).toBe(100);
      expect(asked.at(-1)! - asked[0]!).toBeGreaterThanOrEqual(4900);
      expect(asked.at(-1)! - asked[0]!).toBeLessThanOrEqual(5100);
    });

    it.each(["serverError", "page", "cutBefore"] as const)("goes on through a burst of %s", async (fault) => {
      const id = await submit(words("a fox"));
      simulator.faults.order(fault, 3);
      await run(connection.track(id, silent));
      expect(simulator.faults.taken(fault)).toBeGreaterThanOrEqual(1);
    });

    it("never goes back when the queue does", async () => {
      const id = await submit(words("a fox"));
      const fractions: Array<number> = [];
      simulator.faults.order("backwards", 2);
      await run(connection.track(id, (fraction) => Effect.sync(() => void fractions.push(fraction))));
      expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    });

    it("waits while another prompt has the GPU", async () => {
      const first = await submit(words("a fox"));
      const second = await submit(words("a dog"), "job/2/1");
      await run(connection.track(second, silent));
      expect((await queue()).running).toEqual([]);
      await run(connection.track(first, silent));
    });

    it("says of a server that was started anew that the prompt is lost", async () => {
      const id = await submit(words("a fox #stall"));
      simulator.forget();
      expect(await failureOf(connection.track(id, silent))).toMatchObject({ kind: "lost" });
      expect(await failureOf(connection.download(id, join(folder, "lost.mp4")))).toMatchObject({ kind: "lost" });
      expect(await run(connection.reconcile!("job/1/1", words("a fox"), 0))).toBeUndefined();
    });
  });

  describe("a submit without an answer", () => {
    it.each([
      ["new", "cutAfter"],
      ["new", "astray"],
      ["old", "cutAfter"],
    ] as const)("that was taken is found in the queue and in the history of a server that is %s: %s", async (age, fault) => {
      await start({ age });
      simulator.faults.order(fault);
      const failure = await failureOf(connection.submit("job/1/1", words("a fox")));
      expect(failure.kind).toBe("network");
      expect(failure.unsent).toBeUndefined();
      const queued = await run(connection.reconcile!("job/1/1", words("a fox"), 0));
      expect(queued === undefined).toBe(false);
      await run(connection.track(queued!.providerJobId, silent));
      expect(await run(connection.reconcile!("job/1/1", words("a fox"), 0))).toEqual(queued);
      expect([...simulator.starts]).toEqual([["job/1/1", 1]]);
      expect(await run(connection.reconcile!("job/2/1", words("a fox"), 0))).toBeUndefined();
    });

    it.each(["cutBefore", "serverError", "page"] as const)("that was not taken is not found: %s", async (fault) => {
      simulator.faults.order(fault);
      expect(await failureOf(connection.submit("job/1/1", words("a fox")))).toMatchObject({ kind: "network" });
      expect(await run(connection.reconcile!("job/1/1", words("a fox"), 0))).toBeUndefined();
      expect(simulator.starts.size).toBe(0);
    });
  });

  describe("cancelling", () => {
    /** Follows until the prompt runs. */
    const begun = (id: string) =>
      Effect.gen(function* () {
        const started = yield* Deferred.make<void>();
        const fiber = yield* Effect.forkDetach(
          // An old server does not tell how far it is: any word says that it was asked.
          connection.track(id, () => Effect.asVoid(Deferred.succeed(started, undefined))),
        );
        yield* Effect.raceFirst(Deferred.await(started), Fiber.await(fiber));
        return fiber;
      });

    it.each(["new", "old"] as const)(
      "takes one that waits out of the queue and leaves what runs alone, at a server that is %s",
      async (age) => {
        await start({ age });
        const runs = await submit(words("a fox #stall"));
        const waits = await submit(words("a dog"), "job/2/1");
        expect(await queue()).toEqual({ running: [runs], pending: [waits] });
        expect(await run(connection.cancel(waits))).toBe(true);
        expect(await queue()).toEqual({ running: [runs], pending: [] });
        expect(posted("/interrupt")).toEqual([]);
      },
    );

    it.each(["new", "old"] as const)("interrupts the one that runs, and the next begins, at a server that is %s", async (age) => {
      await start({ age });
      const runs = await submit(words("a fox #stall"));
      const next = await submit(words("a dog"), "job/2/1");
      const following = await run(begun(runs));
      expect(await run(connection.cancel(runs))).toBe(true);
      const failure = await run(Effect.flip(Fiber.join(following)) as Effect.Effect<ProviderFailure>);
      expect(failure).toMatchObject({ kind: "provider", message: expect.stringMatching(/cancelled/) });
      await run(connection.track(next, silent));
    });

    it.each(["new", "old"] as const)("never interrupts for one that has ended, at a server that is %s", async (age) => {
      await start({ age });
      const ended = await submit(words("a fox"));
      await run(connection.track(ended, silent));
      const runs = await submit(words("a dog #stall"), "job/2/1");
      expect(await run(connection.cancel(ended))).toBe(true);
      expect((await queue()).running).toEqual([runs]);
      expect(posted("/interrupt")).toEqual([]);
    });
  });

  describe("workflows", () => {
    const text = (workflow: unknown): string => JSON.stringify(workflow);

    it("of the account are run, also those that end in Video Combine", async () => {
      const { "57": _create, "58": _save, ...rest } = wanTextToVideo;
      const combine = {
        class_type: "VHS_VideoCombine",
        inputs: { images: ["8", 0], frame_rate: 24, filename_prefix: "PixSim", format: "video/h264-mp4" },
      };
      await start({}, { textToVideo: text({ ...rest, "60": combine }) });
      await run(connection.check);
      const id = await submit(words("a fox"));
      await run(connection.track(id, silent));
      expect(await run(connection.download(id, join(folder, "combined.mp4")))).toEqual({ mime: "video/mp4" });
    });

    it("that save no video are told so, when they have run", async () => {
      const { "58": _save, ...rest } = wanTextToVideo;
      await start({}, { textToVideo: text(rest) });
      const id = await submit(words("a fox"));
      expect(await failureOf(connection.track(id, silent))).toMatchObject({
        kind: "parameters",
        message: expect.stringContaining("Save Video"),
      });
    });

    it("that the server cannot run are told by what it misses", async () => {
      await start({ lacks: ["Wan22ImageToVideoLatent"] });
      expect(await failureOf(connection.check)).toMatchObject({ message: expect.stringContaining("Wan22ImageToVideoLatent") });
      expect(await failureOf(connection.submit("job/1/1", words("a fox")))).toMatchObject({
        kind: "parameters",
        message: expect.stringContaining("Wan22ImageToVideoLatent"),
      });
    });

    it.each(["new", "old"] as const)("whose model is not there are told so before and at a submit, by a server that is %s", async (age) => {
      const loader = { class_type: "UNETLoader", inputs: { unet_name: "ltx.safetensors", weight_dtype: "default" } };
      await start({ age }, { textToVideo: text({ ...wanTextToVideo, "37": loader }) });
      expect(await failureOf(connection.check)).toMatchObject({ message: expect.stringContaining("ltx.safetensors") });
      expect(await failureOf(connection.submit("job/1/1", words("a fox")))).toMatchObject({
        kind: "parameters",
        message: expect.stringMatching(/UNETLoader.*ltx\.safetensors/),
      });
    });

    it("are refused in the account's form where they cannot work", () => {
      const { settings } = comfyui.account!;
      expect(settings.parse({})).toEqual({ baseUrl: "http://127.0.0.1:8188", textToVideo: "", imageToVideo: "" });
      expect(settings.safeParse({ textToVideo: text(wanTextToVideo), imageToVideo: text(wanImageToVideo) }).success).toBe(true);
      expect(settings.safeParse({ textToVideo: "{}" }).error?.issues[0]?.path).toEqual(["textToVideo"]);
      expect(settings.safeParse({ imageToVideo: text(wanTextToVideo) }).error?.issues[0]?.message).toContain("%image%");
    });
  });

  describe("the rest", () => {
    it.each<[string, ProviderRequest, ProviderFailure["kind"], RegExp]>([
      ["parameters that do not fit", words("a fox", { duration: 99 }), "parameters", /duration/],
      ["a missing picture", fromPicture("/nowhere.png"), "input", /picture/],
      ["no picture", { ...fromPicture(""), inputs: [] }, "input", /picture/],
      ["another operation", { ...words("a fox"), operation: "fusion" }, "parameters", /no workflow/],
    ])("refuses %s before anything is sent", async (_, request, kind, message) => {
      expect(await failureOf(connection.submit("job/1/1", request))).toMatchObject({
        kind,
        unsent: true,
        message: expect.stringMatching(message),
      });
      expect(simulator.requests).toEqual([]);
    });

    it("tells a failed upload from a submit", async () => {
      simulator.faults.order("serverError");
      expect(await failureOf(connection.submit("job/1/1", fromPicture(picture)))).toMatchObject({ kind: "network", unsent: true });
    });

    it.each([
      ["truncatedFile", "network"],
      ["wrongFile", "provider"],
      ["privateRedirect", "network"],
    ] as const)("leaves no half file and fetches it again: %s is %s", async (fault, kind) => {
      const path = join(folder, `${fault}.mp4`);
      const id = await submit(words("a fox"));
      await run(connection.track(id, silent));
      simulator.faults.order(fault);
      expect(await failureOf(connection.download(id, path))).toMatchObject({ kind });
      await run(connection.download(id, path));
      expect((await probe(path)).mediaType).toBe("video");
    });

    it("is fetched again where its file is not there, and lost only if it stays away", async () => {
      const path = join(folder, "away.mp4");
      const id = await submit(words("a fox"));
      await run(connection.track(id, silent));
      simulator.faults.order("missingFile", 2);
      await run(connection.download(id, path));
      expect((await probe(path)).mediaType).toBe("video");
      simulator.faults.order("missingFile", Number.POSITIVE_INFINITY);
      expect(await failureOf(connection.download(id, path))).toMatchObject({ kind: "lost" });
    });

    it("does not hand out what has not ended", async () => {
      const id = await submit(words("a fox #stall"));
      expect(await failureOf(connection.download(id, join(folder, "early.mp4")))).toMatchObject({ kind: "network" });
    });

    it.each(["page", "expired"] as const)("tells of its account what is wrong: %s", async (fault) => {
      simulator.faults.order(fault);
      expect(await failureOf(connection.check)).toMatchObject({ message: expect.stringMatching(/base URL|token/) });
    });
  });
});
