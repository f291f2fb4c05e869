// What PixVerse's codes mean, what is refused before it is asked, and how it is asked: field by field, without a server.
import { Effect } from "effect";
import { describe, expect, it } from "vitest";
import type { FailureKind } from "#protocol/job.ts";
import { failureOfCode, failureOfStatus, pixverseCodes } from "./pixverse-failures.ts";
import { pixverseOperations } from "./pixverse-operations.ts";
import { paramsOf, type PixverseOrder, type RemoteInput, requestOf, traceIdOf } from "./pixverse-requests.ts";
import type { ProviderFailure, ProviderInput } from "./provider.ts";
import { pixverse } from "./pixverse.ts";
import type { HttpRequest } from "./tools.ts";
import { asTheyAre, memoryUploads, testInput } from "./testing.ts";

const id = "9007199254741993";
const image = (n = 0): RemoteInput => ({ kind: "image", id: String(BigInt(id) + BigInt(n)) });
const input = (role: ProviderInput["role"], name: string | null = null): ProviderInput =>
  testInput(role, role === "video" ? "/nowhere.mp4" : "/nowhere.png", { name });
const order = (
  operation: PixverseOrder["operation"],
  params: Readonly<Record<string, unknown>> = {},
  inputs: ReadonlyArray<ProviderInput> = [],
): PixverseOrder => ({ operation, params: { prompt: "a fox", ...params }, inputs });

/** The body as it is sent, ids unquoted. */
const sent = (request: PixverseOrder, remote: ReadonlyArray<RemoteInput> = []): { readonly path: string; readonly body: string } => {
  const params = paramsOf(request);
  if ("kind" in params) throw new Error(params.message);
  const { path, body } = requestOf(request, params, remote);
  return { path, body: JSON.stringify(body) };
};
const refusal = (request: PixverseOrder): ProviderFailure => {
  const params = paramsOf(request);
  if (!("kind" in params)) throw new Error("was taken");
  return params;
};

describe("PixVerse's error codes", () => {
  const table: ReadonlyArray<readonly [codes: ReadonlyArray<number>, kind: FailureKind]> = [
    [[400011, 400013, 400017], "parameters"],
    [[400018, 400019], "parameters"],
    [[400012, 10001, 10002, 10003, 10004, 10005], "authentication"],
    [[400032, 500030, 500031, 500032, 500033, 500041, 500042], "input"],
    [[500008], "lost"],
    [[500020, 500070, 500071], "parameters"],
    [[500043, 500090], "credits"],
    [[500044], "limit"],
    [[500052, 500054], "filtered"],
    [[500063], "filtered"],
    [[500069], "limit"],
    [[500100, 99999], "network"],
  ];

  it.each(table.flatMap(([codes, kind]) => codes.map((code) => [code, kind] as const)))("%i is %s", (code, kind) => {
    const failure = failureOfCode(code, "field duration");
    expect(failure.kind).toBe(kind);
    expect(failure.message).toContain(`(${code}: field duration)`);
  });

  it("are all in the table, each with a sentence", () => {
    const all = table.flatMap(([codes]) => codes);
    expect(Object.keys(pixverseCodes).map(Number).toSorted()).toEqual(all.toSorted());
    for (const { message } of Object.values(pixverseCodes)) expect(message).toMatch(/^[A-Z].*\.$/);
  });

  it("that are not known leave open whether the request was taken", () => {
    expect(failureOfCode(123456, "")).toMatchObject({ kind: "network", message: expect.stringContaining("(123456)") });
  });

  it("are told apart from HTTP statuses without one", () => {
    expect([401, 403].map((status) => failureOfStatus(status, undefined).kind)).toEqual(["authentication", "authentication"]);
    expect(failureOfStatus(429, 5000)).toMatchObject({ kind: "limit", retryAfterMs: 5000 });
    expect(failureOfStatus(429, undefined)).not.toHaveProperty("retryAfterMs");
    expect([404, 500, 502].map((status) => failureOfStatus(status, undefined).kind)).toEqual(["network", "network", "network"]);
  });
});

describe("a PixVerse generation is asked for", () => {
  it("from words, with switches for models that have them", () => {
    const request = order("text_to_video", {
      seed: 7,
      audio: true,
      multiClip: true,
      thinking: "enabled",
      style: "anime",
      negativePrompt: "text",
    });
    expect(sent(request).path).toBe("/video/text/generate");
    expect(JSON.parse(sent(request).body)).toEqual({
      prompt: "a fox",
      model: "v6",
      duration: 5,
      quality: "540p",
      aspect_ratio: "16:9",
      seed: 7,
      negative_prompt: "text",
      style: "anime",
      generate_audio_switch: true,
      generate_multi_clip_switch: true,
      thinking_type: "enabled",
    });
  });

  it("without what an older model does not have", () => {
    expect(JSON.parse(sent(order("text_to_video", { model: "v4.5", motion: "fast", camera: "zoom_in" })).body)).toEqual({
      prompt: "a fox",
      model: "v4.5",
      duration: 5,
      quality: "540p",
      aspect_ratio: "16:9",
      motion_mode: "fast",
      camera_movement: "zoom_in",
    });
  });

  it("from a picture, by its id unquoted", () => {
    const { path, body } = sent(order("image_to_video", { model: "v5" }, [input("image")]), [image()]);
    expect([path, body]).toEqual(["/video/img/generate", `{"prompt":"a fox","duration":5,"model":"v5","quality":"540p","img_id":${id}}`]);
  });

  it("as the continuation of its own video or of one that was uploaded", () => {
    const request = order("video_extend", {}, [input("video")]);
    expect(sent(request, [{ kind: "made", id }])).toEqual({
      path: "/video/extend/generate",
      body: `{"prompt":"a fox","duration":5,"model":"v6","quality":"540p","source_video_id":${id}}`,
    });
    expect(sent(request, [{ kind: "media", id }]).body).toContain(`"video_media_id":${id}`);
    expect(sent(request, [{ kind: "media", id }]).body).not.toContain("source_video_id");
  });

  it("between two pictures, and through more of them, where the last has no length", () => {
    const frames = [input("frame"), input("frame"), input("frame")];
    expect(sent(order("video_transition", {}, frames.slice(1)), [image(), image(1)])).toEqual({
      path: "/video/transition/generate",
      body: `{"prompt":"a fox","duration":5,"model":"v5","quality":"540p","first_frame_img":${id},"last_frame_img":${image(1).id}}`,
    });
    expect(sent(order("video_transition", {}, frames), [image(), image(1), image(2)])).toEqual({
      path: "/video/multi_transition/generate",
      body:
        `{"model":"v5","quality":"540p","multi_transition":[{"img_id":${id},"duration":5,"prompt":"a fox"},` +
        `{"img_id":${image(1).id},"duration":5,"prompt":"a fox"},{"img_id":${image(2).id},"prompt":"a fox"}]}`,
    });
  });

  it("with references, each named in the prompt and followed by a space", () => {
    const request = order("fusion", { prompt: "@box, then @boxer, again @box" }, [
      input("subject", "box"),
      input("subject", "boxer"),
      input("background"),
    ]);
    const { path, body } = sent(request, [image(), image(1), image(2)]);
    expect(path).toBe("/video/fusion/generate");
    expect(JSON.parse(body)).toMatchObject({
      prompt: "@box , then @boxer , again @box @background ",
      aspect_ratio: "16:9",
      image_references: [
        { type: "subject", ref_name: "box" },
        { type: "subject", ref_name: "boxer" },
        { type: "background", ref_name: "background" },
      ],
    });
    expect(body).toContain(`"img_id":${image(2).id}`);
  });

  it("with a trace id that is a UUID and is the same for the same key only", () => {
    expect(traceIdOf("job_1-1")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(traceIdOf("job_1-1")).toBe(traceIdOf("job_1-1"));
    expect(traceIdOf("job_1-2")).not.toBe(traceIdOf("job_1-1"));
  });
});

describe("what PixVerse would refuse is refused before", () => {
  const conflict = (operation: PixverseOrder["operation"], params: Readonly<Record<string, unknown>>): string | null =>
    pixverseOperations[operation].conflict?.(pixverseOperations[operation].params.parse({ prompt: "a fox", ...params }))?.field ?? null;

  it.each([
    ["fusion", {}, [], null],
    ["fusion", { prompt: "@fox runs" }, ["fox"], null],
    ["fusion", { prompt: "@foxes run" }, ["fox"], "prompt"],
    ["fusion", { prompt: "@a @b @c @d", model: "v5" }, ["a", "b", "c", "d"], "inputs"],
    ["fusion", { prompt: "@a @b @c @d", model: "v6" }, ["a", "b", "c", "d"], null],
    ["fusion", { prompt: "@fox" }, ["fox", "fox"], "inputs"],
    ["video_transition", { model: "v6" }, ["a", "b"], null],
    ["video_transition", { model: "v6" }, ["a", "b", "c"], "model"],
    ["video_transition", { model: "v5", duration: 8 }, ["a", "b", "c", "d", "e"], "inputs"],
    ["text_to_video", {}, ["a", "b", "c"], null],
  ] as const)("%s with %o of %o: what goes not together is told at %s", (operation, params, names, field) => {
    const { params: schema, conflict: whole } = pixverseOperations[operation];
    const given = names.map((name) => ({ role: "subject" as const, name }));
    const found = whole?.(schema.parse({ prompt: "a fox", ...params }), given) ?? null;
    expect(found === null ? null : (found.field ?? "inputs")).toBe(field);
  });

  it.each([
    [{ model: "v3.5", duration: 8 }, null],
    [{ model: "v5", duration: 6 }, "duration"],
    [{ model: "v5", duration: 8, quality: "1080p" }, "duration"],
    [{ model: "v5.5", duration: 10 }, null],
    [{ model: "v5.6", duration: 10, quality: "1080p" }, "duration"],
    [{ model: "v6", duration: 15, quality: "1080p" }, null],
    [{ model: "c1", duration: 1 }, null],
    [{ model: "v5", prompt: "x".repeat(2049) }, "prompt"],
    [{ model: "v6", prompt: "x".repeat(5000) }, null],
    [{ model: "v6", aspectRatio: "21:9" }, null],
    [{ model: "v5", aspectRatio: "21:9" }, "aspectRatio"],
    [{ model: "v5", audio: true }, "audio"],
    [{ model: "c1", audio: true }, null],
    [{ model: "c1", multiClip: true }, "multiClip"],
    [{ model: "v5.6", multiClip: true }, "multiClip"],
    [{ model: "c1", thinking: "enabled" }, "thinking"],
    [{ model: "v5.6", thinking: "disabled" }, null],
    [{ model: "v5", motion: "fast" }, "motion"],
    [{ model: "v4.5", motion: "fast" }, null],
    [{ model: "v4", motion: "fast", duration: 8 }, "motion"],
    [{ model: "v4", motion: "fast", quality: "1080p" }, "motion"],
    [{ model: "v3.5", camera: "zoom_in" }, "camera"],
    [{ model: "v4", camera: "zoom_in" }, null],
  ] as const)("parameters that do not go together: %o", (params, field) => {
    expect(conflict("text_to_video", params)).toBe(field);
  });

  it("parameters outside their schema and models that an operation lacks", () => {
    for (const params of [
      { prompt: " " },
      { prompt: "x".repeat(5001) },
      { duration: 16 },
      { model: "v7" },
      { seed: -1 },
      { quality: "4k" },
    ]) {
      expect(refusal(order("text_to_video", params))).toMatchObject({ kind: "parameters", unsent: true });
    }
    expect(refusal(order("video_extend", { model: "v5.6" }, [input("video")]))).toMatchObject({ kind: "parameters" });
    expect(refusal(order("fusion", { model: "v4", prompt: "@box" }, [input("subject", "box")]))).toMatchObject({ kind: "parameters" });
  });

  it("sequences that a model cannot make, or that are too long", () => {
    const frames = (count: number) => Array.from({ length: count }, () => input("frame"));
    expect(refusal(order("video_transition", { model: "v6" }, frames(3))).message).toContain("v5 or older");
    expect(refusal(order("video_transition", { duration: 8 }, frames(5))).message).toContain("at most 30");
    expect(paramsOf(order("video_transition", { duration: 5 }, frames(7)))).not.toHaveProperty("kind");
    expect(paramsOf(order("video_transition", { model: "v6" }, frames(2)))).not.toHaveProperty("kind");
  });

  it("references that are too many, have wrong or equal names, or are not in the prompt", () => {
    const subjects = (...names: ReadonlyArray<string>) => names.map((name) => input("subject", name));
    const fusion = (prompt: string, names: ReadonlyArray<string>, model = "v6") => order("fusion", { prompt, model }, subjects(...names));
    expect(refusal(fusion("@a @b @c @d", ["a", "b", "c", "d"], "v5")).message).toContain("at most 3");
    expect(refusal(fusion("@boxer", ["box"])).message).toContain("@box");
    expect(refusal(fusion("@a-b", ["a-b"])).message).toContain("a-b");
    expect(refusal(fusion("@a", ["a", "a"])).message).toContain("same name");
    expect(paramsOf(fusion("@a @b @c @d", ["a", "b", "c", "d"]))).not.toHaveProperty("kind");
  });
});

describe("PixVerse's ledger", () => {
  const unused = () => Effect.die("not asked for");
  /** `ahead`: of our clock, ms: the ledger knows nothing of its future. */
  const find = (list: ReadonlyArray<Record<string, unknown>>, sentAt = Date.now(), ahead = 0) => {
    const theirs = Date.now() - ahead;
    const answer = ({ json }: HttpRequest) => {
      const { start_time: start } = json as { readonly start_time: string };
      const body = { ErrCode: 0, ErrMsg: "", Resp: { list: Date.parse(start) > theirs ? [] : list, cursor: "" } };
      return Effect.succeed({ status: 200, headers: { date: new Date(theirs).toUTCString() }, body });
    };
    const connection = pixverse.connect(
      { id: "acc_1", settings: { baseUrl: "https://pixverse.example" }, secrets: {} },
      {
        http: { json: answer, download: unused, socket: unused },
        polling: { track: unused },
        uploads: memoryUploads(),
        videos: asTheyAre,
      },
    );
    return Effect.runPromise(Effect.result(connection.reconcile!("k", order("text_to_video"), sentAt)));
  };
  const row = { trace_id: traceIdOf("other"), video_id: "1" };

  it("tells what was taken, and that it was not only where none of its rows may be of it and it reaches so far", async () => {
    const own = { trace_id: traceIdOf("k"), video_id: id };
    expect(await find([row, own])).toMatchObject({ _tag: "Success", success: { providerJobId: id } });
    expect(await find([row])).toMatchObject({ _tag: "Success", success: undefined });
    const longAgo = Date.now() - 31 * 86_400_000;
    expect(await find([row, own], longAgo)).toMatchObject({ _tag: "Success", success: { providerJobId: id } });
    expect(await find([row], longAgo)).toMatchObject({ _tag: "Failure", failure: { kind: "internal" } });
    for (const unclear of [{ ...own, video_id: null }, { trace_id: own.trace_id }, { video_id: id }]) {
      expect(await find([row, unclear])).toMatchObject({ _tag: "Failure", failure: { kind: "internal" } });
    }
  });

  it("is asked by its own clock: where ours is hours ahead, what was taken is found all the same", async () => {
    const own = { trace_id: traceIdOf("k"), video_id: id };
    expect(await find([row, own], Date.now(), 5 * 3_600_000)).toMatchObject({ _tag: "Success", success: { providerJobId: id } });
    expect(await find([row], Date.now(), 5 * 3_600_000)).toMatchObject({ _tag: "Success", success: undefined });
  });
});

describe("a PixVerse generation is estimated", () => {
  it.each([
    ["v5", "360p", 5, 45],
    ["v5", "540p", 8, 90],
    ["v5", "720p", 5, 60],
    ["v5", "720p", 8, 120],
    ["v5", "1080p", 5, 120],
    ["v6", "720p", 10, 120],
  ] as const)("%s in %s for %i seconds: %i credits", (model, quality, duration, credits) => {
    const estimated = pixverseOperations.text_to_video.estimate({ prompt: "a fox", model, quality, duration });
    expect(estimated.credits).toBe(credits);
    expect(estimated.durationMs).toBeGreaterThanOrEqual(30_000);
  });
});
