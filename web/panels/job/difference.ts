// What two jobs were asked differently: operation, provider, parameters and inputs, in words. Pure.
import { canonicalJson } from "#protocol/canonical.ts";
import type { Job, JobInput } from "#protocol/job.ts";
import { operationLabels } from "#web/ui/job-state.tsx";
import { paramDifferences } from "#web/ui/param-differences.ts";
import type { ParamTitle } from "#web/ui/param-facts.ts";

export interface Difference {
  readonly name: string;
  /** Null: it was left open. Undefined: there is no such thing. */
  readonly before: string | null | undefined;
  readonly after: string | null | undefined;
}

export interface Asked extends Pick<Job, "operation" | "provider" | "params" | "inputs"> {
  /** How the form that it was asked by speaks of its parameters. */
  readonly titles: ReadonlyArray<ParamTitle>;
}

/** In which words things are told. */
export interface Wording {
  readonly provider: (id: string) => string;
  readonly asset: (id: string) => string;
}

const inputWords = (input: JobInput | undefined, { asset }: Wording): string | undefined => {
  if (input === undefined) {
    return undefined;
  }
  const { role, name, assetId, jobId, frame, timeMs } = input;
  const what = assetId === undefined ? `the result of ${jobId ?? "?"}${frame === undefined ? "" : `, ${frame} frame`}` : asset(assetId);
  return `${role}${name === undefined ? "" : ` @${name}`}: ${what}${timeMs === undefined ? "" : ` at ${timeMs} ms`}`;
};

/** Which job made an asset is no part of what is asked for. */
const sameInput = (a: JobInput | undefined, b: JobInput | undefined): boolean => {
  const asked = (input: JobInput | undefined) => (input?.assetId === undefined ? input : { ...input, jobId: undefined, frame: undefined });
  return canonicalJson(asked(a)) === canonicalJson(asked(b));
};

/** None: the very same was asked for. */
export const differencesOf = (before: Asked, after: Asked, wording: Wording): ReadonlyArray<Difference> => {
  const places = Array.from({ length: Math.max(before.inputs.length, after.inputs.length) }, (_, index) => index);
  return [
    ...(before.operation === after.operation
      ? []
      : [{ name: "Operation", before: operationLabels[before.operation], after: operationLabels[after.operation] }]),
    ...(before.provider === after.provider
      ? []
      : [{ name: "Provider", before: wording.provider(before.provider), after: wording.provider(after.provider) }]),
    ...paramDifferences([before, after]).map(({ name, values }) => ({ name, before: values[0], after: values[1] })),
    ...places
      .filter((index) => !sameInput(before.inputs[index], after.inputs[index]))
      .map((index) => ({
        name: `Input ${index + 1}`,
        before: inputWords(before.inputs[index], wording),
        after: inputWords(after.inputs[index], wording),
      })),
  ];
};
