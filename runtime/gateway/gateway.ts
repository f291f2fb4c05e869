// The gateway as a service: one port for sockets, front ends and media. It takes nothing more, lets calls end and says goodbye
// when its scope closes.
import { Clock, Context, type Duration, Effect, Layer } from "effect";
import { Settings } from "../config/settings.ts";
import { Alarms } from "./alarms.ts";
import type { Authenticator } from "./authenticator.ts";
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
/** Between a text of the largest size and what the transport cuts off there is room to answer with a code. */
const answeredSizes = 2;

export interface GatewayOptions extends HttpOptions {
  readonly handlers: Handlers;
  readonly authenticator: Authenticator;
  /** Product and version, told in `welcome`. */
  readonly server: string;
  readonly limits?: Partial<GatewayLimits>;
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
  ): Layer.Layer<Gateway, TransportError, Settings | Transport | GatewayCounters | ResultStore> => Layer.effect(Gateway, make(options));
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
    services,
    working: new Set(),
    draining: false,
    changed: () => {},
  };
  const connections = new Set<Connection>();

  const connect =
    (request: HttpRequest) =>
    (socket: Socket): SocketEvents => {
      const connection = new Connection(hub, socket, request, (ended) => {
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

  const listening = yield* transport.listen({
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

  yield* Effect.addFinalizer(() =>
    Effect.gen(function* () {
      hub.draining = true;
      listening.stop();
      for (const connection of connections) connection.dropFollowing();
      yield* until(idle, limits.drainMs);
      for (const work of hub.working) work.stop();
      hub.idempotency.stop();
      for (const connection of connections) connection.close("going_away");
      yield* until(() => connections.size === 0 && idle(), goodbye);
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
