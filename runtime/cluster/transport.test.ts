// Connections between runners on which more is written than is read.
import { Context, Deferred, Effect, Layer, Option } from "effect";
import * as RunnerAddress from "effect/cluster/RunnerAddress";
import * as Runners from "effect/cluster/Runners";
import * as ShardingConfig from "effect/cluster/ShardingConfig";
import * as SocketServer from "effect/socket/SocketServer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runnerSockets } from "./transport.ts";

const warnings: Array<string> = [];
const warned = ({ message }: Error): void => void warnings.push(message);
beforeAll(() => void process.on("warning", warned));
afterAll(() => void process.off("warning", warned));

const many = 20;
const long = new Uint8Array(1_000_000);

test.each([["a secret of the runners"], [undefined]])("many may wait for a connection that is slow (secret: %s)", (secret) => {
  const place = RunnerAddress.make("127.0.0.1", 0);
  const sockets = runnerSockets(place.host, place.port, secret).pipe(
    Layer.provide(ShardingConfig.layer({ runnerListenAddress: Option.some(place) })),
  );
  return Effect.gen(function* () {
    const context = yield* Layer.build(sockets);
    const server = Context.get(context, SocketServer.SocketServer);
    const connected = yield* Deferred.make<void>();
    // It does not read.
    const serve = server.run((socket) =>
      Effect.scoped(Effect.andThen(socket.reader, Effect.andThen(Deferred.succeed(connected, undefined), Effect.never))),
    );
    yield* Effect.forkScoped(serve);
    if (server.address._tag === "UnixPathAddress") throw new Error("It listens at no port.");
    const to = RunnerAddress.make(place.host, server.address.port);
    const { send } = yield* Context.get(context, Runners.RpcClientProtocol).make(to);
    let waiting = 0;
    for (let id = 0; id < many; id++) {
      waiting++;
      const request = send(0, { _tag: "Request", id, tag: "Long", payload: long, headers: [] });
      yield* Effect.forkScoped(
        Effect.ensuring(
          request,
          Effect.sync(() => waiting--),
        ),
      );
    }
    yield* Deferred.await(connected);
    yield* Effect.sleep("100 millis");
    expect(waiting).toBeGreaterThan(many / 2);
    // A warning is told at the end of the turn.
    yield* Effect.sleep("10 millis");
    expect(warnings).toEqual([]);
  }).pipe(Effect.scoped, Effect.runPromise);
});
