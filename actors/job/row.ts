// A job as clients and the list see it: one function from the machine's snapshot, used for the stored row, the answer to a
// call and the change that watchers get, so that the three never differ. Pure.
import type { JobRow } from "#db/queries/job.ts";
import { Job, type JobFallback, type JobState } from "#protocol/job.ts";
import type { ActorMeta, ColumnType } from "#runtime/actor/define.ts";
import type { Fallbacks, JobContext } from "./context.ts";

/** The public state of a state value: the name of the outermost state. */
export const stateOf = (value: unknown): JobState =>
  (typeof value === "object" && value !== null ? Object.keys(value)[0] : value) as JobState;

export interface JobSnapshot {
  readonly value: unknown;
  readonly context: JobContext;
}

/** Where it goes on as clients see it. */
export const shownFallback = ({ on, afterMs, orders, switches }: Fallbacks): JobFallback => ({
  on: [...on],
  afterMs,
  orders: orders.map(({ provider, operation, params, credits }) => ({ provider, operation, params: { ...params }, credits })),
  switches: switches.map(({ providerTitle: _, params, ...each }) => ({ ...each, params: { ...params } })),
});

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
    template: order.template ?? null,
    params: { ...order.params },
    inputs: [...order.inputs],
    hash: order.hash,
    priority: order.priority,
    rank: order.rank ?? 0,
    scheduledFor: order.scheduledFor,
    parentJobId: order.parentJobId,
    fallback: order.fallback === undefined ? null : shownFallback(order.fallback),
    batchId: order.batchId,
    cell: order.cell === undefined ? null : [...order.cell],
    ordinal: context.ordinal ?? 0,
    attempt: context.attempt,
    maxAttempts: context.maxAttempts,
    failure: context.failure,
    assetId: context.assetId,
    accountId: context.account?.id ?? null,
    credits: order.credits,
    charges: [...context.charges],
    parked: meta.parked !== null,
    createdAt: context.createdAt,
    submittedAt: context.submittedAt,
    finishedAt: context.finishedAt,
    rev: meta.seq,
  };
};

/** Columns of the table `job` besides those that the host writes. */
export const jobColumns = {
  owner_id: "text",
  operation: "text",
  provider: "text",
  state: "text",
  progress: "double precision",
  eta_at: "bigint",
  waiting_for: "text",
  name: "text",
  prompt: "text",
  template: "jsonb",
  params: "jsonb",
  inputs: "jsonb",
  hash: "text",
  asked_hash: "text",
  priority: "integer",
  rank: "double precision",
  scheduled_for: "bigint",
  parent_job_id: "text",
  fallback: "jsonb",
  batch_id: "text",
  cell: "jsonb",
  ordinal: "integer",
  attempt: "integer",
  max_attempts: "integer",
  failure: "jsonb",
  asset_id: "text",
  slot: "text",
  account_id: "text",
  lease_key: "text",
  credits: "double precision",
  provider_job_id: "text",
  charges: "jsonb",
  parked: "boolean",
  created_at: "bigint",
  submitted_at: "bigint",
  finished_at: "bigint",
  absent_until: "bigint",
} as const satisfies Readonly<Record<string, ColumnType>>;

/** What is stored of a job: what clients see, its slot, and what it was asked with. */
export const storedRow = (snapshot: JobSnapshot, meta: ActorMeta): Readonly<Record<keyof typeof jobColumns, unknown>> => {
  const job = jobRow(snapshot, meta);
  return {
    owner_id: job.ownerId,
    operation: job.operation,
    provider: job.provider,
    state: job.state,
    progress: job.progress,
    eta_at: job.etaAt,
    waiting_for: job.waitingFor,
    name: job.name,
    prompt: job.prompt,
    template: job.template,
    params: job.params,
    inputs: job.inputs,
    hash: job.hash,
    asked_hash: snapshot.context.order.askedHash,
    priority: job.priority,
    rank: job.rank,
    scheduled_for: job.scheduledFor,
    parent_job_id: job.parentJobId,
    fallback: job.fallback,
    batch_id: job.batchId,
    cell: job.cell,
    ordinal: job.ordinal,
    attempt: job.attempt,
    max_attempts: job.maxAttempts,
    failure: job.failure,
    asset_id: job.assetId,
    slot: snapshot.context.slot,
    account_id: job.accountId,
    lease_key: snapshot.context.leasedAt === null ? null : snapshot.context.submitKey,
    credits: job.credits,
    provider_job_id: snapshot.context.providerJobId,
    charges: job.charges,
    parked: job.parked,
    created_at: job.createdAt,
    submitted_at: job.submittedAt,
    finished_at: job.finishedAt,
    absent_until: snapshot.context.absentUntil ?? null,
  };
};

/** A stored row as clients see it: the inverse of `storedRow`. Throws where the table holds what no job is. */
export const fromStored = (row: JobRow): Job =>
  Job.parse({
    id: row.id,
    ownerId: row.owner_id,
    operation: row.operation,
    provider: row.provider,
    state: row.state,
    progress: row.progress,
    etaAt: row.eta_at,
    waitingFor: row.waiting_for,
    name: row.name,
    prompt: row.prompt,
    template: row.template,
    params: row.params,
    inputs: row.inputs,
    hash: row.hash,
    priority: row.priority,
    rank: row.rank,
    scheduledFor: row.scheduled_for,
    parentJobId: row.parent_job_id,
    fallback: row.fallback,
    batchId: row.batch_id,
    cell: row.cell,
    ordinal: row.ordinal,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    failure: row.failure,
    assetId: row.asset_id,
    accountId: row.account_id,
    credits: row.credits,
    charges: row.charges,
    parked: row.parked,
    createdAt: row.created_at,
    submittedAt: row.submitted_at,
    finishedAt: row.finished_at,
    rev: row.rev,
  });
