// One change to many watchers: CPU time of the server for each delivery, of PixSim's gateway and its peers.
import { type Child, startChild } from "../child.ts";
import { interleaved, type Rounds } from "../measure.ts";
import { figureText, type Report, type Row, type Section } from "../report.ts";
import { type NodeCommand, nodeForUws } from "../../services/glibc.ts";
import { contender, type ContenderName, contenderNames } from "./contenders.ts";
import type { Telling } from "./server.ts";
import type { Expected, Watching } from "./watchers.ts";

const rounds = 5;

interface Size {
  readonly watchers: number;
  readonly changes: number;
  readonly everyMs: number;
}

const sizes: ReadonlyArray<Size> = [
  { watchers: 100, changes: 100, everyMs: 10 },
  { watchers: 1000, changes: 20, everyMs: 60 },
  { watchers: 5000, changes: 10, everyMs: 250 },
];

export interface RunningFanout {
  readonly name: ContenderName;
  readonly server: Child;
  /** Tells `changes` to all watchers; answers once each has them: CPU time of the server for one delivery, µs. */
  readonly run: (size: Omit<Size, "watchers">) => Promise<number>;
  readonly stop: () => Promise<void>;
}

const file = (name: string): URL => new URL(name, import.meta.url);

/** `node`: how to run Node, where uWebSockets.js needs another C library. */
export const startFanout = async (name: ContenderName, watchers: number, node?: NodeCommand): Promise<RunningFanout> => {
  const server = startChild(file("./server.ts"), [name], node);
  const load = startChild(file("./watchers.ts"), []);
  const stop = async (): Promise<void> => {
    await load.stop();
    await server.stop();
  };
  try {
    const { port, token } = await server.ask<{ readonly port: number; readonly token: string }>("start");
    await load.ask("open", { contender: name, port, token, watchers } satisfies Watching);
  } catch (error) {
    await stop();
    throw error;
  }
  let next = 1;
  return {
    name,
    server,
    run: async ({ changes, everyMs }) => {
      const first = next;
      next += changes;
      const got = load.ask("expect", { first, changes } satisfies Expected);
      const before = await server.cpu();
      await server.ask("tell", { first, changes, everyMs } satisfies Telling);
      await got;
      return ((await server.cpu()) - before) / (changes * watchers);
    },
    stop,
  };
};

const peer: ContenderName = "publish-uws";
const aims: Partial<Record<ContenderName, { readonly atMost: number }>> = { "gateway-uws": { atMost: 1.1 } };

/** `missing`: why there is no uWebSockets.js here. */
const rowOf = (name: ContenderName, results: Rounds<{ readonly cpu: number }>, missing: string): Row => {
  const aim = aims[name];
  const row: Row = { name: contender(name).title, ...(aim === undefined ? {} : { aim }) };
  if (!results.has(name)) return { ...row, note: missing };
  const figure = results.median(name, "cpu");
  if (!results.has(peer)) return { ...row, figure };
  return { ...row, figure, ratio: { value: results.ratio(name, peer, "cpu"), to: contender(peer).title } };
};

const measure = async (report: Report, size: Size, missing: string, node: NodeCommand | undefined): Promise<void> => {
  const running: Array<RunningFanout> = [];
  try {
    for (const name of contenderNames) {
      const { uws } = contender(name);
      if (uws && node === undefined) continue;
      running.push(await startFanout(name, size.watchers, uws ? node : undefined));
    }
    for (const one of running) await one.run(size);
    const results = await interleaved(
      running.map(({ name, run }) => ({ name, run: async () => ({ cpu: await run(size) }) })),
      rounds,
    );
    report.table({
      title: `One change to ${figureText(size.watchers)} watchers: server CPU for each delivery`,
      unit: "µs",
      rows: contenderNames.map((name) => rowOf(name, results, missing)),
    });
  } finally {
    await Promise.all(running.map((one) => one.stop()));
  }
};

export const fanout: Section = {
  name: "fanout",
  summary: "one change to many watchers",
  run: async (report) => {
    let missing = "";
    const node = await nodeForUws().catch((error: unknown) => {
      missing = error instanceof Error ? error.message : String(error);
      return undefined;
    });
    for (const size of sizes) {
      report.say(`opening ${figureText(size.watchers)} watchers of each …`);
      await measure(report, size, missing, node);
    }
  },
};
