import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cellAt, cellsOf, cellWords, gridFaults, gridSize, requestAt } from "./grid.ts";
import { Grid, type GridAxis, JobRequest, mostJobsAtOnce } from "./job.ts";

const request = JobRequest.parse({ operation: "text_to_video", provider: "studio", params: { prompt: "a fox", duration: 5 } });

const axes = fc
  .uniqueArray(fc.constantFrom("duration", "quality", "camera", "seed", "provider"), { minLength: 1, maxLength: 4 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 5 }).map((values): GridAxis => {
          if (name === "seed") return { by: "seed", values };
          if (name === "provider") return { by: "provider", values: values.map((value) => ({ provider: `p${value}` })) };
          return { by: "param", param: name, values };
        }),
      ),
    ),
  );
/** Any sparse grid, with places that are left out more than once or not there. */
const grids = axes.chain((each) =>
  fc.record({
    axes: fc.constant(each),
    without: fc.array(fc.tuple(...each.map(({ values }) => fc.integer({ min: 0, max: values.length }))), { maxLength: 20 }),
  }),
);

describe("a grid", () => {
  test("has each combination once, but for those left out, and is counted without being made", () => {
    fc.assert(
      fc.property(grids, (grid) => {
        const cells = cellsOf(grid);
        expect(cells.length).toBe(gridSize(grid));
        expect(new Set(cells.map(String)).size).toBe(cells.length);
        const out = new Set(grid.without.map(String));
        const all = grid.axes.reduce((count, { values }) => count * values.length, 1);
        const gone = [...out].filter((place) => place.split(",").every((index, axis) => Number(index) < grid.axes[axis]!.values.length));
        expect(cells.length).toBe(all - gone.length);
        for (const cell of cells) {
          expect(out.has(String(cell))).toBe(false);
          expect(cell.every((index, axis) => index < grid.axes[axis]!.values.length)).toBe(true);
        }
        expect([...cells].sort((a, b) => a.map((index, at) => index - b[at]!).find((order) => order !== 0) ?? 0)).toEqual(cells);
      }),
    );
  });

  test("asks at each cell for that cell's values and for nothing else than the request says", () => {
    fc.assert(
      fc.property(grids, (grid) => {
        const asked = cellsOf(grid).map((place) => {
          const at = requestAt(request, grid, place);
          const cell = cellAt(request, grid, place);
          for (const { axis, index, value } of cell) {
            if (axis === "seed") expect(at.seed).toBe(value);
            else if (axis === "provider") expect(`${at.request.provider}/${at.request.operation}`).toBe(value);
            else expect(at.request.params[axis]).toBe(value);
            expect(grid.axes[cell.findIndex((each) => each.axis === axis)]!.values[index]).toBeDefined();
          }
          if (cell.every(({ axis }) => axis !== "seed")) expect(at.seed).toBeNull();
          const { duration: _, quality: _q, camera: _c, ...rest } = at.request.params;
          expect(rest).toEqual({ prompt: "a fox" });
          expect({ ...at.request, provider: "", params: {} }).toEqual({ ...request, provider: "", params: {} });
          return JSON.stringify(at);
        });
        expect(new Set(asked).size).toBe(asked.length);
        expect(request.params).toEqual({ prompt: "a fox", duration: 5 });
      }),
    );
  });

  test("is refused exactly when it has no cell, too many, or a place that it has not", () => {
    fc.assert(
      fc.property(grids, fc.integer({ min: 1, max: 12 }), (grid, count) => {
        const jobs = gridSize(grid) * count;
        const varied = grid.axes.some(({ by }) => by === "seed") && count > 1;
        const misplaced = grid.without.some((place) => place.some((index, axis) => index >= grid.axes[axis]!.values.length));
        expect(gridFaults(grid, count).length > 0).toBe(jobs === 0 || jobs > mostJobsAtOnce || varied || misplaced);
      }),
    );
  });

  test("of billions of cells is refused at once, with the sum", () => {
    const values = Array.from({ length: 100 }, (_, index) => index);
    const grid = Grid.parse({ axes: ["a", "b", "c", "d", "e", "f"].map((param) => ({ by: "param", param, values })) });
    expect(gridFaults(grid, 2)).toEqual([
      {
        path: ["grid"],
        message:
          "100 × 100 × 100 × 100 × 100 × 100 × 2 are 2,000,000,000,000 videos, and one call takes 100: shorten an axis or leave cells out.",
      },
    ]);
  });

  test("may not have an axis or a value twice", () => {
    const grid = Grid.parse({
      axes: [
        {
          by: "param",
          param: "size",
          values: [
            { w: 1, h: 2 },
            { h: 2, w: 1 },
          ],
        },
        { by: "param", param: "size", values: [3] },
      ],
    });
    expect(gridFaults(grid, 1).map(({ path }) => path)).toEqual([
      ["grid", "axes", 0, "values", 1],
      ["grid", "axes", 1],
    ]);
  });

  test("takes the parameters of a variant for those of the request, and sets its own on top", () => {
    const grid = Grid.parse({
      axes: [
        { by: "param", param: "duration", values: [8] },
        { by: "provider", values: [{ provider: "fal", operation: "image_to_video", params: { prompt: "a wolf" } }] },
      ],
    });
    expect(requestAt(request, grid, [0, 0]).request).toMatchObject({
      provider: "fal",
      operation: "image_to_video",
      params: { prompt: "a wolf", duration: 8 },
    });
    expect(cellWords(cellAt(request, grid, [0, 0]), (id) => `the studio ${id}`)).toBe("duration 8, the studio fal");
  });
});
