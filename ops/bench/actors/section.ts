// Actors as they are used: events to one and to many, here and across hosts, watched, from storage, and asleep until their time; and
// how that grows with how many there are.
import { startChild } from "../child.ts";
import { compare, type Entry, load, missing, newDatabase, rowOf, type Servers, startServers } from "../durable/compare.ts";
import { howToGetPostgres } from "../../services/postgres.ts";
import { figureText, type Report, type Row, type Section } from "../report.ts";
import type { Lateness, Waking } from "./timers.ts";

const entry = (title: string, contender: Entry["contender"], count: number): Entry => ({
  title,
  contender,
  on: "postgres",
  inFlight: 1000,
  count,
});

const events = async (report: Report, servers: Servers): Promise<void> => {
  const persisted = { atLeast: 20_000 };
  const inMemory = { atLeast: 25_000 };
  const one = entry("1 actor", "events-to-1", 20_000);
  const hundred = entry("100 actors", "events-to-100", 20_000);
  const many = entry("10,000 actors", "events-to-10000", 20_000);
  const most = entry("100,000 actors", "events-to-100000", 20_000);
  const fleeting = entry("1 actor, in memory only", "events-in-memory-to-1", 40_000);
  const fleetingMany = entry("10,000 actors, in memory only", "events-in-memory-to-10000", 40_000);
  const watched = entry("100 actors, each with 10 watchers", "events-watched", 20_000);
  const across = entry("10,000 actors of another host in this process", "events-across", 20_000);
  const results = await compare([one, hundred, many, most, fleeting, fleetingMany, watched, across], servers);
  const to = (of: Entry, other: Entry): Partial<Row> =>
    missing(of, servers) === undefined ? { ratio: { value: results.ratio(of.title, other.title, "perSecond"), to: other.title } } : {};
  report.table({
    title: `Events, acknowledged and, where nothing else is said, committed with history, 1,000 in flight, on PostgreSQL with fsync (${load()})`,
    unit: "events/s",
    rows: [
      rowOf(one, results, servers, { aim: persisted }),
      rowOf(hundred, results, servers),
      rowOf(many, results, servers, { aim: persisted }),
      rowOf(most, results, servers, to(most, many)),
      rowOf(fleeting, results, servers, { aim: inMemory }),
      rowOf(fleetingMany, results, servers, { aim: inMemory }),
      { ...rowOf(many, results, servers, { ...to(many, fleetingMany), aim: { atLeast: 0.35 } }), name: "durable against in memory only" },
      rowOf(watched, results, servers, { ...to(watched, hundred), aim: { atLeast: 0.7 } }),
      rowOf(across, results, servers, to(across, many)),
    ],
  });
};

const activation = async (report: Report, servers: Servers): Promise<void> => {
  const of = { ...entry("answered from storage", "activation", 2000), inFlight: 500 };
  const results = await compare([of], servers);
  report.table({ title: `Actors brought into memory (${load()})`, unit: "actors/s", rows: [rowOf(of, results, servers)] });
};

/** How long it takes to make them is left room for: a slow machine makes 3,000 a second. */
const wakings: ReadonlyArray<Omit<Waking, "services">> = [
  { actors: 10_000, makingMs: 10_000, spreadMs: 20_000 },
  { actors: 100_000, makingMs: 40_000, spreadMs: 20_000 },
];

const timers = async (report: Report, servers: Servers): Promise<void> => {
  const rows: Array<Row> = [];
  for (const waking of wakings) {
    const name = `${figureText(waking.actors)} within ${waking.spreadMs / 1000} s`;
    const aim = { atMost: 1000 };
    if (servers.postgres === undefined) {
      rows.push({ name, aim, note: howToGetPostgres });
      continue;
    }
    const child = startChild(new URL("./timers.ts", import.meta.url), []);
    try {
      const late = await child.ask<Lateness>("run", { ...waking, services: { postgres: await newDatabase(servers.postgres) } });
      const also = `median ${figureText(late.median)} ms, ${figureText(late.cpu)} µs CPU each`;
      rows.push({ name, figure: late.most, also, aim });
    } finally {
      await child.stop();
    }
  }
  report.table({ title: `Sleeping actors whose time comes: the latest of all (${load()})`, unit: "ms", rows });
};

export const actors: Section = {
  name: "actors",
  summary: "events to few and many actors, watched and across hosts, activation and timers",
  run: async (report) => {
    const servers = await startServers();
    try {
      await events(report, servers);
      await activation(report, servers);
      await timers(report, servers);
    } finally {
      await servers.stop();
    }
  },
};
