// The life of an account at a provider. Every event changes what it knows and then decides anew in which state that puts it. Pure: no clock
// and no I/O, safe in a browser. It never lets more jobs in than it has places, nor lets them in for credits it does not have.
import { assign, setup } from "xstate";
import type { AccountState } from "#protocol/account.ts";
import type { FailureKind } from "#protocol/job.ts";
import { effect } from "#actors/effect.ts";
import { failureOf, timeOf } from "#actors/job/context.ts";
import {
  type AccountContext,
  type AccountEvent,
  type AccountInput,
  busyOf,
  checked,
  type Credits,
  ended,
  foundBad,
  initialAccount,
  type LeaseEnded,
  nextChangeAt,
  passed,
  standingOf,
  taken,
} from "./context.ts";

interface Transition {
  readonly context: AccountContext;
  readonly event: object;
}

const standings = ["removed", "disabled", "reauthenticating", "erring", "coolingDown", "exhausted", "saturated", "available"] as const;

const decide = { target: "#account.deciding" } as const;
const onEvents = {
  "lease.ended": { ...decide, actions: "end" },
  "account.changed": { ...decide, actions: "change" },
  "account.paused": { ...decide, actions: "pause" },
  "account.test": { ...decide, actions: "planCheck" },
  "account.removed": { ...decide, actions: "remove" },
} as const;
/** A state that lasts until an event, or until time changes something. */
const lasting = (description: string) => ({ description, on: onEvents, after: { untilChange: { ...decide, actions: "pass" } } }) as const;

/** Raised with every change that old snapshots do not fit. */
export const accountMachineVersion = 4;

export const accountMachine = setup({
  types: { context: {} as AccountContext, events: {} as AccountEvent, input: {} as AccountInput },
  actors: {
    /** Asks the provider whether the credentials are good and what is left. */
    inspect: effect<
      { readonly credits: number | null; readonly parts?: NonNullable<Credits["parts"]> },
      { readonly id: string; readonly provider: string }
    >(),
  },
  delays: {
    untilChange: ({ context, event }) => Math.max(0, nextChangeAt(context, timeOf(event)) - timeOf(event)),
  },
  guards: {
    stands: ({ context, event }, { state }: { readonly state: AccountState }) => standingOf(context, timeOf(event)) === state,
  },
  actions: {
    take: assign(({ context, event }: Transition) => taken(context, event as Extract<AccountEvent, { type: "lease.take" }>, timeOf(event))),
    end: assign(({ context, event }: Transition) => ended(context, event as LeaseEnded, timeOf(event))),
    change: assign(({ event }: Transition) => {
      const { plan, recheck } = event as Extract<AccountEvent, { type: "account.changed" }>;
      return { plan, ...(recheck ? { checkDue: true, empty: "no" as const } : {}) };
    }),
    pause: assign(({ context, event }: Transition) => {
      const { paused } = event as Extract<AccountEvent, { type: "account.paused" }>;
      return paused && !context.paused ? { paused, pausedAt: timeOf(event) } : { paused };
    }),
    planCheck: assign({ checkDue: true }),
    // What is under way there has to end first.
    remove: assign(({ context }: Transition) => (busyOf(context) === 0 ? { gone: true } : {})),
    pass: assign(({ context, event }: Transition) => passed(context, timeOf(event))),
    noteChecked: assign(
      (
        { context, event }: Transition,
        { credits, parts }: { readonly credits: number | null; readonly parts?: NonNullable<Credits["parts"]> },
      ) => checked(context, credits, timeOf(event), parts),
    ),
    noteBad: assign(({ context, event }: Transition) => {
      const { kind, message } = failureOf(event);
      const { retryAfterMs } = (event as { readonly error?: { readonly retryAfterMs?: unknown } | null }).error ?? {};
      const failure: { kind: FailureKind; message: string; retryAfterMs?: number } = { kind, message };
      return foundBad(context, typeof retryAfterMs === "number" ? { ...failure, retryAfterMs } : failure, timeOf(event));
    }),
  },
}).createMachine({
  id: "account",
  initial: "deciding",
  context: ({ input }) => initialAccount(input),
  states: {
    deciding: {
      description: "What it knows says how it stands",
      always: standings.map((state) => ({ guard: { type: "stands", params: { state } } as const, target: state })),
    },
    available: { ...lasting("Takes jobs"), on: { ...onEvents, "lease.take": { ...decide, actions: "take" } } },
    saturated: lasting("All its places are taken"),
    coolingDown: lasting("The provider asked for a pause"),
    exhausted: lasting("No credits, or the day's limit is reached"),
    erring: lasting("The last check failed, or job after job did"),
    disabled: lasting("Paused by a person"),
    reauthenticating: {
      description: "Credentials and credits are checked",
      invoke: {
        id: "inspect",
        src: "inspect",
        input: ({ context }) => ({ id: context.order.id, provider: context.order.provider }),
        onDone: { ...decide, actions: { type: "noteChecked", params: ({ event }) => event.output } },
        onError: { ...decide, actions: "noteBad" },
      },
      on: {
        // The check goes on.
        "lease.ended": { actions: "end" },
        // It checks anew what was changed.
        "account.changed": { ...decide, actions: "change" },
        "account.paused": { ...decide, actions: "pause" },
        "account.removed": { ...decide, actions: "remove" },
      },
    },
    removed: { type: "final" },
  },
});
