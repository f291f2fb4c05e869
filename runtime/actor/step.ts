// Steps an XState machine as a pure function: snapshot and event in, snapshot and orders out. Runs no action, starts no child.
// It and `chain.ts`, which takes most steps, know XState's internals (`ActorScope`, `_nodes`), and nobody else; XState is pinned, and a
// contract test holds this against real actors. XState's own `transition()` builds an actor per call and is 6–9 times slower.
import { type AnyActorScope, type AnyStateMachine, type AnyStateNode, createEmptyActor, type ExecutableActionObject } from "xstate";
import { makeChain } from "./chain.ts";

/** What of an XState snapshot the host uses. `children` is always empty here: effects are the host's. */
export interface MachineSnapshot {
  readonly value: string | { readonly [key: string]: unknown };
  readonly context: Readonly<Record<string, unknown>>;
  readonly status: "active" | "done" | "error" | "stopped";
  readonly output: unknown;
  readonly error: unknown;
}

/** A snapshot as it is stored: JSON. */
export interface StoredSnapshot {
  readonly value: unknown;
  readonly context: unknown;
  readonly status?: MachineSnapshot["status"];
  readonly output?: unknown;
  readonly error?: unknown;
  /** Ids of the states that each history state remembers. */
  readonly history?: Readonly<Record<string, ReadonlyArray<string>>>;
}

export interface Spawned {
  /** Invoke id. */
  readonly id: string;
  /** Name of the effect. */
  readonly name: string;
  readonly input: unknown;
}

export interface Delayed {
  readonly id: string;
  /** ms */
  readonly delay: number;
  readonly event: { readonly type: string };
}

export interface Step {
  readonly snapshot: MachineSnapshot;
  readonly spawned: ReadonlyArray<Spawned>;
  readonly delayed: ReadonlyArray<Delayed>;
  /** Timer ids that the step cancels; a timer of the same id in `delayed` was set after that. */
  readonly cancelled: ReadonlyArray<string>;
}

/** XState's own shape, narrowed to what is read here. */
interface InternalSnapshot extends MachineSnapshot {
  context: MachineSnapshot["context"];
  children: Readonly<Record<string, unknown>>;
  tags: ReadonlySet<string>;
  readonly _nodes: ReadonlyArray<AnyStateNode>;
  readonly historyValue: Readonly<Record<string, ReadonlyArray<AnyStateNode>>>;
}

const none: ReadonlyArray<never> = [];
const noChildren: InternalSnapshot["children"] = Object.freeze({});
const noTags: InternalSnapshot["tags"] = new Set();

export interface Stepper {
  /** The first step of a new actor. Throws what a context factory or entry action throws. */
  readonly initial: (input: unknown) => Step;
  /** Throws what a guard or assigner throws; the snapshot given stays as it was. */
  readonly next: (snapshot: MachineSnapshot, event: { readonly type: string }) => Step;
  /** Throws if the state value is not one of the machine. */
  readonly restore: (stored: StoredSnapshot) => MachineSnapshot;
  readonly store: (snapshot: MachineSnapshot) => StoredSnapshot;
  /** Ids of the invokes that belong to the active states. */
  readonly invokes: (snapshot: MachineSnapshot) => ReadonlyArray<string>;
  /** What entering the active states would order: all their invokes and timers. Throws what an input or a delay throws. */
  readonly orders: (snapshot: MachineSnapshot, event: { readonly type: string; readonly at: number }) => Pick<Step, "spawned" | "delayed">;
}

/** `given`: a value or how to make one. */
const inputOf = (given: unknown, args: object): unknown =>
  typeof given === "function" ? (given as (args: object) => unknown)(args) : given;

/** `raise` with a delay among the entry actions of a state: what `after` becomes. */
interface DelayedRaise {
  readonly type: "xstate.raise";
  readonly id?: string;
  readonly event: unknown;
  readonly delay?: unknown;
}

/**
 * For an invoke whose logic it does not know XState makes no child actor. (One is 4 KB, is never started, and cost a fifth of a
 * step.) Nor does it then make the invoke's input.
 */
const withoutChildren = (machine: AnyStateMachine): AnyStateMachine => {
  const { actors } = machine.implementations as { readonly actors: Readonly<Record<string, unknown>> };
  return machine.provide({ actors: Object.fromEntries(Object.keys(actors).map((name) => [name, undefined])) });
};

const invokeOf = (snapshot: InternalSnapshot, id: string): AnyStateNode["invoke"][number] | undefined => {
  for (const node of snapshot._nodes) for (const invoke of node.invoke) if (invoke.id === id) return invoke;
  return undefined;
};

export const makeStepper = (given: AnyStateMachine): Stepper => {
  const machine = withoutChildren(given);
  const self = createEmptyActor();
  let actions: Array<ExecutableActionObject> = [];
  const scope = {
    self,
    id: machine.id,
    sessionId: "",
    logger: () => {},
    defer: () => {},
    stopChild: () => {},
    emit: () => {},
    system: self.system,
    actionExecutor: (action: ExecutableActionObject) => void actions.push(action),
  } as unknown as AnyActorScope;
  const chain = makeChain(machine, { self, system: self.system }, (action) => void actions.push(action));

  const finish = (snapshot: InternalSnapshot): Step => {
    // What is empty is shared.
    snapshot.children = noChildren;
    if (snapshot.tags.size === 0) snapshot.tags = noTags;
    if (actions.length === 0) return { snapshot, spawned: none, delayed: none, cancelled: none };
    const spawned: Array<Spawned> = [];
    const delayed: Array<Delayed> = [];
    const cancelled: Array<string> = [];
    for (const { type, params, info } of actions) {
      switch (type) {
        case "xstate.spawnChild": {
          const { id, src } = params as unknown as { id: string; src: string };
          const invoke = invokeOf(snapshot, id);
          // Entered and left within one step: it never was.
          if (invoke === undefined) break;
          const before = spawned.findIndex((one) => one.id === id);
          if (before >= 0) spawned.splice(before, 1);
          spawned.push({ id, name: src, input: inputOf(invoke.input, info) });
          break;
        }
        case "xstate.raise": {
          const { id, delay, event } = params as unknown as { id: string; delay: number | undefined; event: { type: string } };
          if (delay !== undefined) delayed.push({ id, delay, event });
          break;
        }
        case "xstate.cancel": {
          const { sendId } = params as unknown as { sendId: string };
          // Set and cancelled within one step: it never was.
          const index = delayed.findIndex((timer) => timer.id === sendId);
          if (index >= 0) delayed.splice(index, 1);
          cancelled.push(sendId);
          break;
        }
        case "xstate.assign":
        case "xstate.log":
        case "xstate.stopChild":
          break;
        default:
          throw new Error(`The machine "${machine.id}" uses the action "${type}", which the actor host does not run`);
      }
    }
    return { snapshot, spawned, delayed, cancelled };
  };

  const checked = (snapshot: InternalSnapshot): InternalSnapshot => {
    if (snapshot.status === "error") throw snapshot.error;
    return snapshot;
  };

  return {
    initial: (input) => {
      actions = [];
      const begun = chain.initial(input);
      if (begun !== undefined) return finish(begun as InternalSnapshot);
      actions = [];
      const snapshot = checked(machine.getInitialSnapshot(scope, input) as unknown as InternalSnapshot);
      // Put together by Object.assign a context of more than 16 keys is a hash table, and so are all that come of it: three times
      // the memory and, until the code is hot, the time of a step. A spread copy is not.
      snapshot.context = { ...snapshot.context };
      return finish(snapshot);
    },
    next: (snapshot, event) => {
      actions = [];
      const next = chain.next(snapshot, event);
      if (next !== undefined) return finish(next as InternalSnapshot);
      actions = [];
      return finish(machine.transition(snapshot as never, event as never, scope) as unknown as InternalSnapshot);
    },
    restore: (stored) => {
      const historyValue = Object.fromEntries(
        Object.entries(stored.history ?? {}).map(([key, ids]) => [key, ids.map((id) => machine.getStateNodeById(id))]),
      );
      const { value, context, status, output, error } = stored;
      return machine.resolveState({ value, context, status, output, error, historyValue } as never) as unknown as MachineSnapshot;
    },
    store: (snapshot) => {
      const { historyValue } = snapshot as InternalSnapshot;
      const history = Object.entries(historyValue ?? {});
      return {
        value: snapshot.value,
        context: snapshot.context,
        ...(snapshot.status === "active" ? {} : { status: snapshot.status }),
        ...(snapshot.output === undefined ? {} : { output: snapshot.output }),
        ...(snapshot.error === undefined ? {} : { error: snapshot.error }),
        ...(history.length === 0
          ? {}
          : { history: Object.fromEntries(history.map(([key, nodes]) => [key, nodes.map((node) => node.id)])) }),
      };
    },
    invokes: (snapshot) => {
      if (snapshot.status !== "active") return none;
      const ids: Array<string> = [];
      for (const node of (snapshot as InternalSnapshot)._nodes) for (const invoke of node.invoke) ids.push(invoke.id);
      return ids;
    },
    orders: (snapshot, event) => {
      if (snapshot.status !== "active") return { spawned: none, delayed: none };
      const args = { context: snapshot.context, event, self, system: self.system };
      const resolve = (given: unknown): unknown => inputOf(given, args);
      const { delays } = machine.implementations as { readonly delays?: Readonly<Record<string, unknown>> };
      const spawned: Array<Spawned> = [];
      const delayed: Array<Delayed> = [];
      for (const node of (snapshot as InternalSnapshot)._nodes) {
        for (const { id, src, input } of node.invoke) spawned.push({ id, name: src as string, input: resolve(input) });
        for (const action of node.entry as ReadonlyArray<unknown>) {
          const { type, id, event: due, delay: given } = action as DelayedRaise;
          if (type !== "xstate.raise" || given === undefined || id === undefined) continue;
          const delay = resolve(typeof given === "string" ? delays?.[given] : given);
          if (typeof delay === "number") delayed.push({ id, delay, event: resolve(due) as Delayed["event"] });
        }
      }
      return { spawned, delayed };
    },
  };
};
