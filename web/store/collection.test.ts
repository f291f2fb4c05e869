import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeChanges, mergePage, newestFirst, putRows, type Row } from "./collection.ts";

interface Item extends Row {
  readonly shown: boolean;
}

const item = fc.record<Item>({
  id: fc.integer({ min: 0, max: 30 }).map((n) => `r${n}`),
  rev: fc.integer({ min: 0, max: 20 }),
  // Derived below: a row never changes its time.
  createdAt: fc.constant(0),
  shown: fc.boolean(),
});
/** Several rows of the same time, and of these several of the same place in it, so that the order by id is used too. */
const placeOf = (id: string): Pick<Row, "createdAt" | "ordinal"> => {
  const n = Number(id.slice(1));
  return n % 8 < 4 ? { createdAt: Math.floor(n / 8) } : { createdAt: Math.floor(n / 8), ordinal: n % 3 };
};
const items = fc.array(item).map((rows) => rows.map((row) => ({ ...row, ...placeOf(row.id) })));
const isShown = (row: Item) => row.shown;
const sortedIds = (rows: Iterable<Item>): ReadonlyArray<string> => [...rows].sort(newestFirst).map(({ id }) => id);

describe("rows", () => {
  it("are in order by their time, in one moment by their place in it, and then by id", () => {
    const row = (id: string, createdAt: number, ordinal?: number): Row => ({
      id,
      rev: 1,
      createdAt,
      ...(ordinal === undefined ? {} : { ordinal }),
    });
    const rows = [row("c", 1, 10), row("a", 1), row("d", 1, 9), row("b", 1, 0), row("z", 0, 99), row("e", 2)];
    expect(rows.sort(newestFirst).map(({ id }) => id)).toEqual(["e", "c", "d", "b", "a", "z"]);
  });

  it("never grow older, in whatever order their versions come", () => {
    fc.assert(
      fc.property(items, (incoming) => {
        const rows = new Map<string, Item>();
        for (const row of incoming) {
          const before = rows.get(row.id)?.rev ?? -1;
          putRows(rows, [row]);
          expect(rows.get(row.id)?.rev).toBe(Math.max(before, row.rev));
        }
      }),
    );
  });

  it("are the same whether they come one by one or together", () => {
    fc.assert(
      fc.property(items, (incoming) => {
        const oneByOne = new Map<string, Item>();
        incoming.forEach((row) => putRows(oneByOne, [row]));
        const together = new Map<string, Item>();
        const accepted = putRows(together, incoming);
        expect([...together].sort()).toEqual([...oneByOne].sort());
        expect(new Set(accepted)).toEqual(new Set(together.values()));
      }),
    );
  });

  it("of an equal rev are taken only if they bring something that rev does not count", () => {
    const rows = new Map([["a", { id: "a", rev: 1, createdAt: 0, url: "old" }]]);
    const fresh = { id: "a", rev: 1, createdAt: 0, url: "new" };
    expect(putRows(rows, [fresh])).toEqual([]);
    expect(putRows(rows, [fresh], (known, row) => known.url !== row.url)).toEqual([fresh]);
    expect(rows.get("a")).toBe(fresh);
  });
});

describe("a list", () => {
  it("shows after any changes exactly the matching rows in order, when everything is loaded", () => {
    fc.assert(
      fc.property(fc.array(items), (bursts) => {
        const rows = new Map<string, Item>();
        let ids: ReadonlyArray<string> = [];
        for (const burst of bursts) {
          ids = mergeChanges(ids, (id) => rows.get(id), putRows(rows, burst), isShown, null);
          expect(ids).toEqual(sortedIds([...rows.values()].filter(isShown)));
        }
      }),
    );
  });

  it("is the same array when nothing came or went", () => {
    const rows = new Map<string, Item>([["r1", { id: "r1", rev: 1, createdAt: 1, shown: true }]]);
    const ids = ["r1"];
    const changed = putRows(rows, [{ id: "r1", rev: 2, createdAt: 1, shown: true }]);
    expect(mergeChanges(ids, (id) => rows.get(id), changed, isShown, null)).toBe(ids);
  });

  it("leaves rows out that are older than what is loaded", () => {
    const old: Item = { id: "r0", rev: 1, createdAt: 0, shown: true };
    const horizon: Item = { id: "r9", rev: 1, createdAt: 9, shown: true };
    const rows = new Map([old, horizon].map((row) => [row.id, row]));
    expect(mergeChanges(["r9"], (id) => rows.get(id), [old], isShown, horizon)).toEqual(["r9"]);
  });

  it("that is scrolled on looks at the new page and at no row before it, however many there are", () => {
    const rows = new Map<string, Row>();
    const page = (number: number): ReadonlyArray<Row> =>
      Array.from({ length: 200 }, (_, index) => ({ id: `r${number * 200 + index}`, rev: 1, createdAt: -number * 200 - index }));
    let looks = 0;
    const lookup = (id: string) => {
      looks += 1;
      return rows.get(id);
    };
    let ids: ReadonlyArray<string> = [];
    for (let number = 0; number < 50; number++) {
      putRows(rows, page(number));
      const after = rows.get(ids.at(-1) ?? "") ?? null;
      ids = mergePage(ids, lookup, page(number), () => true, after, number === 49);
    }
    expect(ids).toEqual(Array.from({ length: 10_000 }, (_, index) => `r${index}`));
    expect(looks).toBeLessThan(50 * 202);
  });

  it("that reads all pages of a server shows what the server has, whatever it showed before", () => {
    fc.assert(
      fc.property(items, items, fc.integer({ min: 1, max: 7 }), (stale, truth, size) => {
        const rows = new Map<string, Item>();
        putRows(rows, stale);
        let ids = sortedIds([...rows.values()].filter(isShown));
        // The server's rows are at least as new as what was known.
        const server = new Map<string, Item>();
        putRows(
          server,
          truth.map((row) => ({ ...row, rev: row.rev + 100 })),
        );
        const all = [...server.values()].filter(isShown).sort(newestFirst);
        let after: Item | null = null;
        for (let from = 0; ; from += size) {
          const page = all.slice(from, from + size);
          const isLast = from + size >= all.length;
          putRows(rows, page);
          ids = mergePage(ids, (id) => rows.get(id), page, isShown, after, isLast);
          after = page.at(-1) ?? after;
          if (isLast) {
            break;
          }
        }
        const newest = all[0];
        // Rows above the first page may have come meanwhile: they stay.
        const above =
          newest === undefined ? [] : sortedIds([...rows.values()].filter((row) => isShown(row) && newestFirst(row, newest) < 0));
        const listed = new Set(all.map(({ id }) => id));
        expect(ids.filter((id) => listed.has(id) || !above.includes(id))).toEqual(all.map(({ id }) => id));
      }),
    );
  });
});
