// What a new condition, effect or value is before somebody says more, and what the kinds are called. Pure.
import type { Condition, Operand, SceneEffect, Term } from "#protocol/scene/rule.ts";
import type { SceneHead } from "#protocol/scene/scene.ts";

/** Names that rules may speak of. */
export interface Known {
  readonly head: SceneHead;
  readonly nodes: ReadonlyArray<{ readonly id: string; readonly name: string }>;
}

export const variablesOf = ({ variables, parameters }: SceneHead) => [...parameters, ...variables];

export const termTitles: Readonly<Record<Term["kind"], string>> = {
  flag: "A flag",
  variable: "A variable",
  contains: "A list or text has",
  counter: "A counter",
  item: "An item",
  relationship: "A relationship",
  tier: "A relationship's tier",
  quest: "A quest",
  visits: "Visits of a node",
  time: "World time",
  chance: "Chance",
  constant: "Always or never",
};

export const effectTitles: Readonly<Record<SceneEffect["kind"], string>> = {
  setFlag: "Set a flag",
  setVariable: "Set a variable",
  addToVariable: "Add to a variable",
  drawVariable: "Draw a number",
  append: "Append to a list",
  setCounter: "Set a counter",
  addToCounter: "Add to a counter",
  giveItem: "Give an item",
  takeItem: "Take an item",
  setRelationship: "Set a relationship",
  addToRelationship: "Change a relationship",
  setQuest: "Set a quest",
  advanceObjective: "Advance an objective",
  passTime: "Let time pass",
  waitUntil: "Wait until",
};

const first = (list: ReadonlyArray<{ readonly name: string }>): string => list[0]?.name ?? "name";
const one: Operand = { from: "value", value: 1 };

/** A value as one of the kind of this variable begins. */
const valueFor = (head: SceneHead, name: string): Operand => {
  const type = variablesOf(head).find((variable) => variable.name === name)?.type;
  return { from: "value", value: type?.initial ?? 1 };
};

export const newTerm = (kind: Term["kind"], { head, nodes }: Known): Condition => {
  const variable = first(variablesOf(head));
  switch (kind) {
    case "constant":
      return { kind, value: true };
    case "variable":
      return { kind, name: variable, is: "is", to: valueFor(head, variable) };
    case "contains":
      return { kind, name: variable, value: { from: "value", value: "" } };
    case "flag":
      return { kind, name: first(head.flags), set: true };
    case "counter":
      return { kind, name: first(head.counters), is: "atLeast", to: one };
    case "item":
      return { kind, name: first(head.items), is: "atLeast", quantity: 1 };
    case "relationship":
      return { kind, character: first(head.characters), axis: "affinity", is: "atLeast", value: 10 };
    case "tier":
      return { kind, character: first(head.characters), is: "atLeast", tier: "friend" };
    case "quest":
      return { kind, quest: first(head.quests), status: "active" };
    case "time":
      return { kind, of: "elapsed", is: "atLeast", value: 60 };
    case "visits":
      return { kind, node: nodes[0]?.id ?? "node", is: "atLeast", value: 1 };
    case "chance":
      return { kind, percent: 50 };
  }
};

export const newEffect = (kind: SceneEffect["kind"], { head }: Known): SceneEffect => {
  const variable = first(variablesOf(head));
  const quest = head.quests[0];
  switch (kind) {
    case "setVariable":
      return { kind, name: variable, to: valueFor(head, variable) };
    case "addToVariable":
      return { kind, name: variable, by: one };
    case "drawVariable":
      return { kind, name: variable, from: 1, to: 6 };
    case "append":
      return { kind, name: variable, value: { from: "value", value: "" } };
    case "setFlag":
      return { kind, name: first(head.flags), set: true };
    case "setCounter":
      return { kind, name: first(head.counters), to: { from: "value", value: 0 } };
    case "addToCounter":
      return { kind, name: first(head.counters), by: one };
    case "giveItem":
    case "takeItem":
      return { kind, name: first(head.items), quantity: 1 };
    case "setRelationship":
      return { kind, character: first(head.characters), axis: "affinity", to: 0 };
    case "addToRelationship":
      return { kind, character: first(head.characters), axis: "affinity", by: 5 };
    case "setQuest":
      return { kind, quest: quest?.name ?? "name", status: "active" };
    case "advanceObjective":
      return { kind, quest: quest?.name ?? "name", objective: quest?.objectives[0]?.name ?? "name", by: 1 };
    case "passTime":
      return { kind, minutes: 30 };
    case "waitUntil":
      return { kind, clock: 480 };
  }
};
