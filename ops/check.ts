// All static checks, side by side: format, lint, types with Effect's diagnostics, import direction, unused code and
// dependencies. Prints each with its time; what fails is shown in full.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

/** The compiler with Effect's diagnostics built in, where it is packaged (Linux x64, as on CI); the plain one elsewhere. */
const effectTypescript = "node_modules/@effect/tsgo-linux-x64/lib/tsc";
const diagnosing = existsSync(effectTypescript);
const tsc: readonly [command: string, ...args: ReadonlyArray<string>] = diagnosing
  ? [effectTypescript]
  : ["node", "node_modules/@typescript/native/bin/tsc"];

const checks: ReadonlyArray<readonly [name: string, command: string, ...args: ReadonlyArray<string>]> = [
  ["format", "oxfmt", "--check"],
  ["lint", "oxlint"],
  [diagnosing ? "types and Effect diagnostics" : "types (no Effect diagnostics on this platform)", ...tsc, "-p", "."],
  ["types of web", ...tsc, "-p", "web"],
  ["types of game", ...tsc, "-p", "game"],
  ["import direction", "depcruise", "--config", ".dependency-cruiser.cjs", "protocol", "db", "runtime", "actors", "ops", "web", "game"],
  ["unused code and dependencies", "knip"],
];

const run = (command: string, args: ReadonlyArray<string>): Promise<{ readonly code: number; readonly output: string }> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", (error) => resolve({ code: 1, output: String(error) }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });

const started = performance.now();
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const results = await Promise.all(
  checks.map(async ([name, command, ...args]) => {
    const began = performance.now();
    const { code, output } = await run(command, args);
    console.log(`${code === 0 ? "ok  " : "FAIL"} ${name} (${seconds(began)})`);
    if (code !== 0) console.log(output.trimEnd());
    return code === 0;
  }),
);
console.log(`${results.filter(Boolean).length} of ${results.length} checks pass (${seconds(started)})`);
process.exitCode = results.every(Boolean) ? 0 : 1;
