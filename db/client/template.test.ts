import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeTemplate } from "./template-maker.ts";
import { cache, exists } from "./template.ts";

test("the template is kept for the next start, those of other migrations are not", async () => {
  const path = await makeTemplate();
  const old = join(cache, "embedded-0123456789ab");
  await mkdir(old, { recursive: true });
  expect(await makeTemplate()).toBe(path);
  expect(await exists(join(path, "db"))).toBe(true);
  expect(await exists(old)).toBe(false);
});
