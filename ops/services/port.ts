// Ports of this machine that nobody listens on.
import { createServer } from "node:net";

/** A port that is free; 0: any that the system hands out. */
const listens = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

export const freePort = (): Promise<number> => listens(0);

/** Below those that the system hands out to anybody who connects. */
const own = { first: 20_000, count: 12_000 };

/** One that stays free while whoever listens there is away for a moment. */
export const keptPort = async (): Promise<number> => {
  for (;;) {
    const port = own.first + Math.floor(Math.random() * own.count);
    if ((await listens(port).catch(() => undefined)) !== undefined) return port;
  }
};
