// Processes of a cluster as far as they have cells, in the process of the test: each says which it serves. Nothing but Redis is shared.
import { Effect, ManagedRuntime } from "effect";
import { Fanout } from "#runtime/bus/fanout.ts";
import { manyProcesses } from "#runtime/cluster/many.ts";
import { type CellServer, Placement } from "#runtime/cluster/placement.ts";
import { freePort } from "../services/port.ts";

export interface JoinOptions {
  readonly redisUrl: string;
  readonly weight?: number;
}

export interface Joined {
  /** Those that it serves. */
  readonly cells: ReadonlySet<number>;
  readonly fanout: Fanout["Service"];
  readonly placement: Placement["Service"];
  /** Answers `there and <name>` of whoever serves the cell. */
  readonly ask: (cell: number) => Promise<string>;
  /** Runs until this process ends. */
  readonly fork: <A, E>(effect: Effect.Effect<A, E>) => void;
  readonly dispose: () => Promise<void>;
}

export const lockExpiryMs = 3000;

export const join = async (name: string, { redisUrl, weight = 1 }: JoinOptions): Promise<Joined> => {
  const address = `127.0.0.1:${await freePort()}`;
  const runtime = ManagedRuntime.make(
    manyProcesses({ redisUrl, address, secret: undefined, database: "one", weight, expiryMs: lockExpiryMs, version: "1" }),
  );
  const cells = new Set<number>();
  const server: CellServer = {
    open: (opened) => Effect.sync(() => opened.forEach((cell) => cells.add(cell))),
    close: (cell) => Effect.sync(() => void cells.delete(cell)),
    receive: (message) => Effect.succeed(`${message} ${name}`),
  };
  const placement = await runtime.runPromise(Placement);
  const fanout = await runtime.runPromise(Fanout);
  const fork: Joined["fork"] = (effect) => void runtime.runFork(effect);
  fork(Effect.scoped(Effect.andThen(placement.serve(server), Effect.never)));
  const ask = (cell: number) => runtime.runPromise(placement.call(cell, "there and"));
  return { cells, fanout, placement, ask, fork, dispose: () => runtime.dispose() };
};
