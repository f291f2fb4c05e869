import { expect, it } from "vitest";
import { columnsFor } from "./columns.ts";

it("shows videos as large as the room allows, side by side where it makes no difference", () => {
  const wide = 16 / 9;
  expect(columnsFor(2, { width: 1600, height: 700 }, wide)).toBe(2);
  expect(columnsFor(2, { width: 600, height: 700 }, wide)).toBe(1);
  expect(columnsFor(2, { width: 600, height: 700 }, 9 / 16)).toBe(2);
  expect(columnsFor(3, { width: 1600, height: 400 }, wide)).toBe(3);
  expect(columnsFor(4, { width: 1200, height: 700 }, wide)).toBe(2);
  expect(columnsFor(4, { width: 390, height: 3000 }, wide)).toBe(1);
  expect(columnsFor(4, { width: 0, height: 0 }, wide)).toBe(4);
  expect(columnsFor(1, { width: 600, height: 700 }, wide)).toBe(1);
});
