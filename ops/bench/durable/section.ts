// Durable actors: what a step, a whole job and an idle actor cost, beside plain XState and the queues that people would take
// instead.
import { loadavg } from "node:os";
import { postgres } from "#db/client/postgres-mended.ts";
import { findPostgres, howToGetPostgres, type RunningPostgres, startPostgres } from "../../services/postgres.ts";
import { findRedis, howToGetRedis, type RunningRedis, startRedis } from "../../services/redis.ts";
import { startChild } from "../child.ts";
import { interleaved, median, type Rounds } from "../measure.ts";
import { figureText, type Report, type Row, type Section } from "../report.ts";
import { type ContenderName, type RunningContender, startContender } from "./contender.ts";
import { type Reaction, reactions } from "./reaction.ts";

const rounds = 5;

/** `cpu`: of the contender's process alone, µs a unit. */
type DurableSample = { readonly perSecond: number; readonly cpu: number };

/** What is run in a round, under its own title: the same contender may stand here several times. */
interface Entry {
  readonly title: string;
  readonly contender: ContenderName;
  readonly on?: "embedded" | "postgres" | "redis";
  readonly inFlight: number;
  /** Units a round, for about a second on two quiet cores. */
  readonly count: number;
}

/** The servers of this run; one that is not installed is missing, and its entries say so. */
interface Servers {
  readonly postgres: RunningPostgres | undefined;
  readonly redis: RunningRedis | undefined;
}

const startServers = async (): Promise<Servers> => ({
  postgres: (await findPostgres()) === undefined ? undefined : await startPostgres({ durable: true }),
  redis: findRedis() === undefined ? undefined : await startRedis({ durable: true }),
});

const missing = ({ on }: Entry, servers: Servers): string | undefined => {
  if (on === "postgres" && servers.postgres === undefined) return howToGetPostgres;
  if (on === "redis" && servers.redis === undefined) return howToGetRedis;
  return undefined;
};

/** A database of its own on the server. */
const newDatabase = async (server: RunningPostgres): Promise<string> => {
  const name = `bench_${crypto.randomUUID().replaceAll("-", "")}`;
  const admin = postgres(server.url, { max: 1, onnotice: () => {} });
  await admin.unsafe(`create database ${name}`);
  await admin.end();
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return url.href;
};

const start = async ({ contender, on }: Entry, servers: Servers): Promise<RunningContender> =>
  startContender(contender, {
    ...(on === "postgres" ? { postgres: await newDatabase(servers.postgres!) } : {}),
    ...(on === "redis" ? { redis: { host: servers.redis!.host, port: servers.redis!.port } } : {}),
  });

/** All entries whose server is there, interleaved; each warmed up by a round that is not counted. */
const compare = async (entries: ReadonlyArray<Entry>, servers: Servers): Promise<Rounds<DurableSample>> => {
  const running: Array<Entry & { readonly running: RunningContender }> = [];
  try {
    for (const entry of entries) {
      if (missing(entry, servers) === undefined) running.push({ ...entry, running: await start(entry, servers) });
    }
    const contenders = running.map(({ title, count, inFlight, running: { run } }) => ({
      name: title,
      run: async () => {
        const { ms, cpuMs } = await run({ count, inFlight });
        return { perSecond: (count / ms) * 1000, cpu: (cpuMs * 1000) / count };
      },
    }));
    for (const { run } of contenders) await run();
    return await interleaved(contenders, rounds);
  } finally {
    await Promise.all(running.map((entry) => entry.running.close()));
  }
};

const load = (): string => `load ${loadavg()[0]!.toFixed(1)}`;

const rowOf = (entry: Entry, results: Rounds<DurableSample>, servers: Servers, more: Partial<Row> = {}): Row => {
  const note = missing(entry, servers);
  if (note !== undefined) return { name: entry.title, ...(more.aim === undefined ? {} : { aim: more.aim }), note };
  return {
    name: entry.title,
    figure: results.median(entry.title, "perSecond"),
    also: `${figureText(results.median(entry.title, "cpu"))} µs CPU each`,
    ...more,
  };
};

const pureSteps = async (report: Report, servers: Servers): Promise<void> => {
  const pure = { title: "pure step", contender: "pure-step", inFlight: 1, count: 150_000 } as const;
  const plain = { title: "plain XState, actor.send", contender: "xstate-send", inFlight: 1, count: 75_000 } as const;
  const results = await compare([pure, plain], servers);
  report.table({
    title: `Events of whole job lives through the job machine, nothing stored (${load()})`,
    unit: "events/s",
    rows: [
      rowOf(pure, results, servers, {
        ratio: { value: results.ratio(pure.title, plain.title, "perSecond"), to: plain.title },
        aim: { atLeast: 1 },
      }),
      rowOf(plain, results, servers),
    ],
  });
};

const durableSteps = async (report: Report, servers: Servers): Promise<void> => {
  const entry = (on: "embedded" | "postgres", inFlight: number, count: number): Entry => ({
    title: `${on === "embedded" ? "embedded database" : "PostgreSQL with fsync"}, ${inFlight.toLocaleString("en")} in flight`,
    contender: "pixsim-steps",
    on,
    inFlight,
    count,
  });
  const entries = [
    { ...entry("embedded", 1000, 30_000), aim: { atLeast: 20_000 } },
    { ...entry("postgres", 1000, 30_000), aim: { atLeast: 25_000 } },
    entry("embedded", 64, 15_000),
    entry("postgres", 64, 15_000),
  ];
  const results = await compare(entries, servers);
  report.table({
    title: `Durable steps: fenced, with history, acknowledged after the commit (${load()})`,
    unit: "steps/s",
    rows: entries.map((of) => rowOf(of, results, servers, "aim" in of ? { aim: of.aim } : {})),
  });
};

const wholeJobs = async (report: Report, servers: Servers): Promise<void> => {
  const own = { title: "PixSim, job of two effects", contender: "pixsim-jobs", on: "postgres", inFlight: 64, count: 6000 } as const;
  const real = {
    title: "PixSim, the real job (five effects)",
    contender: "pixsim-real-jobs",
    on: "postgres",
    inFlight: 64,
    count: 2000,
  } as const;
  const peers = [
    { title: "pg-boss send", contender: "pg-boss", on: "postgres", inFlight: 64, count: 1000, atLeast: 6 },
    { title: "graphile-worker addJob", contender: "graphile-worker", on: "postgres", inFlight: 64, count: 1500, atLeast: 5 },
    { title: "BullMQ add, fsync each second", contender: "bullmq", on: "redis", inFlight: 64, count: 6000, atLeast: 0.8 },
    {
      title: "Effect ClusterWorkflow, two activities",
      contender: "cluster-workflow",
      on: "postgres",
      inFlight: 64,
      count: 200,
      atLeast: 25,
    },
  ] as const;
  const results = await compare([own, real, ...peers], servers);
  report.table({
    title: `Whole jobs from their creation to a stored end, 64 at once (${load()})`,
    unit: "jobs/s",
    rows: [rowOf(own, results, servers), rowOf(real, results, servers), ...peers.map((peer) => rowOf(peer, results, servers))],
  });
  report.table({
    title: "The job of two effects beside each",
    unit: "jobs/s",
    rows: peers.map(({ atLeast, ...peer }): Row => {
      const aim = { atLeast };
      const note = missing(peer, servers) ?? missing(own, servers);
      if (note !== undefined) return { name: peer.title, aim, note };
      return { name: peer.title, ratio: { value: results.ratio(own.title, peer.title, "perSecond"), to: "its jobs/s" }, aim };
    }),
  });
};

const memory = async (report: Report): Promise<void> => {
  const child = startChild(new URL("./memory.ts", import.meta.url), [], { command: process.execPath, args: ["--expose-gc"] });
  try {
    await child.ask("open");
    const bytes = await child.ask<number>("measure", 50_000);
    await child.ask("close");
    report.table({
      title: "Memory of one of 50,000 jobs that wait for their time, in the host",
      unit: "bytes",
      rows: [{ name: "resident idle job", figure: bytes, aim: { atMost: 1.2 * 1024 } }],
    });
  } finally {
    await child.stop();
  }
};

const reaction = async (report: Report): Promise<void> => {
  const seen = await reactions(21);
  const of = (figure: (reaction: Reaction) => number): number => median(seen.map(figure));
  report.table({
    title: `A watching client on an idle server, over the real socket: medians of ${seen.length} jobs (${load()})`,
    unit: "ms",
    rows: [
      {
        name: "from the answer that a job is accepted to its first change of state",
        figure: of(({ accepted, moved }) => Math.max(0, moved - accepted)),
        aim: { atMost: 10 },
        note: "0: seen with the answer or before it",
      },
      { name: "from asking for the job to that change", figure: of(({ moved }) => moved) },
    ],
  });
};

export const durable: Section = {
  name: "durable",
  summary: "steps, whole jobs and idle actors, beside plain XState and job queues",
  run: async (report) => {
    const servers = await startServers();
    try {
      await pureSteps(report, servers);
      await durableSteps(report, servers);
      await wholeJobs(report, servers);
    } finally {
      await servers.postgres?.stop();
      await servers.redis?.stop();
    }
    await memory(report);
    await reaction(report);
  },
};
