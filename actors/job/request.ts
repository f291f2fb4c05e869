// A request to generate, checked against what the provider says it takes, and made into the orders of one or more jobs.
// Every fault is named with its place in the request.
import { Effect } from "effect";
import { Assets } from "#actors/asset/assets.ts";
import { Providers } from "#actors/provider/index.ts";
import type { Provider, ProviderOperation } from "#actors/provider/provider.ts";
import type { Asset } from "#protocol/asset.ts";
import type { JobInput, JobRequest } from "#protocol/job.ts";
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

/** A request that a provider would take. */
export interface Prepared {
  readonly provider: Provider;
  readonly operation: ProviderOperation;
  readonly form: Form;
  readonly request: JobRequest;
  /** Checked, defaults filled in. The seed is the one asked for, or missing. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed: number | null;
  readonly inputs: ReadonlyArray<JobInput>;
  /** SHA-256 of each input's bytes. */
  readonly inputHashes: ReadonlyArray<string>;
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
  return { provider, operation, form: formOf(operation) };
});

/** Checked parameters, or what is wrong with them. */
export const checkParams = (
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

/** Errors: not_found for a provider or an input, invalid_input with the place of each fault. */
export const prepare = Effect.fnUntraced(function* (ownerId: string, request: JobRequest, now: number) {
  const { provider, operation, form } = yield* operationOf(request);
  const { params, issues } = checkParams(form, request.params);
  const inputs = request.inputs.map(canonicalInput);
  const assets = yield* Effect.forEach(inputs, (input, index) => inputAsset(ownerId, input, index), { concurrency: 8 });
  const conflict = issues.length === 0 ? (operation.conflict?.(params) ?? null) : null;
  const all = [
    ...issues,
    ...(conflict === null ? [] : [{ path: ["request", "params", conflict.field], message: conflict.message }]),
    ...textIssues(request.name ?? "", ["request", "name"]),
    ...inputIssues(operation, inputs, assets),
    ...((request.scheduledFor ?? 0) > now + maxAhead
      ? [{ path: ["request", "scheduledFor"], message: "A job can be scheduled at most a year ahead." }]
      : []),
  ];
  if (all.length > 0) return yield* Effect.fail(refuse(all));
  const asked = form.seed === null ? undefined : request.params[form.seed.name];
  const seed = typeof asked === "number" ? asked : null;
  const inputHashes = assets.map(({ sha256 }) => sha256);
  const prepared: Prepared = { provider, operation, form, request, params, seed, inputs, inputHashes };
  return prepared;
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
  /** Which job of the request: each has another seed. */
  readonly index: number;
  readonly expectedMs: number;
  readonly waitMs: number;
}

export const orderOf = (
  { provider, operation, form, request, params, seed, inputs, inputHashes }: Prepared,
  particulars: Particulars,
): JobOrder => {
  const { index, ...rest } = particulars;
  const chosen =
    form.seed === null
      ? {}
      : // Drawn once for all of a batch and counted on from: seeds drawn one by one may meet.
        { [form.seed.name]: seedAfter(seed ?? seedOf(particulars.batchId ?? particulars.id, form.seed), index, form.seed) };
  const canonical = { ...params, ...chosen };
  return {
    ...rest,
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
