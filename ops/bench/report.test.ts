import { describe, expect, test } from "vitest";
import { figureText, isMet, Report, type Row, tableText } from "./report.ts";

describe("an aim", () => {
  test.each<[string, Row, boolean | undefined]>([
    ["is on the ratio where there is one", { name: "a", figure: 100, ratio: { value: 1.6, to: "b" }, aim: { atMost: 1.6 } }, true],
    ["is missed by a little more", { name: "a", figure: 1, ratio: { value: 1.601, to: "b" }, aim: { atMost: 1.6 } }, false],
    ["is on the figure otherwise", { name: "a", figure: 20_000, aim: { atLeast: 20_000 } }, true],
    ["is missed by a little less", { name: "a", figure: 19_999, aim: { atLeast: 20_000 } }, false],
    ["is not met by what is no number", { name: "a", figure: Number.NaN, aim: { atMost: 1 } }, false],
    ["is open where nothing was measured", { name: "a", aim: { atMost: 1 }, note: "not here" }, undefined],
    ["need not be there", { name: "a", figure: 1 }, undefined],
  ])("%s", (_, row, met) => expect(isMet(row)).toBe(met));
});

test("figures have three digits that count", () => {
  expect([0, 0.012345, 1.234, 12.36, 99.96, 123.4, 12_345.6, Number.NaN].map(figureText)).toEqual([
    "0",
    "0.0123",
    "1.23",
    "12.4",
    "100",
    "123",
    "12,346",
    "–",
  ]);
});

test("a table lines its columns up and says of each aim whether it is met", () => {
  const rows: ReadonlyArray<Row> = [
    { name: "ours", figure: 1500, also: "2 s", ratio: { value: 1.5, to: "theirs" }, aim: { atMost: 1.6 } },
    { name: "theirs", figure: 9.5, aim: { atLeast: 10 } },
    { name: "others", aim: { atMost: 3 }, note: "not on this machine" },
  ];
  expect(tableText({ title: "Time", unit: "µs", rows }).split("\n")).toEqual([
    "Time",
    "  ours    1,500 µs  2 s  1.5 × theirs  ≤ 1.6 ×  met",
    "  theirs    9.5 µs                     ≥ 10 µs  MISSED",
    "  others                               ≤ 3 µs   not measured  not on this machine",
  ]);
  expect(tableText({ title: "Nothing", unit: "µs", rows: [] })).toBe("Nothing");
});

test("the summary counts the aims of all tables", () => {
  const lines: Array<string> = [];
  const report = new Report((line) => lines.push(line));
  const aim = { atMost: 1 };
  report.table({
    title: "One",
    unit: "s",
    rows: [
      { name: "a", figure: 1, aim },
      { name: "b", figure: 2, aim },
    ],
  });
  report.table({
    title: "Two",
    unit: "s",
    rows: [
      { name: "c", figure: 0, aim },
      { name: "d", aim },
      { name: "e", figure: 9 },
    ],
  });
  report.summary();
  expect(lines.slice(2, 3)).toEqual(["\nAims: 2 met, 1 missed, 1 not measured here."]);
  expect(lines[3]).toContain(`Node ${process.versions.node}`);
});
