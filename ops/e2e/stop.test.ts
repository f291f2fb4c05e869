// How the server's process ends: in order when it is told to, and with a reason when it cannot start.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer } from "./server.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixsim-stop-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("it ends in order when it is told to, and its lines name the installation", async () => {
  const server = await startServer({ data: join(folder, "data"), env: { PIXSIM_ENV: "staging-2", PIXSIM_LOG_LEVEL: "debug" } });
  expect(await server.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  const lines = server.output().match(/^\{.*"env":.*\}$/gm) ?? [];
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ env: "staging-2" });
});

test("it says why it cannot start", async () => {
  const nobody = startServer({ data: join(folder, "none"), env: { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" } });
  await expect(nobody).rejects.toThrow(/PixSim cannot start: \S+/);
});
