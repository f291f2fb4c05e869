// A playthrough as its table and players see it: functions of the machine's snapshot. Pure.
import type { PlaySessionRow } from "#db/queries/play.ts";
import type { Playthrough, PlaythroughSummary } from "#protocol/play.ts";
import { endingName } from "#protocol/scene/play/flow.ts";
import type { ActorMeta, ColumnType } from "#runtime/actor/define.ts";
import { type SessionContext, timerOf } from "./context.ts";

export interface SessionSnapshot {
  readonly value: unknown;
  readonly context: SessionContext;
}

/** Columns of the table `play_session` besides those that the host writes. */
export const sessionColumns = {
  owner_id: "text",
  version_id: "text",
  scene_id: "text",
  title: "text",
  turn: "integer",
  ending: "text",
  deleted: "boolean",
  created_at: "bigint",
  changed_at: "bigint",
} as const satisfies Readonly<Record<string, ColumnType>>;

const endingOf = ({ play: { waiting } }: SessionContext): string | null => (waiting.for === "nothing" ? endingName(waiting.ending) : null);

export const storedSession = (
  { value, context }: SessionSnapshot,
  meta: ActorMeta,
): Readonly<Record<keyof typeof sessionColumns, unknown>> => ({
  owner_id: context.ownerId,
  version_id: context.order.versionId,
  scene_id: context.order.sceneId,
  title: context.order.title,
  turn: context.play.turn,
  ending: endingOf(context),
  deleted: value === "deleted",
  created_at: context.startedAt,
  changed_at: meta.at,
});

export const playthroughOf = (context: SessionContext, { seq, at }: { readonly seq: number; readonly at: number }): Playthrough => ({
  id: context.order.id,
  versionId: context.order.versionId,
  sceneId: context.order.sceneId,
  title: context.order.title,
  language: context.language,
  timers: context.timers,
  branch: context.branch,
  state: context.play,
  timer: timerOf(context),
  startedAt: context.startedAt,
  changedAt: at,
  rev: seq,
});

export const summaryOf = (row: PlaySessionRow): PlaythroughSummary => ({
  id: row.id,
  versionId: row.version_id,
  sceneId: row.scene_id,
  title: row.title,
  turn: row.turn,
  ending: row.ending,
  startedAt: row.created_at,
  changedAt: row.changed_at,
  rev: row.rev,
});
