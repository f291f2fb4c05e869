import { expect, test } from "vitest";
import { planOf } from "./plan.ts";

test("the same seed is the same plan, another one another; a plan ends in time and names runners that are there", () => {
  expect(planOf(7, 3, 60_000)).toEqual(planOf(7, 3, 60_000));
  expect(planOf(8, 3, 60_000)).not.toEqual(planOf(7, 3, 60_000));
  for (let seed = 0; seed < 50; seed++) {
    const plan = planOf(seed, 3, 60_000);
    expect(plan.reduce((sum, { after }) => sum + after, 0)).toBeLessThan(60_000);
    expect(plan.length).toBeGreaterThan(10);
    for (const { fault } of plan) if ("runner" in fault) expect([0, 1, 2]).toContain(fault.runner);
  }
});

test("over twenty seeds everything goes wrong that can", () => {
  const faults = Array.from({ length: 20 }, (_, seed) => planOf(seed, 3, 60_000)).flat();
  const types = ["answeredLate", "cut", "delay", "disconnect", "flush", "freeze", "kill", "restart", "slowDisk", "term", "writesLate"];
  expect([...new Set(faults.map(({ fault }) => fault.type))].toSorted()).toEqual(types);
  expect(faults.length).toBeGreaterThan(50);
});
