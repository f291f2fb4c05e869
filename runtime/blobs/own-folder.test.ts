import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Effect } from "effect";
import { afterAll, expect, test } from "vitest";
import { ownFolder } from "./own-folder.ts";

const root = mkdtempSync(join(tmpdir(), "pixsim-own-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("those who come at the same moment leave each other's folders alone", async () => {
  const parent = join(root, "together");
  const all = Effect.all(
    Array.from({ length: 30 }, () => ownFolder(parent)),
    { concurrency: "unbounded" },
  );
  const found = await Effect.runPromise(
    Effect.scoped(Effect.map(all, (folders) => folders.map((folder) => existsSync(join(folder, "lock"))))),
  );
  expect(found).toEqual(Array.from({ length: 30 }, () => true));
  expect(readdirSync(parent)).toEqual([]);
});

test("what a dead process left is cleared, also where it died before it had locked it; what is just being made is not", async () => {
  const parent = join(root, "left");
  const [old, fresh] = [join(parent, "old"), join(parent, "fresh")];
  for (const folder of [old, fresh]) mkdirSync(folder, { recursive: true });
  utimesSync(old, new Date(Date.now() - 3_600_000), new Date(Date.now() - 3_600_000));
  await Effect.runPromise(Effect.scoped(ownFolder(parent)));
  expect([existsSync(old), existsSync(fresh)]).toEqual([false, true]);
});
