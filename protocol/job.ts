// Jobs: from a request to generate to an asset. Pure.
import * as z from "zod";
import { call, domain, topic } from "./define.ts";
import { Cursor, Id, PageLimit, Time } from "./values.ts";

export const Operation = z.enum(["text_to_video", "image_to_video", "video_extend", "video_edit", "video_transition", "fusion"]);
export type Operation = z.infer<typeof Operation>;

export const JobState = z.enum([
  "scheduled",
  "paused",
  "awaitingInputs",
  "queued",
  "waitingForSlot",
  "submitting",
  "processing",
  "downloading",
  "ingesting",
  "cancelling",
  "completed",
  "failed",
  "filtered",
  "cancelled",
  "timedOut",
]);
export type JobState = z.infer<typeof JobState>;

export const finalJobStates: ReadonlySet<JobState> = new Set(["completed", "failed", "filtered", "cancelled", "timedOut"]);

/** Not under way yet: these can be paused, and their order changed. */
export const waitingJobStates: ReadonlySet<JobState> = new Set(["scheduled", "awaitingInputs", "queued", "waitingForSlot"]);

/** The part an input asset plays. */
export const InputRole = z.enum(["image", "video", "frame", "subject", "background"]);
export type InputRole = z.infer<typeof InputRole>;

export const JobInput = z.object({
  /** Left out while it is what another job is still to make. */
  assetId: Id.optional(),
  /** It is the result of this earlier job of the same owner: in a request this or `assetId`. */
  jobId: Id.optional(),
  /** Of that result: this frame as a picture, instead of the video. */
  frame: z.enum(["first", "last"]).optional(),
  role: InputRole,
  /** Name by which the prompt refers to it (`@name`). */
  name: z
    .string()
    .regex(/^[A-Za-z0-9_]{1,30}$/)
    .optional(),
  /** Where in a video input to look, ms. */
  timeMs: z.int().min(0).optional(),
});
export type JobInput = z.infer<typeof JobInput>;

export const FailureKind = z.enum([
  "authentication",
  "credits",
  "limit",
  "filtered",
  "parameters",
  "provider",
  "network",
  "lost",
  "input",
  "storage",
  "timeout",
  "internal",
]);
export type FailureKind = z.infer<typeof FailureKind>;

export const JobFailure = z.object({ kind: FailureKind, message: z.string() });
export type JobFailure = z.infer<typeof JobFailure>;

/**
 * The prompt among the parameters (and the negative prompt, where there is one) is a template: `template/tree.ts` has the language. Each job gets a
 * text of its own, drawn by its seed.
 */
export const JobPrompt = z.object({
  /** The version in the library that the prompt is, to the letter. */
  versionId: Id.optional(),
  /** The version of a style that goes around it. */
  styleVersionId: Id.optional(),
  /** Values of its variables, by name. */
  variables: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,39}$/), z.string().max(2000)).default({}),
  /** Draws the choices of the first job; those of further ones are drawn by the numbers after it. */
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional(),
});
export type JobPrompt = z.infer<typeof JobPrompt>;

/** What the words of a job were made from: the same give the same words. */
export const JobTemplate = z.object({
  /** As they were written, before the style. */
  text: z.string(),
  negative: z.string(),
  versionId: Id.nullable(),
  styleVersionId: Id.nullable(),
  /** Versions of the lists that it uses, by name in lower case. */
  lists: z.record(z.string(), Id),
  variables: z.record(z.string(), z.string()),
  /** By which the choices were drawn. */
  seed: z.int(),
});
export type JobTemplate = z.infer<typeof JobTemplate>;

/**
 * What makes a job go on at another provider. `unavailable`: it failed there, after all attempts. `refused`: no account there can take it, for its
 * limits, credits or access. `rejected`: the request was. `filtered`: its content was.
 */
export const FallbackReason = z.enum(["unavailable", "refused", "rejected", "filtered"]);
export type FallbackReason = z.infer<typeof FallbackReason>;

/** Providers that one request may go on at, and the longest wait at one, ms. */
export const fallbackLimits = { orders: 5, afterMs: 7 * 24 * 60 * 60 * 1000 } as const;

/** Providers in order, at which a job goes on when the one before does not make it. */
export const Fallback = z.object({
  orders: z
    .array(
      z.object({
        provider: Id,
        /** Left out: the request's. */
        operation: Operation.optional(),
        /** Checked against that provider's schema. The words of the request, and its seed where this has none, go along. */
        params: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .min(1)
    .max(fallbackLimits.orders),
  /** Never where nobody knows whether a submission was taken, or where something was paid. */
  on: z.array(FallbackReason).default(["unavailable", "refused"]),
  /** Also when it has waited so long at one, ms, time that a pause or a budget holds it not counted; left out: however long. */
  afterMs: z.int().min(1000).max(fallbackLimits.afterMs).optional(),
});
export type Fallback = z.infer<typeof Fallback>;

/** Where a job is to go on, and where it was before. */
export const JobFallback = z.object({
  on: z.array(FallbackReason),
  afterMs: z.int().nullable(),
  /** To come, in order. */
  orders: z.array(z.object({ provider: Id, operation: Operation, params: z.record(z.string(), z.unknown()), credits: z.number() })),
  /** Those that it has left, oldest first, and why. */
  switches: z.array(
    z.object({
      provider: Id,
      operation: Operation,
      params: z.record(z.string(), z.unknown()),
      reason: z.union([FallbackReason, z.literal("waited")]),
      message: z.string(),
      at: Time,
    }),
  ),
});
export type JobFallback = z.infer<typeof JobFallback>;

/** Lower runs first. How urgent a user may ask for a job to be, an administrator says (`quotas.get`). */
const JobPriority = z.int().min(0).max(9);

/** What is asked for. `params` are checked against the provider's schema of the operation. */
export const JobRequest = z.object({
  operation: Operation,
  provider: Id,
  params: z.record(z.string(), z.unknown()),
  inputs: z.array(JobInput).max(16).default([]),
  name: z.string().max(200).optional(),
  /** Not before this time. */
  scheduledFor: Time.optional(),
  priority: JobPriority.default(5),
  /** Left out: the prompt is sent as it is. */
  prompt: JobPrompt.optional(),
  fallback: Fallback.optional(),
});
export type JobRequest = z.infer<typeof JobRequest>;

/** How far ahead a job may be scheduled, ms. */
export const mostAheadMs = 366 * 24 * 60 * 60 * 1000;

/** Jobs that one call may ask for. */
export const mostJobsAtOnce = 100;

/**
 * What a grid varies. `param`: a parameter, set to each of the values. `seed`: whatever the provider calls its seed. `provider`: where and how
 * it is made; `operation` and `params` stand for those of the request, which hold where they are left out.
 */
export const GridAxis = z.discriminatedUnion("by", [
  z.object({
    by: z.literal("param"),
    param: z.string().min(1).max(100),
    values: z.array(z.unknown()).min(1).max(mostJobsAtOnce),
  }),
  z.object({ by: z.literal("seed"), values: z.array(z.int()).min(1).max(mostJobsAtOnce) }),
  z.object({
    by: z.literal("provider"),
    values: z
      .array(z.object({ provider: Id, operation: Operation.optional(), params: z.record(z.string(), z.unknown()).optional() }))
      .min(1)
      .max(mostJobsAtOnce),
  }),
]);
export type GridAxis = z.infer<typeof GridAxis>;

/** One job for each combination of the axes' values, but for those left out. */
export const Grid = z.object({
  axes: z.array(GridAxis).min(1).max(6),
  /** Cells that are not made: for each axis the place of its value, from 0. */
  without: z
    .array(z.array(z.int().min(0)).max(6))
    .max(2000)
    .default([]),
});
export type Grid = z.infer<typeof Grid>;

/** Where a job stands in the batch it was made with: the axes (`provider`, `seed`, or a parameter's name) in order. */
export const JobCell = z.array(
  z.object({
    axis: z.string(),
    /** Place of the value on its axis, from 0. */
    index: z.int(),
    /** Of `provider`: provider and operation, as in `pixverse/text_to_video`. */
    value: z.unknown(),
  }),
);
export type JobCell = z.infer<typeof JobCell>;

export const SubmissionOutcome = z.union([z.literal(["completed", "goes on", "stopped", "unknown"]), FailureKind]);

/** What one submission to a provider's account was to cost, and did. */
export const Charge = z.object({
  /** Of the submission: what the provider knows it by. */
  key: z.string(),
  accountId: Id,
  accountTitle: z.string(),
  /** Left out: the job's. */
  provider: Id.optional(),
  /** In credits of `type`, before it was sent. */
  estimated: z.number(),
  /** As the provider told it, or null where it did not: then `estimated` stands for it if it completed or goes on there, or may do so. */
  charged: z.number().nullable(),
  /** Of what it had charged before, given back; absent: nothing. */
  refunded: z.number().optional(),
  type: z.string().nullable(),
  /**
   * `completed`, `goes on` (called off, but the provider cannot stop; or marked as done), `stopped`, `unknown` (nobody can say whether the
   * provider took it), or the kind of the failure.
   */
  outcome: SubmissionOutcome,
  /** From the slot to the end, ms. */
  tookMs: z.int(),
  at: Time,
});
export type Charge = z.infer<typeof Charge>;

export const Job = z.object({
  id: Id,
  ownerId: Id,
  operation: Operation,
  provider: Id,
  state: JobState,
  /** 0 to 1 within the whole generation; 0.02 while it is made by a provider that does not tell how far it is. */
  progress: z.number().min(0).max(1),
  /** Expected end, or null where nothing is known. */
  etaAt: Time.nullable(),
  /** Why it waits, in words, or null. */
  waitingFor: z.string().nullable(),
  name: z.string().nullable(),
  /** As it is sent. */
  prompt: z.string(),
  /** What the prompt was made from, where it was not written like that. */
  template: JobTemplate.nullable(),
  params: z.record(z.string(), z.unknown()),
  inputs: z.array(JobInput),
  /** SHA-256 over canonical parameters and inputs: equal hashes ask for the same video. */
  hash: z.string(),
  priority: z.int(),
  /** Among its owner's jobs of the same priority lower goes first; of the same rank who has waited longer. */
  rank: z.number(),
  scheduledFor: Time.nullable(),
  parentJobId: Id.nullable(),
  /** Null: it was asked for at one provider only. */
  fallback: JobFallback.nullable(),
  /** Jobs created together. */
  batchId: Id.nullable(),
  /** Its place among those, or null where it was made alone. */
  cell: JobCell.nullable(),
  /** Which it is of the jobs that one call asked for, from 0, all of which have the same `createdAt`: lists have the last of them first. */
  ordinal: z.int(),
  attempt: z.int(),
  maxAttempts: z.int(),
  failure: JobFailure.nullable(),
  assetId: Id.nullable(),
  /** The account of its last submission, whose place it holds until that has ended. */
  accountId: Id.nullable(),
  /** Estimate of one generation in the provider's credits. */
  credits: z.number(),
  /** Submissions that have ended, oldest first. */
  charges: z.array(Charge),
  /** Waits for a person after repeated faults. */
  parked: z.boolean(),
  createdAt: Time,
  submittedAt: Time.nullable(),
  finishedAt: Time.nullable(),
  /** Journal `seq` of the job's actor that this row shows; higher is newer. */
  rev: z.int(),
});
export type Job = z.infer<typeof Job>;

/** One operation of a provider, enough to draw its form. */
export const OperationSpec = z.object({
  operation: Operation,
  title: z.string(),
  summary: z.string(),
  /** JSON Schema (draft 2020-12) of `params`; `title`, `description`, `default` and `x-widget` (`prompt`, `seed`, `select`, `slider`, `switch`) are for the form. */
  params: z.record(z.string(), z.unknown()),
  inputs: z.array(
    z.object({
      role: InputRole,
      title: z.string(),
      accepts: z.array(z.enum(["image", "video"])),
      min: z.int(),
      max: z.int(),
      /** Each input needs a `name` that the prompt can use. */
      named: z.boolean(),
    }),
  ),
});
export type OperationSpec = z.infer<typeof OperationSpec>;

/** What a person fills in to add an account; enough to draw the form. */
export const AccountForm = z.object({
  /** Where the credentials are found. */
  help: z.string(),
  /** JSON Schema (draft 2020-12) of what is not secret. */
  settings: z.record(z.string(), z.unknown()),
  /** JSON Schema of the credentials, each a string. */
  secrets: z.record(z.string(), z.unknown()),
  /** Jobs a new account may have under way at the same time. */
  concurrency: z.int(),
  /** What it counts in, or null where nothing is charged or told. */
  creditType: z.string().nullable(),
  /** It charges, but nobody can tell how much: not before a job, and not after. */
  untold: z.boolean(),
});
export type AccountForm = z.infer<typeof AccountForm>;

export const ProviderSpec = z.object({
  id: Id,
  title: z.string(),
  summary: z.string(),
  operations: z.array(OperationSpec),
  /** Jobs it runs at the same time for one account. */
  concurrency: z.int(),
  /** Null: it is used without an account. */
  account: AccountForm.nullable(),
});
export type ProviderSpec = z.infer<typeof ProviderSpec>;

export const Estimate = z.object({
  /** Provider credits; 0: free. */
  credits: z.number(),
  /** Time of one generation without waiting, ms. */
  durationMs: z.number(),
  /** Expected wait for a slot, ms. */
  waitMs: z.number(),
});
export type Estimate = z.infer<typeof Estimate>;

/** What all jobs of a call would come to. Those of its own are of the dearest and longest of them. */
export const BatchEstimate = Estimate.extend({
  jobs: z.int(),
  /** By provider. */
  parts: z.array(
    z.object({
      provider: Id,
      jobs: z.int(),
      /** Of these jobs together, in credits of `creditType`. */
      credits: z.number(),
      creditType: z.string().nullable(),
      /** Of these jobs one after the other, ms. */
      durationMs: z.number(),
      waitMs: z.number(),
    }),
  ),
  /** Accounts that these jobs may use, and whether they could take one of them now. */
  accounts: z.array(z.object({ provider: Id, accountId: Id, title: z.string(), serves: z.boolean(), reason: z.string().nullable() })),
  /** Why the call would be refused now, in words. */
  refusals: z.array(z.string()),
  /** What the jobs would wait for now, in words. */
  waits: z.array(z.string()),
  /** By provider that they may fall back to: the dearest of them there. */
  fallbacks: z.array(z.object({ provider: Id, credits: z.number(), creditType: z.string().nullable() })),
});
export type BatchEstimate = z.infer<typeof BatchEstimate>;

const sampleRequest = { operation: "text_to_video" as const, provider: "studio", params: { prompt: "a fox in the snow", duration: 5 } };
const sampleJob: Job = {
  id: "job_1",
  ownerId: "usr_1",
  operation: "text_to_video",
  provider: "studio",
  state: "processing",
  progress: 0.4,
  etaAt: 1764000005000,
  waitingFor: null,
  name: null,
  prompt: "a fox in the snow",
  template: null,
  params: { prompt: "a fox in the snow", duration: 5 },
  inputs: [],
  hash: "9f2c…",
  priority: 5,
  rank: 0,
  scheduledFor: null,
  parentJobId: null,
  fallback: null,
  batchId: null,
  cell: null,
  ordinal: 0,
  attempt: 1,
  maxAttempts: 3,
  failure: null,
  assetId: null,
  accountId: null,
  credits: 0,
  charges: [],
  parked: false,
  createdAt: 1764000000000,
  submittedAt: 1764000001000,
  finishedAt: null,
  rev: 6,
};

export const JobFilter = z.object({
  states: z.array(JobState).optional(),
  operation: Operation.optional(),
  /** Words of the prompt or name. */
  search: z.string().max(200).optional(),
  batchId: Id.optional(),
});

/** What is asked for: the request, at each cell of the grid, so many times with different seeds. */
const Batch = z.object({
  request: JobRequest,
  count: z.int().min(1).max(mostJobsAtOnce).default(1),
  grid: Grid.optional(),
});

/** Which jobs are meant: these, and all of a batch. */
const Chosen = z.object({ ids: z.array(Id).max(500).default([]), batchId: Id.optional() });

/** `failed`: ids that could not be changed, with the reason. */
const BulkResult = z.object({ done: z.array(Id), failed: z.array(z.object({ id: Id, message: z.string() })) });

export const jobs = domain({
  name: "jobs",
  summary: "Generations: asking for them, following, cancelling, repeating.",
  calls: {
    providers: call({
      summary: "The providers and what each can do; draws the form.",
      access: "guest",
      input: z.object({}),
      output: z.object({ providers: z.array(ProviderSpec) }),
      mutation: false,
      errors: [],
      example: {
        input: {},
        output: {
          providers: [
            { id: "studio", title: "Studio (local)", summary: "Drawn on this machine.", operations: [], concurrency: 2, account: null },
          ],
        },
      },
    }),
    estimate: call({
      summary:
        "What the same call of `create` would cost, how long it would take, on which accounts, and what stands in its way. Changes nothing. `dryRun`: the inputs are checked too, and it is refused for what `create` would be.",
      access: "user",
      input: Batch.extend({ dryRun: z.boolean().optional() }),
      output: BatchEstimate,
      mutation: false,
      errors: ["not_found"],
      example: {
        input: { request: sampleRequest },
        output: {
          credits: 0,
          durationMs: 1200,
          waitMs: 0,
          jobs: 1,
          parts: [{ provider: "studio", jobs: 1, credits: 0, creditType: null, durationMs: 1200, waitMs: 0 }],
          accounts: [],
          refusals: [],
          waits: [],
          fallbacks: [],
        },
      },
    }),
    create: call({
      summary:
        "Accepts one job; or, all or none, one for each cell of the grid, and of each `count` with different seeds, which are the same in all cells. Accepted means stored.",
      access: "user",
      input: Batch,
      output: z.object({ jobs: z.array(Job) }),
      mutation: true,
      errors: ["not_found", "quota_exceeded"],
      example: { input: { request: sampleRequest }, output: { jobs: [sampleJob] } },
    }),
    get: call({
      summary: "One job.",
      access: "guest",
      input: z.object({ id: Id }),
      output: Job,
      mutation: false,
      errors: ["not_found"],
      example: { input: { id: "job_1" }, output: sampleJob },
    }),
    list: call({
      summary: "Own jobs, newest first: by `createdAt`, those of the same call by `ordinal`, then by id.",
      access: "guest",
      input: z.object({ filter: JobFilter.default({}), cursor: Cursor.optional(), limit: PageLimit }),
      output: z.object({ jobs: z.array(Job), next: Cursor.nullable() }),
      mutation: false,
      errors: [],
      example: { input: {}, output: { jobs: [sampleJob], next: null } },
    }),
    cancel: call({
      summary: "Cancels jobs in whatever state they are; a job that has ended stays as it is.",
      access: "user",
      input: z.object({ ids: z.array(Id).min(1).max(500) }),
      output: BulkResult,
      mutation: true,
      errors: ["not_found"],
      example: { input: { ids: ["job_1"] }, output: { done: ["job_1"], failed: [] } },
    }),
    markDone: call({
      summary:
        "Says of a submission in review (an effect of the job's actor) that the provider took it: it is paid as `charged` says, or else as estimated. With the provider's id of it the job goes on from there; without, it ends as failed. To send another one, use `actors.resolveEffect`.",
      access: "user",
      input: z.object({
        id: Id,
        /** Of the effect in review. */
        key: z.string().regex(/^submit:\d+$/),
        providerJobId: z.string().trim().min(1).max(200).optional(),
        charged: z.number().min(0).max(1e9).optional(),
      }),
      output: Job,
      mutation: true,
      errors: ["not_found", "conflict"],
      example: { input: { id: "job_1", key: "submit:2", providerJobId: "354", charged: 45 }, output: sampleJob },
    }),
    pause: call({
      summary:
        "Holds jobs that have not been sent to a provider, until they are resumed; what is under way goes on. Held time counts for no limit.",
      access: "user",
      input: Chosen,
      output: BulkResult,
      mutation: true,
      errors: ["not_found"],
      example: { input: { ids: ["job_1"] }, output: { done: ["job_1"], failed: [] } },
    }),
    resume: call({
      summary: "Lets paused jobs go on.",
      access: "user",
      input: Chosen,
      output: BulkResult,
      mutation: true,
      errors: ["not_found"],
      example: { input: { batchId: "bat_1" }, output: { done: ["job_1"], failed: [] } },
    }),
    prioritise: call({
      summary:
        "Gives jobs that wait another priority, or lets them run next: before all other own jobs at their provider, in the order of `ids`.",
      access: "user",
      input: Chosen.extend({ priority: z.union([JobPriority, z.literal("next")]) }),
      output: BulkResult,
      mutation: true,
      errors: ["not_found"],
      example: { input: { ids: ["job_1"], priority: "next" }, output: { done: ["job_1"], failed: [] } },
    }),
    replace: call({
      summary:
        "Lets a job that waits make something else at the same provider: its place in the queue, its time and its batch stay. Refused once it is sent.",
      access: "user",
      input: z.object({ id: Id, request: JobRequest }),
      output: Job,
      mutation: true,
      errors: ["not_found", "conflict"],
      example: { input: { id: "job_1", request: sampleRequest }, output: { ...sampleJob, state: "waitingForSlot" } },
    }),
    arrange: call({
      summary:
        "Puts own jobs that wait at one provider in this order, all with this priority. Those that come later stand behind them. What has been sent meanwhile goes on.",
      access: "user",
      input: z.object({ ids: z.array(Id).min(1).max(500), priority: JobPriority }),
      output: BulkResult,
      mutation: true,
      errors: ["not_found", "conflict"],
      example: { input: { ids: ["job_2", "job_1"], priority: 5 }, output: { done: ["job_2", "job_1"], failed: [] } },
    }),
    retry: call({
      summary: "Makes a new job of each, with the same request and the old one as parent.",
      access: "user",
      input: z.object({ ids: z.array(Id).min(1).max(100), newSeed: z.boolean().default(false) }),
      output: z.object({ jobs: z.array(Job), failed: z.array(z.object({ id: Id, message: z.string() })) }),
      mutation: true,
      errors: ["not_found", "quota_exceeded"],
      example: { input: { ids: ["job_1"] }, output: { jobs: [sampleJob], failed: [] } },
    }),
  },
  streams: {},
  topics: {
    jobs: topic({
      summary: "Own jobs as they change: counts and the newest page, then each changed row.",
      access: "guest",
      params: z.object({}),
      snapshot: z.object({ counts: z.partialRecord(JobState, z.int()), jobs: z.array(Job), next: Cursor.nullable() }),
      delta: Job,
      errors: [],
      example: { params: {}, snapshot: { counts: { processing: 1 }, jobs: [sampleJob], next: null }, delta: sampleJob },
    }),
  },
});
