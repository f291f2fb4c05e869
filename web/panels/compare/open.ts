// The ways into the comparison: from videos, and from jobs by their results. Says so where there is too little to compare.
import { openPanel } from "#web/dock/panel.ts";
import { sentenceOf } from "#web/store/problem.ts";
import type { Workspace } from "#web/store/workspace.ts";
import { toast } from "#web/ui/toast.tsx";

/** Videos side by side at most: more would be too small to be told apart. */
export const mostCompared = 4;

/** The ids if they are two to four videos outside of the trash; null otherwise. Tracked. */
export const comparable = ({ assets }: Pick<Workspace, "assets">, ids: ReadonlyArray<string>): ReadonlyArray<string> | null =>
  ids.length >= 2 &&
  ids.length <= mostCompared &&
  ids.every((id) => {
    const asset = assets.row(id);
    return asset?.mediaType === "video" && asset.deletedAt === null;
  })
    ? ids
    : null;

export const compareAssets = (assetIds: ReadonlyArray<string>): void => openPanel("compare", { assetIds });

/** Of several assets that are chosen. */
export const compareChosen = (workspace: Pick<Workspace, "assets">, ids: ReadonlyArray<string>): void => {
  const fit = comparable(workspace, ids);
  if (fit === null) {
    toast("Choose two to four videos", { detail: "They are then played side by side, in sync." });
  } else {
    compareAssets(fit);
  }
};

/** The results of jobs, of the first four that have one. Tracked. */
export const resultsOf = ({ jobs }: Pick<Workspace, "jobs">, ids: ReadonlyArray<string>): ReadonlyArray<string> =>
  ids.flatMap((id) => jobs.row(id)?.assetId ?? []).slice(0, mostCompared);

const compareResults = (results: ReadonlyArray<string>): void => {
  if (results.length < 2) {
    toast("Nothing to compare yet", { detail: "Two of these jobs must have ended with a video." });
  } else {
    compareAssets(results);
  }
};

/** The results of the chosen jobs; of one alone those of its batch, as they were made. */
export const compareJobs = async (workspace: Pick<Workspace, "client" | "jobs">, ids: ReadonlyArray<string>): Promise<void> => {
  const only = ids.length === 1 ? workspace.jobs.peek(ids[0] ?? "") : undefined;
  if (only === undefined) {
    compareResults(resultsOf(workspace, ids));
  } else if (only.batchId === null) {
    toast("This job was not made together with others", { detail: "Choose several jobs to compare their results." });
  } else {
    try {
      const { jobs } = await workspace.client.call("jobs.list", { filter: { batchId: only.batchId, states: ["completed"] }, limit: 100 });
      // Newest first, as lists are.
      compareResults(
        jobs
          .toReversed()
          .flatMap(({ assetId }) => assetId ?? [])
          .slice(0, mostCompared),
      );
    } catch (error) {
      toast("The batch could not be read", { tone: "bad", detail: sentenceOf(error) });
    }
  }
};
