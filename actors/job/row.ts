// A job as clients and the list see it: one function from the machine's snapshot, used for the stored row, the answer to a
// call and the change that watchers get, so that the three never differ. Pure.
import type { Job, JobState } from "#protocol/job.ts";
import type { ActorMeta } from "#runtime/actor/define.ts";
import type { JobContext } from "./context.ts";

/** The public state of a state value: the name of the outermost state. */
export const stateOf = (value: unknown): JobState =>
  (typeof value === "object" && value !== null ? Object.keys(value)[0] : value) as JobState;

export interface JobSnapshot {
  readonly value: unknown;
  readonly context: JobContext;
}

export const jobRow = ({ value, context }: JobSnapshot, meta: ActorMeta): Job => {
  const { order } = context;
  return {
    id: order.id,
    ownerId: order.ownerId,
    operation: order.operation,
    provider: order.provider,
    state: stateOf(value),
    progress: context.progress,
    etaAt: context.etaAt,
    waitingFor: context.waitingFor,
    name: order.name,
    prompt: order.prompt,
    params: { ...order.params },
    inputs: [...order.inputs],
    hash: order.hash,
    priority: order.priority,
    scheduledFor: order.scheduledFor,
    parentJobId: order.parentJobId,
    batchId: order.batchId,
    attempt: context.attempt,
    maxAttempts: context.maxAttempts,
    failure: context.failure,
    assetId: context.assetId,
    parked: meta.parked !== null,
    createdAt: context.createdAt,
    submittedAt: context.submittedAt,
    finishedAt: context.finishedAt,
    rev: meta.seq,
  };
};
