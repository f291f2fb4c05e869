// Brings a picture to life: a camera moves over it, near and far parts shift against each other, weather may fall before it.
import { unsupported } from "../failure.ts";
import { aspects, frameSize, imageToVideoParams } from "./params.ts";
import { moveOver } from "./motion.ts";
import { openStillWriter } from "./stills.ts";
import { cover, loadPicture, toPlanes } from "./source.ts";
import { warp } from "./warp.ts";
import type { Work } from "./work.ts";

export const imageToVideo: Work = async (spec, path, progress) => {
  const params = imageToVideoParams.parse(spec.params);
  const [input] = spec.inputs;
  if (input === undefined) throw unsupported("Image to video needs a picture.");
  const picture = await loadPicture(input);
  const ratio = params.aspectRatio === "source" ? picture.width / picture.height : aspects[params.aspectRatio];
  const size = frameSize(params.quality, ratio);
  // A little larger than the frame, so that going near loses no sharpness.
  const [width, height] = [Math.round(size.width * 0.6) * 2, Math.round(size.height * 0.6) * 2];
  const source = toPlanes(await cover(picture, width, height));
  const look = moveOver(params, params.duration, false);
  const frames = Math.round(params.duration * params.fps);
  const writer = await openStillWriter({ ...size, path, frames, progress, params, seconds: params.duration });
  for (let frame = 0; frame < frames; frame++) {
    const time = frame / params.fps;
    warp(source, look(time), writer.planes);
    await writer.add(time);
  }
  await writer.finish();
};
