// Where a job goes on when its provider does not make it: each of these checked as if it was asked for there, with the very same words.
import { Effect } from "effect";
import type { PromptSource } from "#actors/prompt/source.ts";
import type { JobRequest } from "#protocol/job.ts";
import { type Issue, operationOf, type Prepared, prepareWith, refuse, type Source, sourcesOf, type Target } from "./request.ts";
import { negativeField, wordingOf } from "./wording.ts";

/** What another provider would be asked for, with the words as they were written. */
export interface Fall {
  readonly target: Target;
  readonly request: JobRequest;
  /** Its place in the list. */
  readonly index: number;
}

const pathOf = (index: number) => ["request", "fallback", "orders", index] as const;

/** The words, and the seed where it has none of its own and takes that one. */
const carried = (from: Target, to: Target, params: JobRequest["params"], own: JobRequest["params"]): JobRequest["params"] => {
  const taken: Record<string, unknown> = { ...own };
  if (to.form.prompt !== null && from.form.prompt !== null) taken[to.form.prompt] = params[from.form.prompt];
  if (negativeField in to.form.check.shape) taken[negativeField] = params[negativeField];
  const { seed } = to.form;
  const asked = from.form.seed === null ? undefined : params[from.form.seed.name];
  if (seed !== null && taken[seed.name] === undefined && typeof asked === "number" && asked >= seed.min && asked <= seed.max) {
    taken[seed.name] = asked;
  }
  return Object.fromEntries(Object.entries(taken).filter(([, value]) => value !== undefined));
};

/** Where a request may go on. Errors: not_found for a provider, invalid_input where one does not offer it. */
export const fallsOf = (from: Target, request: JobRequest) =>
  Effect.forEach(request.fallback?.orders ?? [], ({ provider, operation = request.operation, params }, index) => {
    const { fallback: _, ...rest } = request;
    return Effect.mapBoth(operationOf({ ...rest, provider, operation }), {
      onSuccess: (target): Fall => ({
        target,
        request: { ...rest, provider, operation, params: carried(from, target, request.params, params) },
        index,
      }),
      onFailure: (error) => (error.code === "not_found" ? error : refuse([{ path: pathOf(index), message: error.message }])),
    });
  });

/** A rule that never holds is a mistake. */
export const ruleIssues = ({ fallback }: JobRequest): ReadonlyArray<Issue> =>
  fallback === undefined || fallback.on.length > 0 || fallback.afterMs !== undefined
    ? []
    : [{ path: ["request", "fallback", "on"], message: "Say what makes it go on elsewhere." }];

/** What is wrong there, beyond what is wrong with the request anyhow. */
export const placedIssues = ({ target, index }: Fall, issues: ReadonlyArray<Issue>): ReadonlyArray<Issue> =>
  issues.flatMap(({ path: [, group = "", ...rest], message }) =>
    group === "name" || group === "scheduledFor" || group === "prompt"
      ? []
      : [{ path: [...pathOf(index), group, ...rest], message: `To go on at ${target.provider.title}: ${message}` }],
  );

/** The words of a request there, by the seed of its choices. That they are those of a version is seen where they are asked for first. */
export const wordedAt = ({ target, request }: Fall, source: PromptSource | null, seed: number) =>
  wordingOf(target, request, source === null || target.form.prompt === null ? null : { ...source, version: null })(seed);

export const prepareFall = (fall: Fall, source: PromptSource | null, seed: number, sources: ReadonlyArray<Source>, now: number) => {
  const worded = wordedAt(fall, source, seed);
  const { prepared, issues } = prepareWith(fall.target, worded.request, sources, now, worded.template);
  return { prepared, issues: placedIssues(fall, worded.issues.length > 0 ? worded.issues : issues) };
};

/** A request whose words are sent as they are. Errors: not_found for a provider or an input, invalid_input with the place of each fault. */
export const prepare = Effect.fnUntraced(function* (ownerId: string, request: JobRequest, now: number) {
  const target = yield* operationOf(request);
  const sources = yield* sourcesOf(ownerId, request.inputs);
  const { prepared, issues } = prepareWith(target, request, sources, now);
  const falls = (yield* fallsOf(target, request)).map((fall) => prepareFall(fall, null, 0, sources, now));
  const all = [...issues, ...ruleIssues(request), ...falls.flatMap((fall) => fall.issues)];
  if (all.length > 0) return yield* Effect.fail(refuse(all));
  const whole: Prepared = { ...prepared, falls: falls.map((fall) => fall.prepared) };
  return whole;
});
