import { expect, it } from "vitest";
import type { ProviderQueue } from "#protocol/account.ts";
import { sampleJob } from "#web/store/testing.ts";
import { goalOf, groupsOf, inOrder, placedAt, placeOf } from "./groups.ts";

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
    job("a-third", "studio", { createdAt: 5, ordinal: 2 }),
    job("b-second", "studio", { createdAt: 5, ordinal: 1 }),
    job("early", "studio", { createdAt: 1 }),
    job("urgent", "studio", { priority: 0, createdAt: 99 }),
    job("first", "studio", { rank: -1, createdAt: 50 }),
  ];
  expect(groupsOf(jobs, [])[0]?.jobs.map((each) => each.job.id)).toEqual(["urgent", "first", "early", "b-second", "a-third", "late"]);
  expect(groupsOf([], [queue("pixverse", 3, [])])).toEqual([]);
});

it("puts a job elsewhere among its like, and gives it the priority of those that it comes to stand among", () => {
  const own = [job("a", "p"), job("b", "p"), job("c", "p"), job("d", "p", { priority: 7 })];
  const put = (id: string, to: number) => {
    const { order, priority } = placedAt(own, id, to)!;
    return [order.flatMap((each) => (each.priority === priority ? [each.id] : [])), priority];
  };
  expect(put("c", 0)).toEqual([["c", "a", "b"], 5]);
  expect(put("a", 2)).toEqual([["b", "c", "a"], 5]);
  expect(put("a", 9)).toEqual([["d", "a"], 7]);
  expect(put("d", 1)).toEqual([["a", "d", "b", "c"], 5]);
  for (const [id, to] of [
    ["a", 0],
    ["a", -1],
    ["d", 9],
    ["nobody", 1],
  ] as const) {
    expect(placedAt(own, id, to)).toBeNull();
  }
});

it("keeps the order that a person has put them in, with what came or went since then", () => {
  const own = ["a", "b", "new", "c"].map((id) => ({ job: job(id, "p"), queued: null }));
  const wanted = ["c", "gone", "b", "a"];
  expect(inOrder(own, wanted).map((each) => each.job.id)).toEqual(["c", "b", "new", "a"]);
  expect(inOrder(own.toReversed(), wanted).map((each) => each.job.id)).toEqual(["c", "new", "b", "a"]);
  expect(inOrder([own[2]!, own[0]!], wanted).map((each) => each.job.id)).toEqual(["new", "a"]);
  expect(inOrder(own, null)).toBe(own);
});

it("knows what a move was meant to come to when what stood around it is taken back", () => {
  const jobs = (...ids: ReadonlyArray<string>) => ids.map((id) => ({ id, priority: 5 }));
  const again = (shown: ReadonlyArray<string>, id: string, to: number, base: ReadonlyArray<string>) => {
    const now = jobs(...base);
    return (placedAt(now, id, placeOf(now, id, goalOf(jobs(...shown), id, to)))?.order ?? now).map((job) => job.id).join("");
  };
  const base = ["1", "2", "3", "4"];
  // The last had been put first.
  const fourFirst = ["4", "1", "2", "3"];
  expect(again(fourFirst, "2", 1, base)).toBe("2134");
  expect(again(fourFirst, "1", 2, base)).toBe("2134");
  expect(again(fourFirst, "2", 0, base)).toBe("2134");
  expect(again(fourFirst, "1", 3, base)).toBe("2341");
  // The first had been put last: what went up past another stands there already.
  expect(again(["2", "3", "4", "1"], "1", 2, base)).toBe("1234");
  // The one that it went past is gone.
  expect(again(base, "3", 1, ["1", "3", "4"])).toBe("134");
  expect(again(base, "3", 1, ["1", "4", "3"])).toBe("134");
});
