// What Replicate's refusals mean here (https://replicate.com/docs/reference/http and …/error-codes). Pure.
import * as z from "zod";
import { retryAfterOf } from "./http-failures.ts";
import type { ProviderFailure } from "./provider.ts";
import { rateOf } from "./refusals.ts";
import type { HttpAnswer } from "./tools.ts";

/** `submit`: a generation was asked for. `ask`: what became of one. `other`: anything else. */
export type Moment = "submit" | "ask" | "other";

const refusal = z.object({
  title: z.string().nullish(),
  detail: z.string().nullish(),
  retry_after: z.number().nullish(),
  invalid_fields: z.array(z.object({ field: z.string().nullish(), description: z.string().nullish() })).nullish(),
});

const failure = (kind: ProviderFailure["kind"], message: string): ProviderFailure => ({ kind, message });
const quoted = (text: string): string => text.trim().slice(0, 500);

/** `input.duration: Must be …`, as a list of fields or in the detail. */
const complaint = (detail: string, fields: z.infer<typeof refusal>["invalid_fields"]): string => {
  const named = (fields ?? []).flatMap(({ field, description }) =>
    field === null || field === undefined ? [] : [`field ${field.replace(/^input\./u, "")}: ${quoted(description ?? "not taken")}`],
  );
  return named.length > 0 ? named.join("; ") : quoted(detail).replaceAll(/\binput\.(\w+)/gu, "field $1");
};

const elsewhere = "Replicate's API is not at this address: check the base URL, which ends with /v1.";

/** A page, or whatever else is not Replicate's own word, comes from something that stands in the way, and knows no prediction. */
const notThere = (moment: Moment, isOwnWord: boolean): ProviderFailure => {
  switch (moment) {
    case "submit":
      return failure("parameters", "Replicate does not have this model any more: choose another.");
    case "ask":
      return isOwnWord ? failure("lost", "Replicate does not know this prediction any more.") : failure("network", elsewhere);
    case "other":
      return failure("provider", elsewhere);
  }
};

export const replicateFailure = ({ status, headers, body }: HttpAnswer, moment: Moment): ProviderFailure => {
  const parsed = refusal.safeParse(body);
  const { title, detail, retry_after, invalid_fields } = parsed.success ? parsed.data : {};
  const text = quoted(detail ?? title ?? "");
  if (status === 401 || status === 403) {
    return failure(
      "authentication",
      "Replicate does not accept the token: make one at replicate.com/account/api-tokens and enter it again.",
    );
  }
  if (status === 402) return failure("credits", "The credit at Replicate is used up: buy some at replicate.com/account/billing.");
  if (status === 404) return notThere(moment, text !== "");
  if (status === 422 || status === 400) return failure("parameters", `The model does not take this: ${complaint(text, invalid_fields)}`);
  if (status === 429) {
    const wait = retryAfterOf(headers) ?? (typeof retry_after === "number" ? retry_after * 1000 : undefined);
    return {
      ...failure(
        "limit",
        `Replicate takes no more requests of this account for now, try again in a while${text === "" ? "." : `: ${text}`}`,
      ),
      ...rateOf(text),
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
    };
  }
  if (status === 413) return failure("input", "Replicate does not take files of this size: give smaller ones.");
  // Who breaks off may have taken the request.
  if (status >= 500 || status === 408) {
    return failure(
      "network",
      `Replicate failed with an error of its own (${status}${text === "" ? "" : `: ${text}`}): the fault lies there. Try again later.`,
    );
  }
  return failure("provider", `Replicate refused this (${status}${text === "" ? "" : `: ${text}`}).`);
};

/** How models say that they refuse: in words, E005 is the sign that most of them share. */
const refusing =
  /\(?\bE005\b|flagged as sensitive|sensitive content|content (?:policy|moderation)|violat\w+ .{0,40}polic|nsfw|safety (?:filter|system|guideline)|prohibited content/iu;
const aboutFiles =
  /(?:download|fetch|open|read|decode|load)\w* .{0,60}(?:image|video|file|url)|(?:image|video|file) .{0,40}(?:too (?:large|small|long|short)|not supported|unsupported|invalid)/iu;

/** What `error` of a failed prediction says. */
export const predictionFailure = (error: unknown): ProviderFailure => {
  const text = quoted(typeof error === "string" ? error : error === null || error === undefined ? "" : JSON.stringify(error));
  if (refusing.test(text)) return failure("filtered", `The model refuses what was asked for: ${text} Change it and try again.`);
  if (aboutFiles.test(text)) return failure("input", `The model does not take an input: ${text}`);
  return failure(
    "provider",
    text === "" ? "The model failed and did not say why: run it again, or change the prompt or the inputs." : `The model failed: ${text}`,
  );
};
