// What a generation node asks for, as a request for a job: which results are the same, and what the provider is told. Pure.
import { derivedId, hashOf } from "#actors/job/canonical.ts";
import type { Form } from "#actors/job/form.ts";
import type { LatestGenerationRow } from "#db/queries/play-generation.ts";
import { JobRequest } from "#protocol/job.ts";
import type { Demand } from "#protocol/scene/play/state.ts";

/** Who a clip is made for. */
export interface Asker {
  readonly versionId: string;
  readonly sessionId: string;
  readonly playerId: string;
}

/** A hash that is the same for all who share a result: whatever the key, other words make another. */
export const resultOf = ({ strategy, key, prompt, style }: Demand, { versionId, sessionId, playerId }: Asker): string => {
  const what = [key, prompt, style];
  switch (strategy) {
    case "once":
      return hashOf(["once", versionId, ...what]);
    case "per_player":
      return hashOf(["player", versionId, playerId, ...what]);
    // What is good for one time has a key of that time: who goes back to before it gets the same again.
    case "per_playthrough":
    case "always":
      return hashOf(["playthrough", sessionId, ...what]);
  }
};

/** What failed is asked for again by who comes after so long, ms; what was refused for its content never is. */
const failedFor = 3_600_000;

/**
 * Whether nothing else is asked for: it is under way, however late, or made, or has failed not long ago, by this attempt or a later one. Of
 * those who share a result nobody has to pay for the attempts of another.
 */
export const stands = (
  { state, finished_at: at, attempt }: Omit<LatestGenerationRow, "job_id" | "round">,
  wanted: number,
  now: number,
): boolean => at === null || state === "completed" || (attempt >= wanted && (state === "filtered" || now - at <= failedFor));

export const generationJobId = (result: string, round: number): string => derivedId("job", "play", result, round);

interface Property {
  readonly type?: unknown;
  readonly enum?: ReadonlyArray<unknown>;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
}

/** Of the lengths that there are, in seconds, the one that comes nearest. */
const secondsFor = ({ type, enum: values, minimum, maximum }: Property, durationMs: number): number => {
  const wanted = durationMs / 1000;
  const numbers = (values ?? []).filter((value) => typeof value === "number");
  if (numbers.length > 0) return numbers.reduce((best, value) => (Math.abs(value - wanted) < Math.abs(best - wanted) ? value : best));
  const whole = type === "integer" ? Math.round(wanted) : wanted;
  const least = typeof minimum === "number" ? minimum : 1;
  return Math.min(Math.max(whole, least), typeof maximum === "number" ? maximum : Number.MAX_SAFE_INTEGER);
};

export const operationFor = ({ picture }: Pick<Demand, "picture">): "image_to_video" | "text_to_video" =>
  picture === null ? "text_to_video" : "image_to_video";

/** Without the picture. `title`: of the story and the node, by which the job is known in queues and among what was spent. */
export const requestOf = (
  demand: Demand,
  { form, provider }: { readonly form: Form; readonly provider: string },
  title: string,
): JobRequest => {
  const { prompt, style, durationMs, constraints } = demand;
  const properties = (form.schema["properties"] ?? {}) as Readonly<Record<string, Property>>;
  const duration = properties["duration"];
  return JobRequest.parse({
    operation: operationFor(demand),
    provider,
    params: {
      ...(duration === undefined ? {} : { duration: secondsFor(duration, durationMs) }),
      ...constraints,
      [form.prompt ?? "prompt"]: [prompt, style]
        .filter((words) => words.trim() !== "")
        .join(", ")
        .toWellFormed(),
    },
    name: title.slice(0, 200).toWellFormed(),
  });
};
