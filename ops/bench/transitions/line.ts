// A line between a browser and a server on this machine: every answer comes later, all of them share what the line carries, and some stall.
import { Agent, createServer, request, type ServerResponse } from "node:http";
import type { IncomingMessage } from "node:http";

export interface LineOptions {
  /** Port that it leads to. */
  readonly to: number;
  /** Until an answer begins, ms. */
  readonly latencyMs: number;
  readonly bitsPerSecond: number;
  /** 0 to 1: of requests that are held back. */
  readonly stalls: number;
  readonly stallMs: number;
  /** 0 to 1, without 1. */
  readonly draw: () => number;
}

export interface Line {
  readonly port: number;
  readonly close: () => Promise<void>;
}

const pieceBytes = 8 * 1024;

export const openLine = async ({ to, latencyMs, bitsPerSecond, stalls, stallMs, draw }: LineOptions): Promise<Line> => {
  const agent = new Agent({ keepAlive: true });
  /** When the line has carried all that was put on it. */
  let busyUntil = 0;
  const waiting = new Set<NodeJS.Timeout>();
  const after = (ms: number, run: () => void): void => {
    const timer = setTimeout(() => {
      waiting.delete(timer);
      run();
    }, ms);
    waiting.add(timer);
  };
  const carry = (answer: IncomingMessage, response: ServerResponse): void => {
    answer.on("readable", () => send());
    let sending = false;
    const send = (): void => {
      if (sending) return;
      const piece = (answer.read(Math.min(pieceBytes, answer.readableLength || pieceBytes)) ?? answer.read()) as Buffer | null;
      if (piece === null) {
        if (answer.readableEnded) response.end();
        return;
      }
      sending = true;
      const now = performance.now();
      busyUntil = Math.max(busyUntil, now) + (piece.length * 8000) / bitsPerSecond;
      after(busyUntil - now, () => {
        sending = false;
        response.write(piece);
        send();
      });
    };
    answer.on("end", () => {
      if (!sending) response.end();
    });
  };
  const server = createServer((asked, response) => {
    const wait = latencyMs + (draw() < stalls ? stallMs : 0);
    const { method, url, headers } = asked;
    const forward = request({ host: "127.0.0.1", port: to, method, path: url, headers, agent }, (answer) => {
      after(wait, () => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        carry(answer, response);
      });
    });
    forward.on("error", () => response.destroy());
    response.on("close", () => forward.destroy());
    asked.pipe(forward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        for (const timer of waiting) clearTimeout(timer);
        agent.destroy();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
