// What a job's effects do: its slot, its provider and its asset, through their ports. Every failure goes back to the machine
// with a kind that it decides by and a sentence for a person. All of them may be run again with the same input.
import { access } from "node:fs/promises";
import { Clock, Effect, Schedule } from "effect";
import { type AssetParent, Assets } from "#actors/asset/assets.ts";
import { Providers } from "#actors/provider/index.ts";
import type { KeyLookup, ProviderFailure, ProviderInput } from "#actors/provider/provider.ts";
import type { LineageRelation } from "#protocol/asset.ts";
import type { FailureKind, JobInput } from "#protocol/job.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import type { ActorDefinition, EffectFailure } from "#runtime/actor/define.ts";
import { Blobs } from "#runtime/blobs/blobs.ts";
import { removeStaged } from "#runtime/blobs/staged.ts";
import { assetIdOf } from "./canonical.ts";
import { isAmbiguous, type JobOrder } from "./context.ts";
import { Durations } from "./durations.ts";
import type { jobMachine } from "./machine.ts";
import { Slots } from "./slots.ts";
import { Submissions, unknownOutcome } from "./submissions.ts";

/** Progress is told at most this often, ms, and in steps of at least this share. */
const progressPause = 100;
const progressStep = 0.02;
const untilCalledOff = Schedule.spaced("1 second");

/** A failure as the journal can hold it. */
const failure = (kind: FailureKind, message: string): EffectFailure => ({ kind, message: message.toWellFormed().replaceAll("\0", "") });
const ofProvider = ({ kind, message }: ProviderFailure): EffectFailure => failure(kind, message);

/** It failed before the provider was asked. */
const unsent = (error: EffectFailure): EffectFailure => ({ ...error, unsent: true });

/** A refusal of our own parts. */
const ofCall = ({ code, message }: CallError): EffectFailure => {
  if (code === "storage_full") return failure("storage", message);
  if (code === "overloaded") return failure("limit", message);
  return failure(code === "not_found" || code === "unsupported_media" || code === "invalid_input" ? "input" : "internal", message);
};

const relationOf = ({ role, timeMs }: JobInput): LineageRelation => {
  switch (role) {
    case "image":
      return timeMs === undefined ? "SOURCE_IMAGE" : "PAUSED_FRAME";
    case "video":
      return "SOURCE_VIDEO";
    case "frame":
      return "TRANSITION_INPUT";
    case "subject":
      return "FUSION_CHARACTER";
    case "background":
      return "FUSION_BACKGROUND";
  }
};

const parentsOf = ({ inputs, operation }: JobOrder): ReadonlyArray<AssetParent> =>
  inputs.map((input) => ({ assetId: input.assetId, relation: relationOf(input), operation, timeMs: input.timeMs ?? null }));

const assetName = ({ name, prompt, operation }: JobOrder): string => name ?? (prompt.slice(0, 80).trim().toWellFormed() || operation);

const logged = (stage: string, fields: Readonly<Record<string, unknown>> = {}) => Effect.logInfo(stage, { stage, ...fields });

/** All that is logged on behalf of the job, here and below, can be found by it. */
const ofJob =
  <C extends { readonly input: { readonly order: JobOrder } }, A, E>(run: (call: C) => Effect.Effect<A, E>) =>
  (call: C): Effect.Effect<A, E> => {
    const { id, ownerId, provider } = call.input.order;
    return Effect.annotateLogs(run(call), { job: id, user: ownerId, provider });
  };

/** A failure at the provider, told to the log as it passes. */
const atProvider =
  (step: string) =>
  <A>(effect: Effect.Effect<A, EffectFailure>): Effect.Effect<A, EffectFailure> =>
    Effect.tapError(effect, ({ kind, message }) => logged("provider:error", { step, kind, error: message }));

const slotRequest = ({ id, provider, ownerId, priority }: JobOrder) => ({ jobId: id, provider, ownerId, priority });

type JobEffects = ActorDefinition<typeof jobMachine>["effects"];
type CallOf<N extends keyof JobEffects> = Parameters<JobEffects[N]["run"]>[0];

export const jobEffects = Effect.gen(function* () {
  const providers = yield* Providers;
  const assets = yield* Assets;
  const blobs = yield* Blobs;
  const slots = yield* Slots;
  const durations = yield* Durations;
  const submissions = new Submissions();

  const providerOf = ({ provider, providerTitle }: JobOrder) => {
    const found = providers.get(provider);
    return found === undefined
      ? Effect.fail(failure("parameters", `The provider ${providerTitle} is no longer there. Choose another and try again.`))
      : Effect.succeed(found);
  };

  /** At once for a job that holds its slot; one that was parked gave it away and queues anew. */
  const withSlot = (order: JobOrder) => Effect.mapError(slots.acquire(slotRequest(order)), ofCall);

  const acquireSlot = Effect.fnUntraced(function* ({ input: { order } }: CallOf<"acquireSlot">) {
    const slot = yield* Effect.mapError(Effect.andThen(providerOf(order), withSlot(order)), unsent);
    return { slot, expectedMs: durations.expected(order) };
  });

  const submit = Effect.fnUntraced(function* ({ input: { order, key } }: CallOf<"submit">) {
    yield* Effect.mapError(Effect.andThen(providerOf(order), withSlot(order)), unsent);
    return yield* send(order, key);
  });

  const send = Effect.fnUntraced(function* (order: JobOrder, key: string) {
    const provider = yield* Effect.mapError(providerOf(order), unsent);
    const inputs = yield* Effect.mapError(Effect.forEach(order.inputs, fileOf(order), { concurrency: 8 }), (error) =>
      unsent(ofCall(error)),
    );
    yield* logged("pipeline:artifact", { hash: order.hash, inputs: inputs.length });
    yield* logged("provider:submit", { key });
    const sending = provider.submit(key, { operation: order.operation, params: order.params, inputs });
    // A bug in the middle of a submission is a lost answer: only where the key is known may it be run again.
    const safe = order.resendable ? sending : Effect.catchDefect(sending, (defect) => Effect.fail(unknownOutcome(defect)));
    const { recovery } = provider;
    const answered = typeof recovery === "string" ? safe : Effect.catchIf(safe, isUnanswered, (lost) => foundBy(recovery, key, lost));
    return yield* submissions.submit(key, answered).pipe(Effect.mapError(ofProvider), atProvider("submit"));
  });

  const fileOf = (order: JobOrder) =>
    Effect.fnUntraced(function* ({ assetId, role, name, timeMs }: JobInput) {
      const file = yield* assets.file(order.ownerId, assetId);
      const input: ProviderInput = { role, name: name ?? null, timeMs: timeMs ?? null, ...file };
      return input;
    });

  const track = Effect.fnUntraced(function* ({ input: { order, providerJobId }, send }: CallOf<"track">) {
    const provider = yield* providerOf(order);
    yield* withSlot(order);
    let told = 0;
    let toldAt = 0;
    const progress = Effect.fnUntraced(function* (fraction: number) {
      const now = yield* Clock.currentTimeMillis;
      if (!(fraction >= told + progressStep) || now < toldAt + progressPause) return;
      told = fraction;
      toldAt = now;
      yield* Effect.logDebug("provider:status", { stage: "provider:status", progress: fraction });
      yield* send({ type: "provider.progress", fraction });
    });
    yield* provider.track(providerJobId, progress).pipe(Effect.mapError(ofProvider), atProvider("track"));
    yield* logged("provider:complete", { providerJobId });
    return null;
  });

  const download = Effect.fnUntraced(function* ({ input: { order, providerJobId } }: CallOf<"download">) {
    const provider = yield* providerOf(order);
    const file = blobs.stage(`${order.id}.media`);
    yield* provider.download(providerJobId, file).pipe(
      Effect.onError(() => removeStaged(file)),
      Effect.mapError(ofProvider),
      atProvider("download"),
    );
    return { file };
  });

  const ingest = Effect.fnUntraced(function* ({ input: { order, file } }: CallOf<"ingest">) {
    const startedAt = yield* Clock.currentTimeMillis;
    const assetId = assetIdOf(order.id);
    if (!(yield* isThere(file))) {
      // Either it was stored before a crash, or the crash swept it away.
      return yield* Effect.mapBoth(assets.get(order.ownerId, assetId), {
        onSuccess: ({ id }) => ({ assetId: id }),
        onFailure: (error) =>
          error.code === "not_found" ? failure("lost", "The downloaded file is gone: it is fetched again.") : ofCall(error),
      });
    }
    const asset = yield* Effect.mapError(
      assets.ingest({
        assetId,
        ownerId: order.ownerId,
        name: assetName(order),
        origin: { kind: "generation", jobId: order.id },
        prompt: order.prompt === "" ? null : order.prompt,
        parents: parentsOf(order),
        path: file,
      }),
      ofCall,
    );
    const durationMs = (yield* Clock.currentTimeMillis) - startedAt;
    yield* logged("pipeline:complete", { asset: asset.id, durationMs });
    return { assetId: asset.id };
  });

  const cancelAtProvider = Effect.fnUntraced(function* ({ input: { order, key, providerJobId, file } }: CallOf<"cancelAtProvider">) {
    if (file !== null) {
      yield* removeStaged(file);
      // It may have been stored in the moment in which the job was called off.
      yield* Effect.mapError(Effect.retry(assets.withdraw(order.ownerId, assetIdOf(order.id)), untilCalledOff), ofCall);
    }
    const started = providerJobId ?? (yield* startedWith(order, key));
    if (started === null) return null;
    const provider = yield* providerOf(order);
    yield* untilReached(provider.cancel(started)).pipe(Effect.mapError(ofProvider), atProvider("cancel"));
    return null;
  });

  /** The provider's job that a key has led to; null if there is none, or nobody can tell. */
  const startedWith = Effect.fnUntraced(function* (order: JobOrder, key: string) {
    const outcome = yield* submissions.outcome(key);
    switch (outcome.type) {
      case "accepted":
        return outcome.providerJobId;
      case "refused":
        return null;
      case "unknown":
        // The key sent again answers the job that it has started. If it had not arrived, one is started now and stopped at
        // once: less dear than one that runs to its end and that nobody knows of.
        if (order.resendable) return (yield* untilReached(send(order, key))).providerJobId;
        return (yield* Effect.orElseSucceed(lookUp(order, key) ?? Effect.undefined, () => undefined))?.providerJobId ?? null;
    }
  });

  /** Null: the provider cannot say whether it took a submission. */
  const lookUp = ({ provider }: JobOrder, key: string) => {
    const recovery = providers.get(provider)?.recovery;
    return typeof recovery === "object" ? Effect.mapError(recovery.lookup(key), ofProvider) : null;
  };

  const quarantineOf = ({ provider }: JobOrder) => {
    const recovery = providers.get(provider)?.recovery;
    // A provider that knows the key takes no second one, however late the first arrives.
    return typeof recovery === "object" ? recovery.quarantine : 0;
  };

  const effects: JobEffects = {
    acquireSlot: { recovery: "resend", run: ofJob(acquireSlot) },
    submit: {
      recovery: "lookup",
      run: ofJob(submit),
      // Nothing found and no failure: it is sent again. A failure, or nobody to ask: a person decides.
      lookup: ({ input: { order, key } }) => (order.resendable ? Effect.undefined : lookUp(order, key)),
      quarantine: ({ input: { order } }) => quarantineOf(order),
    },
    track: { recovery: "resend", run: ofJob(track) },
    download: { recovery: "resend", run: ofJob(download) },
    ingest: { recovery: "resend", run: ofJob(ingest) },
    cancelAtProvider: { recovery: "resend", run: ofJob(cancelAtProvider) },
  };
  return effects;
});

/** Tries until the provider can be reached. The machine bounds the time of this. */
const untilReached = <A, E extends { readonly kind: string }>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.retry(effect, { schedule: untilCalledOff, while: ({ kind }) => kind === "network" || kind === "timeout" });

const isUnanswered = ({ kind }: ProviderFailure): boolean => isAmbiguous(kind);

/** What a submission without an answer has led to. Not found, now and after the quarantine: it was not taken, so another may be made. */
const foundBy = ({ lookup, quarantine }: KeyLookup, key: string, lost: ProviderFailure) => {
  const look = Effect.mapError(untilReached(lookup(key)), () => lost);
  const notTaken = (): ProviderFailure => ({ kind: "provider", message: `${lost.message} It was not taken.` });
  return look.pipe(
    Effect.filterOrElse(isFound, () => Effect.andThen(Effect.sleep(quarantine), look)),
    Effect.filterOrFail(isFound, notTaken),
  );
};

const isFound = <A>(found: A | undefined): found is A => found !== undefined;

const isThere = (path: string): Effect.Effect<boolean> =>
  Effect.promise(() =>
    access(path).then(
      () => true,
      () => false,
    ),
  );
