// The simulator's three providers as a runner sees them: over HTTP, like any vendor's.
import { writeFile } from "node:fs/promises";
import { Effect, Schedule } from "effect";
import * as z from "zod";
import type { Connection, Provider, ProviderFailure } from "#actors/provider/provider.ts";
import { Accepted, type Policy, Standing } from "./simulator.ts";

export interface SimulatedOptions {
  /** `http://127.0.0.1:<port>` of the simulator. */
  readonly url: string;
  /** Jobs of each at the same time, in each runner. */
  readonly concurrency: number;
  /** Between two looks at a generation, ms. */
  readonly pollMs: number;
}

/** A request without an answer is given up then, ms. */
const patience = 10_000;
/** A submission that was sent is known to the simulator long before. */
const quarantine = "2 seconds";

const failure = (kind: ProviderFailure["kind"], message: string): ProviderFailure => ({ kind, message });
const lost = failure("lost", "The simulator does not know it.");
const known = <E>(answer: Effect.Effect<Response | null, E>) =>
  Effect.filterOrFail(
    answer,
    (response): response is Response => response !== null,
    () => lost,
  );

export const simulated =
  ({ url, concurrency, pollMs }: SimulatedOptions) =>
  (policy: Policy): Provider => {
    /** The answer; null where there is no such thing. */
    const ask = (path: string, body?: unknown): Effect.Effect<Response | null, ProviderFailure> =>
      Effect.tryPromise({
        try: (signal) =>
          fetch(`${url}/${path}`, {
            signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
            ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
          }),
        catch: (error) => failure("network", `The simulator did not answer: ${String(error)}.`),
      }).pipe(
        Effect.filterOrFail(
          ({ ok, status }) => ok || status === 404,
          ({ status }) => failure("provider", `It answered ${status}.`),
        ),
        Effect.map((response) => (response.ok ? response : null)),
      );
    const read = <S extends z.ZodType>(response: Response, schema: S): Effect.Effect<z.infer<S>, ProviderFailure> =>
      Effect.tryPromise({
        try: async () => schema.parse(await response.json()),
        catch: (error) => failure("network", `The answer broke off: ${String(error)}.`),
      });

    const standing = (id: string) =>
      ask(`standing/${encodeURIComponent(id)}`).pipe(
        known,
        Effect.flatMap((response) => read(response, Standing)),
      );
    const jobOf = (response: Response) => Effect.map(read(response, Accepted), ({ id }) => ({ providerJobId: id, charged: null }));
    const lookup = (key: string) =>
      Effect.flatMap(ask(`lookup/${encodeURIComponent(key)}`), (response) =>
        response === null ? Effect.succeed(undefined) : jobOf(response),
      );

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
      download: (id, path) =>
        ask(`media/${encodeURIComponent(id)}`).pipe(
          known,
          Effect.flatMap((response) =>
            Effect.tryPromise({
              try: async () => writeFile(path, Buffer.from(await response.arrayBuffer())),
              catch: (error) => failure("network", `The file could not be fetched: ${String(error)}.`),
            }),
          ),
          Effect.as({ mime: "video/mp4" }),
        ),
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
