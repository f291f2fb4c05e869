// Steps a machine while its active states are one chain, from the root to a leaf. What XState works out anew with every step (the states
// that are left and entered, their order, the value that comes of it) depends on the leaf and the transition alone: here it is worked out
// once for both and kept. XState's way makes 30 KB of garbage for a step of three states, and that was half of what a durable step cost.
// Whatever it does not know it leaves to XState, before anything is lost: parallel and history states, ends of nested states, raised events,
// actions that are not assignments. Knows XState's internals as `step.ts` does; a property test holds it against XState itself.
import { type AnyStateMachine, type ExecutableActionObject } from "xstate";
import { evaluateGuard } from "xstate/guards";

interface Transition {
  readonly source: Node;
  readonly target: ReadonlyArray<Node> | undefined;
  readonly actions: ReadonlyArray<unknown>;
  readonly guard?: unknown;
  readonly reenter: boolean;
}

/** XState's StateNode, narrowed to what is read here. */
interface Node {
  readonly id: string;
  readonly key: string;
  readonly type: "atomic" | "compound" | "parallel" | "final" | "history";
  readonly order: number;
  readonly parent?: Node;
  readonly states: Readonly<Record<string, Node>>;
  readonly entry: ReadonlyArray<unknown>;
  readonly exit: ReadonlyArray<unknown>;
  readonly invoke: ReadonlyArray<{ readonly id: string; readonly src: unknown }>;
  readonly always?: ReadonlyArray<Transition>;
  readonly transitions: ReadonlyMap<string, ReadonlyArray<Transition>>;
  readonly initial: { readonly target: ReadonlyArray<Node>; readonly actions: ReadonlyArray<unknown> };
  readonly tags: ReadonlyArray<string>;
  readonly output?: unknown;
}

type Context = Readonly<Record<string, unknown>>;
interface Event {
  readonly type: string;
}

/** XState's snapshot, with the functions that it brings along. */
interface Snapshot {
  readonly status: "active" | "done" | "error" | "stopped";
  readonly context: Context;
  readonly _nodes: ReadonlyArray<Node>;
  readonly historyValue: object;
  readonly matches: unknown;
  readonly hasTag: unknown;
  readonly can: unknown;
  readonly getMeta: unknown;
  readonly toJSON: unknown;
}

type Params = unknown;
type Call = (args: object, params: Params) => unknown;

/** An action, resolved; `params`: as the machine gives them. */
type Order =
  | { readonly type: "assign"; readonly assignment: Call | Readonly<Record<string, unknown>>; readonly params: Params }
  | { readonly type: "raise"; readonly id: string | undefined; readonly event: unknown; readonly delay: unknown; readonly params: Params }
  | { readonly type: "cancel"; readonly sendId: unknown; readonly params: Params }
  | { readonly type: "spawn"; readonly id: string; readonly src: unknown };

/** A chain of active states. */
interface Place {
  /** Root first. */
  readonly nodes: ReadonlyArray<Node>;
  /** Leaf first. */
  readonly path: ReadonlyArray<Node>;
  readonly value: unknown;
  readonly tags: ReadonlySet<string>;
  /** Transitions that need no event, in the order in which they are looked at. */
  readonly eventless: ReadonlyArray<Transition>;
  /** What taking a transition from here comes to; null: XState's affair. */
  readonly ways: Map<Transition, Way | null>;
}

interface Way {
  readonly orders: ReadonlyArray<Order>;
  readonly to: Place;
  /** The machine has ended. */
  readonly done: boolean;
  /** Some state is left: it leads on, even if to the same place. */
  readonly moves: boolean;
}

export interface Chain {
  /** The first snapshot; undefined: ask XState. Throws what a context factory or an action throws. */
  readonly initial: (input: unknown) => object | undefined;
  /** The snapshot after the event; undefined: ask XState. Throws what a guard or an action throws. */
  readonly next: (snapshot: object, event: Event) => object | undefined;
}

const noTags: ReadonlySet<string> = new Set();
const noChildren = Object.freeze({});
const noHistory = Object.freeze({});

/** XState's function that is an action, with what it was made of. */
interface BuiltIn {
  readonly type?: unknown;
  readonly resolve?: unknown;
  readonly assignment?: Call | Readonly<Record<string, unknown>>;
  readonly id?: string;
  readonly event?: unknown;
  readonly delay?: unknown;
  readonly sendId?: unknown;
}

const isDescendant = (node: Node, of: Node): boolean => {
  for (let above = node.parent; above !== undefined; above = above.parent) if (above === of) return true;
  return false;
};

const isChainable = ({ type }: Node): boolean => type === "atomic" || type === "compound" || type === "final";

/** The states that a compound one begins with, itself first; null: not a chain. */
const initialChain = (node: Node): ReadonlyArray<Node> | null => {
  const chain = [node];
  for (let last = node; last.type === "compound"; last = chain[chain.length - 1]!) {
    const [first, ...more] = last.initial.target;
    if (first === undefined || more.length > 0 || first.parent !== last || !isChainable(first)) return null;
    chain.push(first);
  }
  return chain;
};

/** `args`: what every action is given besides. `record`: told of each order of a step, as XState's executor is. */
export const makeChain = (given: AnyStateMachine, args: object, record: (action: ExecutableActionObject) => void): Chain => {
  const root = given.root as unknown as Node;
  const { actions: named, delays } = given.implementations as {
    readonly actions: Readonly<Record<string, unknown>>;
    readonly delays: Readonly<Record<string, unknown>>;
  };
  const places = new Map<Node, Place>();
  const placeOfNodes = new WeakMap<ReadonlyArray<Node>, Place | null>();

  const order = (action: unknown): Order | null => {
    const inline = typeof action === "function";
    const name = typeof action === "string" ? action : (action as { readonly type?: unknown }).type;
    const builtIn = (inline ? action : named[name as string]) as BuiltIn | undefined;
    if (builtIn?.resolve === undefined) return null;
    const params = inline || typeof action === "string" ? undefined : (action as { readonly params?: unknown }).params;
    switch (builtIn.type) {
      case "xstate.assign":
        return { type: "assign", assignment: builtIn.assignment!, params };
      case "xstate.raise":
        return { type: "raise", id: builtIn.id, event: builtIn.event, delay: builtIn.delay, params };
      case "xstate.cancel":
        return { type: "cancel", sendId: builtIn.sendId, params };
      default:
        return null;
    }
  };

  const entryOrders = (node: Node, byDefault: boolean): ReadonlyArray<Order | null> => [
    ...node.entry.map(order),
    ...node.invoke.map(({ id, src }): Order => ({ type: "spawn", id, src })),
    ...(byDefault ? node.initial.actions.map(order) : []),
  ];

  const placeOf = (leaf: Node): Place => {
    const known = places.get(leaf);
    if (known !== undefined) return known;
    const path = [leaf];
    for (let above = leaf.parent; above !== undefined; above = above.parent) path.push(above);
    const value = path.slice(1, -1).reduce<unknown>((inner, { key }) => ({ [key]: inner }), leaf.key);
    const tags = new Set(path.flatMap((node) => node.tags));
    const place: Place = {
      nodes: path.toReversed(),
      path,
      value: leaf === root ? {} : value,
      tags: tags.size === 0 ? noTags : tags,
      eventless: path.flatMap(({ always }) => always ?? []),
      ways: new Map(),
    };
    places.set(leaf, place);
    placeOfNodes.set(place.nodes, place);
    return place;
  };

  const placeOfSnapshot = ({ _nodes }: Snapshot): Place | null => {
    let place = placeOfNodes.get(_nodes);
    if (place === undefined) {
      const leaf = _nodes.find((node) => node.type === "atomic" || node.type === "final");
      const isChain = leaf !== undefined && _nodes.every((node) => isChainable(node) && (node === leaf || isDescendant(leaf, node)));
      place = isChain ? placeOf(leaf) : null;
      placeOfNodes.set(_nodes, place);
    }
    return place;
  };

  /** Null where XState is to take it. */
  const way = (place: Place, { source, target: targets, actions, reenter }: Transition): Way | null => {
    const taken = actions.map(order);
    const whole = (orders: ReadonlyArray<Order | null>, to: Place, done: boolean, moves: boolean): Way | null =>
      orders.includes(null) ? null : { orders: orders as ReadonlyArray<Order>, to, done, moves };
    if (targets === undefined || targets.length === 0) return whole(taken, place, false, false);
    const [target, ...more] = targets;
    if (target === undefined || more.length > 0 || target === root || !isChainable(target)) return null;
    const begun = initialChain(target);
    if (begun === null) return null;

    const stays = !reenter && (target === source || isDescendant(target, source));
    let domain: Node | undefined = stays ? source : target.parent;
    while (!stays && domain !== undefined && !isDescendant(source, domain)) domain = domain.parent;
    if (domain === undefined && reenter) return null;
    const within = domain ?? root;

    const left = place.path.filter((node) => isDescendant(node, within));
    if (left.some(({ states }) => Object.values(states).some(({ type }) => type === "history"))) return null;
    const above: Array<Node> = [];
    for (let node = target.parent; target !== within && node !== undefined && node !== within; node = node.parent) above.unshift(node);
    if (above.some((node) => !isChainable(node)) || !isChainable(within)) return null;
    const entered = target === within ? begun.slice(1) : [...above, ...begun];
    const leaf = entered[entered.length - 1];
    const to = leaf === undefined ? place : placeOf(leaf);
    const isFinal = leaf?.type === "final";
    // The end of a nested state is an event of its own.
    if (isFinal && (leaf.parent !== root || root.output !== undefined)) return null;
    const orders = [
      ...left.flatMap(({ exit }) => exit.map(order)),
      ...taken,
      ...entered.flatMap((node) => entryOrders(node, !above.includes(node))),
      ...(isFinal ? to.path.flatMap(({ exit }) => exit.map(order)) : []),
    ];
    return whole(orders, to, isFinal, left.length > 0);
  };

  const wayOf = (place: Place, transition: Transition): Way | null => {
    let known = place.ways.get(transition);
    if (known === undefined) place.ways.set(transition, (known = way(place, transition)));
    return known;
  };

  /** The context that the orders lead to; undefined: XState's affair. */
  const run = (orders: ReadonlyArray<Order>, before: Context, event: Event): Context | undefined => {
    let context = before;
    for (const each of orders) {
      const info = { context, event, ...args };
      if (each.type === "spawn") {
        record({ type: "xstate.spawnChild", params: { id: each.id, src: each.src }, info } as never);
        continue;
      }
      const params = typeof each.params === "function" ? (each.params as (of: object) => unknown)({ context, event }) : each.params;
      const resolved = (value: unknown): unknown => (typeof value === "function" ? (value as Call)(info, params) : value);
      switch (each.type) {
        case "assign": {
          const { assignment } = each;
          const changed = (typeof assignment === "function" ? assignment(info, params) : mapped(assignment, resolved)) as Context;
          context = merged(context, changed);
          break;
        }
        case "raise": {
          const delay = resolved(typeof each.delay === "string" ? delays[each.delay] : each.delay);
          if (typeof delay !== "number" || typeof each.event === "string") return undefined;
          record({ type: "xstate.raise", params: { id: each.id, delay, event: resolved(each.event) }, info } as never);
          break;
        }
        case "cancel":
          record({ type: "xstate.cancel", params: { sendId: resolved(each.sendId) }, info } as never);
          break;
      }
    }
    return context;
  };

  const isEnabled = ({ guard }: Transition, snapshot: Snapshot, event: Event): boolean =>
    guard === undefined || evaluateGuard(guard as never, snapshot.context as never, event, snapshot as never);

  const chosen = (place: Place, snapshot: Snapshot, event: Event): Transition | undefined => {
    for (const node of place.path) {
      const candidates = node.transitions.get(event.type);
      if (candidates !== undefined) for (const each of candidates) if (isEnabled(each, snapshot, event)) return each;
    }
    return undefined;
  };

  /** With the fields that XState's own has, in its order: so all snapshots have one shape. */
  const snapshotAt = (like: Snapshot, { nodes, value, tags }: Place, context: Context, done: boolean): Snapshot => {
    const { historyValue, matches, hasTag, can, getMeta, toJSON } = like;
    return {
      status: done ? "done" : "active",
      output: undefined,
      error: undefined,
      machine: given,
      context,
      _nodes: nodes,
      value,
      tags,
      children: noChildren,
      historyValue,
      matches,
      hasTag,
      can,
      getMeta,
      toJSON,
    } as Snapshot;
  };

  const take = (snapshot: Snapshot, known: Way, event: Event): Snapshot | undefined => {
    const context = run(known.orders, snapshot.context, event);
    return context === undefined ? undefined : snapshotAt(snapshot, known.to, context, known.done);
  };

  /** Takes what needs no event, until nothing does. */
  const settle = (start: Snapshot, place: Place, event: Event): Snapshot | undefined => {
    let snapshot = start;
    let at = place;
    while (snapshot.status === "active") {
      const current = snapshot;
      const transition = at.eventless.find((each) => isEnabled(each, current, event));
      if (transition === undefined) break;
      const known = wayOf(at, transition);
      if (known === null || !known.moves) return undefined;
      const after = take(snapshot, known, event);
      if (after === undefined) return undefined;
      snapshot = after;
      at = known.to;
    }
    return snapshot;
  };

  /** A wildcard is looked for among all events: XState's affair, as is a machine that counts its steps. */
  const isPlain = (node: Node): boolean =>
    [...node.transitions.keys()].every((descriptor) => !descriptor.includes("*")) && Object.values(node.states).every(isPlain);
  const plain = isPlain(root) && root.type === "compound" && (given.options?.maxIterations ?? Infinity) === Infinity;

  const begin = (): { readonly place: Place; readonly orders: ReadonlyArray<Order>; readonly like: Snapshot } | null => {
    const chain = plain ? initialChain(root) : null;
    const leaf = chain?.[chain.length - 1];
    if (chain === null || leaf === undefined || leaf.type === "final") return null;
    const orders = chain.flatMap((node) => entryOrders(node, true));
    if (orders.includes(null)) return null;
    const place = placeOf(leaf);
    const like = given.resolveState({ value: place.value, context: {} } as never) as unknown as Snapshot;
    return { place, orders: orders as ReadonlyArray<Order>, like: { ...like, historyValue: noHistory } };
  };
  let beginning: ReturnType<typeof begin> | undefined;

  return {
    initial: (input) => {
      beginning ??= begin();
      const { context: made } = given.config as { readonly context?: unknown };
      if (beginning === null || typeof made !== "function") return undefined;
      const { place, orders, like } = beginning;
      const event = { type: "xstate.init", input };
      const first = { ...(made as (of: object) => Context)({ input, ...args }) };
      const context = run(orders, first, event);
      return context === undefined ? undefined : settle(snapshotAt(like, place, context, false), place, event);
    },
    next: (before, event) => {
      const snapshot = before as Snapshot;
      const place = plain && snapshot.status === "active" && event.type !== "xstate.stop" ? placeOfSnapshot(snapshot) : null;
      if (place === null) return undefined;
      const transition = chosen(place, snapshot, event);
      // It ends the machine that nobody listens for an error.
      if (transition === undefined) return event.type.startsWith("xstate.error.actor") ? undefined : settle(snapshot, place, event);
      const known = wayOf(place, transition);
      if (known === null) return undefined;
      const after = take(snapshot, known, event);
      return after === undefined ? undefined : settle(after, known.to, event);
    },
  };
};

/** A spread copy keeps its shape; one by Object.assign becomes a hash table once it has more than 16 keys. */
const merged = (context: Context, changed: Context): Context => ({ ...context, ...changed });

const mapped = (assignment: Readonly<Record<string, unknown>>, resolved: (value: unknown) => unknown): Context =>
  Object.fromEntries(Object.entries(assignment).map(([key, value]) => [key, resolved(value)]));
