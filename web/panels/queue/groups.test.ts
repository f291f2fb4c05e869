import { expect, it } from "vitest";
import type { ProviderQueue } from "#protocol/account.ts";
import { sampleJob } from "#web/store/testing.ts";
import { groupsOf } from "./groups.ts";

const job = (id: string, provider: string, change: object = {}) => sampleJob({ id, provider, state: "waitingForSlot", ...change });
const queue = (provider: string, waiting: number, ids: ReadonlyArray<string>): ProviderQueue => ({
  provider,
  waiting,
  jobs: ids.map((jobId, ahead) => ({ jobId, ahead, priority: 5, since: 1, cost: 2, reason: "full" })),
  accounts: null,
});

it("groups what waits by provider, in the turns that the pool tells, and what it does not tell behind", () => {
  const jobs = [job("n", "pixverse"), job("b", "pixverse"), job("a", "pixverse"), job("s", "studio")];
  const groups = groupsOf(jobs, [queue("pixverse", 9, ["a", "b", "gone"]), queue("fal", 0, [])]);
  expect(groups.map(({ provider, waiting, jobs: own }) => [provider, waiting, own.map((each) => each.job.id)])).toEqual([
    ["pixverse", 9, ["a", "b", "n"]],
    ["studio", 1, ["s"]],
  ]);
  expect(groups[0]?.jobs.map(({ queued }) => queued?.ahead ?? null)).toEqual([0, 1, null]);
});

it("goes by priority and age where nobody tells the turns", () => {
  const jobs = [
    job("late", "studio", { createdAt: 9 }),
    job("early", "studio", { createdAt: 1 }),
    job("urgent", "studio", { priority: 0, createdAt: 99 }),
  ];
  expect(groupsOf(jobs, [])[0]?.jobs.map((each) => each.job.id)).toEqual(["urgent", "early", "late"]);
  expect(groupsOf([], [queue("pixverse", 3, [])])).toEqual([]);
});
