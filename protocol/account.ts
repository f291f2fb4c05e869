// Accounts at providers: their owners' own, used as one pool. Credentials go in and never come out. Pure.
import * as z from "zod";
import { call, domain, topic } from "./define.ts";
import { FailureKind } from "./job.ts";
import { Id, Time } from "./values.ts";

/**
 * `available`: takes jobs. `saturated`: all its places are taken. `coolingDown`: the provider asked for a pause. `exhausted`: no credits, or
 * the day's limit is reached. `reauthenticating`: credentials and credits are being checked. `erring`: the check failed, or job after job
 * did. `disabled`: paused by a person. `removed`: gone for good.
 */
export const AccountState = z.enum([
  "available",
  "saturated",
  "coolingDown",
  "exhausted",
  "reauthenticating",
  "erring",
  "disabled",
  "removed",
]);
export type AccountState = z.infer<typeof AccountState>;

export const AccountFailure = z.object({ kind: FailureKind, message: z.string(), at: Time });
export type AccountFailure = z.infer<typeof AccountFailure>;

const Concurrency = z.int().min(1).max(100);
const Priority = z.int().min(0).max(9);
const DailyLimit = z.int().min(1).max(1_000_000).nullable();
const Title = z.string().trim().min(1).max(80);

export const Account = z.object({
  id: Id,
  ownerId: Id,
  provider: Id,
  title: z.string(),
  /** Everybody may use it, not only its owner. */
  shared: z.boolean(),
  state: AccountState,
  /** What the state means here and what to do, in words; null while all is well. */
  reason: z.string().nullable(),
  /** Places: jobs it may have under way at the same time, as its owner says. */
  concurrency: z.int(),
  /** Places that the provider grants at present: lower after it refused for concurrency, rising again by probing. */
  granted: z.int(),
  /** Jobs that hold a place. */
  busy: z.int(),
  /** Higher is used first. */
  priority: z.int(),
  /** Submissions a day (UTC), or null for no limit. */
  dailyLimit: z.int().nullable(),
  usedToday: z.int(),
  /** Not secret; `baseUrl` and the like. */
  settings: z.record(z.string(), z.unknown()),
  /** What the provider said is left, and when; null where it does not say or has not been asked. */
  credits: z
    .object({
      amount: z.number(),
      type: z.string(),
      at: Time,
      /** Where the provider counts several kinds: what was left of each; not known once jobs have taken from them. */
      parts: z.array(z.object({ type: z.string(), amount: z.number() })).optional(),
    })
    .nullable(),
  /** Estimated cost of what is under way. */
  held: z.number(),
  /** End of the pause. */
  cooldownUntil: Time.nullable(),
  failure: AccountFailure.nullable(),
  /** Failures in a row. */
  streak: z.int(),
  completed: z.int(),
  failed: z.int(),
  /** Moving average of one generation, ms. */
  averageMs: z.number().nullable(),
  lastUsedAt: Time.nullable(),
  createdAt: Time,
  /** Journal `seq` of the account's actor that this shows; higher is newer. */
  rev: z.int(),
});
export type Account = z.infer<typeof Account>;

const sample: Account = {
  id: "acc_1",
  ownerId: "usr_1",
  provider: "pixverse",
  title: "Main",
  shared: false,
  state: "available",
  reason: null,
  concurrency: 5,
  granted: 5,
  busy: 1,
  priority: 5,
  dailyLimit: null,
  usedToday: 12,
  settings: { baseUrl: "https://app-api.pixverse.ai" },
  credits: { amount: 1200, type: "credits", at: 1764000000000 },
  held: 45,
  cooldownUntil: null,
  failure: null,
  streak: 0,
  completed: 11,
  failed: 1,
  averageMs: 48_000,
  lastUsedAt: 1764000000000,
  createdAt: 1763000000000,
  rev: 40,
};

/** Where a person holds jobs back: nothing new is sent there, what is under way goes on. */
export const Pause = z.object({
  /** Everybody's jobs, not only one's own. */
  everybody: z.boolean(),
  /** Where; null: everywhere. */
  provider: Id.nullable(),
  /** Null: resumed. */
  since: Time.nullable(),
  /** Higher is newer, of the same place. */
  rev: z.int(),
});
export type Pause = z.infer<typeof Pause>;

const samplePause: Pause = { everybody: false, provider: "pixverse", since: 1764000000000, rev: 1 };

/** An account as it stands towards a job that waits. */
export const QueueVerdict = z.object({
  accountId: Id,
  title: z.string(),
  shared: z.boolean(),
  /** What keeps the job from it: a pause, its state, that all its places are taken, or too few credits. Null: it may take it. */
  against: z.enum(["pause", "budget", "state", "places", "credits"]).nullable(),
  /** The same in words. */
  reason: z.string(),
});
export type QueueVerdict = z.infer<typeof QueueVerdict>;

export const QueuedJob = z.object({
  jobId: Id,
  /** Jobs of all users that will be taken before it. */
  ahead: z.int(),
  /** Lower goes first. */
  priority: z.int(),
  since: Time,
  /** What a submission is to cost, in the provider's credits. */
  cost: z.number(),
  /** Why it waits, in words. */
  reason: z.string(),
});
export type QueuedJob = z.infer<typeof QueuedJob>;

/** Who waits for a place at a provider. */
export const ProviderQueue = z.object({
  provider: Id,
  /** Jobs of all users. */
  waiting: z.int(),
  /** Own jobs, as they will be taken; the first 200. */
  jobs: z.array(QueuedJob),
  /** Where the chosen job waits here: each account that it may be made on, the one that would take it first. Null otherwise. */
  accounts: z.array(QueueVerdict).nullable(),
});
export type ProviderQueue = z.infer<typeof ProviderQueue>;

const sampleQueue: ProviderQueue = {
  provider: "pixverse",
  waiting: 3,
  jobs: [{ jobId: "job_1", ahead: 2, priority: 5, since: 1764000000000, cost: 45, reason: "The only place at PixVerse is taken." }],
  accounts: [{ accountId: "acc_1", title: "Main", shared: false, against: "places", reason: "All its 5 places are taken." }],
};

/** Credentials are write-only: they are encrypted at once and are in no answer, event or log. */
const Secrets = z.record(z.string(), z.string().max(10_000)).meta({ description: "Write-only" });

export const accounts = domain({
  name: "accounts",
  summary: "Accounts at providers: adding, testing, pausing, and their state as it changes.",
  calls: {
    list: call({
      summary: "Own accounts and those shared with everybody.",
      access: "guest",
      input: z.object({}),
      output: z.object({ accounts: z.array(Account) }),
      mutation: false,
      errors: [],
      example: { input: {}, output: { accounts: [sample] } },
    }),
    add: call({
      summary: "Adds an account that is not there yet; it is checked at once. `shared` is for administrators.",
      access: "user",
      input: z.object({
        provider: Id,
        title: Title,
        settings: z.record(z.string(), z.unknown()).default({}),
        secrets: Secrets.default({}),
        shared: z.boolean().default(false),
        concurrency: Concurrency.optional(),
        priority: Priority.default(5),
        dailyLimit: DailyLimit.default(null),
      }),
      output: Account,
      mutation: true,
      errors: ["not_found", "quota_exceeded", "forbidden", "conflict"],
      example: {
        input: { provider: "pixverse", title: "Main", secrets: { apiKey: "sk-…" } },
        output: { ...sample, state: "reauthenticating", busy: 0, held: 0, usedToday: 0, completed: 0, failed: 0, credits: null, rev: 0 },
      },
    }),
    update: call({
      summary: "Changes what is given. New credentials replace all old ones and are checked at once.",
      access: "user",
      input: z.object({
        id: Id,
        title: Title.optional(),
        settings: z.record(z.string(), z.unknown()).optional(),
        secrets: Secrets.optional(),
        shared: z.boolean().optional(),
        concurrency: Concurrency.optional(),
        priority: Priority.optional(),
        dailyLimit: DailyLimit.optional(),
      }),
      output: Account,
      mutation: true,
      errors: ["not_found", "forbidden"],
      example: { input: { id: "acc_1", concurrency: 3 }, output: { ...sample, concurrency: 3 } },
    }),
    pause: call({
      summary: "Takes no new jobs (or does again); what is under way goes on.",
      access: "user",
      input: z.object({ id: Id, paused: z.boolean() }),
      output: Account,
      mutation: true,
      errors: ["not_found"],
      example: {
        input: { id: "acc_1", paused: true },
        output: { ...sample, state: "disabled", reason: "Paused since 26 Nov, 14:05 UTC: resume it to use it again." },
      },
    }),
    pauseJobs: call({
      summary:
        "Holds back one's own jobs, everywhere or at one provider, or lets them go on; what is under way goes on. `everybody` is for administrators.",
      access: "user",
      input: z.object({ provider: Id.nullable().default(null), everybody: z.boolean().default(false), paused: z.boolean() }),
      output: Pause,
      mutation: true,
      errors: ["not_found", "forbidden"],
      example: { input: { provider: "pixverse", paused: true }, output: samplePause },
    }),
    test: call({
      summary: "Checks credentials and credits now; watch the account for the outcome.",
      access: "user",
      input: z.object({ id: Id }),
      output: Account,
      mutation: true,
      errors: ["not_found"],
      example: { input: { id: "acc_1" }, output: { ...sample, state: "reauthenticating" } },
    }),
    balances: call({
      summary: "What was left of its credits at earlier times, oldest first: at most 48, a quarter of an hour apart or more.",
      access: "guest",
      input: z.object({ id: Id }),
      output: z.object({ balances: z.array(z.object({ amount: z.number(), at: Time })) }),
      mutation: false,
      errors: ["not_found"],
      example: {
        input: { id: "acc_1" },
        output: {
          balances: [
            { amount: 1245, at: 1763990000000 },
            { amount: 1200, at: 1764000000000 },
          ],
        },
      },
    }),
    remove: call({
      summary: "Forgets an account and its credentials. Refused while jobs are under way there.",
      access: "user",
      input: z.object({ id: Id }),
      output: z.object({}),
      mutation: true,
      errors: ["not_found", "conflict"],
      example: { input: { id: "acc_1" }, output: {} },
    }),
    spend: call({
      summary:
        "What own submissions have cost by provider, account and day (UTC) on which they were sent, newest first; for an administrator with `everybody` those of all users.",
      access: "guest",
      input: z.object({ days: z.int().min(1).max(366).default(30), everybody: z.boolean().default(false) }),
      output: z.object({
        rows: z.array(
          z.object({
            /** YYYY-MM-DD. */
            day: z.string(),
            ownerId: Id,
            provider: Id,
            accountId: Id,
            accountTitle: z.string(),
            type: z.string().nullable(),
            submissions: z.int(),
            completed: z.int(),
            estimated: z.number(),
            /** What remains to be paid of those that have ended. */
            charged: z.number(),
            /** Charged and given back. */
            refunded: z.number(),
            /** Estimates of those that are under way. */
            held: z.number(),
            /** Submissions whose charge the provider told; of the others it is the estimate. */
            told: z.int(),
          }),
        ),
      }),
      mutation: false,
      errors: ["forbidden"],
      example: {
        input: {},
        output: {
          rows: [
            {
              day: "2026-11-26",
              ownerId: "usr_1",
              provider: "pixverse",
              accountId: "acc_1",
              accountTitle: "Main",
              type: "credits",
              submissions: 12,
              completed: 11,
              estimated: 540,
              charged: 450,
              refunded: 45,
              held: 45,
              told: 11,
            },
          ],
        },
      },
    }),
  },
  streams: {},
  topics: {
    accounts: topic({
      summary: "Own and shared accounts as they change; one that is `removed` has gone.",
      access: "guest",
      params: z.object({}),
      snapshot: z.object({ accounts: z.array(Account) }),
      delta: Account,
      errors: [],
      example: { params: {}, snapshot: { accounts: [sample] }, delta: sample },
    }),
    queue: topic({
      summary:
        "Own jobs that wait for a place at an account: by which rule, in which order, and for one of them (`jobId`) on which accounts.",
      access: "guest",
      params: z.object({ jobId: Id.optional() }),
      snapshot: z.object({ queues: z.array(ProviderQueue) }),
      delta: ProviderQueue,
      errors: ["unavailable", "not_found"],
      example: { params: { jobId: "job_1" }, snapshot: { queues: [sampleQueue] }, delta: sampleQueue },
    }),
    pauses: topic({
      summary: "What holds own jobs back, as it begins and ends.",
      access: "guest",
      params: z.object({}),
      snapshot: z.object({ pauses: z.array(Pause) }),
      delta: Pause,
      errors: [],
      example: { params: {}, snapshot: { pauses: [samplePause] }, delta: { ...samplePause, since: null, rev: 2 } },
    }),
  },
});
