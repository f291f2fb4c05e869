// The kinds of actors that are measured. `tally` counts what it is sent and never ends; `sleeper` waits for one moment.
import { assign, setup } from "xstate";
import { defineActor, type Durability } from "#runtime/actor/define.ts";

const tallyMachine = setup({
  types: { context: {} as { readonly count: number }, events: {} as { readonly type: "add" } },
}).createMachine({
  id: "tally",
  context: { count: 0 },
  on: { add: { actions: assign({ count: ({ context }) => context.count + 1 }) } },
});

export const tallyOf = (durability: Durability) =>
  defineActor<typeof tallyMachine>({
    kind: "tally",
    version: 1,
    durability,
    machine: tallyMachine,
    effects: {},
    owner: () => "bench",
  });
export const tally = tallyOf("durable");

interface SleeperContext {
  readonly dueAt: number;
  readonly waitMs: number;
}

const sleeperMachine = setup({
  types: { context: {} as SleeperContext, input: {} as { readonly dueAt: number; readonly at: number } },
  delays: { untilDue: ({ context }) => context.waitMs },
}).createMachine({
  id: "sleeper",
  context: ({ input }) => ({ dueAt: input.dueAt, waitMs: Math.max(0, input.dueAt - input.at) }),
  initial: "asleep",
  states: { asleep: { after: { untilDue: "awake" } }, awake: { type: "final" } },
});

/** `woke` is told for each, once its end is committed, when it was due. */
export const sleeper = (woke: (dueAt: number) => void) =>
  defineActor<typeof sleeperMachine>({
    kind: "sleeper",
    version: 1,
    machine: sleeperMachine,
    effects: {},
    owner: () => "bench",
    committed: ({ status, context }) => {
      if (status === "done") woke(context.dueAt);
    },
  });
