// Builds the front ends into dist/, with packed copies of what packs well. Says nothing has to be done when nothing changed.
import { readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { filesOf, type Made, whereStale } from "./stale.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

interface FrontEnd extends Made {
  readonly config: string;
  readonly site: string;
}

const frontEnd = (room: string, sources: ReadonlyArray<string>): FrontEnd => {
  const site = join(root, "dist", room);
  return {
    root,
    sources: [room, "protocol", ...sources, "package-lock.json"],
    site,
    stamp: join(site, ".stamp"),
    config: join(root, room, "vite.config.ts"),
  };
};

/** What each is made of. */
export const frontEnds: ReadonlyArray<FrontEnd> = [
  frontEnd("web", ["actors/job/machine.ts", "actors/job/context.ts", "actors/effect.ts"]),
  frontEnd("game", []),
];

const pack = async (site: string): Promise<void> => {
  const all = await filesOf(site);
  // What a copy of the site has to hold.
  await writeFile(join(site, "files.json"), JSON.stringify(all.map((file) => relative(site, file).replaceAll("\\", "/")).toSorted()));
  const files = all.filter((file) => /\.(js|css|html|svg|json|webmanifest)$/.test(file));
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

const build = async ({ config, site }: FrontEnd): Promise<void> => {
  const vite = await import("vite");
  // Under a test runner this is "test", and the libraries would come with their checks for developers; the tests themselves need these.
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    await vite.build({ configFile: config, logLevel: "warn" });
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  }
  await pack(site);
};

/** Answers whether anything had to be built; tells before it begins. */
export const buildFrontEnds = async (begins: () => void): Promise<boolean> => {
  let built = false;
  for (const one of frontEnds) {
    const stale = await whereStale(one, () => {
      if (!built) begins();
      built = true;
      return build(one);
    });
    built ||= stale;
  }
  return built;
};
