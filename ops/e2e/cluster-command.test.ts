// `npm run cluster`: whatever it comes to, nothing stays behind of what it started.
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "../services/port.ts";
import { spawnService } from "../services/spawn.ts";

const launch = fileURLToPath(new URL("../launch.mjs", import.meta.url));
const endings = { code: 0, left: [] };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixsim-cluster-command-"));
  // PostgreSQL runs as another user where root starts it.
  await chmod(folder, 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs it for one runner; `hear` is told all that it has said, whenever it says more. Answers how it ended, what it said, and what is left of its files. */
const cluster = async (port: number, hear: (output: string, stop: () => void) => void) => {
  const env = { ...process.env, TMPDIR: folder, PIXSIM_PORT: String(port) };
  const child = spawnService(process.execPath, [launch, "cluster", "1"], { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      hear(output, () => child.kill("SIGINT"));
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output, left: await readdir(folder) };
};

test("it begins at the port that it is given, and ends all when it is told to", async () => {
  const port = await freePort();
  let healthy: Promise<number> | undefined;
  const ended = await cluster(port, (output, stop) => {
    if (healthy !== undefined || !output.includes("Ctrl-C ends all")) return;
    healthy = fetch(`http://127.0.0.1:${port}/healthz`).then(({ status }) => status);
    void healthy.finally(stop);
  });
  expect(await healthy).toBe(200);
  expect(ended).toMatchObject(endings);
});

test("where a runner cannot start it says why, and ends what it has started", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const ended = await cluster(port, () => {});
  other.close();
  expect(ended.output).toContain(`Cannot listen on 127.0.0.1:${port}: another program listens there.`);
  expect(ended).toMatchObject({ ...endings, code: 1 });
});
