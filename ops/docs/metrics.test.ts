import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { metricsFile, metricsPage } from "./metrics.ts";

test("the table of metrics is up to date: `npm run docs` writes it anew", () => {
  expect(readFileSync(metricsFile, "utf8")).toBe(metricsPage());
});
