// Leads from picture to picture, each slowly moving while it is seen.
import { unsupported } from "../failure.ts";
import { makeBlend } from "./blends.ts";
import { makePlanes } from "./i420.ts";
import { moveOver } from "./motion.ts";
import { aspects, frameSize, longestSeconds, videoTransitionParams } from "./params.ts";
import { cover, loadPicture, toPlanes } from "./source.ts";
import { openStillWriter } from "./stills.ts";
import { ease } from "./stage.ts";
import { warp } from "./warp.ts";
import type { Work } from "./work.ts";

/** Of the time of one picture, how much a change takes; s at most. */
const changeShare = 0.5;
const longestChange = 1.2;

export const videoTransition: Work = async (spec, path, progress) => {
  const params = videoTransitionParams.parse(spec.params);
  const count = spec.inputs.length;
  if (count < 2) throw unsupported("A transition needs at least two pictures.");
  const pictures = await Promise.all(spec.inputs.map((input) => loadPicture(input)));
  const [first] = pictures;
  if (first === undefined) throw unsupported("A transition needs pictures.");
  const size = frameSize(params.quality, params.aspectRatio === "source" ? first.width / first.height : aspects[params.aspectRatio]);
  const sources = await Promise.all(pictures.map(async (picture) => toPlanes(await cover(picture, size.width, size.height))));
  const each = Math.min(params.duration, longestSeconds / count);
  const seconds = each * count;
  const change = Math.min(longestChange, each * changeShare);
  const looks = sources.map((_, index) =>
    moveOver({ ...params, camera: "auto", seed: (params.seed ?? 1) + index * 7919 }, each + change, false),
  );
  const mixed = makeBlend(params.style, size.width, size.height);
  const before = makePlanes(size.width, size.height);
  const after = makePlanes(size.width, size.height);
  const frames = Math.round(seconds * params.fps);
  const writer = await openStillWriter({ ...size, path, frames, progress, params, seconds });
  const see = (index: number, time: number, out: typeof before): void => {
    const [source, look] = [sources[index], looks[index]];
    // The time since it came into view, at half a change before its own time.
    if (source !== undefined && look !== undefined) warp(source, look(Math.max(0, time - index * each + change / 2)), out);
  };
  for (let frame = 0; frame < frames; frame++) {
    const time = frame / params.fps;
    const index = Math.min(count - 1, Math.floor(time / each));
    const within = time - index * each;
    // The nearest border between two pictures, and how far the change over it has come.
    const border = within < each / 2 ? index : index + 1;
    const share = (time - border * each + change / 2) / change;
    if (border === 0 || border === count || share <= 0 || share >= 1) see(index, time, writer.planes);
    else {
      see(border - 1, time, before);
      see(border, time, after);
      mixed(before, after, ease(share), writer.planes);
    }
    await writer.add(time);
  }
  await writer.finish();
};
