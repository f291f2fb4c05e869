// The OpenAI Videos wire format as data: what is sent, what comes back, what an error means. Pure: no I/O, no clock.
import * as z from "zod";
import { retryAfterOf } from "./http-failures.ts";
import type { ProviderFailure } from "./provider.ts";
import { rateOf } from "./refusals.ts";
import type { HttpAnswer } from "./tools.ts";

/** Gateways leave fields out and add some: only what is used is read, and only `id` and `status` must be there. */
export const Video = z.object({
  id: z.string().min(1),
  status: z.string(),
  progress: z.number().nullish().catch(null),
  created_at: z.number().nullish().catch(null),
  expires_at: z.number().nullish().catch(null),
  model: z.string().nullish().catch(null),
  prompt: z.string().nullish().catch(null),
  seconds: z
    .union([z.string(), z.number()])
    .nullish()
    .catch(null)
    .transform((seconds) => (seconds === null || seconds === undefined ? null : String(seconds))),
  size: z.string().nullish().catch(null),
  error: z
    .object({ code: z.string().nullish().catch(null), message: z.string().nullish().catch(null) })
    .nullish()
    .catch(null),
});
export type Video = z.infer<typeof Video>;

/** Of a submit, whose id alone must not be overlooked. */
export const Created = z.object({ id: z.string().min(1) });

/** What a status means; gateways also use words of their own, and what is not known is under way. */
export const stateOf = ({ status }: Video): "waiting" | "running" | "done" | "failed" => {
  switch (status.toLowerCase()) {
    case "queued":
    case "pending":
    case "submitted":
    case "not_start":
      return "waiting";
    case "completed":
    case "succeeded":
    case "success":
      return "done";
    case "failed":
    case "failure":
    case "error":
    case "expired":
    case "cancelled":
    case "canceled":
      return "failed";
    default:
      return "running";
  }
};

export const VideoPage = z.object({
  data: z.array(Video),
  has_more: z.boolean().nullish().catch(null),
  last_id: z.string().nullish().catch(null),
});

export const Character = z.object({ id: z.string().min(1) });

const ErrorBody = z.object({
  error: z.object({
    message: z.string().nullish().catch(null),
    type: z.string().nullish().catch(null),
    param: z.string().nullish().catch(null),
    code: z.union([z.string(), z.number()]).nullish().catch(null),
  }),
});

/** Codes are not the same at every gateway; what they have in common are these words. */
const filtered = /moderat|content_(?:policy|filter)|policy_violation|sentinel|safety_violation|sensitive/i;
const outOfCredits = /insufficient_(?:quota|credits?|balance|user_quota)|billing|payment_required/i;

const cut = (text: string): string => (text.length > 400 ? `${text.slice(0, 400)}…` : text);
const sentence = (start: string, said: string): string => (said === "" ? `${start}.` : `${start}: ${cut(said)}`);

/**
 * What an answer that is not a success means. `submit`: of a request that starts something; `ask`: of a question about what goes on,
 * whose failure must not end the job; `prepare`: of an upload before a submit.
 */
export const failureOf = ({ status, headers, body }: HttpAnswer, during: "submit" | "ask" | "prepare"): ProviderFailure => {
  const { error } = ErrorBody.safeParse(body).data ?? { error: {} };
  const code = `${error.code ?? ""} ${error.type ?? ""}`;
  const said = error.message ?? "";
  const wait = retryAfterOf(headers);
  const later = wait === undefined ? {} : { retryAfterMs: wait };
  if (filtered.test(code)) return { kind: "filtered", message: sentence("The content policy refused it", said) };
  if (outOfCredits.test(code) || status === 402) {
    // What is running has been paid: that the quota is used up since then does not end it.
    return { kind: during === "ask" ? "limit" : "credits", message: sentence("The account's quota is used up", said), ...later };
  }
  switch (status) {
    // What a gateway says to a wrong key may hold the key.
    case 401:
      return { kind: "authentication", message: "The key was not accepted: check it in the account." };
    case 403:
      return { kind: "authentication", message: sentence("The key may not do this", said) };
    case 404:
    case 405:
      if (during === "ask") {
        // A page instead of JSON is a proxy that does not find the gateway, not the gateway that does not find the video.
        return body === null || status === 405
          ? { kind: "network", message: `It answered ${status} without a reason: is the base URL still right?` }
          : { kind: "lost", message: sentence("It does not know the video any more", said) };
      }
      return /model/i.test(code)
        ? { kind: "parameters", message: sentence("It does not have the model that the account names", said) }
        : { kind: "authentication", message: sentence(`Check the base URL, which often ends in /v1. It answered ${status}`, said) };
    case 408:
      return { kind: "network", message: "It waited too long for the request: check the connection, and try again." };
    case 409:
    case 425:
    case 429: {
      const rate = status === 429 ? rateOf(`${code} ${said}`) : {};
      return { kind: "limit", message: sentence("It takes no more requests at the moment, try again in a while", said), ...rate, ...later };
    }
    default:
      // Also at a submit a 5xx may come from a proxy whose request went through: what it became is looked up.
      if (status >= 500)
        return {
          kind: "network",
          message: sentence(`The gateway failed (status ${status}): try again later, and ask who runs it if it stays so`, said),
          ...later,
        };
      if (status < 400)
        return {
          kind: during === "ask" ? "network" : "provider",
          message: `It answered ${status}, which is not expected: check the base URL of the account.`,
        };
      if (during === "ask") return { kind: "network", message: sentence(`It answered ${status} to a question`, said) };
      return error.param === "input_reference"
        ? { kind: "input", message: sentence("It does not take the picture", said) }
        : { kind: "parameters", message: sentence("It does not take the parameters", said) };
  }
};

/** Why a video has the status `failed`. */
export const failureOfVideo = ({ error }: Video): ProviderFailure => {
  const code = error?.code ?? "";
  const said = error?.message ?? code;
  if (filtered.test(code)) return { kind: "filtered", message: sentence("The content policy refused it", said) };
  if (outOfCredits.test(code)) return { kind: "credits", message: sentence("The account's quota is used up", said) };
  return { kind: "provider", message: sentence("The generation failed", said) };
};

/** What was asked for, as far as a list of videos shows it; null: the request left it to the other side. */
export interface Wanted {
  readonly prompt: string;
  readonly model: string | null;
  readonly seconds: string | null;
  readonly size: string | null;
}

const isSame = (wanted: string | null, found: string | null | undefined): boolean => wanted === null || wanted === found;
const mayBeSame = (wanted: string | null, found: string | null | undefined): boolean =>
  isSame(wanted, found) || found === null || found === undefined;

/**
 * What a list says about a lost submit: `one` that is surely it, `none`, or `unclear`: several, or one that does not say enough of itself.
 * Dated names stand for the same model (`sora-2-2025-12-08`).
 */
export const findSubmitted = (
  videos: ReadonlyArray<Video>,
  wanted: Wanted,
): { readonly found: "one"; readonly id: string } | { readonly found: "none" } | { readonly found: "unclear"; readonly count: number } => {
  const undated = (model: string | null | undefined): string | null | undefined => model?.replace(/-\d{4}-\d{2}-\d{2}$/, "");
  const model = wanted.model === null ? null : (undated(wanted.model) ?? null);
  const possible = videos.filter(
    (video) =>
      mayBeSame(wanted.prompt, video.prompt) &&
      mayBeSame(model, undated(video.model)) &&
      mayBeSame(wanted.seconds, video.seconds) &&
      mayBeSame(wanted.size, video.size),
  );
  const [only] = possible;
  if (only === undefined) return { found: "none" };
  const sure =
    possible.length === 1 &&
    only.prompt === wanted.prompt &&
    isSame(model, undated(only.model)) &&
    isSame(wanted.seconds, only.seconds) &&
    isSame(wanted.size, only.size);
  return sure ? { found: "one", id: only.id } : { found: "unclear", count: possible.length };
};
