// What uWebSockets.js itself costs: it encodes once and writes to all who subscribe.
import { frameOf } from "../change.ts";
import type { RunningServer } from "../contenders.ts";

export const start = async (): Promise<RunningServer> => {
  const uws = await import("uWebSockets.js");
  const app = uws.App().ws("/*", { compression: uws.DISABLED, idleTimeout: 0, open: (socket) => void socket.subscribe("all") });
  return new Promise((resolve, reject) => {
    app.listen("127.0.0.1", 0, (listening) => {
      if (listening === false) reject(new Error("uWebSockets.js does not listen."));
      else resolve({ port: uws.us_socket_local_port(listening), tell: (rev) => void app.publish("all", frameOf(rev)) });
    });
  });
};
