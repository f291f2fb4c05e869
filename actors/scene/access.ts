// Who may do what with a scene: decided here for all that is asked of one. Pure.
import { notFound } from "#actors/library.ts";
import type { SharedRow } from "#db/queries/scene.ts";
import type { SceneAccess } from "#protocol/scene.ts";
import { CallError } from "#protocol/wire/errors.ts";

/** What a call needs of who makes it: to look at the scene, to change its draft, or to be its owner. */
export type Need = "read" | "edit" | "own";

const rank: Readonly<Record<SceneAccess, number>> = { none: 0, viewer: 1, editor: 2, owner: 3 };
const least: Readonly<Record<Need, SceneAccess>> = { read: "viewer", edit: "editor", own: "owner" };

export const noScene = (id: string): CallError => notFound(`The scene ${id}`);

export const accessTo = ({ owner_id: ownerId, grants }: SharedRow, userId: string): SceneAccess =>
  ownerId === userId ? "owner" : (grants?.find((grant) => grant.user_id === userId)?.role ?? "none");

/** Why somebody may not; undefined: they may. A row that is not there belongs to somebody who does not share it, or to nobody. */
export const refusalOf = (row: SharedRow | undefined, id: string, userId: string, need: Need): CallError | undefined => {
  const access = row === undefined ? "none" : accessTo(row, userId);
  if (rank[access] >= rank[least[need]]) return undefined;
  if (row === undefined || access === "none") return noScene(id);
  const owner = row.owner_name ?? "its owner";
  return new CallError(
    "forbidden",
    need === "edit"
      ? `You may look at this scene, and not change it: ${owner} can let you.`
      : `Only ${owner} can do this: it is their scene.`,
  );
};
