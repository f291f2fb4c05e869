// What differs between results that are compared, and nothing else: what is the same of all says nothing about any. Pure.
import type { Asset } from "#protocol/asset.ts";
import type { Job } from "#protocol/job.ts";
import type { Fact } from "#web/ui/facts.tsx";
import { operationLabels } from "#web/ui/job-state.tsx";
import { paramFacts, type ParamTitle } from "#web/ui/param-facts.ts";

export interface Compared {
  readonly asset: Pick<Asset, "width" | "height" | "durationMs" | "fps" | "origin">;
  /** Null: it was not generated, or its job is gone. */
  readonly job: Pick<Job, "operation" | "provider" | "params" | "inputs"> | null;
  readonly providerTitle: string | null;
  /** How the provider's form speaks of the parameters. */
  readonly titles: ReadonlyArray<ParamTitle>;
}

/** Two of these are the same where their words are: a parameter that a provider does not know is not given. */
interface Trait extends Fact {
  readonly key: string;
}

/** What people look for first; the other parameters follow in the order of their forms, the long words come last. */
const first: ReadonlyArray<string> = ["provider", "operation", "param.model", "param.seed"];
const last: ReadonlyArray<string> = ["param.negativePrompt", "param.prompt", "inputs"];

const placeOf = (key: string): number => (first.includes(key) ? first.indexOf(key) : first.length + 1 + last.indexOf(key));

const inputWords = (inputs: Job["inputs"]): string | null =>
  inputs.length === 0
    ? null
    : inputs
        .map(({ assetId, role, name, timeMs }) =>
          [role, name === undefined ? null : `@${name}`, assetId, timeMs === undefined ? null : `at ${timeMs / 1000} s`]
            .filter((word) => word !== null)
            .join(" "),
        )
        .join(", ");

const traitsOf = ({ asset, job, providerTitle, titles }: Compared): ReadonlyArray<Trait> => [
  ...(job === null
    ? [{ key: "origin", name: "Came about", value: asset.origin.kind === "upload" ? "Uploaded" : "Generated; its job is gone" }]
    : [
        { key: "provider", name: "Provider", value: providerTitle ?? job.provider },
        { key: "operation", name: "Operation", value: operationLabels[job.operation] },
        ...paramFacts(job.params, titles).map(({ name, value }, at): Trait => ({
          key: `param.${Object.keys(job.params)[at]}`,
          name,
          value,
        })),
        { key: "inputs", name: "Inputs", value: inputWords(job.inputs) },
      ]),
  { key: "picture", name: "Picture", value: `${asset.width} × ${asset.height}` },
  { key: "length", name: "Length", value: asset.durationMs === null ? null : `${(asset.durationMs / 1000).toFixed(2)} s` },
  { key: "fps", name: "Frames a second", value: asset.fps === null ? null : String(Number(asset.fps.toFixed(3))) },
];

/** For each, in their order, what differs: the same names in the same order for all. What one does not have is null. */
export const differences = (all: ReadonlyArray<Compared>): ReadonlyArray<ReadonlyArray<Fact>> => {
  const traits = all.map((each) => new Map(traitsOf(each).map((trait) => [trait.key, trait])));
  const keys = [...new Set(traits.flatMap((each) => [...each.keys()]))]
    .filter((key) => new Set(traits.map((each) => each.get(key)?.value ?? null)).size > 1)
    .sort((a, b) => placeOf(a) - placeOf(b));
  const nameOf = (key: string): string => traits.flatMap((each) => each.get(key)?.name ?? [])[0] ?? key;
  return traits.map((each) => keys.map((key) => ({ name: each.get(key)?.name ?? nameOf(key), value: each.get(key)?.value ?? null })));
};
