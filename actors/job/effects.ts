// What a job's effects do: its slot, its provider and its asset, through their ports. Every failure goes back to the machine
// with a kind that it decides by and a sentence for a person. All of them may be run again with the same input.
import { access } from "node:fs/promises";
import { Clock, type Duration, Effect, Schedule } from "effect";
import { type AssetParent, Assets } from "#actors/asset/assets.ts";
import { Accounts } from "#actors/account/accounts.ts";
import { waitInPool } from "#actors/pool/waiting.ts";
import { pauseWords } from "#actors/pause/context.ts";
import { Pauses } from "#actors/pause/pauses.ts";
import { Providers } from "#actors/provider/index.ts";
import type { Connection, Provider, ProviderFailure, ProviderInput, ProviderRequest } from "#actors/provider/provider.ts";
import { MaySend } from "#actors/provider/tools.ts";
import { Database } from "#db/client/database.ts";
import { makingOf } from "#db/queries/job.ts";
import type { LineageRelation } from "#protocol/asset.ts";
import type { FailureKind, JobInput } from "#protocol/job.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { Actors } from "#runtime/actor/actors.ts";
import type { ActorDefinition, EffectFailure } from "#runtime/actor/define.ts";
import { damagedCopy } from "#runtime/blobs/archive.ts";
import { Blobs } from "#runtime/blobs/blobs.ts";
import { removeStaged } from "#runtime/blobs/staged.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import { assetIdOf } from "./canonical.ts";
import {
  failureOf,
  isAmbiguous,
  isAtTheDoor,
  isNotTaken,
  isUnsent,
  type JobOrder,
  recoveries,
  sentAgain,
  type SlotWaits,
} from "./context.ts";
import { Durations } from "./durations.ts";
import type { jobMachine } from "./machine.ts";
import { isOutOfReach, pipelines } from "./pipeline.ts";
import { makeProviderJobs, type Submitted } from "./provider-jobs.ts";
import { Slots } from "./slots.ts";
import { Submissions, unknownOutcome } from "./submissions.ts";

/** Progress is told at most this often, ms, and from this share on. */
const progressPause = 100;
const progressBegin = 0.02;
/** And in steps of at least so much. Where it is asked for at an account, to note it costs more than to ask. */
const progressStep = (accountId: string | null): number => (accountId === null ? 0.02 : 0.04);
const untilCalledOff = Schedule.spaced("1 second");

/** A failure as the journal can hold it. */
const failure = (kind: FailureKind, message: string): EffectFailure => ({ kind, message: message.toWellFormed().replaceAll("\0", "") });
const ofProvider = ({ kind, message, retryAfterMs, charged, rate, unsent: notSent, notTaken }: ProviderFailure): EffectFailure => ({
  ...failure(kind, message),
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  ...(charged === undefined ? {} : { charged }),
  ...(rate === undefined ? {} : { rate: true }),
  ...(notSent === undefined ? {} : { unsent: true }),
  ...(notTaken === undefined ? {} : { notTaken: true }),
});

/** It failed before the provider was asked. */
const unsent = (error: EffectFailure): EffectFailure => ({ ...error, unsent: true });

/** Whether a failed submission says what became of the same that was sent before. */
const tellsOfBefore = (error: EffectFailure): boolean =>
  isNotTaken({ error }) || !(isUnsent({ error }) || isAtTheDoor(failureOf({ error }).kind));

/** A refusal of our own parts. */
const ofCall = ({ code, message }: CallError): EffectFailure => {
  if (code === "storage_full") return failure("storage", message);
  if (code === "overloaded") return failure("limit", message);
  return failure(code === "not_found" || code === "unsupported_media" || code === "invalid_input" ? "input" : "internal", message);
};

/** Why an input could not be read. What is out of reach is waited for as a full disk is: neither the provider nor another has to do with it. */
const ofInput = (error: CallError): EffectFailure => {
  if (isOutOfReach(error)) return failure("storage", `An input cannot be read just now. ${error.message}`);
  return error === damagedCopy ? failure("input", error.message) : ofCall(error);
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
  inputs.flatMap((input) =>
    input.assetId === undefined ? [] : [{ assetId: input.assetId, relation: relationOf(input), operation, timeMs: input.timeMs ?? null }],
  );

const assetName = ({ name, prompt, operation }: JobOrder): string => name ?? (prompt.slice(0, 80).trim().toWellFormed() || operation);

const logged = (stage: string, fields: Readonly<Record<string, unknown>> = {}) => Effect.logInfo(stage, { stage, ...fields });

/** All that is logged on behalf of the job, here and below, can be found by it. */
const ofJob =
  <C extends { readonly input: { readonly order: JobOrder } }, A, E, R>(run: (call: C) => Effect.Effect<A, E, R>) =>
  (call: C): Effect.Effect<A, E, R> => {
    const { id, ownerId, provider } = call.input.order;
    return Effect.annotateLogs(run(call), { job: id, user: ownerId, provider });
  };

/** A failure at the provider, told to the log as it passes. */
const atProvider =
  (step: string) =>
  <A>(effect: Effect.Effect<A, EffectFailure>): Effect.Effect<A, EffectFailure> =>
    Effect.tapError(effect, ({ kind, message }) => logged("provider:error", { step, kind, error: message }));

const slotRequest = ({ id, provider, ownerId, priority, rank = 0 }: JobOrder, since: number) => ({
  jobId: id,
  provider,
  ownerId,
  priority,
  rank,
  since,
});

type JobEffects = ActorDefinition<typeof jobMachine, Actors>["effects"];
type CallOf<N extends keyof JobEffects> = Parameters<JobEffects[N]["run"]>[0];

/** Between two look-ups of one that cannot be told yet, ms. */
const lookUpPause = 10_000;
/** How long a submission that was sent may take to be known, unless the provider says. */
const quarantine = "10 seconds";

/** `unheard`: jobs that say they wait for the word of their provider, by id. */
export const jobEffects = Effect.fnUntraced(function* (unheard: ReadonlySet<string>) {
  const providers = yield* Providers;
  const accounts = yield* Accounts;
  const assets = yield* Assets;
  const blobs = yield* Blobs;
  const database = yield* Database;
  const slots = yield* Slots;
  const durations = yield* Durations;
  const pauses = yield* Pauses;
  const awaitInputs = yield* pipelines;
  const submissions = new Submissions();
  const providerJobs = yield* makeProviderJobs;

  const providerOf = ({ provider, providerTitle }: JobOrder): Effect.Effect<Provider, EffectFailure> => {
    const found = providers.get(provider);
    return found === undefined
      ? Effect.fail(failure("parameters", `The provider ${providerTitle} is no longer there. Choose another and try again.`))
      : Effect.succeed(found);
  };

  const connectionOf = (order: JobOrder, accountId: string | null): Effect.Effect<Connection, EffectFailure> =>
    Effect.flatMap(providerOf(order), (provider) => Effect.mapError(accounts.connection(provider, accountId), ofProvider));

  /** At once for a job that holds its slot; one that was parked gave it away and queues anew, before those that have begun nothing. A place at an account is the job's own. */
  const withSlot = (order: JobOrder): Effect.Effect<string | null, EffectFailure> =>
    order.pooled ? Effect.succeed(null) : Effect.mapError(slots.acquire(slotRequest(order, 0)), ofCall);

  const acquireSlot = Effect.fnUntraced(function* ({ input: { order, key, since }, send: tell }: CallOf<"acquireSlot">) {
    yield* Effect.mapError(providerOf(order), unsent);
    if (order.pooled) {
      const { id: jobId, provider, providerTitle, ownerId, priority, rank = 0, credits } = order;
      const waiting = { jobId, key, provider, providerTitle, ownerId, priority, rank, cost: credits, since };
      const mayLeave = (order.fallback?.orders.length ?? 0) > 0 && (order.fallback?.on.includes("refused") ?? false);
      return yield* waitInPool(waiting, mayLeave, (wait) => tell({ type: "slot.waits", ...wait }));
    }
    return {
      slot: yield* slotUnlessPaused(order, since, (wait) => tell({ type: "slot.waits", ...wait })),
      expectedMs: durations.expected(order),
    };
  });

  /** Waits as long as a person holds its owner's jobs back there, and for a slot. */
  const slotUnlessPaused = Effect.fnUntraced(function* (
    order: JobOrder,
    since: number,
    tell: (wait: Omit<SlotWaits, "type">) => Effect.Effect<void>,
  ): Effect.fn.Return<string, EffectFailure> {
    const { id, ownerId, provider, providerTitle } = order;
    const acquire = Effect.mapError(slots.acquire(slotRequest(order, since)), (error) => unsent(ofCall(error)));
    for (;;) {
      const pause = pauses.of(ownerId, provider);
      if (pause !== null) {
        // What it held at a provider that it has left is for others meanwhile.
        slots.release(id);
        yield* tell({ reason: pauseWords(pause, providerTitle), heldBack: true });
        yield* pauses.until(ownerId, provider, "resumed");
        yield* tell({ reason: `A free slot at ${providerTitle}.`, heldBack: false });
        continue;
      }
      const slot = yield* Effect.raceFirst(acquire, Effect.as(pauses.until(ownerId, provider, "paused"), null));
      if (slot !== null && pauses.of(ownerId, provider) === null) return slot;
      slots.release(id);
    }
  });

  const submit = Effect.fnUntraced(function* ({ input, recovered: wasBegun, isLeased }: CallOf<"submit">) {
    const { order, unanswered = false } = input;
    const sent = Effect.andThen(
      Effect.mapError(Effect.andThen(providerOf(order), withSlot(order)), unsent),
      send(input, unanswered || wasBegun, isLeased),
    );
    // The job does not know of a run that broke off: unless this one tells what became of that, it is to learn that it had no answer.
    const isNews = wasBegun && !unanswered && order.resendable;
    return yield* isNews ? Effect.mapError(sent, (error) => (tellsOfBefore(error) ? error : failure("network", error.message))) : sent;
  });

  const requestOf = Effect.fnUntraced(function* (order: JobOrder) {
    const inputs = yield* Effect.mapError(Effect.forEach(order.inputs, fileOf(order), { concurrency: 8 }), ofInput);
    const request: ProviderRequest = { operation: order.operation, params: order.params, inputs };
    return request;
  });

  /** `unanswered`: the same was sent before, and nobody knows what became of it. */
  const send = Effect.fnUntraced(function* (
    { order, key, accountId, since }: Omit<CallOf<"submit">["input"], "unanswered">,
    unanswered: boolean,
    isLeased: () => boolean,
  ) {
    const provider = yield* Effect.mapError(providerOf(order), unsent);
    const connection = yield* Effect.mapError(connectionOf(order, accountId), unsent);
    const request = yield* Effect.mapError(requestOf(order), unsent);
    yield* logged("pipeline:artifact", { hash: order.hash, inputs: request.inputs.length });
    yield* logged("provider:submit", { key, account: accountId });
    const sending = Effect.provideService(connection.submit(key, request), MaySend, isLeased);
    // A bug in the middle of a submission is a lost answer: only where the key is known may it be run again.
    const safe = order.resendable ? sending : Effect.catchDefect(sending, (defect) => Effect.fail(unknownOutcome(defect)));
    const { reconcile } = connection;
    const submitted = { key, place: accountId ?? provider.id };
    const answered = reconcile === undefined ? safe : recovered(provider, submitted, safe, reconcile, request, since, unanswered);
    return yield* submissions.submit(key, answered, unanswered).pipe(Effect.mapError(ofProvider), atProvider("submit"));
  });

  /** A submission that is looked for at the provider where its answer does not tell what became of it. */
  const recovered = (
    provider: Provider,
    submitted: Submitted,
    sending: ReturnType<Connection["submit"]>,
    reconcile: NonNullable<Connection["reconcile"]>,
    request: ProviderRequest,
    since: number,
    unanswered: boolean,
  ): ReturnType<Connection["submit"]> => {
    const find = providerJobs.find(submitted, reconcile, request, since);
    const pause = provider.quarantine ?? quarantine;
    switch (provider.recovery) {
      case "none":
        return sending;
      case "lookup":
        return Effect.flatMap(sending, (answer) => providerJobs.accepted(submitted, answer)).pipe(
          Effect.catchIf(isUnanswered, (lost) => foundBy(find, pause, lost)),
        );
      case "idempotencyKey":
        // Asked once: what is not found is sent again, with the same key.
        return sending.pipe(
          Effect.catchIf(isUnanswered, (lost) =>
            Effect.mapError(Effect.filterOrFail(find, isFound), () => lost).pipe(Effect.map(accepted)),
          ),
          // Another key may follow only if this one was never taken.
          Effect.catchIf(
            ({ kind, unsent: notSent }) => unanswered && notSent !== true && isAtTheDoor(kind),
            (refused) => unlessFound(find, pause, refused),
          ),
        );
    }
  };

  /** What made an asset, where a provider did that goes on from its own. */
  const makerOf = Effect.fnUntraced(function* (jobId: string | null) {
    if (jobId === null) return null;
    const [row] = yield* orCallError(database.query((sql) => makingOf(sql, jobId)));
    return row === undefined ? null : { provider: row.provider, accountId: row.account_id, providerJobId: row.provider_job_id };
  });

  const fileOf = (order: JobOrder) =>
    Effect.fnUntraced(function* ({ assetId, role, name, timeMs }: JobInput) {
      if (assetId === undefined) return yield* Effect.fail(new CallError("not_found", "An input was not made."));
      const { jobId, ...file } = yield* assets.file(order.ownerId, assetId);
      const input: ProviderInput = {
        role,
        name: name ?? null,
        timeMs: timeMs ?? null,
        ...file,
        made: yield* makerOf(order.pooled ? jobId : null),
      };
      return input;
    });

  const track = Effect.fnUntraced(function* ({ input, send }: CallOf<"track">) {
    const { order, providerJobId, accountId, endsAt } = input;
    // Without a connection nothing is known of what goes on there.
    const connection = yield* Effect.mapError(connectionOf(order, accountId), unsent);
    yield* withSlot(order);
    let next = progressBegin;
    // By a clock that nobody sets back.
    const clock = yield* Clock.Clock;
    let toldAt = Number.NEGATIVE_INFINITY;
    const progress = Effect.fnUntraced(function* (fraction: number) {
      const at = Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n);
      // Who waits for word is told anything; that it is done tells the outcome, which follows at once.
      const isNews = unheard.has(order.id) || (fraction >= next && at >= toldAt + progressPause);
      if (!isNews || fraction >= 1) return;
      next = Math.max(next, fraction + progressStep(accountId));
      toldAt = at;
      yield* Effect.logDebug("provider:status", { stage: "provider:status", progress: fraction });
      yield* send({ type: "provider.progress", fraction });
    });
    const remainingMs = endsAt === undefined ? undefined : endsAt - (yield* Clock.currentTimeMillis);
    const outcome = yield* connection.track(providerJobId, progress, remainingMs).pipe(Effect.mapError(ofProvider), atProvider("track"));
    yield* logged("provider:complete", { providerJobId });
    return outcome;
  });

  const download = Effect.fnUntraced(function* ({ input: { order, providerJobId, accountId } }: CallOf<"download">) {
    const connection = yield* connectionOf(order, accountId);
    const file = blobs.stage(`${order.id}.media`);
    yield* connection.download(providerJobId, file).pipe(
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
        early: true,
      }),
      ofCall,
    );
    const durationMs = (yield* Clock.currentTimeMillis) - startedAt;
    yield* logged("pipeline:complete", { asset: asset.id, durationMs });
    return { assetId: asset.id };
  });

  const cancelAtProvider = Effect.fnUntraced(function* (call: CallOf<"cancelAtProvider">) {
    const { order, accountId, providerJobId, file } = call.input;
    if (file !== null) {
      yield* removeStaged(file);
      // It may have been stored in the moment in which the job was called off.
      yield* Effect.mapError(Effect.retry(assets.withdraw(order.ownerId, assetIdOf(order.id)), untilCalledOff), ofCall);
    }
    const started: Started = providerJobId === null ? yield* startedWith(call) : { providerJobId };
    if (started.providerJobId === null) return { stopped: started.stopped };
    const connection = yield* connectionOf(order, accountId);
    const stopped = yield* untilReached(connection.cancel(started.providerJobId)).pipe(Effect.mapError(ofProvider), atProvider("cancel"));
    return { stopped };
  });

  /** What a key has led to. */
  const startedWith = Effect.fnUntraced(function* ({
    input,
    isLeased,
  }: CallOf<"cancelAtProvider">): Effect.fn.Return<Started, EffectFailure> {
    const { order, key, accountId, since } = input;
    const outcome = yield* submissions.outcome(key);
    switch (outcome.type) {
      case "accepted":
        return { providerJobId: outcome.providerJobId };
      case "refused":
        return { providerJobId: null, stopped: true };
      case "unknown": {
        // The key sent again answers the job that it has started. If it had not arrived, one is started now and stopped at
        // once: less dear than one that runs to its end and that nobody knows of.
        if (order.resendable) {
          const known = yield* Effect.orElseSucceed(inLedger(order, key, accountId, since), () => null);
          if (known !== null) return known ?? { providerJobId: null, stopped: true };
          // What cannot be stopped would be paid only to know about it.
          if (providers.get(order.provider)?.unstoppable === true) return { providerJobId: null, stopped: null };
          return yield* untilReached(send(input, true, isLeased));
        }
        const found = yield* Effect.orElseSucceed(lookUp(order, key, accountId, since), () => null);
        return found === null ? { providerJobId: null, stopped: null } : (found ?? { providerJobId: null, stopped: true });
      }
    }
  });

  /** What the books of a provider that knows keys say of one, looked at twice before it counts as never taken. Fails where they do not say. */
  const inLedger = Effect.fnUntraced(function* (order: JobOrder, key: string, accountId: string | null, since: number) {
    const provider = yield* providerOf(order);
    return yield* foundTwice(lookUp(order, key, accountId, since), provider.quarantine ?? quarantine);
  });

  const lookUp = Effect.fnUntraced(function* (order: JobOrder, key: string, accountId: string | null, since: number) {
    const { reconcile } = yield* connectionOf(order, accountId);
    if (reconcile === undefined) {
      return yield* Effect.fail(failure("internal", `${order.providerTitle} cannot say whether it took the submission.`));
    }
    const submitted = { key, place: accountId ?? order.provider };
    return yield* Effect.mapError(providerJobs.find(submitted, reconcile, yield* requestOf(order), since), ofProvider);
  });

  /** Some list a generation only when it has ended: it is asked for as long as that may take. */
  const lookUpPatiently = (order: JobOrder, key: string, accountId: string | null, since: number) =>
    Effect.retry(lookUp(order, key, accountId, since), {
      while: ({ kind }) => kind === "network" || kind === "limit" || kind === "storage",
      schedule: Schedule.spaced(`${lookUpPause} millis`),
      times: Math.ceil((2 * order.expectedMs) / lookUpPause) + 3,
    });

  const quarantineOf = ({ provider }: JobOrder) => {
    const found = providers.get(provider);
    // A provider that knows the key takes no second one, however late the first arrives.
    return found?.recovery === "lookup" ? (found.quarantine ?? quarantine) : 0;
  };

  const effects: JobEffects = {
    awaitInputs: {
      recovery: "resend",
      run: ofJob(({ input: { order }, send: tell }) => awaitInputs(order, (reason) => tell({ type: "inputs.wait", reason }))),
    },
    acquireSlot: {
      recovery: "resend",
      recovered: recoveries.acquireSlot,
      run: ofJob(acquireSlot),
    },
    submit: {
      recovery: "lookup",
      recovered: recoveries.submit,
      run: ofJob(submit),
      // Nothing found and no failure: it is sent again. A failure: a person decides.
      lookup: ({ input: { order, key, accountId, since } }) => {
        if (order.resendable) {
          // What is not found is sent again, with the same key: nothing is waited for.
          return Effect.orElseSucceed(
            Effect.map(lookUp(order, key, accountId, since), (found) => (found === undefined ? undefined : accepted(found))),
            () => undefined,
          );
        }
        // Nobody can be asked.
        if (providers.get(order.provider)?.recovery !== "lookup") return null;
        return Effect.map(lookUpPatiently(order, key, accountId, since), (found) => (found === undefined ? undefined : accepted(found)));
      },
      quarantine: ({ input: { order } }) => quarantineOf(order),
      again: sentAgain,
    },
    track: { recovery: "resend", recovered: recoveries.track, run: ofJob(track) },
    download: { recovery: "resend", recovered: recoveries.download, run: ofJob(download) },
    ingest: { recovery: "resend", recovered: recoveries.ingest, run: ofJob(ingest) },
    cancelAtProvider: { recovery: "resend", recovered: recoveries.cancelAtProvider, run: ofJob(cancelAtProvider) },
  };
  return effects;
});

/** Tries until the provider can be reached. The machine bounds the time of this. */
const untilReached = <A, E extends { readonly kind: string }>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.retry(effect, { schedule: untilCalledOff, while: ({ kind }) => kind === "network" || kind === "timeout" });

const isUnanswered = ({ kind, unsent: notSent }: ProviderFailure): boolean => isAmbiguous(kind) && notSent !== true;

/** A provider's job that is to be stopped, or none; `stopped` null: nobody can tell whether there is one. */
type Started = { readonly providerJobId: string } | { readonly providerJobId: null; readonly stopped: boolean | null };

const accepted = ({ providerJobId }: { readonly providerJobId: string }) => ({ providerJobId, charged: null });

/** Looked for twice, so that what was on its way is there; `undefined`: it was not taken, so another may be made. */
const foundTwice = <E, R>(ask: Effect.Effect<{ readonly providerJobId: string } | undefined, E, R>, pause: Duration.Input) =>
  Effect.filterOrElse(ask, isFound, () => Effect.andThen(Effect.sleep(pause), ask));

/** What a submission without an answer has led to. */
const foundBy = (
  ask: Effect.Effect<{ readonly providerJobId: string } | undefined, ProviderFailure>,
  pause: Duration.Input,
  lost: ProviderFailure,
) =>
  foundTwice(
    Effect.mapError(untilReached(ask), () => lost),
    pause,
  ).pipe(
    Effect.filterOrFail(isFound, (): ProviderFailure => ({ kind: "provider", message: `${lost.message} It was not taken.` })),
    Effect.map(accepted),
  );

/** What was refused now may have been taken before. Where that cannot be told it stays as open as it was. */
const unlessFound = (
  ask: Effect.Effect<{ readonly providerJobId: string } | undefined, ProviderFailure>,
  pause: Duration.Input,
  refused: ProviderFailure,
) =>
  foundTwice(
    Effect.mapError(ask, () => refused),
    pause,
  ).pipe(
    Effect.filterOrFail(isFound, (): ProviderFailure => ({ ...refused, notTaken: true })),
    Effect.map(accepted),
  );

const isFound = <A>(found: A | undefined): found is A => found !== undefined;

const isThere = (path: string): Effect.Effect<boolean> =>
  Effect.promise(() =>
    access(path).then(
      () => true,
      () => false,
    ),
  );
