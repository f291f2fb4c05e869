// What stands in front of several runners, as nginx does: each connection goes to one that takes it.
import { connect, createServer, type Socket } from "node:net";

export interface Balancer {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** `ports`: where runners listen, asked anew for each connection; one after the other is tried. */
export const balance = async (ports: () => ReadonlyArray<number>): Promise<Balancer> => {
  const sockets = new Set<Socket>();
  let turn = 0;
  const server = createServer((near) => {
    sockets.add(near);
    near.on("error", () => near.destroy());
    near.on("close", () => sockets.delete(near));
    const now = ports();
    const first = turn++;
    const attempt = (n: number): void => {
      if (n === now.length) return void near.destroy();
      const far = connect(now[(first + n) % now.length]!, "127.0.0.1");
      const next = (): void => attempt(n + 1);
      far.once("error", next);
      far.once("connect", () => {
        far.off("error", next);
        far.on("error", () => near.destroy());
        near.on("close", () => far.destroy());
        near.pipe(far);
        far.pipe(near);
      });
    };
    attempt(0);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
};
