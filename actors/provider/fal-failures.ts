// What fal's refusals mean here (https://fal.ai/docs/documentation/model-apis/errors and …/request-errors). Pure.
import * as z from "zod";
import { retryAfterOf } from "./http-failures.ts";
import type { ProviderFailure } from "./provider.ts";
import { rateOf } from "./refusals.ts";
import type { HttpAnswer } from "./tools.ts";

/**
 * `submit`: a generation was asked for. `ask`: how it stands. `end`: what became of it, in its model's own words and status. `other`:
 * anything else.
 */
export type Moment = "submit" | "ask" | "end" | "other";

const problem = z.object({
  loc: z.array(z.union([z.string(), z.number()])).default([]),
  msg: z.string().default(""),
  type: z.string().default(""),
});
const refusal = z.object({
  detail: z.union([z.string(), z.array(problem)]).optional(),
  error_type: z.string().optional(),
});

/** Types of a model's errors that are about the files it was given. */
const aboutFiles =
  /^(?:image|video|audio|file|archive)_|^unsupported_(?:image|video|audio|archive)_format$|^invalid_archive$|^face_detection_error$/u;
/** A file that could not be fetched: one that was uploaded before may be gone. */
const fileGone = "file_download_error";
/** Types of a model's errors that are its own. */
const ofTheModel: Readonly<Record<string, string>> = {
  internal_server_error: "The model failed.",
  generation_timeout: "The model took too long.",
  downstream_service_error: "A service that the model uses failed.",
  downstream_service_unavailable: "A service that the model uses is not available.",
  no_media_generated: "The model made no video of this.",
};
/** Types of errors on the way to the model. */
const onTheWay: Readonly<Record<string, string>> = {
  request_timeout: "The request took longer than allowed.",
  startup_timeout: "No machine started in time.",
  runner_scheduling_failure: "No machine was free for it.",
  runner_connection_timeout: "The machine could not be reached in time.",
  runner_disconnected: "The machine broke off.",
  runner_connection_refused: "The machine could not be reached.",
  runner_connection_error: "The machine could not be reached.",
  runner_incomplete_response: "The machine broke off its answer.",
  runner_server_error: "The machine failed.",
  internal_error: "fal failed.",
};

const failure = (kind: ProviderFailure["kind"], message: string): ProviderFailure => ({ kind, message });
const quoted = (text: string): string => text.trim().slice(0, 500);

/** A model's own list of what is wrong: it has looked at the request, so nothing is going on. */
const ofProblems = (problems: ReadonlyArray<z.infer<typeof problem>>): ProviderFailure | undefined => {
  const filtered = problems.find(({ type }) => type === "content_policy_violation");
  const first = filtered ?? problems[0];
  if (first === undefined) return undefined;
  const { type, msg, loc } = first;
  const fields = loc.filter((part) => part !== "body");
  const where = fields.length === 0 ? "" : ` (field ${fields.join(".")})`;
  if (filtered !== undefined)
    return failure("filtered", `The model refuses what was asked for${where}: ${quoted(msg)} Change it and try again.`);
  if (type === fileGone) {
    return failure("provider", `The model could not fetch an input${where}: ${quoted(msg)} It is uploaded anew for the next attempt.`);
  }
  if (aboutFiles.test(type)) return failure("input", `The model does not take an input${where}: ${quoted(msg)}`);
  const own = ofTheModel[type];
  if (own !== undefined) return failure("provider", `${own} ${quoted(msg)}`.trim());
  return failure("parameters", `The model does not take this${where}: ${quoted(msg)}`);
};

const elsewhere = "fal's API is not at this address: check the base URL.";

/** A page, or whatever else is not fal's own word, comes from something that stands in the way, and knows no request. */
const notThere = (moment: Moment, isOwnWord: boolean): ProviderFailure => {
  switch (moment) {
    case "submit":
      return failure("parameters", "fal does not have this model any more: choose another.");
    case "ask":
    case "end":
      return isOwnWord ? failure("lost", "fal does not know this request any more.") : failure("network", elsewhere);
    case "other":
      return failure("provider", elsewhere);
  }
};

const typeOf = ({ headers, body }: HttpAnswer): string | undefined => {
  const parsed = refusal.safeParse(body);
  return (parsed.success ? parsed.data.error_type : undefined) ?? headers["x-fal-error-type"];
};

/** Whether a result says that its request was cancelled. */
export const isCancelled = (answer: HttpAnswer): boolean => answer.status >= 400 && typeOf(answer) === "client_cancelled";

/** Whether the model could not fetch a file. It does not say which. */
export const isFileGone = ({ status, body }: HttpAnswer): boolean => {
  const { detail } = (status >= 400 ? refusal.safeParse(body).data : undefined) ?? {};
  return typeof detail === "object" && detail.some(({ type }) => type === fileGone);
};

export const falFailure = (answer: HttpAnswer, moment: Moment): ProviderFailure => {
  const { status, headers, body } = answer;
  const parsed = refusal.safeParse(body);
  const detail = parsed.success ? parsed.data.detail : undefined;
  const type = typeOf(answer);
  // Errors of the server are not billed: https://docs.fal.ai/model-apis/model-endpoints/reliability.
  const free = moment === "end" && status >= 500 ? { charged: 0 } : {};
  const text = typeof detail === "string" ? quoted(detail) : "";
  if (typeof detail === "object") {
    const known = ofProblems(detail);
    if (known !== undefined) return { ...known, ...free };
  }
  if (moment === "end" && isCancelled(answer))
    return failure("provider", "The request was cancelled at fal: run it again if that was not meant.");
  if (moment === "end" && type !== undefined && onTheWay[type] !== undefined) {
    return { ...failure("provider", `${onTheWay[type]} Try again.`), ...free };
  }
  if (status === 402 || (status === 403 && /balance|top[ _-]?up|billing|payment/iu.test(text))) {
    // What has ended is paid: that the balance is used up since then does not undo it.
    const kind = moment === "end" ? "limit" : "credits";
    return failure(kind, "The balance at fal is used up: top it up at fal.ai/dashboard/billing.");
  }
  if (status === 401)
    return failure("authentication", "fal does not accept the key: make one at fal.ai/dashboard/keys and enter it again.");
  if (status === 403) {
    return failure("authentication", `fal does not let this key in${text === "" ? "" : ` (${text})`}: look at fal.ai/dashboard.`);
  }
  if (status === 404) return notThere(moment, text !== "");
  if (status === 429) {
    const retryAfterMs = retryAfterOf(headers);
    return {
      ...failure("limit", "fal takes no more requests of this account for now: try again in a while."),
      ...rateOf(`${type ?? ""} ${text}`),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }
  if (status === 413 && moment !== "end") return failure("input", "fal does not take files of this size: give smaller ones.");
  // A queue that breaks off may have taken the request.
  if (status >= 500 || status === 408)
    return failure(
      "network",
      `fal failed with an error of its own (${status}${text === "" ? "" : `: ${text}`}): the fault lies there. Try again later.`,
    );
  // At its end a model answers with its own status: in words, where it has no list of what is wrong.
  const isOfModel = moment === "submit" || (moment === "end" && status === 422 && text !== "");
  return failure(
    isOfModel ? "parameters" : moment === "end" ? "network" : "provider",
    `fal refused this (${status}${text === "" ? "" : `: ${text}`}).`,
  );
};
