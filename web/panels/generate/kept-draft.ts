// What was typed into the form, kept in this browser, so that a reload loses nothing of it but the inputs: their assets may be gone by then.
import * as z from "zod";
import { Operation } from "#protocol/job.ts";
import { Id } from "#protocol/values.ts";
import { KeptElsewhere } from "./fallback.ts";
import { KeptStyle } from "./words.ts";

/** Of what another version has written, what is like this. */
const Kept = z.object({
  provider: z.string(),
  operation: Operation,
  values: z.record(z.string(), z.unknown()),
  variables: z.record(z.string(), z.string()).catch({}),
  /** From which version of the library the words are, and the style around them. */
  origin: z.object({ versionId: Id, title: z.string(), number: z.int(), text: z.string(), negative: z.string() }).nullable().catch(null),
  style: KeptStyle.nullable().catch(null),
  elsewhere: KeptElsewhere.nullable().catch(null),
  /** What is varied, which providers stand beside the chosen one, and the cells that are left out. */
  varied: z.record(z.string(), z.union([z.array(z.unknown()).readonly(), z.string()])).catch({}),
  beside: z.array(z.string()).readonly().catch([]),
  without: z.array(z.array(z.int().nonnegative()).readonly()).readonly().catch([]),
});
export type Kept = z.infer<typeof Kept>;

const storageKey = (userId: string) => `pixsim.draft.${userId}`;

/** Null: there is none. */
export const readDraft = (userId: string): Kept | null => {
  try {
    return Kept.safeParse(JSON.parse(localStorage.getItem(storageKey(userId)) ?? "null")).data ?? null;
  } catch {
    // Unreadable or forbidden storage: the form starts with its defaults.
    return null;
  }
};

export const writeDraft = (userId: string, draft: Kept): void => {
  try {
    localStorage.setItem(storageKey(userId), JSON.stringify(draft));
  } catch {
    // A full or forbidden storage: the form is then not there after a reload.
  }
};
