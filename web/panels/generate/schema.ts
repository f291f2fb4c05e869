// From a provider's JSON Schema to form fields, and from what is in the fields to params that fit it. Pure.
// Knows the parts of JSON Schema by which providers describe their parameters; anything else becomes a field for raw JSON.

import { unitOf } from "#web/ui/param-facts.ts";

export type FieldValue = string | number | boolean | null | undefined;

interface FieldBase {
  readonly key: string;
  readonly title: string;
  readonly help: string | undefined;
  readonly required: boolean;
  /** Undefined: left open. */
  readonly initial: unknown;
}

export type FormField =
  | (FieldBase & {
      readonly kind: "text";
      /** The words that the whole form is about: large, and first. */
      readonly isPrompt: boolean;
      readonly minLength: number;
      readonly maxLength: number | undefined;
      readonly pattern: string | undefined;
    })
  | (FieldBase & {
      readonly kind: "number";
      readonly look: "slider" | "number";
      readonly integer: boolean;
      readonly min: number | undefined;
      readonly max: number | undefined;
      readonly step: number | undefined;
    })
  | (FieldBase & { readonly kind: "seed"; readonly min: number; readonly max: number })
  | (FieldBase & { readonly kind: "choice"; readonly options: ReadonlyArray<{ readonly value: FieldValue; readonly label: string }> })
  | (FieldBase & { readonly kind: "switch" })
  | (FieldBase & { readonly kind: "json" });

export type FormValues = Readonly<Record<string, unknown>>;
/** Messages by field key. */
export type FieldErrors = Readonly<Record<string, string>>;

type Schema = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Schema => typeof value === "object" && value !== null && !Array.isArray(value);
const numberAt = (schema: Schema, key: string): number | undefined => (typeof schema[key] === "number" ? schema[key] : undefined);
const stringAt = (schema: Schema, key: string): string | undefined => (typeof schema[key] === "string" ? schema[key] : undefined);
const isFieldValue = (value: unknown): value is string | number | boolean | null =>
  value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** `panLeft` → `Pan left`, `text_to_video` → `Text to video`; what has no letters stays. */
export const wordsOf = (name: string): string => {
  const spaced = name.replaceAll(/[_-]+/g, " ").replaceAll(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
};

/** The values of a closed choice, or null. */
const choicesOf = (schema: Schema): ReadonlyArray<string | number | boolean | null> | null => {
  if (Array.isArray(schema["enum"])) {
    return schema["enum"].filter(isFieldValue);
  }
  const alternatives = schema["anyOf"] ?? schema["oneOf"];
  if (!Array.isArray(alternatives)) {
    return null;
  }
  const values = alternatives.flatMap((each: unknown) =>
    isRecord(each)
      ? isFieldValue(each["const"])
        ? [each["const"]]
        : Array.isArray(each["enum"])
          ? each["enum"].filter(isFieldValue)
          : []
      : [],
  );
  return values.length >= alternatives.length && values.length > 0 ? values : null;
};

/** `anyOf: [x, null]` and `type: [x, null]` are x that may be left open. */
const unwrap = (schema: Schema): Schema => {
  const alternatives = schema["anyOf"];
  if (Array.isArray(alternatives)) {
    const real = alternatives.filter((each: unknown) => isRecord(each) && each["type"] !== "null");
    const [only] = real;
    return real.length === 1 && isRecord(only) ? { ...schema, ...only, anyOf: only["anyOf"] } : schema;
  }
  const types = schema["type"];
  if (Array.isArray(types)) {
    const real = types.filter((type: unknown) => type !== "null");
    return real.length === 1 ? { ...schema, type: real[0] } : schema;
  }
  return schema;
};

const fieldOf = (key: string, raw: Schema, required: boolean): FormField => {
  const schema = unwrap(raw);
  const widget = stringAt(schema, "x-widget");
  const base: FieldBase = {
    key,
    title: stringAt(schema, "title") ?? wordsOf(key),
    help: stringAt(schema, "description"),
    required: required && schema["default"] === undefined,
    initial: schema["default"],
  };
  const choices = choicesOf(schema);
  if (choices !== null) {
    const names = isRecord(schema["x-labels"]) ? schema["x-labels"] : {};
    const labelOf = (value: string | number | boolean | null): string => {
      const name = names[String(value)];
      if (typeof name === "string") {
        return name;
      }
      return typeof value === "string" ? wordsOf(value) : `${value}${typeof value === "number" ? unitOf(base) : ""}`;
    };
    const options = choices.map((value) => ({ value, label: labelOf(value) }));
    return { ...base, kind: "choice", options };
  }
  const min = numberAt(schema, "minimum") ?? numberAt(schema, "exclusiveMinimum");
  const max = numberAt(schema, "maximum") ?? numberAt(schema, "exclusiveMaximum");
  switch (schema["type"]) {
    case "boolean":
      return { ...base, kind: "switch" };
    case "string":
      return {
        ...base,
        kind: "text",
        isPrompt: widget === "prompt",
        minLength: numberAt(schema, "minLength") ?? 0,
        maxLength: numberAt(schema, "maxLength"),
        pattern: stringAt(schema, "pattern"),
      };
    case "integer":
    case "number": {
      const integer = schema["type"] === "integer";
      if (widget === "seed") {
        return { ...base, kind: "seed", min: min ?? 0, max: Math.min(max ?? 2 ** 31 - 1, Number.MAX_SAFE_INTEGER) };
      }
      const bounded = min !== undefined && max !== undefined;
      return {
        ...base,
        kind: "number",
        look: bounded && (widget === "slider" || (widget === undefined && max - min <= 100)) ? "slider" : "number",
        integer,
        min,
        max,
        step: numberAt(schema, "multipleOf") ?? (integer ? 1 : undefined),
      };
    }
    default:
      return { ...base, kind: "json" };
  }
};

/** The fields of an operation's params; prompts come first, the rest as the provider lists it. */
export const readFields = (schema: Schema): ReadonlyArray<FormField> => {
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : []);
  const fields = Object.entries(properties).flatMap(([key, each]) => (isRecord(each) ? [fieldOf(key, each, required.has(key))] : []));
  const isPrompt = (field: FormField) => field.kind === "text" && field.isPrompt;
  return [...fields.filter(isPrompt), ...fields.filter((field) => !isPrompt(field))];
};

/** Choices of at most this many short words stand side by side; others open as a list. */
const mostSegments = 4;
const longestSegment = 8;

export const isShortChoice = (field: FormField): boolean =>
  field.kind === "choice" && field.options.length <= mostSegments && field.options.every(({ label }) => label.length <= longestSegment);

/** Whether a field takes the whole width; the others stand in pairs. */
export const isWide = (field: FormField): boolean =>
  field.kind === "text" || field.kind === "json" || field.kind === "switch" || isShortChoice(field);

/** Fields in an order without gaps: a narrow field that would stand alone gets the next narrow one beside it. */
export const arrange = (fields: ReadonlyArray<FormField>): ReadonlyArray<FormField> => {
  const left = [...fields];
  const arranged: Array<FormField> = [];
  for (let field = left.shift(); field !== undefined; field = left.shift()) {
    arranged.push(field);
    const partner = isWide(field) ? -1 : left.findIndex((other) => !isWide(other));
    if (partner >= 0) {
      arranged.push(...left.splice(partner, 1));
    }
  }
  return arranged;
};

const isBlank = (value: unknown): boolean => value === undefined || value === null || value === "";

/** A step is met if what is left over is smaller than the error of the division. */
const fitsStep = (value: number, step: number): boolean => Math.abs(value / step - Math.round(value / step)) < 1e-9;

/** What is wrong with a field's value, in words that say what would be right; undefined: nothing. */
export const problemOf = (field: FormField, value: unknown): string | undefined => {
  if (isBlank(value) || (field.kind === "text" && typeof value === "string" && value.trim() === "")) {
    return field.required || (field.kind === "text" && field.minLength > 0 && field.initial === undefined && field.required)
      ? field.kind === "text" && field.isPrompt
        ? "Describe what is to be seen."
        : `${field.title} is needed.`
      : undefined;
  }
  switch (field.kind) {
    case "text": {
      if (typeof value !== "string") {
        return "This must be text.";
      }
      if (value.length < field.minLength) {
        return `At least ${field.minLength} characters are needed.`;
      }
      if (field.maxLength !== undefined && value.length > field.maxLength) {
        return `At most ${field.maxLength.toLocaleString("en")} characters; these are ${value.length.toLocaleString("en")}.`;
      }
      return field.pattern !== undefined && !matchesPattern(field.pattern, value)
        ? "This does not have the form that is asked for."
        : undefined;
    }
    case "seed":
    case "number": {
      if (typeof value !== "number" || !Number.isFinite(value)) {
        return "This must be a number.";
      }
      if ((field.kind === "seed" || field.integer) && !Number.isInteger(value)) {
        return "This must be a whole number.";
      }
      if (field.min !== undefined && value < field.min) {
        return `At least ${field.min.toLocaleString("en")}.`;
      }
      if (field.max !== undefined && value > field.max) {
        return `At most ${field.max.toLocaleString("en")}.`;
      }
      return field.kind === "number" && field.step !== undefined && !fitsStep(value, field.step) ? `In steps of ${field.step}.` : undefined;
    }
    case "choice":
      return field.options.some((option) => option.value === value) ? undefined : "Choose one of the options.";
    case "switch":
      return typeof value === "boolean" ? undefined : "This is on or off.";
    case "json":
      return typeof value === "string" && !isJson(value) ? "This is not valid JSON." : undefined;
  }
};

const matchesPattern = (pattern: string, value: string): boolean => {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    // A pattern of another dialect: the server will judge.
    return true;
  }
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

export const validate = (fields: ReadonlyArray<FormField>, values: FormValues, problem: typeof problemOf = problemOf): FieldErrors =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const found = problem(field, values[field.key]);
      return found === undefined ? [] : [[field.key, found]];
    }),
  );

/** Values for these fields: kept where they fit, the default where they do not. */
export const fitValues = (fields: ReadonlyArray<FormField>, values: FormValues): FormValues =>
  Object.fromEntries(
    fields.map((field) => {
      const value = values[field.key];
      const keeps = value !== undefined && (field.kind === "text" || problemOf(field, value) === undefined);
      return [field.key, keeps ? value : (field.initial ?? (field.kind === "switch" ? false : undefined))];
    }),
  );

/** What is sent: only these fields, without those left open. */
export const toParams = (fields: ReadonlyArray<FormField>, values: FormValues): Record<string, unknown> =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const value = values[field.key];
      if (isBlank(value)) {
        return [];
      }
      if (field.kind === "json" && typeof value === "string") {
        return isJson(value) ? [[field.key, JSON.parse(value) as unknown]] : [];
      }
      return [[field.key, field.kind === "text" && typeof value === "string" ? value.trim() : value]];
    }),
  );
