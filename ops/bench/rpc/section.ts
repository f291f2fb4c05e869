// RPC over WebSocket: requests a second and CPU time of the server for each, of PixSim's gateway and its peers.
import { type Child, startChild } from "../child.ts";
import { interleaved, type Rounds } from "../measure.ts";
import { type Aim, figureText, type Report, type Row, type Section } from "../report.ts";
import { nodeForUws } from "../../services/glibc.ts";
import { contender, type ContenderName, contenderNames } from "./contenders.ts";
import type { Opening, Run } from "./load.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

const rounds = 5;

interface Mode {
  readonly title: string;
  readonly connections: number;
  /** Of each connection. */
  readonly inFlight: number;
  /** In all: those before the first round, while the server's code is compiled, and those of a round. */
  readonly warmUp: number;
  readonly measured: number;
}

const modes: ReadonlyArray<Mode> = [
  { title: "pipelined, 8 connections with 8 requests in flight each", connections: 8, inFlight: 8, warmUp: 30_000, measured: 16_000 },
  { title: "one at a time, on one connection", connections: 1, inFlight: 1, warmUp: 16_000, measured: 12_000 },
];

/** `cpu`: of the server, µs a request. */
type RpcSample = { readonly cpu: number; readonly perSecond: number };

const file = (name: string): URL => new URL(name, import.meta.url);

const measure = async (load: Child, server: ServerProcess, { connections, inFlight }: Mode, requests: number): Promise<RpcSample> => {
  const { name, child, port, token } = server;
  await load.ask("open", { contender: name, port, token, connections } satisfies Opening);
  // Connecting is no part of it, nor are the first requests after it.
  await load.ask("run", { inFlight, requests: 10 * inFlight } satisfies Run);
  const [cpuBefore, began] = [await child.cpu(), performance.now()];
  await load.ask("run", { inFlight, requests: requests / connections } satisfies Run);
  const [ended, cpuAfter] = [performance.now(), await child.cpu()];
  await load.ask("close");
  return { cpu: (cpuAfter - cpuBefore) / requests, perSecond: (requests / (ended - began)) * 1000 };
};

interface Comparison {
  readonly of: ContenderName;
  readonly to: ContenderName;
  readonly aim?: Aim;
  /**
   * The aim is for a server that is busy. One at a time, to wake up costs any server more than the request: raw ws itself is about half of
   * Effect RPC then.
   */
  readonly busy?: true;
}

/** With whom each is compared, and what is aimed at. */
const comparisons: ReadonlyArray<Comparison> = [
  { of: "gateway-uws", to: "echo-uws", aim: { atMost: 1.6 } },
  { of: "gateway-uws", to: "effect", aim: { atMost: 0.5 }, busy: true },
  { of: "gateway-ws", to: "echo-ws", aim: { atMost: 1.6 } },
  { of: "gateway-ws", to: "effect", aim: { atMost: 0.5 }, busy: true },
  { of: "echo-ws", to: "effect" },
  { of: "echo-uws", to: "echo-ws" },
  { of: "echo-ws", to: "echo-ws" },
  { of: "socket-io", to: "echo-ws" },
  { of: "effect", to: "echo-ws" },
  { of: "trpc", to: "echo-ws" },
];

/** `missing`: why there is no uWebSockets.js here. */
const rowOf = (results: Rounds<RpcSample>, mode: Mode, { of, to, aim, busy }: Comparison, missing: string): Row => {
  const aimed = aim !== undefined && (mode.inFlight > 1 || busy !== true);
  const row: Row = { name: contender(of).title, ...(aimed ? { aim } : {}) };
  if (!results.has(of)) return { ...row, note: missing };
  return {
    ...row,
    figure: results.median(of, "cpu"),
    also: `${figureText(results.median(of, "perSecond"))} requests/s`,
    ratio: { value: results.ratio(of, to, "cpu"), to: contender(to).title },
  };
};

const run = async (report: Report): Promise<void> => {
  let missing = "";
  const uwsNode = await nodeForUws().catch((error: unknown) => {
    missing = error instanceof Error ? error.message : String(error);
    return undefined;
  });
  const running: Array<Child> = [];
  try {
    const servers: Array<ServerProcess> = [];
    for (const name of contenderNames) {
      const { uws } = contender(name);
      if (uws && uwsNode === undefined) continue;
      report.say(`starting ${contender(name).title} …`);
      const server = await startServer(name, uws ? uwsNode : undefined);
      running.push(server.child);
      servers.push(server);
    }
    const load = startChild(file("./load.ts"), []);
    running.push(load);
    for (const mode of modes) {
      report.say(`warming up, ${mode.title} …`);
      for (const server of servers) await measure(load, server, mode, mode.warmUp);
      const results = await interleaved(
        servers.map((server) => ({ name: server.name, run: () => measure(load, server, mode, mode.measured) })),
        rounds,
        (round) => report.say(`round ${round} of ${rounds} …`),
      );
      report.table({
        title: `Server CPU per request, ${mode.title}`,
        unit: "µs",
        rows: comparisons.map((comparison) => rowOf(results, mode, comparison, missing)),
      });
    }
  } finally {
    await Promise.all(running.map((child) => child.stop()));
  }
};

export const rpc: Section = { name: "rpc", summary: "requests over WebSocket", run };
