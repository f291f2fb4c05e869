import { Effect, ManagedRuntime } from "effect";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import * as query from "#db/queries/asset.ts";

type Edge = readonly [child: number, parent: number];

/** Whether following parents from some asset leads back to it. */
const hasCycle = (edges: ReadonlyArray<Edge>): boolean => {
  const parents = Map.groupBy(edges, ([child]) => child);
  const done = new Set<number>();
  const under = new Set<number>();
  const visit = (node: number): boolean => {
    if (under.has(node)) return true;
    if (done.has(node)) return false;
    under.add(node);
    const found = (parents.get(node) ?? []).some(([, parent]) => visit(parent));
    under.delete(node);
    done.add(node);
    return found;
  };
  return [...parents.keys()].some(visit);
};

describe.each(testDatabases)("lineage on $engine", ({ layer }) => {
  const runtime = ManagedRuntime.make(layer);
  const run = <A, E>(effect: Effect.Effect<A, E, Database>): Promise<A> => runtime.runPromise(effect);
  beforeAll(() => run(Effect.void));
  afterAll(() => runtime.dispose());

  let graphs = 0;
  const nodes = 8;

  /** Fresh assets 0 to 7 of a fresh owner. */
  const assets = Effect.fnUntraced(function* () {
    const database = yield* Database;
    const graph = `g${++graphs}`;
    yield* database.query(
      (sql) => sql`
        insert into asset (id, owner_id, media_type, mime, name, size, width, height, sha256, origin, created_at)
        select ${graph}::text || '_' || n, ${graph}::text, 'image', 'image/png', 'x', 1, 1, 1, 'none', 'generation', n
        from generate_series(0, ${nodes - 1}) n`,
    );
    return {
      graph,
      add: (edges: ReadonlyArray<Edge>, ord: number) =>
        database.transaction(async (tx) => {
          const [first] = edges;
          if (first === undefined) return [];
          const rows = edges.map(([, parent], index) => ({
            parent_id: `${graph}_${parent}`,
            relation: "SOURCE_VIDEO",
            operation: null,
            time_ms: null,
            ord: ord + index,
          }));
          return query.insertEdges(tx, graph, `${graph}_${first[0]}`, rows);
        }),
      all: database
        .query((sql) =>
          query.edgesAmong(
            sql,
            Array.from({ length: nodes }, (_, n) => `${graph}_${n}`),
          ),
        )
        .pipe(Effect.map((rows) => rows.map((row): Edge => [Number(row.child_id.split("_")[1]), Number(row.parent_id.split("_")[1])]))),
    };
  });

  const node = fc.integer({ min: 0, max: nodes - 1 });

  test("never gets a cycle, whatever is asked for, and refuses nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(node, node), { maxLength: 40 }), (wanted) =>
        run(
          Effect.gen(function* () {
            const { add, all } = yield* assets();
            const model: Array<Edge> = [];
            for (const [index, edge] of wanted.entries()) {
              const closes = hasCycle([...model, edge]);
              expect(yield* add([edge], index)).toEqual(closes ? [] : [index]);
              if (!closes) model.push(edge);
            }
            const stored = yield* all;
            expect(hasCycle(stored)).toBe(false);
            expect(stored.toSorted()).toEqual(model.toSorted());
          }),
        ),
      ),
      { numRuns: 25 },
    );
  });

  test("edges added at the same time do not close a cycle together", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(node, node), { minLength: 2, maxLength: 16 }), (wanted) =>
        run(
          Effect.gen(function* () {
            const { add, all } = yield* assets();
            yield* Effect.forEach(wanted, (edge, index) => add([edge], index), { concurrency: "unbounded" });
            expect(hasCycle(yield* all)).toBe(false);
          }),
        ),
      ),
      { numRuns: 15 },
    );
  });

  test("an asset is no parent of itself, and an edge written again stays one", () =>
    run(
      Effect.gen(function* () {
        const { add, all } = yield* assets();
        expect(yield* add([[1, 1]], 0)).toEqual([]);
        expect(yield* add([[1, 0]], 0)).toEqual([0]);
        expect(yield* add([[1, 0]], 0)).toEqual([]);
        expect(yield* all).toEqual([[1, 0]]);
      }),
    ));

  test("a deep and wide graph is answered nearest first, within its limit", () =>
    run(
      Effect.gen(function* () {
        const { graph, add } = yield* assets();
        const database = yield* Database;
        // Each has all before it as parents: paths without number, but eight assets.
        for (let child = 1; child < nodes; child++) {
          yield* add(
            Array.from({ length: child }, (_, parent): Edge => [child, parent]),
            0,
          );
        }
        const ids = (depth: number, limit: number) =>
          Effect.map(
            database.query((sql) => query.lineageIds(sql, graph, `${graph}_7`, depth, limit)),
            (rows) => rows.map((row) => row.id),
          );
        expect(yield* ids(20, 500)).toHaveLength(nodes);
        expect((yield* ids(20, 500))[0]).toBe(`${graph}_7`);
        expect(yield* ids(1, 3)).toHaveLength(3);
      }),
    ));
});
