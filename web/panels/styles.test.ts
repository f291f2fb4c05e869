// What is drawn has its styles, whichever panels were opened before: those of a panel come with its own code alone.
import { readdirSync, readFileSync } from "node:fs";
import { join, normalize, relative } from "node:path";
import { expect, it } from "vitest";

const root = "web";
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).map((file) => join(root, file));
const known = new Set(files);
const textOf = (file: string): string => readFileSync(file, "utf8");

const resolved = (from: string, to: string): string => (to.startsWith("#web/") ? join(root, to.slice(5)) : normalize(join(from, "..", to)));
/** Of what a file loads: at once, or later. */
const loaded = (file: string, pattern: RegExp): ReadonlyArray<string> =>
  [...textOf(file).matchAll(pattern)].map(([, to]) => resolved(file, to!)).filter((to) => known.has(to));
const atOnce = /^(?:import|export)\s+(?!type\b)(?:[^;"]*?\sfrom\s+)?"([^"]+)"/gm;
const later = /\bimport\(\s*"([^"]+)"\s*\)/g;

const withAll = (entry: string): ReadonlySet<string> => {
  const found = new Set([entry]);
  for (const file of found) if (!file.endsWith(".css")) for (const next of loaded(file, atOnce)) found.add(next);
  return found;
};
const classesOf = (css: string): ReadonlySet<string> =>
  new Set([...css.replaceAll(/\{[^{}]*\}/g, "{}").matchAll(/\.([a-z][a-z0-9-]*)/g)].map(([, name]) => name!));
const classesIn = (code: string): ReadonlyArray<string> =>
  [...code.matchAll(/\bclass=(?:"([^"]+)"|\{`([^`]+)`\})/g)].flatMap(([, plain, template]) => (plain ?? template!).split(/[\s${}]+/));

it("each panel loads the styles of all that it draws", () => {
  const styles = files.filter((file) => file.endsWith(".css")).map((file) => [file, classesOf(textOf(file))] as const);
  const frame = [...withAll(join(root, "app/main.tsx")), ...withAll(join(root, "dock/dock.tsx")), ...withAll(join(root, "dock/phone.tsx"))];
  const entries = new Set(files.filter((file) => /panels\/\w+\/panel\.ts$/.test(file)).flatMap((file) => loaded(file, later)));
  expect(entries.size).toBeGreaterThan(10);
  const bare = [...entries].flatMap((entry) => {
    const own = withAll(entry);
    const there = new Set([...frame, ...own]);
    return [...own].flatMap((file) =>
      !file.endsWith(".tsx")
        ? []
        : classesIn(textOf(file)).flatMap((name) => {
            const from = styles.filter(([, classes]) => classes.has(name)).map(([css]) => css);
            const isThere = from.length === 0 || from.some((css) => there.has(css));
            return isThere ? [] : [`${relative(root, entry)}: ${relative(root, file)} has .${name} of ${from.join(", ")}`];
          }),
    );
  });
  expect(bare).toEqual([]);
});
