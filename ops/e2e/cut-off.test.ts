// A runner whose way to PostgreSQL is cut while the others have theirs: what it has is of use to nobody there, and goes on elsewhere.
import { expect, test } from "vitest";
import { finalJobStates } from "#protocol/job.ts";
import { jobsIn } from "../chaos/checks.ts";
import { openStage } from "../chaos/stage.ts";
import { cellsOf } from "../chaos/witness.ts";

const count = 12;
const timeout = 60_000;

test.each(["silent", "closed"] as const)(
  "a runner that alone is cut off (%s) leaves its cells to the others, and takes part again",
  { timeout: 300_000 },
  async (how) => {
    const stage = await openStage({
      runners: 3,
      simulator: { shortest: 100, longest: 100, slowestAnswer: 0, lostAnswers: 0 },
      concurrency: count,
      pollMs: 200,
    });
    try {
      const { seats, sql } = stage;
      const [other, , victim] = [seats[0]!, seats[1]!, seats[2]!];
      const client = stage.clientOf(other);
      const cells = () => cellsOf(sql, victim.name);
      await expect.poll(cells, { timeout }).toBeGreaterThan(50);
      victim.ways.postgres.cut(how);
      await expect.poll(cells, { timeout }).toBe(0);
      const request = { operation: "text_to_video" as const, provider: "sim-key", params: { prompt: "a meadow" } };
      const { jobs } = await client.call("jobs.create", { request, count }, { deadlineMs: timeout });
      expect(jobs.length).toBe(count);
      const open = async () => (await jobsIn(sql)).filter(({ state }) => !finalJobStates.has(state)).length;
      await expect.poll(open, { timeout }).toBe(0);
      victim.ways.postgres.mend();
      await expect.poll(cells, { timeout }).toBeGreaterThan(50);
    } finally {
      await stage.close();
    }
  },
);
