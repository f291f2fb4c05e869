// What differs between results that are compared, and nothing else: what is the same of all says nothing about any. Pure.
import type { Asset } from "#protocol/asset.ts";
import type { Job } from "#protocol/job.ts";
import type { Fact } from "#web/ui/facts.tsx";
import { operationLabels } from "#web/ui/job-state.tsx";
import { paramDifferences } from "#web/ui/param-differences.ts";
import type { ParamTitle } from "#web/ui/param-facts.ts";

export interface Compared {
  readonly asset: Pick<Asset, "width" | "height" | "durationMs" | "fps" | "origin">;
  /** Null: it was not generated, or its job is gone. */
  readonly job: Pick<Job, "operation" | "provider" | "params" | "inputs"> | null;
  readonly providerTitle: string | null;
  /** How the provider's form speaks of the parameters. */
  readonly titles: ReadonlyArray<ParamTitle>;
}

/** What sets it apart, at each of those that are compared. */
interface Trait {
  readonly key: string;
  readonly name: string;
  /** Null: it was left open. Undefined: it is nothing that this one could have. */
  readonly values: ReadonlyArray<string | null | undefined>;
}

/** What people look for first; the other parameters follow in the order of their forms, the long words come last. */
const first: ReadonlyArray<string> = ["provider", "operation", "param.model", "param.seed"];
const last: ReadonlyArray<string> = ["param.negativePrompt", "param.prompt", "inputs"];

const placeOf = (key: string): number => (first.includes(key) ? first.indexOf(key) : first.length + 1 + last.indexOf(key));

const inputWords = ({ assetId, role, name, timeMs }: Job["inputs"][number], assetName: (id: string) => string): string =>
  [
    role,
    name === undefined ? null : `@${name}`,
    assetId === undefined ? null : assetName(assetId),
    timeMs === undefined ? null : `at ${timeMs / 1000} s`,
  ]
    .filter((word) => word !== null)
    .join(" ");

/** Of all but the parameters; undefined where it has no such thing. */
const words: ReadonlyArray<
  readonly [key: string, name: string, of: (one: Compared, assetName: (id: string) => string) => string | undefined]
> = [
  [
    "origin",
    "Came about",
    ({ asset, job }) => (job !== null ? undefined : asset.origin.kind === "upload" ? "Uploaded" : "Generated; its job is gone"),
  ],
  ["provider", "Provider", ({ job, providerTitle }) => providerTitle ?? job?.provider],
  ["operation", "Operation", ({ job }) => (job === null ? undefined : operationLabels[job.operation])],
  [
    "inputs",
    "Inputs",
    ({ job }, assetName) =>
      job === null || job.inputs.length === 0 ? undefined : job.inputs.map((input) => inputWords(input, assetName)).join(", "),
  ],
  ["picture", "Picture", ({ asset }) => `${asset.width} × ${asset.height}`],
  ["length", "Length", ({ asset }) => (asset.durationMs === null ? undefined : `${(asset.durationMs / 1000).toFixed(2)} s`)],
  ["fps", "Frames a second", ({ asset }) => (asset.fps === null ? undefined : String(Number(asset.fps.toFixed(3))))],
];

const withoutRequest: Pick<Job, "params"> = { params: {} };

/**
 * For each, in their order, what sets it apart: only what is not the same of all, and there only what it has itself. Null: it could have been
 * given, and was not. `assetName`: what an input is called.
 */
export const differences = (
  all: ReadonlyArray<Compared>,
  assetName: (id: string) => string = (id) => id,
): ReadonlyArray<ReadonlyArray<Fact>> => {
  const params = paramDifferences(all.map(({ job, titles }) => ({ ...(job ?? withoutRequest), titles: job === null ? [] : titles })));
  const traits: ReadonlyArray<Trait> = [
    ...words
      .map(([key, name, of]): Trait => ({ key, name, values: all.map((one) => of(one, assetName)) }))
      .filter(({ values }) => new Set(values).size > 1),
    ...params.map(({ key, name, values }): Trait => ({ key: `param.${key}`, name, values })),
  ].sort((a, b) => placeOf(a.key) - placeOf(b.key));
  return all.map((_, at) =>
    traits.flatMap(({ name, values }) => {
      const value = values[at];
      return value === undefined ? [] : [{ name, value }];
    }),
  );
};
