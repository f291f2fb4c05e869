// Jobs over pooled accounts at providers that misbehave, while the server is killed: each ends in a state that is true, none is paid twice, no
// account has more under way than it has places, nobody is overtaken but by those who go before, and our books agree with the providers'.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { accountLimits } from "#actors/account/context.ts";
import type { JournalEntry } from "#protocol/actor.ts";
import type { Client } from "#protocol/client/client.ts";
import { finalJobStates, type Job } from "#protocol/job.ts";
import type { LedgerEntry } from "#protocol/spend.ts";
import { startFleet } from "../simulators/fleet.ts";
import type { LedgerRow, SimulatedJob } from "../simulators/simulator.ts";
import { addUser, firstAdmin, typedClient } from "./people.ts";
import { startServer } from "./server.ts";
import { overtakenIn } from "./turns.ts";

const jobs = Number(process.env["POOL_JOBS"] ?? 60);
/** Asked for in the first life of the server; the others, most of which are more urgent, come when it was killed twice. */
const early = Math.floor(jobs / 2);
const kills = Number(process.env["POOL_KILLS"] ?? 3);
const accountsEach = Number(process.env["POOL_ACCOUNTS"] ?? 2);
const speed = 30;
/** Places of an account: far fewer than there are jobs for it, so that most wait. */
const places = Math.max(1, Math.floor(jobs / 200));
/** Requests under way at the same time. */
const atOnce = 10;
/**
 * So long the server seems to have been away after each of its first two lives, ms, which is less than a submission may take: who has waited
 * through both has risen above what is more urgent by two.
 */
const away = 14 * 60_000;
/** So far the clock is set while the server is down, ms: in the middle of its lives, when most is under way. Nothing but the clock moves. */
const jump = Number(process.env["POOL_JUMP"] ?? 0);
/** Of the clock in each life, ms. */
const shiftOf = (life: number): number => -away * Math.max(0, 2 - life) + (life > kills / 2 ? jump : 0);
/**
 * How long all may take, ms: on a busy machine each kill costs a start that takes a while, and of a submission that one cut off a provider may have
 * to be asked again after its quarantine of minutes, which no simulator makes shorter.
 */
const patience = 480_000 + jobs * 500 + kills * 60_000;

/** How long a place that no job holds may take to be found, ms: it is to be half a minute old, and in two sweeps. */
const freeing = 60_000;
/** What a provider gives back of what it lost is in the ledger after the first two times that it is asked, each a while after the one before, ms. */
const refunding = 420_000;

/** All that both sides know of a job: where their books differ it says how that came. */
const storyOf = (job: Job, theirs: ReadonlyArray<SimulatedJob>, rows: ReadonlyArray<LedgerRow>): string => {
  const made = theirs.map(({ account, paid, ...each }) => ({ ...each, account: account.key, paid: [...paid] }));
  return `The job: ${JSON.stringify(job)}\nWhat the provider made of it: ${JSON.stringify(made)}\nThe provider's ledger: ${JSON.stringify(rows)}\n`;
};

/** All that were under way at an account when it had the most: where these are too many it says how that came. */
const fullest = (jobs: ReadonlyArray<SimulatedJob>): ReadonlyArray<SimulatedJob> =>
  jobs
    .map(({ createdAt }) => jobs.filter((each) => each.createdAt <= createdAt && each.endsAt > createdAt))
    .reduce((most, each) => (each.length > most.length ? each : most), []);

/** The words that a provider's job was asked with, wherever it keeps them. */
const promptOf = (job: object): string => {
  const { prompt, input, workflow } = job as Readonly<Record<"prompt" | "input" | "workflow", unknown>>;
  return /a meadow, number \d+/.exec(JSON.stringify([prompt, input, workflow]))?.[0] ?? "nobody's";
};

const journalOf = async (client: Client, address: string): Promise<ReadonlyArray<JournalEntry>> => {
  const entries: Array<JournalEntry> = [];
  for await (const entry of client.stream("actors.history", { address })) entries.push(entry);
  return entries;
};

const ledgerOf = async (client: Client): Promise<ReadonlyArray<LedgerEntry>> => {
  const all: Array<LedgerEntry> = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { entries, next } = await client.call("spend.ledger", { limit: 200, ...(cursor === undefined ? {} : { cursor }) });
    all.push(...entries);
    cursor = next;
  }
  return all;
};

test(
  `${jobs} jobs over accounts at providers that misbehave, while the server is killed ${kills} times`,
  { timeout: patience + refunding + 300_000 },
  async () => {
    const seed = Number(process.env["POOL_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`The same moments again: POOL_SEED=${seed}`);
    const lives = fc.sample(fc.noBias(fc.integer({ min: 500, max: 5000 })), { seed, numRuns: kills });
    const folder = await mkdtemp(join(tmpdir(), "pixsim-pool-"));
    const data = join(folder, "data");
    const fleet = await startFleet({
      speed,
      accounts: accountsEach,
      credits: 1_000_000,
      concurrency: places,
      faults: { seed, rate: 0.01, latencyMs: 25 },
    });
    const env = {
      PIXSIM_PROVIDER_SPEED: String(speed),
      PIXSIM_LOG_LEVEL: "warn",
      NODE_OPTIONS: `--import=${fileURLToPath(new URL("./clock-hook.ts", import.meta.url))}`,
      CLOCK_SHIFT_FILE: join(folder, "shift"),
    };
    let server = await startServer({ data, env });
    const { port } = server;
    const admin = await firstAdmin(server);
    const client = typedClient(server, admin);
    const other = typedClient(server, await addUser(server, admin, "another", "admin"));
    try {
      await writeFile(env.CLOCK_SHIFT_FILE, String(shiftOf(0)));
      process.kill(server.pid, "SIGUSR2");
      const isSet = async () => (await client.call("system.ping", {})).at < Date.now() - away;
      await expect.poll(isSet, { timeout: 60_000 }).toBe(true);
      for (const account of fleet.accounts) {
        await client.call("accounts.add", { ...account, shared: true }, { key: `pool-${account.provider}-${account.title}` });
      }
      const owners = new Map<string, Client>();
      const providers = [...new Set(fleet.accounts.map(({ provider }) => provider))];
      const asking = async (from: number, to: number): Promise<void> => {
        let next = from;
        const ask = async (): Promise<void> => {
          const n = next++;
          if (n >= to) return;
          const round = Math.floor(n / providers.length);
          const request = {
            operation: "text_to_video" as const,
            provider: providers[n % providers.length]!,
            // The early ones take their time, so that many of them wait still when the others come.
            params: { prompt: `a meadow, number ${n}${n < early ? " #slow:120" : ""}` },
            priority: n < early ? 4 + (round % 3) : 1 + 2 * (round % 5),
          };
          const asker = n % 3 === 0 ? other : client;
          const answer = await asker.call("jobs.create", { request }, { key: `pool-${seed}-${n}`, deadlineMs: patience });
          for (const { id } of answer.jobs) owners.set(id, asker);
          return ask();
        };
        await Promise.all(Array.from({ length: atOnce }, ask));
      };
      const said: Array<string> = [];
      const deaths: Array<number> = [];
      const killing = async (from: number, to: number): Promise<void> => {
        for (const [index, life] of [...lives.entries()].slice(from, to)) {
          await new Promise((resolve) => setTimeout(resolve, life));
          await server.kill("SIGKILL");
          deaths.push(Date.now() + shiftOf(index));
          said.push(server.output());
          await writeFile(env.CLOCK_SHIFT_FILE, String(shiftOf(index + 1)));
          server = await startServer({ data, port, env });
        }
      };
      await asking(0, early);
      await killing(0, 2);
      await Promise.all([asking(early, jobs), killing(2, kills)]);
      expect(owners.size).toBe(jobs);
      const open = new Map(owners);
      const ended = new Map<string, Job>();
      const stillOpen = async (): Promise<number> => {
        await Promise.all(
          [...open].map(async ([id, owner]) => {
            const job = await owner.call("jobs.get", { id });
            // Where nobody can tell what became of a submission that a kill cut off, it is left to a person.
            if (!finalJobStates.has(job.state) && !job.parked) return;
            open.delete(id);
            ended.set(id, job);
          }),
        );
        return open.size;
      };
      await expect
        .poll(stillOpen, { timeout: patience, interval: 1000 })
        .toBe(0)
        .catch(async (error: unknown) => {
          for (const [id, owner] of [...open].slice(0, 5)) console.log(JSON.stringify(await owner.call("jobs.get", { id })));
          console.log(
            JSON.stringify(
              (await client.call("accounts.list", {})).accounts.map(({ title, state, reason, busy, granted }) => [
                title,
                state,
                reason,
                busy,
                granted,
              ]),
            ),
          );
          throw error;
        });
      const states = Object.groupBy([...ended.values()], ({ state }) => state);
      console.log(Object.fromEntries(Object.entries(states).map(([state, list]) => [state, list?.length])));

      const { providers: specs } = await client.call("jobs.providers", {});
      /** What is to be in the ledger of jobs of which something was lost. */
      const late = new Map<Job, number>();
      const priceless = new Set(specs.filter(({ account }) => (account?.creditType ?? null) === null).map(({ id }) => id));
      for (const provider of providers) {
        const simulators = fleet.simulators.flatMap((each) => (each.provider === provider ? [each.simulator] : []));
        for (const simulator of simulators) simulator.settle();
        const ledger = simulators.flatMap((simulator) => simulator.ledger);
        // Nothing that was asked for once is charged twice: not by its key, and not by its job and submission.
        const charges = Map.groupBy(
          ledger.filter(({ kind }) => kind === "charge"),
          ({ key, jobId }) => key ?? jobId,
        );
        for (const [key, rows] of charges) expect([provider, key, rows.length]).toEqual([provider, key, 1]);
        for (const simulator of simulators) {
          for (const account of simulator.accounts.values()) {
            const most = fullest([...simulator.jobs.values()].filter((each) => each.account === account));
            const story = () =>
              most.map((each) =>
                storyOf(
                  [...ended.values()].find(({ prompt }) => prompt.startsWith(`${promptOf(each)} `) || prompt === promptOf(each))!,
                  [each],
                  [],
                ),
              );
            expect
              .soft(account.peak, account.peak > account.concurrency ? `${provider} ${account.key}\n${story().join("")}` : "")
              .toBeLessThanOrEqual(account.concurrency);
          }
        }
        // Prompt by prompt, each of which is one job's: all that the provider has made of it is a submission in our books, one of which came out,
        // and what was noted is what its ledger says, to the credit. Of some submissions nobody tells the end.
        const made = Map.groupBy(
          simulators.flatMap(({ jobs: all }) => Array.from(all.values())),
          promptOf,
        );
        for (const job of ended.values()) {
          if (job.provider !== provider) continue;
          const theirs = made.get(promptOf(job)) ?? [];
          made.delete(promptOf(job));
          const { charges: noted, state, parked } = job;
          const madeHere = noted.length + (parked ? 1 : 0);
          const done = noted.filter(({ outcome }) => outcome === "completed").length;
          const cameOut = theirs.some(({ ending, isLost }) => ending === "done" && !isLost);
          const ids = new Set(theirs.map(({ id }) => id));
          const rows = ledger.filter(({ jobId }) => ids.has(jobId));
          const story = storyOf(job, theirs, rows);
          expect
            .soft([provider, job.prompt, theirs.length <= madeHere, done, state !== "completed" || cameOut], story)
            .toEqual([provider, job.prompt, true, state === "completed" ? 1 : 0, true]);
          const untold =
            parked ||
            noted.some(({ charged, outcome }) => charged === null && !["completed", "goes on", "stopped", "filtered"].includes(outcome));
          if (priceless.has(provider) || untold) continue;
          const net = rows.reduce((sum, { kind, amount }) => sum + (kind === "charge" ? amount : -amount), 0);
          const paid = noted.reduce(
            (sum, { charged, estimated, outcome }) => sum + (charged ?? (outcome === "completed" || outcome === "goes on" ? estimated : 0)),
            0,
          );
          // What is given back of a job that was lost comes after its end: the ledger has it once the provider was asked.
          if (paid.toFixed(2) !== net.toFixed(2) && noted.some(({ outcome }) => outcome === "lost")) late.set(job, net);
          else expect.soft([provider, job.prompt, paid.toFixed(2)], story).toEqual([provider, job.prompt, net.toFixed(2)]);
        }
        // It has made nothing else.
        expect([...made.keys()]).toEqual([]);
      }
      const bookedOf = async (jobId: string): Promise<number> => {
        const { entries } = await owners.get(jobId)!.call("spend.ledger", { limit: 200, jobId });
        return entries.reduce((sum, { charged }) => sum + (charged ?? 0), 0);
      };
      for (const [job, net] of late) await expect.poll(() => bookedOf(job.id), { timeout: refunding, interval: 5000 }).toBeCloseTo(net, 2);
      // Every completed job has its file; every place is free again.
      for (const job of ended.values()) {
        if (job.state === "completed") expect(job.assetId).not.toBeNull();
        else if (!job.parked) expect(job.failure?.message ?? "").not.toBe("");
      }
      const parked = [...ended.values()].filter((job) => job.parked).length;
      const busy = async () => (await client.call("accounts.list", {})).accounts.reduce((sum, account) => sum + account.busy, 0);
      // What was lost there may be going on, and keeps its place for so long: until the next look at it, at this speed.
      await expect.poll(busy, { timeout: freeing + 3 * accountLimits.look, interval: 1000 }).toBe(parked);

      // However many kept coming, nobody who waited was overtaken but by those who go before.
      said.push(server.output());
      const { accounts } = await client.call("accounts.list", {});
      const journals: Array<ReadonlyArray<JournalEntry>> = [];
      for (const [id, owner] of owners) journals.push(await journalOf(owner, `job/${id}`));
      const atAccounts = [];
      for (const { id, provider } of accounts) atAccounts.push({ provider, journal: await journalOf(client, `account/${id}`) });
      const lost = said.flatMap((output) => output.split("\n").filter((line) => line.includes("a place could not be granted")));
      const { overtaken, waited } = overtakenIn({
        jobs: journals,
        accounts: atAccounts,
        ledger: [...(await ledgerOf(client)), ...(await ledgerOf(other))],
        deaths,
        wasForgotten: (jobId) => lost.some((line) => line.includes(jobId)),
      });
      console.log(`Waits during which places were given to others: ${waited}; grants that came to nothing: ${lost.length}`);
      expect(waited).toBeGreaterThan(0);
      expect(overtaken).toEqual([]);
    } finally {
      client.close();
      other.close();
      await server.kill("SIGKILL");
      await fleet.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
