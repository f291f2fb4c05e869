// The gateway as a service: one port for sockets, front ends and media. It takes nothing more, lets calls end and says goodbye
// when its scope closes.
import { Clock, Context, type Duration, Effect, Layer, Random } from "effect";
import { Quotas } from "../cluster/quotas.ts";
import { Settings } from "../config/settings.ts";
import { Tracing } from "../observe/tracing.ts";
import { Alarms } from "./alarms.ts";
import type { Authenticator } from "./authenticator.ts";
import { clientAddress, trustedProxies } from "./client-address.ts";
import { Connection } from "./connection.ts";
import { GatewayCounters } from "./counters.ts";
import type { Handlers } from "./handlers.ts";
import { httpHandler, type HttpOptions } from "./http.ts";
import type { Hub } from "./hub.ts";
import { Idempotency, ResultStore } from "./idempotency.ts";
import { gatewayLimits, type GatewayLimits } from "./limits.ts";
import { mayConnect } from "./origin.ts";
import { Presence } from "./presence.ts";
import { makeRoutes } from "./routes.ts";
import {
  type HttpRequest,
  type Listening,
  type Refusal,
  type Socket,
  type SocketEvents,
  Transport,
  type TransportError,
  type TransportName,
} from "./transport.ts";

/** Where sockets connect. */
const socketPath = "/ws";
/** How long closed sockets may take to say goodbye before they are cut. */
const goodbye = "1 second";
/** Clients that lost this server come back spread over so many ms for each of them, within bounds: all at once would be a blow to the next. */
const spreadMsPerClient = 2;
const shortestSpreadMs = 250;
const longestSpreadMs = 5000;
/** Between a text of the largest size and what the transport cuts off there is room to answer with a code. */
const answeredSizes = 2;

export interface GatewayOptions extends HttpOptions {
  readonly handlers: Handlers;
  readonly authenticator: Authenticator;
  /** Product and version, told in `welcome`. */
  readonly server: string;
  readonly limits?: Partial<GatewayLimits>;
  /** Begins with the shutdown, while calls in flight are answered. */
  readonly leave?: Effect.Effect<void>;
}

export class Gateway extends Context.Service<
  Gateway,
  {
    readonly port: number;
    /** Where people reach it, without a slash at the end. */
    readonly url: string;
    readonly transport: TransportName;
  }
>()("pixsim/runtime/Gateway") {
  static readonly layer = (
    options: GatewayOptions,
  ): Layer.Layer<Gateway, TransportError, Settings | Transport | GatewayCounters | Quotas | ResultStore> =>
    Layer.effect(Gateway, make(options));
}

const urlOf = (host: string, port: number): string => {
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
};

const make = Effect.fnUntraced(function* (options: GatewayOptions) {
  const settings = yield* Settings;
  const transport = yield* Transport;
  const counters = yield* GatewayCounters;
  const services = yield* Effect.context<never>();
  const run = Effect.runForkWith(services);
  const limits: GatewayLimits = { ...gatewayLimits, ...options.limits };
  const hub: Hub = {
    server: options.server,
    routes: makeRoutes(options.handlers, counters),
    limits,
    counters,
    alarms: new Alarms(yield* Clock.Clock, run),
    authenticator: options.authenticator,
    idempotency: new Idempotency(yield* ResultStore, limits.detachedMs, () => hub.changed()),
    presence: new Presence(settings.PIXSIM_CONNECTIONS_PER_USER),
    quotas: yield* Quotas,
    services,
    tracing: yield* Tracing,
    working: new Set(),
    draining: false,
    publish: (group, frame, sockets) => {
      counters.framesOut += sockets;
      counters.bytesOut += sockets * frame.length;
      listening.publish(group, frame);
    },
    changed: () => {},
  };
  const connections = new Set<Connection>();
  // The settings have been checked.
  const trusted = trustedProxies(settings.PIXSIM_TRUSTED_PROXIES) ?? (() => false);

  const connect =
    (request: HttpRequest) =>
    (socket: Socket): SocketEvents => {
      const ip = clientAddress(request.ip, request.header("x-forwarded-for"), trusted);
      const connection = new Connection(hub, socket, ip, (ended) => {
        connections.delete(ended);
        counters.connections--;
        hub.changed();
      });
      connections.add(connection);
      counters.connections++;
      counters.connected++;
      return connection;
    };

  const upgrade = (request: HttpRequest): Refusal | ((socket: Socket) => SocketEvents) => {
    if (request.path !== socketPath) return { status: 404, text: `Sockets connect to ${socketPath}.\n` };
    const origin = request.header("origin");
    if (!mayConnect(origin, request.header("host"), settings.PIXSIM_ORIGINS)) {
      return { status: 403, text: `Pages of ${origin.slice(0, 200)} may not connect. PIXSIM_ORIGINS lists those that may.\n` };
    }
    if (hub.draining || connections.size >= limits.maxConnections) {
      return { status: 503, text: "The server takes no more connections now. Try again.\n" };
    }
    return connect(request);
  };

  const listening: Listening = yield* transport.listen({
    host: settings.PIXSIM_HOST,
    port: settings.PIXSIM_PORT,
    maxMessageBytes: Math.max(limits.maxTextBytes, limits.maxBinaryBytes) * answeredSizes,
    request: httpHandler(options, counters, run),
    upgrade,
  });

  /** Completes when `done` holds, looked at whenever a connection or a call ends; at the latest after a time. */
  const until = (done: () => boolean, atMost: Duration.Input): Effect.Effect<void> =>
    Effect.callback<void>((resume) => {
      hub.changed = () => {
        if (done()) resume(Effect.void);
      };
      hub.changed();
    }).pipe(Effect.interruptible, Effect.timeoutOption(atMost), Effect.asVoid);
  const idle = (): boolean => hub.working.size === 0 && hub.idempotency.running === 0;

  /** Those that have not been told to come back elsewhere: what was asked on them is answered first. */
  const staying = new Set<Connection>();
  const dismiss = (spreadMs: number, random: () => number, all: boolean): void => {
    for (const connection of staying) {
      if (!all && connection.running > 0) continue;
      staying.delete(connection);
      connection.goAway(Math.round(random() * spreadMs));
    }
  };
  const drain = Effect.gen(function* () {
    hub.draining = true;
    listening.stop();
    const random = yield* Random.Random;
    const spreadMs = Math.min(longestSpreadMs, Math.max(shortestSpreadMs, connections.size * spreadMsPerClient));
    const next = () => random.nextDoubleUnsafe();
    for (const connection of connections) {
      connection.dropFollowing();
      staying.add(connection);
    }
    yield* until(() => {
      dismiss(spreadMs, next, false);
      return idle();
    }, limits.drainMs);
    for (const work of hub.working) work.stop();
    hub.idempotency.stop();
    dismiss(spreadMs, next, true);
    yield* until(() => connections.size === 0 && idle(), goodbye);
  });

  yield* Effect.addFinalizer(() =>
    Effect.gen(function* () {
      yield* Effect.all([drain, options.leave ?? Effect.void], { concurrency: "unbounded", discard: true });
      for (const connection of connections) connection.cut();
      hub.alarms.stop();
    }),
  );
  const stopListening = options.authenticator.onRevoked((sessionId) => hub.presence.revoke(sessionId));
  yield* Effect.addFinalizer(() => Effect.sync(stopListening));
  yield* Effect.forkScoped(hub.idempotency.sweep);

  return Gateway.of({
    port: listening.port,
    url: settings.PIXSIM_PUBLIC_URL?.replace(/\/$/, "") ?? urlOf(settings.PIXSIM_HOST, listening.port),
    transport: transport.name,
  });
});
