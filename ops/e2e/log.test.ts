// What the log tells of one job, from its acceptance to its asset.
import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { freshDataFolder } from "#db/client/testing.ts";
import type { Job } from "#protocol/job.ts";
import { firstAdmin, typedClient } from "./people.ts";
import { startServer } from "./server.ts";

test("each stage of a job is logged once with its fields, and each of its steps", { timeout: 240_000 }, async () => {
  const data = await freshDataFolder();
  const server = await startServer({ data, env: { PIXSIM_LOG_LEVEL: "debug" } });
  try {
    const grant = await firstAdmin(server);
    const client = typedClient(server, grant);
    const params = { prompt: "a boat on the sea", seed: 1, duration: 1, quality: "360p", fps: 24, audio: false };
    const request = { operation: "text_to_video" as const, provider: "studio", params };
    const done = await new Promise<Job>((resolve) => {
      const look = (jobs: ReadonlyArray<Job>): void => jobs.forEach((job) => job.finishedAt !== null && resolve(job));
      client.follow("jobs.jobs", {}, { snapshot: ({ jobs }) => look(jobs), deltas: look });
      void client.call("jobs.create", { request });
    });
    expect(done.state).toBe("completed");
    // What is made of the asset follows it.
    await expect
      .poll(async () => (await client.call("assets.get", { id: done.assetId! })).urls.poster, { timeout: 60_000, interval: 100 })
      .not.toBeNull();
    client.close();
    await server.kill();

    const lines = (server.output().match(/^\{.*"stage":.*\}$/gm) ?? []).map(
      (line) => JSON.parse(line) as Readonly<Record<string, unknown>>,
    );
    // Everything is found by the job, and says for whom and where.
    for (const line of lines) expect(line).toMatchObject({ job: done.id, user: grant.user.id, provider: "studio", msg: line["stage"] });
    const of = (stage: string) => lines.filter((line) => line["stage"] === stage);
    const aDuration = { durationMs: expect.any(Number) as number };
    expect(of("pipeline:start")).toEqual([expect.objectContaining({ operation: "text_to_video", hash: done.hash })]);
    expect(of("pipeline:artifact")).toEqual([expect.objectContaining({ hash: done.hash, inputs: 0 })]);
    expect(of("provider:submit")).toEqual([expect.objectContaining({ key: `${done.id}-1` })]);
    expect(of("provider:complete")).toEqual([expect.objectContaining({ providerJobId: expect.stringMatching(/^ren_/) as string })]);
    expect(of("pipeline:complete")).toEqual([expect.objectContaining({ asset: done.assetId, ...aDuration })]);
    expect(of("provider:error")).toEqual([]);
    const progress = of("provider:status").map((line) => line["progress"]);
    expect(progress).toEqual([...new Set(progress)].sort());
    expect(progress.length).toBeGreaterThan(0);
    const tasks = ["render", "probe", "derive"];
    expect(of("worker:start").map(({ task }) => task)).toEqual(tasks);
    expect(of("worker:complete")).toEqual(tasks.map((task) => expect.objectContaining({ task, outcome: "done", ...aDuration }) as unknown));
    // Steps that were committed together share a line.
    const steps = of("actor:step");
    const seqs = steps.map((line) => Number(line["seq"]));
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    const states = [...new Set(steps.map((line) => line["state"]))];
    expect(states).toEqual(["waitingForSlot", "submitting", "processing", "downloading", "ingesting", "completed"]);
    expect(steps.at(-1)).toMatchObject({ seq: done.rev, state: "completed", attempt: 1, parked: false });
  } finally {
    await server.kill("SIGKILL");
    await rm(data, { recursive: true, force: true });
  }
});
