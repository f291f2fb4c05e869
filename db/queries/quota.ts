// What a user keeps and what is on its way to it, for the quotas.
import type { Queryable, Tx } from "../client/database.ts";
import type { UserRow } from "./user.ts";

export interface Usage {
  /** Assets outside of the trash, and the bytes of their originals. */
  readonly assets: number;
  readonly bytes: number;
  /** Uploads and jobs that are open or just let in, each of which may become an asset, and the bytes that are known of them. */
  readonly coming: number;
  readonly comingBytes: number;
  /** What this user may keep at most: assets, and gigabytes of originals; null: as everybody. */
  readonly mostAssets: number | null;
  readonly mostStorage: number | null;
}

/** What one user is allowed; null: as everybody. */
export interface QuotaRow {
  readonly open_jobs: number | null;
  readonly jobs_a_day: number | null;
  readonly assets: number | null;
  readonly storage: number | null;
  readonly accounts: number | null;
}

export const quotaOf = (sql: Queryable, userId: string) =>
  sql<Array<QuotaRow>>`select open_jobs, jobs_a_day, assets, storage, accounts from user_quota where user_id = ${userId}`;

export const putQuota = (sql: Queryable, userId: string, quota: QuotaRow) =>
  sql`
    insert into user_quota (user_id, open_jobs, jobs_a_day, assets, storage, accounts)
    values (${userId}, ${quota.open_jobs}, ${quota.jobs_a_day}, ${quota.assets}, ${quota.storage}, ${quota.accounts})
    on conflict (user_id) do update set open_jobs = excluded.open_jobs, jobs_a_day = excluded.jobs_a_day, assets = excluded.assets,
      storage = excluded.storage, accounts = excluded.accounts`;

/** Jobs that have not ended, jobs asked for on the day that began at `today`, and accounts. */
export const countsOf = (sql: Queryable, userId: string, today: number) =>
  sql<Array<{ open: number; made: number; accounts: number }>>`
    select (select count(*) from job where owner_id = ${userId} and finished_at is null)::int as open,
      coalesce((select jobs from user_day where user_id = ${userId} and day = ${today}), 0)::int as made,
      (select count(*) from credential where owner_id = ${userId})::int as accounts`;

export interface UserUse extends QuotaRow {
  readonly user_id: string;
  readonly username: string;
  readonly role: UserRow["role"];
  readonly open: number;
  readonly made: number;
  readonly kept: number;
  readonly kept_bytes: number;
  readonly own_accounts: number;
}

/** Of all users, by name: what is allowed, and what `countsOf` and `usageOf` say of what is there. */
export const allQuotas = (sql: Queryable, today: number) =>
  sql<Array<UserUse>>`
    select u.id as user_id, u.username, u.role, q.open_jobs, q.jobs_a_day, q.assets, q.storage, q.accounts,
      coalesce(j.open, 0)::int as open, coalesce(d.jobs, 0)::int as made,
      coalesce(a.assets, 0)::float8 as kept, coalesce(a.bytes, 0)::float8 as kept_bytes, coalesce(c.accounts, 0)::int as own_accounts
    from app_user u
    left join user_quota q on q.user_id = u.id
    left join (select owner_id, count(*) as open from job where finished_at is null group by owner_id) j on j.owner_id = u.id
    left join user_day d on d.user_id = u.id and d.day = ${today}
    left join asset_usage a on a.owner_id = u.id
    left join (select owner_id, count(*) as accounts from credential group by owner_id) c on c.owner_id = u.id
    order by lower(u.username)`;

/** What is kept is counted where it changes, in the same transaction; what is coming, of which there is little, each time. */
export const usageOf = async (sql: Queryable, ownerId: string): Promise<Usage> => {
  const [row] = await sql<
    Array<{ assets: number; bytes: number; coming: number; coming_bytes: number; most: number | null; storage: number | null }>
  >`
    with kept as (
      select coalesce(sum(assets), 0) as assets, coalesce(sum(bytes), 0) as bytes from asset_usage where owner_id = ${ownerId}
    ), uploading as (
      select count(*) as files, sum(size) as bytes from upload where owner_id = ${ownerId} and not finished and asset_id is null
    )
    select kept.assets::float8 as assets, kept.bytes::float8 as bytes, coalesce(uploading.bytes, 0)::float8 as coming_bytes,
      (uploading.files + (select count(*) from job where owner_id = ${ownerId} and finished_at is null)
        + (select count(*) from job_reservation r where r.owner_id = ${ownerId} and not exists (select from job j where j.id = r.job_id))
      )::float8 as coming, q.assets as most, q.storage
    from kept cross join uploading left join user_quota q on q.user_id = ${ownerId}`;
  return {
    assets: row?.assets ?? 0,
    bytes: row?.bytes ?? 0,
    coming: row?.coming ?? 0,
    comingBytes: row?.coming_bytes ?? 0,
    mostAssets: row?.most ?? null,
    mostStorage: row?.storage ?? null,
  };
};

/** Lets in one at a time of what becomes an asset, or comes back as one, in this transaction: two could both see room for one more. */
export const lockUsage = (tx: Tx, ownerId: string) => tx`select pg_advisory_xact_lock(hashtext('quota'), hashtext(${ownerId}))`;

/** Gives back the places that were reserved for jobs today, but for those that are there. */
export const dropReservations = (sql: Queryable, ids: ReadonlyArray<string>, today: number) =>
  sql`
    with dropped as (
      delete from job_reservation r where r.job_id = any(${sql.array([...ids], 25)}::text[])
        and not exists (select from job j where j.id = r.job_id)
      returning owner_id
    )
    update user_day d set jobs = greatest(0, d.jobs - c.jobs)
    from (select owner_id, count(*)::int as jobs from dropped group by owner_id) c where d.user_id = c.owner_id and d.day = ${today}`;

/** Forgets how many jobs were asked for on days before this one. */
export const forgetDays = (sql: Queryable, before: number) =>
  sql<Array<{ user_id: string }>>`delete from user_day where day < ${before} returning user_id`;
