// Accounts at providers in SQL: the read model that their actors write, their sealed credentials, and what they have uploaded. One
// statement a function.
import type { Queryable, Tx } from "../client/database.ts";

export interface AccountRow {
  readonly id: string;
  /** As clients see it. */
  readonly account: unknown;
}

/** Own and shared ones; all of them for an administrator. */
export const visibleAccounts = (sql: Queryable, ownerId: string, isAdmin: boolean) =>
  sql<Array<AccountRow>>`
    select id, account from account where (owner_id = ${ownerId} or shared or ${isAdmin}) and state <> 'removed' order by provider, id`;

export const accountsOf = (sql: Queryable, provider: string) =>
  sql<Array<AccountRow>>`select id, account from account where provider = ${provider} and state <> 'removed' order by id`;

export const accountById = (sql: Queryable, id: string) => sql<Array<AccountRow>>`select id, account from account where id = ${id}`;

/** All that a connection is made of. */
export const accountToConnect = (sql: Queryable, id: string) =>
  sql<Array<AccountRow & { sealed: unknown; changed_at: number }>>`
    select a.id, a.account, c.sealed, c.changed_at from account a join credential c on c.account_id = a.id where a.id = ${id}`;

/**
 * Leases taken before `before` that no job holds: the job has ended, waits without one, holds another, or never was. `charge` is how that
 * submission ended, where its job says so.
 */
export const staleLeases = (sql: Queryable, before: number) =>
  sql<Array<{ account_id: string; key: string; at: number; charge: unknown }>>`
    select a.id as account_id, l.key, (l.value ->> 'at')::bigint as at, (
      select c from jsonb_array_elements(j.charges) c where c ->> 'key' = l.key limit 1
    ) as charge
    from account a
    cross join jsonb_each(a.leases) l
    left join job j on j.id = l.value ->> 'jobId'
    where a.busy > 0
      and (l.value ->> 'at')::bigint < ${before}
      and (j.id is null or j.account_id is distinct from a.id or j.lease_key is distinct from l.key)`;

export interface CredentialRow {
  readonly account_id: string;
  readonly sealed: unknown;
}

/** A credential without an account, so old, belongs to a call that broke off, ms. */
const abandonedAfter = 60_000;

/**
 * Errors: `conflict` where another account has this digest. Keeps sealed credentials if the owner has fewer than `limit` accounts, or they are kept already. One account of an owner at a time,
 * whichever process adds it.
 */
export const addCredential = async (
  tx: Tx,
  {
    accountId,
    ownerId,
    sealed,
    digest,
    now,
  }: {
    readonly accountId: string;
    readonly ownerId: string;
    readonly sealed: string;
    readonly digest: string | null;
    readonly now: number;
  },
  limit: number,
): Promise<"kept" | "full"> => {
  await tx`select pg_advisory_xact_lock(hashtext('credential'), hashtext(${ownerId}))`;
  // Those of a call that broke off before there was an account, or after it was removed.
  await tx`
    delete from credential c where c.digest = ${digest} and c.account_id <> ${accountId} and c.changed_at < ${now - abandonedAfter}
      and not exists (select from account a where a.id = c.account_id and a.state <> 'removed')`;
  const rows = await tx<Array<{ account_id: string }>>`
    insert into credential (account_id, owner_id, sealed, digest, changed_at)
    select ${accountId}, ${ownerId}, ${sealed}::text::jsonb, ${digest}, ${now}
    where (select count(*) from credential where owner_id = ${ownerId} and account_id <> ${accountId}) < ${limit}
    on conflict (account_id) do update set changed_at = credential.changed_at
    returning account_id`;
  return rows.length === 1 ? "kept" : "full";
};

/** Errors as `addCredential`. */
export const replaceCredential = (sql: Queryable, accountId: string, sealed: string, digest: string | null, now: number) =>
  sql`update credential set sealed = ${sealed}::text::jsonb, digest = ${digest}, changed_at = ${now} where account_id = ${accountId}`;

/** The credentials stay, and what else makes it that account has changed. Errors as `addCredential`. */
export const setCredentialDigest = (sql: Queryable, accountId: string, digest: string | null) =>
  sql`update credential set digest = ${digest} where account_id = ${accountId}`;

export const installationSecret = (sql: Queryable, name: string) =>
  sql<Array<{ sealed: unknown }>>`select sealed from installation_secret where name = ${name}`;

/** The first to be kept stays: answers that. */
export const keepInstallationSecret = (sql: Queryable, name: string, sealed: string) =>
  sql<Array<{ sealed: unknown }>>`
    insert into installation_secret (name, sealed) values (${name}, ${sealed}::text::jsonb)
    on conflict (name) do update set sealed = installation_secret.sealed returning sealed`;

/**
 * One that cannot be opened any more, only if it is still what was read: what was made with the one before says nothing under the new one, and
 * is forgotten with it.
 */
export const replaceDigestSecret = (sql: Queryable, name: string, before: string, after: string) =>
  sql`
    with replaced as (
      update installation_secret set sealed = ${after}::text::jsonb where name = ${name} and sealed = ${before}::text::jsonb returning name
    )
    update credential set digest = null where digest is not null and exists (select from replaced)`;

export const allInstallationSecrets = (sql: Queryable) =>
  sql<Array<{ name: string; sealed: unknown }>>`select name, sealed from installation_secret order by name`;

/** Only if it is still what was read. */
export const rewrapInstallationSecret = (sql: Queryable, name: string, before: string, after: string) =>
  sql`update installation_secret set sealed = ${after}::text::jsonb where name = ${name} and sealed = ${before}::text::jsonb`;

/** Only if they are still those that were read. */
export const rewrapCredential = (sql: Queryable, accountId: string, before: string, after: string) =>
  sql`update credential set sealed = ${after}::text::jsonb where account_id = ${accountId} and sealed = ${before}::text::jsonb`;

export const allCredentials = (sql: Queryable) => sql<Array<CredentialRow>>`select account_id, sealed from credential order by account_id`;

export const removeCredential = (sql: Queryable, accountId: string) => sql`delete from credential where account_id = ${accountId}`;

/** Credentials whose account was never made, or is removed, because the process died in between. */
export const sweepCredentials = (sql: Queryable, before: number) =>
  sql`delete from credential c where c.changed_at < ${before} and not exists (select from account a where a.id = c.account_id and a.state <> 'removed')`;

export const uploadedAs = (sql: Queryable, accountId: string, sha256: string) =>
  sql<Array<{ remote_id: string }>>`select remote_id from provider_upload where account_id = ${accountId} and sha256 = ${sha256}`;

export const rememberUpload = (sql: Queryable, accountId: string, sha256: string, remoteId: string, now: number) =>
  sql`
    insert into provider_upload (account_id, sha256, remote_id, at) values (${accountId}, ${sha256}, ${remoteId}, ${now})
    on conflict (account_id, sha256) do update set remote_id = excluded.remote_id, at = excluded.at`;

export const forgetUpload = (sql: Queryable, accountId: string, sha256: string) =>
  sql`delete from provider_upload where account_id = ${accountId} and sha256 = ${sha256}`;

export const forgetUploads = (sql: Queryable, accountId: string) => sql`delete from provider_upload where account_id = ${accountId}`;
