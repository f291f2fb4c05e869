import { expect, test } from "vitest";
import { shownPicture, shownVideo } from "./exported.ts";

const all = { original: "original", still: "still", poster: "poster" };
const shown = (
  origin: "generation" | "upload" | "frame",
  width: number,
  urls: Partial<Record<keyof typeof all, null>> = {},
): string | null => shownPicture({ origin, width, height: 1080 }, { ...all, ...urls, original: "original" });

test("a picture that was uploaded is never shown as it is", () => {
  expect([shown("upload", 1920), shown("upload", 5000), shown("upload", 1920, { still: null })]).toEqual(["still", "still", "poster"]);
  expect(shown("upload", 1920, { still: null, poster: null })).toBeNull();
});

test("a video that was uploaded is never shown as it is, others are unless there is one that browsers play sooner", () => {
  const of = (origin: "generation" | "upload", faststart: string | null) => shownVideo({ origin }, { original: "original", faststart });
  expect([of("upload", "faststart"), of("upload", null)]).toEqual(["faststart", null]);
  expect([of("generation", "faststart"), of("generation", null)]).toEqual(["faststart", "original"]);
});

test("others are shown as they are, so that those move that do, unless they are larger than a screen", () => {
  for (const origin of ["generation", "frame"] as const) {
    expect([shown(origin, 1920), shown(origin, 3840), shown(origin, 3841)]).toEqual(["original", "original", "still"]);
    expect(shown(origin, 5000, { still: null })).toBe("original");
  }
});
