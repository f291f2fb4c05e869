// A request to generate, checked against what the provider says it takes, and made into the orders of one or more jobs.
// Every fault is named with its place in the request.
import { Effect } from "effect";
import { Assets } from "#actors/asset/assets.ts";
import { Providers } from "#actors/provider/index.ts";
import type { Provider, ProviderOperation } from "#actors/provider/provider.ts";
import type { Asset } from "#protocol/asset.ts";
import type { JobCell, JobInput, JobRequest, JobTemplate } from "#protocol/job.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { hashOf, seedAfter, seedOf } from "./canonical.ts";
import type { JobOrder } from "./context.ts";
import { type Form, formOf, promptOf } from "./form.ts";

/** How far ahead a job may be scheduled, ms. */
const maxAhead = 366 * 24 * 60 * 60 * 1000;

export interface Issue {
  readonly path: ReadonlyArray<string | number>;
  readonly message: string;
}

/** A provider and its operation, with its form. */
export interface Target {
  readonly provider: Provider;
  readonly operation: ProviderOperation;
  readonly form: Form;
}

/** A request that a provider would take. */
export interface Prepared extends Target {
  readonly request: JobRequest;
  /** Checked, defaults filled in. The seed is the one asked for, or missing. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed: number | null;
  readonly inputs: ReadonlyArray<JobInput>;
  /** SHA-256 of each input's bytes. */
  readonly inputHashes: ReadonlyArray<string>;
  /** What the words were made from; null: they were written like that. */
  readonly template: JobTemplate | null;
}

export const refuse = (issues: ReadonlyArray<Issue>): CallError =>
  new CallError("invalid_input", issues.map(({ message }) => message).join(" "), { issues });

/** The provider and its operation. */
export const operationOf = Effect.fnUntraced(function* (request: JobRequest) {
  const provider = (yield* Providers).get(request.provider);
  if (provider === undefined) return yield* Effect.fail(new CallError("not_found", `There is no provider "${request.provider}".`));
  const operation = provider.operations[request.operation];
  if (operation === undefined) {
    const message = `${provider.title} does not offer "${request.operation}".`;
    return yield* Effect.fail(refuse([{ path: ["request", "operation"], message }]));
  }
  const target: Target = { provider, operation, form: formOf(operation) };
  return target;
});

/** Checked parameters, or what is wrong with them. */
const checkParams = (
  form: Form,
  params: JobRequest["params"],
): { readonly params: Readonly<Record<string, unknown>>; readonly issues: ReadonlyArray<Issue> } => {
  const checked = form.check.safeParse(params);
  if (checked.success) {
    // Through JSON, so that what is hashed, stored and sent is the same.
    const canonical: Readonly<Record<string, unknown>> = JSON.parse(JSON.stringify(checked.data));
    return { params: canonical, issues: textIssues(canonical, ["request", "params"]) };
  }
  const issues = checked.error.issues.flatMap((issue): Array<Issue> => {
    const path = ["request", "params", ...issue.path.map((part) => (typeof part === "number" ? part : String(part)))];
    if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
    return issue.keys.map((key) => ({ path: [...path, key], message: "There is no such parameter." }));
  });
  return { params: {}, issues };
};

/** Databases take no NUL and no half of a surrogate pair. */
const textIssues = (value: unknown, path: ReadonlyArray<string | number>): Array<Issue> => {
  if (typeof value === "string") {
    return value.includes("\0") || !value.isWellFormed() ? [{ path, message: "It holds characters that cannot be stored." }] : [];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => textIssues(key, path).concat(textIssues(part, [...path, key])));
};

/** The parameters, each and together. */
export const checkAll = ({ form, operation }: Target, params: JobRequest["params"]): ReturnType<typeof checkParams> => {
  const checked = checkParams(form, params);
  const conflict = checked.issues.length === 0 ? (operation.conflict?.(checked.params) ?? null) : null;
  if (conflict === null) return checked;
  return { params: checked.params, issues: [{ path: ["request", "params", conflict.field], message: conflict.message }] };
};

/** The assets of a request's inputs, in order. Errors: not_found. */
export const inputAssets = (ownerId: string, inputs: ReadonlyArray<JobInput>) =>
  Effect.forEach(inputs, (input, index) => inputAsset(ownerId, input, index), { concurrency: 8 });

/** A request with the assets of its inputs: what is made of it, and what is wrong with it. */
export const prepareWith = (
  target: Target,
  request: JobRequest,
  assets: ReadonlyArray<Asset>,
  now: number,
  template: JobTemplate | null = null,
): { readonly prepared: Prepared; readonly issues: ReadonlyArray<Issue> } => {
  const { form, operation } = target;
  const { params, issues } = checkAll(target, request.params);
  const inputs = request.inputs.map(canonicalInput);
  const all = [
    ...issues,
    ...textIssues(request.name ?? "", ["request", "name"]),
    ...inputIssues(operation, inputs, assets),
    ...((request.scheduledFor ?? 0) > now + maxAhead
      ? [{ path: ["request", "scheduledFor"], message: "A job can be scheduled at most a year ahead." }]
      : []),
  ];
  const asked = form.seed === null ? undefined : request.params[form.seed.name];
  const seed = typeof asked === "number" ? asked : null;
  const inputHashes = assets.map(({ sha256 }) => sha256);
  return { prepared: { ...target, request, params, seed, inputs, inputHashes, template }, issues: all };
};

/** Errors: not_found for a provider or an input, invalid_input with the place of each fault. */
export const prepare = Effect.fnUntraced(function* (ownerId: string, request: JobRequest, now: number) {
  const target = yield* operationOf(request);
  const { prepared, issues } = prepareWith(target, request, yield* inputAssets(ownerId, request.inputs), now);
  return issues.length > 0 ? yield* Effect.fail(refuse(issues)) : prepared;
});

const canonicalInput = ({ assetId, role, name, timeMs }: JobInput): JobInput => ({
  assetId,
  role,
  ...(name === undefined ? {} : { name }),
  ...(timeMs === undefined ? {} : { timeMs }),
});

const inputAsset = Effect.fnUntraced(function* (ownerId: string, input: JobInput, index: number) {
  const assets = yield* Assets;
  return yield* Effect.mapError(assets.get(ownerId, input.assetId), (error) =>
    error.code === "not_found" ? new CallError("not_found", `Input ${index + 1}: the asset ${input.assetId} does not exist.`) : error,
  );
});

const inputIssues = (operation: ProviderOperation, inputs: ReadonlyArray<JobInput>, assets: ReadonlyArray<Asset>): ReadonlyArray<Issue> => {
  const issues: Array<Issue> = [];
  const base = ["request", "inputs"];
  for (const { role, title, min, max } of operation.inputs) {
    const count = inputs.filter((input) => input.role === role).length;
    if (count >= min && count <= max) continue;
    const wanted = min === max ? `${min}` : count < min ? `at least ${min}` : `at most ${max}`;
    issues.push({ path: base, message: `${title}: ${wanted} needed, ${count} given.` });
  }
  const names = new Set<string>();
  inputs.forEach((input, index) => {
    const asset = assets[index]!;
    const spec = operation.inputs.find(({ role }) => role === input.role);
    const fault = (field: string, message: string): void => void issues.push({ path: [...base, index, field], message });
    if (spec === undefined) return fault("role", `${operation.title} takes no input of this kind.`);
    if (asset.deletedAt !== null) fault("assetId", "It is in the trash: restore it first.");
    if (!spec.accepts.includes(asset.mediaType))
      fault("assetId", `${spec.title} takes ${spec.accepts.join(" or ")}, this is ${asset.mediaType}.`);
    if (spec.named && input.name === undefined) fault("name", "It needs a name by which the prompt refers to it.");
    if (input.name !== undefined && names.has(input.name)) fault("name", "Another input has this name.");
    if (input.name !== undefined) names.add(input.name);
    if (input.timeMs !== undefined && asset.durationMs === null) fault("timeMs", "A picture has no time.");
    if (input.timeMs !== undefined && asset.durationMs !== null && input.timeMs > asset.durationMs)
      fault("timeMs", "It is after the video's end.");
  });
  return issues;
};

/** What distinguishes one job of a request. */
export interface Particulars {
  readonly id: string;
  readonly ownerId: string;
  readonly askedHash: string | null;
  readonly parentJobId: string | null;
  readonly batchId: string | null;
  /** Where it stands in the grid; empty: there is none. */
  readonly cell: JobCell;
  /** Which job of its cell: each has another seed. Null: there is one only. */
  readonly index: number | null;
  readonly expectedMs: number;
  readonly waitMs: number;
}

export const orderOf = (
  { provider, operation, form, request, params, seed, inputs, inputHashes, template }: Prepared,
  particulars: Particulars,
): JobOrder => {
  const { index, cell, ...rest } = particulars;
  const chosen =
    form.seed === null
      ? {}
      : // Drawn once for all of a batch and counted on from: seeds drawn one by one may meet.
        { [form.seed.name]: seedAfter(seed ?? seedOf(particulars.batchId ?? particulars.id, form.seed), index ?? 0, form.seed) };
  const canonical = { ...params, ...chosen };
  const take = index === null ? [] : [{ axis: "seed", index, value: form.seed === null ? null : canonical[form.seed.name] }];
  const stands = [...cell, ...take];
  return {
    ...rest,
    ...(stands.length === 0 ? {} : { cell: stands }),
    ...(template === null ? {} : { template }),
    operation: request.operation,
    provider: provider.id,
    providerTitle: provider.title,
    resendable: provider.recovery === "idempotencyKey",
    pooled: provider.account !== null,
    credits: operation.estimate(canonical).credits,
    creditType: provider.account?.creditType ?? null,
    params: canonical,
    inputs,
    prompt: promptOf(form, canonical),
    name: request.name?.trim() || null,
    hash: hashOf({
      operation: request.operation,
      provider: provider.id,
      params: canonical,
      inputs: inputs.map(({ assetId: _, ...input }, at) => ({ ...input, sha256: inputHashes[at] })),
    }),
    priority: request.priority,
    scheduledFor: request.scheduledFor ?? null,
  };
};
