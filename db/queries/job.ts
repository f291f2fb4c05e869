// The read model of jobs in SQL. One statement a function; lists page by (created_at, ordinal, id). Rows are written by the actor host.
import type { Queryable, Tx } from "../client/database.ts";

export interface JobRow {
  readonly id: string;
  readonly rev: number;
  readonly owner_id: string;
  readonly operation: string;
  readonly provider: string;
  readonly state: string;
  readonly progress: number;
  readonly eta_at: number | null;
  readonly waiting_for: string | null;
  readonly name: string | null;
  readonly prompt: string;
  readonly template: Readonly<Record<string, unknown>> | null;
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: ReadonlyArray<unknown>;
  readonly hash: string;
  readonly asked_hash: string | null;
  readonly priority: number;
  readonly rank: number;
  readonly scheduled_for: number | null;
  readonly parent_job_id: string | null;
  readonly fallback: Readonly<Record<string, unknown>> | null;
  readonly batch_id: string | null;
  readonly cell: ReadonlyArray<unknown> | null;
  readonly ordinal: number;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly failure: { readonly kind: string; readonly message: string } | null;
  readonly asset_id: string | null;
  readonly slot: string | null;
  readonly account_id: string | null;
  readonly credits: number;
  readonly charges: ReadonlyArray<unknown>;
  readonly parked: boolean;
  readonly created_at: number;
  readonly submitted_at: number | null;
  readonly finished_at: number | null;
}

const columns = (sql: Queryable) => sql`
  j.id, j.rev, j.owner_id, j.operation, j.provider, j.state, j.progress, j.eta_at, j.waiting_for, j.name, j.prompt, j.template, j.params,
  j.inputs, j.hash, j.asked_hash, j.priority, j.rank, j.scheduled_for, j.parent_job_id, j.fallback, j.batch_id, j.cell, j.ordinal, j.attempt, j.max_attempts,
  j.failure, j.asset_id, j.slot, j.account_id, j.credits, j.charges, j.parked, j.created_at, j.submitted_at, j.finished_at`;

const textArray = (sql: Queryable, values: ReadonlyArray<string>) => sql`${sql.array([...values], 25)}::text[]`;

/** Those of the owner's jobs that exist, in no order. */
export const jobsById = (sql: Queryable, ownerId: string, ids: ReadonlyArray<string>) =>
  sql<Array<JobRow>>`select ${columns(sql)} from job j where j.id = any(${textArray(sql, ids)}) and j.owner_id = ${ownerId}`;

/** How far those are whose results others wait for. */
export const jobResults = (sql: Queryable, ownerId: string, ids: ReadonlyArray<string>) =>
  sql<Array<Pick<JobRow, "id" | "state" | "asset_id" | "failure" | "created_at">>>`
    select id, state, asset_id, failure, created_at from job where id = any(${textArray(sql, ids)}) and owner_id = ${ownerId}`;

export interface JobFilterArgs {
  readonly states?: ReadonlyArray<string> | undefined;
  readonly operation?: string | undefined;
  /** Each of these must be part of the prompt or the name. */
  readonly words: ReadonlyArray<string>;
  readonly batchId?: string | undefined;
}

const likePattern = (text: string): string => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

/** Where a job stands in the lists of its owner's. */
export interface JobPlace {
  readonly createdAt: number;
  /** Left out: 0, as of all jobs that came alone. */
  readonly ordinal?: number;
  readonly id: string;
}

/**
 * Newest first, so those of one call from its last to its first, after the given place. Words are found by scanning the owner's rows in list order until the page is full:
 * unlike a word index this finds parts of words and words of languages without spaces, and costs no step of a job anything.
 */
export const listJobs = (sql: Queryable, ownerId: string, filter: JobFilterArgs, after: JobPlace | null, limit: number) =>
  sql<Array<JobRow>>`
    select ${columns(sql)} from job j
    where j.owner_id = ${ownerId}
      ${filter.states === undefined ? sql`` : sql`and j.state = any(${textArray(sql, filter.states)})`}
      ${filter.operation === undefined ? sql`` : sql`and j.operation = ${filter.operation}`}
      ${filter.batchId === undefined ? sql`` : sql`and j.batch_id = ${filter.batchId}`}
      ${filter.words.map(likePattern).reduce((all, word) => sql`${all} and (j.prompt ilike ${word} or j.name ilike ${word})`, sql``)}
      ${after === null ? sql`` : sql`and (j.created_at, j.ordinal, j.id) < (${after.createdAt}, ${after.ordinal ?? 0}, ${after.id})`}
    order by j.created_at desc, j.ordinal desc, j.id desc
    limit ${limit}`;

export const countJobsByState = (sql: Queryable, ownerId: string) =>
  sql<Array<{ state: string; count: number }>>`select state, count(*)::int as count from job where owner_id = ${ownerId} group by state`;

/** Those of a batch that have not ended, in the order in which they were asked for. */
export const jobsOfBatch = (sql: Queryable, ownerId: string, batchId: string) =>
  sql<Array<{ id: string }>>`
    select id from job where batch_id = ${batchId} and owner_id = ${ownerId} and finished_at is null
    order by created_at, ordinal, id`;

/** The lowest priority number among those of the owner's jobs that are in one of the states, by provider. */
export const mostUrgent = (sql: Queryable, ownerId: string, states: ReadonlyArray<string>) =>
  sql<Array<{ provider: string; priority: number }>>`
    select provider, min(priority) as priority from job
    where owner_id = ${ownerId} and finished_at is null and state = any(${textArray(sql, states)})
    group by provider`;

/** Jobs that hold a slot and will use it without a person's help. */
export const slotHolders = (sql: Queryable) =>
  sql<Array<{ id: string; provider: string; slot: string }>>`
    select id, provider, slot from job where finished_at is null and slot is not null and not parked order by id`;

/** Jobs that hold a place at an account. */
export const leaseHolders = (sql: Queryable) =>
  sql<Array<{ id: string; account_id: string; lease_key: string }>>`
    select id, account_id, lease_key from job where finished_at is null and lease_key is not null and account_id is not null order by id`;

/** What the provider knows the maker of an asset's job by. */
export const makingOf = (sql: Queryable, jobId: string) =>
  sql<Array<{ provider: string; account_id: string; provider_job_id: string }>>`
    select provider, account_id, provider_job_id from job
    where id = ${jobId} and account_id is not null and provider_job_id is not null`;

/** The last `limit` generations of each provider and operation, oldest first. Only completed jobs have an asset. */
export const recentGenerations = (sql: Queryable, limit: number) =>
  sql<
    Array<{
      provider: string;
      operation: string;
      params: Readonly<Record<string, unknown>>;
      submitted_at: number;
      finished_at: number;
    }>
  >`
    with recursive done (provider, operation) as (
      (select provider, operation from job where asset_id is not null order by provider, operation limit 1)
      union all
      select next.provider, next.operation from done, lateral (
        select j.provider, j.operation from job j
        where j.asset_id is not null and (j.provider, j.operation) > (done.provider, done.operation)
        order by j.provider, j.operation limit 1
      ) next
    )
    select r.provider, r.operation, r.params, r.submitted_at, r.finished_at
    from done, lateral (
      select * from job j
      where j.asset_id is not null and j.provider = done.provider and j.operation = done.operation and j.submitted_at is not null
        and (j.absent_until is null or j.absent_until <= j.submitted_at)
      order by j.finished_at desc limit ${limit}
    ) r
    order by r.finished_at`;

export interface Admission {
  readonly admitted: boolean;
  /** Open or reserved, and asked for today, before. */
  readonly open: number;
  readonly made: number;
  readonly open_limit: number;
  readonly day_limit: number;
}

/**
 * Reserves places under the owner's limits of open jobs and of jobs a day (UTC, began at `today`): all of `ids` or none. `limits`: where the
 * owner has none of its own. Reservations older than `staleBefore` count no more.
 */
export const admitJobs = (
  sql: Queryable,
  ownerId: string,
  ids: ReadonlyArray<string>,
  limits: { readonly open: number; readonly aDay: number },
  { now, today, staleBefore }: { readonly now: number; readonly today: number; readonly staleBefore: number },
) =>
  sql<Array<Admission>>`
    select open, made, open_limit, day_limit, admitted
    from admit_jobs(${ownerId}, ${textArray(sql, ids)}, ${limits.open}, ${limits.aDay}, ${today}, ${now}, ${staleBefore})`;

/**
 * Whether a job was called off or is out of time. The job takes no step until the transaction ends, so that the answer stays
 * true so long.
 */
export const isCalledOff = async (tx: Tx, id: string): Promise<boolean> => {
  const [job] = await tx<Array<{ state: string }>>`select state from job where id = ${id} for share`;
  return job !== undefined && ["cancelling", "cancelled", "timedOut"].includes(job.state);
};

/** Jobs of all users that have not ended. */
export const openJobs = (sql: Queryable) => sql<Array<{ open: number }>>`select count(*)::int as open from job where finished_at is null`;
