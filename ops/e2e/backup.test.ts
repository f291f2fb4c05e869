// Backup and restore as a person does them: a place with finished work and work under way, its backup, and an empty place in which all
// of it goes on.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyFreshData } from "#db/client/testing.ts";
import type { Grant } from "#protocol/auth.ts";
import type { Client } from "#protocol/client/client.ts";
import { type Job, type JobInput, type JobState } from "#protocol/job.ts";
import { type RunningPostgres, startPostgres } from "../services/postgres.ts";
import { addUser, firstAdmin, typedClient } from "./people.ts";
import { type RunningServer, startServer } from "./server.ts";

const run = promisify(execFile);
const launch = fileURLToPath(new URL("../launch.mjs", import.meta.url));
const password = "a password that ada has chosen";

let folder: string;
let postgres: RunningPostgres;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixsim-backup-"));
  postgres = await startPostgres({ durable: false });
});
afterAll(async () => {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Home {
  readonly data: string;
  readonly env: Readonly<Record<string, string>>;
}

const fresh = (): string => join(folder, crypto.randomUUID());
const embedded = async (): Promise<Home> => {
  const data = fresh();
  await copyFreshData(data);
  return { data, env: {} };
};
const server = async (): Promise<Home> => {
  const name = `p_${crypto.randomUUID().replaceAll("-", "")}`;
  const { postgres: connect } = await import("#db/client/postgres-mended.ts");
  const admin = connect(postgres.url, { max: 1 });
  await admin.unsafe(`create database ${name}`);
  await admin.end();
  return { data: fresh(), env: { DATABASE_URL: postgres.url.replace(/[^/]*$/, name) } };
};

/** What the command tells a person. Rejects where it fails. */
const command = async (name: "backup" | "restore", to: string, { data, env }: Home): Promise<string> => {
  const { stderr } = await run(process.execPath, [launch, name, to], { env: { PATH: process.env["PATH"], PIXSIM_DATA: data, ...env } });
  return stderr;
};

const ask = async (client: Client, prompt: string, inputs: ReadonlyArray<JobInput> = [], scheduledFor?: number): Promise<string> => {
  const request = {
    operation: inputs.length === 0 ? ("text_to_video" as const) : ("image_to_video" as const),
    provider: "studio",
    params: { prompt, seed: 1, duration: 1, quality: "360p", fps: 24, ...(inputs.length === 0 ? { audio: false } : {}) },
    inputs: [...inputs],
    ...(scheduledFor === undefined ? {} : { scheduledFor }),
  };
  const { jobs } = await client.call("jobs.create", { request });
  return jobs[0]!.id;
};

const reached = async (client: Client, id: string, state: JobState): Promise<Job> => {
  await expect.poll(async () => (await client.call("jobs.get", { id })).state, { timeout: 120_000, interval: 100 }).toBe(state);
  return client.call("jobs.get", { id });
};

/** The journal has no gap, and folded through the machine it gives what is stored. */
const folds = async (client: Client, id: string): Promise<void> => {
  const address = `job/${id}`;
  let seq = 0;
  let last: unknown;
  for await (const entry of client.stream("actors.history", { address })) {
    expect(entry.seq).toBe(seq++);
    last = entry;
  }
  const view = await client.call("actors.get", { address });
  expect(last).toMatchObject({ seq: view.seq, value: view.value, context: view.context, status: view.status });
};

const plays = async (client: Client, { url }: RunningServer, assetId: string): Promise<string> => {
  const shown = async () => client.call("assets.get", { id: assetId });
  // What is made of an asset follows it.
  await expect.poll(async () => (await shown()).urls.poster, { timeout: 60_000, interval: 100 }).not.toBeNull();
  const asset = await shown();
  for (const address of [asset.urls.original!, asset.urls.poster!]) expect((await fetch(new URL(address, url))).status).toBe(200);
  const bytes = Buffer.from(await (await fetch(new URL(asset.urls.original!, url))).arrayBuffer());
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(asset.sha256);
  return asset.sha256;
};

/** A place where one job is done, two are being rendered, one waits for a place and one for its time. */
const busyPlace = async (home: Home) => {
  const running = await startServer(home);
  const admin = await firstAdmin(running);
  const grant: Grant = await addUser(running, admin, "ada");
  const client = typedClient(running, grant);
  await client.call("auth.setPassword", { password });
  const done = await reached(client, await ask(client, "a meadow"), "completed");
  const sha256 = await plays(client, running, done.assetId!);
  const slow = await ask(client, "a lake #slow:15");
  const withInput = await ask(client, "rain #slow:15", [{ assetId: done.assetId!, role: "image" }]);
  const later = await ask(client, "a wood", [], Date.now() + 25_000);
  await reached(client, slow, "processing");
  await reached(client, withInput, "processing");
  const waiting = await ask(client, "a hill");
  client.close();
  return { running, grant, done: done.id, open: [slow, withInput, later, waiting], sha256 };
};

describe.each([
  ["embedded", "embedded", embedded, embedded],
  ["embedded", "PostgreSQL", embedded, server],
  ["PostgreSQL", "PostgreSQL", server, server],
] as const)("from %s to %s", (from, _to, make, empty) => {
  test("finished work is there, work under way is finished, and people sign in", { timeout: 300_000 }, async () => {
    const home = await make();
    const { running, grant, done, open, sha256 } = await busyPlace(home);
    const backup = fresh();
    try {
      if (from === "embedded") {
        // The embedded database is one process's.
        await expect(command("backup", backup, home)).rejects.toMatchObject({
          code: 1,
          stderr: expect.stringMatching(/PixSim cannot be backed up: The data folder .* is used by process \d+. Stop that one/) as string,
        });
        await running.kill("SIGKILL");
      }
      expect(await command("backup", backup, home)).toMatch(/Backed up into .*: \d+ rows, \d+ media files .*\n.*keep it where only you/);
    } finally {
      await running.kill("SIGKILL");
    }
    const place = await empty();
    expect(await command("restore", backup, place)).toMatch(/^Restored what was backed up on 20/);
    await expect(command("restore", backup, place)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/is in use: a backup is restored into an empty place only/) as string,
    });
    // Nothing of the place that it was made of is needed.
    await rm(home.data, { recursive: true });

    const restored = await startServer(place);
    try {
      expect(restored.output()).not.toContain("Sign in");
      // Who was signed in still is.
      const still = typedClient(restored, grant);
      expect((await still.call("auth.me", {})).username).toBe("ada");
      still.close();
      const anonymous = typedClient(restored);
      const client = typedClient(restored, await anonymous.call("auth.signIn", { login: "ada", password }));
      anonymous.close();
      const { assetId } = await client.call("jobs.get", { id: done });
      expect(await plays(client, restored, assetId!)).toBe(sha256);
      for (const id of open) await plays(client, restored, (await reached(client, id, "completed")).assetId!);
      for (const id of [done, ...open]) {
        expect(await client.call("jobs.get", { id })).toMatchObject({ attempt: 1, failure: null, parked: false });
        await folds(client, id);
      }
      client.close();
    } finally {
      await restored.kill("SIGKILL");
    }
  });
});
