// The server is killed again and again while it works through a stream of jobs, by SIGKILL and at any moment, also while it starts.
// What it accepted must all be done in the end, each once, and nothing may be left over.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { finalJobStates } from "#protocol/job.ts";
import { blobsOf, readDatabase } from "./data.ts";
import { firstAdmin, typedClient } from "./people.ts";
import { ServerEnded, type ServerOptions, startServer } from "./server.ts";

/** So often is it killed once it can be reached, and so often again while it starts. */
const rounds = 15;
const kills = 2 * rounds;
const jobs = 200;
/** Results that differ: some jobs make the same file at the same time, and what is made of it is made once. */
const contents = 50;
const perLife = Math.ceil(jobs / rounds);
/** Longest life of a server, ms after it could be reached, and of one that is killed while it starts, ms after it was spawned. */
const longestLife = 4500;
const longestStart = 3000;
/** How long all may take once nothing is killed any more, ms. */
const patience = 240_000;

/** Starts a server that is killed so long after its spawn, ms. */
const cutShort = async (options: ServerOptions, killedAfter: number): Promise<void> => {
  try {
    const { exited } = await startServer({ ...options, killedAfter });
    await exited;
  } catch (error) {
    if (!(error instanceof ServerEnded) || error.exit.signal !== "SIGKILL") throw error;
  }
};

test(`${jobs} jobs are each done once although the server is killed ${kills} times`, { timeout: 1_200_000 }, async () => {
  const seed = Number(process.env["CRASH_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`The same moments again: CRASH_SEED=${seed}`);
  const moments = fc.record({
    life: fc.noBias(fc.integer({ min: 0, max: longestLife })),
    start: fc.noBias(fc.integer({ min: 0, max: longestStart })),
  });
  const lives = fc.sample(moments, { seed, numRuns: rounds });
  const folder = await mkdtemp(join(tmpdir(), "pixsim-crash-"));
  const data = join(folder, "data");
  let server = await startServer({ data });
  const { port } = server;
  const client = typedClient(server, await firstAdmin(server));
  try {
    const accepted = new Set<string>();
    // Some in each life, one after the other; the client repeats what a kill cut off, with the same key.
    let allowed = perLife;
    let nextLife = Promise.withResolvers<void>();
    const asking = async (): Promise<void> => {
      for (let n = 0; n < jobs; n++) {
        while (n >= allowed) await nextLife.promise;
        const request = {
          operation: "text_to_video" as const,
          provider: "studio",
          params: { prompt: "a meadow", seed: n % contents, duration: 1, quality: "360p", fps: 24, audio: false },
        };
        const answer = await client.call("jobs.create", { request }, { key: `crash-test-${seed}-${n}`, deadlineMs: 500_000 });
        for (const { id } of answer.jobs) accepted.add(id);
      }
    };
    const acceptedAt: Array<number> = [];
    const killing = async (): Promise<void> => {
      for (const { life, start } of lives) {
        await new Promise((resolve) => setTimeout(resolve, life));
        acceptedAt.push(accepted.size);
        await server.kill("SIGKILL");
        await cutShort({ data, port }, start);
        server = await startServer({ data, port });
        allowed += perLife;
        nextLife.resolve();
        nextLife = Promise.withResolvers();
      }
    };
    await Promise.all([asking(), killing()]);
    expect(accepted.size).toBe(jobs);
    // It was killed while they came, not after they all had.
    expect(acceptedAt.filter((count) => count < jobs).length).toBeGreaterThan(0.9 * rounds);
    const open = new Set(accepted);
    const stillOpen = async (): Promise<number> => {
      for (const id of open) if (finalJobStates.has((await client.call("jobs.get", { id })).state)) open.delete(id);
      return open.size;
    };
    await expect.poll(stillOpen, { timeout: patience, interval: 1000 }).toBe(0);

    for (const id of accepted) {
      const job = await client.call("jobs.get", { id });
      expect(job).toMatchObject({ state: "completed", failure: null, parked: false });
      // The journal has no gap, and folded through the machine it gives what is stored.
      const view = await client.call("actors.get", { address: `job/${id}` });
      let last: unknown;
      let seq = 0;
      for await (const entry of client.stream("actors.history", { address: `job/${id}` })) {
        expect(entry.seq).toBe(seq++);
        last = entry;
      }
      expect(last).toMatchObject({ seq: view.seq, value: view.value, context: view.context, status: "done" });
    }

    // Pictures and such follow the videos, also those of a server that was killed while it made them.
    const withoutPoster = async (): Promise<number> => {
      const { assets } = await client.call("assets.list", { filter: {}, limit: jobs });
      return assets.filter(({ urls }) => urls.poster === null).length;
    };
    await expect.poll(withoutPoster, { timeout: patience, interval: 1000 }).toBe(0);

    client.close();
    await server.kill("SIGTERM");
    const found = await readDatabase(data, async (sql) => {
      const [count] = await sql<Array<Record<string, number>>>`
        select (select count(*)::int from job) as jobs, (select count(*)::int from job where slot is not null) as slots,
          (select count(*)::int from asset) as assets, (select count(distinct origin_job_id)::int from asset) as "assetsOfJobs",
          (select count(*)::int from studio_render) as renders, (select count(*)::int from studio_render where state = 'done') as "rendersDone",
          (select coalesce(sum(json_array_length(effects::json)), 0)::int from actor) as effects,
          (select coalesce(sum(json_array_length(timers::json)), 0)::int from actor) as timers,
          (select count(*)::int from job_reservation r where not exists (select from job j where j.id = r.job_id)) as reservations`;
      const files = await sql<Array<{ sha256: string }>>`select distinct sha256 from asset_file order by sha256`;
      const renders = await sql<Array<{ output: string }>>`select output from studio_render where output is not null order by output`;
      return { count, files: files.map(({ sha256 }) => sha256), renders: renders.map(({ output }) => output) };
    });
    expect(found.count).toEqual({
      jobs,
      slots: 0,
      assets: jobs,
      assetsOfJobs: jobs,
      renders: jobs,
      rendersDone: jobs,
      effects: 0,
      timers: 0,
      reservations: 0,
    });
    // What crashes left of half-stored results is cleared when the server starts.
    server = await startServer({ data, port });
    await expect.poll(() => blobsOf(data), { timeout: 30_000, interval: 100 }).toEqual(found.files);
    expect((await readdir(join(data, "renders"))).sort()).toEqual(found.renders.toSorted());
  } finally {
    client.close();
    await server.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
});
