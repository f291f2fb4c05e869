// The process that watches: opens many sockets, and makes sure that each gets every change once and in order.
import type { WebSocket } from "ws";
import { answerParent } from "../child.ts";
import { openSocket } from "../opening.ts";
import { markOf } from "./change.ts";
import { contender, type ContenderName } from "./contenders.ts";

export interface Watching {
  readonly contender: ContenderName;
  readonly port: number;
  readonly token: string;
  readonly watchers: number;
}

export interface Expected {
  readonly first: number;
  readonly changes: number;
}

/** Sockets that are opened at the same time. */
const together = 50;

let sockets: Array<WebSocket> = [];
let fault: Error | undefined;
let fail: (error: Error) => void = () => {};

const broken = (error: Error): void => {
  fault ??= error;
  fail(fault);
};

answerParent({
  open: async ({ contender: name, port, token, watchers }: Watching) => {
    const { path, opening } = contender(name);
    const open = async (): Promise<void> => {
      while (sockets.length < watchers) {
        const at = sockets.push(undefined as never) - 1;
        const socket = await openSocket(`ws://127.0.0.1:${port}${path}`, opening(token));
        socket.on("error", broken).on("close", (code) => broken(new Error(`the server closed a watcher's connection: ${code}`)));
        sockets[at] = socket;
      }
    };
    await Promise.all(Array.from({ length: together }, open));
  },
  /** Answers when all have all. */
  expect: ({ first, changes }: Expected) =>
    new Promise<void>((resolve, reject) => {
      fail = reject;
      if (fault !== undefined) reject(fault);
      const marks = Array.from({ length: changes }, (_, n) => Buffer.from(markOf(first + n)));
      let waiting = sockets.length;
      for (const socket of sockets) {
        let got = 0;
        socket.removeAllListeners("message");
        socket.on("message", (data: Buffer) => {
          const mark = marks[got++];
          if (mark === undefined || !data.includes(mark))
            broken(new Error(`a watcher got something else: ${data.toString().slice(0, 200)}`));
          else if (got === changes && --waiting === 0) resolve();
        });
      }
    }),
  close: () => {
    for (const socket of sockets) {
      socket.removeAllListeners("close");
      socket.terminate();
    }
    sockets = [];
  },
});
