// Tests stand beside the code. Web tests run in a DOM; all others in Node.
import solid from "vite-plugin-solid";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  cacheDir: ".cache/vitest",
  test: {
    globalSetup: "ops/test-setup.ts",
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: "node", environment: "node", include: ["{protocol,db,runtime,actors,ops}/**/*.test.ts"] },
      },
      {
        extends: true,
        plugins: [solid()],
        test: { name: "web", environment: "happy-dom", include: ["web/**/*.test.{ts,tsx}"] },
      },
    ],
  },
});
