// Drafts as this process validated them last: who edits a large scene edits it again, and to read and validate all of it each time keeps others
// waiting. What is kept is that of exactly this change of exactly this scene; for any other there is none here, and it is read.
import type { SceneRow } from "#db/queries/scene.ts";
import type { SceneBody } from "#protocol/scene/scene.ts";

/** Drafts that are kept, those used last: each takes up to some 10 MB. */
const most = 8;
/** Nodes from which on it is worth it. */
const large = 500;

type Edited = Pick<SceneRow, "id" | "draft" | "created_at" | "changed_at">;

export interface Drafts {
  /** Undefined: it is not here. */
  readonly of: (row: Edited) => SceneBody | undefined;
  /** What was committed as this row. */
  readonly keep: (row: Edited, body: SceneBody) => void;
}

const changeOf = ({ draft, created_at: createdAt, changed_at: changedAt }: Edited): string => `${draft} ${createdAt} ${changedAt}`;

export const makeDrafts = (): Drafts => {
  /** By scene, the one that was kept longest ago first. */
  const drafts = new Map<string, { readonly change: string; readonly body: SceneBody }>();
  return {
    of: (row) => {
      const kept = drafts.get(row.id);
      return kept?.change === changeOf(row) ? kept.body : undefined;
    },
    keep: (row, body) => {
      drafts.delete(row.id);
      if (body.nodes.length < large) return;
      drafts.set(row.id, { change: changeOf(row), body });
      const [oldest] = drafts.keys();
      if (drafts.size > most && oldest !== undefined) drafts.delete(oldest);
    },
  };
};
