// The sockets between runners. Effect Cluster's own have no authentication: with a secret they are TLS with a pre-shared key, so
// each side proves to the other that it has the secret, and nobody reads along. Without one they are plain, and stay on loopback.
import { createHash } from "node:crypto";
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket";
import * as NodeSocket from "@effect/platform-node/NodeSocket";
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer";
import { Cause, Effect, Layer, Option } from "effect";
import * as Runners from "effect/cluster/Runners";
import type { ShardingConfig } from "effect/cluster/ShardingConfig";
import * as RpcClient from "effect/rpc/RpcClient";
import * as RpcSerialization from "effect/rpc/RpcSerialization";
import { isSocketError, Socket } from "effect/socket/Socket";
import * as SocketServer from "effect/socket/SocketServer";

const identity = "pixsim-runner";
/** Pre-shared keys are a matter of TLS 1.2 in Node; these suites have forward secrecy. */
const suites = { ciphers: "ECDHE-PSK-CHACHA20-POLY1305", minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;
const openTimeout = 1000;

const keyOf = (secret: string): Buffer => createHash("sha256").update(`pixsim runners\n${secret}`).digest();

/** The same for the same secret; says nothing of it. Empty: none. */
export const markOf = (secret: string | undefined): string =>
  secret === undefined ? "" : createHash("sha256").update(keyOf(secret)).digest("hex").slice(0, 16);

const secureServer = (host: string, port: number, secret: string): Layer.Layer<SocketServer.SocketServer, SocketServer.SocketServerError> =>
  NodeSocketServer.layerTls({
    ...suites,
    host,
    port,
    pskIdentityHint: identity,
    pskCallback: (_socket, name) => (name === identity ? keyOf(secret) : null),
  });

const secureClient = (secret: string): Layer.Layer<Runners.RpcClientProtocol, never, RpcSerialization.RpcSerialization> =>
  Layer.effect(
    Runners.RpcClientProtocol,
    Effect.map(RpcSerialization.RpcSerialization, (serialization) => ({
      codecFor: serialization.codecFor,
      make: ({ host, port }) =>
        NodeSocket.makeTls({
          ...suites,
          openTimeout,
          host,
          port,
          pskCallback: () => ({ psk: keyOf(secret), identity }),
          // Having the key is what identifies a runner; there are no certificates.
          checkServerIdentity: () => undefined,
        }).pipe(
          Effect.flatMap((socket) =>
            Effect.provideService(
              Effect.provideService(RpcClient.makeProtocolSocket(), Socket, socket),
              RpcSerialization.RpcSerialization,
              serialization,
            ),
          ),
        ),
    })),
  );

/**
 * A runner that dies or is cut off ends its connection in the middle: a line says so and no more, the registry decides what becomes
 * of it. Faults of the program stay errors.
 */
const quiet = <E, R>(sockets: Layer.Layer<SocketServer.SocketServer, E, R>): Layer.Layer<SocketServer.SocketServer, E, R> =>
  Layer.effect(
    SocketServer.SocketServer,
    Effect.map(SocketServer.SocketServer, (server) =>
      SocketServer.SocketServer.of({
        address: server.address,
        run: (handler) =>
          server.run((socket) =>
            Effect.catchCauseIf(
              handler(socket),
              (cause) => isSocketError(Cause.squash(cause)),
              (cause) =>
                Effect.flatMap(Effect.serviceOption(NodeSocket.NetSocket), (connection) =>
                  Effect.annotateLogs(Effect.logInfo("the connection of another runner broke"), {
                    from: Option.getOrUndefined(Option.map(connection, ({ remoteAddress }) => remoteAddress)),
                    reason: String(Cause.squash(cause)),
                  }),
                ),
            ),
          ),
      }),
    ),
  ).pipe(Layer.provide(sockets));

/** Listening at and reaching runners' addresses. `secret`: undefined only on loopback. */
export const runnerSockets = (
  host: string,
  port: number,
  secret: string | undefined,
): Layer.Layer<
  SocketServer.SocketServer | Runners.RpcClientProtocol | RpcSerialization.RpcSerialization,
  SocketServer.SocketServerError,
  ShardingConfig
> =>
  Layer.mergeAll(
    secret === undefined ? quiet(NodeClusterSocket.layerSocketServer) : quiet(secureServer(host, port, secret)),
    secret === undefined ? NodeClusterSocket.layerClientProtocol : secureClient(secret),
  ).pipe(Layer.provideMerge(RpcSerialization.layerSchemaBinary({})));
