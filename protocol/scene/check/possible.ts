// What values something can have at all in a story, however it is played: more than it really can, never less. A condition that no such
// value fulfils never holds. Pure.
import type { SceneProgram } from "../play/program.ts";
import { compared, tierOf } from "../play/run.ts";
import {
  type Comparator,
  type Condition,
  type Operand,
  type QuestStatus,
  type RelationshipAxis,
  RelationshipTier,
  type SceneEffect,
} from "../rule.ts";
import type { SceneNode } from "../scene.ts";
import { fitting, type SceneValue, type ValueType } from "../value.ts";

/** Undefined: any. */
type Possible =
  | { readonly kind: "values"; readonly values: ReadonlyArray<SceneValue> }
  | { readonly kind: "range"; readonly min: number; readonly max: number }
  | undefined;

export type Verdict = "always" | "never" | "sometimes";

/** More values than these are any, or a range of numbers. */
const mostValues = 32;

const valuesOf = (values: ReadonlyArray<SceneValue>): Possible => ({ kind: "values", values });
const rangeOf = (min: number, max: number): Possible => ({ kind: "range", min, max });

const numbersOf = (possible: Possible): { readonly min: number; readonly max: number } | undefined => {
  if (possible === undefined || possible.kind === "range") return possible;
  const numbers = possible.values.filter((value) => typeof value === "number");
  return numbers.length === possible.values.length ? { min: Math.min(...numbers), max: Math.max(...numbers) } : undefined;
};

const either = (a: Possible, b: Possible): Possible => {
  if (a === undefined || b === undefined) return undefined;
  if (a.kind === "values" && b.kind === "values" && a.values.length + b.values.length <= mostValues) {
    return valuesOf([...a.values, ...b.values]);
  }
  const [some, others] = [numbersOf(a), numbersOf(b)];
  return some === undefined || others === undefined ? undefined : rangeOf(Math.min(some.min, others.min), Math.max(some.max, others.max));
};

const within = (possible: Possible, type: ValueType): Possible => {
  switch (type.kind) {
    case "number": {
      const fit = (value: number): number => Math.min(Math.max(value, type.min), type.max);
      const { min, max } = numbersOf(possible) ?? { min: type.min, max: type.max };
      if (possible?.kind === "values" && possible.values.every((value) => typeof value === "number")) {
        return valuesOf(possible.values.map((value) => fitting(type, value)!));
      }
      return type.integer ? rangeOf(Math.floor(fit(min)), Math.ceil(fit(max))) : rangeOf(fit(min), fit(max));
    }
    case "boolean":
      return possible ?? valuesOf([false, true]);
    case "string":
      return possible ?? (type.values === null ? undefined : valuesOf(type.values));
    case "array":
    case "object":
      return possible;
  }
};

const verdictOf = (a: Possible, is: Comparator, b: Possible): Verdict => {
  if (a === undefined || b === undefined) return "sometimes";
  if (a.kind === "values" && b.kind === "values" && a.values.length * b.values.length <= mostValues * mostValues) {
    const held = a.values.flatMap((one) => b.values.map((other) => compared(one, is, other)));
    return held.every(Boolean) ? "always" : held.some(Boolean) ? "sometimes" : "never";
  }
  const [some, others] = [numbersOf(a), numbersOf(b)];
  if (some === undefined || others === undefined) return "sometimes";
  switch (is) {
    case "is":
      return some.max < others.min || some.min > others.max ? "never" : "sometimes";
    case "isNot":
      return some.max < others.min || some.min > others.max ? "always" : "sometimes";
    case "below":
      return some.max < others.min ? "always" : some.min >= others.max ? "never" : "sometimes";
    case "atMost":
      return some.max <= others.min ? "always" : some.min > others.max ? "never" : "sometimes";
    case "atLeast":
      return some.min >= others.max ? "always" : some.max < others.min ? "never" : "sometimes";
    case "above":
      return some.min > others.max ? "always" : some.max <= others.min ? "never" : "sometimes";
  }
};

const opposite = (verdict: Verdict): Verdict => ({ always: "never", never: "always", sometimes: "sometimes" } as const)[verdict];

/** What is written anywhere, by name; of variables of one scene by `scene/name`. */
interface Writes {
  readonly variables: Map<string, Array<SceneEffect | "any">>;
  readonly flags: Map<string, Set<boolean>>;
  readonly counters: Map<string, Array<SceneEffect>>;
  readonly items: Map<string, Set<"giveItem" | "takeItem">>;
  readonly relationships: Map<string, Array<Extract<SceneEffect, { axis: RelationshipAxis }>>>;
  readonly quests: Map<string, Set<QuestStatus>>;
  time: boolean;
}

const add = <K, V>(map: Map<K, Array<V>>, key: K, value: V): void => {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
};

const addTo = <K, V>(map: Map<K, Set<V>>, key: K, value: V): void => {
  const known = map.get(key);
  if (known === undefined) map.set(key, new Set([value]));
  else known.add(value);
};

const keyIn = (scene: SceneProgram, name: string): string =>
  scene.variables.get(name)?.scope === "session" ? name : `${scene.id}/${name}`;

const effectsIn = ({ body }: SceneProgram): ReadonlyArray<SceneEffect> => [
  ...body.nodes.flatMap((node) => (node.type === "action" ? node.effects : [])),
  ...body.edges.flatMap(({ effects }) => effects),
];

const takenBy = (node: SceneNode): ReadonlyArray<string> => {
  if (node.type === "minigame") return node.scoreInto === null ? [] : [node.scoreInto];
  return node.type === "scene_call" ? node.captures.map(({ into }) => into) : [];
};

/** Everything that the scenes of a story write. */
export const writesOf = (scenes: Iterable<SceneProgram>): Writes => {
  const writes: Writes = {
    variables: new Map(),
    flags: new Map(),
    counters: new Map(),
    items: new Map(),
    relationships: new Map(),
    quests: new Map(),
    time: false,
  };
  for (const scene of scenes) {
    for (const node of scene.body.nodes) for (const name of takenBy(node)) add(writes.variables, keyIn(scene, name), "any");
    for (const effect of effectsIn(scene)) {
      switch (effect.kind) {
        case "setVariable":
        case "addToVariable":
        case "drawVariable":
        case "append":
          add(writes.variables, keyIn(scene, effect.name), effect);
          break;
        case "setFlag":
          addTo(writes.flags, effect.name, effect.set);
          break;
        case "setCounter":
        case "addToCounter":
          add(writes.counters, effect.name, effect);
          break;
        case "giveItem":
        case "takeItem":
          addTo(writes.items, effect.name, effect.kind);
          break;
        case "setRelationship":
        case "addToRelationship":
          add(writes.relationships, effect.character, effect);
          break;
        case "setQuest":
          addTo(writes.quests, effect.quest, effect.status);
          break;
        case "advanceObjective":
          addTo(writes.quests, effect.quest, "completed");
          break;
        case "passTime":
        case "waitUntil":
          writes.time = true;
          break;
      }
    }
  }
  return writes;
};

const constantOf = (operand: Operand): SceneValue | undefined => (operand.from === "value" ? operand.value : undefined);

/** With what numbers are set to and added. */
const numbersAfter = (
  initial: number,
  writes: ReadonlyArray<
    { readonly set: SceneValue | undefined } | { readonly by: SceneValue | undefined } | { readonly drawn: readonly [number, number] }
  >,
): Possible => {
  let [min, max] = [initial, initial];
  let only: Possible = valuesOf([initial]);
  for (const write of writes) {
    if ("set" in write) {
      if (typeof write.set !== "number") return undefined;
      [min, max] = [Math.min(min, write.set), Math.max(max, write.set)];
      only = either(only, valuesOf([write.set]));
    } else if ("drawn" in write) {
      [min, max] = [Math.min(min, write.drawn[0]), Math.max(max, ...write.drawn)];
      only = undefined;
    } else if (typeof write.by !== "number") return undefined;
    else if (write.by !== 0) {
      if (write.by > 0) max = Infinity;
      else min = -Infinity;
      only = undefined;
    }
  }
  return only ?? rangeOf(min, max);
};

/** Judges the conditions of one scene. `open`: scenes that are not seen may have set what is not the scene's own. */
export class Judge {
  readonly #scene: SceneProgram;
  readonly #writes: Writes;
  readonly #open: boolean;
  /** What was worked out once: a variable is asked for in many conditions, and may be written in many places. */
  readonly #known = new Map<string, Possible>();

  constructor(scene: SceneProgram, writes: Writes, open: boolean) {
    this.#scene = scene;
    this.#writes = writes;
    this.#open = open;
  }

  verdict(condition: Condition): Verdict {
    switch (condition.kind) {
      case "constant":
        return condition.value ? "always" : "never";
      case "all": {
        const verdicts = new Set(condition.of.map((one) => this.verdict(one)));
        if (verdicts.has("never")) return "never";
        return verdicts.has("sometimes") ? "sometimes" : "always";
      }
      case "any": {
        const verdicts = new Set(condition.of.map((one) => this.verdict(one)));
        if (verdicts.has("always")) return "always";
        return verdicts.has("sometimes") ? "sometimes" : "never";
      }
      case "not":
        return opposite(this.verdict(condition.of));
      case "variable":
        return this.#declared(this.#scene.variables, condition.name, () =>
          verdictOf(this.#variable(condition.name), condition.is, this.#operand(condition.to)),
        );
      case "contains":
        return this.#declared(this.#scene.variables, condition.name, () => "sometimes");
      case "flag":
        return this.#declared(this.#scene.flags, condition.name, ({ initial }) => {
          const values = this.#open ? [false, true] : [initial, ...(this.#writes.flags.get(condition.name) ?? [])];
          return verdictOf(valuesOf(values), "is", valuesOf([condition.set]));
        });
      case "counter":
        return this.#declared(this.#scene.counters, condition.name, () =>
          verdictOf(this.#counter(condition.name), condition.is, this.#operand(condition.to)),
        );
      case "item":
        return this.#declared(this.#scene.items, condition.name, () =>
          verdictOf(this.#quantity(condition.name), condition.is, valuesOf([condition.quantity])),
        );
      case "relationship":
        return this.#declared(this.#scene.characters, condition.character, () =>
          verdictOf(this.#axis(condition.character, condition.axis), condition.is, valuesOf([condition.value])),
        );
      case "tier":
        return this.#declared(this.#scene.characters, condition.character, () => {
          const affinity = numbersOf(this.#axis(condition.character, "affinity"));
          const ranks = RelationshipTier.options;
          const rank = (value: number): number => ranks.indexOf(tierOf({ affinity: value, trust: 0, chemistry: 0, tension: 0 }));
          const possible = affinity === undefined ? undefined : rangeOf(rank(affinity.min), rank(affinity.max));
          return verdictOf(possible, condition.is, valuesOf([ranks.indexOf(condition.tier)]));
        });
      case "quest":
        return this.#declared(this.#scene.quests, condition.quest, () =>
          this.#open
            ? "sometimes"
            : verdictOf(valuesOf(["unknown", ...(this.#writes.quests.get(condition.quest) ?? [])]), "is", valuesOf([condition.status])),
        );
      case "time": {
        const still = !this.#open && !this.#writes.time;
        const most = { elapsed: Infinity, day: Infinity, clock: 1439 }[condition.of];
        return verdictOf(rangeOf(0, still ? 0 : most), condition.is, valuesOf([condition.value]));
      }
      case "visits":
        return this.#scene.nodes.has(condition.node)
          ? verdictOf(rangeOf(0, Infinity), condition.is, valuesOf([condition.value]))
          : "sometimes";
      case "chance":
        return condition.percent <= 0 ? "never" : condition.percent >= 100 ? "always" : "sometimes";
    }
  }

  /** Of what is not declared, another problem tells. */
  #declared<T>(declared: ReadonlyMap<string, T>, name: string, judge: (one: T) => Verdict): Verdict {
    const one = declared.get(name);
    return one === undefined ? "sometimes" : judge(one);
  }

  #operand(operand: Operand): Possible {
    switch (operand.from) {
      case "value":
        return valuesOf([operand.value]);
      case "variable":
        return this.#variable(operand.name);
      case "counter":
        return this.#counter(operand.name);
      case "item":
        return this.#quantity(operand.name);
    }
  }

  #once(key: string, work: () => Possible): Possible {
    if (!this.#known.has(key)) this.#known.set(key, work());
    return this.#known.get(key);
  }

  #variable(name: string): Possible {
    return this.#once(`variable ${name}`, () => this.#workedOut(name));
  }

  #workedOut(name: string): Possible {
    const declared = this.#scene.variables.get(name);
    if (declared === undefined) return undefined;
    const { scope, type } = declared;
    const given = this.#scene.body.parameters.some((parameter) => parameter.name === name);
    if (given || (scope === "session" && this.#open)) return within(undefined, type);
    const writes = this.#writes.variables.get(keyIn(this.#scene, name)) ?? [];
    if (writes.length === 0) return valuesOf([type.initial]);
    if (writes.includes("any")) return within(undefined, type);
    const effects = writes as ReadonlyArray<SceneEffect>;
    if (type.kind === "number") {
      return within(
        numbersAfter(
          type.initial,
          effects.map((effect) => {
            if (effect.kind === "setVariable") return { set: constantOf(effect.to) };
            if (effect.kind === "addToVariable") return { by: constantOf(effect.by) };
            return effect.kind === "drawVariable" ? { drawn: [effect.from, Math.max(effect.from, effect.to)] as const } : { by: 0 };
          }),
        ),
        type,
      );
    }
    const constants = effects.map((effect) => (effect.kind === "setVariable" ? constantOf(effect.to) : undefined));
    const all = constants.some((value) => value === undefined)
      ? undefined
      : constants.reduce<Possible>((some, value) => either(some, valuesOf([value!])), valuesOf([type.initial]));
    return within(all, type);
  }

  #counter(name: string): Possible {
    const declared = this.#scene.counters.get(name);
    if (declared === undefined || this.#open) return undefined;
    return this.#once(`counter ${name}`, () =>
      numbersAfter(
        declared.initial,
        (this.#writes.counters.get(name) ?? []).map((effect) =>
          effect.kind === "setCounter"
            ? { set: truncated(constantOf(effect.to)) }
            : { by: effect.kind === "addToCounter" ? constantOf(effect.by) : 0 },
        ),
      ),
    );
  }

  #quantity(name: string): Possible {
    const declared = this.#scene.items.get(name);
    if (declared === undefined) return undefined;
    const writes = this.#writes.items.get(name);
    const min = this.#open || writes?.has("takeItem") === true ? 0 : declared.initial;
    const max = this.#open || writes?.has("giveItem") === true ? Infinity : declared.initial;
    return rangeOf(min, max);
  }

  #axis(character: string, axis: RelationshipAxis): Possible {
    const declared = this.#scene.characters.get(character);
    if (declared === undefined || this.#open) return rangeOf(-100, 100);
    return this.#once(`${axis} ${character}`, () => {
      const writes = (this.#writes.relationships.get(character) ?? []).filter((effect) => effect.axis === axis);
      const possible = numbersOf(
        numbersAfter(
          declared[axis],
          writes.map((effect) => (effect.kind === "setRelationship" ? { set: effect.to } : { by: effect.by })),
        ),
      );
      return possible === undefined ? rangeOf(-100, 100) : rangeOf(Math.max(-100, possible.min), Math.min(100, possible.max));
    });
  }
}

const truncated = (value: SceneValue | undefined): SceneValue | undefined => (typeof value === "number" ? Math.trunc(value) : value);
