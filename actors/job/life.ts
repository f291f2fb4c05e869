// One job without a host, for tests and measurements: the real machine with the host's own bookkeeping of effects and timers. Whoever holds it is the
// outside and the clock.
import type { ActorEvent } from "#protocol/actor.ts";
import type { JobState } from "#protocol/job.ts";
import { applyHostStep, applyStep, makeKind, makeResident, type PendingStep, type Resident } from "#runtime/actor/resident.ts";
import { type JobContext, type JobOrder, type ProviderOrder, recoveries, sentAgain } from "./context.ts";
import { jobMachine, jobMachineVersion, type Submitted } from "./machine.ts";
import { jobMigrations } from "./migrations.ts";
import { stateOf } from "./row.ts";

/** An order of text to video, as good as any. */
export const sampleOrder: JobOrder = {
  id: "job_test",
  ownerId: "usr_1",
  operation: "text_to_video",
  provider: "studio",
  providerTitle: "Studio",
  resendable: true,
  pooled: false,
  credits: 0,
  creditType: null,
  params: { prompt: "a fox in the snow", seed: 7 },
  inputs: [],
  prompt: "a fox in the snow",
  name: null,
  hash: "0".repeat(64),
  askedHash: null,
  priority: 5,
  scheduledFor: null,
  parentJobId: null,
  batchId: null,
  expectedMs: 2000,
  waitMs: 0,
};

/** The same at another provider, as a job may fall back to it. */
export const elsewhere = (provider: string, changes: Partial<ProviderOrder> = {}): ProviderOrder => {
  const { operation, resendable, pooled, credits, creditType, prompt, expectedMs, waitMs } = sampleOrder;
  const rest = { operation, resendable, pooled, credits, creditType, prompt, expectedMs, waitMs, hash: "1".repeat(64) };
  return { ...rest, provider, providerTitle: provider, params: { prompt, seed: 7 }, ...changes };
};

export const jobKind = makeKind({
  kind: "job",
  version: jobMachineVersion,
  machine: jobMachine,
  migrate: jobMigrations,
  effects: {},
  owner: () => "usr_1",
});
/** As the handlers say. */
const newsOf = recoveries as Readonly<Record<string, (input: never, now: number) => ActorEvent | null>>;
/** When a life begins, ms epoch. */
export const start = 1_000_000;

export class Life {
  now = start;
  readonly resident: Resident;
  /** Keys with which the provider was asked, in order. */
  readonly keys: Array<string> = [];
  /** What the provider was told to stop. */
  readonly calledOff: Array<{ readonly key: string; readonly providerJobId: string | null }> = [];

  constructor(changes: Partial<JobOrder> = {}) {
    const input = { order: { ...sampleOrder, ...changes }, at: this.now };
    const step = jobKind.stepper.initial(input);
    this.resident = { ...makeResident(jobKind, 0, "job/job_test", this.now), snapshot: step.snapshot };
    applyStep(this.resident, { type: "xstate.init", input }, this.now, step, null, null);
  }

  get state(): JobState {
    return stateOf(this.resident.snapshot.value);
  }
  get context(): JobContext {
    return this.resident.snapshot.context as unknown as JobContext;
  }
  get over(): boolean {
    return this.resident.snapshot.status !== "active";
  }
  get effects(): ReadonlyArray<string> {
    return this.resident.effects.map(({ name }) => name);
  }

  /** Every step so far, in order. */
  get steps(): ReadonlyArray<PendingStep> {
    return this.resident.dirty?.steps ?? [];
  }

  #step(event: { type: string; [key: string]: unknown }, finished: string | null, fired: string | null): this {
    if (this.over) return this;
    const before = this.resident.effects;
    const stamped = { ...event, at: this.now };
    const step = jobKind.stepper.next(this.resident.snapshot, stamped);
    applyStep(this.resident, stamped, this.now, step, finished, fired);
    for (const effect of this.resident.effects) {
      if (before.includes(effect)) continue;
      if (effect.name === "submit") this.keys.push((effect.input as { key: string }).key);
      if (effect.name === "cancelAtProvider") this.calledOff.push(effect.input as (typeof this.calledOff)[number]);
    }
    return this;
  }

  send(event: { type: string; [key: string]: unknown }): this {
    return this.#step(event, null, null);
  }
  cancel(): this {
    return this.send({ type: "job.cancel" });
  }
  /** The host gives up on it until a person has looked. */
  park(reason: string): this {
    return this.#hostStep({ type: "host.parked", reason }, reason);
  }
  /** A person lets it go on. */
  resume(): this {
    return this.#hostStep({ type: "host.resumed" }, null);
  }
  #hostStep(event: ActorEvent, parked: string | null): this {
    applyHostStep(this.resident, event, this.now, { parked });
    return this;
  }
  /** The effect under way succeeds. */
  succeed(output?: unknown): this {
    const [effect] = this.resident.effects;
    if (effect === undefined) throw new Error(`nothing is under way in ${this.state}`);
    const outputs: Record<string, unknown> = {
      awaitInputs: { inputs: [{ jobId: "job_first", assetId: "ast_first", role: "video" }] },
      acquireSlot: { slot: "studio-1", expectedMs: 2000 },
      submit: { providerJobId: `p-${this.keys.length}`, charged: null },
      track: { charged: null },
      download: { file: "/staging/result.mp4" },
      ingest: { assetId: "ast_test" },
      cancelAtProvider: { stopped: true },
    };
    const event = { type: `xstate.done.actor.${effect.invokeId}`, output: output ?? outputs[effect.name] };
    return this.#step(event, effect.invokeId, null);
  }
  /**
   * The effect under way fails; `unsent`: before the provider was asked; `charged`: what the provider says that it has cost; `details`: what
   * the failure says besides.
   */
  fail(failure: string, message = `it was ${failure}`, unsent = false, charged: number | null = null, details: object = {}): this {
    const [effect] = this.resident.effects;
    if (effect === undefined) throw new Error(`nothing is under way in ${this.state}`);
    const notSent = unsent || ["acquireSlot", "awaitInputs"].includes(effect.name);
    const error = { ...details, kind: failure, message, ...(notSent ? { unsent: true } : {}), ...(charged === null ? {} : { charged }) };
    const event = { type: `xstate.error.actor.${effect.invokeId}`, error };
    return this.#step(event, effect.invokeId, null);
  }
  /** Nobody knows whether the provider took the submission, and so the host has parked it; a person has another one made. */
  sendAgain(): this {
    return this.resume().#step({ type: "xstate.error.actor.submit", error: sentAgain }, "submit", null);
  }
  /** The same, and a person says that it was taken. */
  markDone(submitted: Omit<Submitted, "found">): this {
    return this.resume().#step({ type: "xstate.done.actor.submit", output: { ...submitted, found: true } }, "submit", null);
  }
  /** The next timer comes due. */
  wait(): this {
    const timer = this.#due();
    if (timer === undefined) throw new Error(`no timer in ${this.state}`);
    this.now = Math.max(this.now, timer.dueAt);
    return this.#step(timer.event, null, timer.id);
  }
  /** The timer of this delay comes due now. */
  fire(delay: string): this {
    const timer = this.resident.timers.find(({ event }) => event.type.includes(`.${delay}.`));
    if (timer === undefined) throw new Error(`no timer ${delay} in ${this.state}`);
    this.now = Math.max(this.now, timer.dueAt);
    return this.#step(timer.event, null, timer.id);
  }
  /** Nobody is there for so long, ms, and what is under way hears of it when it is taken up again; then come the timers that came due meanwhile. */
  away(ms: number): this {
    return this.sleep(ms, () => {
      for (const { name, input } of this.resident.effects) {
        const news = newsOf[name]?.(input as never, this.now) ?? null;
        if (news !== null) this.send({ ...news });
      }
    });
  }
  /** Nothing can be done for so long, ms, and nobody notices but by the timers that came due meanwhile, and come now. */
  sleep(ms: number, first: () => void = () => {}): this {
    this.now += ms;
    first();
    while (!this.over && (this.#due()?.dueAt ?? Infinity) <= this.now) this.wait();
    return this;
  }
  #due(): Resident["timers"][number] | undefined {
    return [...this.resident.timers].sort((a, b) => a.dueAt - b.dueAt)[0];
  }
  /** Goes on without trouble until a state. */
  until(state: JobState): this {
    while (this.state !== state) this.succeed();
    return this;
  }
}
