// A field of an account's form that goes into a header of each request: what a header cannot hold is refused where it is entered.
import * as z from "zod";

/** Copied along from pages and messages, seen by nobody and never part of a key: soft hyphens, zero-width characters, direction marks. */
const invisible = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/gu;

/** What stands before a key in files of settings and in examples of headers: `export SERVICE_API_KEY=`, `Authorization: Bearer `. */
const setting = /^(export\s+)?[A-Z][A-Z0-9_]*_(KEY|TOKEN)\s*=/u;
const header = /^((x-)?api-key:|(authorization:\s*)?(bearer|key|token)\s)/iu;
const quoted = /^(["'`])(.*)\1$/su;

/** The key alone, of what was copied along with it. */
const alone = (entered: string): string => {
  const text = entered.replaceAll(invisible, "").trim();
  const inside = text.replace(quoted, "$2").replace(setting, "").replace(header, "").trim();
  return inside === text ? text : alone(inside);
};

/** `name`: what a person is asked for (`API key`). What surrounds it, and what cannot be seen, is taken off. */
export const credential = (name: string) =>
  z
    .string()
    .overwrite(alone)
    .refine((key) => /^[\x21-\x7e]*$/u.test(key), {
      error: `The ${name} has a blank, a line break or a letter inside that no ${name} has: copy it again, in one piece.`,
    });
