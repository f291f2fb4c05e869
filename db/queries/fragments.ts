// Pieces of statements that several files of queries are made of.
import type { Queryable } from "../client/database.ts";

export const textArray = (sql: Queryable, values: ReadonlyArray<string>) => sql`${sql.array([...values], 25)}::text[]`;

/** For `ilike`: has these very words in it. */
export const likePattern = (text: string): string => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
