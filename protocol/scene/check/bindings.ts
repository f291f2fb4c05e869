// Whether what conditions, effects, calls and texts name is declared, and of the type that is needed. Pure.
import type { Program, SceneProgram } from "../play/program.ts";
import { namesInText } from "../play/text.ts";
import { type Comparator, type Condition, type Operand, type SceneEffect, termsOf } from "../rule.ts";
import type { NodeOf } from "../scene.ts";
import { fitting, kindOf, type SceneValue, type Texts, type ValueType } from "../value.ts";
import type { Tell } from "./problem.ts";

type Kind = ValueType["kind"];
type At = Parameters<Tell>[1];

const words: Readonly<Record<Kind, string>> = {
  boolean: "yes or no",
  number: "a number",
  string: "a text",
  array: "a list",
  object: "an object",
};

/** Tells what is wrong with the rules of one scene. */
export class Bindings {
  readonly #scene: SceneProgram;
  readonly #program: Program;
  readonly #hidden: ReadonlySet<string>;
  readonly #tell: Tell;

  /** `hidden`: scenes that are there and cannot be seen. */
  constructor(scene: SceneProgram, program: Program, hidden: ReadonlySet<string>, tell: Tell) {
    this.#scene = scene;
    this.#program = program;
    this.#hidden = hidden;
    this.#tell = tell;
  }

  #declared<T>(what: string, names: ReadonlyMap<string, T>, name: string, at: At): T | undefined {
    const found = names.get(name);
    if (found === undefined) this.#tell("undeclared", at, `There is no ${what} ${name}.`);
    return found;
  }

  #variable(name: string, at: At): ValueType | undefined {
    return this.#declared("variable", this.#scene.variables, name, at)?.type;
  }

  /** Undefined: it is not declared, which has been told. */
  #kind(operand: Operand, at: At): Kind | undefined {
    switch (operand.from) {
      case "value":
        return kindOf(operand.value);
      case "variable":
        return this.#variable(operand.name, at)?.kind;
      case "counter":
        return this.#declared("counter", this.#scene.counters, operand.name, at) && "number";
      case "item":
        return this.#declared("item", this.#scene.items, operand.name, at) && "number";
    }
  }

  #needs(kind: Kind, operand: Operand, what: string, at: At): void {
    const found = this.#kind(operand, at);
    if (found !== undefined && found !== kind) this.#tell("wrong_type", at, `${what} needs ${words[kind]}, not ${words[found]}.`);
  }

  /** That the operand can be a value of this type. */
  #fits(type: ValueType, operand: Operand, what: string, at: At): void {
    this.#needs(type.kind, operand, what, at);
    if (operand.from === "value" && kindOf(operand.value) === type.kind && fitting(type, operand.value) === undefined) {
      this.#tell("wrong_type", at, `${what} cannot be ${said(operand.value)}.`);
    }
  }

  #comparison(kind: Kind, is: Comparator, operand: Operand, what: string, at: At): void {
    if (is !== "is" && is !== "isNot" && kind !== "number") {
      this.#tell("wrong_type", at, `${what} is ${words[kind]}: it can only be compared by being the same or not.`);
    } else this.#needs(kind, operand, `The comparison with ${what}`, at);
  }

  condition(condition: Condition, at: At): void {
    for (const term of termsOf(condition)) {
      switch (term.kind) {
        case "constant":
        case "chance":
        case "time":
        case "all":
        case "any":
        case "not":
          break;
        case "variable": {
          const type = this.#variable(term.name, at);
          if (type === undefined) break;
          this.#comparison(type.kind, term.is, term.to, term.name, at);
          if (type.kind === "string" && (term.is === "is" || term.is === "isNot")) this.#fits(type, term.to, term.name, at);
          break;
        }
        case "contains": {
          const type = this.#variable(term.name, at);
          const kind = this.#kind(term.value, at);
          if (type !== undefined && type.kind !== "array" && type.kind !== "string") {
            this.#tell("wrong_type", at, `${term.name} is ${words[type.kind]}: only lists and texts contain something.`);
          } else if (type?.kind === "string" && kind !== undefined && kind !== "string") {
            this.#tell("wrong_type", at, `A text contains texts, not ${words[kind]}.`);
          }
          break;
        }
        case "flag":
          this.#declared("flag", this.#scene.flags, term.name, at);
          break;
        case "counter":
          this.#declared("counter", this.#scene.counters, term.name, at);
          this.#needs("number", term.to, `The comparison with ${term.name}`, at);
          break;
        case "item":
          this.#declared("item", this.#scene.items, term.name, at);
          break;
        case "relationship":
        case "tier":
          this.#declared("character", this.#scene.characters, term.character, at);
          break;
        case "quest":
          this.#declared("quest", this.#scene.quests, term.quest, at);
          break;
        case "visits":
          if (!this.#scene.nodes.has(term.node)) this.#tell("unknown_node", at, `There is no node ${term.node}.`);
          break;
      }
    }
  }

  effects(effects: ReadonlyArray<SceneEffect>, at: At): void {
    for (const effect of effects) this.#effect(effect, at);
  }

  #effect(effect: SceneEffect, at: At): void {
    switch (effect.kind) {
      case "setVariable": {
        const type = this.#variable(effect.name, at);
        if (type !== undefined) this.#fits(type, effect.to, effect.name, at);
        break;
      }
      case "addToVariable":
        this.#must("number", effect.name, at);
        this.#needs("number", effect.by, "Adding", at);
        break;
      case "drawVariable":
        this.#must("number", effect.name, at);
        if (effect.from > effect.to) this.#tell("wrong_type", at, `There is no number from ${effect.from} to ${effect.to}.`);
        break;
      case "append": {
        this.#must("array", effect.name, at);
        const kind = this.#kind(effect.value, at);
        if (kind === "array" || kind === "object")
          this.#tell("wrong_type", at, `A list has no ${kind === "array" ? "lists" : "objects"} in it.`);
        break;
      }
      case "setFlag":
        this.#declared("flag", this.#scene.flags, effect.name, at);
        break;
      case "setCounter":
      case "addToCounter":
        this.#declared("counter", this.#scene.counters, effect.name, at);
        this.#needs("number", effect.kind === "setCounter" ? effect.to : effect.by, effect.name, at);
        break;
      case "giveItem":
      case "takeItem":
        this.#declared("item", this.#scene.items, effect.name, at);
        break;
      case "setRelationship":
      case "addToRelationship":
        this.#declared("character", this.#scene.characters, effect.character, at);
        break;
      case "setQuest":
        this.#declared("quest", this.#scene.quests, effect.quest, at);
        break;
      case "advanceObjective": {
        const quest = this.#declared("quest", this.#scene.quests, effect.quest, at);
        if (quest !== undefined && !quest.objectives.some(({ name }) => name === effect.objective)) {
          this.#tell("undeclared", at, `The quest ${effect.quest} has no objective ${effect.objective}.`);
        }
        break;
      }
      case "passTime":
      case "waitUntil":
        break;
    }
  }

  #must(kind: Kind, name: string, at: At): void {
    const type = this.#variable(name, at);
    if (type !== undefined && type.kind !== kind) this.#tell("wrong_type", at, `${name} is ${words[type.kind]}, not ${words[kind]}.`);
  }

  texts(texts: Texts | string, at: At): void {
    for (const text of typeof texts === "string" ? [texts] : Object.values(texts)) {
      for (const [, name = ""] of text.matchAll(namesInText)) {
        if (!this.#scene.variables.has(name))
          this.#tell("unknown_name_in_text", at, `The text names {${name}}, which is no variable of this scene.`);
      }
    }
  }

  score({ id, scoreInto }: NodeOf<"minigame">): void {
    if (scoreInto !== null) this.#must("number", scoreInto, { node: id });
  }

  call(node: NodeOf<"scene_call">): void {
    const at = { node: node.id };
    if (node.scene === null) return this.#tell("no_scene", at, "It calls no scene yet.");
    const callee = this.#program.scenes.get(node.scene);
    if (callee === undefined && this.#hidden.has(node.scene)) {
      return this.#tell(
        "hidden_scene",
        at,
        "The scene that it calls is not shared with you: what it takes and returns, what it changes and how it ends are not checked.",
      );
    }
    if (callee === undefined) return this.#tell("unknown_scene", at, `There is no scene ${node.scene}.`);
    const { parameters } = callee.body;
    const given = new Set(node.arguments.map(({ parameter }) => parameter));
    for (const { name, required } of parameters) {
      if (required && !given.has(name)) this.#tell("missing_argument", at, `${callee.title} needs the parameter ${name}.`);
    }
    for (const { parameter, value } of node.arguments) {
      const declared = parameters.find(({ name }) => name === parameter);
      if (declared === undefined) this.#tell("unknown_parameter", at, `${callee.title} has no parameter ${parameter}.`);
      else this.#fits(declared.type, value, `The parameter ${parameter}`, at);
    }
    for (const { point, value, into } of node.captures) {
      const declared = callee.points.get(point)?.values.find(({ name }) => name === value);
      if (declared === undefined) {
        this.#tell("unknown_point", at, `${callee.title} returns no ${value} by ${point}.`);
        continue;
      }
      this.#must(declared.type.kind, into, at);
    }
  }

  returns(node: NodeOf<"return">): void {
    const at = { node: node.id };
    const point = this.#scene.points.get(node.point);
    if (point === undefined) return this.#tell("unknown_point", at, `The scene has no return point ${node.point}.`);
    const given = new Map(node.values.map(({ name, value }) => [name, value]));
    for (const { name, type } of point.values) {
      const value = given.get(name);
      if (value === undefined) this.#tell("missing_value", at, `Nothing is returned as ${name}: it will be ${said(type.initial)}.`);
      else this.#fits(type, value, `What is returned as ${name}`, at);
    }
    for (const name of given.keys()) {
      if (!point.values.some((value) => value.name === name))
        this.#tell("unknown_point", at, `The return point ${node.point} has no value ${name}.`);
    }
  }
}

const said = (value: SceneValue): string => {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};
