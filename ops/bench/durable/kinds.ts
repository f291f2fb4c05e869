// The kinds of actors that are measured. `walk` moves by events from outside, so that each step is asked for, committed and
// acknowledged. `errand` is the least that is a job: two effects that succeed at once, under a deadline. `job` is the real one,
// whose outside succeeds at once, and `session` a playthrough in which nobody is hurried.
import { Effect } from "effect";
import { assign, setup } from "xstate";
import { effect } from "#actors/effect.ts";
import { jobMachine } from "#actors/job/machine.ts";
import { jobColumns, storedRow } from "#actors/job/row.ts";
import { sessionMachine } from "#actors/session/machine.ts";
import { sessionColumns, storedSession } from "#actors/session/row.ts";
import { defineActor } from "#runtime/actor/define.ts";

interface WalkContext {
  readonly prompt: string;
  readonly progress: number;
  readonly enteredAt: number;
}
interface Input {
  readonly prompt: string;
  readonly at: number;
}

const walkMachine = setup({
  types: { context: {} as WalkContext, events: {} as { type: "advance" }, input: {} as Input },
  actions: {
    advance: assign(({ context, event }) => ({
      progress: context.progress + 0.25,
      // The host's stamp.
      enteredAt: (event as { readonly at?: number }).at ?? 0,
    })),
  },
}).createMachine({
  id: "walk",
  context: ({ input }) => ({ prompt: input.prompt, progress: 0, enteredAt: input.at }),
  initial: "queued",
  states: {
    queued: { on: { advance: { target: "submitting", actions: "advance" } } },
    submitting: { on: { advance: { target: "processing", actions: "advance" } } },
    processing: { on: { advance: { target: "storing", actions: "advance" } } },
    storing: { on: { advance: { target: "done", actions: "advance" } } },
    done: { type: "final" },
  },
});

/** Events of a whole life; with its creation it has one step more. */
export const walkEvents = 4;
export const walk = defineActor<typeof walkMachine>({ kind: "walk", version: 1, machine: walkMachine, effects: {}, owner: () => "bench" });

interface ErrandContext {
  readonly prompt: string;
  readonly vendorId: string | null;
  readonly result: string | null;
}

const errandMachine = setup({
  types: { context: {} as ErrandContext, input: {} as Input },
  actors: { submit: effect<string, { readonly prompt: string }>(), store: effect<string, { readonly vendorId: string }>() },
  delays: { deadline: 2 * 60 * 60_000 },
}).createMachine({
  id: "errand",
  context: ({ input }) => ({ prompt: input.prompt, vendorId: null, result: null }),
  initial: "working",
  states: {
    working: {
      after: { deadline: "timedOut" },
      initial: "submitting",
      states: {
        submitting: {
          invoke: {
            id: "submit",
            src: "submit",
            input: ({ context }) => ({ prompt: context.prompt }),
            onDone: { target: "storing", actions: assign({ vendorId: ({ event }) => event.output }) },
          },
        },
        storing: {
          invoke: {
            id: "store",
            src: "store",
            input: ({ context }) => ({ vendorId: context.vendorId ?? "" }),
            onDone: { target: "#errand.done", actions: assign({ result: ({ event }) => event.output }) },
          },
        },
      },
    },
    done: { type: "final" },
    timedOut: { type: "final" },
  },
});

/** `done` is called for each errand whose end is committed. */
export const errand = (done: () => void) =>
  defineActor<typeof errandMachine>({
    kind: "errand",
    version: 1,
    machine: errandMachine,
    effects: {
      submit: { recovery: "resend", run: ({ key }) => Effect.succeed(key) },
      store: { recovery: "resend", run: ({ key }) => Effect.succeed(key) },
    },
    owner: () => "bench",
    committed: ({ status }) => {
      if (status === "done") done();
    },
  });

/** `done` is called for each job whose end is committed. */
export const job = (done: () => void) =>
  defineActor<typeof jobMachine>({
    kind: "job",
    version: 1,
    machine: jobMachine,
    effects: {
      awaitInputs: { recovery: "resend", run: ({ input: { order } }) => Effect.succeed({ inputs: order.inputs }) },
      acquireSlot: { recovery: "resend", run: () => Effect.succeed({ slot: "slot-1", expectedMs: 2000 }) },
      submit: { recovery: "resend", run: ({ key }) => Effect.succeed({ providerJobId: key, charged: null }) },
      track: { recovery: "resend", run: () => Effect.succeed({ charged: null }) },
      download: { recovery: "resend", run: ({ key }) => Effect.succeed({ file: key }) },
      ingest: { recovery: "resend", run: ({ key }) => Effect.succeed({ assetId: key }) },
      cancelAtProvider: { recovery: "resend", run: () => Effect.succeed({ stopped: true }) },
    },
    owner: ({ context }) => context.order.ownerId,
    projection: { table: "job", columns: jobColumns, row: storedRow },
    committed: ({ status }) => {
      if (status === "done") done();
    },
  });

export const session = defineActor<typeof sessionMachine>({
  kind: "session",
  version: 1,
  machine: sessionMachine,
  effects: {
    timeOut: { recovery: "resend", run: () => Effect.succeed({ move: null }) },
    generate: { recovery: "resend", run: () => Effect.succeed({ move: null }) },
  },
  owner: ({ context }) => context.ownerId,
  projection: { table: "play_session", columns: sessionColumns, row: storedSession },
});
