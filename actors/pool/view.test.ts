import { expect, test } from "vitest";
import type { Account } from "#protocol/account.ts";
import { emptyQueue, learns, type PoolQueue, type Waiter, wants } from "./queue.ts";
import { sampleAccount } from "./testing.ts";
import { queueSeenBy } from "./view.ts";

const waiter = (jobId: string, changes: Partial<Waiter> = {}): Waiter => ({
  jobId,
  key: `${jobId}-1`,
  ownerId: "u1",
  priority: 5,
  rank: 0,
  cost: 10,
  since: 0,
  heardAt: 0,
  ...changes,
});
const queueOf = (accounts: ReadonlyArray<Account>, waiters: ReadonlyArray<Waiter>): PoolQueue =>
  waiters.reduce(wants, accounts.reduce(learns, emptyQueue("test")));
const seen = (queue: PoolQueue, jobId?: string) => queueSeenBy(queue, "Test studio", { ownerId: "u1", jobId, now: 0 });
const credits = (amount: number) => ({ amount, type: "credits", at: 0 });

test("of the chosen job each account is told that it may be made on, in words, the one that would take it first", () => {
  const accounts = [
    sampleAccount("free", { granted: 3, busy: 1, priority: 9 }),
    sampleAccount("full", { granted: 2, busy: 2, state: "saturated", priority: 8 }),
    sampleAccount("over", { granted: 1, busy: 2, concurrency: 3, priority: 7 }),
    sampleAccount("poor", { credits: credits(12.5), held: 4, priority: 6 }),
    sampleAccount("cool", { state: "coolingDown", reason: "Test studio asked for a pause until 14:05 UTC.", priority: 5 }),
    sampleAccount("theirs", { ownerId: "u2" }),
    sampleAccount("shared", { ownerId: "u2", shared: true, state: "disabled" }),
  ];
  expect(seen(queueOf(accounts, [waiter("x")]), "x").accounts).toEqual([
    { accountId: "free", title: "free", shared: false, against: null, reason: "It may take it: 2 of 3 places free." },
    { accountId: "full", title: "full", shared: false, against: "places", reason: "All its 2 places are taken." },
    { accountId: "over", title: "over", shared: false, against: "places", reason: "Its only place is taken." },
    {
      accountId: "poor",
      title: "poor",
      shared: false,
      against: "credits",
      reason: "This job is to cost about 10 credits; it has 12.5 credits, less 4 kept for what is under way.",
    },
    { accountId: "cool", title: "cool", shared: false, against: "state", reason: "Test studio asked for a pause until 14:05 UTC." },
    { accountId: "shared", title: "shared", shared: true, against: "state", reason: "It cannot be used now." },
  ]);
});

test("a wait is told by what it is for: an account, a place, its turn, or credits", () => {
  const reasonOf = (accounts: ReadonlyArray<Account>, ...others: ReadonlyArray<Waiter>) =>
    seen(queueOf(accounts, [...others, waiter("x")])).jobs.find(({ jobId }) => jobId === "x")?.reason;
  expect(reasonOf([])).toBe("There is no account at Test studio: add one under Providers & accounts.");
  expect(reasonOf([sampleAccount("a", { busy: 1 })])).toBe("The only place at Test studio is taken.");
  expect(reasonOf([sampleAccount("a", { busy: 2, granted: 2, credits: credits(100) })])).toBe("All 2 places at Test studio are taken.");
  const dear = sampleAccount("b", { credits: credits(3) });
  expect(reasonOf([sampleAccount("a", { busy: 1, credits: credits(100) }), dear])).toBe(
    "All 2 places at Test studio are taken, or the credits do not reach.",
  );
  expect(reasonOf([sampleAccount("a")])).toBe("It is next: a place is being taken.");
  expect(reasonOf([sampleAccount("a")], waiter("y", { priority: 0 }))).toBe("1 job will be taken before it.");
  const broken = sampleAccount("c", { state: "erring", reason: "It does not answer." });
  expect(reasonOf([dear, broken])).toBe("No account at Test studio that can be used has the 10 credits that it is to cost.");
  expect(reasonOf([sampleAccount("a", { busy: 1 }), broken])).toBe("The only place at Test studio is taken.");
  expect(reasonOf([broken])).toBe("No account at Test studio can be used now. c: It does not answer.");
  expect(reasonOf([sampleAccount("a", { credits: credits(3) })])).toBe("No account at Test studio has the 10 credits that it is to cost.");
  const paused = {
    ...queueOf([sampleAccount("a")], [waiter("x")]),
    rules: { ...emptyQueue("test").rules, pauses: [{ ownerId: "u1", provider: null, since: 0, rev: 1 }] },
  };
  expect(seen(paused, "x")).toMatchObject({
    jobs: [{ reason: "All jobs are paused by you since 1 Jan, 00:00 UTC: resume under Providers & accounts." }],
    accounts: [{ against: "pause" }],
  });
});

test("nothing is told of the jobs of others but their number", () => {
  const others = [waiter("theirs", { ownerId: "u2", priority: 0 }), waiter("secret", { ownerId: "u3" })];
  const view = seen(queueOf([sampleAccount("a", { shared: true })], [...others, waiter("x")]), "theirs");
  expect(view).toMatchObject({ waiting: 3, jobs: [{ jobId: "x", ahead: expect.any(Number) }], accounts: null });
  expect(JSON.stringify(view)).not.toMatch(/theirs|secret|u2|u3/);
});
