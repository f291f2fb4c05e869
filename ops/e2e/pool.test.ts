// Jobs over pooled accounts at providers that misbehave, while the server is killed: each ends in a state that is true, none is paid twice, no
// account has more under way than it has places, and our books agree with the providers'.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { finalJobStates, type Job } from "#protocol/job.ts";
import { startFleet } from "../simulators/fleet.ts";
import type { LedgerRow, SimulatedJob } from "../simulators/simulator.ts";
import { firstAdmin, typedClient } from "./people.ts";
import { startServer } from "./server.ts";

const jobs = Number(process.env["POOL_JOBS"] ?? 60);
const kills = Number(process.env["POOL_KILLS"] ?? 2);
const accountsEach = Number(process.env["POOL_ACCOUNTS"] ?? 2);
const speed = 30;
/**
 * How long all may take, ms: on a busy machine each kill costs a start that takes a while, and of a submission that one cut off a provider may have
 * to be asked again after its quarantine of minutes, which no simulator makes shorter.
 */
const patience = 480_000 + jobs * 500 + kills * 60_000;

/** All that both sides know of a job: where their books differ it says how that came. */
const storyOf = (job: Job, theirs: ReadonlyArray<SimulatedJob>, rows: ReadonlyArray<LedgerRow>): string => {
  const made = theirs.map(({ account, paid, ...each }) => ({ ...each, account: account.key, paid: [...paid] }));
  return `The job: ${JSON.stringify(job)}\nWhat the provider made of it: ${JSON.stringify(made)}\nThe provider's ledger: ${JSON.stringify(rows)}\n`;
};

/** The words that a provider's job was asked with, wherever it keeps them. */
const promptOf = (job: object): string => {
  const { prompt, input, workflow } = job as Readonly<Record<"prompt" | "input" | "workflow", unknown>>;
  return /a meadow, number \d+/.exec(JSON.stringify([prompt, input, workflow]))?.[0] ?? "nobody's";
};

test(
  `${jobs} jobs over accounts at providers that misbehave, while the server is killed ${kills} times`,
  { timeout: patience + 300_000 },
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
      concurrency: 4,
      faults: { seed, rate: 0.01, latencyMs: 25 },
    });
    const env = { PIXSIM_PROVIDER_SPEED: String(speed), PIXSIM_LOG_LEVEL: "warn" };
    let server = await startServer({ data, env });
    const { port } = server;
    const client = typedClient(server, await firstAdmin(server));
    try {
      for (const account of fleet.accounts) {
        await client.call("accounts.add", { ...account }, { key: `pool-${account.provider}-${account.title}` });
      }
      const accepted: Array<string> = [];
      const providers = [...new Set(fleet.accounts.map(({ provider }) => provider))];
      const asking = async (): Promise<void> => {
        for (let n = 0; n < jobs; n++) {
          const request = {
            operation: "text_to_video" as const,
            provider: providers[n % providers.length]!,
            params: { prompt: `a meadow, number ${n}` },
            priority: n % 10,
          };
          const answer = await client.call("jobs.create", { request }, { key: `pool-${seed}-${n}`, deadlineMs: patience });
          accepted.push(...answer.jobs.map(({ id }) => id));
        }
      };
      const killing = async (): Promise<void> => {
        for (const life of lives) {
          await new Promise((resolve) => setTimeout(resolve, life));
          await server.kill("SIGKILL");
          server = await startServer({ data, port, env });
        }
      };
      await Promise.all([asking(), killing()]);
      expect(new Set(accepted).size).toBe(jobs);
      const open = new Set(accepted);
      const ended = new Map<string, Job>();
      const stillOpen = async (): Promise<number> => {
        await Promise.all(
          [...open].map(async (id) => {
            const job = await client.call("jobs.get", { id });
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
          for (const id of [...open].slice(0, 5)) console.log(JSON.stringify(await client.call("jobs.get", { id })));
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
          for (const account of simulator.accounts.values()) expect(account.peak).toBeLessThanOrEqual(account.concurrency);
        }
        // Prompt by prompt, each of which is one job's: all that the provider has made of it is a submission in our books, one of which came out,
        // and what was noted is what its ledger says, to the credit. Of some submissions nobody tells the end.
        const made = Map.groupBy(
          simulators.flatMap(({ jobs: all }) => Array.from(all.values())),
          promptOf,
        );
        for (const job of ended.values()) {
          if (job.provider !== provider) continue;
          const theirs = made.get(job.prompt) ?? [];
          made.delete(job.prompt);
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
          expect.soft([provider, job.prompt, paid.toFixed(2)], story).toEqual([provider, job.prompt, net.toFixed(2)]);
        }
        // It has made nothing else.
        expect([...made.keys()]).toEqual([]);
      }
      // Every completed job has its file; every place is free again.
      for (const job of ended.values()) {
        if (job.state === "completed") expect(job.assetId).not.toBeNull();
        else if (!job.parked) expect(job.failure?.message ?? "").not.toBe("");
      }
      const parked = [...ended.values()].filter((job) => job.parked).length;
      const busy = async () => (await client.call("accounts.list", {})).accounts.reduce((sum, account) => sum + account.busy, 0);
      await expect.poll(busy, { timeout: 90_000, interval: 1000 }).toBe(parked);
    } finally {
      client.close();
      await server.kill("SIGKILL");
      await fleet.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
