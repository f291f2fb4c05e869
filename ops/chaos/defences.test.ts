import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { defences } from "./defences.ts";
import { planOf } from "./plan.ts";

test.each(Object.entries(defences))("what %s is for happens in any plan of it", (_name, { against }) => {
  for (let seed = 1; seed <= 20; seed++) {
    const faults = planOf(seed, 3, 30_000, against).map(({ fault }) => fault);
    expect(faults.length).toBeGreaterThan(4);
    expect(faults.every(against)).toBe(true);
  }
});

test.each(Object.entries(defences))("%s is one statement of the program that can be taken out", (_name, { file, statement, instead }) => {
  const source = readFileSync(file, "utf8");
  expect(source.split(statement).length - 1).toBe(1);
  expect(source.replace(statement, instead)).not.toContain(statement);
});
