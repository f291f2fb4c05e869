import { describe, expect, it } from "vitest";
import { formatBytes, formatClock, formatCount, formatMoment, formatSpan } from "./format.ts";

describe("words for numbers", () => {
  it("of bytes step by thousands", () => {
    expect([0, 999, 1000, 99_960, 512_300, 999_499, 999_950, 1_400_000_000, 5e15].map(formatBytes)).toEqual([
      "0 B",
      "999 B",
      "1.0 KB",
      "100 KB",
      "512 KB",
      "999 KB",
      "1.0 MB",
      "1.4 GB",
      "5000 TB",
    ]);
  });

  it("of spans are as exact as they need to be", () => {
    expect([0, 820, 5000, 12_400, 59_700, 185_000, 7_800_000].map(formatSpan)).toEqual([
      "0 s",
      "0.8 s",
      "5 s",
      "12 s",
      "1 min 00 s",
      "3 min 05 s",
      "2 h 10 min",
    ]);
  });

  it("of places in a video look like a player's", () => {
    expect([0, 5999, 65_000, 3_723_000].map(formatClock)).toEqual(["0:00", "0:05", "1:05", "1:02:03"]);
  });

  it("of counts know one and many", () => {
    expect([formatCount(1, "job"), formatCount(1200, "job"), formatCount(2, "entry", "entries")]).toEqual([
      "1 job",
      "1,200 jobs",
      "2 entries",
    ]);
  });

  it("of moments name the day only when it is another one", () => {
    const now = new Date(2026, 10, 24, 12).getTime();
    expect(formatMoment(now - 3_600_000, now)).not.toContain("24");
    expect(formatMoment(now - 86_400_000, now)).toContain("23");
  });
});
