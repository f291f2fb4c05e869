// What the tests of the Job panel share: the life of a job as its own machine lives it, written down as the host's journal would be.
import { initialTransition, transition, type InputFrom, type SnapshotFrom } from "xstate";
import { jobMachine } from "#actors/job/machine.ts";
import type { ActorDelta, ActorView, KnownEntry } from "#protocol/actor.ts";
import { JobState, type FailureKind, type Job } from "#protocol/job.ts";
import { placesOf } from "#web/machine/graph.ts";
import { sampleJob } from "#web/store/testing.ts";

export const bornAt = 1_764_000_000_000;

const order: InputFrom<typeof jobMachine>["order"] = {
  id: "job_1",
  ownerId: "usr_1",
  operation: "text_to_video",
  provider: "studio",
  providerTitle: "Studio",
  resendable: true,
  pooled: false,
  credits: 0,
  creditType: null,
  params: { prompt: "a fox in the snow", duration: 5, loop: true },
  inputs: [],
  prompt: "a fox in the snow",
  name: null,
  hash: "9f2c",
  askedHash: null,
  priority: 5,
  scheduledFor: null,
  parentJobId: null,
  batchId: null,
  expectedMs: 2000,
  waitMs: 0,
};

const outputs = {
  acquireSlot: { slot: "studio-1", expectedMs: 2000 },
  submit: { providerJobId: "p-1", charged: null },
  track: { charged: null },
  download: { file: "/staging/result.mp4" },
  ingest: { assetId: "ast_1" },
  cancelAtProvider: { stopped: true },
};
type Effect = keyof typeof outputs;
const effectOf: Partial<Record<JobState, Effect>> = {
  waitingForSlot: "acquireSlot",
  submitting: "submit",
  processing: "track",
  downloading: "download",
  ingesting: "ingest",
  cancelling: "cancelAtProvider",
};

export class JobLife {
  #snapshot: SnapshotFrom<typeof jobMachine>;
  readonly entries: Array<KnownEntry> = [];

  constructor(change: Partial<typeof order> = {}) {
    const input = { order: { ...order, ...change }, at: bornAt };
    [this.#snapshot] = initialTransition(jobMachine, input);
    this.#write({ type: "xstate.init", input }, bornAt);
  }

  #write(event: KnownEntry["event"], at: number) {
    const { value, status, context } = this.#snapshot;
    this.entries.push({
      seq: this.entries.length,
      at,
      event,
      value,
      context: { ...context },
      status: status === "active" ? "active" : "done",
    });
  }

  get last(): KnownEntry {
    return this.entries.at(-1) ?? this.#none();
  }
  #none(): never {
    throw new Error("a journal begins with the creation");
  }
  get state(): JobState {
    return JobState.parse(placesOf(this.last.value)[0]);
  }
  get #effect(): Effect {
    return effectOf[this.state] ?? this.#none();
  }

  /** One event, so many ms after the one before. */
  send(event: { readonly type: string; readonly [key: string]: unknown }, after = 100): this {
    const at = this.last.at + after;
    // The host's events are more than those that the machine's type names.
    [this.#snapshot] = transition(jobMachine, this.#snapshot, { ...event, at } as never);
    this.#write({ ...event, at }, at);
    return this;
  }
  /** The effect under way succeeds. */
  succeed(after?: number): this {
    return this.send({ type: `xstate.done.actor.${this.#effect}`, output: outputs[this.#effect] }, after);
  }
  fail(kind: FailureKind, message = `It was ${kind}.`, after?: number): this {
    return this.send({ type: `xstate.error.actor.${this.#effect}`, error: { kind, message } }, after);
  }
  progress(fraction: number, after?: number): this {
    return this.send({ type: "provider.progress", fraction }, after);
  }
  /** The wait before another attempt is over. */
  retry(): this {
    return this.send({ type: "xstate.after.untilRetry.job.queued" }, 60_000);
  }
  until(state: JobState): this {
    while (this.state !== state) {
      this.succeed();
    }
    return this;
  }

  view(change: Partial<ActorView> = {}): ActorView {
    const { seq, at, value, context, status } = this.last;
    return {
      address: "job/job_1",
      kind: "job",
      machineVersion: 1,
      seq,
      at,
      value,
      context,
      status,
      parked: null,
      effects: [],
      timers: [],
      ...change,
    };
  }
  /** The steps from `from` on, as they come live. */
  deltas(from: number, { parked = null, effects = [], timers = [] }: Partial<ActorDelta> = {}): ReadonlyArray<ActorDelta> {
    return this.entries.slice(from).map((entry) => ({ entry, parked, effects, timers }));
  }
  /** The row of the lists. */
  row(change: Partial<Job> = {}): Job {
    const { progress, attempt, failure, assetId, finishedAt } = this.#snapshot.context;
    return sampleJob({
      params: order.params,
      state: this.state,
      progress,
      attempt,
      failure,
      assetId,
      finishedAt,
      etaAt: null,
      rev: this.last.seq,
      ...change,
    });
  }
}
