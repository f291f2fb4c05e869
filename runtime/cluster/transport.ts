// The sockets between runners. Effect Cluster's own have no authentication: with a secret they are TLS with a pre-shared key, so
// each side proves to the other that it has the secret, and nobody reads along. Without one they are plain, and stay on loopback.
import { createHash } from "node:crypto";
import * as Net from "node:net";
import * as Tls from "node:tls";
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket";
import * as NodeSocket from "@effect/platform-node/NodeSocket";
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer";
import { Cause, Data, Effect, Layer, Option } from "effect";
import type { RunnerAddress } from "effect/cluster/RunnerAddress";
import * as Runners from "effect/cluster/Runners";
import type { ShardingConfig } from "effect/cluster/ShardingConfig";
import * as RpcClient from "effect/rpc/RpcClient";
import * as RpcSerialization from "effect/rpc/RpcSerialization";
import { isSocketError, Socket, SocketError, SocketOpenError } from "effect/socket/Socket";
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

/** Each of many callers waits by itself until a connection that is slow has taken what it wrote: their number is no leak. */
const forMany = <C extends Net.Socket>(connection: C): C => connection.setMaxListeners(0);

/** A connection that `connect` begins and that is there with its event `ready`. */
const dial = (connect: () => Net.Socket, ready: "connect" | "secureConnect"): Effect.Effect<Socket> =>
  NodeSocket.fromDuplex(
    Effect.tap(
      Effect.acquireRelease(
        Effect.sync(() => forMany(connect())),
        // What is written to one that is there still goes out; one that never came about would wait for it until the system gives up.
        (connection) => Effect.sync(() => (connection.connecting ? connection.destroy() : connection.destroySoon())),
      ),
      (connection) =>
        Effect.callback<void, SocketError>((resume) => {
          connection.once(ready, () => resume(Effect.void));
          connection.on("error", (cause) =>
            resume(Effect.fail(new SocketError({ reason: new SocketOpenError({ kind: "Unknown", cause }) }))),
          );
        }),
    ),
    { openTimeout },
  );

const dialled = (to: RunnerAddress, secret: string | undefined): Effect.Effect<Socket> => {
  const { host, port } = to;
  if (secret === undefined) return dial(() => Net.connect({ host, port }), "connect");
  const secure = {
    ...suites,
    host,
    port,
    pskCallback: () => ({ psk: keyOf(secret), identity }),
    // Having the key is what identifies a runner; there are no certificates.
    checkServerIdentity: () => undefined,
  };
  return dial(() => Tls.connect(secure), "secureConnect");
};

const client = (secret: string | undefined): Layer.Layer<Runners.RpcClientProtocol, never, RpcSerialization.RpcSerialization> =>
  Layer.effect(
    Runners.RpcClientProtocol,
    Effect.map(RpcSerialization.RpcSerialization, (serialization) => ({
      codecFor: serialization.codecFor,
      make: (to) =>
        Effect.flatMap(dialled(to, secret), (socket) =>
          Effect.provideService(
            Effect.provideService(RpcClient.makeProtocolSocket(), Socket, socket),
            RpcSerialization.RpcSerialization,
            serialization,
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
            Effect.flatMap(Effect.serviceOption(NodeSocket.NetSocket), (from) => {
              const connection = Option.getOrUndefined(Option.map(from, forMany));
              return Effect.catchCauseIf(
                handler(socket),
                (cause) => isSocketError(Cause.squash(cause)),
                (cause) =>
                  Effect.annotateLogs(Effect.logInfo("the connection of another runner broke"), {
                    from: connection?.remoteAddress,
                    reason: String(Cause.squash(cause)),
                  }),
              );
            }),
          ),
      }),
    ),
  ).pipe(Layer.provide(sockets));

/** It cannot listen for other runners; the message says why. */
export class RunnersUnheard extends Data.TaggedError("RunnersUnheard")<{ readonly message: string }> {}

const unheard = (host: string, port: number, { reason }: SocketServer.SocketServerError): RunnersUnheard => {
  const cause = reason.cause as NodeJS.ErrnoException;
  const why = cause.code === "EADDRINUSE" ? "another program listens there" : cause.message;
  return new RunnersUnheard({
    message: `Cannot listen for other runners on ${host}:${port}: ${why}. Give this one an address of its own with PIXSIM_RUNNER, or with PIXSIM_RUNNER_LISTEN where it listens at another.`,
  });
};

/** Listening at and reaching runners' addresses. `secret`: undefined only on loopback. */
export const runnerSockets = (
  host: string,
  port: number,
  secret: string | undefined,
): Layer.Layer<SocketServer.SocketServer | Runners.RpcClientProtocol | RpcSerialization.RpcSerialization, RunnersUnheard, ShardingConfig> =>
  Layer.mergeAll(
    quiet(secret === undefined ? NodeClusterSocket.layerSocketServer : secureServer(host, port, secret)).pipe(
      Layer.catchTag("SocketServerError", (error) => Layer.effectContext(Effect.fail(unheard(host, port, error)))),
    ),
    client(secret),
  ).pipe(Layer.provideMerge(RpcSerialization.layerSchemaBinary({})));
