// The simulator's three providers as a runner sees them: over the HTTP of any vendor's.
import { Effect, Schedule } from "effect";
import * as z from "zod";
import type { Connection, Provider, ProviderFailure } from "#actors/provider/provider.ts";
import { readAnswer } from "#actors/provider/refusals.ts";
import type { Http, HttpAnswer } from "#actors/provider/tools.ts";
import { Accepted, type Policy, Standing } from "./simulator.ts";

export interface SimulatedOptions {
  /** `http://127.0.0.1:<port>` of the simulator. */
  readonly url: string;
  /** Jobs of each at the same time, in each runner. */
  readonly concurrency: number;
  /** Between two looks at a generation, ms. */
  readonly pollMs: number;
  /** That of every vendor, to the simulator. */
  readonly http: Http;
}

/** A request without an answer is given up then, ms. */
const patience = 10_000;
/** A submission that was sent is known to the simulator long before. */
const quarantine = "2 seconds";

const failure = (kind: ProviderFailure["kind"], message: string): ProviderFailure => ({ kind, message });
const lost = failure("lost", "The simulator does not know it.");
const notUnderstood = failure("network", "The answer was not understood.");
const known = <E>(answer: Effect.Effect<HttpAnswer | null, E>) =>
  Effect.filterOrFail(
    answer,
    (response): response is HttpAnswer => response !== null,
    () => lost,
  );

export const simulated =
  ({ url, concurrency, pollMs, http }: SimulatedOptions) =>
  (policy: Policy): Provider => {
    /** The answer; null where there is no such thing. */
    const ask = (path: string, json?: unknown): Effect.Effect<HttpAnswer | null, ProviderFailure> =>
      http
        .json({ url: `${url}/${path}`, timeoutMs: patience, ...(json === undefined ? { method: "GET" } : { method: "POST", json }) })
        .pipe(
          Effect.filterOrFail(
            ({ status }) => status < 400 || status === 404,
            ({ status }) => failure("provider", `It answered ${status}.`),
          ),
          Effect.map((answer) => (answer.status < 400 ? answer : null)),
        );

    const standing = (id: string) =>
      ask(`standing/${encodeURIComponent(id)}`).pipe(
        known,
        Effect.flatMap((answer) => readAnswer(Standing, answer, notUnderstood)),
      );
    const jobOf = (answer: HttpAnswer) =>
      Effect.map(readAnswer(Accepted, answer, notUnderstood), ({ id }) => ({ providerJobId: id, charged: null }));
    const lookup = (key: string) =>
      Effect.flatMap(ask(`lookup/${encodeURIComponent(key)}`), (answer) => (answer === null ? Effect.succeed(undefined) : jobOf(answer)));

    const connection: Connection = {
      check: Effect.void,
      submit: (key) => ask("submit", { policy, key }).pipe(known, Effect.flatMap(jobOf)),
      track: (id, progress) =>
        Effect.as(
          Effect.repeat(
            Effect.tap(standing(id), ({ fraction }) => progress(fraction)),
            { schedule: Schedule.spaced(pollMs), until: ({ done }) => done },
          ),
          { charged: null },
        ),
      download: (id, path) => http.download(`${url}/media/${encodeURIComponent(id)}`, path),
      cancel: (id) => Effect.as(ask(`cancel/${encodeURIComponent(id)}`, {}), true),
      ...(policy === "lookup" ? { reconcile: lookup } : {}),
    };

    return {
      id: `sim-${policy}`,
      title: `Simulator (${policy})`,
      summary: "Makes the same short clip of everything.",
      account: null,
      concurrency,
      operations: {
        text_to_video: {
          title: "Text to video",
          summary: "Answers a clip.",
          params: z.object({ prompt: z.string().meta({ title: "Prompt", "x-widget": "prompt" }) }),
          inputs: [],
          estimate: () => ({ credits: 1, durationMs: 2000 }),
        },
      },
      recovery: policy === "key" ? "idempotencyKey" : policy,
      quarantine,
      connect: () => connection,
    };
  };
