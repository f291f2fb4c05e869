// Gives back each message: what ws itself costs.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

export const start = async (): Promise<{ readonly port: number }> => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })));
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port };
};
