import { expect, test } from "vitest";
import { atOnce, timeProblem } from "./when.ts";

test("a time is to come, and not too far ahead", () => {
  const now = new Date("2026-03-01T10:00").getTime();
  const problem = (notBefore: string) => timeProblem({ ...atOnce, notBefore }, now);
  for (const fine of ["", "2026-03-01T10:01", "2027-03-01T10:00"]) expect(problem(fine)).toBeUndefined();
  expect(problem("2026-03-01T10:00")).toMatch(/^This time has passed/);
  expect(problem("2027-03-03T10:00")).toMatch(/^A year ahead at most/);
  expect(problem("soon")).toMatch(/^Say a day and a time/);
});
