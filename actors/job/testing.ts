// Jobs on the real actor host and database for tests, with a provider and assets in memory whose behaviour a test decides.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Context, Deferred, Effect, Exit, Layer, Logger, ManagedRuntime, Redacted } from "effect";
import * as z from "zod";
import type { Accounts } from "#actors/account/accounts.ts";
import { accountDelivery } from "#actors/account/delivery.ts";
import { accountHandlers } from "#actors/account/handlers.ts";
import type { Leases } from "#actors/account/leases.ts";
import { type AssetParent, Assets, pastAnyEnd } from "#actors/asset/assets.ts";
import { actorKinds, kindServices } from "#actors/index.ts";
import type { Pauses } from "#actors/pause/pauses.ts";
import { promptHandlers } from "#actors/prompt/handlers.ts";
import { Providers } from "#actors/provider/index.ts";
import type { AccountSpec, Connection, Provider, ProviderFailure, ProviderRequest } from "#actors/provider/provider.ts";
import { quotaHandlers } from "#actors/quota/handlers.ts";
import { spendHandlers } from "#actors/spend/handlers.ts";
import { playAhead } from "#actors/session/lookout.ts";
import { Database, type DatabaseError } from "#db/client/database.ts";
import type { Asset } from "#protocol/asset.ts";
import type { Account, ProviderQueue } from "#protocol/account.ts";
import type { CallArgs, CallName, CallOutput } from "#protocol/contract.ts";
import { type FailureKind, type Job, JobRequest } from "#protocol/job.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { Actors } from "#runtime/actor/actors.ts";
import { actorHandlers } from "#runtime/actor/handlers.ts";
import { actorHost } from "#runtime/actor/host.ts";
import type { Blobs } from "#runtime/blobs/blobs.ts";
import { asTheyAre } from "#actors/provider/testing.ts";
import { Videos } from "#actors/provider/videos.ts";
import { localBlobs } from "#runtime/blobs/local.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { singleProcess } from "#runtime/cluster/single.ts";
import { readSettings, Settings } from "#runtime/config/settings.ts";
import { Pool } from "#runtime/pool/pool.ts";
import { Vault } from "#runtime/vault/vault.ts";
import { contextOf } from "#runtime/gateway/caller.ts";
import type { CallContext, DomainHandlers, TopicMessage } from "#runtime/gateway/handlers.ts";
import type { Durations } from "./durations.ts";
import { jobHandlers } from "./handlers.ts";
import type { Slots } from "./slots.ts";

type Step = "submit" | "track" | "download" | "cancel" | "ingest" | "lookup";
type Answer = Effect.Effect<void, ProviderFailure>;

/** Plays the outside: each step does what the test said next, or else succeeds. */
class Script {
  readonly #next = new Map<Step, Array<Answer>>();
  /** Failures of jobs that had done nothing yet when they were ordered. */
  readonly #ofNew: Array<{
    readonly step: Step;
    readonly known: ReadonlySet<string>;
    readonly answer: Answer;
    readonly taken: () => void;
  }> = [];
  readonly #known = new Set<string>();
  readonly #arrivals = new Map<Step, { count: number; waiters: Array<{ readonly count: number; readonly arrived: () => void }> }>();

  /** The next run of the step does this. */
  next(step: Step, ...answers: ReadonlyArray<Answer>): void {
    this.#next.set(step, [...(this.#next.get(step) ?? []), ...answers]);
  }

  fail(step: Step, ...kinds: ReadonlyArray<FailureKind>): void {
    this.next(step, ...kinds.map((kind) => Effect.fail({ kind, message: `it was ${kind}` })));
  }

  /** The first run of the step of a job that has done nothing yet: a retry of another does not take it. Completes when it was taken. */
  failNew(step: Step, kind: FailureKind): Promise<void> {
    const answer = Effect.fail({ kind, message: `it was ${kind}` });
    return new Promise((taken) => this.#ofNew.push({ step, known: new Set(this.#known), answer, taken }));
  }

  /** The next run of the step waits until the answered function is called. */
  hold(step: Step): () => void {
    const gate = Deferred.makeUnsafe<void>();
    this.next(step, Deferred.await(gate));
    return () => Deferred.doneUnsafe(gate, Effect.void);
  }

  #at(step: Step) {
    let at = this.#arrivals.get(step);
    if (at === undefined) this.#arrivals.set(step, (at = { count: 0, waiters: [] }));
    return at;
  }

  /** Completes when the step has been begun `count` times in all. */
  begun(step: Step, count = 1): Promise<void> {
    const at = this.#at(step);
    return at.count >= count ? Promise.resolve() : new Promise((arrived) => at.waiters.push({ count, arrived }));
  }

  /** What a step does that the test says nothing of. */
  readonly otherwise = new Map<Step, Answer>();

  reset(): void {
    this.#next.clear();
    this.#ofNew.length = 0;
    this.#known.clear();
    this.#arrivals.clear();
    this.otherwise.clear();
  }

  /** `of`: an id that names the job. */
  run(step: Step, of: string): Answer {
    return Effect.suspend(() => {
      const job = /(?:job|ast)_([^-]+)/.exec(of)?.[1] ?? of;
      this.#known.add(job);
      const at = this.#at(step);
      at.count++;
      for (const waiter of at.waiters) if (at.count >= waiter.count) waiter.arrived();
      const ordered = this.#ofNew.find((each) => each.step === step && !each.known.has(job));
      if (ordered !== undefined) {
        this.#ofNew.splice(this.#ofNew.indexOf(ordered), 1);
        ordered.taken();
        return ordered.answer;
      }
      return this.#next.get(step)?.shift() ?? this.otherwise.get(step) ?? Effect.void;
    });
  }
}

const base = {
  prompt: z.string().min(1).max(200).meta({ title: "Prompt", "x-widget": "prompt" }),
  duration: z.int().min(1).max(15).default(5).meta({ title: "Duration", "x-widget": "slider" }),
  negativePrompt: z.string().max(200).optional().meta({ title: "Negative prompt" }),
  seed: z.int().min(0).max(1000).optional().meta({ title: "Seed", "x-widget": "seed" }),
};

const usual = {
  concurrency: 2,
  recovery: "idempotencyKey",
  ledger: false,
  unstoppable: false,
  pooled: false,
  price: 2,
  fractions: [0.25],
} as const;

const accountSpec: AccountSpec = {
  help: "Any key will do.",
  settings: z.object({ baseUrl: z.url().default("https://test.example").meta({ title: "Base URL" }) }),
  secrets: z.object({ apiKey: z.string().trim().min(3).meta({ title: "API key" }) }),
  concurrency: 2,
  creditType: "credits",
  untold: false,
};

/** A provider in memory. What it has accepted outlives restarts of the server. */
export class TestStudio {
  readonly script = new Script();
  /** Accepted submissions: request by key, in order. */
  readonly accepted = new Map<string, ProviderRequest>();
  /** Every submission that arrived. */
  readonly keys: Array<string> = [];
  readonly calledOff: Array<string> = [];
  readonly running = { now: 0, most: 0 };
  readonly settings: {
    concurrency: number;
    recovery: Provider["recovery"];
    /** It knows keys, and can be asked about them too. */
    ledger: boolean;
    unstoppable: boolean;
    pooled: boolean;
    /** Credits for a second, where it is used through accounts. 0: it does not say. */
    price: number;
    /** What it tells of how far a generation is, each time that it is followed. */
    fractions: ReadonlyArray<number>;
  } = { ...usual };
  /** Credits by API key: of accounts, where it is used through them. */
  readonly credits = new Map<string, number>();
  /** Submissions under way by API key, now and at most. */
  readonly load = new Map<string, { now: number; most: number }>();
  readonly provider: Provider;

  /** Forgets what was and what was to be. */
  reset(): void {
    this.script.reset();
    Object.assign(this.settings, usual);
    this.accepted.clear();
    this.keys.length = 0;
    this.calledOff.length = 0;
    this.credits.clear();
    this.load.clear();
    this.running.most = 0;
  }

  constructor(id = "test", title = "Test studio") {
    const { settings } = this;
    const noInputs = { title: "", summary: "", inputs: [] };
    const estimate = (params: Readonly<Record<string, unknown>>) => ({
      credits: settings.pooled ? Number(params["duration"]) * settings.price : 0,
      durationMs: Number(params["duration"]) * 400,
    });
    const asset = { title: "Input", accepts: ["image"] as const, min: 1, max: 1, named: false };
    this.provider = {
      id,
      title,
      summary: "Makes nothing.",
      get concurrency() {
        return settings.concurrency;
      },
      get recovery() {
        return settings.recovery;
      },
      quarantine: 0,
      get unstoppable() {
        return settings.unstoppable;
      },
      operations: {
        text_to_video: { ...noInputs, title: "Text to video", params: z.object(base), estimate },
        image_to_video: { ...noInputs, title: "Image to video", params: z.object(base), inputs: [{ ...asset, role: "image" }], estimate },
        fusion: {
          ...noInputs,
          title: "Fusion",
          params: z.object(base),
          inputs: [
            { ...asset, title: "Subject", role: "subject", max: 2, named: true },
            { ...asset, title: "Background", role: "background", accepts: ["image", "video"], min: 0 },
          ],
          estimate,
        },
      },
      get account() {
        return settings.pooled ? accountSpec : null;
      },
      connect: ({ secrets }) => {
        const key = secrets["apiKey"];
        return key === undefined ? this.#connection : this.#paid(Redacted.value(key));
      },
    };
  }

  /** The same for an account: charges at the submission, and knows how many are under way. */
  #paid(apiKey: string): Connection {
    const refused = (kind: FailureKind, message: string) => Effect.fail({ kind, message } as const);
    const load = (): { now: number; most: number } => {
      const known = this.load.get(apiKey);
      if (known !== undefined) return known;
      const fresh = { now: 0, most: 0 };
      this.load.set(apiKey, fresh);
      return fresh;
    };
    const check = Effect.suspend(() =>
      this.credits.has(apiKey) ? Effect.void : refused("authentication", "The API key is not valid: enter it anew."),
    );
    return {
      ...this.#connection,
      check,
      balance: Effect.suspend(() => Effect.succeed([{ type: "credits", amount: this.credits.get(apiKey) ?? 0 }])),
      submit: (key, request) =>
        Effect.andThen(
          check,
          Effect.suspend(() => {
            if (this.accepted.has(key)) return this.#connection.submit(key, request);
            const cost = Number(request.params["duration"]) * 2;
            const left = this.credits.get(apiKey) ?? 0;
            if (left < cost) return refused("credits", "There are not enough credits.");
            return Effect.map(this.#connection.submit(key, request), (done) => {
              this.credits.set(apiKey, left - cost);
              const { now, most } = load();
              this.load.set(apiKey, { now: now + 1, most: Math.max(most, now + 1) });
              return { ...done, charged: cost };
            });
          }),
        ),
      track: (id, progress) =>
        Effect.onExit(this.#connection.track(id, progress), (exit) =>
          Effect.sync(() => {
            if (Exit.isSuccess(exit)) load().now--;
          }),
        ),
    };
  }

  readonly #connection: Connection = {
    check: Effect.void,
    submit: (key, request) =>
      Effect.suspend(() => {
        this.keys.push(key);
        return Effect.map(this.script.run("submit", key), () => {
          this.accepted.set(key, request);
          return { providerJobId: `p-${key}`, charged: null };
        });
      }),
    track: (id, progress) =>
      Effect.acquireUseRelease(
        Effect.sync(() => (this.running.most = Math.max(this.running.most, ++this.running.now))),
        () => Effect.as(Effect.andThen(Effect.forEach(this.settings.fractions, progress), this.script.run("track", id)), { charged: null }),
        () => Effect.sync(() => void this.running.now--),
      ),
    download: (id, path) =>
      Effect.map(this.script.run("download", id), () => {
        writeFileSync(path, id);
        return { mime: "video/mp4" };
      }),
    cancel: (id) =>
      Effect.map(this.script.run("cancel", id), () => {
        this.calledOff.push(id);
        return true;
      }),
    reconcile: (key) =>
      this.settings.recovery === "idempotencyKey" && !this.settings.ledger
        ? Effect.fail({ kind: "internal", message: "It keeps no books." })
        : Effect.map(this.script.run("lookup", key), () => (this.accepted.has(key) ? { providerJobId: `p-${key}` } : undefined)),
  };
}

const sampleAsset = (id: string, ownerId: string, changes: Partial<Asset>): Asset => ({
  id,
  ownerId,
  mediaType: "image",
  mime: "image/png",
  name: id,
  size: 1,
  width: 64,
  height: 64,
  durationMs: null,
  fps: null,
  videoCodec: null,
  audioCodec: null,
  sha256: Buffer.from(id).toString("hex").padEnd(64, "0").slice(0, 64),
  phash: null,
  thumbhash: null,
  origin: { kind: "upload" },
  prompt: null,
  favourite: false,
  createdAt: 0,
  deletedAt: null,
  urls: { original: "", poster: null, thumbs: null, sprite: null, firstFrame: null, lastFrame: null, playVideo: null, playAudio: null },
  rev: 1,
  ...changes,
});

const callErrors: Partial<Record<FailureKind, CallError>> = {
  storage: new CallError("storage_full", "The disk is full."),
  input: new CallError("unsupported_media", "This is not a video."),
};

/** Assets in memory, which outlive restarts too. */
export class TestShelf {
  readonly assets = new Map<string, Asset>();
  readonly ingested: Array<string> = [];
  /** What each of the ingested was made from. */
  readonly parents = new Map<string, ReadonlyArray<AssetParent>>();
  /** Those that others than their owners may go on from. */
  readonly lent = new Set<string>();
  /** Why files of assets cannot be read just now. */
  readonly unreadable = new Map<string, CallError>();
  /** What is waited for before a frame of a video is there. */
  frames: (assetId: string) => Effect.Effect<void> = () => Effect.void;

  put(id: string, ownerId: string, changes: Partial<Asset> = {}): void {
    this.assets.set(id, sampleAsset(id, ownerId, changes));
  }

  layer(script: Script): Layer.Layer<Assets> {
    const get = (ownerId: string, id: string) => {
      const asset = this.assets.get(id);
      return asset?.ownerId === ownerId ? Effect.succeed(asset) : Effect.fail(new CallError("not_found", "There is no such asset."));
    };
    const frame = (ownerId: string, { id: assetId, name }: Asset, timeMs: number) =>
      Effect.map(this.frames(assetId), () => {
        const id = `${assetId}_at_${timeMs === pastAnyEnd ? "end" : timeMs}`;
        this.put(id, ownerId, { name });
        return this.assets.get(id)!;
      });
    return Layer.succeed(Assets, {
      get,
      withdraw: (_ownerId, id) => Effect.sync(() => void this.assets.delete(id)),
      file: (ownerId, id) =>
        Effect.flatMap(get(ownerId, id), ({ mime, mediaType, sha256 }) => {
          const refused = this.unreadable.get(id);
          return refused === undefined
            ? Effect.succeed({ path: `/blobs/${sha256}`, mime, mediaType, sha256, jobId: null })
            : Effect.fail(refused);
        }),
      frame: (ownerId, assetId, timeMs) => Effect.flatMap(get(ownerId, assetId), (video) => frame(ownerId, video, timeMs)),
      picture: ({ ownerId }, assetId, timeMs) =>
        Effect.gen({ self: this }, function* () {
          const source = yield* get(this.lent.has(assetId) ? this.assets.get(assetId)!.ownerId : ownerId, assetId);
          return source.mediaType === "image" && source.ownerId === ownerId ? source : yield* frame(ownerId, source, timeMs);
        }),
      ingest: ({ assetId, ownerId, prompt, origin, parents, path }) =>
        Effect.suspend(() => {
          const known = this.assets.get(assetId);
          if (known !== undefined) return Effect.succeed(known);
          return script.run("ingest", assetId).pipe(
            Effect.mapError(({ kind }) => callErrors[kind] ?? new CallError("unavailable", "Try again.")),
            Effect.map(() => {
              rmSync(path);
              this.ingested.push(assetId);
              this.parents.set(assetId, parents);
              const asset = sampleAsset(assetId, ownerId, { mediaType: "video", durationMs: 5000, prompt, origin });
              this.assets.set(assetId, asset);
              return asset;
            }),
          );
        }),
    });
  }
}

type Services = Accounts | Actors | Assets | Blobs | Bus | Database | Durations | Leases | Pauses | Providers | Settings | Slots | Vault;
type TestDomain = "jobs" | "accounts" | "prompts" | "spend" | "quotas" | "actors";
type TestCall = Extract<CallName, `${TestDomain}.${string}`>;

/** One database for the tests of a file. */
export class TestDatabase {
  readonly #runtime: ManagedRuntime.ManagedRuntime<Database, DatabaseError>;

  constructor(layer: Layer.Layer<Database, DatabaseError>) {
    this.#runtime = ManagedRuntime.make(layer);
  }

  get service(): Promise<Database["Service"]> {
    return this.#runtime.runPromise(Database);
  }

  close(): Promise<void> {
    return this.#runtime.dispose();
  }
}

/** A server with jobs that can be stopped and started again on the same database and the same outside. */
export class TestServer {
  readonly studio = new TestStudio();
  /** Another provider, where there is one. */
  readonly beside: Pick<TestStudio, "provider"> | null;
  /** Who calls, unless said otherwise. */
  user = "usr_a";
  /** Who of the callers are administrators. */
  readonly admins = new Set<string>();
  readonly shelf = new TestShelf();
  readonly #folder = mkdtempSync(join(tmpdir(), "pixsim-job-"));
  readonly #database: TestDatabase;
  readonly #environment: Readonly<Record<string, string>>;
  #runtime: ManagedRuntime.ManagedRuntime<Services, unknown> | null = null;
  #handlers: Handlers | null = null;

  constructor(
    database: TestDatabase,
    environment: Readonly<Record<string, string>> = {},
    beside: Pick<TestStudio, "provider"> | null = null,
  ) {
    this.#database = database;
    this.beside = beside;
    this.#environment = environment;
  }

  async start(): Promise<void> {
    const database = await this.#database.service;
    const { provider, script } = this.studio;
    const all = this.beside === null ? [provider] : [provider, this.beside.provider];
    const ports = Layer.mergeAll(
      Layer.succeed(Database, database),
      Layer.succeed(Providers, { all, get: (id) => all.find((each) => each.id === id) }),
      this.shelf.layer(script),
      Bus.alone,
      localBlobs,
      singleProcess,
      Layer.succeed(Videos, asTheyAre),
    ).pipe(
      Layer.provideMerge(Layer.mergeAll(Pool.layer, Vault.layer)),
      Layer.provideMerge(
        Layer.succeed(Settings, readSettings({ PIXSIM_DATA: this.#folder, PIXSIM_TOP_PRIORITY: "1", ...this.#environment })),
      ),
    );
    const kinds = kindServices.pipe(Layer.provideMerge(ports));
    const host = Layer.unwrap(Effect.map(actorKinds, actorHost)).pipe(Layer.provideMerge(kinds));
    const handlers = Layer.effect(
      TestHandlers,
      Effect.all({
        jobs: jobHandlers,
        accounts: accountHandlers,
        prompts: promptHandlers,
        spend: spendHandlers,
        quotas: quotaHandlers,
        actors: actorHandlers,
      }),
    ).pipe(Layer.merge(Layer.merge(accountDelivery, playAhead)), Layer.provideMerge(host), Layer.provideMerge(Logger.layer([])));
    const runtime = ManagedRuntime.make(handlers);
    this.#handlers = await runtime.runPromise(TestHandlers);
    this.#runtime = runtime;
  }

  /** Stops the server; what it was doing is left as it is. */
  async stop(): Promise<void> {
    await this.#runtime?.dispose();
    this.#runtime = null;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  run<A, E>(effect: Effect.Effect<A, E, Services>): Promise<A> {
    return this.#runtime!.runPromise(effect);
  }

  /** Answers the result, or the error. */
  async call<N extends TestCall>(name: N, input: CallArgs<N>, user = this.user, key?: string): Promise<CallOutput<N>> {
    const { jobs, accounts, prompts, spend, quotas, actors } = this.#handlers!;
    const calls = { ...jobs.calls, ...accounts.calls, ...prompts.calls, ...spend.calls, ...quotas.calls, ...actors.calls };
    const handler = calls[name] as unknown as (input: CallArgs<N>, context: CallContext) => Effect.Effect<CallOutput<N>, CallError>;
    return this.run(handler(input, contextOf(user, { key, role: this.admins.has(user) ? "admin" : "user" })));
  }

  /** Asks for one job and answers it. */
  async create(changes: Partial<JobRequest> = {}, user = this.user): Promise<Job> {
    const { jobs } = await this.call("jobs.create", { request: request(changes), count: 1 }, user);
    return jobs[0]!;
  }

  /** Follows the topic of accounts; answers what comes, the snapshot's first. */
  async accounts(user = this.user): Promise<ReadonlyArray<Account>> {
    const seen: Array<Account> = [];
    const take = (message: TopicMessage): void => {
      if (message.type === "resumed") return;
      const data = JSON.parse(message.json);
      seen.push(...(message.type === "snapshot" ? (data.accounts as Array<Account>) : (data as Array<Account>)));
    };
    await this.run(this.#handlers!.accounts.topics["accounts.accounts"]({}, contextOf(user), undefined, take));
    return seen;
  }

  /** Follows the queue at the provider of the tests; answers how to read it as it was told last, and how to stop. */
  async queue(jobId?: string, user = this.user): Promise<{ readonly last: () => ProviderQueue | undefined; readonly close: () => void }> {
    let last: ProviderQueue | undefined;
    const take = (message: TopicMessage): void => {
      if (message.type === "resumed") return;
      const data = JSON.parse(message.json);
      last = (message.type === "snapshot" ? (data.queues as Array<ProviderQueue>) : (data as Array<ProviderQueue>)).at(-1);
    };
    const params = jobId === undefined ? {} : { jobId };
    const { close } = await this.run(this.#handlers!.accounts.topics["accounts.queue"](params, contextOf(user), undefined, take));
    return { last: () => last, close };
  }

  /** Follows the topic of a user's jobs. */
  async watch(user = this.user): Promise<JobWatch> {
    const watch = new JobWatch();
    const { close } = await this.run(this.#handlers!.jobs.topics["jobs.jobs"]({}, contextOf(user), undefined, watch.take));
    watch.close = close;
    return watch;
  }
}

interface Handlers {
  readonly jobs: DomainHandlers<"jobs">;
  readonly accounts: DomainHandlers<"accounts">;
  readonly prompts: DomainHandlers<"prompts">;
  readonly spend: DomainHandlers<"spend">;
  readonly quotas: DomainHandlers<"quotas">;
  readonly actors: DomainHandlers<"actors">;
}

class TestHandlers extends Context.Service<TestHandlers, Handlers>()("pixsim/test/Handlers") {}

/** The jobs of a user as a client sees them move. */
export class JobWatch {
  close: () => void = () => {};
  readonly jobs = new Map<string, Job>();
  readonly changes: Array<Job> = [];
  readonly snapshots: Array<unknown> = [];
  #waiters: Array<() => boolean> = [];

  readonly take = (message: TopicMessage): void => {
    if (message.type === "resumed") return;
    const data = JSON.parse(message.json);
    if (message.type === "snapshot") this.snapshots.push(data);
    for (const job of message.type === "snapshot" ? (data.jobs as Array<Job>) : (data as Array<Job>)) {
      this.jobs.set(job.id, job);
      if (message.type === "delta") this.changes.push(job);
    }
    this.#waiters = this.#waiters.filter((waiter) => !waiter());
  };

  /** The job, as soon as it is as wanted. */
  until(id: string, wanted: (job: Job) => boolean): Promise<Job> {
    return new Promise((resolve) => {
      const look = (): boolean => {
        const job = this.jobs.get(id);
        if (job === undefined || !wanted(job)) return false;
        resolve(job);
        return true;
      };
      if (!look()) this.#waiters.push(look);
    });
  }

  state(id: string, ...states: ReadonlyArray<Job["state"]>): Promise<Job> {
    return this.until(id, ({ state }) => states.includes(state));
  }

  ended(id: string): Promise<Job> {
    return this.until(id, ({ finishedAt }) => finishedAt !== null);
  }
}

export const request = (changes: Partial<JobRequest> = {}): JobRequest =>
  JobRequest.parse({ operation: "text_to_video", provider: "test", params: { prompt: "a fox in the snow" }, ...changes });
