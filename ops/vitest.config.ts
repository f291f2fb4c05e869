// Tests stand beside the code. Web tests run in a DOM; all others in Node.
import solid from "vite-plugin-solid";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Whose tests take minutes. */
const longest = ["crash", "workspace", "backup", "cluster", "handling", "demo", "cut-off", "chaos"].map(
  (name) => `/ops/e2e/${name}.test.ts`,
);
const rank = ({ moduleId }: TestSpecification): number => longest.findIndex((end) => moduleId.endsWith(end)) >>> 0;

/** What takes longest begins first, also where nothing is known of earlier runs. */
class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  cacheDir: ".cache/vitest",
  test: {
    pool: "forks",
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
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
          // What all files load is loaded once for each of the processes: that is a third of the time.
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
        // After all others: each of them runs whole servers.
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
