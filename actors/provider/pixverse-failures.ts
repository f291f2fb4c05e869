// What PixVerse's error codes mean to us. Pure.
import type { FailureKind } from "#protocol/job.ts";
import type { ProviderFailure } from "./provider.ts";

interface Meaning {
  readonly kind: FailureKind;
  /** What happened and what to do; PixVerse's own words follow it. */
  readonly message: string;
}

const meaning = (kind: FailureKind, message: string): Meaning => ({ kind, message });
const badInput = meaning("input", "PixVerse cannot use an input picture or video.");
const signIn = meaning("authentication", "PixVerse does not accept the account's API key: make a new one there.");

export const pixverseCodes: Readonly<Record<number, Meaning>> = {
  400011: meaning("parameters", "PixVerse misses a parameter."),
  400013: meaning("parameters", "PixVerse does not understand a parameter."),
  400017: meaning("parameters", "PixVerse does not take a parameter's value."),
  400018: meaning("parameters", "The prompt is too long for PixVerse: shorten it."),
  400019: meaning("parameters", "The prompt is too long for PixVerse: shorten it."),
  400012: signIn,
  10001: meaning("authentication", "PixVerse has blocked the account."),
  10002: signIn,
  10003: signIn,
  10004: signIn,
  10005: meaning("authentication", "The PixVerse account was signed in elsewhere: make a new API key."),
  400032: badInput,
  500030: badInput,
  500031: badInput,
  500032: badInput,
  500033: badInput,
  500041: badInput,
  500042: badInput,
  500008: meaning("lost", "PixVerse does not know this (any more)."),
  500020: meaning("parameters", "The PixVerse account's plan does not permit this."),
  500070: meaning("parameters", "The template is not active in the PixVerse account."),
  500071: meaning("parameters", "The template is not active in the PixVerse account."),
  500043: meaning("credits", "The PixVerse account's credits are used up."),
  500090: meaning("credits", "The PixVerse account's credits are used up."),
  500044: meaning("limit", "The PixVerse account has as many generations under way as its plan allows."),
  500052: meaning("filtered", "PixVerse's moderation refused a picture or the result."),
  500054: meaning("filtered", "PixVerse's moderation refused the result; another try may pass."),
  500063: meaning("filtered", "PixVerse's moderation refused the prompt or an input: change it."),
  500069: meaning("limit", "PixVerse is busy."),
  500100: meaning("network", "PixVerse failed for reasons of its own: try again later."),
  99999: meaning("network", "PixVerse failed for reasons of its own: try again later."),
};

/** How long to leave PixVerse alone that says it is busy, ms. */
const busyPause = 10_000;
const busy = 500069;

/** Of a code that is not listed nobody knows whether the request was taken: it is asked again with the same trace id. */
export const failureOfCode = (code: number, said: string): ProviderFailure => {
  const { kind, message } = pixverseCodes[code] ?? meaning("network", "PixVerse answers with an error that is not known.");
  return {
    kind,
    message: `${message} (${code}${said.trim() === "" ? "" : `: ${said.trim().slice(0, 300)}`})`,
    // That it is busy is for all, whatever the account has under way.
    ...(code === busy ? { retryAfterMs: busyPause, rate: true as const } : {}),
  };
};

/** What an HTTP status says where no code does. */
export const failureOfStatus = (status: number, retryAfterMs: number | undefined): ProviderFailure => {
  if (status === 401 || status === 403) return signIn;
  if (status === 429) {
    return {
      kind: "limit",
      message: "PixVerse asks for fewer requests: try again in a while.",
      rate: true,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }
  if (status === 404) return { kind: "network", message: "PixVerse's API is not at this address (status 404): check the base URL." };
  return { kind: "network", message: `PixVerse failed to answer (status ${status}): the fault lies there. Try again later.` };
};
