import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameAt, framesIn, shuttle, timecode, timeOfFrame } from "./frames.ts";

const timings = fc.record({
  durationMs: fc.integer({ min: 1, max: 600_000 }),
  fps: fc.constantFrom(null, 8, 23.976, 24, 25, 29.97, 30, 50, 59.94, 60, 120),
});

describe("frames of a video", () => {
  it("shows each frame from its start to its end, and seeks into its middle", () => {
    fc.assert(
      fc.property(timings, fc.nat(), (timing, seed) => {
        const frame = seed % framesIn(timing);
        const rate = timing.fps ?? 30;
        expect(frameAt(timing, timeOfFrame(timing, frame))).toBe(frame);
        // Browsers tell times to the microsecond, cut.
        expect(frameAt(timing, Math.floor((frame / rate) * 1e6) / 1e6)).toBe(frame);
        expect(frameAt(timing, (frame + 0.98) / rate)).toBe(frame);
      }),
    );
  });

  it("steps through every frame once and stops at the ends", () => {
    const timing = { durationMs: 1000, fps: 24 };
    const seen = [0];
    for (let step = 0; step < 30; step++) {
      seen.push(frameAt(timing, timeOfFrame(timing, (seen.at(-1) ?? 0) + 1)));
    }
    expect(seen.slice(0, 24)).toEqual(Array.from({ length: 24 }, (_, index) => index));
    expect(seen.at(-1)).toBe(23);
    expect(frameAt(timing, timeOfFrame(timing, -5))).toBe(0);
  });

  it("names a place by minutes, seconds and frame", () => {
    expect(timecode({ durationMs: 65_000, fps: 24 }, 62.5)).toBe("1:02.12");
    expect(timecode({ durationMs: 5000, fps: 24 }, 0)).toBe("0:00.00");
    expect(timecode({ durationMs: 5000, fps: 24 }, 99)).toBe("0:04.23");
    expect(timecode({ durationMs: null, fps: null }, 3)).toBe("0:00.00");
  });

  it("goes faster with each press, turns at once, and stops", () => {
    expect([..."lllll"].reduce((speed) => shuttle(speed, "l"), 0)).toBe(4);
    expect(shuttle(4, "j")).toBe(-1);
    expect(shuttle(-1, "j")).toBe(-2);
    expect(shuttle(-2, "l")).toBe(1);
    expect(shuttle(-4, "k")).toBe(0);
    expect(shuttle(0.5, "l")).toBe(1);
  });
});
