// A cluster under load to which a plan of faults happens, and what must hold at its end: everything accepted is done once, nothing is
// paid twice or left over, and those who watched saw every step in order.
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { separator } from "#db/queries/actor.ts";
import type { Client } from "#protocol/client/client.ts";
import { finalJobStates } from "#protocol/job.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { jobsIn, paidTwice, violations } from "./checks.ts";
import { Person } from "./person.ts";
import type { Fault, Planned } from "./plan.ts";
import { policies } from "./simulator.ts";
import { openStage, type Seat } from "./stage.ts";
import { Watchers } from "./watchers.ts";
import { cellsOf } from "./witness.ts";

export interface ChaosOptions {
  readonly seed: number;
  readonly runners: number;
  readonly plan: ReadonlyArray<Planned>;
  /** Jobs asked for while the plan goes on; some faults come with more. */
  readonly jobs: number;
  /** A defence that the runners are to lack. */
  readonly without?: string | undefined;
  readonly say: (line: string) => void;
}

export interface ChaosReport {
  /** What did not hold; empty: all is well. */
  readonly problems: ReadonlyArray<string>;
  readonly jobs: number;
  /** Those that happened: of a runner one at a time. */
  readonly faults: number;
  /** Decisions that a person had to make. */
  readonly decisions: number;
  /** Jobs of which more than one submission was accepted. */
  readonly paidTwice: number;
}

/** Everything must be accepted within this, and after the last fault be done: bounds for a machine that does much else meanwhile, ms. */
const patience = 240_000;
/** Answers that say that it may work later. */
const passingCodes: ReadonlySet<string> = new Set(["unavailable", "overloaded", "deadline_exceeded"]);
/** What watchers have not been told then, nobody will tell them, ms. */
const hearsay = 15_000;
/** The cells of a runner that stands still are another's by then, if there is one, ms. */
const takenWithin = 10_000;
/** A runner that is told to end has ended by then, ms. */
const endsWithin = 15_000;
/** The steps of one job of so many are watched: no multiple of the number of runners, so that each watches those of each. */
const watchedShare = 4;
/** Jobs that come where one is to be submitted, within so long, ms. */
const crowd = 24;
const crowdMs = 3000;
/** A commit after which a job may be submitted to the provider that takes each submission anew, and where others look for it first. */
const submission = new RegExp(`"name":"submit"[^${separator}]*"provider":"sim-lookup"`);
/** One job of so many is drawn by the studio; the others are the simulator's. */
const studioShare = 30;

const request = (n: number) => {
  const operation = "text_to_video" as const;
  const prompt = `a meadow, number ${n}`;
  if (n % studioShare === 0)
    return { operation, provider: "studio", params: { prompt, seed: n, duration: 1, quality: "360p", fps: 24, audio: false } };
  return { operation, provider: `sim-${policies[n % policies.length]}`, params: { prompt } };
};

/** Leaves what the runners have printed where a person finds it. */
const keep = async (outputs: ReadonlyMap<string, string>, seed: number): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), `pixsim-chaos-seed-${seed}-`));
  for (const [name, output] of outputs) await writeFile(join(folder, `runner-${name}.log`), output);
  return folder;
};

export const chaos = async (options: ChaosOptions): Promise<ChaosReport> => {
  const { say } = options;
  const problems: Array<string> = [];
  const problem = (what: string): void => {
    say(`WRONG ${what}`);
    problems.push(what);
  };
  const stage = await openStage({
    runners: options.runners,
    simulator: { shortest: 300, longest: 4000, slowestAnswer: 1000, lostAnswers: 12 },
    concurrency: 8,
    pollMs: 300,
    without: options.without,
  });
  const over = new AbortController();
  try {
    const { seats, sql, simulator, cluster } = stage;
    const at = seats.map(stage.clientOf);
    const watchers = new Watchers(problem);
    for (const client of at) watchers.list(client);
    const person = new Person(at[0]!, simulator, problem);
    const deciding = person.work(over.signal);

    const accepted = new Set<string>();
    const ask = async (client: Client, n: number): Promise<void> => {
      const key = `chaos-${options.seed}-${n}`;
      const until = performance.now() + patience;
      for (;;) {
        try {
          // The client repeats what a fault cut off, with the same key.
          const { jobs } = await client.call("jobs.create", { request: request(n) }, { key });
          for (const { id } of jobs) {
            accepted.add(id);
            if (n % watchedShare === 0) watchers.steps(at[(n + 1) % at.length]!, id);
          }
          return;
        } catch (error) {
          // It may have been accepted without an answer: asking again with the same key leads to the same job.
          const passing = error instanceof CallError && passingCodes.has(error.code);
          if (!passing || performance.now() > until) return problem(`job ${n} was not accepted: ${String(error)}`);
        }
      }
    };
    let asked = 0;
    /** Asks for so many jobs within `ms`, each at the next runner. */
    const load = async (count: number, ms: number): Promise<void> => {
      const asking: Array<Promise<void>> = [];
      for (let each = 0; each < count; each++) {
        const n = asked++;
        asking.push(ask(at[n % at.length]!, n));
        await pause(ms / count);
      }
      await Promise.all(asking);
    };

    const busy = new Set<unknown>();
    const happen = async (fault: Fault): Promise<void> => {
      switch (fault.type) {
        case "flush":
          return void (await stage.control.flushall());
        case "disconnect":
          return void (await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pixsim'`);
        case "restart":
          return cluster.postgres.restart(fault.mode);
        default:
          return happenTo(seats[fault.runner]!, fault);
      }
    };
    const happenTo = async (seat: Seat, fault: Extract<Fault, { readonly runner: number }>): Promise<void> => {
      const { runner } = seat;
      switch (fault.type) {
        case "kill":
          await runner.kill("SIGKILL");
          await pause(fault.ms);
          return seat.again();
        case "term": {
          const exit = await Promise.race([runner.kill("SIGTERM"), pause(endsWithin)]);
          if (exit === undefined) problem(`runner ${fault.runner} did not end within ${endsWithin / 1000} s`);
          await runner.kill("SIGKILL");
          await pause(fault.ms);
          return seat.again();
        }
        case "freeze":
          return frozen(seat, fault.ms);
        case "answeredLate": {
          const { postgres } = seat.ways;
          const committing = postgres.withhold(submission);
          const crowding = load(crowd, crowdMs);
          await Promise.race([committing, pause(2 * crowdMs)]);
          process.kill(runner.pid, "SIGSTOP");
          // What it waits for is there when it wakes.
          postgres.mend();
          await takenFrom(seat);
          await pause(fault.ms);
          process.kill(runner.pid, "SIGCONT");
          return crowding;
        }
        case "writesLate": {
          const { postgres } = seat.ways;
          postgres.cut("silent");
          await pause(fault.by);
          process.kill(runner.pid, "SIGSTOP");
          await takenFrom(seat);
          postgres.mend();
          await pause(fault.ms);
          return void process.kill(runner.pid, "SIGCONT");
        }
        case "cut":
          seat.ways[fault.way].cut(fault.how);
          await pause(fault.ms);
          return seat.ways[fault.way].mend();
        case "delay":
          seat.ways[fault.way].delay(fault.by);
          await pause(fault.ms);
          return seat.ways[fault.way].mend();
        case "slowDisk":
          await seat.slowDown(fault.by);
          await pause(fault.ms);
          return seat.slowDown(0);
      }
    };
    const frozen = async ({ runner }: Seat, ms: number): Promise<void> => {
      process.kill(runner.pid, "SIGSTOP");
      await pause(ms);
      process.kill(runner.pid, "SIGCONT");
    };
    /** Resolves when the first of its cells is another's: the sooner what it wrote arrives then, the less has changed since. */
    const takenFrom = async ({ name }: Seat): Promise<void> => {
      const late = performance.now() + takenWithin;
      // While PostgreSQL is away nothing is known, and nobody takes anything.
      const cells = (): Promise<number> => cellsOf(sql, name).catch(() => Infinity);
      const before = await cells();
      while ((await cells()) >= before && performance.now() < late) await pause(5);
    };
    let faults = 0;
    const goWrong = async (): Promise<void> => {
      const going: Array<Promise<void>> = [];
      for (const { after, fault } of options.plan) {
        await pause(after);
        // One fault at a time for each runner and for the services.
        const place = "runner" in fault ? fault.runner : "services";
        if (busy.has(place)) continue;
        busy.add(place);
        faults++;
        say(JSON.stringify(fault));
        const happened = happen(fault).catch((error: unknown) => problem(`${JSON.stringify(fault)}: ${String(error)}`));
        going.push(happened.finally(() => busy.delete(place)));
      }
      await Promise.all(going);
    };
    const length = options.plan.reduce((sum, { after }) => sum + after, 0);
    await Promise.all([load(options.jobs, length), goWrong()]);
    say(`${accepted.size} jobs accepted; waiting for their end`);

    const until = performance.now() + patience;
    const openJobs = async () => (await jobsIn(sql)).filter(({ state }) => !finalJobStates.has(state));
    let open = await openJobs();
    while (open.length > 0 && performance.now() < until) {
      await pause(300);
      open = await openJobs();
    }
    for (const { id, provider, state } of open) problem(`${id} (${provider}) has not ended: ${state}`);
    over.abort();
    await deciding;

    const heads = new Map((await jobsIn(sql)).map(({ id, rev }) => [id, rev]));
    const heardUntil = performance.now() + hearsay;
    while (watchers.behind(heads).length > 0 && performance.now() < heardUntil) await pause(300);
    watchers.behind(heads).forEach(problem);
    const runners = seats.map(({ runner }) => runner);
    (await violations(sql, simulator, runners, accepted)).forEach(problem);
    return { problems, jobs: accepted.size, faults, decisions: person.decisions, paidTwice: paidTwice(simulator) };
  } finally {
    if (problems.length > 0) say(`What the runners said: ${await keep(stage.outputs(), options.seed)}`);
    over.abort();
    await stage.close();
  }
};
