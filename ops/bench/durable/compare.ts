// Contenders of durable work beside each other: which, where they keep their state, and how a row of the report is made of it.
import { loadavg } from "node:os";
import { postgres } from "#db/client/postgres-mended.ts";
import { findPostgres, howToGetPostgres, type RunningPostgres, startPostgres } from "../../services/postgres.ts";
import { findRedis, howToGetRedis, type RunningRedis, startRedis } from "../../services/redis.ts";
import { interleaved, type Rounds } from "../measure.ts";
import { figureText, type Row } from "../report.ts";
import { type ContenderName, type RunningContender, startContender } from "./contender.ts";

const rounds = 5;

/** `cpu`: of the contender's process alone, µs a unit. */
export type DurableSample = { readonly perSecond: number; readonly cpu: number };

/** What is run in a round, under its own title: the same contender may stand here several times. */
export interface Entry {
  readonly title: string;
  readonly contender: ContenderName;
  readonly on?: "embedded" | "postgres" | "redis";
  readonly inFlight: number;
  /** Units a round, for about a second on two quiet cores. */
  readonly count: number;
}

/** The servers of this run; one that is not installed is missing, and its entries say so. */
export interface Servers {
  readonly postgres: RunningPostgres | undefined;
  readonly redis: RunningRedis | undefined;
  readonly stop: () => Promise<void>;
}

export const startServers = async (): Promise<Servers> => {
  const postgres = (await findPostgres()) === undefined ? undefined : await startPostgres({ durable: true });
  const redis = findRedis() === undefined ? undefined : await startRedis({ durable: true });
  return {
    postgres,
    redis,
    stop: async () => {
      await postgres?.stop();
      await redis?.stop();
    },
  };
};

export const missing = ({ on }: Entry, servers: Servers): string | undefined => {
  if (on === "postgres" && servers.postgres === undefined) return howToGetPostgres;
  if (on === "redis" && servers.redis === undefined) return howToGetRedis;
  return undefined;
};

/** A database of its own on the server. */
export const newDatabase = async (server: RunningPostgres): Promise<string> => {
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
export const compare = async (entries: ReadonlyArray<Entry>, servers: Servers): Promise<Rounds<DurableSample>> => {
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

export const load = (): string => `load ${loadavg()[0]!.toFixed(1)}`;

export const rowOf = (entry: Entry, results: Rounds<DurableSample>, servers: Servers, more: Partial<Row> = {}): Row => {
  const note = missing(entry, servers);
  if (note !== undefined) return { name: entry.title, ...(more.aim === undefined ? {} : { aim: more.aim }), note };
  return {
    name: entry.title,
    figure: results.median(entry.title, "perSecond"),
    also: `${figureText(results.median(entry.title, "cpu"))} µs CPU each`,
    ...more,
  };
};
