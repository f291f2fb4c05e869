// How much one user may have at the same time, keep and ask for. Pure.
import * as z from "zod";
import { call, domain } from "./define.ts";
import { Role } from "./auth.ts";
import { Id } from "./values.ts";

const limits = {
  /** Jobs that have not ended. */
  openJobs: z.int().min(0).max(1_000_000),
  /** Jobs asked for on a day (UTC). */
  jobsADay: z.int().min(0).max(10_000_000),
  /** Outside of the trash. */
  assets: z.int().min(0).max(10_000_000),
  /** Of originals, gigabytes (10^9 bytes). */
  storage: z.number().min(0).max(1_000_000),
  /** At providers. Administrators may add any number. */
  accounts: z.int().min(0).max(10_000),
};
const orNull = <T extends z.ZodType>(schema: T) => schema.nullable();

export const Quota = z.object({
  userId: Id,
  /** What holds. */
  limits: z.object(limits),
  /** What an administrator has set for this user; null: as for everybody. */
  own: z.object({
    openJobs: orNull(limits.openJobs),
    jobsADay: orNull(limits.jobsADay),
    assets: orNull(limits.assets),
    storage: orNull(limits.storage),
    accounts: orNull(limits.accounts),
  }),
  /** The most urgent priority of a job that may be asked for; lower goes first. */
  topPriority: z.int(),
  used: z.object({ openJobs: z.int(), jobsADay: z.int(), assets: z.int(), storage: z.number(), accounts: z.int() }),
});
export type Quota = z.infer<typeof Quota>;

/** What holds for one of all users. */
const UserQuota = Quota.extend({ username: z.string(), role: Role });

const sample: Quota = {
  userId: "usr_2",
  limits: { openJobs: 1000, jobsADay: 200, assets: 100_000, storage: 1000, accounts: 5 },
  own: { openJobs: null, jobsADay: 200, assets: null, storage: null, accounts: null },
  topPriority: 5,
  used: { openJobs: 3, jobsADay: 41, assets: 1204, storage: 12.4, accounts: 2 },
};

export const quotas = domain({
  name: "quotas",
  summary: "How much a user may have at the same time, keep and ask for.",
  calls: {
    get: call({
      summary: "One's own limits and what is used of them; an administrator may ask for another user's.",
      access: "guest",
      input: z.object({ userId: Id.optional() }),
      output: Quota,
      mutation: false,
      errors: ["forbidden"],
      example: { input: {}, output: sample },
    }),
    all: call({
      summary: "The limits of all users and what is used of them, by name; and what holds for everybody.",
      access: "admin",
      input: z.object({}),
      output: z.object({ everybody: Quota.shape.limits, users: z.array(UserQuota) }),
      mutation: false,
      errors: [],
      example: {
        input: {},
        output: { everybody: { ...sample.limits, jobsADay: 100_000 }, users: [{ ...sample, username: "grace", role: "user" }] },
      },
    }),
    set: call({
      summary: "Sets a user's own limits, all of them; null: as for everybody. What is there already stays.",
      access: "admin",
      input: z.object({ userId: Id, ...Quota.shape.own.shape }),
      output: Quota,
      mutation: true,
      errors: ["not_found"],
      example: { input: { userId: "usr_2", openJobs: null, jobsADay: 200, assets: null, storage: null, accounts: null }, output: sample },
    }),
  },
  streams: {},
  topics: {},
});
