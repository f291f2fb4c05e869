import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { forgetOtherTemplates, makeTemplate } from "./template-maker.ts";
import { cache, exists } from "./template.ts";

test("the template is kept for the next start, those of other migrations until they are forgotten", async () => {
  const path = await makeTemplate();
  const old = join(cache, "embedded-0123456789ab");
  await mkdir(old, { recursive: true });
  expect(await makeTemplate()).toBe(path);
  expect(await exists(old)).toBe(true);
  await forgetOtherTemplates();
  expect(await exists(join(path, "db"))).toBe(true);
  expect(await exists(old)).toBe(false);
});
