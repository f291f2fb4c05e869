import { describe, expect, it, test } from "vitest";
import type { ProviderFailure } from "./provider.ts";
import { type Moment, predictionFailure, replicateFailure } from "./replicate-failures.ts";

const of = (status: number, body: unknown, moment: Moment = "ask", headers: Readonly<Record<string, string>> = {}): ProviderFailure =>
  replicateFailure({ status, body, headers }, moment);

const table: ReadonlyArray<[number, unknown, Moment, ProviderFailure["kind"]]> = [
  [401, { title: "Unauthenticated", detail: "You did not pass a valid authentication token", status: 401 }, "submit", "authentication"],
  [403, { detail: "…", status: 403 }, "submit", "authentication"],
  [402, { title: "Insufficient credit", detail: "You have insufficient credit to run this model.", status: 402 }, "submit", "credits"],
  [404, { detail: "The requested resource could not be found.", status: 404 }, "submit", "parameters"],
  [404, { detail: "Not found.", status: 404 }, "ask", "lost"],
  // What is not Replicate's own word knows no prediction.
  [404, null, "ask", "network"],
  [404, {}, "ask", "network"],
  [404, null, "other", "provider"],
  [422, { title: "Input validation failed", detail: "- input.duration: Must be one of 4, 6, 8\n", status: 422 }, "submit", "parameters"],
  [400, { detail: "…" }, "submit", "parameters"],
  [413, null, "ask", "input"],
  [429, { detail: "Request was throttled. Your rate limit resets in ~5s.", status: 429, retry_after: 5 }, "submit", "limit"],
  [500, { detail: "Internal server error", status: 500 }, "submit", "network"],
  [502, null, "submit", "network"],
  [503, null, "ask", "network"],
  [418, null, "ask", "provider"],
];

describe("Replicate's answers", () => {
  it.each(table)("%i %j at %s is of kind %s", (status, body, moment, kind) => {
    const failure = of(status, body, moment);
    expect(failure.kind).toBe(kind);
    expect(failure.message).toMatch(/^[A-Z].*\S$/su);
    expect(failure.unsent).toBeUndefined();
  });

  test("name the fields that the model does not take", () => {
    const detail = "- input.duration: Must be one of 4, 6, 8";
    expect(of(422, { detail }).message).toMatch(/field duration: Must be one of/);
    const invalid_fields = [{ type: "required", field: "input.prompt", description: "prompt is required" }];
    expect(of(422, { detail, invalid_fields }).message).toBe("The model does not take this: field prompt: prompt is required");
  });

  test("are waited for as long as the header or the body says", () => {
    expect(of(429, { retry_after: 5 }).retryAfterMs).toBe(5000);
    expect(of(429, { retry_after: 5 }, "submit", { "retry-after": "9" }).retryAfterMs).toBe(9000);
    expect(of(429, null).retryAfterMs).toBeUndefined();
  });
});

describe("a failed prediction", () => {
  const errors: ReadonlyArray<[unknown, ProviderFailure["kind"]]> = [
    ["The input or output was flagged as sensitive. Please try again with different inputs. (E005)", "filtered"],
    ["NSFW content detected in prompt", "filtered"],
    ["Your request violates our content policy", "filtered"],
    ["Failed to download image from URL", "input"],
    ["Image is too large: 60 MB", "input"],
    ["image too large", "input"],
    ["CUDA out of memory (E1001)", "provider"],
    ["Prediction timed out (E6716)", "provider"],
    ["", "provider"],
    [null, "provider"],
    [{ code: 5 }, "provider"],
  ];
  it.each(errors)("%j is of kind %s", (error, kind) => {
    const failure = predictionFailure(error);
    expect(failure.kind).toBe(kind);
    expect(failure.message).toMatch(/^The model/);
  });
});
