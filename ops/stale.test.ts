// The pages are built when something of them has changed, and only then.
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { frontEnds } from "./build.ts";
import { filesOf, type Made, whereStale } from "./stale.ts";

describe("work on files", () => {
  let root: string;
  let made: Made;
  let times: number;
  const put = async (name: string, content: string): Promise<void> => {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  };
  const once = () =>
    whereStale(made, async () => {
      times++;
      await rm(join(root, "out"), { recursive: true, force: true });
      await mkdir(join(root, "out"));
    });

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "pixsim-stale-"));
    made = { root, sources: ["web", "lock.json"], stamp: join(root, "out/.stamp") };
    times = 0;
    await put("web/app/main.ts", "main");
    await put("web/index.html", "page");
    await put("lock.json", "{}");
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  test("is done once, and not again while nothing changes", async () => {
    expect([await once(), await once(), await once()]).toEqual([true, false, false]);
    await put("elsewhere.ts", "not a source");
    expect(await once()).toBe(false);
    expect(times).toBe(1);
  });

  test.each<readonly [string, () => Promise<void>]>([
    ["a source is changed", () => put("web/app/main.ts", "other")],
    ["a source that is no folder is changed", () => put("lock.json", "[]")],
    ["one is added", () => put("web/app/more.ts", "more")],
    ["one is removed", () => rm(join(root, "web/index.html"))],
    ["one is renamed", () => rename(join(root, "web/index.html"), join(root, "web/other.html"))],
    ["a byte moves from one to the next", () => put("web/app/main.ts", "mai").then(() => put("web/index.html", "npage"))],
    ["its result is gone", () => rm(join(root, "out"), { recursive: true })],
  ])("is done again when %s", async (_, change) => {
    await once();
    await change();
    expect([await once(), await once()]).toEqual([true, false]);
  });

  test("that failed is done again", async () => {
    await once();
    await put("web/index.html", "a page that does not build");
    const failing = whereStale(made, () => Promise.reject(new Error("it does not build")));
    await expect(failing).rejects.toThrow("does not build");
    expect([await once(), await once()]).toEqual([true, false]);
  });

  test("on what is changed meanwhile is done again", async () => {
    await whereStale(made, async () => {
      await mkdir(join(root, "out"));
      await put("web/index.html", "changed while it was built");
    });
    expect([await once(), await once()]).toEqual([true, false]);
  });
});

test.each(frontEnds.map((one) => [one.sources[0]!, one] as const))(
  "%s imports nothing that is not among its sources",
  async (_, { root, ...made }) => {
    const sources = made.sources.map((source) => join(root, source));
    const isSource = (file: string): boolean => sources.some((source) => file === source || file.startsWith(`${source}/`));
    const files = (await Promise.all(sources.map(filesOf))).flat().filter((file) => /(?<!\.test)\.tsx?$/.test(file));
    const imports = await Promise.all(
      files.map(async (file) => {
        const found = (await readFile(file, "utf8")).matchAll(/(?:from|import)\s*\(?\s*"(#|\.{1,2}\/)([^"]+)"/g);
        return [...found].map(([, start, path = ""]) => (start === "#" ? join(root, path) : resolve(dirname(file), `${start}${path}`)));
      }),
    );
    const all = [...new Set(imports.flat())];
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter((file) => !isSource(file)).map((file) => relative(root, file))).toEqual([]);
  },
);
