// The pool's machine without a host: whoever holds it is the database, the accounts and the clock.
import { expect, test } from "vitest";
import type { Account } from "#protocol/account.ts";
import type { Budget } from "#protocol/spend.ts";
import { applyStep, makeKind, makeResident, type Resident } from "#runtime/actor/resident.ts";
import { type Granted, type PoolContext, type PoolEvent, poolMachine } from "./machine.ts";
import { emptyQueue } from "./queue.ts";
import { sampleAccount } from "./testing.ts";

const poolKind = makeKind({
  kind: "pool",
  version: 1,
  durability: "ephemeral",
  machine: poolMachine,
  effects: {},
  owner: () => "system",
});

const full: Budget = {
  id: "bud_1",
  ownerId: "u1",
  byAdmin: false,
  provider: null,
  period: "day",
  type: null,
  warnAt: null,
  pauseAt: 1,
  stopAt: null,
  used: 1,
};

class PoolLife {
  now = 1_000_000;
  readonly resident: Resident;

  constructor() {
    const input = { provider: "test", title: "Test studio", at: this.now };
    const step = poolKind.stepper.initial(input);
    this.resident = { ...makeResident(poolKind, 0, "pool/test", this.now), snapshot: step.snapshot };
    applyStep(this.resident, { type: "xstate.init", input }, this.now, step, null, null);
  }

  get state(): unknown {
    return this.resident.snapshot.value;
  }
  get context(): PoolContext {
    return this.resident.snapshot.context as unknown as PoolContext;
  }

  #step(event: { type: string; [key: string]: unknown }, finished: string | null, fired: string | null): this {
    const stamped = { ...event, at: this.now };
    applyStep(this.resident, stamped, this.now, poolKind.stepper.next(this.resident.snapshot, stamped), finished, fired);
    return this;
  }
  send(event: PoolEvent): this {
    return this.#step({ ...event }, null, null);
  }
  want(jobId: string, changes: { readonly priority?: number; readonly since?: number } = {}): this {
    this.now += 1000;
    const waiter = { jobId, key: `${jobId}-1`, ownerId: "u1", priority: 5, rank: 0, cost: 10, since: this.now };
    return this.send({ type: "pool.want", ...waiter, ...changes });
  }
  loaded(accounts: ReadonlyArray<Account>, budgets: ReadonlyArray<Budget> = []): this {
    const rules = { ...emptyQueue("test").rules, budgets };
    return this.#step({ type: "xstate.done.actor.load", output: { accounts, rules } }, "load", null);
  }
  granted(output: Partial<Granted>): this {
    const none = { rules: null, allHeldBack: false, refused: [], accounts: [] };
    return this.#step({ type: "xstate.done.actor.grant", output: { ...none, ...output } }, "grant", null);
  }
  failed(): this {
    return this.#step({ type: "xstate.error.actor.grant", error: { kind: "internal", message: "no" } }, "grant", null);
  }
  /** Time passes up to the next timer, which fires. */
  wait(): this {
    const timer = this.resident.timers.toSorted((a, b) => a.dueAt - b.dueAt)[0]!;
    this.now = timer.dueAt;
    return this.#step(timer.event, null, timer.id);
  }
}

test("nobody is told anything when a waiter says that it still waits, only when something changes for them", () => {
  const pool = new PoolLife()
    .loaded([sampleAccount("a", { busy: 1 })])
    .want("x")
    .want("y");
  const { shown, queue } = pool.context;
  expect(shown).toBe(queue);
  pool.want("x");
  expect(pool.context.shown).toBe(shown);
  expect(pool.context.queue.waiting["u1"]!.map(({ since, heardAt }) => heardAt - since)).toEqual([2000, 0]);
  pool.want("y", { priority: 1 });
  expect(pool.context.shown).toBe(pool.context.queue);
  expect(pool.context.shown).not.toBe(shown);
});

test("a waiter is as old as it says, whatever it asks for anew: put in front it does not lose what it has waited", () => {
  const pool = new PoolLife()
    .loaded([sampleAccount("a", { busy: 1 })])
    .want("x", { since: 500 })
    .want("y", { since: 400 });
  const waited = () => pool.context.queue.waiting["u1"]!.map(({ jobId, since }) => [jobId, since]);
  expect(waited()).toEqual([
    ["y", 400],
    ["x", 500],
  ]);
  pool.want("x", { since: 500, priority: 1 });
  expect(waited()).toEqual([
    ["x", 500],
    ["y", 400],
  ]);
});

test("it tells whom a budget or a pause holds back, and whom not any more", () => {
  const pool = new PoolLife().want("x").loaded([sampleAccount("a", { busy: 1 })], [full]);
  expect(pool.context.standings).toMatchObject({ u1: { heldBack: true, reason: expect.stringContaining("budget") as string } });
  pool.send({ type: "pool.rules" }).loaded([sampleAccount("a", { busy: 1 })]);
  expect(pool.context.standings).toMatchObject({ u1: { heldBack: false, reason: "The only place at Test studio is taken." } });
});

test("while somebody waits for a budget it is read again when something ends at an account, not when a place is taken", () => {
  const account = sampleAccount("a", { granted: 9, concurrency: 9, busy: 2, held: 20, rev: 1 });
  const pool = new PoolLife().want("x").loaded([account], [full]);
  expect(pool.state).toBe("idle");
  const told = (changes: Partial<Account>) => pool.send({ type: "pool.account", account: { ...account, ...changes } }).state;
  expect(told({ busy: 3, held: 30, rev: 2 })).toBe("idle");
  expect(told({ lastUsedAt: 5, busy: 3, held: 30, rev: 3 })).toBe("idle");
  // What is older arrives late.
  expect(told({ busy: 2, held: 20, rev: 1 })).toBe("idle");
  expect(told({ busy: 2, held: 20, rev: 4 })).toBe("loading");
});

test("one that leaves while it is being granted a place is not put back, unless it wants one again meanwhile", () => {
  const leaving = () => {
    const pool = new PoolLife()
      .loaded([sampleAccount("a", { granted: 2, concurrency: 2, busy: 2 })])
      .want("x")
      .want("y");
    pool.send({ type: "pool.account", account: sampleAccount("a", { granted: 2, concurrency: 2, rev: 2 }) });
    expect(pool.context.grants.map(({ waiter }) => waiter.jobId)).toEqual(["x", "y"]);
    return pool.send({ type: "pool.leave", ownerId: "u1", jobId: "x" });
  };
  const waiting = (pool: PoolLife) => pool.context.queue.waiting["u1"]?.map(({ jobId }) => jobId);
  const refused = ({ context: { grants } }: PoolLife) => ({
    refused: grants.map(({ waiter }) => waiter),
    accounts: [sampleAccount("a", { state: "coolingDown", rev: 3 })],
  });
  const gone = leaving();
  expect(waiting(gone.granted(refused(gone)))).toEqual(["y"]);
  const back = leaving().want("x", { since: 1_001_000 });
  expect(waiting(back.granted(refused(back)))).toEqual(["x", "y"]);
  // The same where nobody knows what came of the grants.
  expect(waiting(leaving().failed())).toEqual(["y"]);
});

test("it waits before it tries again where the database held back all that it had planned, unless it hears of other rules", () => {
  const pool = new PoolLife().want("x").loaded([sampleAccount("a")]);
  const heldBack = () => pool.granted({ allHeldBack: true, rules: emptyQueue("test").rules, refused: [pool.context.grants[0]!.waiter] });
  expect(pool.state).toBe("granting");
  expect(heldBack().state).toBe("heldBack");
  const before = pool.now;
  expect(pool.wait().state).toBe("granting");
  expect(pool.now - before).toBe(1000);
  heldBack();
  expect(pool.send({ type: "pool.rules" }).state).toBe("loading");
});
