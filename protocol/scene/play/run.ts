// One step under way: a state that is copied where it is written, with conditions, effects and chance. Touches only what the running
// scene declares. Pure.
import { drawn } from "../../random.ts";
import { sceneLimits } from "../limits.ts";
import type { Comparator, Condition, Operand, QuestStatus, RelationshipAxis, RelationshipTier, SceneEffect } from "../rule.ts";
import { fitting, sameValue, type SceneValue } from "../value.ts";
import type { Program, SceneProgram } from "./program.ts";
import type { Frame, PlayOutput, PlayState, QuestState, RefusalCode, Relationship } from "./state.ts";
import { interpolated } from "./text.ts";

/** Ends a step that would not end by itself. */
export class PlayFault {
  readonly code: RefusalCode;
  readonly message: string;
  constructor(code: RefusalCode, message: string) {
    this.code = code;
    this.message = message;
  }
}

const largestCount = 1_000_000_000;
const clamped = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), max) + 0;
const count = (value: number): number => Math.trunc(clamped(value, -largestCount, largestCount)) + 0;

const tiers: ReadonlyArray<readonly [least: number, tier: RelationshipTier]> = [
  [80, "partner"],
  [60, "closeFriend"],
  [30, "friend"],
  [10, "acquaintance"],
];
const rankOf: Readonly<Record<RelationshipTier, number>> = { stranger: 0, acquaintance: 1, friend: 2, closeFriend: 3, partner: 4 };

/** How close somebody is, by the affinity. */
export const tierOf = ({ affinity }: Relationship): RelationshipTier => tiers.find(([least]) => affinity >= least)?.[1] ?? "stranger";

/** Numbers have an order; of everything else it can only be said whether it is the same. */
export const compared = (a: SceneValue, is: Comparator, b: SceneValue): boolean => {
  switch (is) {
    case "is":
      return sameValue(a, b);
    case "isNot":
      return !sameValue(a, b);
    case "below":
      return typeof a === "number" && typeof b === "number" && a < b;
    case "atMost":
      return typeof a === "number" && typeof b === "number" && a <= b;
    case "atLeast":
      return typeof a === "number" && typeof b === "number" && a >= b;
    case "above":
      return typeof a === "number" && typeof b === "number" && a > b;
  }
};

const minutesOfDay = 1440;

type Part = "variables" | "flags" | "counters" | "items" | "relationships" | "quests" | "visits" | "taken" | "generated";

export class Run {
  readonly program: Program;
  readonly outputs: Array<PlayOutput> = [];
  #state: PlayState;
  readonly #copied = new Set<Part>();

  constructor(program: Program, state: PlayState) {
    this.program = program;
    this.#state = state;
  }

  get state(): PlayState {
    return this.#state;
  }

  change(to: Partial<PlayState>): void {
    this.#state = { ...this.#state, ...to };
  }

  tell(output: PlayOutput): void {
    this.outputs.push(output);
  }

  put<P extends Part>(part: P, key: string, value: PlayState[P][string]): void {
    if (!this.#copied.has(part)) {
      this.change({ [part]: { ...this.#state[part] } });
      this.#copied.add(part);
    }
    (this.#state[part] as Record<string, PlayState[P][string]>)[key] = value;
  }

  get frame(): Frame {
    return this.#state.frames.at(-1)!;
  }

  setFrame(frame: Frame): void {
    this.change({ frames: [...this.#state.frames.slice(0, -1), frame] });
  }

  get scene(): SceneProgram {
    return this.program.scenes.get(this.frame.scene)!;
  }

  /** 0 to 1, without 1. */
  draw(): number {
    const next = drawn(this.#state.random);
    this.change({ random: next.state });
    return next.share;
  }

  // ── What there is ──

  readonly variable = (name: string): SceneValue | undefined => {
    const declared = this.scene.variables.get(name);
    if (declared === undefined) return undefined;
    const kept: Readonly<Record<string, SceneValue>> = declared.scope === "scene" ? this.frame.locals : this.#state.variables;
    // Another scene may have declared it otherwise.
    return (Object.hasOwn(kept, name) ? fitting(declared.type, kept[name]!) : undefined) ?? declared.type.initial;
  };

  #own<P extends Part>(part: P, name: string): PlayState[P][string] | undefined {
    const kept: Readonly<Record<string, PlayState[P][string]>> = this.#state[part] as Readonly<Record<string, PlayState[P][string]>>;
    return Object.hasOwn(kept, name) ? kept[name] : undefined;
  }

  #counter(name: string): number | undefined {
    const declared = this.scene.counters.get(name);
    return declared === undefined ? undefined : (this.#own("counters", name) ?? declared.initial);
  }

  #quantity(name: string): number | undefined {
    const declared = this.scene.items.get(name);
    return declared === undefined ? undefined : (this.#own("items", name) ?? declared.initial);
  }

  relationship(name: string): Relationship | undefined {
    const declared = this.scene.characters.get(name);
    if (declared === undefined) return undefined;
    const { affinity, trust, chemistry, tension } = declared;
    return this.#own("relationships", name) ?? { affinity, trust, chemistry, tension };
  }

  quest(name: string): QuestState | undefined {
    const declared = this.scene.quests.get(name);
    return declared === undefined ? undefined : (this.#own("quests", name) ?? { status: "unknown", objectives: {} });
  }

  visits(node: string): number {
    return this.#own("visits", `${this.scene.id}/${node}`) ?? 0;
  }

  taken(edge: string): number {
    return this.#own("taken", `${this.scene.id}/${edge}`) ?? 0;
  }

  generated(key: string): string | undefined {
    return this.#own("generated", key);
  }

  value(operand: Operand): SceneValue | undefined {
    switch (operand.from) {
      case "value":
        return operand.value;
      case "variable":
        return this.variable(operand.name);
      case "counter":
        return this.#counter(operand.name);
      case "item":
        return this.#quantity(operand.name);
    }
  }

  text(text: string): string {
    return interpolated(text, this.variable);
  }

  // ── Conditions ──

  holds(condition: Condition): boolean {
    switch (condition.kind) {
      case "constant":
        return condition.value;
      case "all":
        return condition.of.every((one) => this.holds(one));
      case "any":
        return condition.of.some((one) => this.holds(one));
      case "not":
        return !this.holds(condition.of);
      case "variable":
        return this.#compares(this.variable(condition.name), condition.is, this.value(condition.to));
      case "contains": {
        const [value, part] = [this.variable(condition.name), this.value(condition.value)];
        if (Array.isArray(value)) return value.some((one) => one === part);
        return typeof value === "string" && typeof part === "string" && value.includes(part);
      }
      case "flag": {
        const declared = this.scene.flags.get(condition.name);
        return declared !== undefined && (this.#own("flags", condition.name) ?? declared.initial) === condition.set;
      }
      case "counter":
        return this.#compares(this.#counter(condition.name), condition.is, this.value(condition.to));
      case "item":
        return this.#compares(this.#quantity(condition.name), condition.is, condition.quantity);
      case "relationship":
        return this.#compares(this.relationship(condition.character)?.[condition.axis], condition.is, condition.value);
      case "tier": {
        const relationship = this.relationship(condition.character);
        return relationship !== undefined && compared(rankOf[tierOf(relationship)], condition.is, rankOf[condition.tier]);
      }
      case "quest":
        return this.quest(condition.quest)?.status === condition.status;
      case "time": {
        const { minutes } = this.#state;
        const day = Math.floor(minutes / minutesOfDay);
        const value = { elapsed: minutes, day, clock: minutes - day * minutesOfDay }[condition.of];
        return compared(value, condition.is, condition.value);
      }
      case "visits":
        return compared(this.visits(condition.node), condition.is, condition.value);
      case "chance":
        return this.draw() * 100 < condition.percent;
    }
  }

  #compares(a: SceneValue | undefined, is: Comparator, b: SceneValue | undefined): boolean {
    return a !== undefined && b !== undefined && compared(a, is, b);
  }

  // ── Effects ──

  setVariable(name: string, value: SceneValue | undefined): void {
    const declared = this.scene.variables.get(name);
    if (declared === undefined || value === undefined) return;
    const fits = fitting(declared.type, value);
    if (fits === undefined) return;
    if (declared.scope === "session") this.put("variables", name, fits);
    else this.setFrame({ ...this.frame, locals: { ...this.frame.locals, [name]: fits } });
  }

  apply(effects: ReadonlyArray<SceneEffect>): void {
    for (const effect of effects) this.#applyOne(effect);
  }

  #applyOne(effect: SceneEffect): void {
    switch (effect.kind) {
      case "setVariable":
        return this.setVariable(effect.name, this.value(effect.to));
      case "addToVariable": {
        const [value, by] = [this.variable(effect.name), this.value(effect.by)];
        if (typeof value === "number" && typeof by === "number") this.setVariable(effect.name, value + by);
        return;
      }
      case "drawVariable": {
        // Drawn also where it is not declared: chance goes on the same.
        const share = this.draw();
        return this.setVariable(effect.name, effect.from + Math.floor(share * (Math.max(effect.to, effect.from) - effect.from + 1)));
      }
      case "append": {
        const [list, value] = [this.variable(effect.name), this.value(effect.value)];
        if (Array.isArray(list) && list.length < sceneLimits.entries && value !== undefined && typeof value !== "object") {
          this.setVariable(effect.name, [...list, value]);
        }
        return;
      }
      case "setFlag":
        if (this.scene.flags.has(effect.name)) this.put("flags", effect.name, effect.set);
        return;
      case "setCounter":
        return this.#setCounter(effect.name, this.value(effect.to));
      case "addToCounter": {
        const [value, by] = [this.#counter(effect.name), this.value(effect.by)];
        return this.#setCounter(effect.name, value === undefined || typeof by !== "number" ? undefined : value + by);
      }
      case "giveItem":
      case "takeItem": {
        const quantity = this.#quantity(effect.name);
        const by = effect.kind === "giveItem" ? effect.quantity : -effect.quantity;
        if (quantity !== undefined) this.put("items", effect.name, clamped(quantity + by, 0, largestCount));
        return;
      }
      case "setRelationship":
        return this.#setAxis(effect.character, effect.axis, () => effect.to);
      case "addToRelationship":
        return this.#setAxis(effect.character, effect.axis, (value) => value + effect.by);
      case "setQuest":
        return this.#setQuest(effect.quest, effect.status, {});
      case "advanceObjective": {
        const [declared, quest] = [this.scene.quests.get(effect.quest), this.quest(effect.quest)];
        const objective = declared?.objectives.find(({ name }) => name === effect.objective);
        if (declared === undefined || quest?.status !== "active" || objective === undefined) return;
        const progress = (name: string): number => (Object.hasOwn(quest.objectives, name) ? quest.objectives[name]! : 0);
        const objectives = { ...quest.objectives, [objective.name]: clamped(progress(objective.name) + effect.by, 0, objective.target) };
        const needed = declared.objectives.filter(({ optional }) => !optional);
        const done =
          needed.length > 0 && needed.every(({ name, target }) => Object.hasOwn(objectives, name) && objectives[name]! >= target);
        return this.#setQuest(effect.quest, done ? "completed" : "active", objectives);
      }
      case "passTime":
        return this.change({ minutes: count(this.#state.minutes + effect.minutes) });
      case "waitUntil": {
        const now = this.#state.minutes % minutesOfDay;
        const wait = effect.clock > now ? effect.clock - now : effect.clock - now + minutesOfDay;
        return this.change({ minutes: count(this.#state.minutes + wait) });
      }
    }
  }

  #setCounter(name: string, value: SceneValue | undefined): void {
    if (this.scene.counters.has(name) && typeof value === "number") this.put("counters", name, count(value));
  }

  #setAxis(character: string, axis: RelationshipAxis, to: (value: number) => number): void {
    const before = this.relationship(character);
    if (before === undefined) return;
    const after = { ...before, [axis]: clamped(to(before[axis]), -100, 100) };
    this.put("relationships", character, after);
    if (tierOf(before) !== tierOf(after)) this.tell({ type: "tier", character, tier: tierOf(after) });
  }

  #setQuest(quest: string, status: QuestStatus, objectives: Readonly<Record<string, number>>): void {
    const before = this.quest(quest);
    if (before === undefined) return;
    this.put("quests", quest, { status, objectives: { ...before.objectives, ...objectives } });
    if (before.status !== status) this.tell({ type: "quest", quest, status });
  }
}
