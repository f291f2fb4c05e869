// What a model is sent: the form's values and the places of files, under the model's own names; and where its result is. Pure.
import type { ProviderInput } from "../provider.ts";
import { audioField, type FileLimits, type FormParams, type InputMapping, largestSeed, type ModelEntry, oneOf } from "./model.ts";

/** The seed of a submission whose person left it open: of its key, so that what became of it can be told from others alike. */
export const seedOf = (key: string): number => {
  let hash = 0x811c9dc5;
  for (const character of key) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return (hash ^ (hash >>> 16)) & largestSeed;
};

const inOrder = (inputs: ReadonlyArray<ProviderInput>, mapping: InputMapping): ReadonlyArray<ProviderInput> =>
  mapping.kind === "each"
    ? inputs.filter((input) => input.role === mapping.role)
    : mapping.roles.flatMap((role) => inputs.filter((input) => input.role === role));

/** What the model takes for this input. */
export const limitsOf = ({ inputs: mappings }: ModelEntry, { role }: ProviderInput): FileLimits =>
  mappings.find((mapping) => (mapping.kind === "each" ? mapping.role === role : mapping.roles.includes(role)))?.files ?? {};

/** What a model cannot do with the inputs, as a sentence, or null. `bytes`: size of each, in their order. */
export const inputProblem = (
  { title, inputs: mappings }: ModelEntry,
  inputs: ReadonlyArray<ProviderInput>,
  bytes: ReadonlyArray<number>,
): string | null => {
  for (const mapping of mappings) {
    const given = inOrder(inputs, mapping);
    const most = mapping.kind === "each" ? mapping.fields.length : mapping.most;
    const least = mapping.kind === "each" ? mapping.fields.length : 1;
    if (given.length < least) return `${title} needs ${least} of these inputs and ${given.length} are given: add what is missing.`;
    if (given.length > most) {
      return `${title} takes at most ${most} of these inputs and ${given.length} are given: remove some or choose another model.`;
    }
    const { formats, bytes: largest } = mapping.files;
    for (const input of given) {
      if (formats !== undefined && !formats.includes(input.mime)) {
        return `${title} does not take ${input.mime}: give ${oneOf(formats.map((format) => format.slice(format.indexOf("/") + 1).toUpperCase()))}.`;
      }
      const size = bytes[inputs.indexOf(input)] ?? 0;
      if (largest !== undefined && size > largest) {
        return `An input has ${(size / 1e6).toFixed(1)} MB and ${title} takes at most ${largest / 1e6} MB: give a smaller one.`;
      }
    }
  }
  return null;
};

/** `@name` as the model understands it. */
const spoken = (prompt: string, names: ReadonlyMap<string, string>): string =>
  prompt.replaceAll(/@([A-Za-z0-9_]{1,30})/gu, (all, name: string) => names.get(name) ?? all);

/** The model's input. `urls`: where the provider finds each of the inputs, in their order. */
export const modelInput = (
  entry: ModelEntry,
  params: FormParams,
  inputs: ReadonlyArray<ProviderInput>,
  urls: ReadonlyArray<string>,
): Readonly<Record<string, unknown>> => {
  const body: Record<string, unknown> = {};
  const names = new Map<string, string>();
  for (const mapping of entry.inputs) {
    const given = inOrder(inputs, mapping);
    const urlOf = (input: ProviderInput): string => urls[inputs.indexOf(input)]!;
    if (mapping.kind === "each") for (const [index, input] of given.entries()) body[mapping.fields[index]!] = urlOf(input);
    else if (given.length > 0) body[mapping.field] = given.map(urlOf);
    for (const [index, { name }] of given.entries()) {
      const mention = mapping.kind === "list" ? mapping.mention : null;
      if (name !== null) names.set(name, mention?.(index + 1) ?? name.replaceAll("_", " "));
    }
  }
  body[entry.prompt.field] = spoken(params.prompt, names);
  if (entry.negativePrompt !== undefined && (params.negativePrompt ?? "") !== "") body[entry.negativePrompt] = params.negativePrompt;
  if (typeof entry.duration !== "number" && params.duration !== undefined) {
    const { field, form } = entry.duration;
    body[field] = form === "number" ? params.duration : form === "text" ? `${params.duration}` : `${params.duration}s`;
  }
  for (const [has, value] of [
    [entry.aspectRatio, params.aspectRatio],
    [entry.quality, params.quality],
  ] as const) {
    const theirs = value === undefined ? undefined : has?.values[value];
    if (has !== undefined && theirs !== undefined) body[has.field] = theirs;
  }
  const sound = audioField(entry);
  if (sound !== undefined && params.audio !== undefined) body[sound] = params.audio;
  if (entry.seed !== undefined && params.seed !== undefined) body[entry.seed] = params.seed;
  return body;
};

/** Names of the fields that hold files: what comes back under them may be called otherwise. */
export const fileFields = ({ inputs }: ModelEntry): ReadonlySet<string> =>
  new Set(inputs.flatMap((mapping) => (mapping.kind === "each" ? mapping.fields : [mapping.field])));

/** What stands at the entry's place in a result; undefined if there is no URL. */
export const outputUrl = (output: ModelEntry["output"], result: unknown): string | undefined => {
  let at: unknown = result;
  for (const step of output) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Readonly<Record<string | number, unknown>>)[step];
  }
  return typeof at === "string" && /^https?:\/\//u.test(at) ? at : undefined;
};
