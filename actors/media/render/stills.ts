// Writes clips that are made of pictures: what all of them share, that is weather before the picture, caption and sound.
import { drawCaption } from "./caption.ts";
import { makePlanes, type Planes } from "./i420.ts";
import { type Overlay, makeOverlay } from "./overlay.ts";
import { planScene } from "./plan.ts";
import { ambience } from "./sound.ts";
import { fallingBefore } from "./scene.ts";
import { makeCanvas, unitScale } from "./stage.ts";
import { openWriter, type Writer } from "./writer.ts";

export interface StillWriterOptions {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Of what is drawn. */
  readonly seconds: number;
  readonly progress: (fraction: number) => void;
  readonly params: {
    readonly prompt: string;
    readonly seed?: number | undefined;
    readonly fps: number;
    readonly audio: boolean;
    readonly caption: boolean;
    readonly motion: "calm" | "normal" | "lively";
  };
  /** Sound that comes before the ambience, and so makes a sound track even if none is asked for. */
  readonly soundBefore?: Float32Array | null;
}

export interface StillWriter {
  /** The next frame: fill it, then `add`. */
  readonly planes: Planes;
  /** Takes the frame; `time` (s) moves what falls before it; null: nothing falls. */
  readonly add: (time: number | null) => Promise<void>;
  readonly finish: Writer["finish"];
}

const captionOverlay = (width: number, height: number, prompt: string): Overlay => {
  const canvas = makeCanvas(width, height);
  drawCaption(canvas.getContext("2d"), width, height, prompt);
  return makeOverlay(canvas.getContext("2d").getImageData(0, 0, width, height).data, width, height);
};

export const openStillWriter = async (options: StillWriterOptions): Promise<StillWriter> => {
  const { width, height, params, seconds } = options;
  const before = options.soundBefore ?? null;
  const writer = await openWriter({ ...options, fps: params.fps, sound: params.audio || before !== null });
  const plan = planScene({ ...params, camera: "still" });
  if (before !== null) await writer.addSound(before);
  if (params.audio) await writer.addSound(ambience(plan, seconds));
  const planes = makePlanes(width, height);
  const particles = fallingBefore(plan, width, height, seconds);
  const caption = params.caption ? captionOverlay(width, height, params.prompt) : null;
  return {
    planes,
    add: async (time) => {
      if (time !== null) particles?.({ data: planes.data, step: 1, width, height, scale: unitScale(width, height) }, time);
      caption?.(planes);
      await writer.addPlanes(planes);
    },
    finish: writer.finish,
  };
};
