import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accountLimits, type Balance, busyOf, grantedOf, heldOf, withBalance } from "./context.ts";
import { AccountLife } from "./life.ts";
import { accountMigrations } from "./migrations.ts";
import { accountRow } from "./row.ts";

const minute = 60_000;
const day = 24 * 60 * minute;
const ready = (plan: ConstructorParameters<typeof AccountLife>[0] = {}, credits: number | null = null) =>
  new AccountLife(plan).good(credits);
const row = (life: AccountLife) => accountRow(life.resident.snapshot as never, { id: "acc_1", seq: 1, at: life.now, parked: null });

describe("an account at a provider", () => {
  test("is checked before it takes its first job", () => {
    const life = new AccountLife();
    expect(life.state).toBe("reauthenticating");
    expect(life.take("a")).toBe(false);
    expect(life.good(100).state).toBe("available");
    expect(life.take("a", 10)).toBe(true);
    expect(row(life)).toMatchObject({ busy: 1, held: 10, usedToday: 1, credits: { amount: 100, type: "credits" }, reason: null });
  });

  test("gives out as many places as it has, each once, and takes them back", () => {
    const life = ready();
    expect([life.take("a"), life.take("b"), life.take("c")]).toEqual([true, true, false]);
    expect(life.state).toBe("saturated");
    // Asked again for a place that it has given: the same.
    life.send({ type: "lease.take", key: "a", jobId: "job-a", cost: 0 });
    expect(busyOf(life.context)).toBe(2);
    expect(life.end("a", "completed").state).toBe("available");
    expect(life.end("a", "completed").context.completed).toBe(1);
    expect(life.take("c")).toBe(true);
  });

  test("gives out its last credits, also where they are fractions", () => {
    const life = ready({ concurrency: 3 }, 0.3);
    expect([life.take("a", 0.1), life.take("b", 0.2)]).toEqual([true, true]);
    expect(row(life).held).toBe(0.3);
    life.end("a", "completed", { charged: 0.1 });
    expect(life.context.credits?.amount).toBe(0.2);
    life.end("b", "stopped");
    expect([life.take("c", 0.1), life.take("d", 0.1)]).toEqual([true, true]);
    for (const key of ["c", "d"]) life.end(key, "completed", { charged: 0.1 });
    expect(row(life).credits?.amount).toBe(0);
    expect(life.state).toBe("exhausted");
  });

  test("learns how long generations take from those that were never left alone", () => {
    const life = ready();
    for (const key of ["a", "b"]) life.take(key);
    expect(life.end("a", "completed", { tookMs: 3_600_000, absence: true }).context).toMatchObject({ averageMs: null, completed: 1 });
    expect(life.end("b", "completed", { tookMs: 2000 }).context).toMatchObject({ averageMs: 2000, completed: 2 });
    life.take("c");
    expect(life.end("c", "completed", { tookMs: 3_600_000, absence: true }).context.averageMs).toBe(2000);
  });

  test("frees no place that the same submission was given later than the one that is said to have ended", () => {
    const life = new AccountLife({ concurrency: 1 }).good();
    life.take("a");
    const takenBy = life.now;
    life.end("a", "unused", { takenBy });
    expect(life.state).toBe("available");
    life.now += 1;
    life.take("a");
    expect(life.end("a", "unused", { takenBy }).state).toBe("saturated");
    expect(life.end("a", "completed").state).toBe("available");
  });

  test("keeps credits for what is under way, so that no job is charged and refused", () => {
    const life = ready({ concurrency: 5 }, 100);
    expect([life.take("a", 60), life.take("b", 60), life.take("c", 40)]).toEqual([true, false, true]);
    life.now += 1000;
    life.end("a", "completed", { charged: 55 }).end("c", "filtered", { charged: 0 });
    expect(life.context.credits?.amount).toBe(45);
    expect(life.take("d", 60)).toBe(false);
    expect(life.take("e", 45)).toBe(true);
  });

  test("keeps apart what a provider counts apart, as it was told, beside what is left in all", () => {
    const parts = [
      { type: "monthly", amount: 40 },
      { type: "package", amount: 60 },
    ];
    const life = new AccountLife({}).good(100, parts);
    life.take("a", 10);
    life.now += 1000;
    expect(row(life).credits).toMatchObject({ amount: 100, parts });
    life.end("a", "completed", { charged: 10 });
    // Of which of them it was taken is not known.
    expect(row(life).credits).toEqual({ amount: 90, type: "credits", at: life.now - 1000 });
    expect(row(life.send({ type: "account.test" }).good(90)).credits?.parts).toBeUndefined();
  });

  test("is not used any more when submission after submission gets lost there, but for what was called off", () => {
    const life = ready();
    for (let n = 0; n < accountLimits.streak; n++) {
      life.take(`called-off-${n}`);
      life.end(`called-off-${n}`, "unknown", { message: "", goesOnMs: 0 });
    }
    expect(life).toMatchObject({ state: "available", context: { streak: 0, failed: 0, failure: null } });
    for (let n = 0; n < accountLimits.streak; n++) {
      expect(life.state).toBe("available");
      life.take(`lost-${n}`);
      life.end(`lost-${n}`, "unknown", { message: "The line is dead.", goesOnMs: 0 });
    }
    expect(life).toMatchObject({ state: "erring", context: { failure: { kind: "network", message: "The line is dead." } } });
  });

  test("does not count again what a balance told since has in it", () => {
    const life = ready({}, 100);
    life.take("a", 10);
    life.now += 1000;
    life.send({ type: "account.test" }).good(90);
    expect(life.end("a", "completed").context.credits?.amount).toBe(90);
  });

  test("cools down when it is refused, for as long as the provider says, and is back by itself", () => {
    const life = ready();
    life.take("a");
    life.end("a", "limit", { retryAfterMs: 7000 });
    expect(life.state).toBe("coolingDown");
    expect(row(life).reason).toContain("asked for a pause until");
    expect(life.take("b")).toBe(false);
    expect(life.wait()).toBe(7000);
    expect(life.state).toBe("available");
  });

  test("learns from three refusals in a row that there are fewer places, and tries more of them later", () => {
    const life = ready({ concurrency: 5 });
    for (const key of ["a", "b", "c", "d", "e"]) life.take(key);
    life.end("e", "limit");
    life.wait();
    life.end("d", "limit");
    life.wait();
    expect(grantedOf(life.context)).toBe(5);
    life.end("c", "limit");
    expect(grantedOf(life.context)).toBe(2);
    for (let waits = 0; waits < 20 && life.context.learned !== null; waits++) life.wait();
    expect(grantedOf(life.context)).toBe(5);
    expect(life.now - 1_000_000_000_000).toBeGreaterThanOrEqual(3 * accountLimits.probe);
  });

  test("learns nothing of places from being asked for fewer requests, however often, and rests as long", () => {
    const life = ready({ concurrency: 5 });
    for (const key of ["a", "b", "c", "d", "e"]) life.take(key);
    for (const key of ["e", "d", "c", "b"]) {
      life.end(key, "limit", { rate: true, retryAfterMs: 20_000 });
      expect([life.state, life.context.learned]).toEqual(["coolingDown", null]);
      expect(life.wait()).toBe(20_000);
    }
    expect(life.context.refusals).toBe(0);
  });

  test("learns nothing of places from a refusal of the only job under way", () => {
    const life = ready({ concurrency: 5 });
    for (let times = 0; times < 10; times++) {
      life.take(`k${times}`);
      life.end(`k${times}`, "limit").wait();
    }
    expect(grantedOf(life.context)).toBe(5);
  });

  test("is not used while its credentials are refused; new ones are checked at once", () => {
    const life = ready();
    life.take("a");
    expect(life.end("a", "authentication").state).toBe("reauthenticating");
    expect(life.bad("authentication").state).toBe("erring");
    expect(row(life)).toMatchObject({ reason: "it was authentication", failure: { kind: "authentication" } });
    life.send({ type: "account.changed", plan: life.context.plan, recheck: true });
    expect(life.state).toBe("reauthenticating");
    expect(life.good().state).toBe("available");
    expect(row(life).failure).toBeNull();
  });

  test("is checked again by itself, less and less often", () => {
    const waits = (kind: "authentication" | "network") => {
      const life = new AccountLife().bad(kind);
      return Array.from({ length: 8 }, () => {
        const waited = life.wait();
        life.bad(kind);
        return waited / minute;
      });
    };
    expect(waits("authentication")).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
    expect(waits("network").map((waited) => waited * 60)).toEqual([5, 10, 20, 40, 80, 160, 320, 640]);
  });

  test("goes on being used when it only could not be asked for its balance", () => {
    const life = ready({}, 100);
    life.wait();
    expect(life.state).toBe("reauthenticating");
    expect(life.bad("network").state).toBe("available");
    const failedAt = life.now;
    life.wait();
    expect(life.now - failedAt).toBe(accountLimits.balance);
    expect(life.bad("authentication").state).toBe("erring");
  });

  test("is exhausted where there are no credits left, and says what to do", () => {
    const life = ready({}, 10);
    life.take("a", 10);
    life.now += 1;
    expect(life.end("a", "completed").state).toBe("exhausted");
    expect(row(life).reason).toBe("It has 0 credits left: top it up, then test it.");
    expect(life.send({ type: "account.test" }).good(500).state).toBe("available");
  });

  test("asks before it believes that it is out of credits, and stays so for a while where the provider says no number", () => {
    const life = ready();
    life.take("a", 10);
    expect(life.end("a", "credits").state).toBe("reauthenticating");
    expect(life.good(null).state).toBe("exhausted");
    life.wait();
    expect(life.state).toBe("reauthenticating");
    expect(life.good(null).state).toBe("available");
    life.take("b", 10);
    expect(life.end("b", "credits").good(800).state).toBe("available");
  });

  test("stops for the day at its limit, and goes on at midnight UTC", () => {
    const life = ready({ dailyLimit: 2 });
    life.take("a");
    life.end("a", "completed");
    life.take("b");
    expect(life.end("b", "completed").state).toBe("exhausted");
    expect(row(life).reason).toContain("limit of 2 a day");
    life.wait();
    expect([life.state, life.now % day]).toEqual(["available", 0]);
    expect(row(life).usedToday).toBe(0);
  });

  test("has used nothing today from midnight UTC on, also where it has no limit", () => {
    const life = ready();
    life.take("a");
    life.end("a", "completed");
    expect(row(life).usedToday).toBe(1);
    life.wait();
    expect([life.now % day, life.state, row(life).usedToday]).toEqual([0, "available", 0]);
  });

  test("says since when a person has paused it", () => {
    const life = ready();
    const paused = (): string | null => row(life.send({ type: "account.paused", paused: true })).reason;
    expect(paused()).toBe("Paused since 9 Sep, 01:46 UTC: resume it to use it again.");
    life.now += 60 * minute;
    expect(paused()).toContain("01:46");
    life.send({ type: "account.paused", paused: false });
    expect(paused()).toContain("02:46");
  });

  test("errs after five failures in a row, not after five among successes", () => {
    const life = ready();
    const fail = (key: string) => {
      life.take(key);
      life.end(key, "provider");
    };
    for (const key of ["a", "b", "c", "d"]) fail(key);
    life.take("e");
    life.end("e", "completed");
    for (const key of ["f", "g", "h", "i"]) fail(key);
    expect(life.state).toBe("available");
    fail("j");
    expect(life.state).toBe("erring");
    life.wait();
    expect(life.good().state).toBe("available");
  });

  test("a refused prompt, a bad parameter and our own faults are not held against it", () => {
    const life = ready();
    for (const outcome of ["filtered", "parameters", "input", "storage", "internal", "unused", "stopped"] as const) {
      life.take(outcome);
      life.end(outcome, outcome);
    }
    expect([life.state, life.context.streak, life.context.failed]).toEqual(["available", 0, 0]);
  });

  test.each(["goes on", "unknown", "lost"] as const)("what ends as %s keeps its place until it should have ended", (outcome) => {
    const life = ready({ concurrency: 1 }, 100);
    life.take("a", 30);
    life.end("a", outcome, { goesOnMs: accountLimits.look });
    expect(life.context.credits?.amount).toBe(outcome === "lost" ? 100 : 70);
    expect([life.state, life.take("b")]).toEqual(["saturated", false]);
    expect(life.wait()).toBe(accountLimits.look);
    expect(life.take("b")).toBe(true);
  });

  test("of what nobody says how long it goes on its generations tell it, twice as long at most, or else it is ten minutes of the provider's time", () => {
    const places = (life: AccountLife, said: { readonly unknownMs?: number } = { unknownMs: 60_000 }): number => {
      life.take("b");
      life.end("b", "goes on", said);
      let waited = 0;
      while (busyOf(life.context) > 0) waited += life.wait();
      return waited;
    };
    expect(places(ready(), {})).toBe(accountLimits.goesOn);
    expect(places(ready())).toBe(60_000);
    const known = ready();
    known.take("a");
    expect(places(known.end("a", "completed", { tookMs: 90_000 }))).toBe(180_000);
  });

  test("what went on when it was written by version 3 keeps its place for the rest of its time, at most an hour", () => {
    const at = ready().now;
    const old = { leaving: { a: at + 5000, b: at + 3 * day }, lastUsedAt: at, createdAt: at - day };
    expect(accountMigrations[3]({ value: "available", context: old }).context).toMatchObject({
      leaving: { a: 5000, b: 60 * minute },
      leavingAt: at,
    });
  });

  test("paused it takes nothing and lets what is under way end; it is removed only then", () => {
    const life = ready();
    life.take("a");
    life.send({ type: "account.paused", paused: true });
    expect([life.state, life.take("b")]).toEqual(["disabled", false]);
    expect(life.send({ type: "account.removed" }).state).toBe("disabled");
    life.end("a", "completed");
    expect(life.send({ type: "account.paused", paused: false }).state).toBe("available");
    expect(life.send({ type: "account.removed" }).state).toBe("removed");
  });
});

/** Time in which somebody is here, or by which the clock is set forward or nobody is here, ms; then what ends and may go on. */
const someTimes = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("live" as const), ms: fc.integer({ min: 0, max: 3 * minute }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("jump" as const), ms: fc.integer({ min: minute, max: 5 * 60 * minute }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("end" as const),
        outcome: fc.constantFrom("goes on", "unknown", "lost"),
        ms: fc.integer({ min: 1, max: 8 * minute }),
      }),
    },
  ),
  { maxLength: 40 },
);

test("what goes on keeps its place for so much time in which somebody was here, however the clock is set, and not without end", () => {
  fc.assert(
    fc.property(someTimes, (times) => {
      const life = ready({ concurrency: 100, dailyLimit: null });
      let lived = 0;
      let jumps = 0;
      /** When each will have ended at the provider, lived time, and the jumps before. */
      const going = new Map<string, { readonly endsAt: number; readonly jumps: number }>();
      const early = new Set<string>();
      const late = new Set<string>();
      const look = (): void => {
        for (const [key, { endsAt, jumps: before }] of going) {
          const isTaken = key in life.context.leaving;
          if (!isTaken && lived < endsAt - (jumps - before) * accountLimits.late) early.add(key);
          if (isTaken && lived > endsAt + (jumps - before + 1) * accountLimits.look) late.add(key);
        }
      };
      const live = (ms: number): void => {
        const until = life.now + ms;
        while (Math.min(...life.resident.timers.map(({ dueAt }) => dueAt)) <= until) {
          lived += life.wait();
          look();
        }
        lived += until - life.now;
        life.now = until;
      };
      for (const [index, each] of times.entries()) {
        const key = `k${index}`;
        if (each.do === "live") live(each.ms);
        else if (each.do === "jump") {
          life.now += each.ms;
          jumps++;
          while (Math.min(...life.resident.timers.map(({ dueAt }) => dueAt)) <= life.now) life.wait();
        } else if (life.take(key)) {
          life.end(key, each.outcome as "lost", { goesOnMs: each.ms });
          going.set(key, { endsAt: lived + each.ms, jumps });
          // It is not left alone for having lost too many.
          life.take(`${key}-done`);
          life.end(`${key}-done`, "completed");
        }
        look();
      }
      expect([[...early], [...late]]).toEqual([[], []]);
    }),
  );
});

const someEvents = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant("take" as const), key: fc.nat(12), cost: fc.nat(40) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("end" as const),
        key: fc.nat(12),
        outcome: fc.constantFrom(
          "completed",
          "goes on",
          "stopped",
          "unknown",
          "limit",
          "authentication",
          "credits",
          "provider",
          "filtered",
          "unused",
        ),
        charged: fc.option(fc.nat(40)),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("check" as const), credits: fc.option(fc.nat(200)), bad: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("plan" as const), concurrency: fc.integer({ min: 1, max: 5 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("pause" as const), paused: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const) }) },
  ),
  { maxLength: 80 },
);

test("whatever happens, it never gives a place or credits that it does not have, and never gets stuck", () => {
  fc.assert(
    fc.property(someEvents, (events) => {
      const life = ready({ concurrency: 3 }, 100);
      for (const event of events) {
        life.now += 10;
        switch (event.do) {
          case "take": {
            const before = life.context;
            const key = `k${event.key}`;
            const isNew = !(key in before.leases);
            if (!life.take(key, event.cost) || !isNew) break;
            expect(busyOf(life.context)).toBeLessThanOrEqual(grantedOf(before));
            if (before.credits !== null) expect(heldOf(life.context)).toBeLessThanOrEqual(before.credits.amount);
            break;
          }
          case "end":
            life.end(`k${event.key}`, event.outcome as never, { charged: event.charged, goesOnMs: 5000 });
            break;
          case "check":
            if (life.state !== "reauthenticating") life.send({ type: "account.test" });
            if (life.state !== "reauthenticating") break;
            if (event.bad) life.bad("authentication");
            else life.good(event.credits);
            break;
          case "plan":
            life.send({ type: "account.changed", plan: { ...life.context.plan, concurrency: event.concurrency }, recheck: false });
            break;
          case "pause":
            life.send({ type: "account.paused", paused: event.paused });
            break;
          case "wait":
            if (life.state !== "reauthenticating") life.wait();
            break;
        }
      }
      // From anywhere: once all has ended and somebody has looked after it, it takes a job.
      for (const key of Object.keys(life.context.leases)) life.end(key, "unused");
      life.send({ type: "account.paused", paused: false });
      for (let tries = 0; tries < 60 && life.state !== "available"; tries++) {
        if (life.state === "reauthenticating") life.good(1000);
        else if (life.state === "exhausted") life.send({ type: "account.test" });
        else life.wait();
      }
      expect(life.take("last", 1)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

describe("what was left at earlier times", () => {
  test("begins empty in an account of before it was kept", () => {
    const { balances: _, ...old } = new AccountLife().good(100).context;
    expect(accountMigrations[1]({ value: "available", context: old })).toEqual({ value: "available", context: { ...old, balances: [] } });
  });

  test("is told by checks and by what jobs cost, and is bounded, however long it lives", () => {
    const account = new AccountLife({ concurrency: 3 }).good(100);
    expect(account.context.balances).toEqual([{ amount: 100, at: account.now }]);
    account.take("k1", 10);
    account.now += 60_000;
    account.end("k1", "completed", { charged: 8 });
    expect(account.context.balances?.map(({ amount }) => amount)).toEqual([100, 92]);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2 * 3_600_000), fc.nat(1000)), { maxLength: 200 }), (told) => {
        let at = 0;
        let series: ReadonlyArray<Balance> = [];
        for (const [passed, amount] of told) {
          at += passed;
          series = withBalance(series, { amount, at });
        }
        expect(series.length).toBeLessThanOrEqual(accountLimits.balances);
        // The newest is always there, and all but it are apart.
        if (told.length > 0) expect(series.at(-1)).toEqual({ amount: told.at(-1)![1], at });
        for (const [index, balance] of series.slice(0, -2).entries()) {
          expect(series[index + 2]!.at - balance.at).toBeGreaterThanOrEqual(accountLimits.balanceGap);
        }
      }),
    );
  });
});
