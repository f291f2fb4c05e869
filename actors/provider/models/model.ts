// How a queue of foreign models is described: an entry a model and operation says what the model takes, under which names, and what it
// costs. `form.ts` makes the form of an operation's entries and their checks, `input.ts` what a model is sent. Pure.
import * as z from "zod";
import type { InputRole, Operation } from "#protocol/job.ts";
import type { VideoLimits } from "../videos.ts";

/** A field of which the model takes some values: ours, with what the model calls each. */
export interface Choice {
  readonly field: string;
  readonly values: Readonly<Record<string, string>>;
  /** What the model takes where the field is not sent: one of ours, or null if that is for the model to choose. */
  readonly initial: string | null;
}

/** Where the files of inputs go, as URLs. */
export type InputMapping =
  /** The first of the role to the first field, the second to the second. */
  | { readonly kind: "each"; readonly role: InputRole; readonly fields: ReadonlyArray<string>; readonly files: FileLimits }
  /** All of the roles as one list. `mention`: how the prompt refers to the nth (1 first), or null where it can only name it in words. */
  | {
      readonly kind: "list";
      readonly roles: ReadonlyArray<InputRole>;
      readonly field: string;
      readonly most: number;
      readonly mention: ((nth: number) => string) | null;
      readonly files: FileLimits;
    };

/** What the documentation says of files; left out where it says nothing. Of pictures only `formats` and `bytes` count. */
export type FileLimits = VideoLimits;

/** What is asked for, with the model's own values for what was left to it. */
export interface Wanted {
  readonly seconds: number;
  readonly quality: string | null;
  readonly audio: boolean;
}

/** No model that is described so edits a video. */
export type ModelOperation = Exclude<Operation, "video_edit">;

export interface ModelEntry {
  /** The provider's id of the endpoint. */
  readonly id: string;
  /** Value of `model` in the form: the same in all operations of one model. */
  readonly key: string;
  readonly title: string;
  readonly operation: ModelOperation;
  readonly prompt: { readonly field: string; readonly most: number };
  readonly negativePrompt?: string;
  /** `form`: 8, "8" or "8s". A number instead: it always has this length, s. */
  readonly duration:
    | { readonly field: string; readonly values: ReadonlyArray<number>; readonly form: "number" | "text" | "suffixed" }
    | number;
  readonly aspectRatio?: Choice;
  readonly quality?: Choice;
  readonly audio: { readonly field: string } | "always" | "never";
  readonly seed?: string;
  readonly inputs: ReadonlyArray<InputMapping>;
  /** What holds between the fields of this model. */
  readonly conflict?: (params: FormParams) => { readonly field: string; readonly message: string } | null;
  /** Published price, USD. */
  readonly price: (wanted: Wanted) => number;
  /** Where in the result the URL of the video is. */
  readonly output: ReadonlyArray<string | number>;
}

const formShape = z.object({
  model: z.string(),
  prompt: z.string(),
  negativePrompt: z.string().optional(),
  duration: z.number().optional(),
  aspectRatio: z.string().optional(),
  quality: z.string().optional(),
  audio: z.boolean().optional(),
  seed: z.number().optional(),
});
/** What comes out of the form's schema. */
export type FormParams = z.infer<typeof formShape>;

/** Values that the model calls as we do. */
export const alike = (field: string, values: ReadonlyArray<string>, initial: string | null): Choice => ({
  field,
  values: Object.fromEntries(values.map((value) => [value, value])),
  initial,
});

export const wholeNumbers = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** In the form: left to the model. */
export const auto = "auto";
/** Largest seed that all models take. */
export const largestSeed = 2147483647;

export const audioField = ({ audio }: ModelEntry): string | undefined => (typeof audio === "string" ? undefined : audio.field);
/** `"a, b, or c"`. */
export const oneOf = (values: ReadonlyArray<string>): string => new Intl.ListFormat("en", { type: "disjunction" }).format(values);

/** Parameters that an operation's schema has checked. */
export const formParams = (params: Readonly<Record<string, unknown>>): FormParams => formShape.parse(params);

/** The entry that serves checked parameters. */
export const entryFor = (entries: ReadonlyArray<ModelEntry>, operation: Operation, params: FormParams): ModelEntry | undefined =>
  entries.find((entry) => entry.operation === operation && entry.key === params.model);

/** With the model's own values for what is left to it. */
export const wantedOf = (entry: ModelEntry, params: FormParams): Wanted => ({
  seconds: typeof entry.duration === "number" ? entry.duration : (params.duration ?? entry.duration.values[0]!),
  quality: params.quality === undefined || params.quality === auto ? (entry.quality?.initial ?? null) : params.quality,
  audio: entry.audio === "always" || (audioField(entry) !== undefined && (params.audio ?? false)),
});

/** Published price, USD cents, to the hundredth. */
export const centsOf = (entry: ModelEntry, params: FormParams): number => Math.round(entry.price(wantedOf(entry, params)) * 10_000) / 100;
