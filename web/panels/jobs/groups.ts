// The groups by which people look for jobs. Pure.
import { JobState, finalJobStates } from "#protocol/job.ts";
import type { JobCounts } from "#web/store/jobs.ts";

export type JobGroup = "all" | "active" | "completed" | "problems" | "cancelled";

export const jobGroups: ReadonlyArray<JobGroup> = ["all", "active", "completed", "problems", "cancelled"];

export const groupLabels: Readonly<Record<JobGroup, string>> = {
  all: "All",
  active: "Active",
  completed: "Completed",
  problems: "Problems",
  cancelled: "Cancelled",
};

/** The states of a group; none: every state. */
export const statesOf = (group: JobGroup): ReadonlyArray<JobState> => {
  switch (group) {
    case "all":
      return [];
    case "active":
      return JobState.options.filter((state) => !finalJobStates.has(state));
    case "completed":
      return ["completed"];
    case "problems":
      return ["failed", "filtered", "timedOut"];
    case "cancelled":
      return ["cancelled"];
  }
};

export const countOf = (group: JobGroup, counts: JobCounts): number => {
  const states = statesOf(group);
  return (states.length === 0 ? JobState.options : states).reduce((sum, state) => sum + counts[state], 0);
};
