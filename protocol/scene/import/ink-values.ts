// What is known of the values on the evaluation stack of an ink story, and what becomes of them: words, conditions and effects of a scene, as
// far as those can say it. Pure.
import { type Comparator, Condition, type Operand, type SceneEffect } from "../rule.ts";
import type { Scalar } from "../value.ts";
import type { SceneBuilder } from "./builder.ts";

export type Known =
  | { readonly kind: "value"; readonly value: Scalar }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "sum"; readonly name: string; readonly by: number }
  | { readonly kind: "visits"; readonly node: string }
  | { readonly kind: "condition"; readonly condition: Condition }
  | { readonly kind: "unknown" };

export const unknown: Known = { kind: "unknown" };
const comparators: Readonly<Record<string, readonly [Comparator, turned: Comparator]>> = {
  "==": ["is", "is"],
  "!=": ["isNot", "isNot"],
  "<": ["below", "above"],
  ">": ["above", "below"],
  "<=": ["atMost", "atLeast"],
  ">=": ["atLeast", "atMost"],
};
export const binary: ReadonlySet<string> = new Set([
  "+",
  "-",
  "*",
  "/",
  "%",
  "&&",
  "||",
  "MIN",
  "MAX",
  "POW",
  "?",
  "!?",
  "L^",
  "has",
  "hasnt",
  ...Object.keys(comparators),
]);
export const unary: ReadonlySet<string> = new Set(["!", "~", "_", "FLOOR", "CEILING", "INT", "FLOAT"]);

/** In a text. */
export const saidOf = (builder: SceneBuilder, known: Known): string => {
  switch (known.kind) {
    case "value":
      return String(known.value);
    case "variable":
      return builder.knows(known.name) ? `{${builder.variable(known.name, 0)}}` : "";
    case "sum":
    case "visits":
    case "condition":
    case "unknown":
      builder.note("What is worked out within a text was left out.");
      return "";
  }
};

/** Undefined: it is more than can be set. */
export const assignedTo = (builder: SceneBuilder, name: string, known: Known): ReadonlyArray<SceneEffect> | undefined => {
  switch (known.kind) {
    case "value": {
      const empty = typeof known.value === "number" ? 0 : typeof known.value === "boolean" ? false : "";
      return [{ kind: "setVariable", name: builder.variable(name, empty), to: { from: "value", value: known.value } }];
    }
    case "variable":
    case "sum": {
      const own = builder.variable(name, builder.initialOf(known.name) ?? 0);
      const other = builder.variable(known.name, 0);
      const set: SceneEffect = { kind: "setVariable", name: own, to: { from: "variable", name: other } };
      const add: ReadonlyArray<SceneEffect> =
        known.kind === "sum" ? [{ kind: "addToVariable", name: own, by: { from: "value", value: known.by } }] : [];
      return own === other ? add : [set, ...add];
    }
    case "visits":
    case "condition":
    case "unknown":
      return undefined;
  }
};

const operandOf = (builder: SceneBuilder, known: Known): Operand | undefined => {
  if (known.kind === "value") return { from: "value", value: known.value };
  return known.kind === "variable" ? { from: "variable", name: builder.variable(known.name, 0) } : undefined;
};

/** What counts as true: all but 0. Null: it cannot be said. */
export const conditionOf = (builder: SceneBuilder, known: Known): Condition | null => {
  switch (known.kind) {
    case "condition":
      return known.condition;
    case "value":
      return { kind: "constant", value: known.value !== 0 && known.value !== false };
    case "visits":
      return { kind: "visits", node: known.node, is: "above", value: 0 };
    case "variable": {
      const truth = typeof builder.initialOf(known.name) === "boolean";
      const name = builder.variable(known.name, 0);
      return truth
        ? { kind: "variable", name, is: "is", to: { from: "value", value: true } }
        : { kind: "variable", name, is: "isNot", to: { from: "value", value: 0 } };
    }
    case "sum":
    case "unknown":
      return null;
  }
};

/** After a command that takes one value. */
export const turned = (builder: SceneBuilder, command: string, known: Known): Known => {
  if (command === "!") {
    const condition = conditionOf(builder, known);
    return condition === null ? unknown : bounded({ kind: "not", of: condition });
  }
  if (known.kind !== "value" || typeof known.value !== "number") return unknown;
  if (command === "_" || command === "~") return { kind: "value", value: 0 - known.value };
  return command === "INT" || command === "FLOOR" ? { kind: "value", value: Math.floor(known.value) } : known;
};

/** After a command that takes two values. */
export const combined = (builder: SceneBuilder, command: string, a: Known, b: Known): Known => {
  const comparator = Object.hasOwn(comparators, command) ? comparators[command] : undefined;
  if (comparator !== undefined) {
    const [straight, around] = comparator;
    return compared(builder, a, straight, b) ?? compared(builder, b, around, a) ?? unknown;
  }
  if (command === "&&" || command === "||") {
    const [one, other] = [conditionOf(builder, a), conditionOf(builder, b)];
    return one === null || other === null ? unknown : bounded({ kind: command === "&&" ? "all" : "any", of: [one, other] });
  }
  if ((command === "+" || command === "-") && b.kind === "value" && typeof b.value === "number") {
    const by = command === "+" ? b.value : 0 - b.value;
    if (a.kind === "variable") return { kind: "sum", name: a.name, by };
    if (a.kind === "value" && typeof a.value === "number") return { kind: "value", value: a.value + by };
  }
  return unknown;
};

const compared = (builder: SceneBuilder, a: Known, is: Comparator, b: Known): Known | undefined => {
  if (a.kind === "visits" && b.kind === "value" && typeof b.value === "number") {
    return { kind: "condition", condition: { kind: "visits", node: a.node, is, value: Math.trunc(b.value) } };
  }
  const to = operandOf(builder, b);
  if (a.kind !== "variable" || to === undefined) return undefined;
  return { kind: "condition", condition: { kind: "variable", name: builder.variable(a.name, 0), is, to } };
};

/** What is longer or deeper than a condition may be is as good as unknown. */
const bounded = (condition: Condition): Known => (Condition.safeParse(condition).success ? { kind: "condition", condition } : unknown);
