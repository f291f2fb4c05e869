import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { defences } from "./defences.ts";

test.each(Object.entries(defences))("%s is one statement of the program that can be taken out", (_name, { file, statement, instead }) => {
  const source = readFileSync(file, "utf8");
  expect(source.split(statement).length - 1).toBe(1);
  expect(source.replace(statement, instead)).not.toContain(statement);
});
