// Runs the tests of runtime/gateway on uWebSockets.js: in a child process, since its binary may need a newer C library than this
// process has.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type NodeCommand, nodeForUws } from "./glibc.ts";

const suites = ["transport", "http", "gateway", "follow", "client", "fuzz"];
const root = fileURLToPath(new URL("../..", import.meta.url));

const run = ({ command, args }: NodeCommand, files: ReadonlyArray<string>): Promise<{ readonly code: unknown; readonly output: string }> =>
  new Promise((resolve) => {
    // Threads: a worker process would be started by `process.execPath`, which is the loader of the C library here.
    const options = ["run", "--pool", "threads", "--maxWorkers", "1", "--reporter", "dot"];
    // As in vitest.config.ts.
    options.push("--testTimeout", "60000", "--hookTimeout", "120000", "--expect.poll.timeout", "20000");
    execFile(
      command,
      [...args, "node_modules/vitest/vitest.mjs", ...options, ...files],
      { cwd: root, env: { ...process.env, PIXSIM_TRANSPORT: "uws", NO_COLOR: "1" }, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, output: stdout + stderr }),
    );
  });

test("uWebSockets.js passes the suites of the transport and the gateway", async ({ skip }) => {
  const node = await nodeForUws().catch((error: unknown) => skip(String(error)));
  const { code, output } = await run(
    node,
    suites.map((suite) => `runtime/gateway/${suite}.test.ts`),
  );
  expect(code === 0 ? "passed" : output).toBe("passed");
  // Six suites, begun anew: on a busy machine that takes minutes.
}, 300_000);
