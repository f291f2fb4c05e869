// The versions of a prompt as a tree, and their results in words. Pure.
import type { CallOutput } from "#protocol/contract.ts";
import type { PromptResults } from "#protocol/prompt.ts";
import { formatCount } from "#web/ui/format.ts";

export type Version = CallOutput<"prompts.get">["versions"][number];

export interface Branch {
  readonly version: Version;
  readonly children: ReadonlyArray<Branch>;
}

/** The first version at the root, each other one under the one it was made from. */
export const treeOf = (versions: ReadonlyArray<Version>): ReadonlyArray<Branch> => {
  const known = new Set(versions.map(({ id }) => id));
  const byParent = Map.groupBy(versions, ({ parentId }) => (parentId !== null && known.has(parentId) ? parentId : null));
  const under = (parent: string | null): ReadonlyArray<Branch> =>
    (byParent.get(parent) ?? []).map((version) => ({ version, children: under(version.id) }));
  return under(null);
};

export const resultWords = ({ jobs, completed, filtered, failed, favourites }: PromptResults): string =>
  jobs === 0
    ? "not used yet"
    : [
        `${formatCount(jobs, "video")} asked for`,
        `${completed} made`,
        ...(filtered > 0 ? [`${filtered} refused`] : []),
        ...(failed > 0 ? [`${failed} failed`] : []),
        ...(favourites > 0 ? [formatCount(favourites, "favourite")] : []),
      ].join(", ");
