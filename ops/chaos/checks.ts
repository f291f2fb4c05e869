// What must hold when all is over, read from the database, from the simulator's books and from the runners' figures: nothing here asks
// a runner what it believes of an actor.
import { isDeepStrictEqual } from "node:util";
import { jobKind } from "#actors/job/life.ts";
import { stateOf } from "#actors/job/row.ts";
import type { Sql } from "#db/client/database.ts";
import type { ActorEvent } from "#protocol/actor.ts";
import { finalJobStates, type JobState } from "#protocol/job.ts";
import { makeFolder } from "#runtime/actor/fold.ts";
import type { MetricName } from "#runtime/observe/catalogue.ts";
import type { RunningServer } from "../e2e/server.ts";
import type { Simulator } from "./simulator.ts";
import { trespasses } from "./witness.ts";

interface Ended {
  readonly id: string;
  readonly provider: string;
  readonly state: JobState;
  readonly rev: number;
}

export const jobsIn = async (sql: Sql): Promise<ReadonlyArray<Ended>> => {
  const rows = await sql<Array<Ended>>`select id, provider, state, rev::int as rev from job order by id`;
  return rows;
};

/** Each journal is whole, leads to what is stored, and reaches its end once. */
const journals = async (sql: Sql): Promise<ReadonlyArray<string>> => {
  const problems: Array<string> = [];
  const actors = await sql<Array<{ id: string; seq: number; snapshot: string; parked: string | null }>>`
    select id, seq::int as seq, snapshot, parked from actor`;
  for (const { id, seq, snapshot, parked } of actors) {
    const rows = await sql<Array<{ seq: number; at: number; event: string }>>`
      select seq::int as seq, at::float8 as at, event from actor_event where actor_id = ${id} order by seq`;
    if (parked !== null) problems.push(`${id} is left parked: ${parked}`);
    if (rows.length !== seq + 1 || rows.some((row, index) => row.seq !== index)) {
      problems.push(`the journal of ${id} has the steps ${rows.map((row) => row.seq).join(" ")} of 0 to ${seq}`);
      continue;
    }
    const folder = makeFolder(jobKind);
    const states = rows.map((row) => folder.next({ seq: row.seq, at: row.at, event: JSON.parse(row.event) as ActorEvent }));
    const last = states.at(-1);
    const folded = last === undefined || last === null ? null : (JSON.parse(JSON.stringify(jobKind.stepper.store(last))) as unknown);
    if (!isDeepStrictEqual(folded, JSON.parse(snapshot))) problems.push(`the journal of ${id} does not lead to its state`);
    const ends = states.filter((state) => state !== null && finalJobStates.has(stateOf(state.value))).length;
    if (ends !== 1) problems.push(`${id} ended ${ends} times`);
  }
  return problems;
};

/** How many submissions of each job were accepted. */
const payments = ({ counts }: Simulator): ReadonlyMap<string, number> => {
  const paid = new Map<string, number>();
  for (const [key, { accepted }] of counts) {
    const id = key.slice(0, key.lastIndexOf("-"));
    paid.set(id, (paid.get(id) ?? 0) + accepted.length);
  }
  return paid;
};

export const paidTwice = (simulator: Simulator): number => [...payments(simulator).values()].filter((times) => times > 1).length;

/** Nothing was paid twice, and what was made was paid. */
const paidOnce = (jobs: ReadonlyArray<Ended>, simulator: Simulator): ReadonlyArray<string> => {
  const problems: Array<string> = [];
  const paid = payments(simulator);
  for (const [key, { policy, accepted }] of simulator.counts) {
    if (accepted.length > 1) problems.push(`the submission ${key} (${policy}) was accepted ${accepted.length} times`);
  }
  for (const { id, provider, state } of jobs) {
    if (provider === "studio") continue;
    const times = paid.get(id) ?? 0;
    if (times > 1 || (state === "completed" && times !== 1)) problems.push(`${id} (${provider}, ${state}) was paid ${times} times`);
  }
  return problems;
};

/** How each job may end: a lost answer of a provider that cannot be asked is not repeated. */
const endings = (jobs: ReadonlyArray<Ended>, accepted: ReadonlySet<string>): ReadonlyArray<string> => {
  const problems = jobs.filter(({ id }) => !accepted.has(id)).map(({ id }) => `${id} is there and was not accepted`);
  const there = new Set(jobs.map(({ id }) => id));
  for (const id of accepted) if (!there.has(id)) problems.push(`${id} was accepted and is not there`);
  for (const { id, provider, state } of jobs) {
    const fine = state === "completed" || (provider === "sim-none" && (state === "failed" || state === "cancelled"));
    if (!fine) problems.push(`${id} (${provider}) ended as ${state}`);
  }
  return problems;
};

/** What is left over. */
const leftovers = async (sql: Sql, jobs: ReadonlyArray<Ended>): Promise<ReadonlyArray<string>> => {
  const [found] = await sql<Array<Record<string, number>>>`
    select (select count(distinct origin_job_id)::int from asset) as "jobs with an asset", (select count(*)::int from asset) as assets,
      (select count(*)::int from studio_render) as "renders accepted", (select count(*)::int from job where slot is not null) as "slots held",
      (select coalesce(sum(json_array_length(effects::json)), 0)::int from actor) as "open effects",
      (select coalesce(sum(json_array_length(timers::json)), 0)::int from actor) as "timers set"`;
  const completed = jobs.filter(({ state }) => state === "completed").length;
  const wanted: Readonly<Record<string, number>> = {
    "jobs with an asset": completed,
    assets: completed,
    "renders accepted": jobs.filter(({ provider }) => provider === "studio").length,
  };
  return Object.entries(found ?? {}).flatMap(([name, count]) => {
    const should = wanted[name] ?? 0;
    return count === should ? [] : [`${name}: ${count} instead of ${should}`];
  });
};

/** Figures of a runner that must have come back to nothing. */
const idle = ["pixsim_provider_slots_busy", "pixsim_effects_running"] as const satisfies ReadonlyArray<MetricName>;

const slots = async (runners: ReadonlyArray<RunningServer>): Promise<ReadonlyArray<string>> => {
  const problems: Array<string> = [];
  for (const [number, { url }] of runners.entries()) {
    const figures = (await (await fetch(`${url}/metrics`)).text()).split("\n");
    for (const name of idle) {
      if (!figures.some((line) => line.startsWith(`# HELP ${name} `))) problems.push(`runner ${number} does not tell ${name}`);
      const left = figures.filter((line) => /^\w+/.exec(line)?.[0] === name && !line.endsWith(" 0"));
      for (const line of left) problems.push(`runner ${number} still says ${line}`);
    }
  }
  return problems;
};

export const violations = async (
  sql: Sql,
  simulator: Simulator,
  runners: ReadonlyArray<RunningServer>,
  accepted: ReadonlySet<string>,
): Promise<ReadonlyArray<string>> => {
  const jobs = await jobsIn(sql);
  return [
    ...endings(jobs, accepted),
    ...paidOnce(jobs, simulator),
    ...(await journals(sql)),
    ...(await trespasses(sql)),
    ...(await leftovers(sql, jobs)),
    ...(await slots(runners)),
  ];
};
