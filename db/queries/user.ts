// Users, their sessions and one-time sign-in links.
import type { Queryable, Tx } from "../client/database.ts";

export interface UserRow {
  readonly id: string;
  readonly username: string;
  readonly email: string | null;
  readonly role: "guest" | "user" | "admin";
  readonly password: string | null;
  readonly created_at: number;
}

export interface SessionRow {
  readonly id: string;
  readonly user_id: string;
  readonly client: string;
  readonly ip: string;
  readonly created_at: number;
  readonly last_used_at: number;
  readonly expires_at: number;
  readonly revoked_at: number | null;
  readonly refresh_hash: string;
  readonly previous_hash: string | null;
  readonly rotated_at: number;
}

export const insertUser = (sql: Queryable, user: UserRow) =>
  sql`insert into app_user (id, username, email, role, password, created_at)
    values (${user.id}, ${user.username}, ${user.email}, ${user.role}, ${user.password}, ${user.created_at})`;

const userColumns = (sql: Queryable) => sql`id, username, email, role, password, created_at`;

export const userById = (sql: Queryable, id: string) => sql<Array<UserRow>>`select ${userColumns(sql)} from app_user where id = ${id}`;

/** By user name or e-mail, whatever the case. */
export const userByLogin = (sql: Queryable, login: string) =>
  sql<
    Array<UserRow>
  >`select ${userColumns(sql)} from app_user where lower(username) = lower(${login}) or lower(email) = lower(${login}) limit 1`;

export const allUsers = (sql: Queryable) => sql<Array<UserRow>>`select ${userColumns(sql)} from app_user order by created_at, id`;

/** null: none, so that only links and sessions let the user in. */
export const setPassword = (sql: Queryable, userId: string, password: string | null) =>
  sql`update app_user set password = ${password} where id = ${userId}`;

type Preferences = { readonly preferences: Readonly<Record<string, unknown>> };

export const readPreferences = (sql: Queryable, userId: string) =>
  sql<Array<Preferences>>`select preferences from app_user where id = ${userId}`;

/** Nobody else changes them until the transaction ends. */
export const lockPreferences = (tx: Tx, userId: string) =>
  tx<Array<Preferences>>`select preferences from app_user where id = ${userId} for update`;

export const writePreferences = (sql: Queryable, userId: string, json: string) =>
  sql`update app_user set preferences = ${json}::text::json where id = ${userId}`;

export const insertSession = (sql: Queryable, session: Omit<SessionRow, "revoked_at" | "previous_hash">) =>
  sql`insert into session (id, user_id, client, ip, created_at, last_used_at, expires_at, refresh_hash, rotated_at)
    values (${session.id}, ${session.user_id}, ${session.client}, ${session.ip}, ${session.created_at}, ${session.last_used_at},
      ${session.expires_at}, ${session.refresh_hash}, ${session.rotated_at})`;

const sessionColumns = (sql: Queryable) =>
  sql`id, user_id, client, ip, created_at, last_used_at, expires_at, revoked_at, refresh_hash, previous_hash, rotated_at`;

export const sessionById = (sql: Queryable, id: string) =>
  sql<Array<SessionRow>>`select ${sessionColumns(sql)} from session where id = ${id}`;

/** Nobody else changes it until the transaction ends. */
export const lockSession = (tx: Tx, id: string) =>
  tx<Array<SessionRow>>`select ${sessionColumns(tx)} from session where id = ${id} for update`;

export const liveSessions = (sql: Queryable, userId: string, now: number) =>
  sql<
    Array<SessionRow>
  >`select ${sessionColumns(sql)} from session where user_id = ${userId} and revoked_at is null and expires_at > ${now} order by last_used_at desc`;

export const rotateSession = (
  sql: Queryable,
  id: string,
  next: { readonly refresh_hash: string; readonly previous_hash: string; readonly at: number; readonly expires_at: number },
) =>
  sql`update session set refresh_hash = ${next.refresh_hash}, previous_hash = ${next.previous_hash}, rotated_at = ${next.at},
    last_used_at = ${next.at}, expires_at = ${next.expires_at} where id = ${id}`;

/** Ends sessions of a user: the one named, or all but `except`. Answers which. */
export const revokeSessions = (
  sql: Queryable,
  userId: string,
  which: { readonly id?: string; readonly except?: string },
  why: string,
  now: number,
) =>
  sql<Array<{ id: string }>>`
    update session set revoked_at = ${now}, revoked_why = ${why}
    where user_id = ${userId} and revoked_at is null
      ${which.id === undefined ? sql`` : sql`and id = ${which.id}`}
      ${which.except === undefined ? sql`` : sql`and id <> ${which.except}`}
    returning id`;

export const revokedSince = (sql: Queryable, since: number) =>
  sql<Array<{ id: string }>>`select id from session where revoked_at >= ${since}`;

/** Ends a user's sessions but the `most` used last. Answers which. */
export const revokeOldSessions = (sql: Queryable, userId: string, most: number, why: string, now: number) =>
  sql<Array<{ id: string }>>`
    update session set revoked_at = ${now}, revoked_why = ${why}
    where id in (
      select id from session where user_id = ${userId} and revoked_at is null and expires_at > ${now}
      order by last_used_at desc, created_at desc offset ${most}
    )
    returning id`;

export const insertLink = (
  sql: Queryable,
  link: { readonly token_hash: string; readonly user_id: string; readonly created_at: number; readonly expires_at: number },
) =>
  sql`insert into sign_in_link (token_hash, user_id, created_at, expires_at) values (${link.token_hash}, ${link.user_id}, ${link.created_at}, ${link.expires_at})`;

/** Takes a link away; answers whose it was if it was still good. */
export const takeLink = (sql: Queryable, tokenHash: string, now: number) =>
  sql<
    Array<{ user_id: string; expires_at: number }>
  >`delete from sign_in_link where token_hash = ${tokenHash} and expires_at > ${now} returning user_id, expires_at`;

export const dropLinks = (sql: Queryable, userId: string) => sql`delete from sign_in_link where user_id = ${userId}`;

/** Whether anybody has ever signed in: sessions are forgotten after a while, a password that somebody chose is not. */
export const signedInEver = (sql: Queryable) =>
  sql<Array<{ ever: boolean }>>`
    select exists (select from session) or exists (select from app_user where password is not null) as ever`;

export const sweepSessions = (sql: Queryable, before: number) =>
  sql`delete from session where expires_at < ${before} or revoked_at < ${before}`;
export const sweepLinks = (sql: Queryable, now: number) => sql`delete from sign_in_link where expires_at < ${now}`;
