// How snapshots of older versions of the job's machine are made to fit the one of today. Pure. A landed migration is never edited: it must
// not lean on code that goes on changing.

interface Old {
  readonly value: unknown;
  readonly context: unknown;
}

/** What version 1 knew of its submissions. */
interface First {
  readonly order: { readonly id: string };
  readonly attempt: number;
  readonly submission: number;
  readonly submitKey: string | null;
}

/** What version 2 had accepted. */
interface Second {
  readonly order: object;
}

/** What version 4 knew of its wait. */
interface Fourth {
  readonly order: { readonly scheduledFor: number | null };
  readonly createdAt: number;
  readonly enteredAt: { readonly queued?: number };
}

/** What version 8 knew of the last submission. */
interface Eighth {
  readonly lastEnd: ({ readonly freeAt: number } & object) | null;
  readonly expectedMs: number;
}

const over: ReadonlySet<unknown> = new Set(["completed", "failed", "filtered", "cancelled", "timedOut"]);

/** By the version that they start from. */
export const jobMigrations: Readonly<Record<number, (old: Old) => Old>> = {
  // Version 1 told whether a submission was unanswered from the key alone, which stands as soon as it is about to be sent: while it is being
  // sent, only a later attempt can follow one without an answer.
  1: ({ value, context }) => {
    const { order, attempt, submission, submitKey } = context as First;
    const waits = value === "queued" || value === "waitingForSlot";
    const unanswered = !over.has(value) && submitKey === `${order.id}-${submission}` && (waits || attempt > 1);
    return { value, context: { ...(context as First), unanswered } };
  },
  // Version 2 knew no accounts: every job was made on this machine.
  2: ({ value, context }) => {
    const { order, ...rest } = context as Second;
    const noAccount = { account: null, leasedAt: null, charged: null, stopped: null, charges: [], lastEnd: null, retryAfterMs: null };
    return { value, context: { ...rest, ...noAccount, order: { ...order, pooled: false, credits: 0, creditType: null } } };
  },
  // Version 3 could not be paused.
  3: ({ value, context }) => ({ value, context: { ...(context as object), pausedAt: null, heldMs: 0 } }),
  // Version 4 told the pool nothing of how long it had waited, and counted the time in which it was held back like any other.
  4: ({ value, context }) => {
    const { order, createdAt, enteredAt } = context as Fourth;
    const waitsSince = over.has(value) ? null : (enteredAt.queued ?? Math.max(createdAt, order.scheduledFor ?? 0));
    return { value, context: { ...(context as object), heldBackAt: null, waitsSince } };
  },
  // Version 5 knew the same, and took other turns: it made a submission without an answer anew once another was refused at the door, gave up
  // what was refused for want of room two hours after its first slot, and threw away a result that was called off while it was fetched.
  5: ({ value, context }) => ({ value, context }),
  // Version 6 knew the same, and made what it had accepted: nothing could be put in its place.
  6: ({ value, context }) => ({ value, context }),
  // Version 7 knew the same, and ended what was under way once its time was up, also where nobody had been there to work on it.
  7: ({ value, context }) => ({ value, context }),
  // Version 8 knew when what goes on at the provider would have ended by the clock, and set no timer anew where a pause had ended.
  8: ({ value, context }) => {
    const { lastEnd, expectedMs } = context as Eighth;
    if (lastEnd === null) return { value, context };
    const { freeAt: _, ...end } = lastEnd;
    return { value, context: { ...(context as object), lastEnd: { ...end, goesOnMs: 2 * expectedMs } } };
  },
};
