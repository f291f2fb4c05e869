// Loaded into a server before it starts: at each SIGUSR2 it counts what a full garbage collection leaves, and writes that into a file.
import { renameSync, writeFileSync } from "node:fs";
import { queryObjects } from "node:v8";

const file = process.env["MEMORY_FILE"] ?? "";

/** The gateway's connections, and objects and functions of any kind. */
export interface Alive {
  readonly connections: number;
  readonly objects: number;
  readonly functions: number;
}

process.on("SIGUSR2", () => {
  // Only the server itself is asked: to its children, which load this too, the gateway would be a burden.
  void import("#runtime/gateway/connection.ts").then(({ Connection }) => {
    const count = (of: new (...args: never) => unknown): number => queryObjects(of as never, { format: "count" });
    const alive: Alive = { connections: count(Connection), objects: count(Object), functions: count(Function) };
    writeFileSync(`${file}.new`, JSON.stringify(alive));
    renameSync(`${file}.new`, file);
  });
});
