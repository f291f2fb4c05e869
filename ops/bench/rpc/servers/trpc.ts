// tRPC 11 over ws with a zod schema, as its documentation sets it up.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocketServer } from "ws";
import * as z from "zod";

const t = initTRPC.create();
const router = t.router({
  ping: t.procedure.input(z.object({ echo: z.string().max(1000).optional() })).query(({ input }) => ({ echo: input.echo, at: Date.now() })),
});
export type PingRouter = typeof router;

export const start = async (): Promise<{ readonly port: number }> => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  applyWSSHandler({ wss: server, router });
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port };
};
