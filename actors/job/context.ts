// What a job knows of itself, its bounds in time, and the arithmetic on them. Pure, JSON only; shared by the machine (so also
// by a browser that draws it) and what shows it.
import type {
  Charge,
  FailureKind,
  FallbackReason,
  JobCell,
  JobFailure,
  JobInput,
  JobState,
  JobTemplate,
  Operation,
} from "#protocol/job.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** Every bound of a job's life, ms. */
export const jobLimits = {
  /** From the first slot to the end. */
  generation: 2 * hour,
  /** The same when the disk was full meanwhile: what the provider made is not given up for that. */
  generationWithFullDisk: 24 * hour,
  /** From acceptance (or the scheduled time) to the first slot. */
  firstSlot: 7 * 24 * hour,
  /** One submission. */
  submission: 15 * minute,
  /** Calling off at the provider what it is known to have taken. */
  cancelling: 30 * second,
  /** The same when it is not known: a submission is let finish first, or the key sent once more, which may take as long. */
  cancellingUnanswered: 15 * minute + 30 * second,
  /** A timer that comes so much later than it was due found nobody there: the process was gone, stood still or could write nothing. */
  late: 2 * second,
  /** With less than that before its deadline it gets its two hours anew once somebody works on it again. */
  shortOfTime: 90 * minute,
  /** The same, and what it gets, where it waits for its first slot. */
  shortOfWaiting: 12 * hour,
  waitingAnew: 24 * hour,
  /** What a pause leaves of its patience with a provider at least, once in a wait: its turn there may be the next. */
  fairChance: minute,
  /** How often absences give it more time: no job goes on without end. */
  absences: 20,
  attempts: 3,
  /** Downloads of a result that turns out not to be media. */
  downloads: 3,
} as const;

/** How a job ends that is called off at the provider first. */
export type Ending = "cancelled" | "timedOut" | "failed";

/** A job whose result is to be an input. */
export interface Awaited {
  readonly jobId: string;
  /** For people. */
  readonly title: string;
}

/** What of an order is one provider's affair. */
export interface ProviderOrder {
  readonly operation: Operation;
  readonly provider: string;
  readonly providerTitle: string;
  /** The provider knows a submission by its key: sending it again is safe. */
  readonly resendable: boolean;
  /** It is made on one of the accounts that its owner may use. */
  readonly pooled: boolean;
  /** Estimated cost in the provider's credits, and what those are called. */
  readonly credits: number;
  readonly creditType: string | null;
  /** Canonical: checked, defaults filled in, seed chosen. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly prompt: string;
  readonly hash: string;
  /** Expected time of the generation and of the wait before it, ms. */
  readonly expectedMs: number;
  readonly waitMs: number;
}

/** A provider that a job has left for the next. */
interface Switch extends Pick<ProviderOrder, "provider" | "providerTitle" | "operation" | "params"> {
  readonly reason: FallbackReason | "waited";
  readonly message: string;
  readonly at: number;
}

export interface Fallbacks {
  readonly on: ReadonlyArray<FallbackReason>;
  /** It also goes on elsewhere when it has waited so long, ms; null: however long. */
  readonly afterMs: number | null;
  /** To come, in order. */
  readonly orders: ReadonlyArray<ProviderOrder>;
  /** Made, oldest first. */
  readonly switches: ReadonlyArray<Switch>;
}

/** What was accepted. Changes only where a person replaces it while it waits, in how urgent it is, in inputs that come to be, and in the provider that is next. */
export interface JobOrder extends ProviderOrder {
  readonly id: string;
  readonly ownerId: string;
  readonly inputs: ReadonlyArray<JobInput>;
  /** Left out: it is made at this provider or not at all. */
  readonly fallback?: Fallbacks;
  /** Jobs that are to be done first; left out: none. */
  readonly after?: ReadonlyArray<Awaited>;
  /** What the words were made from; left out where they were written like that. */
  readonly template?: JobTemplate;
  readonly name: string | null;
  /** SHA-256 of what the client asked for, to recognise a repeat; null when it gave no key. */
  readonly askedHash: string | null;
  readonly priority: number;
  /** Among its owner's jobs of the same priority lower goes first; left out: 0, in the order in which they came. */
  readonly rank?: number;
  readonly scheduledFor: number | null;
  readonly parentJobId: string | null;
  readonly batchId: string | null;
  /** Its place in the batch; left out where it was made alone. */
  readonly cell?: JobCell;
}

/** A place at an account is given back: what the account is told. */
export interface LeaseEnd {
  readonly key: string;
  readonly accountId: string;
  readonly outcome: Charge["outcome"];
  readonly message: string;
  readonly charged: number | null;
  readonly tookMs: number;
  readonly retryAfterMs: number | null;
  /** Refused for asking too often: this says nothing of its places. */
  readonly rate?: boolean;
  /** How much longer what may go on there is expected to take, ms. */
  readonly goesOnMs: number;
  /** For a part of the time that it took nobody worked on it: how long it takes cannot be learnt from it. */
  readonly absence?: true;
}

export interface JobContext {
  readonly order: JobOrder;
  /** The attempt under way, from 1. Being refused for want of room is not an attempt. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Number of the submission that is under way or to come: raised by a definite answer. */
  readonly submission: number;
  /** The key that was sent last. */
  readonly submitKey: string | null;
  /** An earlier attempt sent the key of the submission to come and had no answer: the provider may have taken it. */
  readonly unanswered: boolean;
  /** Its place where no account is needed. */
  readonly slot: string | null;
  /** The account that its last submission was for. */
  readonly account: { readonly id: string; readonly title: string } | null;
  /** Since when it has held a place of that account; null: it holds none. */
  readonly leasedAt: number | null;
  /** What the provider says that the submission under way has cost. */
  readonly charged: number | null;
  /** What the provider had charged for it and gave back; absent: nothing. */
  readonly refunded?: number;
  /** Whether the provider stopped what was called off; null: it does not say. */
  readonly stopped: boolean | null;
  /** Submissions that may have cost something and have ended, oldest first. */
  readonly charges: ReadonlyArray<Charge>;
  /** How the last place at an account was given back. */
  readonly lastEnd: LeaseEnd | null;
  /** The provider asked to wait so long, with the last failure. */
  readonly retryAfterMs: number | null;
  /** The last failure was that it is asked too often; absent: none was yet. */
  readonly rate?: boolean;
  readonly providerJobId: string | null;
  /** The finished file, not yet stored. */
  readonly file: string | null;
  /** 0 to 1; never falls within an attempt. */
  readonly progress: number;
  readonly expectedMs: number;
  readonly etaAt: number | null;
  /** Why it waits, in words. */
  readonly waitingFor: string | null;
  /** When a wait ends. */
  readonly retryAt: number | null;
  /** Failures in a row of the step under way that were not attempts. */
  readonly tries: number;
  /** Downloads of this result that were not media. */
  readonly unreadable: number;
  readonly failure: JobFailure | null;
  readonly assetId: string | null;
  /** How it ends once the provider has been told to stop. */
  readonly ending: Ending | null;
  /** When it was asked for. */
  readonly createdAt: number;
  /** Which it is of the jobs of one call, from 0; left out: it came alone. */
  readonly ordinal?: number;
  readonly firstSlotAt: number | null;
  readonly deadlineAt: number;
  readonly submittedAt: number | null;
  readonly finishedAt: number | null;
  /** Since when a person holds it. */
  readonly pausedAt: number | null;
  /** Since when a pause of its owner's or a budget has kept it from a slot. */
  readonly heldBackAt: number | null;
  /** Time since its first slot that it was held or that nobody worked on it, which counts for no limit, ms. */
  readonly heldMs: number;
  /** How often an absence has given it more time; absent: never. */
  readonly absences?: number;
  /** Until when nobody worked on it, the last time; absent: somebody always did. */
  readonly absentUntil?: number;
  /** Until when it may wait for its first slot at least, as an absence gave it time, ms epoch; absent: none did. */
  readonly waitsUntil?: number;
  /** Since when its patience with its provider counts, as an absence or a pause took some of it, ms epoch; absent: none did. */
  readonly patientSince?: number;
  /** Since when it has waited for a place for what it is to submit, whatever was changed or refused meanwhile; null: it has ended. */
  readonly waitsSince: number | null;
  /** When each state was entered last. */
  readonly enteredAt: Readonly<Partial<Record<JobState, number>>>;
}

export interface SlotGranted {
  readonly type: "slot.granted";
  /** Key of the submission that the place is for. */
  readonly key: string;
  readonly accountId: string;
  readonly accountTitle: string;
  /** What generations there took of late, ms; null: nothing is known. */
  readonly expectedMs: number | null;
}

/** Why it waits for a slot. */
export interface SlotWaits {
  readonly type: "slot.waits";
  readonly reason: string;
  /** A pause or a budget keeps it from one: this time counts for no limit. */
  readonly heldBack: boolean;
  /** No account there can take it, whatever comes free. */
  readonly hopeless?: boolean;
}

export interface Prioritise {
  readonly type: "job.prioritise";
  readonly priority: number;
  readonly rank: number;
}

/** Something else is to be made in its place. */
export interface Replace {
  readonly type: "job.replace";
  /** As it would be accepted; what makes it this job, and where it stands in the queue, stay. */
  readonly order: JobOrder;
}

/** What was under way when nobody was there any more is taken up again. */
export const stepRecovered = { type: "step.recovered" } as const;

/** What a job hears, by effect, before one is taken up again that was begun before its process went. `now`: ms epoch. */
export const recoveries = {
  // Many wait, and most have days left. Of what version 7 began the end is not known.
  acquireSlot: ({ until = 0 }: { readonly until?: number }, now: number) => (now > until - jobLimits.shortOfWaiting ? stepRecovered : null),
  submit: () => stepRecovered,
  track: () => stepRecovered,
  download: () => stepRecovered,
  ingest: () => stepRecovered,
  cancelAtProvider: () => stepRecovered,
};

export type JobEvent =
  | { readonly type: "job.cancel" }
  | typeof stepRecovered
  | Replace
  | { readonly type: "job.pause" }
  | { readonly type: "job.resume" }
  | Prioritise
  | { readonly type: "provider.progress"; readonly fraction: number }
  | SlotGranted
  | SlotWaits
  | { readonly type: "inputs.wait"; readonly reason: string };

/** Where a job stands in the call that asked for it: all jobs of a call are of one moment. */
export interface CallPlace {
  /** When the call came, ms. */
  readonly at: number;
  /** Which of its jobs it is, from 0. */
  readonly ordinal: number;
}

/** Input of the machine; the host adds `at`. */
export interface JobMachineInput {
  readonly order: JobOrder;
  /** Left out: it came alone, just now. */
  readonly call?: CallPlace;
  readonly at: number;
}

export interface Transition {
  readonly context: JobContext;
  readonly event: object;
}

/** The host's stamp: on the event, or on the input of the first one. */
export const timeOf = (event: object): number => {
  const { at, input } = event as { readonly at?: number; readonly input?: { readonly at?: number } };
  return at ?? input?.at ?? 0;
};

const failureKinds: Readonly<Record<FailureKind, true>> = {
  authentication: true,
  credits: true,
  limit: true,
  filtered: true,
  parameters: true,
  provider: true,
  network: true,
  lost: true,
  input: true,
  storage: true,
  timeout: true,
  internal: true,
};

/** The failure that an `xstate.error.actor.…` event carries. */
export const failureOf = (event: object): JobFailure => {
  const { error } = event as { readonly error?: { readonly kind?: unknown; readonly message?: unknown } | null };
  const kind = typeof error?.kind === "string" && error.kind in failureKinds ? (error.kind as FailureKind) : "internal";
  return { kind, message: typeof error?.message === "string" ? error.message : "It failed without saying why." };
};

/** Our own part failed before the provider was asked: this says nothing of an earlier submission with the same key. */
export const isUnsent = (event: object): boolean =>
  (event as { readonly error?: { readonly unsent?: unknown } | null }).error?.unsent === true;

/** What a submission ends with of which nobody knows whether it was taken, when a person has another one made. */
export const sentAgain = {
  kind: "internal",
  message: "Nobody could tell whether the provider took it: somebody had it sent again.",
  again: true,
} as const;
export const isSentAgain = (event: object): boolean =>
  (event as { readonly error?: { readonly again?: unknown } | null }).error?.again === true;

/** What a failure says of money and time besides. */
export const detailsOf = (event: object): { readonly retryAfterMs: number | null; readonly charged?: number; readonly rate?: true } => {
  const { error } = event as {
    readonly error?: { readonly retryAfterMs?: unknown; readonly charged?: unknown; readonly rate?: unknown } | null;
  };
  return {
    retryAfterMs: typeof error?.retryAfterMs === "number" ? error.retryAfterMs : null,
    ...(typeof error?.charged === "number" ? { charged: error.charged } : {}),
    ...(error?.rate === true ? { rate: true } : {}),
  };
};

/** It has turned out that nothing which was sent with this key was taken. */
export const isNotTaken = (event: object): boolean =>
  (event as { readonly error?: { readonly notTaken?: unknown } | null }).error?.notTaken === true;

/** Refused at the door, before anybody looked at what it is: it says nothing of the same that was sent before. */
export const isAtTheDoor = (kind: FailureKind): boolean =>
  kind === "limit" || kind === "storage" || kind === "authentication" || kind === "credits";

/** Refused for want of room there, or of our own file: not an attempt, and nothing was started. With a pool another account may do. */
export const isWantOfRoom = ({ pooled }: JobOrder, kind: FailureKind): boolean =>
  kind === "limit" || kind === "storage" || (pooled && (kind === "authentication" || kind === "credits"));

/** A wait that doubles from `base` to `cap` ms, spread by ±20 % in a way that only the job and the count decide. */
export const backoff = (jobId: string, count: number, base: number, cap: number): number => {
  let hash = 0x811c9dc5;
  for (const character of `${jobId}:${count}`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  const spread = ((hash ^ (hash >>> 15)) >>> 0) / 0x1_0000_0000;
  return Math.round(Math.min(cap, base * 2 ** Math.min(count - 1, 30)) * (0.8 + 0.4 * spread));
};

/** With the time counted in which it was held back until `at`. */
export const counted = (context: JobContext, at: number): Partial<JobContext> => {
  const { heldBackAt, heldMs, deadlineAt, waitsSince, waitsUntil, patientSince } = context;
  if (heldBackAt === null) return {};
  // Before its scheduled time it does not wait, so there is nothing to be kept from.
  const held = Math.max(0, at - Math.max(heldBackAt, waitsSince ?? heldBackAt));
  return {
    heldBackAt: null,
    heldMs: heldMs + held,
    deadlineAt: deadlineAt + held,
    waitsSince: waitsSince === null ? null : waitsSince + held,
    ...(waitsUntil === undefined ? {} : { waitsUntil: waitsUntil + held }),
    ...(patientSince === undefined ? {} : { patientSince: patientSince + held }),
  };
};

/**
 * The same where a pause has ended: what was left of its patience may be too little for anybody to give it a place. It gets more once in a wait,
 * and not where an absence gave it more already: a budget that holds it back again and again would put off its fallback for ever.
 */
export const freed = (context: JobContext, at: number): Partial<JobContext> => {
  const changes = counted(context, at);
  const freely = { ...context, ...changes };
  const end = context.heldBackAt === null || gotPatience(freely) ? null : patienceEnd(freely);
  const afterMs = context.order.fallback?.afterMs ?? 0;
  const least = Math.min(jobLimits.fairChance, afterMs);
  return end !== null && end < at + least ? { ...changes, patientSince: at + least - afterMs } : changes;
};

/** In this wait it got more patience than it began with. */
const gotPatience = ({ waitsSince, patientSince = 0 }: JobContext): boolean => patientSince > (waitsSince ?? Infinity);

/** It has a slot: with the first one its time begins. */
export const begun = (context: JobContext, at: number): Partial<JobContext> => {
  const time = counted(context, at);
  return context.firstSlotAt === null ? { ...time, firstSlotAt: at, deadlineAt: at + jobLimits.generation, heldMs: 0 } : time;
};

/** What is under way and has a limit of its own. */
export type Limited = "submitting" | "cancelling";

/** How long that may take, ms. */
export const limitOf = ({ providerJobId }: JobContext, step: Limited): number => {
  switch (step) {
    case "submitting":
      return jobLimits.submission;
    case "cancelling":
      return providerJobId === null ? jobLimits.cancellingUnanswered : jobLimits.cancelling;
  }
};

/** What may end what a job does, or its wait. */
export type Limit = "deadline" | "patience" | Limited;

/** When the timer of that was to come, ms epoch. */
const dueOf = (context: JobContext, limit: Limit): number => {
  const { deadlineAt, enteredAt, heldBackAt, absentUntil = 0 } = context;
  switch (limit) {
    case "deadline":
      return deadlineAt;
    case "patience":
      // It may have been over before the wait began once more: then nobody was late.
      return heldBackAt === null
        ? Math.max(patienceEnd(context) ?? Infinity, enteredAt.queued ?? 0, enteredAt.waitingForSlot ?? 0)
        : Infinity;
    case "submitting":
    case "cancelling":
      return Math.max(enteredAt[limit] ?? 0, absentUntil) + limitOf(context, limit);
  }
};

/** Whether the timer of a limit comes so late that nobody can have worked on it until now. */
export const wasAbsent = (context: JobContext, limit: Limit, at: number): boolean => at - dueOf(context, limit) > jobLimits.late;

/** Whether an absence may give it more time once more. */
export const mayBeProlonged = ({ absences = 0 }: JobContext): boolean => absences < jobLimits.absences;

/** An absence may have cost it too much of its time: since when nobody worked on it is not known. */
export const isShortOfTime = (context: JobContext, at: number): boolean => {
  const { deadlineAt, firstSlotAt } = context;
  return deadlineAt < at + (firstSlotAt === null ? jobLimits.shortOfWaiting : jobLimits.shortOfTime) || isShortOfPatience(context, at);
};

/** Less than half of the patience with its provider is left. */
const isShortOfPatience = (context: JobContext, at: number): boolean =>
  context.heldBackAt === null && (patienceEnd(context) ?? Infinity) < at + (context.order.fallback?.afterMs ?? 0) / 2;

/**
 * Somebody works on it again. What nobody did in the meantime is no reason to end it: it has the time of a generation anew and, where it waits
 * for its first slot, a day or as long as it is known to have been left alone, at most what it had from the beginning. A wait that it may go
 * back to, refused for want of room, lasts as long; and the patience with its provider is whole again where it was short.
 */
export const prolonged = (context: JobContext, at: number): Partial<JobContext> => {
  const { deadlineAt, heldMs, absences = 0, firstSlotAt, waitsUntil = 0 } = context;
  const { generation, firstSlot, waitingAnew } = jobLimits;
  const left = firstSlotAt === null ? Math.min(firstSlot, Math.max(waitingAnew, at - deadlineAt)) : generation;
  const more = Math.max(0, at + left - deadlineAt);
  return {
    deadlineAt: deadlineAt + more,
    heldMs: heldMs + more,
    absences: absences + 1,
    absentUntil: at,
    waitsUntil: Math.max(waitsUntil, firstSlotAt === null ? deadlineAt + more : at + waitingAnew),
    ...(isShortOfPatience(context, at) ? { patientSince: at } : {}),
  };
};

/** Its wait for a time ends: later than it was to, nobody was there, and it gets back what it may be short of. */
export const caughtUp = (context: JobContext, at: number): Partial<JobContext> => {
  const due = Math.max(context.retryAt ?? 0, context.order.scheduledFor ?? 0);
  if (at - due <= jobLimits.late) return {};
  return mayBeProlonged(context) && isShortOfTime(context, at) ? prolonged(context, at) : { absentUntil: at };
};

/** The key of the submission that is under way or to come. */
export const submitKeyOf = ({ order, submission }: JobContext): string => `${order.id}-${submission}`;

/** Submissions whose cost is kept with the job, at most: the oldest are forgotten. */
const rememberedCharges = 50;

/** What nobody follows to its end is taken to have ended there after so many times what was expected. */
const longest = 2;

/** Refusals before anything was begun: they cost nothing. */
const free: ReadonlySet<Charge["outcome"]> = new Set(["limit", "authentication", "credits", "parameters", "input", "storage"]);

/** What is told now to have been charged, beside what was told before. */
export const recharged = ({ charged: before, refunded = 0 }: JobContext, charged: number | null | undefined): Partial<JobContext> => {
  if (typeof charged !== "number") return {};
  const back = Math.max(0, (before ?? 0) - charged);
  return { charged, ...(back > 0 ? { refunded: refunded + back } : {}) };
};

/** The place at the account is given back, and what the submission came to is noted; nothing where it holds none. */
export const settled = (context: JobContext, outcome: Charge["outcome"], at: number): Partial<JobContext> => {
  const { account, leasedAt, submitKey, order, charged, charges, failure, providerJobId, ending, refunded = 0 } = context;
  if (account === null || leasedAt === null) return {};
  const key = submitKey ?? "";
  const tookMs = Math.max(0, at - leasedAt);
  const wasLeftAlone = (context.absentUntil ?? 0) > leasedAt;
  const end: LeaseEnd = {
    key,
    accountId: account.id,
    outcome,
    // A person wanted it to end: that is no fault.
    message: ending === "cancelled" ? "" : (failure?.message ?? ""),
    charged,
    tookMs,
    retryAfterMs: context.retryAfterMs,
    ...(context.rate === true ? { rate: true } : {}),
    // What passed of an absence passed here by the clock, and at the provider maybe not.
    goesOnMs: Math.max(0, longest * context.expectedMs - (wasLeftAlone ? 0 : tookMs)),
    ...(wasLeftAlone ? { absence: true } : {}),
  };
  const given = { leasedAt: null, charged: null, retryAfterMs: null, lastEnd: end, ...(refunded > 0 ? { refunded: 0 } : {}) };
  if (providerJobId === null && free.has(outcome)) return given;
  const { id: accountId, title: accountTitle } = account;
  const charge: Charge = {
    key,
    accountId,
    accountTitle,
    provider: order.provider,
    estimated: order.credits,
    charged,
    ...(refunded > 0 ? { refunded } : {}),
    type: order.creditType,
    outcome,
    tookMs,
    at,
  };
  return { ...given, charges: [...charges, charge].slice(-rememberedCharges) };
};

/** With all its attempts, and nothing of what was tried before. */
const anew = { attempt: 1, tries: 0, unreadable: 0, progress: 0, account: null, failure: null, retryAt: null } as const;

/**
 * It is to make something else, and begins anew with all its attempts; how long it has waited for a place, and its turn, stay. As long as it
 * goes on from what is not made yet it waits for no place: its own wait begins now. What was asked for before it gets no place any more, as the
 * next submission has another number.
 */
export const replaced = (context: JobContext, order: JobOrder, at: number): Partial<JobContext> => {
  const { id, ownerId, askedHash, priority, rank, scheduledFor, parentJobId, batchId } = context.order;
  const { rank: _, ...asked } = order;
  const { expectedMs, waitMs } = order;
  const from = Math.max(at, scheduledFor ?? 0);
  return {
    order: { ...asked, id, ownerId, askedHash, priority, ...(rank === undefined ? {} : { rank }), scheduledFor, parentJobId, batchId },
    submission: context.submission + 1,
    ...anew,
    expectedMs,
    etaAt: context.pausedAt === null ? from + waitMs + expectedMs : null,
    ...((context.order.after ?? []).length > 0 ? { waitsSince: from, deadlineAt: from + jobLimits.firstSlot } : {}),
    ...(context.firstSlotAt === null ? {} : { firstSlotAt: null, heldMs: 0, deadlineAt: at + jobLimits.firstSlot }),
  };
};

/** What a failure is to the rule by which a job falls back; null: it is no reason. */
const reasonOf = (kind: FailureKind): FallbackReason | null => {
  switch (kind) {
    case "provider":
    case "network":
    case "lost":
    case "timeout":
    case "internal":
      return "unavailable";
    case "limit":
    case "credits":
    case "authentication":
      return "refused";
    case "parameters":
    case "input":
      return "rejected";
    case "filtered":
      return "filtered";
    case "storage":
      return null;
  }
};

/** What the estimate stands for where the provider does not tell what it charged: it was made, or may have been. */
const isCounted = (outcome: Charge["outcome"]): boolean => outcome === "completed" || outcome === "goes on" || outcome === "unknown";

/** Something that was submitted remains to be paid, as far as it is known. */
const isPaid = ({ charges }: JobContext, charged: number | null): boolean =>
  (charged ?? 0) > 0 || charges.some((each) => (each.charged ?? (isCounted(each.outcome) ? each.estimated : 0)) > 0);

/**
 * Whether the job goes on at another provider for this. Never while something may be going on at the one before, nor where something is paid:
 * it would be paid twice.
 */
export const mayFallBack = (context: JobContext, reason: Switch["reason"] | null, charged = context.charged): boolean => {
  const { fallback } = context.order;
  if (reason === null || fallback === undefined || fallback.orders.length === 0) return false;
  return (reason === "waited" ? fallback.afterMs !== null : fallback.on.includes(reason)) && !isPaid(context, charged);
};

/** The same for a failure, whose answer says that the generation is over there. */
export const fallsBackOn = (context: JobContext, event: object): boolean =>
  mayFallBack(context, reasonOf(failureOf(event).kind), detailsOf(event).charged ?? context.charged);

/** When it has waited long enough for a place to go on elsewhere; null: it waits for none, or as long as it takes. */
export const patienceEnd = (context: JobContext): number | null => {
  const { waitsSince, patientSince = 0, unanswered, slot, leasedAt, providerJobId, order } = context;
  if (waitsSince === null || unanswered || slot !== null || leasedAt !== null || providerJobId !== null) return null;
  return mayFallBack(context, "waited") ? Math.max(waitsSince, patientSince) + (order.fallback?.afterMs ?? 0) : null;
};

/** When its time is over or, before that, its patience with the provider at which it waits. */
export const timeEnd = (context: JobContext): number => Math.min(context.deadlineAt, patienceEnd(context) ?? Infinity);

/** Why it goes on elsewhere: `failure`, the last one. */
export type Because = "failure" | "gone" | "refused" | "waited";

const reasonFor = (because: Because, failure: JobFailure | null): Switch["reason"] => {
  switch (because) {
    case "failure":
      return reasonOf(failure?.kind ?? "internal") ?? "unavailable";
    case "gone":
      return "unavailable";
    case "refused":
    case "waited":
      return because;
  }
};

/**
 * It goes on at the next provider, as a new submission with all its time and attempts before it. What was submitted is settled first, as it was
 * ordered.
 */
export const switched = (context: JobContext, because: Because, message: string, at: number): Partial<JobContext> => {
  const { order, failure } = context;
  const [next, ...orders] = order.fallback?.orders ?? [];
  if (order.fallback === undefined || next === undefined) return {};
  const { provider, providerTitle, operation, params } = order;
  const left: Switch = { provider, providerTitle, operation, params, reason: reasonFor(because, failure), message, at };
  return {
    // What had no answer at first has one by now.
    ...settled({ ...context, unanswered: false }, outcomeOf({ ...context, unanswered: false }), at),
    order: { ...order, ...next, fallback: { ...order.fallback, orders, switches: [...order.fallback.switches, left] } },
    submission: context.submission + 1,
    unanswered: false,
    ...anew,
    firstSlotAt: null,
    heldBackAt: null,
    heldMs: 0,
    waitsSince: at,
    deadlineAt: at + jobLimits.firstSlot,
    expectedMs: next.expectedMs,
    etaAt: at + next.waitMs + next.expectedMs,
  };
};

/** How the submission of a job that ends now ends. */
export const outcomeOf = ({ ending, failure, stopped, unanswered, providerJobId }: JobContext): Charge["outcome"] => {
  if (ending === null && !unanswered) return failure?.kind ?? "internal";
  if (stopped === true) return "stopped";
  // Nobody can say whether there is anything that goes on.
  return stopped === null && providerJobId === null ? "unknown" : "goes on";
};

/** No answer came: whether the provider took the submission is not known. */
export const isAmbiguous = (kind: FailureKind): boolean => kind === "network" || kind === "timeout";

/** Remaining time from what was expected and, the further it is, from how fast it has gone so far. */
export const etaOf = ({ expectedMs, submittedAt }: JobContext, progress: number, at: number): number =>
  Math.round(at + (1 - progress) * ((1 - progress) * expectedMs + (at - (submittedAt ?? at))));

/** What a job waits for that goes on from others, in words. `paused`: those of them that a person holds. */
export const waitWords = (waits: ReadonlyArray<Awaited>, paused: ReadonlySet<string> = new Set()): string =>
  `${waits.map(({ jobId, title }) => `“${title}”${paused.has(jobId) ? " (paused)" : ""}`).join(" and ")} to be done.`;

/** The context of a job that is accepted at `at`. */
export const initialContext = ({ order, call, at }: JobMachineInput): JobContext => ({
  order,
  attempt: 1,
  maxAttempts: jobLimits.attempts,
  submission: 1,
  submitKey: null,
  unanswered: false,
  slot: null,
  account: null,
  leasedAt: null,
  charged: null,
  stopped: null,
  charges: [],
  lastEnd: null,
  retryAfterMs: null,
  providerJobId: null,
  file: null,
  progress: 0,
  expectedMs: order.expectedMs,
  etaAt: Math.max(at, order.scheduledFor ?? 0) + order.waitMs + order.expectedMs,
  waitingFor: null,
  retryAt: null,
  tries: 0,
  unreadable: 0,
  failure: null,
  assetId: null,
  ending: null,
  createdAt: call?.at ?? at,
  ...(call === undefined ? {} : { ordinal: call.ordinal }),
  firstSlotAt: null,
  deadlineAt: Math.max(at, order.scheduledFor ?? 0) + jobLimits.firstSlot,
  submittedAt: null,
  finishedAt: null,
  pausedAt: null,
  heldBackAt: null,
  heldMs: 0,
  waitsSince: Math.max(at, order.scheduledFor ?? 0),
  enteredAt: {},
});
