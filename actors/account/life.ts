// One account without a host, for tests: the real machine with the host's own bookkeeping of effects and timers. Whoever holds it is the
// provider and the clock.
import type { AccountState } from "#protocol/account.ts";
import type { FailureKind } from "#protocol/job.ts";
import { applyStep, makeKind, makeResident, type Resident } from "#runtime/actor/resident.ts";
import type { AccountContext, AccountEvent, AccountPlan, Credits, LeaseEnded, LeaseOutcome } from "./context.ts";
import { accountMachine, accountMachineVersion } from "./machine.ts";

const accountKind = makeKind({
  kind: "account",
  version: accountMachineVersion,
  machine: accountMachine,
  effects: {},
  owner: () => "usr_1",
});

export const samplePlan: AccountPlan = { title: "Main", shared: false, concurrency: 2, priority: 5, dailyLimit: null, settings: {} };

export class AccountLife {
  now = 1_000_000_000_000;
  readonly resident: Resident;

  constructor(plan: Partial<AccountPlan> = {}) {
    const order = { id: "acc_1", ownerId: "usr_1", provider: "test", providerTitle: "Test studio", creditType: "credits" };
    const input = { order, plan: { ...samplePlan, ...plan }, at: this.now };
    const step = accountKind.stepper.initial(input);
    this.resident = { ...makeResident(accountKind, 0, "account/acc_1", this.now), snapshot: step.snapshot };
    applyStep(this.resident, { type: "xstate.init", input }, this.now, step, null, null);
  }

  get state(): AccountState {
    return this.resident.snapshot.value as AccountState;
  }
  get context(): AccountContext {
    return this.resident.snapshot.context as unknown as AccountContext;
  }

  #step(event: { type: string; [key: string]: unknown }, finished: string | null, fired: string | null): this {
    const stamped = { ...event, at: this.now };
    const step = accountKind.stepper.next(this.resident.snapshot, stamped);
    applyStep(this.resident, stamped, this.now, step, finished, fired);
    return this;
  }

  send(event: AccountEvent): this {
    return this.#step({ ...event }, null, null);
  }
  /** Whether the key has a place now. */
  take(key: string, cost = 0): boolean {
    this.send({ type: "lease.take", key, jobId: `job-${key}`, cost });
    return key in this.context.leases;
  }
  end(key: string, outcome: LeaseOutcome, changes: Partial<LeaseEnded> = {}): this {
    return this.send({ type: "lease.ended", key, outcome, message: `it was ${outcome}`, charged: null, tookMs: 1000, ...changes });
  }
  /** The check under way finds it good. */
  good(credits: number | null = null, parts?: Credits["parts"]): this {
    const output = { credits, ...(parts === undefined ? {} : { parts }) };
    return this.#step({ type: "xstate.done.actor.inspect", output }, "inspect", null);
  }
  /** The check under way finds it bad. */
  bad(kind: FailureKind, retryAfterMs?: number): this {
    const error = { kind, message: `it was ${kind}`, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    return this.#step({ type: "xstate.error.actor.inspect", error }, "inspect", null);
  }
  /** Time passes up to the next timer, which fires. Answers how long that was, ms. */
  wait(): number {
    const timer = this.resident.timers.toSorted((a, b) => a.dueAt - b.dueAt)[0];
    if (timer === undefined) throw new Error(`no timer in ${this.state}`);
    const before = this.now;
    this.now = Math.max(this.now, timer.dueAt);
    this.#step(timer.event, null, timer.id);
    return this.now - before;
  }
}
