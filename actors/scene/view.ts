// Stored scenes and versions as clients see them, and drafts and stories as this release understands them. Pure.
import type { DraftRow, SceneRow, SceneVersionRow } from "#db/queries/scene.ts";
import type { Scene, SceneVersion } from "#protocol/scene.ts";
import { upgradedBody, upgradedStory } from "#protocol/scene/file.ts";
import type { SceneBody, Story } from "#protocol/scene/scene.ts";
import { accessTo } from "./access.ts";

export const sceneVersionView = (row: SceneVersionRow): SceneVersion => ({
  id: row.id,
  sceneId: row.scene_id,
  number: row.number,
  note: row.note,
  createdAt: row.created_at,
});

/** As this user sees it. */
export const sceneView = (row: SceneRow, userId: string): Scene => ({
  id: row.id,
  ownerId: row.owner_id,
  ownerName: row.owner_name ?? "",
  access: row.deleted_at !== null && row.owner_id !== userId ? "none" : accessTo(row, userId),
  people: row.grants?.length ?? 0,
  title: row.title,
  nodes: row.nodes,
  edges: row.edges,
  versions: row.versions,
  latest: row.latest === null ? null : sceneVersionView(row.latest),
  edited: row.published !== row.draft,
  draft: row.draft,
  createdAt: row.created_at,
  changedAt: row.changed_at,
  deletedAt: row.deleted_at,
  rev: row.rev,
});

export const draftBody = ({ format, body }: DraftRow): SceneBody => upgradedBody(JSON.parse(body), format);

export const storedStory = ({ format, story }: { readonly format: number; readonly story: unknown }): Story => upgradedStory(story, format);
