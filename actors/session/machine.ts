// The life of a playthrough. It takes moves that the evaluator has decided, keeps the time of the choice that is open, and can go back. Pure:
// no clock and no I/O, safe in a browser.
import { assign, setup } from "xstate";
import { effect } from "#actors/effect.ts";
import { timeOf } from "#actors/job/context.ts";
import {
  attended,
  happened,
  initialSession,
  isGenerating,
  isGeneration,
  isNext,
  moved,
  type MovedEvent,
  type RewoundEvent,
  rewound,
  type SessionContext,
  type SessionEvent,
  type SessionInput,
  sessionLimits,
  timerOf,
  type Unattended,
} from "./context.ts";

export interface GenerateInput {
  readonly versionId: string;
}

export interface TimeOutInput {
  readonly versionId: string;
  /** From now on, ms. */
  readonly waitMs: number;
  /** ms epoch */
  readonly until: number;
}

interface Transition {
  readonly context: SessionContext;
  readonly event: object;
}
type Of<T extends SessionEvent["type"]> = Extract<SessionEvent, { readonly type: T }>;

const decide = "#session.deciding";

/** Raised with every change that old snapshots do not fit. */
export const sessionMachineVersion = 1;

export const sessionMachine = setup({
  types: { context: {} as SessionContext, events: {} as SessionEvent, input: {} as SessionInput },
  actors: {
    /** Waits for the end of the time for a choice, and says what comes of it. */
    timeOut: effect<Unattended, TimeOutInput>(),
    /** Brings what a generation node asks for, or says that there is nothing. */
    generate: effect<Unattended, GenerateInput>(),
  },
  guards: {
    isNext: ({ context, event }) => isNext(context, event as MovedEvent | RewoundEvent),
    isOver: ({ context }) => context.play.waiting.for === "nothing",
    isGenerating: ({ context }) => isGenerating(context),
    isGeneration: ({ context }) => isGeneration(context),
    isTimed: ({ context }) => timerOf(context) !== null,
  },
  actions: {
    move: assign(({ context, event }: Transition) => moved(context, event as MovedEvent, timeOf(event))),
    rewind: assign(({ context, event }: Transition) => rewound(context, event as RewoundEvent, timeOf(event))),
    happen: assign(({ context, event }: Transition, unattended: Unattended) => happened(context, unattended, timeOf(event))),
    leaveAlone: assign(({ context, event }: Transition) => happened(context, { move: null }, timeOf(event))),
    save: assign(({ context, event }: Transition) => {
      const { id, name } = event as Of<"session.saved">;
      const others = context.saves.filter((save) => save.id !== id);
      return { saves: [...others, { id, name, place: context.moves, at: timeOf(event) }].slice(0, sessionLimits.saves) };
    }),
    dropSave: assign(({ context, event }: Transition) => {
      const { id } = event as Of<"session.saveDropped">;
      return { saves: context.saves.filter((save) => save.id !== id) };
    }),
    adopt: assign(({ event }: Transition) => ({ ownerId: (event as Of<"session.adopted">).ownerId })),
    attend: assign(({ context, event }: Transition) => attended(context, timeOf(event))),
    settle: assign(({ context, event }: Transition) => {
      const { language, timers } = event as Of<"session.settled">;
      return { ...attended(context, timeOf(event)), language: language ?? context.language, timers: timers ?? context.timers };
    }),
  },
}).createMachine({
  id: "session",
  initial: "deciding",
  context: ({ input }) => initialSession(input),
  on: {
    "session.moved": { guard: "isNext", target: decide, actions: "move" },
    "session.rewound": { guard: "isNext", target: decide, actions: "rewind" },
    "session.settled": { target: decide, actions: "settle" },
    "session.saved": { actions: "save" },
    "session.saveDropped": { actions: "dropSave" },
    "session.adopted": { actions: "adopt" },
    "session.deleted": "#session.deleted",
  },
  states: {
    deciding: {
      description: "Where it stands says what it waits for",
      always: [
        { guard: "isOver", target: "over" },
        { guard: "isGenerating", target: "generating" },
        { guard: "isTimed", target: "timed" },
        { target: "waiting" },
      ],
    },
    waiting: {
      description: "The player may take their time",
      on: { "session.returned": { guard: "isGeneration", target: decide, actions: "attend" } },
    },
    timed: {
      description: "The time for a choice runs",
      invoke: {
        id: "timeOut",
        src: "timeOut",
        input: ({ context, event }) => {
          const until = (timerOf(context)?.dueAt ?? 0) + sessionLimits.graceMs;
          return { versionId: context.order.versionId, waitMs: Math.max(0, until - timeOf(event)), until };
        },
        onDone: { target: decide, actions: { type: "happen", params: ({ event }) => event.output } },
        // The story cannot be read: nobody is hurried.
        onError: { target: decide, actions: "leaveAlone" },
      },
    },
    generating: {
      description: "A generation node waits for its video",
      invoke: {
        id: "generate",
        src: "generate",
        input: ({ context }) => ({ versionId: context.order.versionId }),
        onDone: { target: decide, actions: { type: "happen", params: ({ event }) => event.output } },
        onError: { target: decide, actions: "leaveAlone" },
      },
    },
    over: { description: "The story has ended; it can be rewound" },
    deleted: { type: "final" },
  },
});
