// Jobs on accounts: the real host, database, vault, pool and job machine; the provider is in memory and keeps its own books.
import { Clock, Effect } from "effect";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { testDatabases } from "#db/client/testing.ts";
import { type JobWatch, request, TestDatabase, TestServer } from "#actors/job/testing.ts";
import { Database, type Queryable } from "#db/client/database.ts";
import { settleHold } from "#db/queries/ledger.ts";
import type { Account } from "#protocol/account.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { readSettings, Settings } from "#runtime/config/settings.ts";
import { sweepUnknown } from "#actors/spend/unknown.ts";
import type { AccountContext } from "./context.ts";
import { makeSweepLeases } from "./delivery.ts";

/** Comes to hold while the test goes on; how soon is the machine's affair. */
const soon = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000 });

interface Review {
  readonly id: string;
  /** Of the effect in review. */
  readonly key: string;
}

describe.each(testDatabases)("jobs on accounts ($engine)", ({ layer }) => {
  const database = new TestDatabase(layer);
  const server = new TestServer(database);
  const { studio } = server;
  let watch: JobWatch;
  let tests = 0;

  beforeAll(() => server.start());
  beforeEach(async () => {
    server.user = `usr_p${++tests}`;
    studio.reset();
    studio.settings.pooled = true;
    watch = await server.watch();
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  /** Our clock, a minute ahead: what stands here for half of that is old to a sweep. */
  const aMinuteAhead = Effect.map(Clock.Clock, (clock): Clock.Clock => {
    const later = clock.currentTimeMillisUnsafe() + 60_000;
    return {
      currentTimeMillisUnsafe: () => later,
      currentTimeMillis: Effect.succeed(later),
      currentTimeNanosUnsafe: () => BigInt(later) * 1_000_000n,
      currentTimeNanos: Effect.succeed(BigInt(later) * 1_000_000n),
      monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: clock.monotonicTimeNanos,
      sleep: (duration) => clock.sleep(duration),
    };
  });

  const accounts = async (user = server.user): Promise<ReadonlyArray<Account>> =>
    (await server.call("accounts.list", {}, user)).accounts.filter(({ ownerId }) => ownerId === user);
  const add = async (apiKey: string, credits: number | null, changes: { concurrency?: number; priority?: number; title?: string } = {}) => {
    if (credits !== null) studio.credits.set(apiKey, credits);
    const account = await server.call("accounts.add", {
      provider: "test",
      title: apiKey,
      settings: {},
      secrets: { apiKey: `  ${apiKey}\n` },
      shared: false,
      priority: 5,
      dailyLimit: null,
      ...changes,
    });
    expect(account.state).toBe("reauthenticating");
    return soon(async () => {
      const now = (await accounts()).find(({ id }) => id === account.id)!;
      expect(now.state).not.toBe("reauthenticating");
      return now;
    });
  };
  const settled = () =>
    soon(async () => expect((await accounts()).map(({ busy, held }) => [busy, held])).toEqual((await accounts()).map(() => [0, 0])));

  test("a job is made on an account, charged once, and the account's books agree with the provider's", async () => {
    const account = await add("key-a", 100);
    expect(account).toMatchObject({ state: "available", credits: { amount: 100 } });
    const job = await server.create();
    const done = await watch.ended(job.id);
    expect(done).toMatchObject({ state: "completed", accountId: account.id, credits: 10 });
    expect(done.charges).toMatchObject([
      { accountId: account.id, accountTitle: "key-a", estimated: 10, charged: 10, outcome: "completed" },
    ]);
    await settled();
    expect(await accounts()).toMatchObject([{ credits: { amount: 90 }, completed: 1, usedToday: 1, streak: 0 }]);
    expect(studio.credits.get("key-a")).toBe(90);
    const { rows } = await server.call("accounts.spend", { days: 2, everybody: false });
    expect(rows).toMatchObject([{ provider: "test", accountTitle: "key-a", submissions: 1, completed: 1, estimated: 10, charged: 10 }]);
  });

  test("an account that is there already is not added a second time, and is named; with another key it is another", async () => {
    await add("key-twin", 100, { title: "First" });
    await expect(add("key-twin", 100, { title: "Second" })).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("“First”"),
    });
    await add("key-other", 100);
    expect((await accounts()).map(({ title }) => title).toSorted()).toEqual(["First", "key-other"]);
  });

  test("an account is not made another that is there by its new key, nor added twice by two who come at once", async () => {
    const added = await Promise.allSettled([add("key-at-once", 100), add("key-at-once", 100)]);
    expect(added.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const other = await add("key-beside", 100);
    const become = (apiKey: string) => server.call("accounts.update", { id: other.id, secrets: { apiKey } });
    await expect(become("key-at-once")).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("“key-at-once”") });
    expect(await become("key-beside")).toMatchObject({ id: other.id });
  });

  test("an estimate names the accounts that would take one of the jobs now, and says when credits do not reach for all", async () => {
    const rich = await add("key-rich", 25);
    const poor = await add("key-poor", 3);
    const { parts, accounts: named, waits } = await server.call("jobs.estimate", { request: request(), count: 3 });
    expect(parts).toMatchObject([{ jobs: 3, credits: 30, creditType: "credits" }]);
    expect(named.toSorted((a, b) => Number(b.serves) - Number(a.serves))).toMatchObject([
      { accountId: rich.id, title: "key-rich", serves: true, reason: null },
      { accountId: poor.id, serves: false, reason: "This job is to cost about 10 credits; it has 3 credits." },
    ]);
    expect(waits).toEqual(["They take 30 credits at Test studio, and your accounts there have 28."]);
    await server.call("accounts.pauseJobs", { provider: "test", everybody: false, paused: true });
    const paused = await server.call("jobs.estimate", { request: request(), count: 1 });
    expect(paused.waits).toEqual([expect.stringMatching(/^Test studio is paused by you since /)]);
    expect(paused.accounts.map(({ serves, reason }) => [serves, reason])).toEqual(
      [1, 2].map(() => [false, "Nothing new is sent while jobs are paused."]),
    );
    await server.call("accounts.pauseJobs", { provider: "test", everybody: false, paused: false });
  });

  test("thirty jobs of a user over three accounts: all are made, none has more under way than it has places, and the books agree", async () => {
    const keys = ["key-1", "key-2", "key-3"];
    for (const key of keys) await add(key, 1000, { concurrency: 2 });
    const jobs = await Promise.all(Array.from({ length: 30 }, () => server.create()));
    for (const { id } of jobs) expect(await watch.ended(id)).toMatchObject({ state: "completed" });
    await settled();
    for (const key of keys) expect(studio.load.get(key)?.most ?? 0).toBeLessThanOrEqual(2);
    const used = await accounts();
    expect(used.reduce((sum, { completed }) => sum + completed, 0)).toBe(30);
    for (const { title, credits } of used) expect(credits?.amount).toBe(studio.credits.get(title));
    expect(new Set(studio.keys).size).toBe(30);
  });

  test("without an account it says what to do, and goes on by itself when there is one", async () => {
    const job = await server.create();
    const waiting = await watch.until(job.id, ({ waitingFor }) => waitingFor?.includes("add one") === true);
    expect(waiting).toMatchObject({
      state: "waitingForSlot",
      waitingFor: "There is no account at Test studio: add one under Providers & accounts.",
    });
    await add("key-b", 100);
    expect(await watch.ended(job.id)).toMatchObject({ state: "completed" });
  });

  test("a refused key is another account's chance, and no attempt of the job", async () => {
    const bad = await add("key-bad", 500, { priority: 9 });
    const good = await add("key-good", 500);
    studio.credits.delete("key-bad");
    const done = await watch.ended((await server.create()).id);
    expect(done).toMatchObject({ state: "completed", accountId: good.id, attempt: 1 });
    expect(done.charges.length).toBe(1);
    await soon(async () =>
      expect((await accounts()).find(({ id }) => id === bad.id)).toMatchObject({ state: "erring", failure: { kind: "authentication" } }),
    );
  });

  test("no job is sent to an account that cannot pay for it", async () => {
    await add("key-poor", 9);
    const rich = await add("key-rich", 10, { priority: 1 });
    expect(await watch.ended((await server.create()).id)).toMatchObject({ state: "completed", accountId: rich.id });
    const job = await server.create();
    await watch.until(job.id, ({ waitingFor }) => waitingFor !== null && waitingFor !== "A free slot at Test studio.");
    expect(studio.keys.length).toBe(1);
    await server.call("jobs.cancel", { ids: [job.id] });
    expect(await watch.ended(job.id)).toMatchObject({ state: "cancelled", charges: [] });
  });

  test("a lost answer is sent again to the same account, which is not paid twice", async () => {
    await add("key-x", 100);
    // Its only place is held by what is sent again.
    await add("key-y", 100, { priority: 9, concurrency: 1 });
    // It arrived, and its answer did not.
    studio.script.next(
      "submit",
      Effect.suspend(() => Effect.fail({ kind: "network", message: "no answer" } as const)),
    );
    const done = await watch.ended((await server.create()).id);
    expect(done).toMatchObject({ state: "completed", attempt: 2 });
    expect(done.charges).toMatchObject([{ accountTitle: "key-y", charged: 10, outcome: "completed" }]);
    expect(new Set(studio.keys).size).toBe(1);
    await settled();
  });

  test("a submission whose outcome nobody knows is decided by a person: once, by who may, and the books agree", async () => {
    const account = await add("key-u", 100, { concurrency: 3 });
    studio.settings.recovery = "none";
    for (const _ of [1, 2, 3]) studio.script.hold("submit");
    const jobs = [await server.create(), await server.create(), await server.create()] as const;
    await studio.script.begun("submit", 3);
    await server.restart();
    watch = await server.watch();
    const review = await Promise.all(
      jobs.map(async ({ id }) => {
        await watch.until(id, ({ parked }) => parked);
        const { effects } = await server.run(Effect.flatMap(Actors, (actors) => actors.view(`job/${id}`)));
        return { id, key: effects.find(({ state }) => state === "review")!.key };
      }),
    );
    const [again, paid, found] = review as [Review, Review, Review];
    await expect(server.call("jobs.markDone", paid, "usr_other")).rejects.toMatchObject({ code: "not_found" });

    const resent = server.run(
      Effect.flatMap(Actors, (actors) => actors.resolveEffect(`job/${again.id}`, again.key, { type: "resend" }, { by: server.user })),
    );
    await resent;
    expect(await watch.ended(again.id)).toMatchObject({ state: "completed", attempt: 1 });
    expect(studio.keys.at(-1)).toBe(`${again.id}-2`);

    const done = await server.call("jobs.markDone", { ...paid, charged: 4 }, server.user, "mark-done-1");
    expect(done).toMatchObject({ state: "failed", parked: false, charges: [{ estimated: 10, charged: 4, outcome: "goes on" }] });
    // Its answer was lost, and another process hears the repeat.
    expect(await server.call("jobs.markDone", { ...paid, charged: 4 }, server.user, "mark-done-1")).toEqual(done);
    // A key belongs to a call: with that of another this is a new decision, and too late.
    const failed = { address: `job/${paid.id}`, key: paid.key, decision: "fail" } as const;
    await expect(server.call("actors.resolveEffect", failed, server.user, "mark-done-1")).rejects.toMatchObject({ code: "conflict" });
    await expect(server.call("jobs.markDone", paid, server.user, "mark-done-2")).rejects.toMatchObject({ code: "conflict" });

    server.admins.add("usr_admin");
    await server.call("jobs.markDone", { ...found, providerJobId: "p-theirs" }, "usr_admin");
    expect(await watch.ended(found.id)).toMatchObject({
      state: "completed",
      charges: [{ estimated: 10, charged: null, outcome: "completed" }],
    });
    await settled();
    // 10 each for the one that was sent again and the one that was found, 4 as somebody said.
    await soon(async () => expect((await accounts()).find(({ id }) => id === account.id)?.credits?.amount).toBe(76));
    const { rows } = await server.call("accounts.spend", { days: 2, everybody: false });
    expect(rows).toMatchObject([{ submissions: 4, completed: 2, charged: 24 }]);
  });

  test("what a stopped server held is found when it starts again: places, credits and jobs", async () => {
    await add("key-r", 100, { concurrency: 1 });
    studio.script.hold("track");
    const first = await server.create();
    await watch.state(first.id, "processing");
    const second = await server.create();
    await watch.state(second.id, "waitingForSlot");
    await server.restart();
    watch = await server.watch();
    expect(await watch.ended(first.id)).toMatchObject({ state: "completed" });
    expect(await watch.ended(second.id)).toMatchObject({ state: "completed" });
    await settled();
    expect(studio.load.get("key-r")?.most).toBe(1);
    expect((await accounts())[0]?.credits?.amount).toBe(studio.credits.get("key-r"));
  });

  test("a place that no job holds, of what may be going on, is kept for as long as its provider, which lives so fast, may take", async () => {
    const account = await add("key-g", 100, { concurrency: 1 });
    studio.settings.recovery = "none";
    studio.script.fail("submit", "network");
    const job = await server.create();
    const { charges } = await watch.ended(job.id);
    await settled();
    // Nobody has told the account how it ended there, and the process that was to is gone.
    const { key } = charges.at(-1)!;
    const leavingOf = async () => {
      const { context } = await server.run(
        Effect.flatMap(Actors, (actors) => actors.send(`account/${account.id}`, { type: "account.test" })),
      );
      return (context as unknown as AccountContext).leaving;
    };
    await soon(async () => expect(await leavingOf()).toEqual({}));
    await soon(async () => expect(await accounts()).toMatchObject([{ state: "available" }]));
    const lease = { type: "lease.take", key, jobId: job.id, cost: 10 };
    await server.run(Effect.flatMap(Actors, (actors) => actors.send(`account/${account.id}`, lease)));
    expect(await accounts()).toMatchObject([{ busy: 1, held: 10 }]);
    await server.run(
      Effect.gen(function* () {
        const fast = Effect.provideService(makeSweepLeases, Settings, readSettings({ PIXSIM_PROVIDER_SPEED: "5" }));
        const sweep = Effect.provideService(yield* fast, Clock.Clock, yield* aMinuteAhead);
        yield* sweep;
        yield* sweep;
      }),
    );
    const { [key]: left } = await leavingOf();
    expect(left).toBeGreaterThan(100_000);
    expect(left).toBeLessThanOrEqual(120_000);
  });

  test("a place that no job holds is freed, and is free again too when the same submission has taken it after that", async () => {
    const account = await add("key-f", 100, { concurrency: 1 });
    await server.call("accounts.pauseJobs", { provider: "test", everybody: false, paused: true });
    const job = await server.create();
    await watch.state(job.id, "waitingForSlot");
    // The account gave the place, and the process died before the job heard of it.
    const lease = { type: "lease.take", key: `${job.id}-1`, jobId: job.id, cost: 10 };
    await server.run(Effect.flatMap(Actors, (actors) => actors.send(`account/${account.id}`, lease)));
    expect(await accounts()).toMatchObject([{ busy: 1, held: 10 }]);
    await server.run(
      Effect.gen(function* () {
        const database = yield* Database;
        yield* database.query(
          (sql) => sql`
            insert into ledger (key, account_id, job_id, owner_id, provider, account_title, estimated, at)
            select ${lease.key}, ${account.id}, id, owner_id, provider, '', 10, created_at from job where id = ${job.id}`,
        );
        const held = database.query((sql) => sql`select key from ledger where key = ${lease.key} and settled_at is null`);
        const sweep = Effect.provideService(yield* makeSweepLeases, Clock.Clock, yield* aMinuteAhead);
        // Once is not enough: the clock may have been set forward just now.
        yield* sweep;
        expect(yield* Effect.promise(() => accounts())).toMatchObject([{ busy: 1 }]);
        expect(yield* held).toHaveLength(1);
        yield* sweep;
        expect(yield* held).toHaveLength(0);
      }),
    );
    await settled();
    await server.call("accounts.pauseJobs", { provider: "test", everybody: false, paused: false });
    expect(await watch.ended(job.id)).toMatchObject({ state: "completed", accountId: account.id });
    expect(studio.keys).toEqual([lease.key]);
    await settled();
    expect(await accounts()).toMatchObject([{ credits: { amount: 90 }, completed: 1 }]);
  });

  test("what is paused begins nothing new, lets go on what is under way, says so over a restart, and goes on by one press", async () => {
    await add("key-p", 100, { concurrency: 2 });
    const release = studio.script.hold("track");
    const first = await server.create();
    await watch.state(first.id, "processing");
    for (const provider of ["test", null]) {
      const pause = await server.call("accounts.pauseJobs", { provider, everybody: false, paused: true });
      expect(pause).toMatchObject({ everybody: false, provider, since: expect.any(Number) });
    }
    const second = await server.create();
    const words = /^All jobs are paused by you since .*: resume under Providers & accounts\.$/;
    await watch.until(second.id, ({ waitingFor }) => words.test(waitingFor ?? ""));
    release();
    expect(await watch.ended(first.id)).toMatchObject({ state: "completed" });
    await server.restart();
    watch = await server.watch();
    await server.call("accounts.pauseJobs", { provider: null, everybody: false, paused: false });
    await watch.until(second.id, ({ waitingFor }) => waitingFor?.startsWith("Test studio is paused by you since") === true);
    expect(studio.keys).toHaveLength(1);
    // Another's jobs are no affair of this pause.
    const others = await server.watch(`${server.user}-other`);
    const theirs = await server.create({}, `${server.user}-other`);
    await others.until(theirs.id, ({ waitingFor }) => waitingFor?.includes("add one") === true);
    await server.call("accounts.pauseJobs", { provider: "test", everybody: false, paused: false });
    expect(await watch.ended(second.id)).toMatchObject({ state: "completed" });
  });

  test("the queue tells who waits, in which turns and for which accounts, as it changes, and nothing of the jobs of others", async () => {
    const account = await add("key-q", 100, { concurrency: 1, title: "Only" });
    const release = studio.script.hold("track");
    const first = await server.create();
    await watch.state(first.id, "processing");
    const other = `${server.user}-other`;
    const theirs = await server.create({}, other);
    const late = await server.create();
    const urgent = await server.create({ priority: 1 });
    const [queue, seenByOther] = [await server.queue(late.id), await server.queue(undefined, other)];
    const reason = "The only place at Test studio is taken.";
    await soon(() =>
      expect(queue.last()).toMatchObject({
        provider: "test",
        jobs: [
          { jobId: urgent.id, ahead: 0, priority: 1, cost: 10, reason },
          { jobId: late.id, ahead: 1, priority: 5, cost: 10, reason },
        ],
      }),
    );
    expect(queue.last()?.accounts).toEqual([
      { accountId: account.id, title: "Only", shared: false, against: "places", reason: "Its only place is taken." },
    ]);
    await soon(() =>
      expect(seenByOther.last()).toMatchObject({
        waiting: queue.last()?.waiting,
        jobs: [{ jobId: theirs.id, reason: "There is no account at Test studio: add one under Providers & accounts." }],
        accounts: null,
      }),
    );
    await server.call("accounts.pause", { id: account.id, paused: true });
    await soon(() => expect(queue.last()?.accounts).toMatchObject([{ against: "state", reason: expect.stringMatching(/^Paused/) }]));
    await server.call("accounts.pause", { id: account.id, paused: false });
    await server.call("jobs.cancel", { ids: [urgent.id] });
    await soon(() => expect(queue.last()?.jobs).toMatchObject([{ jobId: late.id, ahead: 0 }]));
    release();
    await watch.ended(late.id);
    await soon(() => expect(queue.last()).toMatchObject({ jobs: [], accounts: null }));
    await server.call("jobs.cancel", { ids: [theirs.id] }, other);
    await soon(() => expect(seenByOther.last()?.jobs).toEqual([]));
    await settled();
    expect(await server.call("accounts.balances", { id: account.id })).toEqual({
      balances: [
        { amount: 100, at: expect.any(Number) },
        { amount: 80, at: expect.any(Number) },
      ],
    });
    await expect(server.call("accounts.balances", { id: account.id }, other)).rejects.toMatchObject({ code: "not_found" });
    queue.close();
    seenByOther.close();
  });

  test("what is made here without an account is paused likewise, and by an administrator for everybody", async () => {
    studio.settings.pooled = false;
    const input = { provider: null, everybody: true };
    await expect(server.call("accounts.pauseJobs", { ...input, paused: true })).rejects.toMatchObject({ code: "forbidden" });
    await expect(server.call("accounts.pauseJobs", { ...input, provider: "nobody", everybody: false, paused: true })).rejects.toMatchObject(
      {
        code: "not_found",
      },
    );
    studio.script.hold("track");
    const release = studio.script.hold("track");
    // Both places are taken when it comes, and it is paused while it waits for one.
    const under = [await server.create(), await server.create()];
    for (const { id } of under) await watch.state(id, "processing");
    const job = await server.create();
    await watch.state(job.id, "waitingForSlot");
    server.admins.add("usr_boss");
    await server.call("accounts.pauseJobs", { ...input, paused: true }, "usr_boss");
    await watch.until(
      job.id,
      ({ waitingFor }) => waitingFor?.startsWith("All jobs are paused for everybody by an administrator since") === true,
    );
    release();
    await Promise.any(under.map(({ id }) => watch.ended(id)));
    await server.restart();
    watch = await server.watch();
    await watch.until(job.id, ({ waitingFor }) => waitingFor?.startsWith("All jobs are paused") === true);
    expect(studio.keys.filter((key) => key.startsWith(job.id))).toEqual([]);
    await server.call("accounts.pauseJobs", { ...input, paused: false }, "usr_boss");
    expect(await watch.ended(job.id)).toMatchObject({ state: "completed" });
  });

  const budget = { provider: "test", period: "day", type: "credits", warnAt: null, pauseAt: null, stopAt: null } as const;

  test("a budget lets jobs wait over all accounts, says why, and they go on when it is raised; the books tell each submission", async () => {
    for (const key of ["key-b1", "key-b2", "key-b3"]) await add(key, 100);
    const kept = await server.call("spend.setBudget", { ...budget, pauseAt: 25 });
    const waitsOf = async (count: number) => (await server.call("jobs.estimate", { request: request(), count })).waits;
    expect([await waitsOf(2), await waitsOf(4)]).toEqual([
      [],
      [
        "Your budget of 25 credits a day at Test studio has no room for all of these: 0 spent or held so far, and they come to 40. What goes beyond waits; it goes on at midnight UTC, or when you raise it under Spend.",
      ],
    ]);
    const jobs = await Promise.all(Array.from({ length: 4 }, () => server.create()));
    const words =
      "Your budget of 25 credits a day at Test studio has no room: 20 spent or held so far, and this costs 10. It goes on at midnight UTC, or when you raise it under Spend.";
    await soon(() => expect(jobs.filter(({ id }) => watch.jobs.get(id)?.waitingFor === words)).toHaveLength(2));
    expect(studio.keys).toHaveLength(2);
    await server.restart();
    watch = await server.watch();
    await soon(() => expect(jobs.filter(({ id }) => watch.jobs.get(id)?.state === "completed")).toHaveLength(2));
    await settled();
    expect((await server.call("spend.budgets", { everybody: false })).budgets).toMatchObject([{ id: kept.id, used: 20, pauseAt: 25 }]);
    expect(studio.keys).toHaveLength(2);
    // A pool that looks by itself may have let the others go before it answers: what is used then is one or the other.
    expect(await server.call("spend.setBudget", { ...budget, pauseAt: 40 })).toMatchObject({ id: kept.id, pauseAt: 40 });
    for (const { id } of jobs) expect(await watch.ended(id)).toMatchObject({ state: "completed" });
    await settled();
    const { entries, next } = await server.call("spend.ledger", { limit: 3 });
    expect(entries.map(({ charged, source, outcome }) => [charged, source, outcome])).toEqual(
      Array.from({ length: 3 }, () => [10, "provider", "completed"]),
    );
    expect((await server.call("spend.ledger", { limit: 3, cursor: next! })).entries).toHaveLength(1);
    await server.call("spend.removeBudget", { id: kept.id });
  });

  test("what a provider charged and gave back is told apart from what it never charged", async () => {
    await add("key-g", 100);
    studio.script.next("track", Effect.fail({ kind: "filtered", message: "Not this.", charged: 0 }));
    const job = await watch.ended((await server.create()).id);
    expect(job.charges).toMatchObject([{ estimated: 10, charged: 0, refunded: 10, outcome: "filtered" }]);
    await settled();
    expect((await server.call("spend.ledger", { limit: 9 })).entries).toMatchObject([
      { jobId: job.id, charged: 0, refunded: 10, source: "provider", outcome: "filtered" },
    ]);
  });

  test("what became of a submission that nobody knew of is told later: its hold is settled, and who waited for that goes on", async () => {
    await add("key-u", 100);
    await server.call("spend.setBudget", { ...budget, pauseAt: 25 });
    studio.settings.recovery = "none";
    studio.script.fail("submit", "network", "network");
    const lost: Array<string> = [];
    for (let times = 0; times < 2; times++) {
      const ended = await watch.ended((await server.create()).id);
      expect(ended).toMatchObject({ state: "failed", charges: [{ charged: null, outcome: "unknown" }] });
      lost.push(ended.id);
    }
    await settled();
    const unknown = async () => (await server.call("spend.ledger", { limit: 9, unknown: true })).entries;
    await soon(async () => expect((await unknown()).map(({ jobId }) => jobId).toSorted()).toEqual(lost.toSorted()));
    // For the account, too, both estimates are gone.
    expect(await accounts()).toMatchObject([{ credits: { amount: 80 } }]);
    const waiting = await server.create();
    await watch.until(waiting.id, ({ waitingFor }) => waitingFor?.startsWith("Your budget of 25 credits") === true);

    const [first] = (await server.call("spend.ledger", { limit: 9, jobId: lost[0]! })).entries;
    const { key, accountId } = first!;
    const tell = (charged: number, user = server.user) => server.call("spend.tell", { key, accountId, charged }, user);
    await expect(tell(0, "usr_nobody")).rejects.toMatchObject({ code: "not_found" });
    const told = { jobId: lost[0], charged: 0, source: "person", outcome: "unknown", told: { by: server.user } };
    expect(await tell(0)).toMatchObject(told);
    expect(await watch.ended(waiting.id)).toMatchObject({ state: "completed" });
    await settled();
    // It asked what is left, and has paid one job since.
    await soon(async () => expect(await accounts()).toMatchObject([{ credits: { amount: studio.credits.get("key-u") } }]));
    expect((await unknown()).map(({ jobId }) => jobId)).toEqual([lost[1]]);
    expect((await server.call("spend.budgets", { everybody: false })).budgets).toMatchObject([{ used: 20 }]);

    // Whoever said it may correct it, an administrator too; what the provider told stays. Of a correction the account could learn nothing.
    const asked = await accounts();
    server.admins.add("usr_boss");
    expect(await tell(6)).toMatchObject({ ...told, charged: 6 });
    expect(await tell(7, "usr_boss")).toMatchObject({ ...told, charged: 7, told: { by: "usr_boss" } });
    expect(await accounts()).toEqual(asked);
    await expect(tell(0)).rejects.toMatchObject({
      code: "conflict",
      message: "Somebody else has told what it cost: they or an administrator may correct it.",
    });
    const [paid] = (await server.call("spend.ledger", { limit: 9, jobId: waiting.id })).entries;
    await expect(server.call("spend.tell", { key: paid!.key, accountId, charged: 1 })).rejects.toMatchObject({
      code: "conflict",
      message: "The provider has told what it charged: 10 credits.",
    });
    const { rows } = await server.call("accounts.spend", { days: 2, everybody: false });
    expect(rows).toMatchObject([{ submissions: 3, estimated: 30, charged: 17, held: 10 }]);
  });

  /** Submissions of an account of which nobody knows, and the sweep that asks for them. */
  const unknownAt = async (apiKey: string, count: number) => {
    await add(apiKey, 100);
    studio.settings.recovery = "none";
    studio.script.fail("submit", ...Array.from({ length: count }, () => "network" as const));
    const lost: Array<string> = [];
    for (let times = 0; times < count; times++) lost.push((await watch.ended((await server.create()).id)).id);
    await settled();
    const entries = async (unknown: boolean) => (await server.call("spend.ledger", { limit: 9, unknown })).entries;
    await soon(async () => expect(await entries(true)).toHaveLength(count));
    const sql = async (query: (db: Queryable) => PromiseLike<unknown>) =>
      server.run(Effect.flatMap(Database, (service) => service.query(query)));
    const later = (ms: number, ...jobs: ReadonlyArray<string>) =>
      Promise.all(
        jobs.map((id) => sql((db) => db`update ledger set settled_at = settled_at - ${ms}, ask_at = ask_at - ${ms} where job_id = ${id}`)),
      );
    return {
      lost,
      entries,
      /** Jobs of which nothing is known. */
      open: async () => (await entries(true)).map(({ jobId }) => jobId).toSorted(),
      of: async (at: number) => (await entries(false)).find(({ jobId }) => jobId === lost[at])!,
      sql,
      later,
      sweep: () => server.run(sweepUnknown),
    };
  };

  test("a provider that knows keys says later what became of what nobody knew of, once; what it cannot tell waits for a person", async () => {
    const { lost, entries, open, of, sql, later, sweep } = await unknownAt("key-later", 3);
    const tell = async (at: number, charged: number) => {
      const { key, accountId } = await of(at);
      return server.call("spend.tell", { key, accountId, charged });
    };
    studio.settings.ledger = true;
    studio.accepted.set((await of(0)).key, { operation: "text_to_video", params: {}, inputs: [] });

    // One that looks for what is alike is never asked, and nobody a moment after the end.
    await later(600_000, ...lost);
    studio.settings.recovery = "lookup";
    await sweep();
    await later(-600_000, ...lost);
    studio.settings.recovery = "idempotencyKey";
    await sweep();
    expect(await open()).toEqual(lost.toSorted());
    // The first was taken and made, the second never arrived.
    await later(600_000, lost[0]!, lost[1]!);
    await Promise.all([sweep(), sweep()]);
    // That it is not there is believed only when it is still not there some time after it was first asked about, whatever the clock says.
    expect(await open()).toEqual([lost[1], lost[2]].toSorted());
    await later(600_000, lost[1]!);
    await sweep();
    expect(await of(0)).toMatchObject({ charged: 10, source: "estimate", outcome: "unknown", told: null, found: { outcome: "completed" } });
    expect(await of(1)).toMatchObject({ charged: 0, source: "provider", outcome: "unknown", told: null, found: { outcome: "not taken" } });
    // Of the third it cannot be told, and it is not asked again at once.
    await later(600_000, lost[2]!);
    studio.script.next("lookup", Effect.fail({ kind: "internal", message: "It does not say." }));
    await sweep();
    await sweep();
    expect(await open()).toEqual([lost[2]]);
    const asked = (await of(0)).found!.at;
    // Nothing settles it again: no other sweep, and no end of the lease that is told late.
    await later(86_400_000, ...lost);
    studio.script.next("lookup", Effect.fail({ kind: "network", message: "It is away." }));
    await sweep();
    for (const jobId of lost) {
      const { key: submitted, accountId } = (await entries(false)).find((each) => each.jobId === jobId)!;
      await sql((db) => settleHold(db, { key: submitted, accountId, jobId, at: Date.now() }));
    }
    expect(await of(0)).toMatchObject({ charged: 10, found: { at: asked } });
    expect(await open()).toEqual([lost[2]]);

    // What is estimated may be corrected, and that it was not found; a person is not asked again.
    expect(await tell(0, 8)).toMatchObject({ charged: 8, source: "person", told: { by: server.user } });
    expect(await tell(1, 10)).toMatchObject({ charged: 10, source: "person", told: { by: server.user }, found: { outcome: "not taken" } });
    expect(await tell(1, 5)).toMatchObject({ charged: 5, source: "person" });
    expect(await tell(2, 0)).toMatchObject({ charged: 0, source: "person", found: null });
    await later(86_400_000, ...lost);
    await sweep();
    expect(await of(1)).toMatchObject({ charged: 5, source: "person" });
    expect(await of(2)).toMatchObject({ charged: 0, source: "person", found: null });
    // It has learned what is left of it.
    await soon(async () => expect(await accounts()).toMatchObject([{ credits: { amount: 100 } }]));
  });

  test("what was not asked about, as its account did not answer, comes first in the next sweep", async () => {
    const { lost, open, later, sweep } = await unknownAt("key-turns", 3);
    Object.assign(studio.settings, { recovery: "idempotencyKey", ledger: true });
    await later(600_000, ...lost);
    studio.script.fail("lookup", "network");
    await sweep();
    expect(await open()).toEqual(lost.toSorted());
    await sweep();
    await later(600_000, lost[1]!, lost[2]!);
    await sweep();
    expect(await open()).toEqual([lost[0]]);
  });

  test("what nobody was there to ask about for longer than a week is asked about all the same, and not without end", async () => {
    const { lost, open, of, later, sweep } = await unknownAt("key-away", 2);
    Object.assign(studio.settings, { recovery: "idempotencyKey", ledger: true });
    studio.accepted.set((await of(1)).key, { operation: "text_to_video", params: {}, inputs: [] });
    // Of the first the provider never knows anything to say.
    let asked = 0;
    const { key } = await of(0);
    studio.script.otherwise.set(
      "lookup",
      Effect.suspend(() => Effect.fail({ kind: "internal", message: `It does not say: ${++asked}.` } as const)),
    );
    await later(600_000, lost[0]!);
    await sweep();
    expect(asked).toBe(1);
    studio.script.otherwise.delete("lookup");
    await later(8 * 86_400_000, lost[1]!);
    await sweep();
    expect(await open()).toEqual([lost[0]]);
    expect(await of(1)).toMatchObject({ found: { outcome: "completed" } });

    studio.script.otherwise.set(
      "lookup",
      Effect.suspend(() => Effect.fail({ kind: "internal", message: `It does not say of ${key}: ${++asked}.` } as const)),
    );
    for (let turn = 0; turn < 50; turn++) {
      await later(8 * 86_400_000, lost[0]!);
      await sweep();
    }
    expect(asked).toBe(35);
  });

  test("a budget that stops refuses what would go beyond with what waits, and says so before it is asked for", async () => {
    await server.call("spend.setBudget", { ...budget, type: null, stopAt: 2 });
    await add("key-s", 100);
    const first = await server.create();
    await watch.ended(first.id);
    await settled();
    const batch = { request: request(), count: 2 };
    const words =
      "Your budget of 2 jobs a day at Test studio allows no more: 1 spent or held so far, and this asks for 2. Ask again at midnight UTC, or when you raise it under Spend.";
    await expect(server.call("jobs.create", batch)).rejects.toMatchObject({ code: "quota_exceeded", message: words });
    expect((await server.call("jobs.estimate", batch)).refusals).toEqual([words]);
    // Tomorrow is another day, for the asking as for the making.
    const later = { request: request({ scheduledFor: Date.now() + 86_400_000 }), count: 2 };
    expect((await server.call("jobs.estimate", later)).refusals).toEqual([]);
    expect(await watch.ended((await server.create()).id)).toMatchObject({ state: "completed" });
  });

  test("budgets of others are an administrator's to set and to remove", async () => {
    const refusal = (input: object) =>
      server.call("spend.setBudget", { ...budget, pauseAt: 5, ...input }).then(
        () => null,
        ({ code }) => code,
      );
    expect(await refusal({ ownerId: null })).toBe("forbidden");
    expect(await refusal({ pauseAt: null })).toBe("invalid_input");
    expect(await refusal({ provider: "nobody" })).toBe("not_found");
    for (const provider of ["test", null]) expect(await refusal({ provider, type: "doubloons" })).toBe("invalid_input");
    await expect(server.call("spend.budgets", { everybody: true })).rejects.toMatchObject({ code: "forbidden" });
    await expect(server.call("accounts.spend", { days: 1, everybody: true })).rejects.toMatchObject({ code: "forbidden" });
    server.admins.add("usr_boss");
    const all = await server.call("spend.setBudget", { ...budget, provider: null, type: null, ownerId: null, pauseAt: 1000 }, "usr_boss");
    expect((await server.call("spend.budgets", { everybody: false })).budgets).toMatchObject([
      { id: all.id, ownerId: null, byAdmin: true },
    ]);
    await expect(server.call("spend.removeBudget", { id: all.id })).rejects.toMatchObject({ code: "forbidden" });
    await server.call("spend.removeBudget", { id: all.id }, "usr_boss");
    await expect(server.call("spend.removeBudget", { id: all.id })).rejects.toMatchObject({ code: "not_found" });
  });

  test("others neither see nor change it, and credentials are nowhere to be read", async () => {
    const planted = "sk-planted-7d1f";
    const account = await add(planted, 100, { title: "Main" });
    await watch.ended((await server.create()).id);
    await settled();
    expect(await server.call("accounts.list", {}, "usr_other")).toEqual({ accounts: [] });
    for (const call of ["accounts.test", "accounts.remove"] as const) {
      await expect(server.call(call, { id: account.id }, "usr_other")).rejects.toMatchObject({ code: "not_found" });
    }
    const service = await database.service;
    const tables = await server.run(
      service.query(
        (sql) =>
          sql<
            Array<{ name: string }>
          >`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
      ),
    );
    expect(tables.length).toBeGreaterThan(8);
    for (const { name } of tables) {
      const rows = await server.run(service.query((sql) => sql<Array<{ row: string }>>`select t::text as row from ${sql(name)} t`));
      expect([name, rows.filter(({ row }) => row.includes(planted)).length]).toEqual([name, 0]);
    }
  });

  test("a shared account is seen by others as it stands, not how it is set up, and is gone for them when it is shared no more", async () => {
    server.admins.add(server.user);
    const account = await add("key-shared", 100);
    const [theirs, own] = [await server.accounts(`${server.user}-other`), await server.accounts()];
    expect(theirs).toEqual([]);
    expect(own.map(({ id, settings }) => [id, settings])).toEqual([[account.id, { baseUrl: "https://test.example" }]]);
    await server.call("accounts.update", { id: account.id, shared: true });
    await soon(() => expect(theirs).toMatchObject([{ id: account.id, shared: true, settings: {}, failure: null }]));
    // Another user's job is made there.
    const others = await server.watch(`${server.user}-other`);
    const job = await server.create({}, `${server.user}-other`);
    expect(await others.ended(job.id)).toMatchObject({ state: "completed", accountId: account.id });
    await server.call("accounts.update", { id: account.id, shared: false });
    await soon(() => expect(theirs.at(-1)).toMatchObject({ id: account.id, state: "removed", settings: {} }));
    const count = theirs.length;
    await server.call("accounts.pause", { id: account.id, paused: true });
    await soon(() => expect(own.at(-1)).toMatchObject({ id: account.id, state: "disabled" }));
    expect(theirs.length).toBe(count);
  });

  test("what cannot be is said in words, and what was entered is in none of them", async () => {
    const input = { provider: "test", title: "T", settings: {}, secrets: {}, shared: false, priority: 5, dailyLimit: null };
    const refusal = (changes: object) =>
      server.call("accounts.add", { ...input, ...changes }).then(
        () => null,
        ({ code, message }: { code: string; message: string }) => [code, message],
      );
    expect(await refusal({ provider: "nobody" })).toEqual(["not_found", 'There is no provider "nobody".']);
    expect((await refusal({ secrets: { apiKey: "" } }))?.[0]).toBe("invalid_input");
    const wrong = await refusal({ secrets: { apiKey: "sk-planted", other: "sk-planted" }, settings: { baseUrl: "sk-planted" } });
    expect(wrong?.[0]).toBe("invalid_input");
    expect(wrong?.[1]).not.toContain("sk-planted");
    expect((await refusal({ shared: true, secrets: { apiKey: "abc" } }))?.[0]).toBe("forbidden");
    for (let count = 0; count < 5; count++) await add(`key-${count}`, 1);
    expect((await refusal({ secrets: { apiKey: "abc" } }))?.[0]).toBe("quota_exceeded");
  });

  test("it is removed once nothing is under way there, with its credentials", async () => {
    const account = await add("key-rm", 100);
    const release = studio.script.hold("track");
    const job = await server.create();
    await watch.state(job.id, "processing");
    await expect(server.call("accounts.remove", { id: account.id })).rejects.toMatchObject({ code: "conflict" });
    release();
    await watch.ended(job.id);
    await settled();
    await server.call("accounts.remove", { id: account.id });
    expect(await accounts()).toEqual([]);
    const left = await server.run(
      Effect.flatMap(Database, (service) => service.query((sql) => sql`select * from credential where account_id = ${account.id}`)),
    );
    expect(left.length).toBe(0);
  });
});
