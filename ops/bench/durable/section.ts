// Durable actors: what a step, a whole job and an idle actor cost, beside plain XState and the queues that people would take
// instead.
import { startChild } from "../child.ts";
import { median } from "../measure.ts";
import type { Report, Row, Section } from "../report.ts";
import { compare, type Entry, load, missing, rowOf, type Servers, startServers } from "./compare.ts";
import type { Measured, Wanted } from "./memory.ts";
import { type Reaction, reactions } from "./reaction.ts";

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
  const own = {
    title: "PixSim, job of two effects",
    contender: "pixsim-jobs",
    on: "postgres",
    inFlight: 64,
    count: 6000,
    note: "3 commits: made, with a timer and the first effect's intent; its outcome and the second's intent; the end; all with history",
  } as const;
  const real = {
    title: "PixSim, the real job (five effects)",
    contender: "pixsim-real-jobs",
    on: "postgres",
    inFlight: 64,
    count: 2000,
    note: "6 commits, each also of the job's row in the list",
  } as const;
  const peers = [
    {
      title: "pg-boss send",
      contender: "pg-boss",
      on: "postgres",
      inFlight: 64,
      count: 1000,
      atLeast: 6,
      note: "sent one by one; taken and completed 200 at a time",
    },
    {
      title: "graphile-worker addJob",
      contender: "graphile-worker",
      on: "postgres",
      inFlight: 64,
      count: 1500,
      atLeast: 5,
      note: "added one by one; taken 200 at a time, deleted in batches",
    },
    {
      title: "BullMQ add, fsync each second",
      contender: "bullmq",
      on: "redis",
      inFlight: 64,
      count: 6000,
      atLeast: 0.8,
      note: "added and completed one by one in memory; a crash loses a second",
    },
    {
      title: "Effect ClusterWorkflow, two activities",
      contender: "cluster-workflow",
      on: "postgres",
      inFlight: 64,
      count: 200,
      atLeast: 25,
      note: "one by one, with each activity's outcome",
    },
  ] as const;
  const results = await compare([own, real, ...peers], servers);
  report.table({
    title: `Whole jobs from their creation to a stored end, 64 makers at once; PostgreSQL waits for the disk at each commit (${load()})`,
    unit: "jobs/s",
    rows: [own, real, ...peers].map((of) => rowOf(of, results, servers, { note: of.note })),
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

/** A heap of many MB is read this exactly, bytes for each of 50,000. */
const readable = 16;

const memory = async (report: Report): Promise<void> => {
  const child = startChild(new URL("./memory.ts", import.meta.url), [], { command: process.execPath, args: ["--expose-gc"] });
  try {
    await child.ask("open");
    const { idle, asleep } = await child.ask<Measured>("measure", { kind: "job", count: 50_000 } satisfies Wanted);
    await child.ask("close");
    report.table({
      title: "Memory of one of 50,000 jobs that wait for their time, in the host",
      unit: "bytes",
      rows: [
        { name: "resident idle job", figure: idle, aim: { atMost: 1.2 * 1024 } },
        {
          name: "sleeping job",
          figure: Math.max(0, Math.round(asleep)),
          aim: { atMost: readable },
          note: `aim: none; below ${readable} it is what a heap cannot be read to`,
        },
      ],
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
      await servers.stop();
    }
    await memory(report);
    await reaction(report);
  },
};
