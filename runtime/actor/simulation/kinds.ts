// Actors with all that the host must keep right: effects of each policy, that fail and are asked for again; messages to another
// actor; timers short and longer than the host looks ahead, one of which begins anew when its effect is taken up again; a guard with a bug; a
// parent.
import { Effect } from "effect";
import { assign, cancel, fromPromise, raise, setup } from "xstate";
import type { Actors } from "../actors.ts";
import { defineActor, type EffectCall, type EffectFailure } from "../define.ts";
import { type AnyActorDefinition, makeKind } from "../resident.ts";
import { tell } from "../tell.ts";
import { Outside } from "./outside.ts";

export const boss = "boss/b";
export const ledger = "ledger/l";

const asked = fromPromise<string, { readonly tries: number }>(() => new Promise(() => {}));
const told = fromPromise<void, { readonly order: string }>(() => new Promise(() => {}));

const patience = "xstate.after.patience.order.working";

const machine = setup({
  types: {
    context: {} as { readonly name: string; readonly bumps: number; readonly tries: number; readonly notes: number },
    events: {} as
      | { type: "START" | "CANCEL" | "BREAK"; at: number; n: number }
      | { type: "BUMP"; at: number; n: number }
      | { type: "BACK" }
      | { type: "NOTE"; at: number; key: string },
    input: {} as { readonly at: number; readonly name: string },
  },
  actors: { work: asked, pay: asked, give: asked, notify: told },
  delays: { patience: 20_000, pause: 300, rest: 700, long: 75_000 },
}).createMachine({
  id: "order",
  context: ({ input }) => ({ name: input.name, bumps: 0, tries: 0, notes: 0 }),
  initial: "idle",
  on: {
    BUMP: { actions: assign({ bumps: ({ context }) => context.bumps + 1 }) },
    CANCEL: ".cancelled",
    BREAK: {
      guard: () => {
        throw new Error("a guard with a bug");
      },
    },
  },
  states: {
    idle: { on: { START: "working" }, after: { long: "working" } },
    working: {
      entry: assign({ tries: ({ context }) => context.tries + 1 }),
      invoke: { id: "work", src: "work", input: ({ context }) => ({ tries: context.tries }), onDone: "paying", onError: "backingOff" },
      after: { patience: "backingOff" },
      on: {
        NOTE: { actions: assign({ notes: ({ context }) => context.notes + 1 }) },
        BACK: { actions: [cancel(patience), raise({ type: patience } as never, { id: patience, delay: "patience" })] },
      },
    },
    paying: {
      invoke: { id: "pay", src: "pay", input: ({ context }) => ({ tries: context.tries }), onDone: "giving", onError: "backingOff" },
    },
    giving: {
      invoke: { id: "give", src: "give", input: ({ context }) => ({ tries: context.tries }), onDone: "telling", onError: "backingOff" },
    },
    telling: {
      invoke: { id: "notify", src: "notify", input: ({ context }) => ({ order: context.name }), onDone: "resting", onError: "failed" },
    },
    backingOff: { after: { pause: [{ guard: ({ context }) => context.tries >= 3, target: "failed" }, { target: "working" }] } },
    resting: { after: { rest: "finished" } },
    finished: { type: "final" },
    failed: { type: "final" },
    cancelled: { type: "final" },
  },
});

const unsent: EffectFailure = { kind: "unsent", message: "another process may act for it" };

const order = ({ key, isLeased }: Pick<EffectCall<unknown, unknown>, "key" | "isLeased">, known: boolean) =>
  Effect.gen(function* (): Effect.fn.Return<string, EffectFailure, Outside> {
    const outside = yield* Outside;
    yield* outside.stumble;
    yield* outside.connect;
    if (!isLeased()) return yield* Effect.fail(unsent);
    const answer = yield* outside.order(key, known);
    yield* outside.stumble;
    return answer;
  });

const orderActor = defineActor<typeof machine, Outside | Actors>({
  kind: "order",
  version: 1,
  machine,
  effects: {
    work: {
      recovery: "resend",
      recovered: () => ({ type: "BACK" }),
      run: (call) => Effect.andThen(call.send({ type: "NOTE", at: 0, key: call.key }), order(call, true)),
    },
    pay: {
      recovery: "lookup",
      run: (call) => order(call, false),
      lookup: ({ key }) => Effect.flatMap(Outside, (outside) => outside.find(key)),
    },
    give: { recovery: "park", run: (call) => order(call, false) },
    notify: tell(({ order: name }) => ({ to: ledger, event: { type: "DONE", order: name } })),
  },
  owner: () => "nobody",
  parent: () => boss,
});

/** They only listen. */
const listener = (kind: string) =>
  defineActor({ kind, version: 1, machine: setup({}).createMachine({}), effects: {}, owner: () => "nobody" });

export const definitions: ReadonlyArray<AnyActorDefinition<Outside | Actors>> = [orderActor, listener("boss"), listener("ledger")];
export const kinds = new Map(definitions.map((definition) => [definition.kind, makeKind(definition as never)]));
