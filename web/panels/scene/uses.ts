// How often something that a scene declares is spoken of in its rules, bindings and texts. Pure.
import { namesInText } from "#protocol/scene/play/text.ts";
import type { SceneBody } from "#protocol/scene/scene.ts";

export type UsedKind = "variable" | "flag" | "counter" | "item" | "character" | "quest" | "point";

/** Of what a rule with this `kind` speaks by its `name`. */
const byKind: Readonly<Record<string, UsedKind>> = {
  variable: "variable",
  contains: "variable",
  setVariable: "variable",
  addToVariable: "variable",
  drawVariable: "variable",
  append: "variable",
  flag: "flag",
  setFlag: "flag",
  counter: "counter",
  setCounter: "counter",
  addToCounter: "counter",
  item: "item",
  giveItem: "item",
  takeItem: "item",
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;

/** Rules are data of one make: whatever they stand in, what they speak of is found by the same few properties. */
const countIn = (value: unknown, kind: UsedKind, name: string): number => {
  if (typeof value === "string") {
    return kind === "variable" ? [...value.matchAll(namesInText)].filter(([, found]) => found === name).length : 0;
  }
  if (!isRecord(value)) return 0;
  const told = value["kind"] ?? value["from"];
  const own =
    (kind === "character" && value["character"] === name) ||
    (kind === "quest" && value["quest"] === name) ||
    (kind === "point" && value["type"] === "return" && value["point"] === name) ||
    (kind === "variable" && (value["into"] === name || value["scoreInto"] === name)) ||
    (value["name"] === name && typeof told === "string" && byKind[told] === kind);
  return Object.values(value).reduce((sum: number, part) => sum + countIn(part, kind, name), own ? 1 : 0);
};

export const uses = ({ nodes, edges, achievements }: SceneBody, kind: UsedKind, name: string): number =>
  countIn([nodes, edges, achievements.map(({ when }) => when)], kind, name);
