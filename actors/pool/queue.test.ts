import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Pause } from "#actors/pause/context.ts";
import type { Account } from "#protocol/account.ts";
import { mayTake } from "#actors/account/context.ts";
import { AccountLife } from "#actors/account/life.ts";
import { accountRow } from "#actors/account/row.ts";
import type { Budget } from "#protocol/spend.ts";
import {
  emptyQueue,
  explain,
  forgetSilent,
  isHeldBack,
  learns,
  leaves,
  mayUse,
  plan,
  type PoolQueue,
  reasonFor,
  rise,
  silence,
  turnsOf,
  type Waiter,
  waitingCount,
  wants,
} from "./queue.ts";
import { sampleAccount } from "./testing.ts";

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
const order = (queue: PoolQueue, now = 0): ReadonlyArray<string> =>
  plan(queue, now, 100).grants.map(({ waiter: { jobId }, accountId }) => `${jobId}@${accountId}`);
const many = sampleAccount("a", { shared: true, granted: 100, concurrency: 100 });

describe("who is next", () => {
  test("the last credits of an account are given out, also where they are fractions", () => {
    const account = sampleAccount("a", { ...many, credits: { amount: 0.3, type: "c", at: 0 } });
    const jobs = ["a", "b", "c", "d"].map((id) => waiter(id, { cost: 0.1 }));
    expect(order(queueOf([account], jobs))).toEqual(["a@a", "b@a", "c@a"]);
    expect(order(queueOf([{ ...account, held: 0.2 }], jobs))).toEqual(["a@a"]);
  });

  test("lower priority numbers first, users in turns, each one's jobs as they came", () => {
    const queue = queueOf(
      [many],
      [
        waiter("a1", { since: 1 }),
        waiter("a2", { since: 2 }),
        waiter("a3", { since: 3 }),
        waiter("b1", { ownerId: "u2", since: 4 }),
        waiter("b2", { ownerId: "u2", since: 5 }),
        waiter("c1", { ownerId: "u3", since: 9, priority: 0 }),
      ],
    );
    expect(order(queue)).toEqual(["c1@a", "a1@a", "b1@a", "a2@a", "b2@a", "a3@a"]);
  });

  test("a user's job that is put first goes before the others of its priority, and before those put first earlier; others keep their turn", () => {
    const first = queueOf(
      [many],
      [waiter("a1", { since: 1 }), waiter("a2", { since: 2 }), waiter("a3", { since: 3 }), waiter("b1", { ownerId: "u2", since: 4 })],
    );
    const queue = wants(wants(first, waiter("a3", { since: 9, rank: -9 })), waiter("a2", { since: 10, rank: -10 }));
    expect(waitingCount(queue)).toBe(4);
    expect(order(queue)).toEqual(["b1@a", "a2@a", "a3@a", "a1@a"]);
    // It says again that it waits, and stays where it is.
    expect(order(wants(queue, waiter("a3", { since: 99, rank: -9, heardAt: 99 })))).toEqual(order(queue));
  });

  test("one that waits long rises above those that are more urgent but new", () => {
    const old = waiter("old", { priority: 9, since: 0 });
    for (const ownerId of ["u1", "u2"]) {
      const fresh = (now: number) => waiter("new", { ownerId, priority: 5, since: now });
      expect(order(queueOf([many], [old, fresh(rise)]), rise)[0]).toBe("new@a");
      expect(order(queueOf([many], [old, fresh(5 * rise)]), 5 * rise)[0]).toBe("old@a");
    }
  });

  test("one that an account can pay for is found behind any number that none can", () => {
    const dear = Array.from({ length: 1000 }, (_, since) => waiter(`dear${since}`, { since, cost: 100 + (since % 3) }));
    const poor = sampleAccount("a", { shared: true, granted: 1, credits: { type: "credits", amount: 50, at: 0 } });
    expect(order(queueOf([poor], [...dear, waiter("cheap", { since: 1000 })]))).toEqual(["cheap@a"]);
  });

  test("one who asks for one at a time takes turns with one who asks for many", () => {
    const one = sampleAccount("a", { shared: true, granted: 1 });
    let queue = queueOf(
      [one],
      ["1", "2", "3"].map((id, since) => waiter(`many${id}`, { since })),
    );
    const turns: Array<string> = [];
    for (let turn = 0; turn < 4; turn++) {
      queue = wants(queue, waiter(`single${turn}`, { ownerId: "u2", since: 10 + turn }));
      const planned = plan(queue, 20, 1);
      turns.push(planned.grants[0]!.waiter.ownerId);
      queue = planned.queue;
    }
    expect(turns).toEqual(["u1", "u2", "u1", "u2"]);
  });

  test("hearing of one again moves it nowhere; a changed priority does", () => {
    const queue = queueOf([many], [waiter("a1", { since: 1 }), waiter("a2", { since: 2 })]);
    expect(order(wants(queue, waiter("a1", { since: 50, heardAt: 50 })))).toEqual(["a1@a", "a2@a"]);
    expect(order(wants(queue, waiter("a2", { since: 50, priority: 1 })))).toEqual(["a2@a", "a1@a"]);
  });

  test("who fell silent is forgotten, who leaves is gone", () => {
    const queue = queueOf([many], [waiter("a1"), waiter("a2", { heardAt: silence })]);
    expect(order(forgetSilent(queue, silence))).toEqual(["a2@a"]);
    expect(order(leaves(queue, "u1", "a2"))).toEqual(["a1@a"]);
    expect(leaves(queue, "u9", "a2")).toBe(queue);
  });
});

describe("on which account", () => {
  test("own before shared, then priority, least recently used, most credits", () => {
    const accounts = [
      sampleAccount("shared", { shared: true, ownerId: "admin", priority: 9 }),
      sampleAccount("own", { priority: 1 }),
      sampleAccount("better", { priority: 5, lastUsedAt: 100 }),
      sampleAccount("rested", { priority: 5, lastUsedAt: 50 }),
      sampleAccount("other", { ownerId: "u2", priority: 9 }),
    ];
    const queue = queueOf(
      accounts,
      ["1", "2", "3", "4", "5"].map((id, since) => waiter(id, { since })),
    );
    expect(order(queue)).toEqual(["1@rested", "2@better", "3@own", "4@shared"]);
  });

  test("only one with a place and the credits", () => {
    const accounts = [
      sampleAccount("full", { granted: 1, busy: 1 }),
      sampleAccount("poor", { credits: { amount: 15, type: "c", at: 0 }, held: 6 }),
      sampleAccount("cool", { state: "coolingDown" }),
      sampleAccount("good", { shared: true, granted: 1 }),
    ];
    expect(order(queueOf(accounts, [waiter("x")]))).toEqual(["x@good"]);
    expect(order(queueOf(accounts, [waiter("x", { cost: 9 })]))).toEqual(["x@poor"]);
  });

  test("an account's newest word counts, whatever arrives when", () => {
    const queue = queueOf([sampleAccount("a", { rev: 5, state: "exhausted" })], [waiter("x")]);
    expect(order(learns(queue, sampleAccount("a", { rev: 4 })))).toEqual([]);
    expect(order(learns(queue, sampleAccount("a", { rev: 6 })))).toEqual(["x@a"]);
    expect(learns(queue, sampleAccount("a", { rev: 7, state: "removed" })).accounts).toEqual({});
  });
});

test("the reason of a wait is said in words, for what the user may use", () => {
  const queue = queueOf([sampleAccount("a", { ownerId: "u2", state: "exhausted", title: "Anna's", reason: "It has 0 credits left." })], []);
  expect(reasonFor(queue, "u1", "PixVerse")).toBe("There is no account at PixVerse: add one under Providers & accounts.");
  expect(reasonFor(queue, "u2", "PixVerse")).toBe("No account at PixVerse can be used now. Anna's: It has 0 credits left.");
  expect(reasonFor(queueOf([sampleAccount("a", { state: "saturated", granted: 1, busy: 1 })], []), "u1", "PixVerse")).toBe(
    "The only place at PixVerse is taken.",
  );
});

test("of many accounts that cannot be used those are named that come back by themselves", () => {
  const states = ["disabled", "erring", "exhausted", "disabled", "coolingDown", "saturated"] as const;
  const accounts = states.map((state, at) => sampleAccount(`a${at}`, { state, reason: `It is ${state}.`, granted: 1, busy: 1 }));
  expect(reasonFor(queueOf(accounts, []), "u1", "PixVerse")).toBe(
    "The only place at PixVerse is taken. a4: It is coolingDown. a1: It is erring. a2: It is exhausted. And 2 more.",
  );
});

describe("what a person has paused", () => {
  const pause = (changes: Partial<Pause> = {}): Pause => ({
    ownerId: "u1",
    provider: "test",
    since: 1_764_166_000_000,
    rev: 1,
    ...changes,
  });
  const paused = (queue: PoolQueue, ...pauses: ReadonlyArray<Pause>): PoolQueue => ({ ...queue, rules: { ...queue.rules, pauses } });
  const both = queueOf([many], [waiter("a1"), waiter("b1", { ownerId: "u2", since: 1 })]);

  test("is granted to nobody whom it concerns, and goes on when it is resumed", () => {
    expect(order(paused(both, pause()))).toEqual(["b1@a"]);
    expect(order(paused(both, pause({ provider: null })))).toEqual(["b1@a"]);
    expect(order(paused(both, pause({ ownerId: null })))).toEqual([]);
    expect(order(paused(both, pause({ provider: "other" }), pause({ since: null })))).toEqual(["a1@a", "b1@a"]);
  });

  test("says so to those who wait, what reaches furthest first", () => {
    const words = (ownerId: string, ...pauses: ReadonlyArray<Pause>) => reasonFor(paused(both, ...pauses), ownerId, "PixVerse");
    expect(words("u1", pause())).toBe("PixVerse is paused by you since 26 Nov, 14:06 UTC: resume under Providers & accounts.");
    expect(words("u1", pause({ provider: null }), pause())).toBe(
      "All jobs are paused by you since 26 Nov, 14:06 UTC: resume under Providers & accounts.",
    );
    expect(words("u2", pause(), pause({ ownerId: null }))).toBe(
      "PixVerse is paused for everybody by an administrator since 26 Nov, 14:06 UTC.",
    );
  });
});

describe("what budgets have room for", () => {
  const budget = (changes: Partial<Budget> = {}): Budget => ({
    id: "b",
    ownerId: "u1",
    byAdmin: false,
    provider: "test",
    period: "day",
    type: "credits",
    warnAt: null,
    pauseAt: 100,
    stopAt: null,
    used: 75,
    ...changes,
  });
  const within = (queue: PoolQueue, ...budgets: ReadonlyArray<Budget>): PoolQueue => ({
    ...queue,
    rules: { ...queue.rules, type: "credits", budgets },
  });
  const waiters = [
    waiter("a1"),
    waiter("a2", { since: 1, cost: 20 }),
    waiter("a3", { since: 2, cost: 5 }),
    waiter("b1", { ownerId: "u2", since: 3 }),
  ];
  const queue = queueOf([many], waiters);

  test("is granted, smaller ones before one that does not fit, and nothing more", () => {
    expect(order(within(queue, budget()))).toEqual(["a1@a", "b1@a", "a3@a"]);
    expect(order(within(queue, budget({ ownerId: null, type: null, pauseAt: null, stopAt: 77 })))).toEqual(["a1@a", "b1@a"]);
    expect(order(within(queue, budget({ pauseAt: null, warnAt: 1 }), budget({ type: "USD", used: 500 })))).toEqual([
      "a1@a",
      "b1@a",
      "a2@a",
      "a3@a",
    ]);
  });

  test("is why a user's next job waits", () => {
    const full = within(queue, budget({ used: 95 }));
    expect(reasonFor(full, "u1", "PixVerse")).toContain(
      "Your budget of 100 credits a day at PixVerse has no room: 95 spent or held so far",
    );
    expect(reasonFor(full, "u2", "PixVerse")).toBe("All 100 places at PixVerse are taken.");
    expect(explain(full, waiter("a1")).map(({ against }) => against)).toEqual(["budget"]);
    expect([isHeldBack(full), isHeldBack(within(queue, budget()))]).toEqual([true, false]);
  });
});

const accountIds = ["a", "b", "c", "d"] as const;
const someAccounts = fc.tuple(
  ...accountIds.map((id) =>
    fc
      .record({
        shared: fc.boolean(),
        ownerId: fc.constantFrom("u1", "u2"),
        granted: fc.nat(4),
        busy: fc.nat(4),
        priority: fc.nat(9),
        credits: fc.option(fc.record({ amount: fc.nat(50), type: fc.constant("c"), at: fc.constant(0) })),
        held: fc.nat(20),
        state: fc.constantFrom<Account["state"]>("available", "saturated", "coolingDown", "disabled"),
      })
      .map((changes) => sampleAccount(id, changes)),
  ),
);
const someWaiters = fc.uniqueArray(
  fc.record({
    jobId: fc.nat(40).map((number) => `j${number}`),
    ownerId: fc.constantFrom("u1", "u2", "u3"),
    priority: fc.nat(9),
    cost: fc.nat(30),
    since: fc.nat(1000),
  }),
  { selector: ({ jobId }) => jobId, maxLength: 30 },
);

test("never more grants than places, never beyond the credits, never on another's account, and nobody is lost or left without need", () => {
  fc.assert(
    fc.property(someAccounts, someWaiters, (accounts, waiters) => {
      const queue = queueOf(
        accounts,
        waiters.map(({ jobId, ...rest }) => waiter(jobId, rest)),
      );
      const { grants, queue: left } = plan(queue, 1000, 100);
      expect(grants.length + waitingCount(left)).toBe(waiters.length);
      for (const account of accounts) {
        const here = grants.filter(({ accountId }) => accountId === account.id);
        if (account.state !== "available") expect(here).toEqual([]);
        expect(here.length).toBeLessThanOrEqual(Math.max(0, account.granted - account.busy));
        const cost = here.reduce((sum, grant) => sum + grant.waiter.cost, 0);
        if (account.credits !== null && cost > 0) expect(cost + account.held).toBeLessThanOrEqual(account.credits.amount);
        for (const grant of here) expect(mayUse(account, grant.waiter.ownerId)).toBe(true);
      }
      expect(plan({ ...left, accounts: withTaken(left.accounts, grants) }, 1000, 100).grants).toEqual([]);
    }),
  );
});

/** The accounts once the grants have taken their places and credits. */
const withTaken = (accounts: PoolQueue["accounts"], grants: ReturnType<typeof plan>["grants"]): PoolQueue["accounts"] =>
  Object.fromEntries(
    Object.entries(accounts).map(([id, account]) => {
      const here = grants.filter(({ accountId }) => accountId === id);
      const held = account.held + here.reduce((sum, grant) => sum + grant.waiter.cost, 0);
      return [id, { ...account, busy: account.busy + here.length, held }];
    }),
  );

test("whoever waits is served in the end, however many more urgent ones keep coming", () => {
  const minutes = fc.array(fc.nat(5), { minLength: 60, maxLength: 60 });
  const served = fc.check(
    fc.property(minutes, fc.integer({ min: 1, max: 9 }), fc.constantFrom("u1", "u9"), (arrivals, priority, ownerId) => {
      let queue = queueOf([sampleAccount("a", { shared: true, granted: 1 })], [waiter("patient", { ownerId, priority })]);
      let count = 0;
      for (const [minute, arrived] of arrivals.entries()) {
        const now = minute * rise;
        for (let each = 0; each < arrived; each++) queue = wants(queue, waiter(`j${++count}`, { since: now, heardAt: now, priority: 0 }));
        const planned = plan(queue, now, 1);
        if (planned.grants[0]?.waiter.jobId === "patient") return true;
        queue = planned.queue;
      }
      return false;
    }),
  );
  expect(served).toMatchObject({ failed: false });
});

describe("what is said of a wait", () => {
  test("an account may take a job by what is said of it exactly when the pool would grant it one there, and the first of them is taken", () => {
    fc.assert(
      fc.property(someAccounts, fc.constantFrom("u1", "u2", "u3"), fc.nat(30), (accounts, ownerId, cost) => {
        const one = waiter("x", { ownerId, cost });
        const queue = queueOf(accounts, [one]);
        const verdicts = explain(queue, one);
        expect(verdicts.map(({ account }) => account.id).sort()).toEqual(
          accounts.filter((account) => mayUse(account, ownerId)).map(({ id }) => id),
        );
        for (const { account, against } of verdicts) {
          const granted = plan(queueOf([account], [one]), 0, 1).grants.length > 0;
          expect(granted).toBe(against === null);
        }
        const first = verdicts.find(({ against }) => against === null)?.account.id;
        expect(plan(queue, 0, 1).grants[0]?.accountId).toBe(first);
      }),
    );
  });

  test("and exactly when the account itself would give it a place", () => {
    const life = fc.array(fc.constantFrom("take", "complete", "limit", "network", "pause", "resume", "wait"), { maxLength: 12 });
    fc.assert(
      fc.property(life, fc.nat(30), fc.option(fc.nat(60)), (events, cost, credits) => {
        const account = new AccountLife({ concurrency: 3 }).good(credits);
        const keys: Array<string> = [];
        for (const [at, event] of events.entries()) {
          if (event === "take" && account.take(`k${at}`, 10)) keys.push(`k${at}`);
          if (event === "pause" || event === "resume") account.send({ type: "account.paused", paused: event === "pause" });
          if (event === "wait") account.wait();
          // The check after a pause or a time finds it good.
          if (account.state === "reauthenticating") account.good(credits);
          if (event === "complete") account.end(keys.shift() ?? "none", "completed");
          if (event === "limit" || event === "network") account.end(keys.shift() ?? "none", event);
        }
        const seen = accountRow({ value: account.state, context: account.context }, { id: "acc_1", seq: 1, at: account.now, parked: null });
        const [verdict] = explain({ ...emptyQueue("test"), accounts: { acc_1: seen } }, { ownerId: "usr_1", cost });
        expect(verdict?.against === null).toBe(mayTake(account.context, cost, account.now));
      }),
    );
  });

  test("the turns of a wait are those in which places are granted", () => {
    fc.assert(
      fc.property(someWaiters, fc.dictionary(fc.constantFrom("u1", "u2", "u3"), fc.nat(9)), (waiters, served) => {
        const queue = {
          ...queueOf(
            [many],
            waiters.map(({ jobId, ...rest }) => waiter(jobId, { ...rest, cost: 0 })),
          ),
          served,
          turn: 9,
        };
        const granted = plan(queue, 1000, 100).grants.map(({ waiter: { jobId } }) => jobId);
        for (const owner of ["u1", "u2", "u3"]) {
          for (const { waiter: own, ahead } of turnsOf(queue, 1000, owner, 100)) expect(granted[ahead]).toBe(own.jobId);
          expect(turnsOf(queue, 1000, owner, 100)).toHaveLength(queue.waiting[owner]?.length ?? 0);
        }
      }),
    );
  });

  test("while a user is paused no account may take a job, and the jobs go before nobody else's", () => {
    const pauses = [{ ownerId: "u1", provider: null, since: 5, rev: 1 }];
    const paused: PoolQueue = {
      ...queueOf([many], [waiter("a"), waiter("b", { since: 1 }), waiter("c", { ownerId: "u2", since: 2 })]),
      rules: { ...emptyQueue("test").rules, pauses },
    };
    expect(explain(paused, waiter("a")).map(({ against }) => against)).toEqual(["pause"]);
    expect(plan(paused, 0, 9).grants.map(({ waiter: { jobId } }) => jobId)).toEqual(["c"]);
    expect(turnsOf(paused, 0, "u2", 9).map(({ ahead }) => ahead)).toEqual([0]);
  });

  test("who waits for other accounts goes before nobody here", () => {
    const accounts = [sampleAccount("a"), sampleAccount("b", { ownerId: "u2" })];
    const waiters = [waiter("theirs", { ownerId: "u2", priority: 0 }), waiter("none", { ownerId: "u3", priority: 0 }), waiter("own")];
    expect(turnsOf(queueOf(accounts, waiters), 0, "u1", 9).map(({ ahead }) => ahead)).toEqual([0]);
  });

  test("only so many turns are told as are asked for", () => {
    const queue = queueOf([many], [waiter("a"), waiter("b", { since: 1 }), waiter("c", { since: 2 })]);
    expect(turnsOf(queue, 0, "u1", 2).map(({ waiter: { jobId }, ahead }) => [jobId, ahead])).toEqual([
      ["a", 0],
      ["b", 1],
    ]);
    expect(turnsOf(queue, 0, "u9", 2)).toEqual([]);
  });
});
