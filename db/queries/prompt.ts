// The prompt library in SQL. One statement a function; lists page by (created_at, id), those of jobs by (created_at, ordinal, id).
import type { Queryable, Tx } from "../client/database.ts";
import type { JobPlace } from "./job.ts";
import { likePattern, textArray } from "./fragments.ts";

export interface PromptVersionRow {
  readonly id: string;
  readonly prompt_id: string;
  readonly owner_id: string;
  readonly parent_id: string | null;
  readonly number: number;
  readonly text: string;
  readonly negative: string;
  readonly note: string;
  readonly rating: number | null;
  readonly created_at: number;
}

export interface PromptRow {
  readonly id: string;
  readonly owner_id: string;
  readonly kind: "prompt" | "style" | "list";
  readonly title: string;
  readonly versions: number;
  readonly created_at: number;
  readonly changed_at: number;
  readonly deleted_at: number | null;
  readonly rev: number;
  readonly latest: PromptVersionRow;
}

export interface ResultsRow {
  readonly jobs: number;
  readonly completed: number;
  readonly filtered: number;
  readonly failed: number;
  readonly favourites: number;
  readonly last_used_at: number | null;
}

const columns = (sql: Queryable) => sql`
  p.id, p.owner_id, p.kind, p.title, p.versions, p.created_at, p.changed_at, p.deleted_at, p.rev,
  (select to_jsonb(l) from prompt_version l where l.id = p.latest_id) as latest`;

const versionColumns = (sql: Queryable) => sql`
  v.id, v.prompt_id, v.owner_id, v.parent_id, v.number, v.text, v.negative, v.note, v.rating, v.created_at`;

/** Changes of one owner's library go one after the other in this transaction: limits and names of lists are checked before the write. */
export const lockPrompts = (tx: Tx, ownerId: string) => tx`select pg_advisory_xact_lock(hashtext('prompt'), hashtext(${ownerId}))`;

export const promptsById = (sql: Queryable, ownerId: string, ids: ReadonlyArray<string>) =>
  sql<Array<PromptRow>>`select ${columns(sql)} from prompt p where p.id = any(${textArray(sql, ids)}) and p.owner_id = ${ownerId}`;

export const versionById = (sql: Queryable, ownerId: string, id: string) =>
  sql<Array<PromptVersionRow>>`select ${versionColumns(sql)} from prompt_version v where v.id = ${id} and v.owner_id = ${ownerId}`;

export interface PromptFilterArgs {
  readonly kind?: string | undefined;
  /** Each of these must be in the title, or in the text, negative prompt or note of a version. */
  readonly words: ReadonlyArray<string>;
  /** Those in the trash instead of those that are not. */
  readonly deleted: boolean;
}

/** Newest first, after the given place. Words are found by scanning the owner's rows, as those of jobs are: parts of words are found too. */
export const listPrompts = (
  sql: Queryable,
  ownerId: string,
  filter: PromptFilterArgs,
  after: { readonly createdAt: number; readonly id: string } | null,
  limit: number,
) =>
  sql<Array<PromptRow>>`
    select ${columns(sql)} from prompt p
    where p.owner_id = ${ownerId} and ${filter.deleted ? sql`p.deleted_at is not null` : sql`p.deleted_at is null`}
      ${filter.kind === undefined ? sql`` : sql`and p.kind = ${filter.kind}`}
      ${filter.words.map(likePattern).reduce(
        (all, word) => sql`${all} and (p.title ilike ${word} or exists (
          select from prompt_version v where v.prompt_id = p.id and (v.text ilike ${word} or v.negative ilike ${word} or v.note ilike ${word})
        ))`,
        sql``,
      )}
      ${after === null ? sql`` : sql`and (p.created_at, p.id) < (${after.createdAt}, ${after.id})`}
    order by p.created_at desc, p.id desc
    limit ${limit}`;

/** How many an owner has outside of the trash. */
export const countPrompts = (sql: Queryable, ownerId: string) =>
  sql<Array<{ count: number }>>`select count(*)::int as count from prompt where owner_id = ${ownerId} and deleted_at is null`;

/** The owner's live list of this title, whatever the case of its letters. */
export const listByTitle = (sql: Queryable, ownerId: string, title: string) =>
  sql<Array<{ id: string }>>`
    select id from prompt where owner_id = ${ownerId} and kind = 'list' and deleted_at is null and lower(title) = lower(${title})`;

/** A new one with its first version, which has a row of its own. */
export const insertPrompt = (tx: Tx, prompt: Pick<PromptRow, "id" | "owner_id" | "kind" | "title" | "created_at">, latestId: string) =>
  tx`
    insert into prompt (id, owner_id, kind, title, versions, latest_id, created_at, changed_at)
    values (${prompt.id}, ${prompt.owner_id}, ${prompt.kind}, ${prompt.title}, 1, ${latestId}, ${prompt.created_at}, ${prompt.created_at})`;

export const insertVersion = (tx: Tx, version: Omit<PromptVersionRow, "rating">) =>
  tx`
    insert into prompt_version (id, prompt_id, owner_id, parent_id, number, text, negative, note, created_at)
    values (${version.id}, ${version.prompt_id}, ${version.owner_id}, ${version.parent_id}, ${version.number}, ${version.text},
      ${version.negative}, ${version.note}, ${version.created_at})`;

/** The version that was just made is the newest now. */
export const setLatest = (tx: Tx, { id, prompt_id, number, created_at }: Omit<PromptVersionRow, "rating">) =>
  tx`update prompt set latest_id = ${id}, versions = ${number}, changed_at = ${created_at}, rev = rev + 1 where id = ${prompt_id}`;

export const renamePrompt = (tx: Tx, id: string, title: string, now: number) =>
  tx`update prompt set title = ${title}, changed_at = ${now}, rev = rev + 1 where id = ${id}`;

/** Changes what is given, and tells by the prompt's `rev` that it has changed. */
export const annotateVersion = (
  sql: Queryable,
  ownerId: string,
  id: string,
  change: { readonly note: string | null; readonly rating: number | null | undefined },
) =>
  sql<Array<{ prompt_id: string }>>`
    with changed as (
      update prompt_version set note = coalesce(${change.note}, note)
        ${change.rating === undefined ? sql`` : sql`, rating = ${change.rating}`}
      where id = ${id} and owner_id = ${ownerId}
      returning prompt_id
    )
    update prompt p set rev = rev + 1 from changed where p.id = changed.prompt_id
    returning p.id as prompt_id`;

/** Moves to the trash (`at`: ms epoch) or out of it (null). Answers those that changed. */
export const setPromptsDeleted = (sql: Queryable, ownerId: string, ids: ReadonlyArray<string>, at: number | null) =>
  sql<Array<{ id: string }>>`
    update prompt set deleted_at = ${at}, rev = rev + 1
    where id = any(${textArray(sql, ids)}) and owner_id = ${ownerId} and (deleted_at is null) = ${at !== null}
    returning id`;

/** Drops those that have been in the trash since before `before`, with their versions. */
export const purgePrompts = (sql: Queryable, before: number) =>
  sql<Array<{ id: string }>>`delete from prompt where deleted_at < ${before} returning id`;

/** All versions, oldest first, with what came of each: the owner's jobs that were made with it, and which of their results are favourites. */
export const versionsWithResults = (sql: Queryable, ownerId: string, promptId: string) =>
  sql<Array<PromptVersionRow & ResultsRow>>`
    select ${versionColumns(sql)}, r.*
    from prompt_version v, lateral (
      select count(*)::int as jobs,
        (count(*) filter (where j.state = 'completed'))::int as completed,
        (count(*) filter (where j.state = 'filtered'))::int as filtered,
        (count(*) filter (where j.state in ('failed', 'timedOut')))::int as failed,
        (count(*) filter (where a.favourite))::int as favourites,
        max(j.created_at) as last_used_at
      from job j left join asset a on a.id = j.asset_id and a.owner_id = v.owner_id and a.deleted_at is null
      where j.template is not null and j.template ->> 'versionId' = v.id and j.owner_id = v.owner_id
    ) r
    where v.prompt_id = ${promptId} and v.owner_id = ${ownerId}
    order by v.number`;

export interface UsedPromptRow {
  readonly text: string;
  readonly negative: string;
  readonly jobs: number;
  readonly last_used_at: number;
  readonly ordinal: number;
  readonly job_id: string;
}

/** Prompts of the owner's jobs, each at the place of its last use, after the given place. */
export const usedPrompts = (sql: Queryable, ownerId: string, words: ReadonlyArray<string>, after: JobPlace | null, limit: number) =>
  sql<Array<UsedPromptRow>>`
    select u.text, coalesce(u.template ->> 'negative', u.params ->> 'negativePrompt', '') as negative, u.created_at as last_used_at,
      u.ordinal, u.id as job_id, (
        select count(*)::int from job s
        where s.owner_id = u.owner_id and md5(coalesce(s.template ->> 'text', s.prompt)) = md5(u.text)
      ) as jobs
    from (
      select j.*, coalesce(j.template ->> 'text', j.prompt) as text from job j
      where j.owner_id = ${ownerId} and coalesce(j.template ->> 'text', j.prompt) <> ''
        ${words.map(likePattern).reduce((all, word) => sql`${all} and coalesce(j.template ->> 'text', j.prompt) ilike ${word}`, sql``)}
        ${after === null ? sql`` : sql`and (j.created_at, j.ordinal, j.id) < (${after.createdAt}, ${after.ordinal ?? 0}, ${after.id})`}
        and not exists (
          select from job n
          where n.owner_id = j.owner_id
            and md5(coalesce(n.template ->> 'text', n.prompt)) = md5(coalesce(j.template ->> 'text', j.prompt))
            and (n.created_at, n.ordinal, n.id) > (j.created_at, j.ordinal, j.id)
        )
      order by j.created_at desc, j.ordinal desc, j.id desc
      limit ${limit}
    ) u
    order by u.created_at desc, u.ordinal desc, u.id desc`;
/** The newest wording of each of the owner's lists. */
export const newestLists = (sql: Queryable, ownerId: string) =>
  sql<Array<{ title: string; version_id: string; text: string }>>`
    select p.title, v.id as version_id, v.text from prompt p join prompt_version v on v.id = p.latest_id
    where p.owner_id = ${ownerId} and p.kind = 'list' and p.deleted_at is null`;
