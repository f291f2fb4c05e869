// Connections between runners on which more is written than is read, and those that never come about.
import { spawn } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Context, Deferred, Effect, Fiber, Layer, Option } from "effect";
import * as RunnerAddress from "effect/cluster/RunnerAddress";
import * as Runners from "effect/cluster/Runners";
import * as ShardingConfig from "effect/cluster/ShardingConfig";
import * as SocketServer from "effect/socket/SocketServer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runnerSockets } from "./transport.ts";

const warnings: Array<string> = [];
/** Of too many who listen; other files' tests ran in this process before, and what they left may be warned of now. */
const warned = ({ name, message }: Error): void => {
  if (name === "MaxListenersExceededWarning") warnings.push(message);
};
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

test.each([["a secret of the runners"], [undefined]])(
  "that another program listens at its place is told in a sentence (secret: %s)",
  async (secret) => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const place = RunnerAddress.make("127.0.0.1", port);
    const sockets = runnerSockets(place.host, port, secret).pipe(
      Layer.provide(ShardingConfig.layer({ runnerListenAddress: Option.some(place) })),
    );
    const failure = await Effect.runPromise(Effect.flip(Effect.scoped(Layer.build(sockets))));
    expect(failure.message).toMatch(
      new RegExp(`^Cannot listen for other runners on 127\\.0\\.0\\.1:${port}: another program listens there\\. Give .* PIXSIM_RUNNER`),
    );
    other.close();
  },
);

test.each([["another secret of runners"], [undefined]])(
  "who has another secret, or none (%s), says nothing to a runner that is heard",
  async (secret) => {
    const place = RunnerAddress.make("127.0.0.1", 0);
    const socketsOf = (own: string | undefined) =>
      runnerSockets(place.host, place.port, own).pipe(Layer.provide(ShardingConfig.layer({ runnerListenAddress: Option.some(place) })));
    let heard = 0;
    const made: Array<Socket> = [];
    const note = (message: unknown): void => void made.push((message as { readonly socket: Socket }).socket);
    subscribe("net.client.socket", note);
    await Effect.gen(function* () {
      const server = Context.get(yield* Layer.build(socketsOf("the secret of the runners")), SocketServer.SocketServer);
      const serve = server.run((socket) =>
        Effect.scoped(
          Effect.andThen(
            socket.reader,
            Effect.sync(() => void heard++),
          ),
        ),
      );
      yield* Effect.forkScoped(serve);
      if (server.address._tag === "UnixPathAddress") throw new Error("It listens at no port.");
      const to = RunnerAddress.make(place.host, server.address.port);
      const say = (own: string | undefined) =>
        Effect.gen(function* () {
          const { send } = yield* Context.get(yield* Layer.build(socketsOf(own)), Runners.RpcClientProtocol).make(to);
          yield* send(0, { _tag: "Request", id: 1, tag: "Any", payload: long, headers: [] });
        }).pipe(Effect.scoped, Effect.exit);
      const said = yield* Effect.forkScoped(say(secret));
      // Who is refused is hung up on; who is heard is not.
      yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => heard > 0 || made.some(({ closed }) => closed) });
      expect(heard).toBe(0);
      yield* Fiber.interrupt(said);
      yield* Effect.forkScoped(say("the secret of the runners"));
      yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => heard > 0 });
    }).pipe(Effect.scoped, Effect.ensuring(Effect.sync(() => unsubscribe("net.client.socket", note))), Effect.runPromise);
  },
);

/** Listens, and is stopped when it has said where: the system takes two connections for it, and answers no more. */
const silence = `
  const server = require("node:net").createServer().listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => process.stdout.write(String(server.address().port)));
`;

test.each([["a secret of the runners"], [undefined]])(
  "a connection that never came about is gone with who asked for it (secret: %s)",
  async (secret) => {
    const listener = spawn(process.execPath, ["-e", silence], { stdio: ["ignore", "pipe", "inherit"] });
    const made: Array<Socket> = [];
    const note = (message: unknown): void => void made.push((message as { readonly socket: Socket }).socket);
    try {
      const [said] = (await once(listener.stdout, "data")) as [Buffer];
      const port = Number(said);
      listener.kill("SIGSTOP");
      const place = RunnerAddress.make("127.0.0.1", port);
      const taken = Array.from({ length: 2 }, () => connect(port, place.host));
      await Promise.all(taken.map((each) => once(each, "connect")));
      subscribe("net.client.socket", note);

      const sockets = runnerSockets(place.host, 0, secret).pipe(
        Layer.provide(ShardingConfig.layer({ runnerListenAddress: Option.some(RunnerAddress.make(place.host, 0)) })),
      );
      await Effect.gen(function* () {
        const context = yield* Layer.build(sockets);
        yield* Context.get(context, Runners.RpcClientProtocol).make(place);
        yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => made.length > 0 });
        expect(made.at(-1)).toMatchObject({ connecting: true, destroyed: false });
      }).pipe(Effect.scoped, Effect.runPromise);
      expect(made.map(({ destroyed }) => destroyed)).toEqual(made.map(() => true));
      for (const each of taken) each.destroy();
    } finally {
      unsubscribe("net.client.socket", note);
      listener.kill("SIGKILL");
    }
  },
);
