// Playthroughs on the real actor host and database for tests, whose time the test owns, and which can be stopped and started again.
import { Effect, Layer, Logger, ManagedRuntime, References } from "effect";
import { TestClock } from "effect/testing";
import { sceneHandlers } from "#actors/scene/handlers.ts";
import { Durations } from "#actors/job/durations.ts";
import { Slots } from "#actors/job/slots.ts";
import { TestDatabase, TestShelf, TestStudio } from "#actors/job/testing.ts";
import { Providers } from "#actors/provider/index.ts";
import { Database, type DatabaseError, type Sql } from "#db/client/database.ts";
import { insertSceneVersion } from "#db/queries/scene.ts";
import { type CallInput, type CallName, type CallOutput, calls } from "#protocol/contract.ts";
import { sceneFormat } from "#protocol/scene/file.ts";
import type { Story } from "#protocol/scene/scene.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import type { Actors } from "#runtime/actor/actors.ts";
import { actorHost } from "#runtime/actor/host.ts";
import { Auth } from "#runtime/auth/auth.ts";
import type { Principal } from "#runtime/auth/principal.ts";
import { Secrets } from "#runtime/auth/secrets.ts";
import { MediaUrls } from "#runtime/blobs/media-urls.ts";
import { Bus } from "#runtime/bus/bus.ts";
import type { Quotas } from "#runtime/cluster/quotas.ts";
import { singleProcess } from "#runtime/cluster/single.ts";
import { readSettings, Settings } from "#runtime/config/settings.ts";
import { contextOf } from "#runtime/gateway/caller.ts";
import type { CallContext, DomainHandlers, TopicMessage } from "#runtime/gateway/handlers.ts";
import { Pool } from "#runtime/pool/pool.ts";
import { sessionActor } from "./actor.ts";
import { Generations } from "./generations.ts";
import { Lookout } from "./lookout.ts";
import { playHandlers } from "./handlers.ts";
import { Versions } from "./versions.ts";

type Services = Actors | Auth | Database | Bus | Pool | Quotas | Versions | MediaUrls;

export interface Caller extends Partial<Omit<CallContext, "principal">> {
  /** Default: the user of the test. */
  readonly user?: string;
  readonly role?: Principal["role"];
  /** Asks handlers of their own, as another process has them. */
  readonly elsewhere?: boolean;
}

/** Keeps a story, sound or not, as the first version that was published of a scene of its own. */
export const storePublished = ({
  id,
  sceneId,
  ownerId,
  story,
}: {
  readonly id: string;
  readonly sceneId: string;
  readonly ownerId: string;
  readonly story: Story;
}) =>
  Effect.flatMap(Database, ({ transaction }) =>
    transaction(async (tx) => {
      await tx`
        insert into scene (id, owner_id, title, format, body, nodes, edges, created_at, changed_at)
        values (${sceneId}, ${ownerId}, 'A story', 1, '{}', 0, 0, 1, 1)`;
      const version = { id, scene_id: sceneId, owner_id: ownerId, number: 1, note: "", created_at: 1 };
      await insertSceneVersion(tx, { ...version, format: sceneFormat, story: JSON.stringify(story) }, [sceneId]);
    }),
  );

type GenerationsLayer = Layer.Layer<Generations, DatabaseError, Bus | Database>;
const withoutProviders: GenerationsLayer = Generations.layer.pipe(
  Layer.provide(Layer.mergeAll(Slots.layer, Durations.layer, new TestShelf().layer(new TestStudio().script))),
  Layer.provide(Layer.merge(Layer.succeed(Providers, { all: [], get: () => undefined }), Layer.succeed(Settings, readSettings({})))),
);

export class PlayRig {
  readonly #database: TestDatabase;
  #runtime: ManagedRuntime.ManagedRuntime<Services, unknown> | null = null;
  /** Who calls, unless said otherwise. */
  user = "usr_a";
  #play: DomainHandlers<"play"> | null = null;
  #elsewhere: DomainHandlers<"play"> | null = null;
  #versions = 0;
  /** What was logged: words and values as they were given, and what it was said of. */
  readonly logged: Array<{ readonly said: unknown; readonly of: Readonly<Record<string, unknown>> }> = [];
  /** ms since the beginning of the test's time. */
  #elapsed = 3_600_000;

  readonly #generations: GenerationsLayer;

  /** `generations`: left out, nobody makes anything: what is generated has tests of its own, with jobs. */
  constructor(layer: Layer.Layer<Database, DatabaseError>, generations: GenerationsLayer = withoutProviders) {
    this.#database = new TestDatabase(layer);
    this.#generations = generations;
  }

  async start(): Promise<void> {
    const log = Logger.make<unknown, void>(
      ({ message, fiber }) => void this.logged.push({ said: message, of: fiber.getRef(References.CurrentLogAnnotations) }),
    );
    const ports = Layer.mergeAll(
      Layer.succeed(Database, await this.#database.service),
      Bus.alone,
      singleProcess,
      Pool.layer,
      Layer.succeed(MediaUrls, { url: (sha256, extension) => `/media/${sha256}.${extension}` }),
    ).pipe(
      // Before the host begins: the time went on without it.
      Layer.provideMerge(Layer.effectDiscard(TestClock.adjust(this.#elapsed))),
      Layer.provideMerge(Layer.mergeAll(TestClock.layer(), Logger.layer([log]))),
    );
    const secrets = Layer.succeed(Secrets, { accessKey: new Uint8Array(32).fill(1), mediaKey: new Uint8Array(32).fill(2) });
    const kinds = Layer.mergeAll(Versions.layer, this.#generations, Lookout.layer, Auth.layer.pipe(Layer.provide(secrets))).pipe(
      Layer.provideMerge(ports),
    );
    const host = Layer.unwrap(Effect.map(sessionActor, (definition) => actorHost([definition]))).pipe(Layer.provideMerge(kinds));
    this.#runtime = ManagedRuntime.make(host);
    this.#play = await this.run(playHandlers);
    this.#elsewhere = await this.run(playHandlers);
  }

  /** Time goes on; also that of the outside, while the server is stopped. */
  async wait(ms: number): Promise<void> {
    this.#elapsed += ms;
    if (this.#runtime !== null) await this.run(TestClock.adjust(ms));
  }

  async stop(): Promise<void> {
    await this.#runtime?.dispose();
    this.#runtime = null;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#database.close();
  }

  run<A, E>(effect: Effect.Effect<A, E, Services>): Promise<A> {
    return this.#runtime!.runPromise(effect);
  }

  sql<T>(statement: (sql: Sql) => PromiseLike<T>): Promise<T> {
    return this.run(Effect.flatMap(Database, ({ query }) => query(statement)));
  }

  /** A published version of any story, sound or not; its id. */
  async publish(story: Story, ownerId = this.user): Promise<string> {
    const n = ++this.#versions;
    const [id, sceneId] = [`scv_${n}`, `scn_${n}`];
    await this.run(storePublished({ id, sceneId, ownerId, story }));
    return id;
  }

  /** What the contract lets in and out of a call, as JSON carries it. */
  call<N extends Extract<CallName, `play.${string}` | `scenes.${string}`>>(
    name: N,
    input: CallInput<N>,
    who: Caller = {},
  ): Promise<CallOutput<N>> {
    return this.run(
      Effect.gen({ self: this }, function* () {
        const { user = this.user, elsewhere = false, ...context } = who;
        const play = elsewhere ? this.#elsewhere! : this.#play!;
        const domain = name.startsWith("play.") ? play : yield* sceneHandlers;
        const handlers = domain.calls as unknown as Record<
          string,
          (given: unknown, context: CallContext) => Effect.Effect<CallOutput<N>, CallError>
        >;
        const answer = yield* handlers[name]!(calls.get(name)!.input.parse(input), contextOf(user, context));
        return calls.get(name)!.output.parse(JSON.parse(JSON.stringify(answer))) as CallOutput<N>;
      }),
    );
  }

  /** Follows a playthrough; the messages as they come. */
  async follow(
    id: string,
    { from, user = this.user, ...who }: Caller & { readonly from?: string } = {},
  ): Promise<ReadonlyArray<TopicMessage>> {
    const messages: Array<TopicMessage> = [];
    await this.run(this.#play!.topics["play.playthrough"]({ id }, contextOf(user, who), from, (message) => void messages.push(message)));
    return messages;
  }
}
