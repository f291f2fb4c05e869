// From a request to the model that serves it and what it is sent: parameters are checked, files are looked at and put where the provider
// finds them. Nothing has been asked for when this fails.
import { Clock, Effect, type Scope } from "effect";
import type { ProviderFailure, ProviderInput, ProviderOperation, ProviderRequest } from "../provider.ts";
import { sentThereNotBefore } from "../their-clock.ts";
import type { HttpAnswer } from "../tools.ts";
import { takenPicture } from "../picture.ts";
import { commonVideos, type VideosShape } from "../videos.ts";
import { checked, refuse, unsent } from "../refusals.ts";
import { fileFields, inputProblem, limitsOf, modelInput, seedOf } from "./input.ts";
import { entryFor, formParams, type ModelEntry } from "./model.ts";

/** An answer tells its time to the second, and was on its way; and our clock may have been set right a little since, ms. */
const skew = 300_000;

export interface Submission {
  readonly entry: ModelEntry;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What is offered: operations and the entries that serve them. */
export interface Catalogue {
  readonly operations: Readonly<Partial<Record<ProviderRequest["operation"], ProviderOperation>>>;
  readonly models: ReadonlyArray<ModelEntry>;
}

interface Chosen {
  readonly entry: ModelEntry;
  readonly form: ReturnType<typeof formParams>;
}

const chosen = Effect.fnUntraced(function* (
  { operations, models }: Catalogue,
  request: ProviderRequest,
): Effect.fn.Return<Chosen, ProviderFailure> {
  const offered = operations[request.operation];
  if (offered === undefined) return yield* refuse("parameters", "This provider does not do that: choose another operation.");
  const params = yield* checked(offered.params, request);
  const conflict = offered.conflict?.(params) ?? null;
  if (conflict !== null) return yield* refuse("parameters", conflict.message);
  const form = formParams(params);
  const entry = entryFor(models, request.operation, form);
  return entry === undefined ? yield* refuse("parameters", `There is no model ${form.model} any more: choose another.`) : { entry, form };
});

/** What a file is called at a provider: by what is in it. */
export const fileNameOf = ({ sha256, mime }: ProviderInput): string => `${sha256.slice(0, 16)}.${mime.slice(mime.indexOf("/") + 1)}`;

/** A seed that was left open is made from the key, so that no two submissions of our own are alike to a model that takes one. */
const seeded = (form: Chosen["form"], key: string): Chosen["form"] => ({ ...form, seed: form.seed ?? seedOf(key) });

/** What the model does not read is converted. `place`: puts a file where the provider finds it and answers its URL. */
export const prepare = Effect.fnUntraced(function* (
  catalogue: Catalogue,
  key: string,
  request: ProviderRequest,
  videos: VideosShape,
  place: (input: ProviderInput, bytes: number) => Effect.Effect<string, ProviderFailure>,
): Effect.fn.Return<Submission, ProviderFailure, Scope.Scope> {
  const { entry, form } = yield* chosen(catalogue, request);
  const taken = yield* Effect.forEach(request.inputs, (input) => {
    const limits = limitsOf(entry, input);
    return Effect.flatMap(videos.taken(input, { ...commonVideos, ...limits }, entry.title), (made) => takenPicture(made, limits));
  });
  const [inputs, bytes] = [taken.map(({ input }) => input), taken.map((each) => each.bytes)];
  const problem = inputProblem(entry, inputs, bytes);
  if (problem !== null) return yield* refuse("input", problem);
  // Whatever goes wrong with a file, the generation was not asked for.
  const urls = yield* Effect.forEach(taken, ({ input, bytes: size }) => Effect.mapError(place(input, size), unsent));
  return { entry, input: modelInput(entry, seeded(form, key), inputs, urls) };
}, Effect.scoped);

/** What a submission of this key had sent, but for the places of its files, to find it again by. */
export const expected = (catalogue: Catalogue, key: string, request: ProviderRequest): Effect.Effect<Submission, ProviderFailure> =>
  Effect.map(chosen(catalogue, request), ({ entry, form }) => ({
    entry,
    input: modelInput(
      entry,
      seeded(form, key),
      request.inputs,
      request.inputs.map(() => ""),
    ),
  }));

/** A time of ours by the provider's clock, as far as its answer tells it, and some time before: what was sent then is not older. */
export const sentSince = (answer: HttpAnswer, sentAt: number): Effect.Effect<number> =>
  Effect.map(Clock.currentTimeMillis, (now) => sentThereNotBefore(answer, sentAt, now) - skew);

const sameValue = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/**
 * Whether what a provider lists is this submission: all that was sent is there, and as many files. Fields that were not sent may have been
 * added with the model's own values.
 */
export const isSame = ({ entry, input }: Submission, listed: unknown): boolean => {
  if (typeof listed !== "object" || listed === null) return false;
  const theirs = listed as Readonly<Record<string, unknown>>;
  const files = fileFields(entry);
  const count = (value: unknown): number => (Array.isArray(value) ? value.length : value === undefined || value === null ? 0 : 1);
  for (const field of files) if (count(theirs[field]) !== count(input[field])) return false;
  return Object.entries(input).every(([field, value]) => files.has(field) || sameValue(theirs[field], value));
};
