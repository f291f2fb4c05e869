import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SegmentMedia } from "#protocol/scene/scene.ts";
import { sampleAsset } from "#web/store/testing.ts";
import { trimmed } from "./trim.tsx";

describe("trimming a clip", () => {
  it("keeps to whole frames, within the asset, and never makes one without a frame", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(24, 25, 30, 60),
        fc.integer({ min: 200, max: 20_000 }),
        fc.nat({ max: 25_000 }),
        fc.nat({ max: 25_000 }),
        (fps, durationMs, start, end) => {
          const asset = sampleAsset({ fps, durationMs });
          const media = trimmed(asset, start, end);
          if (media === null) return;
          expect(SegmentMedia.safeParse(media).success).toBe(true);
          if (media.kind !== "clip") return;
          expect(media.endMs).toBeLessThanOrEqual(durationMs);
          for (const edge of [media.startMs, media.endMs === durationMs ? 0 : media.endMs]) {
            expect(Math.abs(edge - (Math.round((edge * fps) / 1000) * 1000) / fps)).toBeLessThanOrEqual(0.5);
          }
        },
      ),
    );
    const asset = sampleAsset({ id: "ast_1", fps: 25, durationMs: 4000 });
    expect(trimmed(asset, 0, 4000)).toEqual({ kind: "asset", assetId: "ast_1" });
    expect(trimmed(asset, 1010, 2990)).toEqual({ kind: "clip", assetId: "ast_1", startMs: 1000, endMs: 2960 });
    expect(trimmed(asset, 2000, 1000)).toBeNull();
  });
});
