// RPC over WebSocket: requests a second and CPU time of the server for each, of PixSim's gateway and its peers.
import { type Child, startChild } from "../child.ts";
import { interleaved, type Rounds } from "../measure.ts";
import type { Report, Row, Section } from "../report.ts";
import { type NodeCommand, nodeForUws } from "../../services/glibc.ts";
import { contender, type ContenderName, contenders, type RunningServer } from "./contenders.ts";
import type { Opening, Run } from "./load.ts";

const rounds = 5;
const warmUpMs = 1000;
const settleMs = 100;
const measuredMs = 800;

interface Mode {
  readonly title: string;
  readonly connections: number;
  readonly inFlight: number;
}

const modes: ReadonlyArray<Mode> = [
  { title: "pipelined, 8 connections with 8 requests in flight each", connections: 8, inFlight: 8 },
  { title: "one at a time, on one connection", connections: 1, inFlight: 1 },
];

/** `cpu`: of the server, µs a request. */
type RpcSample = { readonly cpu: number; readonly perSecond: number };

interface Server {
  readonly name: ContenderName;
  readonly child: Child;
  readonly running: RunningServer;
}

const names = Object.keys(contenders) as ReadonlyArray<ContenderName>;
const file = (name: string): URL => new URL(name, import.meta.url);

const startServer = async (name: ContenderName, node: NodeCommand | undefined): Promise<Server> => {
  const child = startChild(file("./server.ts"), [name], node);
  try {
    return { name, child, running: await child.ask<RunningServer>("start") };
  } catch (error) {
    await child.stop();
    throw error;
  }
};

const measure = async (load: Child, { name, child, running }: Server, { connections, inFlight }: Mode, ms: number): Promise<RpcSample> => {
  const opening: Opening = { contender: name, port: running.port, token: running.token ?? "", connections };
  await load.ask("open", opening);
  await load.ask("run", { inFlight, ms: settleMs } satisfies Run);
  const [cpuBefore, began] = [await child.cpu(), performance.now()];
  const requests = await load.ask<number>("run", { inFlight, ms } satisfies Run);
  const [ended, cpuAfter] = [performance.now(), await child.cpu()];
  await load.ask("close");
  return { cpu: (cpuAfter - cpuBefore) / requests, perSecond: (requests / (ended - began)) * 1000 };
};

const rowsOf = (results: Rounds<RpcSample>, missing: string | undefined): ReadonlyArray<Row> =>
  names.map((name) => {
    const { title } = contender(name);
    if (!results.has(name)) return { name: title, note: missing ?? "" };
    const also = `${Math.round(results.median(name, "perSecond")).toLocaleString("en")} requests/s`;
    return {
      name: title,
      figure: results.median(name, "cpu"),
      also,
      ratio: { value: results.ratio(name, "echo-ws", "cpu"), to: "raw ws" },
    };
  });

const run = async (report: Report): Promise<void> => {
  let missing: string | undefined;
  const uwsNode = await nodeForUws().catch((error: unknown) => {
    missing = error instanceof Error ? error.message : String(error);
    return undefined;
  });
  const running: Array<Child> = [];
  try {
    const servers: Array<Server> = [];
    for (const name of names) {
      const { uws } = contender(name);
      if (uws && uwsNode === undefined) continue;
      const server = await startServer(name, uws ? uwsNode : undefined);
      running.push(server.child);
      servers.push(server);
    }
    const load = startChild(file("./load.ts"), []);
    running.push(load);
    for (const mode of modes) {
      for (const server of servers) await measure(load, server, mode, warmUpMs);
      const results = await interleaved(
        servers.map((server) => ({ name: server.name, run: () => measure(load, server, mode, measuredMs) })),
        rounds,
      );
      report.table({ title: `Server CPU per request, ${mode.title}`, unit: "µs", rows: rowsOf(results, missing) });
    }
  } finally {
    await Promise.all(running.map((child) => child.stop()));
  }
};

export const rpc: Section = { name: "rpc", summary: "requests over WebSocket", run };
