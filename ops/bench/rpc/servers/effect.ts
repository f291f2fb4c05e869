// Effect RPC on a Node WebSocket server with a schema, its traces off.
import type { AddressInfo } from "node:net";
import { layerWebSocket } from "@effect/platform-node/NodeSocketServer";
import { Clock, Effect, Layer, ManagedRuntime, Schema } from "effect";
import { Rpc, RpcGroup, RpcSerialization, RpcServer } from "effect/rpc";
import { SocketServer } from "effect/socket";

const Ping = Rpc.make("Ping", {
  payload: { echo: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(1000))) },
  success: Schema.Struct({ echo: Schema.optionalKey(Schema.String), at: Schema.Int }),
});
export const PingGroup = RpcGroup.make(Ping);

const handlers = PingGroup.toLayer({
  Ping: ({ echo }) => Effect.map(Clock.currentTimeMillis, (at) => (echo === undefined ? { at } : { echo, at })),
});

const serving = RpcServer.layer(PingGroup, { disableTracing: true }).pipe(
  Layer.provide([handlers, RpcServer.layerProtocolSocketServer]),
  Layer.provide(RpcSerialization.layerNdjson),
  Layer.provideMerge(layerWebSocket({ host: "127.0.0.1", port: 0, perMessageDeflate: false })),
);

export const start = async (): Promise<{ readonly port: number }> => {
  const runtime = ManagedRuntime.make(serving);
  const { address } = await runtime.runPromise(SocketServer.SocketServer);
  return { port: (address as unknown as AddressInfo).port };
};
