// Starts one contender's server in a process of its own.
import { type Child, startChild } from "../child.ts";
import type { NodeCommand } from "../../services/glibc.ts";
import type { ContenderName, RunningServer } from "./contenders.ts";

export interface ServerProcess {
  readonly name: ContenderName;
  readonly child: Child;
  readonly port: number;
  readonly token: string;
}

/** `node`: how to run Node, where uWebSockets.js needs another C library. */
export const startServer = async (name: ContenderName, node?: NodeCommand): Promise<ServerProcess> => {
  const child = startChild(new URL("./server.ts", import.meta.url), [name], node);
  try {
    const { port, token = "" } = await child.ask<RunningServer>("start");
    return { name, child, port, token };
  } catch (error) {
    await child.stop();
    throw error;
  }
};
