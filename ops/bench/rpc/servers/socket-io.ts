// Socket.IO on ws: an event with an acknowledgement, nothing validated.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";

export const start = async (): Promise<{ readonly port: number }> => {
  const http = createServer();
  const server = new Server(http, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });
  server.on("connection", (socket) => {
    socket.on("ping", ({ echo }: { readonly echo: string }, answer: (output: object) => void) => answer({ echo, at: Date.now() }));
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return { port: (http.address() as AddressInfo).port };
};
