// Clips that were asked for because somebody plays, and the budgets of stories. One statement a function.
import type { Queryable, Tx } from "../client/database.ts";
import type { JobRow } from "./job.ts";

export interface PlayGenerationRow {
  readonly job_id: string;
  readonly result: string;
  readonly round: number;
  readonly attempt: number;
  readonly asset_id: string;
  readonly owner_id: string;
  readonly version_id: string;
  readonly scene_id: string;
  readonly in_scene: string;
  readonly node: string;
  readonly session_id: string;
  readonly player_id: string;
  readonly credits: number;
  readonly created_at: number;
}

/** With what is known of its job; nulls: it is not there yet. */
export interface LatestGenerationRow {
  readonly job_id: string;
  readonly round: number;
  readonly attempt: number;
  readonly state: JobRow["state"] | null;
  readonly finished_at: number | null;
}

/** Of what gives the same result: what was made, or else the latest that was asked for. */
export const latestGeneration = (sql: Queryable, result: string) =>
  sql<Array<LatestGenerationRow>>`
    select g.job_id, g.round, g.attempt, j.state, j.finished_at from play_generation g left join job j on j.id = g.job_id
    where g.result = ${result} order by coalesce(j.state = 'completed', false) desc, g.round desc limit 1`;

/** Clips of one story are asked for one after the other in this transaction: they are counted before. */
export const lockGenerations = (tx: Tx, sceneId: string) =>
  tx`select pg_advisory_xact_lock(hashtext('play_generation'), hashtext(${sceneId}))`;

export interface GenerationCounts {
  readonly playthrough: number;
  readonly player_day: number;
  readonly story_day: number;
  readonly credits_day: number;
}

/** Not what came to nothing, unless something of it is to be paid, as far as it is known. */
const isCounted = (sql: Queryable) => sql`
  (j.state is null or j.state not in ('failed', 'cancelled', 'timedOut') or exists (
    select from jsonb_array_elements(j.charges) c
    where coalesce((c->>'charged')::float8 > 0, c->>'outcome' in ('completed', 'goes on', 'unknown'))))`;

/** What a story has asked for: in this playthrough, and since the beginning of the day for this player and for everybody. */
export const countGenerations = (
  sql: Queryable,
  {
    sceneId,
    sessionId,
    playerId,
    since,
  }: { readonly sceneId: string; readonly sessionId: string; readonly playerId: string; readonly since: number },
) =>
  sql<Array<GenerationCounts>>`
    select (
        select count(*)::int from play_generation g left join job j on j.id = g.job_id where g.session_id = ${sessionId} and ${isCounted(sql)}
      ) as playthrough,
      count(*) filter (where g.player_id = ${playerId})::int as player_day, count(*)::int as story_day,
      coalesce(sum(g.credits::numeric), 0)::float8 as credits_day
    from play_generation g left join job j on j.id = g.job_id
    where g.scene_id = ${sceneId} and g.created_at >= ${since} and ${isCounted(sql)}`;

/** Nothing is inserted where another has asked for the same just now. */
export const insertGeneration = (sql: Queryable, row: PlayGenerationRow) =>
  sql`
    insert into play_generation (job_id, result, round, attempt, asset_id, owner_id, version_id, scene_id, in_scene, node, session_id, player_id,
      credits, created_at)
    values (${row.job_id}, ${row.result}, ${row.round}, ${row.attempt}, ${row.asset_id}, ${row.owner_id}, ${row.version_id}, ${row.scene_id},
      ${row.in_scene}, ${row.node}, ${row.session_id}, ${row.player_id}, ${row.credits}, ${row.created_at})
    on conflict do nothing`;

/** Of one whose job was refused: it costs nothing. */
export const dropGeneration = (sql: Queryable, jobId: string) =>
  sql`delete from play_generation g where g.job_id = ${jobId} and not exists (select from job j where j.id = g.job_id)`;

/** No row: the job is nobody's who plays. */
export const generationOfJob = (sql: Queryable, jobId: string) =>
  sql<Array<{ job_id: string }>>`select job_id from play_generation where job_id = ${jobId}`;

/** Of a story, newest first. */
export const generationsOf = (sql: Queryable, sceneId: string, limit: number) =>
  sql<
    Array<Pick<PlayGenerationRow, "job_id" | "version_id" | "in_scene" | "node" | "credits" | "created_at"> & { state: JobRow["state"] }>
  >`
    select g.job_id, g.version_id, g.in_scene, g.node, g.credits, g.created_at, j.state
    from play_generation g join job j on j.id = g.job_id
    where g.scene_id = ${sceneId} order by g.created_at desc, g.job_id limit ${limit}`;

export type PlayBudgetRow = GenerationCounts;

export const playBudget = (sql: Queryable, sceneId: string) =>
  sql<Array<PlayBudgetRow>>`select playthrough, player_day, story_day, credits_day from play_budget where scene_id = ${sceneId}`;

export const setPlayBudget = (sql: Queryable, sceneId: string, budget: PlayBudgetRow) =>
  sql`
    insert into play_budget (scene_id, playthrough, player_day, story_day, credits_day)
    values (${sceneId}, ${budget.playthrough}, ${budget.player_day}, ${budget.story_day}, ${budget.credits_day})
    on conflict (scene_id) do update set playthrough = excluded.playthrough, player_day = excluded.player_day,
      story_day = excluded.story_day, credits_day = excluded.credits_day`;
