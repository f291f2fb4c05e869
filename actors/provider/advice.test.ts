// Whatever goes wrong at a provider, its sentence says what happened and what a person can do.
import { describe, expect, test } from "vitest";
import { failureOfAnswer } from "./comfyui-wire.ts";
import { falFailure } from "./fal-failures.ts";
import {
  afterwards,
  broken,
  goesRound,
  leadsNowhere,
  notConnected,
  notOurs,
  notUrl,
  privateAddress,
  tooSlow,
  untold,
} from "./http-failures.ts";
import { failureOf } from "./openai-videos-wire.ts";
import { failureOfCode, failureOfStatus } from "./pixverse-failures.ts";
import type { ProviderFailure } from "./provider.ts";
import { inputGone } from "./refusals.ts";
import { replicateFailure } from "./replicate-failures.ts";

const host = "files.example";
/** Something to do, in the imperative, or a question to look into. */
const advice = /\b(try again|run it again|check|look|enter|ask|choose|use|see whether|free space|buy|top it up|make one|change)\b/i;
const coded = (code: string): Error => Object.assign(new Error(code), { code });
const answer = (status: number) => ({ status, headers: {}, body: null });

const onTheWay: ReadonlyArray<ProviderFailure> = [
  privateAddress(host),
  notOurs(host),
  untold(host, 502),
  goesRound(host, true),
  leadsNowhere(host, 302),
  tooSlow(host, 30_000),
  notUrl,
  inputGone(),
  afterwards(privateAddress(host)),
  ...["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "EPROTO", "CERT_HAS_EXPIRED", "EHOSTUNREACH", ""].map((code) =>
    notConnected(host, coded(code)),
  ),
  ...["ECONNRESET", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_HEADERS_OVERFLOW"].map((code) => broken(host, coded(code), 1000)),
];

describe("the sentence of a failure says what to do", () => {
  test("on the way to the provider", () => {
    for (const { message } of onTheWay) expect(message).toMatch(advice);
  });

  test("where a redirect leads to a private address", () => {
    const { message } = privateAddress(host);
    expect(message).toMatch(/nothing was fetched from there\. If it is a server of your own, enter it as the account's base URL/);
  });

  test.each([408, 500, 502, 503, 504])("at a provider that answers %i", (status) => {
    const failures = [
      falFailure(answer(status), "ask"),
      falFailure(answer(status), "submit"),
      replicateFailure(answer(status), "ask"),
      failureOfStatus(status, undefined),
      failureOfAnswer(answer(status), "ask"),
      failureOf(answer(status), "ask"),
      failureOf(answer(status), "submit"),
    ];
    for (const { kind, message } of failures) {
      expect(kind).toBe("network");
      expect(message).toMatch(advice);
    }
  });

  test("at a provider that asks for fewer requests, or fails by a code of its own", () => {
    const failures = [
      falFailure(answer(429), "ask"),
      replicateFailure(answer(429), "ask"),
      failureOfStatus(429, undefined),
      failureOfAnswer(answer(429), "ask"),
      failureOf(answer(429), "ask"),
      failureOfCode(99999, ""),
    ];
    for (const { message } of failures) expect(message).toMatch(/try again/);
  });
});
