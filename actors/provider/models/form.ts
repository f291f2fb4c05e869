// The form of the models that serve one operation: every field that one of them has, which of them hold for the model that is chosen, and
// what it costs. Pure.
import * as z from "zod";
import type { ProviderInputSpec, ProviderOperation } from "../provider.ts";
import {
  audioField,
  auto,
  centsOf,
  type Choice,
  formParams,
  type FormParams,
  largestSeed,
  type ModelEntry,
  oneOf,
  wantedOf,
} from "./model.ts";

/** Time of a generation until durations of real ones are known, ms: at first, and for each second of video. */
const startMs = 60_000;
const msPerSecond = 12_000;

const distinct = <T>(values: Iterable<T>): ReadonlyArray<T> => [...new Set(values)];
const many = (values: ReadonlyArray<string>): [string, ...Array<string>] => values as [string, ...Array<string>];

const named = (entries: ReadonlyArray<ModelEntry>): string => new Intl.ListFormat("en").format(entries.map(({ title }) => title));
const durationsOf = ({ duration }: ModelEntry): ReadonlyArray<number> => (typeof duration === "number" ? [duration] : duration.values);
const takesAudio = (entry: ModelEntry): boolean => audioField(entry) !== undefined;

/** A length that all models take if there is one, near to what the first one has. */
const usualDuration = (entries: ReadonlyArray<ModelEntry>, values: ReadonlyArray<number>): number => {
  const common = values.filter((value) => entries.every((entry) => durationsOf(entry).includes(value)));
  const candidates = common.length > 0 ? common : durationsOf(entries[0]!);
  return candidates[Math.floor(candidates.length / 2)]!;
};

const choice = (
  entries: ReadonlyArray<ModelEntry>,
  pick: (entry: ModelEntry) => Choice | undefined,
  title: string,
  description: string,
) => {
  const values = distinct(entries.flatMap((entry) => Object.keys(pick(entry)?.values ?? {}))).toSorted((a, b) => heightOf(a) - heightOf(b));
  if (values.length === 0) return undefined;
  return z
    .enum(many([auto, ...values]))
    .default(auto)
    .meta({ title, description, "x-widget": "select", "x-labels": Object.fromEntries([auto, ...values].map((value) => [value, value])) });
};

/** Of a quality; all ratios are equal here and keep their order. */
const heightOf = (value: string): number => (value.includes(":") ? 0 : Number.parseInt(value, 10) * (value.endsWith("k") ? 540 : 1));

/** The form of all models of an operation: each field that one of them has, and a default that every one takes wherever there is one. */
const formOf = (entries: ReadonlyArray<ModelEntry>): z.ZodObject => {
  const first = entries[0]!;
  const durations = distinct(entries.flatMap(durationsOf)).toSorted((a, b) => a - b);
  const titled = (has: (entry: ModelEntry) => boolean): string => {
    const those = entries.filter(has);
    return those.length === entries.length ? "" : ` Only ${named(those)}.`;
  };
  const optional = {
    negativePrompt: entries.some((entry) => entry.negativePrompt !== undefined)
      ? z
          .string()
          .trim()
          .max(2500)
          .default("")
          .meta({
            title: "Negative prompt",
            description: `What is not to be seen.${titled((entry) => entry.negativePrompt !== undefined)}`,
            "x-widget": "prompt",
          })
      : undefined,
    duration:
      durations.length > 1
        ? z
            .int()
            .min(durations[0]!)
            .max(durations.at(-1)!)
            .default(usualDuration(entries, durations))
            .meta({
              title: "Duration",
              description: `Seconds. ${entries.map((entry) => `${entry.title}: ${lengths(entry)}`).join("; ")}.`,
              "x-widget": "slider",
            })
        : undefined,
    aspectRatio: choice(entries, (entry) => entry.aspectRatio, "Aspect ratio", "“auto”: as the model chooses, or as the picture."),
    quality: choice(entries, (entry) => entry.quality, "Quality", "Length of the shorter side. “auto”: as the model chooses."),
    audio: entries.some(takesAudio)
      ? z
          .boolean()
          .default(entries.every((entry) => entry.audio !== "never"))
          .meta({ title: "Sound", description: soundHelp(entries), "x-widget": "switch" })
      : undefined,
    seed: entries.some((entry) => entry.seed !== undefined)
      ? z
          .int()
          .min(0)
          .max(largestSeed)
          .optional()
          .meta({
            title: "Seed",
            description: `Left open, one is chosen.${titled((entry) => entry.seed !== undefined)}`,
            "x-widget": "seed",
          })
      : undefined,
  };
  return z.object({
    model: z
      .enum(many(entries.map((entry) => entry.key)))
      .default(first.key)
      .meta({
        title: "Model",
        description: "Decides the price and which of the fields below hold.",
        "x-widget": "select",
        "x-labels": Object.fromEntries(entries.map((entry) => [entry.key, entry.title])),
      }),
    prompt: z
      .string()
      .trim()
      .min(1, "Say what is to be seen.")
      .max(Math.max(...entries.map((entry) => entry.prompt.most)))
      .meta({ title: "Prompt", description: promptHelp(entries), "x-widget": "prompt" }),
    ...Object.fromEntries(Object.entries(optional).filter(([, field]) => field !== undefined)),
  });
};

const soundHelp = (entries: ReadonlyArray<ModelEntry>): string => {
  const those = (audio: ModelEntry["audio"]): string => named(entries.filter((entry) => entry.audio === audio));
  const [always, never] = [those("always"), those("never")];
  return `Made by the model, with the picture.${always === "" ? "" : ` Always there: ${always}.`}${never === "" ? "" : ` Never: ${never}.`}`;
};

const promptHelp = (entries: ReadonlyArray<ModelEntry>): string => {
  const isNamed = entries.some((entry) => entry.inputs.some((input) => input.kind === "list"));
  return isNamed ? "What is to be seen. Refer to each picture as @name." : "What is to be seen, how it moves and what is heard.";
};

const lengths = (entry: ModelEntry): string => {
  const values = durationsOf(entry);
  const first = values[0]!;
  const last = values.at(-1)!;
  return values.length > 2 && values.length === last - first + 1 ? `${first} to ${last}` : oneOf(values.map(String));
};

const conflictOf = (entry: ModelEntry, params: FormParams): { readonly field: string; readonly message: string } | null => {
  const { title } = entry;
  const { prompt, negativePrompt = "", duration, aspectRatio = auto, quality = auto, audio = false, seed } = params;
  if (prompt.length > entry.prompt.most) {
    return {
      field: "prompt",
      message: `${title} takes at most ${entry.prompt.most} characters: shorten it by ${prompt.length - entry.prompt.most}.`,
    };
  }
  if (negativePrompt !== "" && entry.negativePrompt === undefined) {
    return {
      field: "negativePrompt",
      message: `${title} has no negative prompt: leave it empty and say in the prompt what is to be seen.`,
    };
  }
  if (duration !== undefined && typeof entry.duration !== "number" && !entry.duration.values.includes(duration)) {
    return { field: "duration", message: `${title} makes videos of ${lengths(entry)} seconds: choose one of these.` };
  }
  const refused = (field: "aspectRatio" | "quality", value: string, has: Choice | undefined, name: string) => {
    if (value === auto || has?.values[value] !== undefined) return null;
    if (has === undefined) return { field, message: `${title} chooses its ${name} itself: set it to “auto”.` };
    return { field, message: `${title} does not make ${value}: choose ${oneOf(Object.keys(has.values))}.` };
  };
  const size =
    refused("aspectRatio", aspectRatio, entry.aspectRatio, "aspect ratio") ?? refused("quality", quality, entry.quality, "quality");
  if (size !== null) return size;
  if (audio && entry.audio === "never") return { field: "audio", message: `${title} makes no sound: switch it off.` };
  if (seed !== undefined && entry.seed === undefined) return { field: "seed", message: `${title} takes no seed: leave it open.` };
  return entry.conflict?.(params) ?? null;
};

/** An operation that some models serve. The first is the one that a new form has. */
export const operationOf = (
  title: string,
  summary: string,
  inputs: ReadonlyArray<ProviderInputSpec>,
  entries: ReadonlyArray<ModelEntry>,
): ProviderOperation => {
  const find = (params: Readonly<Record<string, unknown>>): { readonly entry: ModelEntry; readonly form: FormParams } => {
    const form = formParams(params);
    return { entry: entries.find((entry) => entry.key === form.model) ?? entries[0]!, form };
  };
  return {
    title,
    summary,
    params: formOf(entries),
    inputs,
    conflict: (params) => {
      const { entry, form } = find(params);
      return conflictOf(entry, form);
    },
    estimate: (params) => {
      const { entry, form } = find(params);
      return { credits: centsOf(entry, form), durationMs: startMs + msPerSecond * wantedOf(entry, form).seconds };
    },
  };
};

/** The inputs that an operation asks for, as forms show them. */
export const inputSpecs = {
  image: { role: "image", title: "Picture", accepts: ["image"], min: 1, max: 1, named: false },
  frames: { role: "frame", title: "First and last picture", accepts: ["image"], min: 2, max: 2, named: false },
  video: { role: "video", title: "Video", accepts: ["video"], min: 1, max: 1, named: false },
  subjects: (max: number): ProviderInputSpec => ({ role: "subject", title: "Subjects", accepts: ["image"], min: 1, max, named: true }),
  background: { role: "background", title: "Background", accepts: ["image"], min: 0, max: 1, named: false },
} as const satisfies Record<string, ProviderInputSpec | ((max: number) => ProviderInputSpec)>;
