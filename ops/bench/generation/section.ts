// Generation at providers: what PixSim adds to their own time, and what it costs to ask about many jobs. The providers are simulated, in real
// time and over real sockets; the server is the real one, with its embedded database.
import { readFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { makeClip } from "#actors/media/testing.ts";
import type { Client } from "#protocol/client/client.ts";
import { finalJobStates, type Job } from "#protocol/job.ts";
import { firstAdmin, typedClient } from "#ops/e2e/people.ts";
import { startServer, type RunningServer } from "#ops/e2e/server.ts";
import { type Fleet, startFleet } from "#ops/simulators/fleet.ts";
import { median } from "../measure.ts";
import type { Report, Section } from "../report.ts";

/** Videos of each provider that are measured, and, before all, those in which the server's code gets as fast as it is after a while. */
const rounds = 6;
const before = 20;
const polled = 500;
/** How long the asking is watched, ms. */
const watchedMs = 60_000;
/** Ticks a second of /proc/<pid>/stat on Linux. */
const ticks = 100;

const request = (provider: string, n: number) => ({
  operation: "text_to_video" as const,
  provider,
  params: { prompt: `a meadow, number ${n}` },
});

/** User and system time of the process, ms. */
const cpuOf = async (pid: number): Promise<number> => {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).replace(/^.*\) /, "").split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticks;
};

interface Stage {
  readonly server: RunningServer;
  readonly client: Client;
  readonly fleet: Fleet;
}

const onStage = async (options: Omit<Parameters<typeof startFleet>[0], "speed">, run: (stage: Stage) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "pixsim-bench-"));
  const fleet = await startFleet({ speed: 1, ...options });
  let server: RunningServer | undefined;
  let client: Client | undefined;
  try {
    server = await startServer({ data: join(folder, "data"), env: { PIXSIM_LOG_LEVEL: "warn" }, optimised: true });
    client = typedClient(server, await firstAdmin(server));
    for (const account of fleet.accounts) {
      await client.call("accounts.add", { ...account });
    }
    await run({ server, client, fleet });
  } finally {
    client?.close();
    await server?.kill();
    await fleet.close();
    await rm(folder, { recursive: true, force: true });
  }
};

interface Added {
  /** From the answer that told of the end to the download, and from its end until the asset could be seen, ms. */
  readonly addedMs: number;
  /** The second part of it: from the end of the download on. */
  readonly afterMs: number;
  readonly bytes: number;
}

/** One video, from its request on, and what a client that follows the list of jobs sees of it. */
const added = async ({ client, fleet }: Stage, provider: string, n: number): Promise<Added> => {
  const simulators = fleet.simulators.flatMap((each) => (each.provider === provider ? [each.simulator] : []));
  let id: string | undefined;
  const seen: Array<{ readonly job: Job; readonly at: number }> = [];
  let ended: (end: { readonly job: Job; readonly at: number }) => void = () => {};
  const end = new Promise<{ readonly job: Job; readonly at: number }>((resolve) => (ended = resolve));
  const look = (job: Job): void => {
    if (!finalJobStates.has(job.state)) return;
    const sight = { job, at: Date.now() };
    seen.push(sight);
    if (job.id === id) ended(sight);
  };
  const stop = client.follow("jobs.jobs", {}, { snapshot: () => {}, deltas: (changed) => changed.forEach(look) });
  try {
    const { jobs } = await client.call("jobs.create", { request: request(provider, n) });
    id = jobs[0]!.id;
    const early = seen.find(({ job }) => job.id === id);
    if (early !== undefined) ended(early);
    const { job, at } = await end;
    if (job.state !== "completed") throw new Error(`${provider}: ${job.failure?.message ?? job.state}`);
    const { simulator, made } = simulators
      .map((simulator) => ({ simulator, made: [...simulator.jobs.values()].at(-1) }))
      .toSorted((a, b) => (b.made?.createdAt ?? 0) - (a.made?.createdAt ?? 0))[0]!;
    const after = simulator.requests.filter((each) => each.at >= Math.floor(made?.endsAt ?? 0));
    // Of comfyui the queue is asked first, which only tells that it is not there any more.
    const told = after.find(({ kind, path }) => kind === "status" && (provider !== "comfyui" || path.startsWith("/history/")));
    const files = after.filter(({ kind }) => kind === "file");
    // Of some providers a file is asked for again until it is there.
    const [first, last] = [files[0], files.at(-1)];
    if (told === undefined || first === undefined || last === undefined) throw new Error(`${provider} was not asked for its result`);
    const asset = await client.call("assets.get", { id: job.assetId! });
    const afterMs = at - last.endedAt;
    return { addedMs: first.at - told.endedAt + afterMs, afterMs, bytes: asset.size };
  } finally {
    stop();
  }
};

/** 1 MB: 720p with sound. */
const makeResult = async (): Promise<Buffer> => {
  const folder = await mkdtemp(join(tmpdir(), "pixsim-bench-"));
  try {
    const path = join(folder, "result.mp4");
    await makeClip(path, { width: 1280, height: 720, frames: 156, bitrate: 2_000_000, audio: "aac" });
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const latency = async (report: Report): Promise<void> => {
  const video = await makeResult();
  await onStage({ accounts: 1, credits: 1_000_000, concurrency: 1, generationMs: 2000, unlike: true, video }, async (stage) => {
    const rows = [];
    const providers = [...new Set(stage.fleet.accounts.map((account) => account.provider))];
    for (let n = 0; n < before; n++) await added(stage, providers[n % providers.length]!, n);
    for (const provider of providers) {
      const counted: Array<Added> = [];
      for (let n = 0; n < rounds; n++) counted.push(await added(stage, provider, before + n));
      rows.push({
        name: provider,
        figure: median(counted.map(({ addedMs }) => addedMs)),
        also: `${Math.round(median(counted.map(({ afterMs }) => afterMs)))} ms of it after the download of ${Math.round(median(counted.map(({ bytes }) => bytes)) / 1000)} kB`,
        aim: { atMost: 50 },
      });
    }
    report.table({
      title: "Added to the provider's time: from its word that a video is done until it can be seen, without the download",
      unit: "ms",
      rows,
    });
  });
};

const polling = (report: Report): Promise<void> =>
  onStage({ accounts: 5, credits: 10_000_000, concurrency: 25, generationMs: 1_800_000 }, async ({ client, server, fleet }) => {
    const providers = [...new Set(fleet.accounts.map((account) => account.provider))].filter((id) => id !== "comfyui");
    for (const provider of providers) {
      for (let made = 0; made < polled / providers.length; made += 25) {
        await client.call("jobs.create", { request: request(provider, made), count: 25 }, { deadlineMs: 60_000 });
      }
    }
    const late = performance.now() + 120_000;
    for (;;) {
      const { accounts } = await client.call("accounts.list", {});
      if (accounts.reduce((sum, { busy }) => sum + busy, 0) === polled) break;
      if (performance.now() > late) throw new Error(`Not all of ${polled} jobs are under way.`);
      await pause(1000);
    }
    // Submitted, and the first questions asked.
    await pause(20_000);
    const before = await cpuOf(server.pid);
    const asked = fleet.simulators.reduce(
      (sum, { simulator }) => sum + [...simulator.jobs.values()].reduce((of, job) => of + job.asked, 0),
      0,
    );
    await pause(watchedMs);
    const cpu = (await cpuOf(server.pid)) - before;
    const questions =
      fleet.simulators.reduce((sum, { simulator }) => sum + [...simulator.jobs.values()].reduce((of, job) => of + job.asked, 0), 0) - asked;
    report.table({
      title: `${polled} jobs under way, asked about for ${watchedMs / 1000} s`,
      unit: "% of a core",
      rows: [
        {
          name: `${providers.length} providers, 5 accounts each`,
          figure: (100 * cpu) / watchedMs,
          also: `${Math.round((questions * 1000) / watchedMs)} questions a second`,
          aim: { atMost: 5 },
        },
      ],
    });
  });

export const generation: Section = {
  name: "generation",
  summary: "videos of providers with accounts",
  run: async (report) => {
    await latency(report);
    await polling(report);
  },
};
