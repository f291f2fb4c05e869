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
/** Servers end sockets that say nothing, and the others of a run take their time to begin: said so often, ms, while nothing is measured. */
const signOfLifeMs = 20_000;

let sockets: Array<WebSocket | undefined> = [];
let isHeartbeat: (data: Buffer) => boolean = () => false;
let fault: Error | undefined;
let fail: (error: Error) => void = () => {};
let measuring = false;
setInterval(() => {
  if (!measuring) for (const socket of sockets) socket?.ping();
}, signOfLifeMs);

const broken = (error: Error): void => {
  fault ??= error;
  fail(fault);
};

answerParent({
  open: async ({ contender: name, port, token, watchers }: Watching) => {
    const { path, opening, heartbeat } = contender(name);
    isHeartbeat = (data) => data.toString() === heartbeat?.heard;
    const open = async (): Promise<void> => {
      while (sockets.length < watchers) {
        const at = sockets.push(undefined) - 1;
        const socket = await openSocket(`ws://127.0.0.1:${port}${path}`, opening(token));
        socket.on("error", broken).on("close", (code) => broken(new Error(`${name} closed a watcher's connection: ${code}`)));
        if (heartbeat !== undefined) socket.on("message", (data: Buffer) => isHeartbeat(data) && socket.send(heartbeat.answer));
        sockets[at] = socket;
      }
    };
    await Promise.all(Array.from({ length: together }, open));
  },
  /** Answers when all have all. */
  expect: ({ first, changes }: Expected) =>
    new Promise<void>((resolve, reject) => {
      fail = reject;
      measuring = true;
      if (fault !== undefined) reject(fault);
      const marks = Array.from({ length: changes }, (_, n) => Buffer.from(markOf(first + n)));
      let waiting = sockets.length;
      for (const socket of sockets) {
        let got = 0;
        const heard = (data: Buffer): void => {
          if (isHeartbeat(data)) return;
          const mark = marks[got++];
          if (mark === undefined || !data.includes(mark))
            broken(new Error(`a watcher got something else: ${data.toString().slice(0, 200)}`));
          else if (got === changes) {
            socket?.off("message", heard);
            if (--waiting > 0) return;
            measuring = false;
            resolve();
          }
        };
        socket?.on("message", heard);
      }
    }),
  close: () => {
    for (const socket of sockets) {
      socket?.removeAllListeners("close");
      socket?.terminate();
    }
    sockets = [];
  },
});
