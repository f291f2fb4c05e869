// What submissions cost, and how much of it people allow. Pure.
import * as z from "zod";
import { call, domain } from "./define.ts";
import { SubmissionOutcome } from "./job.ts";
import { Cursor, Id, PageLimit, Time } from "./values.ts";

const Amount = z.number().positive().max(1e12);

/** At which amount something happens; at least one of them is set. */
const Thresholds = {
  /** From here on it is marked, and its owner is told once. */
  warnAt: Amount.nullable(),
  /** Nothing is sent that would go beyond: jobs wait until the period ends or the budget is raised. */
  pauseAt: Amount.nullable(),
  /** Nothing is taken in that would go beyond: jobs are refused. */
  stopAt: Amount.nullable(),
};

type Amounts = { readonly [K in keyof typeof Thresholds]: number | null };

/** What of these amounts would never come to pass, as something else does first; null: all of them can. */
export const neverReached = ({
  warnAt,
  pauseAt,
  stopAt,
}: Amounts): { readonly at: "warnAt" | "pauseAt"; readonly message: string } | null => {
  if (pauseAt !== null && pauseAt > (stopAt ?? pauseAt)) {
    return { at: "pauseAt", message: "Jobs would never wait, as they are refused before: let them wait at less, or refuse them at more." };
  }
  return warnAt !== null && warnAt > (pauseAt ?? stopAt ?? warnAt)
    ? { at: "warnAt", message: "It would never warn, as jobs wait or are refused before: warn at less." }
    : null;
};

const BudgetOf = {
  /** Where; null: at all providers. */
  provider: Id.nullable(),
  /** By UTC. */
  period: z.enum(["day", "month"]),
  /** What credits are counted; null: jobs are, each time they are sent. */
  type: z.string().min(1).max(40).nullable(),
};

export const Budget = z.object({
  id: Id,
  /** Whose submissions count; null: everybody's. */
  ownerId: Id.nullable(),
  /** An administrator has set it, and alone changes it. */
  byAdmin: z.boolean(),
  ...BudgetOf,
  ...Thresholds,
  /** Spent in the period under way, with what is held for what is under way. */
  used: z.number(),
});
export type Budget = z.infer<typeof Budget>;

export type BudgetLevel = "ok" | "warn" | "pause" | "stop";

/** The furthest threshold that is reached. */
export const budgetLevel = ({ used, warnAt, pauseAt, stopAt }: Budget): BudgetLevel => {
  const reached = (threshold: number | null): boolean => threshold !== null && used >= threshold;
  return reached(stopAt) ? "stop" : reached(pauseAt) ? "pause" : reached(warnAt) ? "warn" : "ok";
};

/** One submission to an account. */
export const LedgerEntry = z.object({
  /** Of the submission: what the provider knows it by. */
  key: z.string(),
  jobId: Id,
  provider: Id,
  accountId: Id,
  accountTitle: z.string(),
  type: z.string().nullable(),
  estimated: z.number(),
  /** What remains to be paid; null: it has not ended, or nobody has said yet whether it was taken, and its estimate is held. */
  charged: z.number().nullable(),
  /** What was charged and given back. */
  refunded: z.number(),
  /** Who says what was charged; null: nobody yet. */
  source: z.enum(["provider", "estimate", "person"]).nullable(),
  /** As in the charges of a job; null: it has not ended. */
  outcome: SubmissionOutcome.nullable(),
  /** When it was held: the day and month it counts for. */
  at: Time,
  /** By which person, after its end, it was said what it cost, and when; null: by none. */
  told: z.object({ by: Id, at: Time }).nullable(),
  /**
   * What the provider said when it was asked after its end, where nobody knew whether it was taken: `not taken`, or how it ended there. Where
   * nobody has seen its end: the same outcome again, once something was given back. Null: it could not tell so far, or need not.
   */
  found: z.object({ outcome: z.union([z.literal("not taken"), SubmissionOutcome]), at: Time }).nullable(),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;

const sampleEntry: LedgerEntry = {
  key: "job_1-1",
  jobId: "job_1",
  provider: "pixverse",
  accountId: "acc_1",
  accountTitle: "Main",
  type: "credits",
  estimated: 45,
  charged: 0,
  refunded: 45,
  source: "provider",
  outcome: "filtered",
  at: 1764000000000,
  told: null,
  found: null,
};

const sampleBudget: Budget = {
  id: "bud_1",
  ownerId: "usr_1",
  byAdmin: false,
  provider: "pixverse",
  period: "day",
  type: "credits",
  warnAt: 400,
  pauseAt: 500,
  stopAt: null,
  used: 420,
};

export const spend = domain({
  name: "spend",
  summary: "What submissions cost, one by one, and budgets that warn, let jobs wait or refuse them.",
  calls: {
    ledger: call({
      summary: "Own submissions, newest first, each with what it was to cost and did.",
      access: "guest",
      input: z.object({
        cursor: Cursor.optional(),
        limit: PageLimit,
        /** Only of this job. */
        jobId: Id.optional(),
        /** Only those that have ended and of which nobody knows yet whether they were taken. */
        unknown: z.boolean().optional(),
      }),
      output: z.object({ entries: z.array(LedgerEntry), next: Cursor.nullable() }),
      mutation: false,
      errors: [],
      example: {
        input: {},
        output: { entries: [sampleEntry], next: null },
      },
    }),
    tell: call({
      summary:
        "Says what a submission has cost of which nobody knew whether the provider took it: what was held for it is settled. 0: it was not taken, or not charged. Whoever said it may correct it so, and also that the provider, asked later, had not taken it; what it told that it charged may not be. An administrator says it of anybody's, and corrects it.",
      access: "user",
      input: z.object({ key: z.string().min(1).max(200), accountId: Id, charged: z.number().min(0).max(1e9) }),
      output: LedgerEntry,
      mutation: true,
      errors: ["not_found", "conflict"],
      example: {
        input: { key: "job_1-1", accountId: "acc_1", charged: 45 },
        output: {
          ...sampleEntry,
          charged: 45,
          refunded: 0,
          source: "person",
          outcome: "unknown",
          told: { by: "usr_1", at: 1764000900000 },
        },
      },
    }),
    budgets: call({
      summary: "Own budgets and those of the whole workspace; for an administrator with `everybody` all there are.",
      access: "guest",
      input: z.object({ everybody: z.boolean().default(false) }),
      output: z.object({ budgets: z.array(Budget) }),
      mutation: false,
      errors: ["forbidden"],
      example: { input: {}, output: { budgets: [sampleBudget] } },
    }),
    setBudget: call({
      summary:
        "Sets the budget of this provider, period and type. Whose it is: absent one's own; for administrators another user's, or null for everybody's.",
      access: "user",
      input: z.object({ ownerId: Id.nullable().optional(), ...BudgetOf, ...Thresholds }),
      output: Budget,
      mutation: true,
      errors: ["not_found", "forbidden"],
      example: {
        input: { provider: "pixverse", period: "day", type: "credits", warnAt: 400, pauseAt: 500, stopAt: null },
        output: sampleBudget,
      },
    }),
    removeBudget: call({
      summary: "Removes a budget.",
      access: "user",
      input: z.object({ id: Id }),
      output: z.object({}),
      mutation: true,
      errors: ["not_found", "forbidden"],
      example: { input: { id: "bud_1" }, output: {} },
    }),
  },
  streams: {},
  topics: {},
});
