import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findChromium } from "./chromium.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixsim-chromium-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const browser = async (name: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, "");
  await chmod(path, 0o755);
  return path;
};

test("the browser that is named is taken before one on the path", async () => {
  const onPath = await browser("chromium");
  const named = await browser("my-browser");
  expect(findChromium({ PATH: folder, PIXSIM_CHROMIUM: named })).toBe(named);
  expect(findChromium({ PATH: folder, PIXSIM_CHROMIUM: "" })).toBe(onPath);
});

test("Chrome serves where there is no Chromium before it on the path", async () => {
  const chrome = await browser("google-chrome");
  expect(findChromium({ PATH: `:${folder}:` })).toBe(chrome);
});

test("a named browser that is not there is said, and no other is taken", async () => {
  await browser("chromium");
  expect(() => findChromium({ PATH: folder, PIXSIM_CHROMIUM: join(folder, "gone") })).toThrow("gone, which is not there");
});
