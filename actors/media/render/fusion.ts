// Puts given subjects into one moving picture: before a given background, or a scene drawn from the words.
import { type Canvas, createCanvas, ImageData } from "@napi-rs/canvas";
import { unsupported } from "../failure.ts";
import type { Rgb } from "../rgb.ts";
import { cameraPath } from "./camera.ts";
import { drawCaption } from "./caption.ts";
import { type Placement, placeSubjects } from "./placement.ts";
import { aspects, frameSize, fusionParams } from "./params.ts";
import { planScene, type ScenePlan } from "./plan.ts";
import { makeScene } from "./scene.ts";
import { cover, type Cutout, loadCutout, loadPicture } from "./source.ts";
import { ambience } from "./sound.ts";
import { makeCanvas, type Pen, unitScale } from "./stage.ts";
import { openWriter } from "./writer.ts";
import type { Work } from "./work.ts";

interface Backdrop {
  readonly canvas: Canvas;
  readonly draw: (time: number) => void;
  readonly pixels: (time: number) => Uint8Array;
}

const pictureCanvas = ({ data, width, height }: Rgb): Canvas => {
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from] as number;
    rgba[to + 1] = data[from + 1] as number;
    rgba[to + 2] = data[from + 2] as number;
    rgba[to + 3] = 255;
  }
  const canvas = createCanvas(width, height);
  canvas.getContext("2d").putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas;
};

/** A given picture behind the subjects, over which the camera moves. */
const pictureBackdrop = (picture: Canvas, plan: ScenePlan, width: number, height: number, seconds: number): Backdrop => {
  const canvas = makeCanvas(width, height);
  const pen = canvas.getContext("2d");
  const camera = cameraPath(plan, seconds, 0);
  const unit = unitScale(width, height);
  return {
    canvas,
    draw: (time) => {
      const view = camera(time);
      const zoom = 1.12 * (1 + (view.zoom - 1) * 0.7);
      const [freeX, freeY] = [(width * (zoom - 1)) / 2, (height * (zoom - 1)) / 2];
      const x = Math.min(freeX, Math.max(-freeX, view.x * unit * 0.35));
      const y = Math.min(freeY, Math.max(-freeY, view.y * unit * 0.5));
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.drawImage(picture, -freeX - x, -freeY - y, width * zoom, height * zoom);
    },
    pixels: () => canvas.data(),
  };
};

const drawSubject = (pen: Pen, cutout: Cutout, place: Placement, time: number, width: number, height: number): void => {
  const at = place.at(time);
  const tall = height * place.size;
  const scale = Math.min(tall / cutout.canvas.height, (width * 0.62) / cutout.canvas.width);
  const [w, h] = [cutout.canvas.width * scale, cutout.canvas.height * scale];
  const [x, y] = [at.x * width, at.y * height];
  if (place.grounded) {
    const shadow = pen.createRadialGradient(0, 0, 0, 0, 0, w * 0.5);
    shadow.addColorStop(0, "rgba(8,6,24,0.42)");
    shadow.addColorStop(1, "rgba(8,6,24,0)");
    pen.save();
    pen.translate(x, place.floor * height);
    pen.scale(1, 0.16);
    pen.fillStyle = shadow;
    pen.beginPath();
    pen.arc(0, 0, w * 0.5, 0, Math.PI * 2);
    pen.fill();
    pen.restore();
  }
  pen.save();
  pen.translate(x, y);
  pen.rotate(at.tilt);
  pen.scale(scale * at.stretchX, scale * at.stretchY);
  pen.drawImage(cutout.canvas, -w / 2 / scale, -h / scale);
  pen.restore();
};

export const fusion: Work = async (spec, path, progress) => {
  const params = fusionParams.parse(spec.params);
  const subjects = spec.inputs.filter(({ role }) => role !== "background");
  const background = spec.inputs.find(({ role }) => role === "background");
  if (subjects.length === 0) throw unsupported("Fusion needs at least one subject.");
  const { width, height } = frameSize(params.quality, aspects[params.aspectRatio]);
  // The names stand for what is given: they draw nothing by themselves. Nor do subjects in words, where a picture is the background.
  const plan = planScene({ ...params, prompt: params.prompt });
  const backdrop: Backdrop =
    background === undefined
      ? makeScene(plan, width, height, params.duration)
      : pictureBackdrop(pictureCanvas(await cover(await loadPicture(background), width, height)), plan, width, height, params.duration);
  const size = Math.round(height * 0.7);
  const cast = await Promise.all(subjects.map((subject) => loadCutout(subject, size)));
  const places = placeSubjects(
    subjects.map(({ name }, index) => ({ name, free: cast[index]?.free === true })),
    params.prompt,
    { seconds: params.duration, pace: plan.pace, seed: plan.seed },
  );
  const frames = Math.round(params.duration * params.fps);
  const writer = await openWriter({ path, width, height, fps: params.fps, frames, sound: params.audio, progress });
  if (params.audio) await writer.addSound(ambience(plan, params.duration));
  const pen = backdrop.canvas.getContext("2d");
  const order = places.map((place, index) => ({ place, cutout: cast[index] })).toSorted((a, b) => a.place.floor - b.place.floor);
  for (let frame = 0; frame < frames; frame++) {
    const time = frame / params.fps;
    backdrop.draw(time);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    for (const { place, cutout } of order) if (cutout !== undefined) drawSubject(pen, cutout, place, time, width, height);
    if (params.caption) drawCaption(pen, width, height, params.prompt);
    await writer.addPixels(backdrop.pixels(time));
  }
  await writer.finish();
};
