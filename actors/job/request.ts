// A request to generate, checked against what the provider says it takes, and made into the orders of one or more jobs.
// Every fault is named with its place in the request.
import { Effect } from "effect";
import { Assets } from "#actors/asset/assets.ts";
import { inWords } from "#actors/provider/form-words.ts";
import { Providers } from "#actors/provider/index.ts";
import { Database } from "#db/client/database.ts";
import { jobsById } from "#db/queries/job.ts";
import type { Provider, ProviderInputSpec, ProviderOperation } from "#actors/provider/provider.ts";
import type { Asset, MediaType } from "#protocol/asset.ts";
import { mostAheadMs, type JobCell, type JobInput, type JobRequest, type JobState, type JobTemplate } from "#protocol/job.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import { hashOf, seedAfter, seedOf } from "./canonical.ts";
import type { Awaited, JobOrder, ProviderOrder } from "./context.ts";
import { type Form, formOf, promptOf } from "./form.ts";
import { whyNoResult } from "./pipeline.ts";

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
  /** SHA-256 of each input's bytes, or which job makes it. */
  readonly inputHashes: ReadonlyArray<string>;
  /** Jobs that are to be done first. */
  readonly after: ReadonlyArray<Awaited>;
  /** What the words were made from; null: they were written like that. */
  readonly template: JobTemplate | null;
  /** The same at those providers where it is to go on, in order. */
  readonly falls: ReadonlyArray<Prepared>;
}

export const refuse = (issues: ReadonlyArray<Issue>): CallError =>
  new CallError("invalid_input", issues.map(({ message }) => message).join(" "), { issues });

/** The provider and its operation. */
export const operationOf = Effect.fnUntraced(function* (request: Pick<JobRequest, "provider" | "operation">) {
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
  const checked = form.check.safeParse(params, { error: inWords });
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

/** The parameters, each and together, and with the inputs once these are chosen. */
export const checkAll = (
  { form, operation }: Target,
  params: JobRequest["params"],
  inputs?: ReadonlyArray<JobInput>,
): ReturnType<typeof checkParams> => {
  const checked = checkParams(form, params);
  const given = inputs?.map(({ role, name = null }) => ({ role, name }));
  const conflict = checked.issues.length === 0 ? (operation.conflict?.(checked.params, given) ?? null) : null;
  if (conflict === null) return checked;
  const path = conflict.field === null ? ["request", "inputs"] : ["request", "params", conflict.field];
  return { params: checked.params, issues: [{ path, message: conflict.message }] };
};

/** What the inputs of a request are, in order. Errors: not_found for an asset or a job. */
export const sourcesOf = (ownerId: string, inputs: ReadonlyArray<JobInput>) =>
  Effect.forEach(inputs, (input, index) => sourceOf(ownerId, input, index), { concurrency: 8 });

/** A request with what its inputs are: what is made of it, and what is wrong with it. */
export const prepareWith = (
  target: Target,
  request: JobRequest,
  sources: ReadonlyArray<Source>,
  now: number,
  template: JobTemplate | null = null,
): { readonly prepared: Prepared; readonly issues: ReadonlyArray<Issue> } => {
  const { form, operation } = target;
  const { params, issues } = checkAll(target, request.params, request.inputs);
  const inputs = request.inputs.map((input, index) => {
    const { assetId } = sources[index]!;
    return canonicalInput(assetId === undefined ? input : { ...input, assetId });
  });
  const after = new Map(sources.flatMap((source) => (source.after === null ? [] : [[source.after.jobId, source.after] as const])));
  const all = [
    ...issues,
    ...textIssues(request.name ?? "", ["request", "name"]),
    ...inputIssues(operation, inputs, sources),
    ...((request.scheduledFor ?? 0) > now + mostAheadMs
      ? [{ path: ["request", "scheduledFor"], message: "A job can be scheduled at most a year ahead." }]
      : []),
  ];
  const asked = form.seed === null ? undefined : request.params[form.seed.name];
  const seed = typeof asked === "number" ? asked : null;
  const inputHashes = sources.map(({ hash }) => hash);
  return {
    prepared: { ...target, request, params, seed, inputs, inputHashes, after: [...after.values()], template, falls: [] },
    issues: all,
  };
};

const canonicalInput = ({ assetId, jobId, frame, role, name, timeMs }: JobInput): JobInput => ({
  ...(assetId === undefined ? {} : { assetId }),
  ...(jobId === undefined ? {} : { jobId }),
  ...(frame === undefined ? {} : { frame }),
  role,
  ...(name === undefined ? {} : { name }),
  ...(timeMs === undefined ? {} : { timeMs }),
});

/** What an input is, or will be. */
export interface Source {
  readonly mediaType: Asset["mediaType"];
  /** Null: a picture has none. Undefined: nobody knows yet. */
  readonly durationMs: number | null | undefined;
  readonly deletedAt: number | null;
  /** SHA-256 of its bytes; of what is not made yet, the hash of the job that makes it. */
  readonly hash: string;
  /** Where it is there. */
  readonly assetId: string | undefined;
  readonly after: Awaited | null;
  readonly issue: { readonly field: "jobId" | "assetId" | "frame"; readonly message: string } | null;
}

const nothing: Source = {
  mediaType: "video",
  durationMs: undefined,
  deletedAt: null,
  hash: "",
  assetId: undefined,
  after: null,
  issue: null,
};

const sourceOf = Effect.fnUntraced(function* (ownerId: string, input: JobInput, index: number) {
  const { assetId, jobId, frame } = input;
  if (jobId !== undefined && assetId === undefined) return yield* resultOf(ownerId, jobId, frame, index);
  if (assetId === undefined || jobId !== undefined) {
    const issue = { field: "assetId" as const, message: "An input is either an asset or the result of a job." };
    return { ...nothing, issue };
  }
  if (frame !== undefined) {
    const issue = { field: "frame" as const, message: "Only of a job's result: of a video that is there, capture the frame first." };
    return { ...nothing, issue };
  }
  return yield* assetSource(ownerId, assetId, index);
});

const assetSource = Effect.fnUntraced(function* (ownerId: string, assetId: string, index: number) {
  const assets = yield* Assets;
  const { mediaType, durationMs, deletedAt, sha256 } = yield* Effect.mapError(assets.get(ownerId, assetId), (error) =>
    error.code === "not_found" ? new CallError("not_found", `Input ${index + 1}: the asset ${assetId} does not exist.`) : error,
  );
  const source: Source = { mediaType, durationMs, deletedAt, hash: sha256, assetId, after: null, issue: null };
  return source;
});

/** Only of jobs that are there already, so that none can wait for itself, however many stand between. */
const resultOf = Effect.fnUntraced(function* (ownerId: string, jobId: string, frame: JobInput["frame"], index: number) {
  const database = yield* Database;
  const [row] = yield* orCallError(database.query((sql) => jobsById(sql, ownerId, [jobId])));
  if (row === undefined) return yield* Effect.fail(new CallError("not_found", `Input ${index + 1}: the job ${jobId} does not exist.`));
  const title = row.name ?? (row.prompt.slice(0, 40).trim().toWellFormed() || row.operation);
  const why = whyNoResult(title, row.state as JobState, row.failure?.message);
  if (why !== null) return { ...nothing, issue: { field: "jobId" as const, message: why } } as Source;
  if (row.state === "completed" && row.asset_id !== null && frame === undefined) return yield* assetSource(ownerId, row.asset_id, index);
  const picture = frame !== undefined;
  const source: Source = {
    ...nothing,
    mediaType: picture ? "image" : "video",
    durationMs: picture ? null : undefined,
    hash: `job:${row.hash}`,
    after: { jobId, title },
  };
  return source;
});

const aMedium: Readonly<Record<MediaType, string>> = { image: "a picture", video: "a video" };

const wrongMedia = ({ title, accepts }: ProviderInputSpec, is: MediaType): string => {
  const wanted = accepts.map((each) => aMedium[each]).join(" or ");
  const instead = is === "video" && accepts.includes("image") ? ", or capture a frame of the video and use that" : "";
  return `${title}: ${wanted} is needed, and this is ${aMedium[is]}. Choose ${wanted}${instead}.`;
};

const inputIssues = (
  operation: ProviderOperation,
  inputs: ReadonlyArray<JobInput>,
  sources: ReadonlyArray<Source>,
): ReadonlyArray<Issue> => {
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
    const asset = sources[index]!;
    const spec = operation.inputs.find(({ role }) => role === input.role);
    const fault = (field: string, message: string): void => void issues.push({ path: [...base, index, field], message });
    if (asset.issue !== null) return fault(asset.issue.field, asset.issue.message);
    if (spec === undefined)
      return fault("role", `${operation.title} takes no input of this kind: take it away, or choose another operation.`);
    if (asset.deletedAt !== null) fault("assetId", `${spec.title}: it is in the trash. Restore it first, or choose another.`);
    if (!spec.accepts.includes(asset.mediaType))
      fault(input.assetId === undefined ? "jobId" : "assetId", wrongMedia(spec, asset.mediaType));
    if (spec.named && input.name === undefined) fault("name", "It needs a name by which the prompt refers to it.");
    if (input.name !== undefined && names.has(input.name)) fault("name", "Another input has this name.");
    if (input.name !== undefined) names.add(input.name);
    if (input.timeMs !== undefined && asset.durationMs === null) fault("timeMs", "A picture has no time.");
    if (input.timeMs !== undefined && typeof asset.durationMs === "number" && input.timeMs > asset.durationMs)
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
}

/** What is expected of a generation that comes now. */
type Expect = (prepared: Prepared) => Pick<ProviderOrder, "expectedMs" | "waitMs">;

export const orderOf = (prepared: Prepared, particulars: Particulars, expect: Expect): JobOrder => {
  const { inputs, after, template, request, falls } = prepared;
  const { index: _, cell, ...rest } = particulars;
  const { order, take } = atProvider(prepared, particulars, expect);
  const stands = [...cell, ...take];
  // What was tried already is not tried again.
  const elsewhere = new Map(falls.map((fall) => atProvider(fall, particulars, expect).order).map((each) => [each.hash, each]));
  elsewhere.delete(order.hash);
  const { on = [], afterMs = null } = request.fallback ?? {};
  return {
    ...rest,
    ...order,
    ...(stands.length === 0 ? {} : { cell: stands }),
    ...(template === null ? {} : { template }),
    ...(elsewhere.size === 0 ? {} : { fallback: { on, afterMs, orders: [...elsewhere.values()], switches: [] } }),
    inputs,
    ...(after.length === 0 ? {} : { after }),
    name: request.name?.trim() || null,
    priority: request.priority,
    scheduledFor: request.scheduledFor ?? null,
  };
};

/** What of an input tells one request from another: its bytes, not where they come from. */
const hashedInput = ({ assetId: _, jobId: _job, ...input }: JobInput, sha256: string) => ({ ...input, sha256 });

/** `take`: which of its cell it is. */
const atProvider = (
  prepared: Prepared,
  particulars: Particulars,
  expect: Expect,
): { readonly order: ProviderOrder; readonly take: JobCell } => {
  const { provider, operation, form, request, params, seed, inputs, inputHashes } = prepared;
  const { index } = particulars;
  const chosen =
    form.seed === null
      ? {}
      : // Drawn once for all of a batch and counted on from: seeds drawn one by one may meet.
        { [form.seed.name]: seedAfter(seed ?? seedOf(particulars.batchId ?? particulars.id, form.seed), index ?? 0, form.seed) };
  const canonical = { ...params, ...chosen };
  const take = index === null ? [] : [{ axis: "seed", index, value: form.seed === null ? null : canonical[form.seed.name] }];
  const order: ProviderOrder = {
    ...expect(prepared),
    operation: request.operation,
    provider: provider.id,
    providerTitle: provider.title,
    resendable: provider.recovery === "idempotencyKey",
    pooled: provider.account !== null,
    credits: operation.estimate(canonical).credits,
    creditType: provider.account?.creditType ?? null,
    params: canonical,
    prompt: promptOf(form, canonical),
    hash: hashOf({
      operation: request.operation,
      provider: provider.id,
      params: canonical,
      inputs: inputs.map((input, at) => hashedInput(input, inputHashes[at]!)),
    }),
  };
  return { order, take };
};
