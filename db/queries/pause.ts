// Where jobs are held back by a person. One statement a function.
import type { Queryable } from "../client/database.ts";

export interface PauseRow {
  /** Whose jobs; empty: everybody's. */
  readonly owner_id: string;
  /** Where; empty: everywhere. */
  readonly provider: string;
  /** Null: it has been resumed. */
  readonly since: number | null;
  readonly rev: number;
}

/** Pauses one or ends it; one that is paused already keeps the time from which it is. */
export const setPause = (sql: Queryable, { ownerId, provider, since }: { ownerId: string; provider: string; since: number | null }) =>
  sql<Array<PauseRow>>`
    insert into pause (owner_id, provider, since, rev) values (${ownerId}, ${provider}, ${since}, 1)
    on conflict (owner_id, provider) do update set rev = pause.rev + 1,
      since = case when excluded.since is null then null else coalesce(pause.since, excluded.since) end
    returning owner_id, provider, since, rev`;

/** Also those that were resumed, for their `rev`. */
export const allPauses = (sql: Queryable) =>
  sql<Array<PauseRow>>`select owner_id, provider, since, rev from pause order by owner_id, provider`;

/** What holds jobs back at one provider now. */
export const pausesAt = (sql: Queryable, provider: string) =>
  sql<Array<PauseRow>>`
    select owner_id, provider, since, rev from pause where since is not null and provider in ('', ${provider}) order by owner_id, provider`;
