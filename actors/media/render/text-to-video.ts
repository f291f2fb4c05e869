// Draws a scene from words.
import { drawCaption } from "./caption.ts";
import { aspects, frameSize, textToVideoParams } from "./params.ts";
import { planScene } from "./plan.ts";
import type { Work } from "./work.ts";
import { makeScene } from "./scene.ts";
import { ambience } from "./sound.ts";
import { openWriter } from "./writer.ts";

export const textToVideo: Work = async (spec, path, progress) => {
  const params = textToVideoParams.parse(spec.params);
  const { width, height } = frameSize(params.quality, aspects[params.aspectRatio]);
  const plan = planScene(params);
  const scene = makeScene(plan, width, height, params.duration);
  const frames = Math.round(params.duration * params.fps);
  const writer = await openWriter({ path, width, height, fps: params.fps, frames, sound: params.audio, progress });
  const pen = scene.canvas.getContext("2d");
  if (params.audio) await writer.addSound(ambience(plan, params.duration));
  for (let frame = 0; frame < frames; frame++) {
    scene.draw(frame / params.fps);
    if (params.caption) drawCaption(pen, width, height, params.prompt);
    await writer.addPixels(scene.pixels(frame / params.fps));
  }
  await writer.finish();
};
