// Looking into any durable actor: state, journal, effects, timers; and freeing a parked one. Pure.
import * as z from "zod";
import { call, domain, stream, topic } from "./define.ts";
import { Address, Cursor, PageLimit, Time } from "./values.ts";

/** XState state value: a name, or names by region. */
export const StateValue: z.ZodType<string | { [key: string]: unknown }> = z.union([z.string(), z.record(z.string(), z.unknown())]);

export const ActorEvent = z.looseObject({ type: z.string() });
export type ActorEvent = z.infer<typeof ActorEvent>;

/**
 * One step: the event and what it led to. `seq` counts from 0 without gaps; 0 is the creation. Steps before the last
 * `host.migrated` were taken by an older machine: what they led to is not known, and null.
 */
export const JournalEntry = z.object({
  seq: z.int().min(0),
  at: Time,
  event: ActorEvent,
  /** State value after the step. */
  value: StateValue.nullable(),
  /** Context after the step; secrets are left out. */
  context: z.record(z.string(), z.unknown()).nullable(),
  status: z.enum(["active", "done", "error"]).nullable(),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

/** A step of which it is known what it led to. */
export const KnownEntry = z.object({
  ...JournalEntry.shape,
  value: StateValue,
  context: z.record(z.string(), z.unknown()),
  status: z.enum(["active", "done", "error"]),
});
export type KnownEntry = z.infer<typeof KnownEntry>;

export const ActorEffect = z.object({
  /** `<invoke id>:<attempt>` */
  key: z.string(),
  name: z.string(),
  /** `review`: whether it took place is not known; a person decides. */
  state: z.enum(["running", "review"]),
  startedAt: Time,
});
export type ActorEffect = z.infer<typeof ActorEffect>;

export const ActorTimer = z.object({ id: z.string(), dueAt: Time });
export type ActorTimer = z.infer<typeof ActorTimer>;

export const ActorView = z.object({
  address: Address,
  kind: z.string(),
  machineVersion: z.int(),
  seq: z.int(),
  at: Time,
  value: StateValue,
  context: z.record(z.string(), z.unknown()),
  status: z.enum(["active", "done", "error"]),
  /** Waits for a person: the failure in words, or null. */
  parked: z.string().nullable(),
  effects: z.array(ActorEffect),
  timers: z.array(ActorTimer),
});
export type ActorView = z.infer<typeof ActorView>;

/** What a step or a change of effects and timers did to the view. */
export const ActorDelta = z.object({
  entry: KnownEntry,
  parked: z.string().nullable(),
  effects: z.array(ActorEffect),
  timers: z.array(ActorTimer),
});
export type ActorDelta = z.infer<typeof ActorDelta>;

const sampleEntry: KnownEntry = {
  seq: 3,
  at: 1764000001000,
  event: { type: "slot.granted", slot: "studio-1" },
  value: "submitting",
  context: { attempt: 1 },
  status: "active",
};
const sampleView: ActorView = {
  address: "job/job_1",
  kind: "job",
  machineVersion: 1,
  seq: 3,
  at: 1764000001000,
  value: "submitting",
  context: { attempt: 1 },
  status: "active",
  parked: null,
  effects: [{ key: "submit:1", name: "submit", state: "running", startedAt: 1764000001000 }],
  timers: [{ id: "deadline", dueAt: 1764007200000 }],
};

export const actors = domain({
  name: "actors",
  summary: "Durable actors as they are and as they were.",
  calls: {
    get: call({
      summary: "The present state of an actor.",
      access: "guest",
      input: z.object({ address: Address }),
      output: ActorView,
      mutation: false,
      errors: ["not_found"],
      example: { input: { address: "job/job_1" }, output: sampleView },
    }),
    list: call({
      summary: "Actors by kind; parked ones on request.",
      access: "admin",
      input: z.object({ kind: z.string().max(20).optional(), parked: z.boolean().optional(), cursor: Cursor.optional(), limit: PageLimit }),
      output: z.object({
        actors: z.array(
          z.object({
            address: Address,
            value: StateValue,
            status: z.string(),
            seq: z.int(),
            parked: z.string().nullable(),
            updatedAt: Time,
          }),
        ),
        next: Cursor.nullable(),
      }),
      mutation: false,
      errors: [],
      example: { input: { parked: true }, output: { actors: [], next: null } },
    }),
    resume: call({
      summary: "Frees a parked actor: what failed is tried again.",
      access: "user",
      input: z.object({ address: Address }),
      output: z.object({}),
      mutation: true,
      errors: ["not_found", "conflict"],
      example: { input: { address: "job/job_1" }, output: {} },
    }),
    resolveEffect: call({
      summary:
        "Decides an effect whose outcome is unknown: `resend` does it again (a job's submission as a new one), `fail` counts it as failed. That a job's submission took place is said with `jobs.markDone`.",
      access: "user",
      input: z.object({ address: Address, key: z.string().max(120), decision: z.enum(["resend", "fail"]) }),
      output: z.object({}),
      mutation: true,
      errors: ["not_found", "conflict"],
      example: { input: { address: "job/job_1", key: "submit:1", decision: "resend" }, output: {} },
    }),
  },
  streams: {
    history: stream({
      summary: "The journal from `from` to the present, oldest first, with the state after each step.",
      access: "guest",
      input: z.object({ address: Address, from: z.int().min(0).default(0) }),
      item: JournalEntry,
      errors: ["not_found"],
      example: { input: { address: "job/job_1" }, item: sampleEntry },
    }),
  },
  topics: {
    actor: topic({
      summary: "One actor live: its view, then every step. The offset is the journal `seq`.",
      access: "guest",
      params: z.object({ address: Address }),
      snapshot: ActorView,
      delta: ActorDelta,
      errors: ["not_found"],
      example: {
        params: { address: "job/job_1" },
        snapshot: sampleView,
        delta: { entry: sampleEntry, parked: null, effects: [], timers: [] },
      },
    }),
  },
});
