// Conditions and effects: declared data that one evaluator reads. Nothing in them is code. Pure.
import * as z from "zod";
import { Id } from "../values.ts";
import { sceneLimits } from "./limits.ts";
import { Name, SceneValue } from "./value.ts";

export const RelationshipAxis = z.enum(["affinity", "trust", "chemistry", "tension"]);
export type RelationshipAxis = z.infer<typeof RelationshipAxis>;
/** In rising order. */
export const RelationshipTier = z.enum(["stranger", "acquaintance", "friend", "closeFriend", "partner"]);
export type RelationshipTier = z.infer<typeof RelationshipTier>;
export const QuestStatus = z.enum(["unknown", "active", "completed", "failed"]);
export type QuestStatus = z.infer<typeof QuestStatus>;

/** Where a value comes from when it is asked for. */
export const Operand = z.discriminatedUnion("from", [
  z.object({ from: z.literal("value"), value: SceneValue }),
  z.object({ from: z.literal("variable"), name: Name }),
  z.object({ from: z.literal("counter"), name: Name }),
  z.object({ from: z.literal("item"), name: Name }),
]);
export type Operand = z.infer<typeof Operand>;

export const Comparator = z.enum(["is", "isNot", "below", "atMost", "atLeast", "above"]);
export type Comparator = z.infer<typeof Comparator>;

const Whole = z.int().min(-1_000_000_000).max(1_000_000_000);
const Axis = z.int().min(-100).max(100);

/** What stands alone in a condition. */
const Term = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("constant"), value: z.boolean() }),
  z.object({ kind: z.literal("variable"), name: Name, is: Comparator, to: Operand }),
  /** Whether a list has this entry, or a text these words in it. */
  z.object({ kind: z.literal("contains"), name: Name, value: Operand }),
  z.object({ kind: z.literal("flag"), name: Name, set: z.boolean() }),
  z.object({ kind: z.literal("counter"), name: Name, is: Comparator, to: Operand }),
  /** How many of an item the player has. */
  z.object({ kind: z.literal("item"), name: Name, is: Comparator, quantity: Whole }),
  z.object({ kind: z.literal("relationship"), character: Name, axis: RelationshipAxis, is: Comparator, value: Axis }),
  z.object({ kind: z.literal("tier"), character: Name, is: Comparator, tier: RelationshipTier }),
  z.object({ kind: z.literal("quest"), quest: Name, status: QuestStatus }),
  /** World time: minutes since the beginning, days since it, or minutes since midnight. */
  z.object({ kind: z.literal("time"), of: z.enum(["elapsed", "day", "clock"]), is: Comparator, value: Whole }),
  /** How often a node of this scene was come to. */
  z.object({ kind: z.literal("visits"), node: Id, is: Comparator, value: Whole }),
  /** Drawn each time that it is asked. */
  z.object({ kind: z.literal("chance"), percent: z.number().min(0).max(100) }),
]);
export type Term = z.infer<typeof Term>;

type Compound<T> = T | { kind: "all"; of: Array<Compound<T>> } | { kind: "any"; of: Array<Compound<T>> } | { kind: "not"; of: Compound<T> };
export type Condition = Compound<Term>;

const Terms: z.ZodType<Condition> = z.lazy(() => AnyCondition);
const Parts = z.array(Terms).max(sceneLimits.conditionTerms);
const AnyCondition: z.ZodType<Condition> = z.discriminatedUnion("kind", [
  Term,
  z.object({ kind: z.literal("all"), of: Parts }),
  z.object({ kind: z.literal("any"), of: Parts }),
  z.object({ kind: z.literal("not"), of: Terms }),
]);

const partsOf = (condition: Condition): ReadonlyArray<Condition> => {
  switch (condition.kind) {
    case "all":
    case "any":
      return condition.of;
    case "not":
      return [condition.of];
    case "constant":
    case "variable":
    case "contains":
    case "flag":
    case "counter":
    case "item":
    case "relationship":
    case "tier":
    case "quest":
    case "time":
    case "visits":
    case "chance":
      return [];
  }
};

/** Every condition in it, itself first. */
export const termsOf = (condition: Condition): ReadonlyArray<Condition> => [condition, ...partsOf(condition).flatMap(termsOf)];

const depthOf = (condition: Condition): number => 1 + Math.max(0, ...partsOf(condition).map(depthOf));

/** `all` of nothing holds, `any` of nothing does not. */
export const Condition = AnyCondition.refine((condition) => depthOf(condition) <= sceneLimits.conditionDepth, {
  message: `A condition nests at most ${sceneLimits.conditionDepth} deep.`,
}).refine((condition) => termsOf(condition).length <= sceneLimits.conditionTerms, {
  message: `A condition has at most ${sceneLimits.conditionTerms} terms.`,
});

/** What is done to something that is not declared, or with a value that does not fit, is not done. */
export const SceneEffect = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("setVariable"), name: Name, to: Operand }),
  z.object({ kind: z.literal("addToVariable"), name: Name, by: Operand }),
  /** A whole number, both ends included. */
  z.object({ kind: z.literal("drawVariable"), name: Name, from: Whole, to: Whole }),
  /** At the end of a list. */
  z.object({ kind: z.literal("append"), name: Name, value: Operand }),
  z.object({ kind: z.literal("setFlag"), name: Name, set: z.boolean() }),
  z.object({ kind: z.literal("setCounter"), name: Name, to: Operand }),
  z.object({ kind: z.literal("addToCounter"), name: Name, by: Operand }),
  z.object({ kind: z.literal("giveItem"), name: Name, quantity: Whole.min(1) }),
  /** As many as there are, at most. */
  z.object({ kind: z.literal("takeItem"), name: Name, quantity: Whole.min(1) }),
  z.object({ kind: z.literal("setRelationship"), character: Name, axis: RelationshipAxis, to: Axis }),
  z.object({ kind: z.literal("addToRelationship"), character: Name, axis: RelationshipAxis, by: z.int().min(-200).max(200) }),
  z.object({ kind: z.literal("setQuest"), quest: Name, status: QuestStatus }),
  /** Of an active quest, which is completed when all objectives are that are not optional. */
  z.object({ kind: z.literal("advanceObjective"), quest: Name, objective: Name, by: Whole }),
  z.object({ kind: z.literal("passTime"), minutes: z.int().min(0).max(10_000_000) }),
  /** Until the clock says this the next time: minutes since midnight. */
  z.object({ kind: z.literal("waitUntil"), clock: z.int().min(0).max(1439) }),
]);
export type SceneEffect = z.infer<typeof SceneEffect>;
export const SceneEffects = z.array(SceneEffect).max(sceneLimits.effects);
