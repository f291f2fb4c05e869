// What the words of a job are made from: the versions that its request names, and the lists of its owner as they stand now.
import { Effect } from "effect";
import { Database } from "#db/client/database.ts";
import { newestLists, versionById } from "#db/queries/prompt.ts";
import type { JobPrompt } from "#protocol/job.ts";
import { parseList } from "#protocol/template/parse.ts";
import { listKey, type Option } from "#protocol/template/tree.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";

export interface Wording {
  readonly number: number;
  readonly text: string;
  readonly negative: string;
}

export interface PromptSource {
  readonly asked: JobPrompt;
  readonly version: Wording | null;
  readonly style: Wording | null;
  /** By `listKey` of their names. */
  readonly lists: ReadonlyMap<string, ReadonlyArray<Option>>;
  readonly listVersions: ReadonlyMap<string, string>;
}

/** Errors: not_found for a version. */
export const promptSource = Effect.fnUntraced(function* (ownerId: string, asked: JobPrompt) {
  const database = yield* Database;
  const wording = Effect.fnUntraced(function* (id: string | undefined) {
    if (id === undefined) return null;
    const [row] = yield* orCallError(database.query((sql) => versionById(sql, ownerId, id)));
    return row ?? (yield* Effect.fail(new CallError("not_found", `The version ${id} does not exist, or is not yours.`)));
  });
  const version = yield* wording(asked.versionId);
  const style = yield* wording(asked.styleVersionId);
  const lists = yield* orCallError(database.query((sql) => newestLists(sql, ownerId)));
  const source: PromptSource = {
    asked,
    version,
    style,
    lists: new Map(lists.map(({ title, text }) => [listKey(title), parseList(text).options])),
    listVersions: new Map(lists.map(({ title, version_id: id }) => [listKey(title), id])),
  };
  return source;
});
