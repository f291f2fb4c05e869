// Names, texts and typed values of scenes. Pure.
import * as z from "zod";
import { sceneLimits } from "./limits.ts";

/** What every object answers to already: as a name it would find that. */
const reserved: ReadonlySet<string> = new Set([...Object.getOwnPropertyNames(Object.prototype), "prototype"]);

/** Of variables, flags, items and the like: letters, digits and `_`. */
export const Name = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
  .max(sceneLimits.name)
  .refine((name) => !reserved.has(name), "This name is reserved.");

/** A language by its code, also with a region: `en`, `pt-BR`. */
export const Language = z.string().regex(/^[a-z]{2,3}(?:-[A-Z]{2})?$/);

/** What players read, by language. `{name}` stands for the value of a variable. Plain text, never markup. */
export const Texts = z
  .record(Language, z.string().max(sceneLimits.text))
  .refine((texts) => Object.keys(texts).length <= sceneLimits.languages, `At most ${sceneLimits.languages} languages.`);
export type Texts = z.infer<typeof Texts>;

/** So far from 0 that sums of a few thousand are still exact. */
const largest = 1e12;
const Amount = z.number().min(-largest).max(largest);
const Words = z.string().max(sceneLimits.string);

export const Scalar = z.union([z.boolean(), Amount, Words]);
export type Scalar = z.infer<typeof Scalar>;

const List = z.array(Scalar).max(sceneLimits.entries);
const Fields = z
  .record(Name, Scalar)
  .refine((fields) => Object.keys(fields).length <= sceneLimits.entries, `At most ${sceneLimits.entries} fields.`);

export const SceneValue = z.union([Scalar, List, Fields]);
export type SceneValue = z.infer<typeof SceneValue>;

const AnyType = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("boolean"), initial: z.boolean().default(false) }),
  z.object({
    kind: z.literal("number"),
    initial: Amount.default(0),
    /** Smaller and greater numbers become these. */
    min: Amount.default(-largest),
    max: Amount.default(largest),
    /** What stands behind the point is cut off. */
    integer: z.boolean().default(false),
  }),
  z.object({
    kind: z.literal("string"),
    initial: Words.default(""),
    /** Null: any text. */
    values: z.array(Words).min(1).max(sceneLimits.entries).nullable().default(null),
  }),
  z.object({ kind: z.literal("array"), initial: List.default([]) }),
  z.object({ kind: z.literal("object"), initial: Fields.default({}) }),
]);
export type ValueType = z.infer<typeof AnyType>;

/** A type with the value that something of it begins with. */
export const ValueType = AnyType.refine(
  (type) => {
    const value = fitting(type, type.initial);
    return value !== undefined && sameValue(value, type.initial);
  },
  { message: "The initial value is not one of this type.", path: ["initial"] },
);

export const kindOf = (value: SceneValue): ValueType["kind"] => {
  if (typeof value === "object") return Array.isArray(value) ? "array" : "object";
  return typeof value as "boolean" | "number" | "string";
};

/** The value as one of the type, numbers within its bounds; undefined where it cannot be one. */
export const fitting = (type: ValueType, value: SceneValue): SceneValue | undefined => {
  switch (type.kind) {
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "number": {
      if (typeof value !== "number" || Number.isNaN(value)) return undefined;
      const within = Math.min(Math.max(value, type.min), type.max);
      // `+ 0`: JSON knows no -0.
      return (type.integer ? Math.trunc(within) : within) + 0;
    }
    case "string":
      if (typeof value !== "string") return undefined;
      return type.values === null || type.values.includes(value) ? value.slice(0, sceneLimits.string) : undefined;
    case "array":
      return Array.isArray(value) ? value.slice(0, sceneLimits.entries) : undefined;
    case "object":
      return typeof value === "object" && !Array.isArray(value) ? value : undefined;
  }
};

export const sameValue = (a: SceneValue, b: SceneValue): boolean => {
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  const [some, others] = [Object.entries(a), Object.entries(b)];
  const known = new Map(others);
  return (
    Array.isArray(a) === Array.isArray(b) &&
    some.length === others.length &&
    some.every(([key, value]) => known.has(key) && known.get(key) === value)
  );
};
