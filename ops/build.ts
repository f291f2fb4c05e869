// Builds the front ends into dist/, with packed copies of what packs well. Says nothing has to be done when nothing changed.
import { createHash } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const root = fileURLToPath(new URL("..", import.meta.url));
const site = join(root, "dist/web");
const stamp = join(site, ".stamp");
/** What the pages are made of. */
const sources = ["web", "protocol", "actors/job/machine.ts", "actors/job/context.ts", "actors/effect.ts", "package-lock.json"];

const filesOf = async (path: string): Promise<ReadonlyArray<string>> => {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
};

/** Changes whenever a source does. */
const fingerprint = async (): Promise<string> => {
  const hash = createHash("sha256");
  for (const source of sources) {
    for (const file of [...(await filesOf(join(root, source)))].sort()) hash.update(file).update(await readFile(file));
  }
  return hash.digest("hex");
};

const pack = async (): Promise<void> => {
  const files = (await filesOf(site)).filter((file) => /\.(js|css|html|svg|json|webmanifest)$/.test(file));
  await Promise.all(
    files.map(async (file) => {
      const plain = await readFile(file);
      if (plain.length < 1024) return;
      const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
      await writeFile(`${file}.br`, await promisify(brotliCompress)(plain, quality));
      await writeFile(`${file}.gz`, await promisify(gzip)(plain, { level: 9 }));
    }),
  );
};

/** Answers whether anything had to be built; tells before it begins. */
export const buildFrontEnds = async (begins: () => void): Promise<boolean> => {
  const wanted = await fingerprint();
  if ((await readFile(stamp, "utf8").catch(() => "")) === wanted) return false;
  begins();
  const { build } = await import("vite");
  // Under a test runner this is "test", and the libraries would come with their checks for developers; the tests themselves need these.
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    await build({ configFile: join(root, "web/vite.config.ts"), logLevel: "warn" });
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  }
  await pack();
  await writeFile(stamp, wanted);
  return true;
};
