import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { besideRow, boxOf, layoutGrid, touchedBy } from "./layout.ts";

const shapes = fc.array(fc.oneof(fc.double({ min: 0.05, max: 12, noNaN: true }), fc.constantFrom(0, -1, Number.NaN, Infinity)), {
  maxLength: 120,
});
const grids = fc
  .record({
    shapes,
    width: fc.integer({ min: 40, max: 3000 }),
    target: fc.integer({ min: 40, max: 500 }),
    gap: fc.integer({ min: 0, max: 16 }),
  })
  .map(({ shapes: all, width, target, gap }) => {
    const layout = layoutGrid(all.length, (index) => all[index] ?? 1, { width, target, gap });
    return { shapes: all, width, target, gap, layout };
  });
const near = 1e-6;

describe("the grid of the gallery", () => {
  it("fills every row but the last, in order, without overlap, and never above the wanted height", () => {
    fc.assert(
      fc.property(grids, ({ layout, width, target, gap }) => {
        expect(layout.firsts.at(-1)).toBe(layout.count);
        for (let row = 0; row + 1 < layout.firsts.length; row++) {
          const [first = 0, end = 0] = [layout.firsts[row], layout.firsts[row + 1]];
          expect(end).toBeGreaterThan(first);
          let right = -gap;
          for (let index = first; index < end; index++) {
            const box = boxOf(layout, index);
            expect(layout.rowOf[index]).toBe(row);
            expect(Math.abs(box.left - right - gap)).toBeLessThan(near);
            expect(box.width).toBeGreaterThan(0);
            expect(box.height).toBeLessThanOrEqual(target + near);
            right = box.left + box.width;
          }
          const fits = width > gap * (end - first - 1);
          if (fits && row + 2 < layout.firsts.length) {
            expect(Math.abs(right - width)).toBeLessThan(near * width);
          } else if (fits) {
            expect(right).toBeLessThanOrEqual(width + near * width);
          }
          expect(layout.tops[row + 1]).toBeCloseTo((layout.tops[row] ?? 0) + (layout.heights[row] ?? 0) + gap, 6);
        }
      }),
    );
  });

  it("finds every picture at its own place, and those alone", () => {
    fc.assert(
      fc.property(grids, fc.nat(), fc.nat(), fc.nat(), fc.nat(), ({ layout }, left, top, width, height) => {
        const box = { left: left % 3000, top: top % (layout.height + 100), width: width % 2000, height: height % 2000 };
        const slow = Array.from({ length: layout.count }, (_, index) => index).filter((index) => {
          const own = boxOf(layout, index);
          return (
            own.left < box.left + box.width &&
            own.left + own.width > box.left &&
            own.top < box.top + box.height &&
            own.top + own.height > box.top
          );
        });
        expect(touchedBy(layout, box)).toEqual(slow);
      }),
    );
  });

  it("walks up and down to a picture that overlaps, row by row, and stops at the ends", () => {
    fc.assert(
      fc.property(grids, fc.nat(), fc.constantFrom(-1, 1), ({ layout }, seed, by) => {
        fc.pre(layout.count > 0);
        const index = seed % layout.count;
        const row = layout.rowOf[index] ?? 0;
        const next = besideRow(layout, index, by);
        const rows = layout.firsts.length - 1;
        expect(layout.rowOf[next]).toBe(Math.min(Math.max(row + by, 0), rows - 1));
        if (row + by < 0 || row + by >= rows) {
          expect(next).toBe(index);
        }
      }),
    );
  });

  it("is the same whether it is laid out at once or grows page by page, changed at any place", () => {
    fc.assert(
      fc.property(grids, shapes, fc.nat(), ({ shapes: all, width, target, gap, layout }, more, at) => {
        const same = at % (all.length + 1);
        const next = [...all.slice(0, same), ...more];
        const how = { width, target, gap };
        const aspect = (index: number) => next[index] ?? 1;
        expect(layoutGrid(next.length, aspect, how, { layout, same })).toEqual(layoutGrid(next.length, aspect, how));
      }),
    );
  });

  it("looks at each picture about once while it grows, however many there are", () => {
    const how = { width: 900, target: 150, gap: 4 };
    let looks = 0;
    const aspect = (index: number) => {
      looks += 1;
      return [1.5, 0.75, 1, 16 / 9][index % 4] ?? 1;
    };
    let layout = layoutGrid(0, aspect, how);
    for (let count = 200; count <= 10_000; count += 200) {
      layout = layoutGrid(count, aspect, how, { layout, same: count - 200 });
    }
    // Once each, and again those of the row that was the last of its page.
    expect(looks).toBeLessThan(10_000 + 50 * 10);
    expect(layout).toEqual(layoutGrid(10_000, aspect, how));
  });

  it("has nothing to show for nothing", () => {
    const layout = layoutGrid(0, () => 1, { width: 100, target: 100, gap: 4 });
    expect(layout).toMatchObject({ count: 0, height: 0, tops: [0], firsts: [0] });
    expect(touchedBy(layout, { left: 0, top: 0, width: 100, height: 100 })).toEqual([]);
  });
});
