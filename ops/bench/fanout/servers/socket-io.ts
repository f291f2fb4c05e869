// Socket.IO on ws: an event to all, encoded once.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { changedJob } from "../change.ts";
import type { RunningServer } from "../contenders.ts";

export const start = async (): Promise<RunningServer> => {
  const http = createServer();
  const server = new Server(http, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return { port: (http.address() as AddressInfo).port, tell: (rev) => void server.emit("change", changedJob(rev)) };
};
