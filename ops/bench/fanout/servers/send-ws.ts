// What ws itself costs: the frame is encoded once and sent to each.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { frameOf } from "../change.ts";
import type { RunningServer } from "../contenders.ts";

export const start = async (): Promise<RunningServer> => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    tell: (rev) => {
      const frame = Buffer.from(frameOf(rev));
      for (const client of server.clients) client.send(frame, { binary: false });
    },
  };
};
