// The prompt library: prompts, styles and lists, each with its versions. The language they are written in: `template/tree.ts`. Pure.
import * as z from "zod";
import { call, domain, topic } from "./define.ts";
import { Cursor, Id, PageLimit, Time } from "./values.ts";

/**
 * `prompt`: what is to be made. `style`: goes around another prompt, which stands where the style says `{prompt}`, or else before it. `list`: a
 * line of it is taken where a prompt says `__title__`.
 */
export const PromptKind = z.enum(["prompt", "style", "list"]);
export type PromptKind = z.infer<typeof PromptKind>;

export const promptLimits = { title: 200, text: 16_000, note: 2_000 } as const;

const Title = z.string().trim().min(1).max(promptLimits.title);
const Text = z.string().max(promptLimits.text);
const Note = z.string().max(promptLimits.note);
const Rating = z.int().min(1).max(5).nullable();

/** What a version says. Never changes. */
const Wording = z.object({
  text: Text,
  /** What is not to be seen. */
  negative: Text.default(""),
});

/** What came of a version: counted when it is read. */
export const PromptResults = z.object({
  /** Jobs made with it, and how they ended. */
  jobs: z.int(),
  completed: z.int(),
  /** Refused for their content. */
  filtered: z.int(),
  failed: z.int(),
  /** Results that are marked as favourites. */
  favourites: z.int(),
  lastUsedAt: Time.nullable(),
});
export type PromptResults = z.infer<typeof PromptResults>;

export const PromptVersion = z.object({
  id: Id,
  promptId: Id,
  /** The version that it was made from; null: the first. Several may be made from one. */
  parentId: Id.nullable(),
  /** From 1, in the order in which they were made. */
  number: z.int(),
  text: z.string(),
  negative: z.string(),
  note: z.string(),
  /** As a person rates it. */
  rating: Rating,
  createdAt: Time,
});
export type PromptVersion = z.infer<typeof PromptVersion>;

export const Prompt = z.object({
  id: Id,
  ownerId: Id,
  kind: PromptKind,
  title: z.string(),
  /** How many versions there are, and the newest. */
  versions: z.int(),
  latest: PromptVersion,
  createdAt: Time,
  /** When it came, or its last version or title. */
  changedAt: Time,
  deletedAt: Time.nullable(),
  /** Higher is newer. */
  rev: z.int(),
});
export type Prompt = z.infer<typeof Prompt>;

export const UsedPrompt = z.object({
  /** As it was written: with its choices, where it had some. */
  text: z.string(),
  negative: z.string(),
  /** How often, and when last. */
  jobs: z.int(),
  lastUsedAt: Time,
  /** The job it was used for last. */
  jobId: Id,
});
export type UsedPrompt = z.infer<typeof UsedPrompt>;

const sampleVersion: PromptVersion = {
  id: "prv_1",
  promptId: "prm_1",
  parentId: null,
  number: 1,
  text: "a {red|grey} fox in the snow",
  negative: "",
  note: "",
  rating: null,
  createdAt: 1764000000000,
};
const samplePrompt: Prompt = {
  id: "prm_1",
  ownerId: "usr_1",
  kind: "prompt",
  title: "Fox",
  versions: 1,
  latest: sampleVersion,
  createdAt: 1764000000000,
  changedAt: 1764000000000,
  deletedAt: null,
  rev: 1,
};
const rated = { ...sampleVersion, rating: 5 };

export const prompts = domain({
  name: "prompts",
  summary: "The prompt library: prompts, styles and lists with their versions, and what was made of them.",
  calls: {
    list: call({
      summary: "Own prompts, styles and lists, newest first.",
      access: "guest",
      input: z.object({
        kind: PromptKind.optional(),
        /** Words, each of which the title contains, or the text, negative prompt or note of a version. */
        search: z.string().max(200).optional(),
        deleted: z.boolean().default(false),
        cursor: Cursor.optional(),
        limit: PageLimit,
      }),
      output: z.object({ prompts: z.array(Prompt), next: Cursor.nullable() }),
      mutation: false,
      errors: [],
      example: { input: {}, output: { prompts: [samplePrompt], next: null } },
    }),
    get: call({
      summary: "One with all its versions, oldest first, and what came of each.",
      access: "guest",
      input: z.object({ id: Id }),
      output: z.object({ prompt: Prompt, versions: z.array(PromptVersion.extend({ results: PromptResults })) }),
      mutation: false,
      errors: ["not_found"],
      example: {
        input: { id: "prm_1" },
        output: {
          prompt: samplePrompt,
          versions: [
            { ...sampleVersion, results: { jobs: 4, completed: 3, filtered: 1, failed: 0, favourites: 1, lastUsedAt: 1764000009000 } },
          ],
        },
      },
    }),
    version: call({
      summary: "One version, and what it is a version of.",
      access: "guest",
      input: z.object({ id: Id }),
      output: z.object({ prompt: Prompt, version: PromptVersion }),
      mutation: false,
      errors: ["not_found"],
      example: { input: { id: "prv_1" }, output: { prompt: samplePrompt, version: sampleVersion } },
    }),
    create: call({
      summary: "Takes a prompt, style or list into the library, as its first version. Of lists, no two have the same title.",
      access: "user",
      input: Wording.extend({ kind: PromptKind.default("prompt"), title: Title, note: Note.default("") }),
      output: Prompt,
      mutation: true,
      errors: ["conflict", "quota_exceeded"],
      example: { input: { title: "Fox", text: "a {red|grey} fox in the snow" }, output: samplePrompt },
    }),
    addVersion: call({
      summary: "Adds a version, made from an earlier one.",
      access: "user",
      input: Wording.extend({ parentId: Id, note: Note.default("") }),
      output: Prompt,
      mutation: true,
      errors: ["not_found", "quota_exceeded"],
      example: {
        input: { parentId: "prv_1", text: "a {red|grey|white} fox in the snow" },
        output: {
          ...samplePrompt,
          versions: 2,
          latest: { ...sampleVersion, id: "prv_2", parentId: "prv_1", number: 2, text: "a {red|grey|white} fox in the snow" },
          rev: 2,
        },
      },
    }),
    rename: call({
      summary: "Gives it another title.",
      access: "user",
      input: z.object({ id: Id, title: Title }),
      output: Prompt,
      mutation: true,
      errors: ["not_found", "conflict"],
      example: { input: { id: "prm_1", title: "Arctic fox" }, output: { ...samplePrompt, title: "Arctic fox", rev: 2 } },
    }),
    annotate: call({
      summary: "Changes a version's note or rating. Its wording never changes.",
      access: "user",
      input: z.object({ versionId: Id, note: Note.optional(), rating: Rating.optional() }),
      output: z.object({ prompt: Prompt, version: PromptVersion }),
      mutation: true,
      errors: ["not_found"],
      example: {
        input: { versionId: "prv_1", rating: 5 },
        output: { prompt: { ...samplePrompt, latest: rated, rev: 2 }, version: rated },
      },
    }),
    delete: call({
      summary:
        "Moves them to the trash, from which they are gone after 30 days; `prompts.restore` brings them back. Jobs keep what they were made with.",
      access: "user",
      input: z.object({ ids: z.array(Id).min(1).max(500) }),
      output: z.object({ deleted: z.array(Id) }),
      mutation: true,
      errors: ["not_found"],
      example: { input: { ids: ["prm_1"] }, output: { deleted: ["prm_1"] } },
    }),
    restore: call({
      summary: "Brings them back from the trash.",
      access: "user",
      input: z.object({ ids: z.array(Id).min(1).max(500) }),
      output: z.object({ restored: z.array(Id) }),
      mutation: true,
      errors: ["not_found", "conflict", "quota_exceeded"],
      example: { input: { ids: ["prm_1"] }, output: { restored: ["prm_1"] } },
    }),
    history: call({
      summary: "Prompts that own jobs were made with, each once, the one used last first.",
      access: "guest",
      input: z.object({
        /** Words of the prompt. */
        search: z.string().max(200).optional(),
        cursor: Cursor.optional(),
        limit: PageLimit,
      }),
      output: z.object({ used: z.array(UsedPrompt), next: Cursor.nullable() }),
      mutation: false,
      errors: [],
      example: {
        input: { search: "fox" },
        output: {
          used: [{ text: "a {red|grey} fox in the snow", negative: "", jobs: 4, lastUsedAt: 1764000009000, jobId: "job_1" }],
          next: null,
        },
      },
    }),
  },
  streams: {},
  topics: {
    prompts: topic({
      summary: "Own prompts, styles and lists as they change: the newest page, then each changed one.",
      access: "guest",
      params: z.object({}),
      snapshot: z.object({ count: z.int(), prompts: z.array(Prompt), next: Cursor.nullable() }),
      delta: Prompt,
      errors: [],
      example: { params: {}, snapshot: { count: 1, prompts: [samplePrompt], next: null }, delta: samplePrompt },
    }),
  },
});
