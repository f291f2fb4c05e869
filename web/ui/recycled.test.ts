import fc from "fast-check";
import { createRoot, createSignal } from "solid-js";
import { describe, expect, it } from "vitest";
import { createPlaces, type InView, type Place } from "./recycled.ts";

/** A window over a list of numbered rows, of which it begins at one. */
const viewOf = (first: number, count: number): InView => ({
  ids: Array.from({ length: count }, (_, at) => `row ${first + at}`),
  first,
});

const inRoot = (run: (look: () => ReadonlyArray<Place>, show: (view: InView) => void) => void): void =>
  createRoot((dispose) => {
    const [view, setView] = createSignal(viewOf(0, 3));
    run(createPlaces(view), (next) => void setView(next));
    dispose();
  });
const shown = (places: ReadonlyArray<Place>): unknown => places.map((place) => [place.id(), place.index()]);

describe("places that are used again", () => {
  it("go to what comes in; what stays in view keeps its own", () => {
    inRoot((look, show) => {
      const [a, b, c] = look();
      show(viewOf(2, 3));
      expect(shown(look())).toEqual([
        ["row 2", 2],
        ["row 3", 3],
        ["row 4", 4],
      ]);
      const [first, ...others] = look();
      expect(first).toBe(c);
      expect(new Set(others)).toEqual(new Set([a, b]));
    });
  });

  it("move along when rows come in above", () => {
    inRoot((look, show) => {
      const before = look();
      show({ ids: ["row 0", "row 1", "row 2"], first: 5 });
      expect(look().every((place, at) => place === before[at])).toBe(true);
      expect(shown(look())).toEqual([
        ["row 0", 5],
        ["row 1", 6],
        ["row 2", 7],
      ]);
    });
  });

  it("show what is in view wherever it is scrolled to, and are never more than were in view at once", () => {
    const views = fc.array(fc.tuple(fc.nat(40), fc.nat(12)), { maxLength: 30 });
    fc.assert(
      fc.property(views, (sequence) => {
        inRoot((look, show) => {
          const all = new Set(look());
          let most = 3;
          let fewer = false;
          for (const [first, count] of sequence) {
            const before = new Map(look().map((place) => [place.id(), place]));
            const view = viewOf(first, count);
            // Places of a view that shrinks are let go.
            fewer ||= count < before.size;
            show(view);
            most = Math.max(most, count);
            expect(shown(look())).toEqual(view.ids.map((id, at) => [id, first + at]));
            expect(new Set(look()).size).toBe(count);
            for (const place of look()) {
              all.add(place);
              const own = before.get(place.id());
              if (own !== undefined) expect(place).toBe(own);
            }
            if (!fewer) expect(all.size).toBe(most);
          }
        });
      }),
    );
  });
});
