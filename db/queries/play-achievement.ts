// What players have achieved, in SQL. One statement a function.
import type { Queryable } from "../client/database.ts";

export interface PlayAchievementRow {
  readonly name: string;
  readonly at: number;
}

/** Those that the player has in this story already stay as they are. */
export const addPlayAchievements = (sql: Queryable, ownerId: string, sceneId: string, names: ReadonlyArray<string>, at: number) =>
  sql`
    insert into play_achievement (owner_id, scene_id, name, at)
    select ${ownerId}, ${sceneId}, name, ${at} from unnest(${[...names]}::text[]) name
    on conflict do nothing`;

/** Earliest first. */
export const playAchievementsOf = (sql: Queryable, ownerId: string, sceneId: string) =>
  sql<Array<PlayAchievementRow>>`
    select name, at from play_achievement where owner_id = ${ownerId} and scene_id = ${sceneId} order by at, name`;

/** What a guest has achieved is the user's. */
export const adoptPlayAchievements = (sql: Queryable, guestId: string, userId: string) =>
  sql`
    insert into play_achievement (owner_id, scene_id, name, at)
    select ${userId}, scene_id, name, at from play_achievement where owner_id = ${guestId}
    on conflict do nothing`;
