import { describe, expect, it } from "vitest";
import type { ProviderFailure } from "./provider.ts";
import { failureOf, failureOfVideo, findSubmitted, Video } from "./openai-videos-wire.ts";

type Kind = ProviderFailure["kind"];
const answer = (status: number, error: unknown, headers: Readonly<Record<string, string>> = {}) => ({
  status,
  headers,
  body: error === null ? null : { error },
});
const said = (code: string | null, more: Readonly<Record<string, unknown>> = {}) => ({
  message: "Because.",
  type: "error",
  param: null,
  code,
  ...more,
});

describe("an error of a gateway", () => {
  it.each<[number, unknown, Kind]>([
    [400, said("moderation_blocked"), "filtered"],
    [400, said("content_policy_violation"), "filtered"],
    [400, said("sentinel_block"), "filtered"],
    [400, said("imagine:content-moderated"), "filtered"],
    [403, said("content_filter"), "filtered"],
    [400, said(null, { type: "content_filter_error" }), "filtered"],
    [429, said("insufficient_quota"), "credits"],
    [429, said("billing_hard_limit_reached"), "credits"],
    [403, said("insufficient_user_quota"), "credits"],
    [402, said(null), "credits"],
    [401, said("invalid_api_key"), "authentication"],
    [403, said("unsupported_country_region_territory"), "authentication"],
    [404, null, "authentication"],
    [405, null, "authentication"],
    [404, said("model_not_found"), "parameters"],
    [429, said("rate_limit_exceeded"), "limit"],
    [429, null, "limit"],
    [409, said(null), "limit"],
    [400, said("invalid_value", { param: "size" }), "parameters"],
    [422, null, "parameters"],
    [400, said("invalid_image", { param: "input_reference" }), "input"],
    [408, null, "network"],
    [500, said("server_error"), "network"],
    [502, null, "network"],
    [503, said("overloaded"), "network"],
    [304, null, "provider"],
  ])("at a submit: %i %j is of kind %s", (status, error, kind) => {
    expect(failureOf(answer(status, error), "submit")).toMatchObject({ kind, message: expect.stringMatching(/\S.*[.!?]$/) });
  });

  it.each<[number, unknown, Kind]>([
    [404, said("not_found"), "lost"],
    [404, null, "network"],
    [405, null, "network"],
    [400, said("invalid_value"), "network"],
    [429, said("insufficient_quota"), "limit"],
    [429, said("rate_limit_exceeded"), "limit"],
    [401, said("invalid_api_key"), "authentication"],
    [400, said("moderation_blocked"), "filtered"],
    [500, null, "network"],
    [302, null, "network"],
  ])("at a question: %i %j is of kind %s, and ends only what has ended", (status, error, kind) => {
    expect(failureOf(answer(status, error), "ask").kind).toBe(kind);
  });

  it("says when to come again", () => {
    expect(failureOf(answer(429, said("rate_limit_exceeded"), { "retry-after": "7" }), "submit")).toMatchObject({ retryAfterMs: 7000 });
    expect(failureOf(answer(429, null), "submit")).not.toHaveProperty("retryAfterMs");
  });

  it("repeats what the gateway says, but not about the key, which may be in it", () => {
    expect(failureOf(answer(400, said("invalid_value", { message: "size must be 720x1280" })), "submit").message).toContain("720x1280");
    expect(failureOf(answer(401, said("invalid_api_key", { message: "Incorrect: sk-secret" })), "submit").message).not.toContain(
      "sk-secret",
    );
    expect(failureOf(answer(500, said(null, { message: "x".repeat(100_000) })), "submit").message.length).toBeLessThan(500);
  });
});

const video = (fields: Readonly<Record<string, unknown>> = {}): Video =>
  Video.parse({
    id: "video_1",
    object: "video",
    model: "sora-2",
    status: "queued",
    progress: 0,
    created_at: 1_790_000_000,
    prompt: "a fox",
    seconds: "4",
    size: "1280x720",
    error: null,
    ...fields,
  });

describe("a failed video", () => {
  it.each<[string | null, Kind]>([
    ["moderation_blocked", "filtered"],
    ["output_moderation", "filtered"],
    ["insufficient_quota", "credits"],
    ["server_error", "provider"],
    [null, "provider"],
  ])("with the code %s is of kind %s", (code, kind) => {
    expect(failureOfVideo(video({ status: "failed", error: { code, message: "Because." } }))).toMatchObject({
      kind,
      message: expect.stringContaining("Because."),
    });
  });

  it("says something also if the gateway does not", () => {
    expect(failureOfVideo(video({ status: "failed", error: null })).message).toBe("The generation failed.");
  });
});

describe("a video as gateways send it", () => {
  it("may lack everything but its id and its status, and have things of other types", () => {
    expect(video({ seconds: 8, progress: "50%", created_at: "today", error: "no" })).toMatchObject({
      seconds: "8",
      progress: null,
      created_at: null,
      error: null,
    });
    expect(Video.parse({ id: "v", status: "queued" }).id).toBe("v");
    expect(Video.safeParse({ id: "v" }).success).toBe(false);
  });
});

describe("looking for a lost submit", () => {
  const wanted = { prompt: "a fox", model: "sora-2", seconds: "4", size: "1280x720" };

  it("finds the one that has all that was asked for, also under the dated name of its model", () => {
    expect(findSubmitted([video(), video({ id: "video_2", prompt: "a dog" })], wanted)).toEqual({ found: "one", id: "video_1" });
    expect(findSubmitted([video({ model: "sora-2-2025-12-08" })], wanted)).toEqual({ found: "one", id: "video_1" });
  });

  it.each([[{ prompt: "a fox " }], [{ model: "sora-2-pro" }], [{ seconds: "8" }], [{ size: "720x1280" }]])(
    "knows that %j is another",
    (other) => {
      expect(findSubmitted([video(other)], wanted)).toEqual({ found: "none" });
    },
  );

  it("does not choose among several", () => {
    expect(findSubmitted([video(), video({ id: "video_2" })], wanted)).toEqual({ found: "unclear", count: 2 });
  });

  it.each([[{ prompt: null }], [{ model: null }], [{ seconds: null }], [{ size: null }]])(
    "does not take one for it that hides %j",
    (hidden) => {
      expect(findSubmitted([video(hidden)], wanted)).toEqual({ found: "unclear", count: 1 });
    },
  );

  it("compares nothing that the request left open", () => {
    const open = { prompt: "a fox", model: null, seconds: null, size: null };
    expect(findSubmitted([video({ seconds: "8", model: null })], open)).toEqual({ found: "one", id: "video_1" });
  });
});
