// A TCP connection that can be cut: stands between a runner and a service, so that this runner alone loses it.
import { connect, createServer, type Server, type Socket } from "node:net";

export interface Link {
  readonly port: number;
  /** Ends what is open and takes nothing new, or holds all bytes back, until it is mended. */
  readonly cut: (how: "closed" | "silent") => void;
  readonly mend: () => void;
  readonly close: () => Promise<void>;
}

export const link = async (target: number): Promise<Link> => {
  const pairs = new Set<readonly [Socket, Socket]>();
  let state: "open" | "closed" | "silent" = "open";
  const server: Server = createServer((near) => {
    if (state === "closed") return void near.destroy();
    const far = connect(target, "127.0.0.1");
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on("data", (bytes) => to.write(bytes));
      // One end of a pair that is gone takes the other with it.
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
    if (state === "silent") for (const socket of pair) socket.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cut: (how) => {
      state = how;
      for (const socket of [...pairs].flat()) {
        if (how === "closed") socket.destroy();
        else socket.pause();
      }
    },
    mend: () => {
      state = "open";
      for (const pair of pairs) for (const socket of pair) socket.resume();
    },
    close: () =>
      new Promise((resolve) => {
        for (const pair of pairs) for (const socket of pair) socket.destroy();
        server.close(() => resolve());
      }),
  };
};
