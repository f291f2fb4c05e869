// Every contender answers what it is asked, so that the benchmark cannot rot; and those whose protocol the load speaks by bare
// frames are what they say: their own clients get the same answer.
import { layerWebSocket } from "@effect/platform-node/NodeSocket";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { Effect, Layer } from "effect";
import { RpcClient, RpcSerialization } from "effect/rpc";
import { io } from "socket.io-client";
import { afterEach, expect, test } from "vitest";
import { nodeForUws } from "../../services/glibc.ts";
import { Asker } from "./asker.ts";
import { contender, type ContenderName, contenderNames } from "./contenders.ts";
import { PingGroup } from "./servers/effect.ts";
import type { PingRouter } from "./servers/trpc.ts";
import { type ServerProcess, startServer } from "./server-process.ts";
import { echoSpeech, payload } from "./speech.ts";

/** The gateway brings its whole server along. */
const within = 120_000;

const running: Array<ServerProcess> = [];
const start = async (...args: Parameters<typeof startServer>): Promise<ServerProcess> => {
  const server = await startServer(...args);
  running.push(server);
  return server;
};
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ child }) => child.stop()));
});

test.for<ContenderName>(contenderNames)("%s answers with what it was given", { timeout: within }, async (name, { skip }) => {
  const node = contender(name).uws ? await nodeForUws().catch((error: unknown) => skip(String(error))) : undefined;
  const server = await start(name, node);
  const asker = await Asker.open(server.port, contender(name).speech(server.token));
  await asker.run(3, 7);
  await asker.run(1, 1);
  asker.close();
  expect(await server.child.cpu()).toBeGreaterThan(1000);
});

test("an answer that does not carry what was asked is no answer, nor is a closed connection", async () => {
  const { port } = await start("echo-ws");
  const other = await Asker.open(port, { ...echoSpeech, request: () => "something else" });
  await expect(other.run(1, 1)).rejects.toThrow("does not carry what was asked: something else");
  const strange = Asker.open(port, { ...echoSpeech, opening: [{ send: "hello", awaits: "welcome" }] });
  await expect(strange).rejects.toThrow("expected a frame that starts with welcome, got hello");
  const closed = await Asker.open(port, echoSpeech);
  closed.close();
  await expect(closed.run(1, 1)).rejects.toThrow("closed");
});

test("a child that does not know what it is asked says so, and one that has ended answers nothing", async () => {
  const { child } = await start("echo-ws");
  await expect(child.ask("nothing")).rejects.toThrow("nothing answers nothing");
  await child.stop();
  await expect(child.cpu()).rejects.toThrow("server.ts echo-ws ended");
});

test("tRPC's own client is answered", async () => {
  const { port } = await start("trpc");
  const socket = createWSClient({ url: `ws://127.0.0.1:${port}` });
  const client = createTRPCClient<PingRouter>({ links: [wsLink({ client: socket })] });
  expect((await client.ping.query({ echo: payload })).echo).toBe(payload);
  await socket.close();
});

test("Socket.IO's own client is answered", async () => {
  const { port } = await start("socket-io");
  const client = io(`http://127.0.0.1:${port}`, { transports: ["websocket"] });
  expect(await client.emitWithAck("ping", { echo: payload })).toMatchObject({ echo: payload });
  client.close();
});

test("Effect's own RPC client is answered", async () => {
  const { port } = await start("effect");
  const protocol = RpcClient.layerProtocolSocket().pipe(
    Layer.provide([layerWebSocket(`ws://127.0.0.1:${port}`), RpcSerialization.layerNdjson]),
  );
  const asking = Effect.flatMap(RpcClient.make(PingGroup), (client) => client.Ping({ echo: payload }));
  expect((await Effect.runPromise(Effect.scoped(Effect.provide(asking, protocol)))).echo).toBe(payload);
});
