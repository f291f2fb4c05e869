// Schemas as people read them: a type in few words, and a table of fields. Schemas that the protocol exports are types of their own,
// told once and linked from everywhere else.
import * as z from "zod";
import * as actor from "#protocol/actor.ts";
import * as asset from "#protocol/asset.ts";
import * as auth from "#protocol/auth.ts";
import * as job from "#protocol/job.ts";
import * as play from "#protocol/play.ts";
import * as playState from "#protocol/scene/play/state.ts";
import * as playStateSchema from "#protocol/scene/play/state-schema.ts";
import * as problem from "#protocol/scene/check/problem.ts";
import * as edit from "#protocol/scene/edit.ts";
import * as file from "#protocol/scene/file.ts";
import * as rule from "#protocol/scene/rule.ts";
import * as body from "#protocol/scene/scene.ts";
import * as sceneValues from "#protocol/scene/value.ts";
import * as scene from "#protocol/scene.ts";
import * as system from "#protocol/system.ts";
import * as values from "#protocol/values.ts";
import { type Html, html, join, prose } from "./html.ts";

const modules = {
  values,
  auth,
  system,
  job,
  asset,
  scene,
  body,
  rule,
  sceneValues,
  edit,
  file,
  problem,
  playState,
  playStateSchema,
  play,
  actor,
};

/** The part of JSON Schema that the protocol's schemas become. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | ReadonlyArray<string>;
  readonly const?: unknown;
  readonly enum?: ReadonlyArray<unknown>;
  readonly anyOf?: ReadonlyArray<Schema>;
  readonly oneOf?: ReadonlyArray<Schema>;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: ReadonlyArray<string>;
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly default?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

const registry = z.registry<{ readonly id: string }>();
const named = new Map<string, z.ZodType>();
for (const module of Object.values(modules)) {
  for (const [name, value] of Object.entries(module)) {
    if (!(value instanceof z.ZodType) || named.has(name)) continue;
    registry.add(value, { id: name });
    named.set(name, value);
  }
}

/** `input`: as it is sent, where defaults may be left out. */
const schemaOf = (schema: z.ZodType, io: "input" | "output"): Schema =>
  z.toJSONSchema(schema, { metadata: registry as unknown as typeof z.globalRegistry, io }) as Schema;

export const typeAnchor = (name: string): string => `type-${name}`;

const union = (parts: ReadonlyArray<Html>): Html => join(parts, " | ");

const typeOf = (schema: Schema): Html => {
  const { type } = schema;
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
    return named.has(name) ? html`<a href="#${typeAnchor(name)}">${name}</a>` : html`JSON`;
  }
  if (schema.const !== undefined) return html`${JSON.stringify(schema.const)}`;
  if (schema.enum !== undefined) return union(schema.enum.map((value) => html`${JSON.stringify(value)}`));
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return union(options.map(typeOf));
  if (Array.isArray(type)) return union(type.map((one: string) => typeOf({ ...schema, type: one })));
  switch (type) {
    case "array": {
      const item = typeOf(schema.items ?? {});
      return item.text.includes(" | ") ? html`(${item})[]` : html`${item}[]`;
    }
    case "object":
      if (schema.properties !== undefined) return html`object`;
      return html`{ [name]: ${typeOf(typeof schema.additionalProperties === "object" ? schema.additionalProperties : {})} }`;
    case undefined:
      return html`any JSON`;
    default:
      return html`${type as string}`;
  }
};

const range = (min: number | undefined, max: number | undefined, of: string): string | undefined => {
  const least = min === undefined || min === Number.MIN_SAFE_INTEGER ? undefined : min;
  const most = max === undefined || max === Number.MAX_SAFE_INTEGER ? undefined : max;
  if (least !== undefined && most !== undefined) return least === most ? `${least}${of}` : `${least} to ${most}${of}`;
  if (least !== undefined) return `at least ${least}${of}`;
  return most === undefined ? undefined : `at most ${most}${of}`;
};

/** What a value must also be. */
const constraints = (schema: Schema): ReadonlyArray<Html> => {
  const notes = [
    range(schema.minimum, schema.maximum, ""),
    range(schema.minLength, schema.maxLength, " characters"),
    range(schema.minItems, schema.maxItems, " items"),
    schema.format === "email" ? "an e-mail address" : undefined,
  ].flatMap((note) => (note === undefined ? [] : [html`${note}`]));
  if (schema.pattern !== undefined && schema.format === undefined) notes.push(html`matches <code>${schema.pattern}</code>`);
  if (schema.default !== undefined) notes.push(html`default <code>${JSON.stringify(schema.default)}</code>`);
  return notes;
};

interface Field {
  readonly path: string;
  /** Place of its comment. */
  readonly place: string;
  readonly schema: Schema;
  readonly optional: boolean;
}

/** Fields of an object, and of objects without a name within it. */
const fieldsOf = (schema: Schema, path: string, place: string): ReadonlyArray<Field> => {
  if (schema.$ref !== undefined) return [];
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return options.flatMap((option) => fieldsOf(option, path, place));
  if (schema.items !== undefined) return fieldsOf(schema.items, `${path}[]`, place);
  const fields: Array<Field> = [];
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const field = {
      path: path === "" ? name : `${path}.${name}`,
      place: `${place}.${name}`,
      schema: inner,
      optional: !(schema.required ?? []).includes(name),
    };
    fields.push(field, ...fieldsOf(inner, field.path, field.place));
  }
  return fields;
};

/** The fields in one line, where a table would be too much. */
export const fieldLine = (source: z.ZodType): Html =>
  join(
    fieldsOf(schemaOf(source, "output"), "", "").map(({ path, schema }) => html`<code class="type">${path}: ${typeOf(schema)}</code>`),
    ", ",
  );

export interface Described {
  readonly type: Html;
  readonly notes: Html;
  /** Undefined: it has no fields. */
  readonly fields: Html | undefined;
}

/** `place`: where its comments are found. */
export const describeSchema = (
  source: z.ZodType,
  io: "input" | "output",
  place: string,
  comments: ReadonlyMap<string, string>,
): Described => {
  const schema = schemaOf(source, io);
  // A named schema is told where it is listed; elsewhere it is one link.
  const whole = schema.$ref === undefined ? schema : { $ref: schema.$ref };
  const rows = fieldsOf(whole, "", place).map(({ path, place: at, schema: inner, optional }) => {
    const words = comments.get(at);
    return html`<tr>
      <th scope="row"><code>${path}</code>${optional ? html`<span class="optional" title="May be left out">?</span>` : undefined}</th>
      <td><code class="type">${typeOf(inner)}</code></td>
      <td>${words === undefined ? undefined : prose(words)} <span class="notes">${join(constraints(inner), ", ")}</span></td>
    </tr>`;
  });
  return {
    type: typeOf(whole),
    notes: join(constraints(whole), ", "),
    fields:
      rows.length === 0
        ? undefined
        : html`<div class="scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">Field</th>
                  <th scope="col">Type</th>
                  <th scope="col">Meaning</th>
                </tr>
              </thead>
              <tbody>
                ${rows}
              </tbody>
            </table>
          </div>`,
  };
};

/** Every type of the protocol by name, as it is answered. */
export const namedTypes: ReadonlyMap<string, z.ZodType> = new Map([...named].sort(([a], [b]) => (a < b ? -1 : 1)));

/** The table of a named type itself, which elsewhere is only a link. */
export const describeNamed = (name: string, comments: ReadonlyMap<string, string>): Described => {
  const schema = named.get(name)!;
  const bare = schema.clone(schema.def);
  return describeSchema(bare, "output", name, comments);
};
