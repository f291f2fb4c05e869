// What a step changed in the context of an actor, as paths and values. Pure.

export interface Field {
  /** `order.params.prompt` */
  readonly path: string;
  readonly value: unknown;
  /** Present: it was something else before this step. `undefined` as value or before: it was not there. */
  readonly before?: unknown;
  readonly changed: boolean;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** Deeper than this a value is shown whole. */
const deepest = 4;

const flatten = (value: unknown, path: string, depth: number, into: Map<string, unknown>): void => {
  if (isRecord(value) && depth < deepest && (depth === 0 || Object.keys(value).length > 0)) {
    for (const [key, inside] of Object.entries(value)) {
      flatten(inside, path === "" ? key : `${path}.${key}`, depth + 1, into);
    }
  } else {
    into.set(path, value);
  }
};

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** The fields of `now` in their order, then those that are gone. `before` null: there is no step before. */
export const fieldsOf = (
  now: Readonly<Record<string, unknown>>,
  before: Readonly<Record<string, unknown>> | null,
): ReadonlyArray<Field> => {
  const after = new Map<string, unknown>();
  flatten(now, "", 0, after);
  const earlier = new Map<string, unknown>();
  if (before !== null) {
    flatten(before, "", 0, earlier);
  }
  const present = [...after].map(([path, value]): Field => {
    const changed = before !== null && !same(value, earlier.get(path));
    return changed ? { path, value, before: earlier.get(path), changed } : { path, value, changed };
  });
  const gone = [...earlier]
    .filter(([path]) => !after.has(path))
    .map(([path, value]): Field => ({ path, value: undefined, before: value, changed: true }));
  return [...present, ...gone];
};

/** Ms since 1970, in this century. */
const isMoment = (value: unknown): value is number => typeof value === "number" && value > 1e12 && value < 4.2e12;

/** A value on one line; texts with their quotes only inside of others. `path` tells moments (`enteredAt.queued`) from other numbers. */
export const valueText = (value: unknown, path = ""): string => {
  if (value === undefined) {
    return "–";
  }
  if (typeof value === "string") {
    return value === "" ? "“”" : value;
  }
  return /(^|[a-z])At(\.|$)/.test(path) && isMoment(value) ? moment.format(value) : (JSON.stringify(value) ?? String(value));
};

const moment = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
