// Tests stand beside the code. Web tests run in a DOM; all others in Node.
import solid from "vite-plugin-solid";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  cacheDir: ".cache/vitest",
  test: {
    pool: "forks",
    maxWorkers: 2,
    // V8 would spend a third of all time on optimising the embedded database, whose threads end before that is of use.
    execArgv: ["--liftoff-only"],
    // Far above what any takes: a slow or busy machine is no fault.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    // XState's development build says this of every effect: on purpose the stepper (runtime/actor/step.ts) gives it no actors.
    onConsoleLog: (log) => !/^Actor type '.*' not found in machine/.test(log),
    projects: [
      {
        extends: true,
        test: {
          name: "node",
          environment: "node",
          // What all files load is loaded once for each of the two processes: that is a third of the time.
          isolate: false,
          globalSetup: "ops/test-setup.ts",
          include: ["{protocol,db,runtime,actors,ops,game}/**/*.test.ts"],
          exclude: ["ops/e2e/**"],
        },
      },
      {
        extends: true,
        plugins: [solid()],
        test: {
          name: "web",
          environment: "happy-dom",
          setupFiles: ["ops/web-test-setup.ts"],
          include: ["web/**/*.test.{ts,tsx}", "game/**/*.test.tsx"],
        },
      },
      {
        extends: true,
        // After all others: each of them runs whole servers. Much of their time is waiting, so two files at a time take no longer than one.
        test: {
          name: "e2e",
          environment: "node",
          globalSetup: "ops/e2e/setup.ts",
          include: ["ops/e2e/**/*.test.ts"],
          testTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
