// Runs all tests: first makes sure of what they need beyond npm. Arguments go to vitest.
import { spawn } from "node:child_process";
import { provideServices } from "./services/provide.ts";

try {
  await provideServices();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
const vitest = new URL("../node_modules/vitest/vitest.mjs", import.meta.url).pathname;
const child = spawn(process.execPath, [vitest, "run", "--config", "ops/vitest.config.ts", ...process.argv.slice(2)], { stdio: "inherit" });
child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)));
