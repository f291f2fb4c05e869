// A provider's operation as forms and requests use it: the JSON Schema of its parameters, and which of them is the seed and
// which the prompt. Pure; worked out once an operation.
import * as z from "zod";
import type { OperationSpec, ProviderSpec } from "#protocol/job.ts";
import type { Provider, ProviderOperation } from "#actors/provider/provider.ts";

export interface SeedParam {
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

export interface Form {
  readonly schema: Readonly<Record<string, unknown>>;
  /** Checks what is submitted: unknown parameters are refused, not dropped. */
  readonly check: z.ZodObject;
  readonly seed: SeedParam | null;
  readonly prompt: string | null;
}

interface Property {
  readonly "x-widget"?: unknown;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
}

const maxSeed = 2 ** 31 - 1;
const forms = new WeakMap<ProviderOperation, Form>();

export const formOf = (operation: ProviderOperation): Form => {
  const known = forms.get(operation);
  if (known !== undefined) return known;
  const schema: Readonly<Record<string, unknown>> = z.toJSONSchema(operation.params, { io: "input", unrepresentable: "any" });
  const properties = Object.entries((schema["properties"] ?? {}) as Readonly<Record<string, Property>>);
  const withWidget = (widget: string) => properties.find(([, property]) => property["x-widget"] === widget);
  const seed = withWidget("seed");
  const form: Form = {
    schema,
    check: operation.params.strict(),
    seed:
      seed === undefined ? null : { name: seed[0], min: typeof seed[1].minimum === "number" ? seed[1].minimum : 0, max: maxOf(seed[1]) },
    prompt: withWidget("prompt")?.[0] ?? null,
  };
  forms.set(operation, form);
  return form;
};

const maxOf = ({ maximum }: Property): number => (typeof maximum === "number" ? Math.min(maximum, Number.MAX_SAFE_INTEGER) : maxSeed);

/** Text of the prompt among checked parameters; empty where there is none. */
export const promptOf = (form: Form, params: Readonly<Record<string, unknown>>): string => {
  const prompt = form.prompt === null ? undefined : params[form.prompt];
  return typeof prompt === "string" ? prompt : "";
};

const jsonSchema = (schema: z.ZodObject): Record<string, unknown> => ({
  ...z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }),
});

export const providerSpec = (provider: Provider): ProviderSpec => ({
  id: provider.id,
  title: provider.title,
  summary: provider.summary,
  concurrency: provider.concurrency,
  account:
    provider.account === null
      ? null
      : {
          help: provider.account.help,
          settings: jsonSchema(provider.account.settings),
          secrets: jsonSchema(provider.account.secrets),
          concurrency: provider.account.concurrency,
          creditType: provider.account.creditType,
          untold: provider.account.untold,
        },
  operations: Object.entries(provider.operations).map(([operation, spec]): OperationSpec => ({
    operation: operation as OperationSpec["operation"],
    title: spec.title,
    summary: spec.summary,
    params: { ...formOf(spec).schema },
    inputs: spec.inputs.map((input) => ({ ...input, accepts: [...input.accepts] })),
  })),
});
