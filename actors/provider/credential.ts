// A field of an account's form that goes into a header of each request: what a header cannot hold is refused where it is entered.
import * as z from "zod";

/** Copied along from pages and messages, seen by nobody and never part of a key: soft hyphens, zero-width characters, direction marks. */
const invisible = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/gu;

/** `name`: what a person is asked for (`API key`). Blanks around it, and what cannot be seen, are taken off. */
export const credential = (name: string) =>
  z
    .string()
    .overwrite((entered) => entered.replaceAll(invisible, "").trim())
    .refine((key) => /^[\x21-\x7e]*$/u.test(key), {
      error: `The ${name} has a blank, a line break or a letter inside that no ${name} has: copy it again, in one piece.`,
    });
