// The composition root: all rooms wired together into one server.
import { fileURLToPath } from "node:url";
import { Effect, Layer, Schedule } from "effect";
import { Database } from "#db/client/database.ts";
import { embeddedDatabase } from "#db/client/embedded.ts";
import type { OpenFolder } from "#db/client/embedded-folder.ts";
import { serverDatabase } from "#db/client/server.ts";
import { openJobs } from "#db/queries/job.ts";
import { assetHandlers, assetLayer } from "#actors/asset/handlers.ts";
import { assetDerivatives } from "#actors/asset/derivatives.ts";
import { assetHousekeeping } from "#actors/asset/housekeeping.ts";
import { Originals } from "#actors/asset/originals.ts";
import { accountDelivery } from "#actors/account/delivery.ts";
import { accountHandlers } from "#actors/account/handlers.ts";
import { actorKinds, kindServices } from "#actors/index.ts";
import { jobHandlers } from "#actors/job/handlers.ts";
import { Slots } from "#actors/job/slots.ts";
import { mediaPool } from "#actors/media/pool.ts";
import { promptHandlers } from "#actors/prompt/handlers.ts";
import { quotaHandlers } from "#actors/quota/handlers.ts";
import { sceneHandlers } from "#actors/scene/handlers.ts";
import { playHandlers } from "#actors/session/handlers.ts";
import { playAdoption } from "#actors/session/left.ts";
import { playAhead } from "#actors/session/lookout.ts";
import { spendHandlers } from "#actors/spend/handlers.ts";
import { unknownSpend } from "#actors/spend/unknown.ts";
import { builtInProviders, Providers } from "#actors/provider/index.ts";
import { Videos } from "#actors/provider/videos.ts";
import { actorHandlers } from "#runtime/actor/handlers.ts";
import { actorHost } from "#runtime/actor/host.ts";
import { Auth } from "#runtime/auth/auth.ts";
import { authHandlers } from "#runtime/auth/handlers.ts";
import { Secrets } from "#runtime/auth/secrets.ts";
import { Blobs } from "#runtime/blobs/blobs.ts";
import { localBlobs } from "#runtime/blobs/local.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { clusterLayer, runnersUnderstand } from "#runtime/cluster/cluster.ts";
import { Placement } from "#runtime/cluster/placement.ts";
import { Settings, type SettingsShape } from "#runtime/config/settings.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import { GatewayCounters } from "#runtime/gateway/counters.ts";
import { Gateway } from "#runtime/gateway/gateway.ts";
import { ResultStore } from "#runtime/gateway/idempotency.ts";
import type { GatewayLimits } from "#runtime/gateway/limits.ts";
import { mediaUrlsLayer } from "#runtime/gateway/media-urls.ts";
import { transportLayer } from "#runtime/gateway/transports.ts";
import { clusterHandlers } from "#runtime/observe/cluster.ts";
import { logLayer } from "#runtime/observe/log.ts";
import { Metrics } from "#runtime/observe/metrics.ts";
import { serverMetrics } from "#runtime/observe/server-metrics.ts";
import { logSink } from "#runtime/observe/sink.ts";
import { systemHandlers } from "#runtime/observe/system.ts";
import { Pool } from "#runtime/pool/pool.ts";
import { Vault } from "#runtime/vault/vault.ts";
import { version } from "./version.ts";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const gateway = (limits: Partial<GatewayLimits>) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const database = yield* Database;
      const { authenticator } = yield* Auth;
      const { mediaKey } = yield* Secrets;
      const blobs = yield* Blobs;
      const originals = yield* Originals;
      const metrics = yield* Metrics;
      const { leave } = yield* Placement;
      const handlers = {
        auth: yield* authHandlers,
        system: yield* systemHandlers({ version, openJobs: Effect.map(database.query(openJobs), ([row]) => row?.open ?? 0) }),
        jobs: yield* jobHandlers,
        accounts: yield* accountHandlers,
        spend: yield* spendHandlers,
        quotas: yield* quotaHandlers,
        assets: yield* assetHandlers,
        prompts: yield* promptHandlers,
        scenes: yield* sceneHandlers,
        play: yield* playHandlers,
        actors: yield* actorHandlers,
        cluster: yield* clusterHandlers,
      };
      return Gateway.layer({
        handlers,
        authenticator,
        server: `pixsim ${version}`,
        site: at("../dist/web"),
        player: at("../dist/game"),
        docs: at("./docs/reference.html"),
        media: { key: mediaKey, path: blobs.path, recall: originals.recall, used: originals.used },
        // Anybody may ask: why it does not answer is for the log.
        health: Effect.asVoid(orCallError(database.query((sql) => sql`select 1`))),
        metrics: metrics.scrape,
        limits,
        leave,
      });
    }),
  );

const tracing = ({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...settings }: SettingsShape): Layer.Layer<never> =>
  endpoint === undefined
    ? Layer.empty
    : Layer.unwrap(
        Effect.map(
          Effect.promise(() => import("#runtime/observe/otlp.ts")),
          ({ otlpTracing }) =>
            otlpTracing({
              endpoint,
              headers: settings.OTEL_EXPORTER_OTLP_HEADERS,
              share: settings.PIXSIM_TRACE_SHARE,
              version,
              environment: settings.PIXSIM_ENV,
              instance: settings.REDIS_URL === undefined ? "local" : settings.PIXSIM_RUNNER,
            }),
        ),
      );

/** Sessions and links that ended long ago are forgotten. */
const authHousekeeping = Layer.effectDiscard(
  Effect.gen(function* () {
    const auth = yield* Auth;
    const sweep = auth.sweep.pipe(Effect.catch((error) => Effect.logWarning("sessions and links could not be forgotten", error)));
    yield* Effect.forkScoped(Effect.repeat(sweep, Schedule.spaced("1 hour")));
  }),
);

const slotMetrics = Layer.effectDiscard(
  Effect.gen(function* () {
    const metrics = yield* Metrics;
    const slots = yield* Slots;
    const { all } = yield* Providers;
    metrics.collect("pixsim_provider_slots_busy", () => all.map(({ id }) => ({ labels: { provider: id }, value: slots.load(id, 9).busy })));
  }),
);

export interface ServerOptions {
  /** In place of the gateway's own. */
  readonly limits?: Partial<GatewayLimits>;
  /** In place of those that come with the program. */
  readonly providers?: typeof builtInProviders;
  /** The data folder of the embedded database, where its opening has begun already. */
  readonly opening?: Promise<OpenFolder> | undefined;
}

/** The whole server. Gives what the start needs to print: the gateway's address and sign-in links. */
export const server = (settings: SettingsShape, { limits = {}, providers = builtInProviders, opening }: ServerOptions = {}) => {
  const database =
    settings.DATABASE_URL === undefined
      ? embeddedDatabase({ dataDir: settings.PIXSIM_DATA, opening })
      : serverDatabase({ url: settings.DATABASE_URL, dataDir: settings.REDIS_URL === undefined ? settings.PIXSIM_DATA : undefined });
  const mediaUrls = Layer.unwrap(Effect.map(Secrets, ({ mediaKey }) => mediaUrlsLayer(mediaKey)));
  const host = Layer.unwrap(Effect.map(actorKinds, (definitions) => actorHost(definitions)));

  return gateway(limits).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        serverMetrics,
        slotMetrics,
        authHousekeeping,
        assetHousekeeping,
        assetDerivatives,
        accountDelivery,
        unknownSpend,
        playAdoption,
        playAhead,
      ),
    ),
    Layer.provideMerge(host),
    Layer.provideMerge(kindServices),
    Layer.provideMerge(Videos.layer),
    Layer.provideMerge(providers),
    Layer.provideMerge(assetLayer),
    Layer.provideMerge(Layer.mergeAll(mediaUrls, mediaPool(), localBlobs, Bus.layer)),
    Layer.provideMerge(Layer.mergeAll(Auth.layer, ResultStore.layer, transportLayer, GatewayCounters.layer, Pool.layer, logSink)),
    Layer.provideMerge(Layer.mergeAll(Secrets.layer, Vault.layer, clusterLayer(version))),
    // Before all else in the data folder: it finds out whether another process has it, or nobody can write there.
    Layer.provideMerge(Layer.provide(database, runnersUnderstand)),
    Layer.provideMerge(tracing(settings)),
    Layer.provideMerge(Layer.mergeAll(logLayer(), Metrics.layer)),
    Layer.provideMerge(Layer.succeed(Settings, settings)),
  );
};
