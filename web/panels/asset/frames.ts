// Frames of a video and the keys that move through them. Pure; times in seconds unless named otherwise.

/** Frames a second where the file does not say. */
const unknownFps = 30;
/** A frame's own start, as the browser tells it, may come out a little early by rounding; in frames. */
const tolerance = 0.01;

export interface Timing {
  readonly durationMs: number | null;
  readonly fps: number | null;
}

/** Frames a second. */
export const rateOf = ({ fps }: Timing): number => (fps !== null && fps > 0 ? fps : unknownFps);

export const framesIn = (timing: Timing): number => Math.max(Math.round(((timing.durationMs ?? 0) / 1000) * rateOf(timing)), 1);

/** The frame, from 0, that is shown at a time. */
export const frameAt = (timing: Timing, time: number): number =>
  Math.min(Math.max(Math.floor(time * rateOf(timing) + tolerance), 0), framesIn(timing) - 1);

/** Where to seek to see a frame: its middle, which no rounding moves into a neighbour. */
export const timeOfFrame = (timing: Timing, frame: number): number =>
  (Math.min(Math.max(frame, 0), framesIn(timing) - 1) + 0.5) / rateOf(timing);

/** `0:02.13`: minutes, seconds, and the frame within the second. */
export const timecode = (timing: Timing, time: number): string => {
  const rate = rateOf(timing);
  const frame = frameAt(timing, time);
  const seconds = Math.floor(frame / rate + 1e-9);
  const rest = Math.max(Math.round(frame - seconds * rate), 0);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}.${two(rest)}`;
};

const fastest = 4;

/** The speed after a press of J (back), K (stop) or L (on); again in the same direction doubles it. 0: paused. */
export const shuttle = (speed: number, key: "j" | "k" | "l"): number => {
  if (key === "k") {
    return 0;
  }
  const direction = key === "l" ? 1 : -1;
  return speed * direction > 0 ? direction * Math.min(Math.abs(speed) * 2, fastest) : direction;
};
