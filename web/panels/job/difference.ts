// What two jobs were asked differently: operation, provider, parameters and inputs, in words. Pure.
import type { Job, JobInput } from "#protocol/job.ts";
import { operationLabels } from "#web/ui/job-state.tsx";
import { paramFacts, type ParamTitle } from "#web/ui/param-facts.ts";

export interface Difference {
  readonly name: string;
  /** Null: it was not there, or left open. */
  readonly before: string | null;
  readonly after: string | null;
}

export type Asked = Pick<Job, "operation" | "provider" | "params" | "inputs">;

/** In which words things are told. */
export interface Wording {
  readonly provider: (id: string) => string;
  readonly asset: (id: string) => string;
  /** Of the parameters that either of them has. */
  readonly params: ReadonlyArray<ParamTitle>;
}

/** The same whatever the order of its keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  ) ?? "";

const paramWords = (name: string, params: Asked["params"], { params: titles }: Wording): string | null =>
  name in params ? (paramFacts({ [name]: params[name] }, titles)[0]?.value ?? null) : null;

const inputWords = (input: JobInput | undefined, { asset }: Wording): string | null => {
  if (input === undefined) {
    return null;
  }
  const { role, name, assetId, jobId, frame, timeMs } = input;
  const what = assetId === undefined ? `the result of ${jobId ?? "?"}${frame === undefined ? "" : `, ${frame} frame`}` : asset(assetId);
  return `${role}${name === undefined ? "" : ` @${name}`}: ${what}${timeMs === undefined ? "" : ` at ${timeMs} ms`}`;
};

/** Which job made an asset is no part of what is asked for. */
const sameInput = (a: JobInput | undefined, b: JobInput | undefined): boolean => {
  const asked = (input: JobInput | undefined) => (input?.assetId === undefined ? input : { ...input, jobId: undefined, frame: undefined });
  return canonical(asked(a)) === canonical(asked(b));
};

/** None: the very same was asked for. */
export const differencesOf = (before: Asked, after: Asked, wording: Wording): ReadonlyArray<Difference> => {
  const names = [...new Set([...Object.keys(before.params), ...Object.keys(after.params)])];
  const places = Array.from({ length: Math.max(before.inputs.length, after.inputs.length) }, (_, index) => index);
  return [
    ...(before.operation === after.operation
      ? []
      : [{ name: "Operation", before: operationLabels[before.operation], after: operationLabels[after.operation] }]),
    ...(before.provider === after.provider
      ? []
      : [{ name: "Provider", before: wording.provider(before.provider), after: wording.provider(after.provider) }]),
    ...names
      .filter((name) => canonical(before.params[name]) !== canonical(after.params[name]))
      .map((name) => ({
        name: paramFacts({ [name]: null }, wording.params)[0]?.name ?? name,
        before: paramWords(name, before.params, wording),
        after: paramWords(name, after.params, wording),
      })),
    ...places
      .filter((index) => !sameInput(before.inputs[index], after.inputs[index]))
      .map((index) => ({
        name: `Input ${index + 1}`,
        before: inputWords(before.inputs[index], wording),
        after: inputWords(after.inputs[index], wording),
      })),
  ];
};
