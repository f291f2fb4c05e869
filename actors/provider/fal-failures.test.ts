import { describe, expect, it, test } from "vitest";
import { falFailure, type Moment } from "./fal-failures.ts";
import type { ProviderFailure } from "./provider.ts";

const of = (status: number, body: unknown, moment: Moment = "ask", headers: Readonly<Record<string, string>> = {}): ProviderFailure =>
  falFailure({ status, body, headers }, moment);

/** As https://fal.ai/docs/documentation/model-apis/errors shows them. */
const problem = (type: string, field = "prompt") => ({
  detail: [{ loc: ["body", field], msg: "It is so.", type, url: "https://…", input: "…" }],
});

const table: ReadonlyArray<[number, unknown, Moment, ProviderFailure["kind"]]> = [
  [401, { detail: "Cannot access application" }, "submit", "authentication"],
  [403, { detail: "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing." }, "submit", "credits"],
  [403, { detail: "User is locked. Reason: TOP_UP." }, "submit", "credits"],
  [403, { detail: "User is locked. Reason: Admin lock. Please contact support@fal.ai" }, "submit", "authentication"],
  [403, null, "submit", "authentication"],
  [402, null, "submit", "credits"],
  [404, { detail: "Application not found" }, "submit", "parameters"],
  [404, { detail: "Request not found" }, "ask", "lost"],
  [404, { detail: "Request not found" }, "end", "lost"],
  // What is not fal's own word knows no request.
  [404, null, "ask", "network"],
  [404, null, "end", "network"],
  [404, { message: "no such route" }, "ask", "network"],
  [400, { detail: "Request is still in progress" }, "end", "network"],
  [413, null, "end", "network"],
  [418, null, "end", "network"],
  [422, null, "end", "network"],
  [422, { detail: "The prompt has to be longer." }, "end", "parameters"],
  [402, null, "end", "limit"],
  [404, null, "other", "provider"],
  [408, null, "submit", "network"],
  [413, null, "submit", "input"],
  [422, problem("content_policy_violation"), "end", "filtered"],
  [422, problem("content_policy_violation"), "submit", "filtered"],
  [400, problem("content_policy_violation"), "end", "filtered"],
  [422, problem("image_too_large", "image_url"), "end", "input"],
  [422, problem("image_load_error", "image_url"), "end", "input"],
  [422, problem("file_download_error", "image_url"), "end", "provider"],
  [422, problem("file_too_large", "image_url"), "end", "input"],
  [422, problem("unsupported_video_format", "video_url"), "end", "input"],
  [422, problem("video_duration_too_long", "video_url"), "end", "input"],
  [422, problem("face_detection_error", "image_url"), "end", "input"],
  [422, problem("literal_error", "duration"), "end", "parameters"],
  [422, problem("missing", "prompt"), "submit", "parameters"],
  [422, problem("greater_than_equal", "duration"), "end", "parameters"],
  [422, problem("feature_not_supported"), "end", "parameters"],
  [422, { detail: "Unprocessable" }, "submit", "parameters"],
  [500, problem("internal_server_error"), "end", "provider"],
  [504, problem("generation_timeout"), "end", "provider"],
  [400, problem("downstream_service_error"), "end", "provider"],
  [422, problem("no_media_generated"), "end", "provider"],
  [504, { detail: "Request timed out", error_type: "request_timeout" }, "end", "provider"],
  [504, { detail: "…", error_type: "startup_timeout" }, "end", "provider"],
  [503, { detail: "…", error_type: "runner_scheduling_failure" }, "end", "provider"],
  [503, { detail: "…", error_type: "runner_disconnected" }, "end", "provider"],
  [502, { detail: "…", error_type: "runner_incomplete_response" }, "end", "provider"],
  [500, { detail: "…", error_type: "runner_server_error" }, "end", "provider"],
  [499, { detail: "…", error_type: "client_cancelled" }, "end", "provider"],
  [429, { detail: "Too many requests" }, "submit", "limit"],
  [429, null, "end", "limit"],
  // Who breaks off may have taken it: never a definite no.
  [500, { detail: "Internal Server Error" }, "submit", "network"],
  [502, null, "submit", "network"],
  [503, { detail: "…", error_type: "runner_scheduling_failure" }, "submit", "network"],
  // A gateway in the way says nothing of the result.
  [502, null, "end", "network"],
  [500, { detail: "Internal Server Error" }, "end", "network"],
];

describe("fal's answers", () => {
  it.each(table)("%i %j at %s is of kind %s", (status, body, moment, kind) => {
    const failure = of(status, body, moment);
    expect(failure.kind).toBe(kind);
    expect(failure.message).toMatch(/^(?:fal|[A-Z]).*[.?]$/su);
    expect(failure.unsent).toBeUndefined();
  });

  test("name the field and what the model says of it", () => {
    expect(of(422, problem("literal_error", "duration"), "end").message).toBe("The model does not take this (field duration): It is so.");
    expect(of(422, problem("content_policy_violation", "image_url"), "end").message).toMatch(/\(field image_url\)/);
  });

  test("say that what was cancelled was cancelled, also where only the header tells it", () => {
    expect(of(499, null, "end", { "x-fal-error-type": "client_cancelled" })).toMatchObject({
      kind: "provider",
      message: expect.stringMatching(/cancelled/),
    });
  });

  test("say that nothing was charged where the server failed, and nothing of what it cost else", () => {
    expect(of(500, problem("internal_server_error"), "end").charged).toBe(0);
    expect(of(504, { detail: "…", error_type: "request_timeout" }, "end").charged).toBe(0);
    expect(of(422, problem("content_policy_violation"), "end").charged).toBeUndefined();
    expect(of(503, null, "end").charged).toBeUndefined();
    expect(of(500, problem("internal_server_error"), "submit").charged).toBeUndefined();
  });

  test("are waited for as long as they say", () => {
    expect(of(429, null, "submit", { "retry-after": "7" }).retryAfterMs).toBe(7000);
    expect(of(429, null, "submit").retryAfterMs).toBeUndefined();
  });

  test("are cut where they are long, and do not have to make sense", () => {
    expect(of(500, { detail: "x".repeat(5000) }).message.length).toBeLessThan(700);
    for (const body of [null, 5, [], { detail: 5 }, { detail: [] }, { detail: [{}] }, "…"]) {
      expect(of(422, body, "submit").kind).toBe("parameters");
    }
  });
});
