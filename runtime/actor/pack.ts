// JSON as small as it gets in memory: of values that are alike, such as the states of many actors of a kind, the keys are held once.
// Pure but for the store of known shapes, which is bounded.

/** What a value is made of: `null` stands where it has a string, number, boolean or null. */
type Shape = null | ReadonlyArray<Shape> | { readonly [key: string]: Shape };

export interface PackedJson {
  readonly shape: Shape;
  /** Its strings, numbers, booleans and nulls, in order: a JSON array. */
  readonly leaves: string;
}

/** Shapes held for all; of more, each value holds its own. */
const mostShapes = 4096;
const shapes = new Map<string, Shape>();

const shapeOf = (value: unknown, leaves: Array<unknown>): Shape => {
  if (Array.isArray(value)) return value.map((item) => shapeOf(item, leaves));
  if (typeof value === "object" && value !== null) {
    // As JSON does it: what is undefined is not there.
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(entries.map(([key, item]) => [key, shapeOf(item, leaves)]));
  }
  leaves.push(value ?? null);
  return null;
};

export const packJson = (value: unknown): PackedJson => {
  const leaves: Array<unknown> = [];
  const own = shapeOf(value, leaves);
  const key = JSON.stringify(own);
  let shape = shapes.get(key);
  if (shape === undefined) {
    shape = own;
    if (shapes.size < mostShapes) shapes.set(key, own);
  }
  return { shape, leaves: JSON.stringify(leaves) };
};

/** What `JSON.parse(JSON.stringify(value))` would give of what was packed. */
export const unpackJson = ({ shape, leaves }: PackedJson): unknown => {
  const values = JSON.parse(leaves) as ReadonlyArray<unknown>;
  let next = 0;
  const build = (part: Shape): unknown => {
    if (part === null) return values[next++];
    if (Array.isArray(part)) return part.map(build);
    return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, build(item)]));
  };
  return build(shape);
};
