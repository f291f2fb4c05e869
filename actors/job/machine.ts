// The life of a generation, from accepted to an asset or a stated end. Pure: no clock and no I/O, safe in a browser; the host
// stamps every event with `at`, runs the effects named here and keeps the timers. It must never ask a provider a second time
// for what may have been paid: only a definite answer (accepted, refused, lost) leads to a new submission key.
import { assign, cancel, raise, setup } from "xstate";
import type { FailureKind, JobInput, JobState } from "#protocol/job.ts";
import { shareOfProcessing } from "#protocol/progress.ts";
import { effect } from "#actors/effect.ts";
import {
  backoff,
  type Because,
  begun,
  caughtUp,
  counted,
  type Ending,
  etaOf,
  failureOf,
  fallsBackOn,
  freed,
  initialContext,
  isAmbiguous,
  isNotTaken,
  isSentAgain,
  detailsOf,
  isShortOfTime,
  isUnsent,
  isWantOfRoom,
  type JobContext,
  type JobEvent,
  jobLimits,
  type Limit,
  limitOf,
  mayBeProlonged,
  mayFallBack,
  type JobMachineInput,
  type JobOrder,
  outcomeOf,
  patienceEnd,
  prolonged,
  recharged,
  type Prioritise,
  type Replace,
  replaced,
  settled,
  type SlotGranted,
  type SlotWaits,
  submitKeyOf,
  switched,
  timeEnd,
  timeOf,
  type Transition,
  waitWords,
  wasAbsent,
} from "./context.ts";

const second = 1000;
const minute = 60 * second;

/** What the provider may be doing is stopped first. */
const callOff = { target: "#job.cancelling", actions: { type: "endAs", params: { ending: "cancelled" } } } as const;
/** It is made and paid: what can be had of it is kept, and only if that fails it ends as was wanted. */
const tooLate = { actions: { type: "endAs", params: { ending: "cancelled" } } } as const;
const wasCalledOff = { guard: "endsCancelled", target: "#job.cancelling", actions: "noteFailure" } as const;
/** Set anew in each step's states, because a full disk moves the deadline. */
const pastDeadline = {
  target: "#job.cancelling",
  actions: ["noteDeadline", { type: "endAs", params: { ending: "timedOut" } }],
} as const;
/** The same for what is called off already, and only was to be had if it could. */
const pastDeadlineToo = [{ guard: "endsCancelled", target: "#job.cancelling" }, pastDeadline] as const;
/** While it waits nothing goes on at the provider, unless a submission was never answered: that may have been taken. */
const callOffWaiting = [{ guard: "isUnanswered", ...callOff }, { target: "cancelled" }] as const;
const pastDeadlineWaiting = [
  { guard: "isUnanswered", ...pastDeadline },
  { target: "timedOut", actions: "noteDeadline" },
] as const;
/** Another request in its place; by its time and its inputs it is decided anew what it waits for. */
const replace = { target: "#job.scheduled", actions: "replace" } as const;
const replaceWaiting = { guard: "isNotSent", ...replace } as const;
const sendAgain = { target: "submitting", actions: "goOn" } as const;
/** The wait for another try is over. */
const tryAgain = <T extends string>(target: T) => ({ target, actions: ["catchUp", "goOn"] }) as const;
/** Nobody would know of what goes on at the provider if the job just ended. */
const callOffAsFailed = { target: "#job.cancelling", actions: ["noteFailure", { type: "endAs", params: { ending: "failed" } }] } as const;
/** To the next provider, after a definite answer of this one. */
const fallBackAs = (because: Because) => ({ type: "fallBack", params: { because } }) as const;
const fallBack = { target: "#job.queued", actions: ["noteFailure", fallBackAs("failure")] } as const;
type Delay = "untilDeadline" | "submissionLimit" | "cancellingLimit";
const deadlineOnly: ReadonlyArray<Delay> = ["untilDeadline"];
const submittingTimers: ReadonlyArray<Delay> = ["submissionLimit", "untilDeadline"];

/**
 * Timers of the state are set anew while what is under way in it goes on. They are those of its `after`, known by the ids that XState gives
 * them, so that the state also ends them.
 */
const anew = (state: string, delays: ReadonlyArray<Delay>) =>
  delays.flatMap((delay) => {
    const id = `xstate.after.${delay}.job.${state}`;
    return [
      cancel<JobContext, JobEvent, undefined, JobEvent>(id),
      raise<JobContext, JobEvent, JobEvent, undefined, Delay, Delay>({ type: id } as never, { id, delay }),
    ];
  });
/** Nobody was there when the time was up: it goes on, before anything else is made of that. */
const unlessAbsent = (limit: Limit, state: string, delays: ReadonlyArray<Delay>, words: ReadonlyArray<"awaitWord"> = []) => ({
  guard: { type: "wasAbsent", params: { limit } } as const,
  actions: ["prolong" as const, ...words, ...anew(state, delays)],
});
/** What is under way in the state is taken up again. */
const recovered = (state: string, delays: ReadonlyArray<Delay>, words: ReadonlyArray<"awaitWord"> = []) => ({
  "step.recovered": [
    {
      guard: { type: "needsTime", params: { limited: delays.some((delay) => delay !== "untilDeadline") } } as const,
      actions: ["prolong" as const, ...words, ...anew(state, delays)],
    },
    { actions: ["noteAbsence" as const, ...words] },
  ],
});

/** Once the provider has been told, or cannot be. */
const calledOff = [
  { guard: "endsTimedOut", target: "timedOut" },
  { guard: "endsFailed", target: "failed" },
  { target: "cancelled" },
] as const;

/** What a submission came to. */
export interface Submitted {
  /** Null: a person says that the provider took it, and cannot tell as what. */
  readonly providerJobId: string | null;
  /** Null: the estimate stands for it. */
  readonly charged: number | null;
  /** A person found it, maybe long after it was sent. */
  readonly found?: true;
}

/** The provider was asked and has answered, now or never before: nothing may be going on there. */
const isDefinite = (context: JobContext, event: object): boolean =>
  isUnsent(event) ? !context.unanswered : !isAmbiguous(failureOf(event).kind) && !tellsNothing(context, event);

/** What was sent before may still be going on, whatever is refused now. */
const tellsNothing = ({ unanswered, order }: JobContext, event: object): boolean =>
  unanswered && !isNotTaken(event) && isWantOfRoom(order, failureOf(event).kind);

/** Another attempt would be refused like this one. */
const isForGood = (kind: FailureKind): boolean => kind === "filtered" || kind === "parameters" || kind === "input";

/** The end of its wait came while it was held back. */
const isMovedOn = (event: object): boolean => (event as { readonly type: string }).type === "xstate.after.untilDeadline.job.waitingForSlot";

/** Why it goes on elsewhere, for people. */
const switchWords = ({ failure, waitingFor }: JobContext, because: Because, event: object): string => {
  switch (because) {
    case "failure":
    case "gone":
      return failure?.message ?? "";
    case "refused":
      return (event as SlotWaits).reason;
    case "waited":
      return `It had waited long enough. ${waitingFor ?? ""}`.trim();
  }
};

/** The end of the wait for a first slot, however often it was refused one. */
const firstSlotEnd = ({ waitsSince, waitsUntil = 0, createdAt }: JobContext): number =>
  Math.max((waitsSince ?? createdAt) + jobLimits.firstSlot, waitsUntil);

const submittedOf = ({ event }: { readonly event: { readonly output: Submitted } }): Submitted => event.output;

/**
 * Raised with every change that old snapshots do not fit; then `migrations.ts` says how they are made to, and sample histories of the old
 * version are kept in `histories`.
 */
export const jobMachineVersion = 9;

export const jobMachine = setup({
  types: {
    context: {} as JobContext,
    events: {} as JobEvent,
    input: {} as JobMachineInput,
  },
  actors: {
    /** Ends when all that it goes on from is made, with the inputs as they then are. */
    awaitInputs: effect<{ readonly inputs: ReadonlyArray<JobInput> }, { readonly order: JobOrder }>(),
    /** Ends with a slot where no account is needed; else it goes on until the job hears `slot.granted`. */
    acquireSlot: effect<
      { readonly slot: string; readonly expectedMs: number },
      // `since`: since when it waits for this submission, whatever was changed meanwhile. `until`: when that ends, if nothing gives it more
      // time, ms epoch. Absent in what was begun by version 7.
      { readonly order: JobOrder; readonly key: string; readonly since: number; readonly until?: number }
    >(),
    submit: effect<
      Submitted,
      // `unanswered`: the key was sent before. Absent in what was begun by version 5.
      {
        readonly order: JobOrder;
        readonly key: string;
        readonly accountId: string | null;
        readonly since: number;
        readonly unanswered?: boolean;
      }
    >(),
    track: effect<
      { readonly charged: number | null },
      // `endsAt`: by what is expected, ms epoch. Absent in what was begun by version 5.
      { readonly order: JobOrder; readonly providerJobId: string; readonly accountId: string | null; readonly endsAt?: number }
    >(),
    download: effect<
      { readonly file: string },
      { readonly order: JobOrder; readonly providerJobId: string; readonly accountId: string | null }
    >(),
    ingest: effect<{ readonly assetId: string }, { readonly order: JobOrder; readonly file: string }>(),
    cancelAtProvider: effect<
      { readonly stopped: boolean | null },
      {
        readonly order: JobOrder;
        readonly key: string;
        readonly accountId: string | null;
        readonly since: number;
        readonly providerJobId: string | null;
        readonly file: string | null;
      }
    >(),
  },
  delays: {
    untilDue: ({ context, event }) => Math.max(0, (context.order.scheduledFor ?? 0) - timeOf(event)),
    untilRetry: ({ context, event }) => Math.max(0, (context.retryAt ?? 0) - timeOf(event)),
    /** Of the job or, while it waits for a place, of the patience with its provider. While it is held back both move on with the time. */
    untilDeadline: ({ context, event }) => Math.max(context.heldBackAt === null ? 0 : minute, timeEnd(context) - timeOf(event)),
    submissionLimit: ({ context }) => limitOf(context, "submitting"),
    cancellingLimit: ({ context }) => limitOf(context, "cancelling"),
  },
  guards: {
    /** It goes on from what is not made yet. */
    awaitsInputs: ({ context }) => (context.order.after ?? []).length > 0,
    isDueAndAwaitsInputs: ({ context, event }) =>
      (context.order.after ?? []).length > 0 && (context.order.scheduledFor ?? 0) <= timeOf(event),
    isDue: ({ context, event }) => (context.order.scheduledFor ?? 0) <= timeOf(event),
    mayGoOn: ({ context, event }) => (context.retryAt ?? 0) <= timeOf(event),
    /** What had no answer is sent again to the account that it was sent to, whose place it still holds. */
    hasItsPlace: ({ context }) => context.leasedAt !== null,
    mayGoOnWithItsPlace: ({ context, event }) => context.leasedAt !== null && (context.retryAt ?? 0) <= timeOf(event),
    /** A person found that the provider took it, and nobody knows as what: there is nothing to follow. */
    isNameless: (_, output: Submitted) => output.providerJobId === null,
    isFound: (_, output: Submitted) => output.found === true,
    isSentAgain: ({ event }) => isSentAgain(event),
    /** Unless the provider was not asked this time: what it was asked before may be going on. */
    isFiltered: ({ context, event }) => failureOf(event).kind === "filtered" && !(context.unanswered && isUnsent(event)),
    /** Refused for want of room: not an attempt, and nothing was started. */
    isWantOfRoom: ({ context, event }) => isWantOfRoom(context.order, failureOf(event).kind),
    isWrongRequest: ({ event }) => ["parameters", "input"].includes(failureOf(event).kind),
    isLost: ({ event }) => failureOf(event).kind === "lost",
    isLostForGood: ({ context, event }) => failureOf(event).kind === "lost" && context.attempt >= context.maxAttempts,
    isFullDisk: ({ event }) => failureOf(event).kind === "storage",
    /** What was delivered is not media. */
    isUnreadable: ({ event }) => failureOf(event).kind === "input",
    /** Asking failed, not the generation: it goes on at the provider. */
    isOnlyUnreachable: ({ event }) => ["network", "limit", "authentication", "internal"].includes(failureOf(event).kind),
    /** The time in which it was held back does not count. */
    hasTimeLeft: ({ context, event }) => context.heldBackAt !== null || context.deadlineAt > timeOf(event),
    hasNoPatience: ({ context, event }) => context.heldBackAt === null && (patienceEnd(context) ?? Infinity) <= timeOf(event),
    wasAbsent: ({ context, event }, { limit }: { readonly limit: Limit }) =>
      mayBeProlonged(context) && wasAbsent(context, limit, timeOf(event)),
    /** `limited`: what is taken up has a limit of its own, which begins anew. */
    needsTime: ({ context, event }, { limited }: { readonly limited: boolean }) =>
      mayBeProlonged(context) && (limited || isShortOfTime(context, timeOf(event))),
    /** No account there can take it, whatever comes free. */
    isHopeless: ({ context, event }) => (event as SlotWaits).hopeless === true && !context.unanswered && mayFallBack(context, "refused"),
    /** What held it back does so no more. */
    isFreed: ({ context, event }) => context.heldBackAt !== null && !(event as SlotWaits).heldBack,
    /** The provider is no more. */
    isGone: ({ context, event }) => failureOf(event).kind === "parameters" && !context.unanswered && mayFallBack(context, "unavailable"),
    /** A submission has ended without anything that may be going on. */
    wasRefused: ({ context, event }) => isDefinite(context, event) && fallsBackOn(context, event),
    /** What is refused so is not tried again. */
    wasRefusedForGood: ({ context, event }) =>
      isDefinite(context, event) && isForGood(failureOf(event).kind) && fallsBackOn(context, event),
    hasFailedThere: ({ context, event }) => !isUnsent(event) && fallsBackOn(context, event),
    hasFailedThereForGood: ({ context, event }) => !isUnsent(event) && isForGood(failureOf(event).kind) && fallsBackOn(context, event),
    isLostThere: ({ context, event }) =>
      failureOf(event).kind === "lost" && context.attempt >= context.maxAttempts && fallsBackOn(context, event),
    isUnanswered: ({ context }) => context.unanswered,
    /** Nothing that it has sent may be going on. */
    isNotSent: ({ context }) => !context.unanswered,
    /** The place that was asked for, and not one that came too late for another submission. */
    isForThis: ({ context, event }) => (event as SlotGranted).key === submitKeyOf(context),
    /** The provider was not asked this time, and may have taken what it was asked before. */
    isStillUnanswered: ({ context, event }) => context.unanswered && isUnsent(event),
    isUnansweredWrongRequest: ({ context, event }) =>
      context.unanswered && isUnsent(event) && ["parameters", "input"].includes(failureOf(event).kind),
    /** The key is kept until it is known what became of it. */
    tellsNothingOfBefore: ({ context, event }) => tellsNothing(context, event),
    isUnknownOutcome: ({ context, event }) => isAmbiguous(failureOf(event).kind) && !isUnsent(event) && !context.order.resendable,
    mayTryAgain: ({ context }) => context.attempt < context.maxAttempts,
    mayTryWithSameKey: ({ context, event }) =>
      context.attempt < context.maxAttempts && (isUnsent(event) ? context.unanswered : isAmbiguous(failureOf(event).kind)),
    mayResend: ({ context }) => context.attempt < context.maxAttempts && context.order.resendable,
    mayDownloadAgain: ({ context, event }) => failureOf(event).kind === "input" && context.unreadable + 1 < jobLimits.downloads,
    isAmbiguous: ({ event }) => isAmbiguous(failureOf(event).kind) && !isUnsent(event),
    endsTimedOut: ({ context }) => context.ending === "timedOut",
    endsCancelled: ({ context }) => context.ending === "cancelled",
    endsFailed: ({ context }) => context.ending === "failed",
  },
  actions: {
    enter: assign(({ context, event }: Transition, { state }: { readonly state: JobState }) => ({
      enteredAt: { ...context.enteredAt, [state]: timeOf(event) },
    })),
    waitForTime: assign({ waitingFor: "Its scheduled time." }),
    waitForInputs: assign(({ context }: Transition) => ({ etaAt: null, waitingFor: waitWords(context.order.after ?? []) })),
    takeInputs: assign(({ context, event }: Transition, { inputs }: { readonly inputs: ReadonlyArray<JobInput> }) => {
      const at = timeOf(event);
      return {
        order: { ...context.order, inputs, after: [] },
        waitingFor: null,
        // Its own wait begins now.
        waitsSince: at,
        deadlineAt: at + jobLimits.firstSlot,
        etaAt: at + context.order.waitMs + context.expectedMs,
      };
    }),
    hold: assign(({ context, event }: Transition) => ({
      ...counted(context, timeOf(event)),
      pausedAt: timeOf(event),
      retryAt: null,
      etaAt: null,
      waitingFor: "Being resumed: it is paused.",
    })),
    release: assign(({ context, event }: Transition) => {
      const at = timeOf(event);
      return {
        pausedAt: null,
        ...freed({ ...context, heldBackAt: context.pausedAt }, at),
        etaAt: Math.max(at, context.order.scheduledFor ?? 0) + context.order.waitMs + context.expectedMs,
        waitingFor: null,
      };
    }),
    prioritise: assign(({ context, event }: Transition) => {
      const { priority, rank } = event as Prioritise;
      return { order: { ...context.order, priority, rank } };
    }),
    replace: assign(({ context, event }: Transition) => replaced(context, (event as Replace).order, timeOf(event))),
    queue: assign(({ context, event }: Transition) => ({
      slot: null,
      providerJobId: null,
      file: null,
      submittedAt: null,
      stopped: null,
      // What was sent without an answer may go on there: the same key may only be sent to the same account.
      ...(context.unanswered ? {} : settled(context, outcomeOf(context), timeOf(event))),
    })),
    noteWhyItWaits: assign(({ event }: Transition) => ({ waitingFor: (event as { readonly reason: string }).reason })),
    noteWait: assign(({ context, event }: Transition) => {
      const { reason, heldBack } = event as SlotWaits;
      const at = timeOf(event);
      return { waitingFor: reason, ...(heldBack ? { heldBackAt: context.heldBackAt ?? at } : freed(context, at)) };
    }),
    fallBack: assign(({ context, event }: Transition, { because }: { readonly because: Because }) =>
      switched(context, because, switchWords(context, because, event), timeOf(event)),
    ),
    /** It is held back still. */
    moveOn: assign(({ context, event }: Transition) => ({
      ...counted(context, timeOf(event)),
      heldBackAt: context.heldBackAt === null ? null : timeOf(event),
    })),
    waitForSlot: assign(({ context, event }: Transition) => ({
      retryAt: null,
      // Why it waits is told anew soon, and has not changed where only time has passed.
      ...(isMovedOn(event) ? {} : { waitingFor: `A free slot at ${context.order.providerTitle}.` }),
    })),
    takeSlot: assign(({ context, event }: Transition, output: { readonly slot: string; readonly expectedMs: number }) => {
      const at = timeOf(event);
      return {
        slot: output.slot,
        expectedMs: output.expectedMs,
        ...begun(context, at),
        etaAt: at + output.expectedMs,
        waitingFor: null,
        submitKey: submitKeyOf(context),
      };
    }),
    takePlace: assign(({ context, event }: Transition) => {
      const { accountId, accountTitle, expectedMs: average } = event as SlotGranted;
      const expectedMs = average ?? context.order.expectedMs;
      const at = timeOf(event);
      return {
        account: { id: accountId, title: accountTitle },
        leasedAt: at,
        charged: null,
        expectedMs,
        ...begun(context, at),
        etaAt: at + expectedMs,
        waitingFor: null,
        submitKey: submitKeyOf(context),
      };
    }),
    prolong: assign(({ context, event }: Transition) => prolonged(context, timeOf(event))),
    catchUp: assign(({ context, event }: Transition) => caughtUp(context, timeOf(event))),
    noteAbsence: assign(({ event }: Transition) => ({ absentUntil: timeOf(event) })),
    awaitWord: assign(({ context }: Transition) => ({
      waitingFor: `Word from ${context.order.providerTitle} of what became of it: nobody worked on it for a while.`,
    })),
    noteSubmitted: assign(({ context, event }: Transition, output: Submitted) => ({
      waitingFor: null,
      providerJobId: output.providerJobId,
      charged: output.charged ?? null,
      submission: context.submission + 1,
      unanswered: false,
      submittedAt: timeOf(event),
      tries: 0,
      unreadable: 0,
      progress: Math.max(context.progress, shareOfProcessing(0)),
    })),
    /** Its time begins now: nobody worked on it while it waited for a person. */
    beginFound: assign(({ context, event }: Transition) => {
      const at = timeOf(event);
      return {
        ...begun({ ...context, firstSlotAt: null }, at),
        etaAt: at + context.expectedMs,
        leasedAt: context.leasedAt === null ? null : at,
      };
    }),
    /** It is paid as it would have been, and has ended there: its place is free now. */
    noteNameless: assign(({ context }: Transition, { charged }: Submitted) => ({
      charged,
      expectedMs: 0,
      unanswered: false,
      stopped: false,
      failure: {
        kind: "lost" as const,
        message: `Somebody marked it as done: ${context.order.providerTitle} took it, and it counts as paid. What was made there was not fetched.`,
      },
    })),
    /** From the start, and not as another attempt: nothing failed. */
    beginAgain: assign(({ event }: Transition) => ({
      retryAt: null,
      firstSlotAt: null,
      waitsSince: timeOf(event),
      deadlineAt: timeOf(event) + jobLimits.firstSlot,
    })),
    noteProgress: assign(({ context, event }: Transition) => {
      const fraction = Math.min(1, Math.max(0, (event as { readonly fraction: number }).fraction));
      const progress = shareOfProcessing(fraction);
      // That it is being made is word enough, also from a provider that does not tell how far.
      if (!(progress > context.progress)) return { waitingFor: null };
      return { progress, tries: 0, waitingFor: null, etaAt: etaOf(context, progress, timeOf(event)) };
    }),
    noteDownloaded: assign((_: Transition, output: { readonly file: string }) => ({ file: output.file, tries: 0 })),
    noteIngested: assign((_: Transition, output: { readonly assetId: string }) => ({ assetId: output.assetId })),
    noteTracked: assign(({ context }: Transition, output: { readonly charged: number | null } | null) =>
      recharged(context, output?.charged),
    ),
    noteStopped: assign((_: Transition, output: { readonly stopped: boolean | null } | null) => ({ stopped: output?.stopped ?? null })),
    noteFailure: assign(({ context, event }: Transition) => {
      const { charged, retryAfterMs, rate = false } = detailsOf(event);
      // Only where it was ever told.
      const asked = rate || context.rate !== undefined ? { rate } : {};
      return { failure: failureOf(event), retryAfterMs, ...asked, ...recharged(context, charged) };
    }),
    noteUnknownOutcome: assign(({ context, event }: Transition) => ({
      unanswered: true,
      failure: {
        kind: failureOf(event).kind,
        message: `${failureOf(event).message} Whether ${context.order.providerTitle} took it is not known, so it was not asked again: look there first.`,
      },
    })),
    /** Nothing that was sent with this key goes on there. */
    noteRefused: assign({ unanswered: false }),
    /** The next attempt sends the same key. */
    noteUnanswered: assign({ unanswered: true }),
    noteNoAnswer: assign(({ context }: Transition) => ({
      unanswered: true,
      failure: { kind: "timeout" as const, message: `${context.order.providerTitle} did not answer within 15 minutes.` },
    })),
    noteDeadline: assign(({ context }: Transition) => {
      const { firstSlotAt, failure, retryAt, deadlineAt, heldMs, absences = 0 } = context;
      const isOurs = firstSlotAt === null && failure?.kind === "storage";
      const why = (): string => {
        if (failure !== null && (isOurs || (firstSlotAt === null && retryAt !== null))) {
          return `It could not begin within 7 days. ${failure.message}`;
        }
        if (firstSlotAt === null) return "No slot became free within 7 days.";
        return deadlineAt - firstSlotAt - heldMs > jobLimits.generation
          ? "It was not done within 24 hours: the disk was full."
          : "It was not done within 2 hours.";
      };
      const uncounted = absences > 0 ? " Times in which nobody worked on it are not counted." : "";
      return { failure: { kind: isOurs ? ("storage" as const) : ("timeout" as const), message: `${why()}${uncounted}` } };
    }),
    /** The provider has answered: the next submission is a new one and gets a new key. */
    noteAnswered: assign(({ context }: Transition) => ({ submission: context.submission + 1, unanswered: false })),
    planAttempt: assign(({ context, event }: Transition) => {
      const retryAt = timeOf(event) + backoff(context.order.id, context.attempt, 2 * second, minute);
      return {
        attempt: context.attempt + 1,
        waitsSince: timeOf(event),
        retryAt,
        tries: 0,
        progress: 0,
        etaAt: retryAt + context.expectedMs,
        waitingFor: `Attempt ${context.attempt + 1} of ${context.maxAttempts}: ${context.failure?.message ?? ""}`,
      };
    }),
    planRoom: assign(({ context, event }: Transition) => {
      const { unanswered, order } = context;
      const time = counted(context, timeOf(event));
      // The account that refused is not asked again soon; another may have room now. What had no answer is for that account alone.
      const first = order.pooled && !unanswered ? second / 4 : 3 * second;
      const asked = unanswered ? (context.retryAfterMs ?? 0) : 0;
      const retryAt = timeOf(event) + Math.max(asked, backoff(order.id, context.tries + 1, first, minute));
      return {
        ...time,
        // Nothing was begun: its two hours begin with the slot that it gets.
        // An end that has passed by now comes now: nobody was away.
        ...(unanswered ? {} : { firstSlotAt: null, deadlineAt: Math.max(timeOf(event), firstSlotEnd({ ...context, ...time })) }),
        // Our own file is not to be had: nobody else could go on either.
        ...(!unanswered && context.failure?.kind === "storage" ? { patientSince: retryAt } : {}),
        tries: context.tries + 1,
        retryAt,
        etaAt: retryAt + context.expectedMs,
        waitingFor: `${context.failure?.kind === "storage" ? "Another try" : `Room at ${context.order.providerTitle}`}: ${context.failure?.message ?? ""}`,
      };
    }),
    /** The step under way is tried again; nothing is submitted anew. */
    planPause: assign(({ context, event }: Transition) => ({
      retryAt: timeOf(event) + backoff(context.order.id, context.tries + 1, second, minute),
      tries: context.tries + 1,
      waitingFor: `Another try: ${context.failure?.message ?? ""}`,
    })),
    extendForFullDisk: assign(({ context }: Transition) => ({
      deadlineAt: Math.max(
        context.deadlineAt,
        (context.firstSlotAt ?? context.createdAt) + context.heldMs + jobLimits.generationWithFullDisk,
      ),
    })),
    goOn: assign({ retryAt: null, waitingFor: null }),
    download: assign(({ context, event }: Transition) => ({
      slot: null,
      file: null,
      waitingFor: null,
      progress: Math.max(context.progress, 0.92),
      ...settled(context, "completed", timeOf(event)),
    })),
    noteUnreadable: assign(({ context }: Transition) => ({ unreadable: context.unreadable + 1 })),
    ingest: assign(({ context }: Transition) => ({ progress: Math.max(context.progress, 0.95) })),
    callOff: assign({ waitingFor: null, retryAt: null, etaAt: null }),
    endAs: assign((_: Transition, { ending }: { readonly ending: Ending }) => ({ ending })),
    finish: assign(({ context, event }: Transition) => ({
      ...settled(context, outcomeOf(context), timeOf(event)),
      unanswered: false,
      slot: null,
      file: null,
      waitingFor: null,
      retryAt: null,
      etaAt: null,
      finishedAt: timeOf(event),
      pausedAt: null,
      heldBackAt: null,
      waitsSince: null,
    })),
    succeed: assign({ progress: 1, failure: null, ending: null }),
    forgive: assign({ failure: null }),
  },
}).createMachine({
  id: "job",
  initial: "scheduled",
  context: ({ input }) => initialContext(input),
  states: {
    scheduled: {
      description: "Not before its time",
      always: [
        { guard: "isDueAndAwaitsInputs", target: "awaitingInputs" },
        { guard: "isDue", target: "queued" },
      ],
      entry: [{ type: "enter", params: { state: "scheduled" } }, "waitForTime"],
      after: {
        untilDue: [
          { guard: "awaitsInputs", target: "awaitingInputs" },
          { target: "queued", actions: "catchUp" },
        ],
      },
      on: {
        "job.cancel": "cancelled",
        "job.pause": "paused",
        "job.prioritise": { actions: "prioritise" },
        "job.replace": { ...replace, reenter: true },
      },
    },
    paused: {
      description: "Held by a person",
      entry: [{ type: "enter", params: { state: "paused" } }, "hold"],
      on: {
        "job.cancel": "cancelled",
        "job.resume": { target: "scheduled", actions: "release" },
        "job.prioritise": { actions: "prioritise" },
        "job.replace": { actions: "replace" },
      },
    },
    awaitingInputs: {
      description: "Goes on from what other jobs are to make",
      entry: [{ type: "enter", params: { state: "awaitingInputs" } }, "waitForInputs"],
      invoke: {
        id: "awaitInputs",
        src: "awaitInputs",
        input: ({ context }) => ({ order: context.order }),
        onDone: { target: "queued", actions: { type: "takeInputs", params: ({ event }) => event.output } },
        onError: { target: "failed", actions: "noteFailure" },
      },
      on: {
        "job.cancel": "cancelled",
        "job.pause": "paused",
        "job.prioritise": { actions: "prioritise" },
        "job.replace": replace,
        "inputs.wait": { actions: "noteWhyItWaits" },
      },
    },
    queued: {
      description: "Accepted; waits before it is tried (again)",
      entry: [{ type: "enter", params: { state: "queued" } }, "queue"],
      always: [
        { guard: "mayGoOnWithItsPlace", ...sendAgain },
        { guard: "mayGoOn", target: "waitingForSlot" },
      ],
      after: {
        untilRetry: [
          { guard: "hasItsPlace", ...tryAgain("submitting") },
          { target: "waitingForSlot", actions: "catchUp" },
        ],
        untilDeadline: [
          unlessAbsent("patience", "queued", deadlineOnly),
          { guard: "hasNoPatience", target: "queued", reenter: true, actions: fallBackAs("waited") },
          unlessAbsent("deadline", "queued", deadlineOnly),
          ...pastDeadlineWaiting,
        ],
      },
      on: {
        "job.cancel": callOffWaiting,
        "job.pause": { guard: "isNotSent", target: "paused" },
        "job.prioritise": { actions: "prioritise" },
        "job.replace": replaceWaiting,
      },
    },
    waitingForSlot: {
      description: "All places at the provider are taken",
      entry: [{ type: "enter", params: { state: "waitingForSlot" } }, "waitForSlot"],
      invoke: {
        id: "acquireSlot",
        src: "acquireSlot",
        input: ({ context }) => ({
          order: context.order,
          key: submitKeyOf(context),
          since: context.waitsSince ?? context.createdAt,
          until: timeEnd(context),
        }),
        onDone: { target: "submitting", actions: { type: "takeSlot", params: ({ event }) => event.output } },
        onError: [
          { guard: "isUnansweredWrongRequest", ...callOffAsFailed },
          { guard: "isGone", target: "queued", actions: ["noteFailure", fallBackAs("gone")] },
          { guard: "isWrongRequest", target: "failed", actions: "noteFailure" },
          { target: "queued", actions: ["noteFailure", "planRoom"] },
        ],
      },
      after: {
        untilDeadline: [
          unlessAbsent("patience", "waitingForSlot", deadlineOnly),
          { guard: "hasNoPatience", target: "queued", actions: fallBackAs("waited") },
          { guard: "hasTimeLeft", target: "waitingForSlot", reenter: true, actions: "moveOn" },
          unlessAbsent("deadline", "waitingForSlot", deadlineOnly),
          ...pastDeadlineWaiting,
        ],
      },
      on: {
        ...recovered("waitingForSlot", deadlineOnly),
        "job.cancel": callOffWaiting,
        "job.pause": { guard: "isNotSent", target: "paused" },
        // Asked for anew, so that whoever gives places away hears of it.
        "job.prioritise": { target: "waitingForSlot", reenter: true, actions: "prioritise" },
        "job.replace": replaceWaiting,
        "slot.granted": { guard: "isForThis", target: "submitting", actions: "takePlace" },
        "slot.waits": [
          { guard: "isHopeless", target: "queued", actions: fallBackAs("refused") },
          // Its timer went by what was left while it was held back.
          { guard: "isFreed", actions: ["noteWait", ...anew("waitingForSlot", deadlineOnly)] },
          { actions: "noteWait" },
        ],
      },
    },
    submitting: {
      description: "The provider is asked",
      entry: { type: "enter", params: { state: "submitting" } },
      invoke: {
        id: "submit",
        src: "submit",
        input: ({ context }) => ({
          order: context.order,
          key: context.submitKey ?? "",
          accountId: context.account?.id ?? null,
          since: context.leasedAt ?? context.createdAt,
          unanswered: context.unanswered,
        }),
        onDone: [
          {
            guard: { type: "isNameless", params: submittedOf },
            target: "failed",
            actions: [
              { type: "noteNameless", params: submittedOf },
              { type: "endAs", params: { ending: "failed" } },
            ],
          },
          {
            guard: { type: "isFound", params: submittedOf },
            target: "processing",
            actions: ["beginFound", { type: "noteSubmitted", params: submittedOf }],
          },
          { target: "processing", actions: { type: "noteSubmitted", params: submittedOf } },
        ],
        onError: [
          { guard: "isSentAgain", target: "queued", actions: ["noteFailure", "noteAnswered", "beginAgain"] },
          { guard: "wasRefusedForGood", ...fallBack },
          { guard: "isFiltered", target: "filtered", actions: ["noteFailure", "noteRefused"] },
          { guard: "isUnansweredWrongRequest", ...callOffAsFailed },
          { guard: "isWrongRequest", target: "failed", actions: ["noteFailure", "noteRefused"] },
          { guard: "tellsNothingOfBefore", target: "queued", actions: ["noteFailure", "planRoom"] },
          { guard: "isWantOfRoom", target: "queued", actions: ["noteFailure", "noteAnswered", "planRoom"] },
          { guard: "isUnknownOutcome", target: "failed", actions: "noteUnknownOutcome" },
          { guard: "mayTryWithSameKey", target: "queued", actions: ["noteFailure", "noteUnanswered", "planAttempt"] },
          { guard: "isStillUnanswered", ...callOffAsFailed },
          { guard: "isAmbiguous", ...callOffAsFailed },
          { guard: "mayTryAgain", target: "queued", actions: ["noteFailure", "noteAnswered", "planAttempt"] },
          { guard: "wasRefused", ...fallBack },
          { target: "failed", actions: ["noteFailure", "noteRefused"] },
        ],
      },
      after: {
        submissionLimit: [
          unlessAbsent("submitting", "submitting", submittingTimers, ["awaitWord"]),
          { guard: "mayResend", target: "queued", actions: ["noteNoAnswer", "planAttempt"] },
          { target: "cancelling", actions: ["noteNoAnswer", { type: "endAs", params: { ending: "timedOut" } }] },
        ],
        untilDeadline: [unlessAbsent("deadline", "submitting", submittingTimers, ["awaitWord"]), pastDeadline],
      },
      on: { "job.cancel": callOff, ...recovered("submitting", submittingTimers, ["awaitWord"]) },
    },
    processing: {
      description: "The provider makes the video",
      entry: { type: "enter", params: { state: "processing" } },
      on: {
        "job.cancel": callOff,
        "provider.progress": { actions: "noteProgress" },
      },
      initial: "tracking",
      states: {
        tracking: {
          on: recovered("processing.tracking", deadlineOnly, ["awaitWord"]),
          after: { untilDeadline: [unlessAbsent("deadline", "processing.tracking", deadlineOnly, ["awaitWord"]), pastDeadline] },
          invoke: {
            id: "track",
            src: "track",
            input: ({ context }) => ({
              order: context.order,
              providerJobId: context.providerJobId ?? "",
              accountId: context.account?.id ?? null,
              endsAt: (context.submittedAt ?? context.createdAt) + context.expectedMs,
            }),
            onDone: { target: "#job.downloading", actions: { type: "noteTracked", params: ({ event }) => event.output } },
            onError: [
              { guard: "hasFailedThereForGood", ...fallBack },
              { guard: "isFiltered", target: "#job.filtered", actions: "noteFailure" },
              { guard: "isWrongRequest", target: "#job.failed", actions: "noteFailure" },
              { guard: "isOnlyUnreachable", target: "pausing", actions: ["noteFailure", "planPause"] },
              { guard: "isFullDisk", target: "#job.queued", actions: ["noteFailure", "planRoom"] },
              { guard: "mayTryAgain", target: "#job.queued", actions: ["noteFailure", "planAttempt"] },
              { guard: "hasFailedThere", ...fallBack },
              { target: "#job.failed", actions: "noteFailure" },
            ],
          },
        },
        pausing: {
          after: {
            untilRetry: tryAgain("tracking"),
            untilDeadline: [unlessAbsent("deadline", "processing.pausing", deadlineOnly), pastDeadline],
          },
        },
      },
    },
    downloading: {
      description: "The finished video is fetched",
      entry: [{ type: "enter", params: { state: "downloading" } }, "download"],
      initial: "fetching",
      states: {
        fetching: {
          on: { "job.cancel": tooLate, ...recovered("downloading.fetching", deadlineOnly) },
          after: { untilDeadline: [unlessAbsent("deadline", "downloading.fetching", deadlineOnly), ...pastDeadlineToo] },
          invoke: {
            id: "download",
            src: "download",
            input: ({ context }) => ({
              order: context.order,
              providerJobId: context.providerJobId ?? "",
              accountId: context.account?.id ?? null,
            }),
            onDone: { target: "#job.ingesting", actions: { type: "noteDownloaded", params: ({ event }) => event.output } },
            onError: [
              wasCalledOff,
              { guard: "isFiltered", target: "#job.filtered", actions: "noteFailure" },
              { guard: "isLostThere", ...fallBack },
              { guard: "isLostForGood", target: "#job.failed", actions: "noteFailure" },
              { guard: "isLost", target: "#job.queued", actions: ["noteFailure", "planAttempt"] },
              { guard: "isFullDisk", target: "pausing", actions: ["noteFailure", "planPause", "extendForFullDisk"] },
              { target: "pausing", actions: ["noteFailure", "planPause"] },
            ],
          },
        },
        pausing: {
          on: { "job.cancel": callOff },
          after: {
            untilRetry: tryAgain("fetching"),
            untilDeadline: [unlessAbsent("deadline", "downloading.pausing", deadlineOnly), pastDeadline],
          },
        },
      },
    },
    ingesting: {
      description: "It is checked, prepared for playing and stored",
      entry: [{ type: "enter", params: { state: "ingesting" } }, "ingest"],
      initial: "storing",
      states: {
        storing: {
          on: { "job.cancel": tooLate, ...recovered("ingesting.storing", deadlineOnly) },
          after: { untilDeadline: [unlessAbsent("deadline", "ingesting.storing", deadlineOnly), ...pastDeadlineToo] },
          invoke: {
            id: "ingest",
            src: "ingest",
            input: ({ context }) => ({ order: context.order, file: context.file ?? "" }),
            onDone: { target: "#job.completed", actions: { type: "noteIngested", params: ({ event }) => event.output } },
            onError: [
              wasCalledOff,
              { guard: "isLost", target: "#job.downloading" },
              { guard: "mayDownloadAgain", target: "#job.downloading", actions: ["noteFailure", "noteUnreadable"] },
              { guard: "isUnreadable", target: "#job.failed", actions: "noteFailure" },
              { guard: "isFullDisk", target: "pausing", actions: ["noteFailure", "planPause", "extendForFullDisk"] },
              { target: "pausing", actions: ["noteFailure", "planPause"] },
            ],
          },
        },
        pausing: {
          on: { "job.cancel": callOff },
          after: {
            untilRetry: tryAgain("storing"),
            untilDeadline: [unlessAbsent("deadline", "ingesting.pausing", deadlineOnly), pastDeadline],
          },
        },
      },
    },
    cancelling: {
      description: "The provider is told to stop",
      entry: [{ type: "enter", params: { state: "cancelling" } }, "callOff"],
      invoke: {
        id: "cancelAtProvider",
        src: "cancelAtProvider",
        input: ({ context }) => ({
          order: context.order,
          key: context.submitKey ?? "",
          accountId: context.account?.id ?? null,
          since: context.leasedAt ?? context.createdAt,
          providerJobId: context.providerJobId,
          file: context.file,
        }),
        onDone: calledOff.map((each) => ({
          ...each,
          actions: {
            type: "noteStopped",
            params: ({ event }: { event: { output: { readonly stopped: boolean | null } | null } }) => event.output,
          },
        })),
        onError: calledOff,
      },
      after: { cancellingLimit: [unlessAbsent("cancelling", "cancelling", ["cancellingLimit"], ["awaitWord"]), ...calledOff] },
      on: {
        "job.cancel": { actions: { type: "endAs", params: { ending: "cancelled" } } },
        ...recovered("cancelling", ["cancellingLimit"], ["awaitWord"]),
      },
    },
    completed: { type: "final", entry: [{ type: "enter", params: { state: "completed" } }, "finish", "succeed"] },
    failed: { type: "final", entry: [{ type: "enter", params: { state: "failed" } }, "finish"] },
    filtered: { type: "final", entry: [{ type: "enter", params: { state: "filtered" } }, "finish"] },
    cancelled: { type: "final", entry: [{ type: "enter", params: { state: "cancelled" } }, "finish", "forgive"] },
    timedOut: { type: "final", entry: [{ type: "enter", params: { state: "timedOut" } }, "finish"] },
  },
});
