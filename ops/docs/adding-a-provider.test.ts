// The worked example is what somebody begins with: it must fit what a provider is today.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("the worked example has the types that a provider must have", async () => {
  const guide = await readFile(new URL("adding-a-provider.md", import.meta.url), "utf8");
  const [, example = ""] = /^```ts\n(.*?)^```$/ms.exec(guide) ?? [];
  expect(example).toContain("export const kino: Provider");
  await mkdir(join(root, ".cache"), { recursive: true });
  // Within the project: its imports and its compiler's settings hold there.
  const folder = await mkdtemp(join(root, ".cache", "example-"));
  try {
    await writeFile(join(folder, "kino.ts"), example.replaceAll('from "./', 'from "#actors/provider/'));
    const settings = { extends: "../../tsconfig.json", compilerOptions: { incremental: false }, include: ["kino.ts"], exclude: [] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(settings));
    const compiler = join(root, "node_modules/@typescript/native/bin/tsc");
    const said = await promisify(execFile)(process.execPath, [compiler, "-p", folder]).then(
      () => "",
      (error: { readonly stdout: string }) => error.stdout,
    );
    expect(said).toBe("");
  } finally {
    await rm(folder, { recursive: true });
  }
});
