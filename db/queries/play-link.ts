// Links to published stories, and the guests who came by them. One statement a function.
import type { Queryable, Tx } from "../client/database.ts";

export interface PlayLinkRow {
  readonly id: string;
  readonly owner_id: string;
  readonly version_id: string;
  readonly scene_id: string;
  readonly title: string;
  readonly session_id: string | null;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  /** Its scene is in the trash. */
  readonly gone: boolean;
  readonly guests: number;
}

const links = (sql: Queryable) => sql`
  select l.id, l.owner_id, l.version_id, v.scene_id, s.title, l.session_id, l.created_at, l.expires_at, l.revoked_at,
    s.deleted_at is not null as gone, (select count(*)::int from play_guest g where g.link_id = l.id) as guests
  from play_link l join scene_version v on v.id = l.version_id join scene s on s.id = v.scene_id`;

export const playLinkByToken = (sql: Queryable, tokenHash: string) =>
  sql<Array<PlayLinkRow>>`${links(sql)} where l.token_hash = ${tokenHash}`;

export const playLinkById = (sql: Queryable, id: string) => sql<Array<PlayLinkRow>>`${links(sql)} where l.id = ${id}`;

export const playLinkOfGuest = (sql: Queryable, guestId: string) =>
  sql<Array<PlayLinkRow>>`${links(sql)} where l.id = (select link_id from play_guest where id = ${guestId} and adopted_by is null)`;

/** Newest first, those that were not withdrawn. */
export const playLinksOf = (sql: Queryable, ownerId: string, limit: number) =>
  sql<Array<PlayLinkRow>>`
    ${links(sql)} where l.owner_id = ${ownerId} and l.revoked_at is null order by l.created_at desc, l.id limit ${limit}`;

export const lockPlayLinks = (tx: Tx, ownerId: string) => tx`select pg_advisory_xact_lock(hashtext('play_link'), hashtext(${ownerId}))`;

/** Without the one named, and those that were withdrawn or have expired. */
export const countPlayLinks = (sql: Queryable, ownerId: string, except: string, now: number) =>
  sql<Array<{ count: number }>>`
    select count(*)::int as count from play_link
    where owner_id = ${ownerId} and id <> ${except} and revoked_at is null and (expires_at is null or expires_at > ${now})`;

/** All that were made after then, but for the one named. */
export const countPlayLinksMade = (sql: Queryable, ownerId: string, except: string, since: number) =>
  sql<Array<{ count: number }>>`
    select count(*)::int as count from play_link where owner_id = ${ownerId} and id <> ${except} and created_at > ${since}`;

/** It is withdrawn by nobody until the transaction ends. Answers how it is then. */
export const holdPlayLink = (tx: Tx, id: string) =>
  tx<Array<Pick<PlayLinkRow, "expires_at" | "revoked_at">>>`select expires_at, revoked_at from play_link where id = ${id} for share`;

/** A repeat gives it another token: that of the first is not known any more. `via`: the link with which it is withdrawn. */
export const insertPlayLink = (
  tx: Tx,
  link: Pick<PlayLinkRow, "id" | "owner_id" | "version_id" | "session_id" | "created_at" | "expires_at"> & {
    readonly token_hash: string;
    readonly via: string | null;
  },
) =>
  tx`
    insert into play_link (id, token_hash, owner_id, version_id, session_id, created_at, expires_at, via)
    values (
      ${link.id}, ${link.token_hash}, ${link.owner_id}, ${link.version_id}, ${link.session_id}, ${link.created_at}, ${link.expires_at},
      ${link.via}
    )
    on conflict (id) do update set token_hash = excluded.token_hash`;

/** None is made by it until the transaction ends: statements that follow see all that were. No row: there is no such link. */
export const lockPlayLink = (tx: Tx, ownerId: string, id: string) =>
  tx<Array<{ id: string }>>`select id from play_link where id = ${id} and owner_id = ${ownerId} for update`;

/** With those that are good only as long as it is, which it was locked for. Answers the guests of each. */
export const revokePlayLink = (tx: Tx, id: string, now: number) =>
  tx<Array<{ guests: ReadonlyArray<string> }>>`
    update play_link l set revoked_at = coalesce(revoked_at, ${now}) where l.id = ${id} or l.via = ${id}
    returning coalesce((select json_agg(g.id) from play_guest g where g.link_id = l.id), '[]'::json) as guests`;

export const insertPlayGuest = (sql: Queryable, guest: { readonly id: string; readonly link_id: string; readonly created_at: number }) =>
  sql`
    insert into play_guest (id, link_id, created_at, seen_at)
    values (${guest.id}, ${guest.link_id}, ${guest.created_at}, ${guest.created_at})`;

/** The guest opens their link again; no row: they are none of it, or are not known any more. */
export const seePlayGuest = (sql: Queryable, id: string, linkId: string, now: number) =>
  sql<Array<{ id: string }>>`
    update play_guest set seen_at = ${now} where id = ${id} and link_id = ${linkId} and adopted_by is null returning id`;

/** Forgets guests who were seen last before then, and have nothing to come back to. */
export const dropIdleGuests = (sql: Queryable, before: number) =>
  sql<Array<{ id: string }>>`
    delete from play_guest g
    where g.seen_at < ${before} and g.adopted_by is null
      and not exists (select from play_session p where p.owner_id = g.id and not p.deleted)
      and not exists (select from play_achievement a where a.owner_id = g.id)
    returning g.id`;

/**
 * Forgets links that led nowhere any more before then, with those that were good only as long as they were, and the guests of them: what they
 * have played cannot be gone on with, and is counted still.
 */
export const dropEndedLinks = (sql: Queryable, before: number) =>
  sql<Array<{ id: string }>>`delete from play_link where least(revoked_at, expires_at) < ${before} returning id`;

/** Guests whose link is good: these may play. */
export const goodPlayGuest = (sql: Queryable, id: string, now: number) =>
  sql<Array<{ id: string }>>`
    select g.id from play_guest g join play_link l on l.id = g.link_id
    where g.id = ${id} and g.adopted_by is null and l.revoked_at is null and (l.expires_at is null or l.expires_at > ${now})`;

/** Guests whose link was withdrawn after `since`. */
export const endedPlayGuests = (sql: Queryable, since: number) =>
  sql<Array<{ id: string }>>`select g.id from play_guest g join play_link l on l.id = g.link_id where l.revoked_at > ${since}`;

/** The guest is this user from now on; no row: is another's, or unknown. */
export const adoptPlayGuest = (sql: Queryable, id: string, userId: string) =>
  sql<Array<{ id: string }>>`
    update play_guest set adopted_by = ${userId} where id = ${id} and (adopted_by is null or adopted_by = ${userId}) returning id`;

/** Links by which a guest lets others follow are this user's from now on: all, where none is being made (`lockPlayLinks`). */
export const adoptPlayLinks = (sql: Queryable, guestId: string, userId: string) =>
  sql`update play_link set owner_id = ${userId} where owner_id = ${guestId}`;

/** The user whom this guest has become; no row: none, or it is no guest. */
export const adopterOf = (sql: Queryable, id: string) =>
  sql<Array<{ user_id: string }>>`select adopted_by as user_id from play_guest where id = ${id} and adopted_by is not null`;

/** Playthroughs that are with guests still who have become users, and those users. */
export const leftWithGuests = (sql: Queryable, limit: number) =>
  sql<Array<{ id: string; user_id: string }>>`
    select p.id, g.adopted_by as user_id from play_guest g join play_session p on p.owner_id = g.id
    where g.adopted_by is not null and not p.deleted and p.rev >= 0 order by random() limit ${limit}`;

/** Ids of all playthroughs of somebody. */
export const playSessionsOf = (sql: Queryable, ownerId: string) =>
  sql<Array<{ id: string }>>`select id from play_session where owner_id = ${ownerId} and not deleted and rev >= 0`;
