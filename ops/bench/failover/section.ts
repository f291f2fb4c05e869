// Failover: one of three runners is killed, told to end, or stands still for 15 seconds, with many jobs in flight. The runners, the
// simulated provider and the witness are those of the chaos harness.
import { loadavg } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { violations } from "#ops/chaos/checks.ts";
import { policies } from "#ops/chaos/simulator.ts";
import { openStage, type Seat, type Stage } from "#ops/chaos/stage.ts";
import { cellsOf, trespasses } from "#ops/chaos/witness.ts";
import type { Client } from "#protocol/client/client.ts";
import { finalJobStates } from "#protocol/job.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { findPostgres, howToGetPostgres } from "../../services/postgres.ts";
import { findRedis, howToGetRedis } from "../../services/redis.ts";
import type { Report, Row, Section } from "../report.ts";

const inFlight = [200, 2000];
/** Of a lock, ms: the default. */
const expiry = 3000;
const frozenFor = 15_000;
/** Connections to each runner, which share the questions. */
const connections = 8;
/** The jobs of one call. */
const batch = 100;
const pollMs = 5000;

const until = async (what: string, ms: number, holds: () => Promise<boolean>): Promise<void> => {
  const late = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > late) throw new Error(`${what}: not within ${ms / 1000} s`);
    await pause(100);
  }
};

/** Actors whose cells are the seat's. */
const actorsOf = async ({ sql }: Stage, { name }: Seat): Promise<ReadonlyArray<string>> =>
  (
    await sql<Array<{ id: string }>>`
      select a.id from actor a join (select distinct on (cell) cell, runner from witness_claim order by cell, epoch desc) c on c.cell = a.cell
      where c.runner = ${name} and a.status = 'active'`
  ).map(({ id }) => id);

/** Asks an actor for what it must refuse: the answer comes from the runner that has it, and changes nothing. */
const ask = (client: Client, address: string): Promise<void> =>
  client.call("actors.resume", { address }, { deadlineMs: 60_000 }).then(
    () => {
      throw new Error(`${address} was parked`);
    },
    (error: unknown) => {
      if (!(error instanceof CallError) || error.code !== "conflict") throw error;
    },
  );

interface Failover {
  readonly actors: number;
  /** From the fault until the last of its cells was another's, ms. */
  readonly handedOver: number;
  /** From the fault until the last of its actors had answered, ms. */
  readonly answered: number;
}

/** What happens to one runner, seen from the others: each of its actors is asked at once. */
const failover = async (stage: Stage, seat: Seat, clients: ReadonlyArray<Client>, happen: () => void): Promise<Failover> => {
  // Those of a runner that was started again come back after a while.
  await Promise.all(clients.map((client) => client.call("system.ping", { echo: "" }, { deadlineMs: 60_000 })));
  const addresses = await actorsOf(stage, seat);
  const { name } = seat;
  const at = Date.now();
  const start = performance.now();
  happen();
  await Promise.all(addresses.map((address, index) => ask(clients[index % clients.length]!, address)));
  const answered = performance.now() - start;
  await until("all cells of the runner are another's", 30_000, async () => (await cellsOf(stage.sql, name)) === 0);
  const [last] = await stage.sql<Array<{ at: string }>>`
    select (extract(epoch from max(first)) * 1000)::text as at from (
      select min(l.at) as first from witness_claim l join (
        select * from (
          select distinct on (cell) cell, epoch, runner from witness_claim where at < to_timestamp(${at / 1000}::float8)
          order by cell, epoch desc
        ) before where runner = ${name}
      ) had on had.cell = l.cell and l.epoch > had.epoch where l.at >= to_timestamp(${at / 1000}::float8) group by l.cell
    ) cells`;
  return { actors: addresses.length, handedOver: Number(last?.at) - at, answered };
};

const measure = async (count: number, report: Report): Promise<void> => {
  const stage = await openStage({
    runners: 3,
    simulator: { shortest: 100, longest: 100, slowestAnswer: 100, lostAnswers: 0 },
    concurrency: count,
    pollMs,
  });
  try {
    const { seats, simulator, sql } = stage;
    const clients = seats.map((seat) => Array.from({ length: connections }, () => stage.clientOf(seat)));
    const others = (seat: Seat) => clients.flatMap((of, number) => (number === seat.number ? [] : of));
    simulator.hold(true);
    const accepted = new Set<string>();
    for (let n = 0; n < count / batch; n++) {
      const request = {
        operation: "text_to_video" as const,
        provider: `sim-${policies[n % policies.length]}`,
        params: { prompt: `number ${n}` },
      };
      const { jobs } = await clients[n % seats.length]![0]!.call("jobs.create", { request, count: batch }, { deadlineMs: 60_000 });
      for (const { id } of jobs) accepted.add(id);
    }
    const countOf = async (states: ReadonlyArray<string>): Promise<number> => {
      const [row] = await sql<
        Array<{ jobs: number }>
      >`select count(*)::int as jobs from job where state = any(${sql.array([...states], 25)}::text[])`;
      return row?.jobs ?? 0;
    };
    await until("all jobs are at the provider", 120_000, async () => (await countOf(["processing"])) === count);
    const atHome = (seat: Seat): Promise<void> =>
      until("the runner has its share of the cells", 60_000, async () => (await cellsOf(stage.sql, seat.name)) >= 60);
    for (const seat of seats) await atHome(seat);

    const [first, second, third] = seats as [Seat, Seat, Seat];
    const killed = await failover(stage, third, others(third), () => void third.runner.kill("SIGKILL"));
    await third.again();
    await atHome(third);
    let exit = Infinity;
    const begun = performance.now();
    const ended = await failover(stage, second, others(second), () => {
      void second.runner.kill("SIGTERM").then(() => (exit = performance.now() - begun));
    });
    await second.runner.exited;
    await second.again();
    await atHome(second);
    const woken = pause(frozenFor).then(() => void process.kill(first.runner.pid, "SIGCONT"));
    const frozen = await failover(stage, first, others(first), () => void process.kill(first.runner.pid, "SIGSTOP"));
    await woken;
    await atHome(first);

    simulator.hold(false);
    await until("all jobs have ended", 240_000, async () => (await countOf([...finalJobStates])) === count);
    const twice = [...simulator.counts.values()].filter(({ arrived }) => arrived > 1).length;
    const wrong = await violations(
      sql,
      simulator,
      seats.map(({ runner }) => runner),
      accepted,
    );
    for (const line of wrong) report.say(`WRONG ${line}`);
    const load = `load ${loadavg()[0]!.toFixed(1)}`;
    const row = (name: string, { actors, handedOver, answered }: Failover, atMost: number): Row => ({
      name: `${name} (${actors} actors)`,
      figure: answered,
      also: `all cells with others after ${Math.round(handedOver)} ms`,
      aim: { atMost },
    });
    report.table({
      title: `Until every actor of the runner answers elsewhere, ${count.toLocaleString("en")} jobs in flight in three runners (${load})`,
      unit: "ms",
      rows: [
        row("killed", killed, expiry + 1000),
        row("stopped for 15 s", frozen, expiry + 1000),
        { name: "told to end: all cells with others", figure: ended.handedOver, also: `${ended.actors} actors`, aim: { atMost: 1000 } },
        { name: "told to end: every actor answers", figure: ended.answered, also: `it ended after ${Math.round(exit)} ms` },
      ],
    });
    report.table({
      title: "After that, and when all jobs had ended",
      unit: "",
      rows: [
        { name: "jobs lost", figure: count - (await countOf(["completed"])), aim: { atMost: 0 } },
        { name: "submissions sent twice", figure: twice, aim: { atMost: 0 } },
        { name: "writes to cells of others", figure: (await trespasses(sql)).length, aim: { atMost: 0 } },
        { name: "other things that did not hold", figure: wrong.length, aim: { atMost: 0 } },
      ],
    });
  } finally {
    await stage.close();
  }
};

export const failoverSection: Section = {
  name: "failover",
  summary: "what happens to the actors of a runner that goes",
  run: async (report) => {
    const missing = (await findPostgres()) === undefined ? howToGetPostgres : findRedis() === undefined ? howToGetRedis : undefined;
    if (missing !== undefined) return report.say(missing);
    for (const count of inFlight) await measure(count, report);
  },
};
