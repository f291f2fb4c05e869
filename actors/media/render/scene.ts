// A whole scene: the place, its subjects, weather and light, drawn on a canvas for any time.
import type { Canvas } from "@napi-rs/canvas";
import { cameraPath, type View } from "./camera.ts";
import { followSpeed, makeCast } from "./cast.ts";
import { lch, lighten } from "./colour.ts";
import { makePalette } from "./palette.ts";
import { levels, makeSetting } from "./places.ts";
import type { ScenePlan } from "./plan.ts";
import { makeChance } from "./random.ts";
import { type Layer, makeCanvas, type Pen, type Span, type Stage, unitScale } from "./stage.ts";
import { fogBank, lightning, motes, type Particles, rain, snowfall } from "./weather.ts";

export interface Scene {
  /** What the picture is drawn on; more may be drawn before `pixels` is called. */
  readonly canvas: Canvas;
  readonly stage: Stage;
  /** Draws the picture of a time (s) on the canvas. */
  readonly draw: (time: number) => void;
  /** The canvas with what falls before it, as RGBA; valid till the next call. */
  readonly pixels: (time: number) => Uint8Array;
}

const indoors = (plan: ScenePlan): boolean => plan.place === "underwater" || plan.place === "space";

const weatherLayers = (stage: Stage): ReadonlyArray<Layer> => {
  const { plan, palette } = stage;
  if (indoors(plan)) return [];
  const span = stage.ground - stage.horizon;
  switch (plan.weather) {
    case "clear":
      if (palette.night && plan.look !== "neon" && !["city", "clouds", "sea", "beach"].includes(plan.place))
        return [motes(stage, 16, 105, 1.7)];
      return plan.time === "sunset" || plan.time === "dawn" ? [motes(stage, 12, 80, 1)] : [];
    case "cloudy":
      return [];
    case "rain":
      return [fogBank(stage, 0.6, stage.horizon + span * 0.3, 80, 0.3)];
    case "storm":
      return [lightning(stage)];
    case "snow":
      return [fogBank(stage, 0.6, stage.horizon, 90, 0.35)];
    case "fog":
      return [fogBank(stage, 0.6, stage.horizon + span * 0.2, 130, 0.5), fogBank(stage, 1.1, stage.ground + 10, 80, 0.3)];
  }
};

const particlesOf = (stage: Stage): Particles | null => {
  const { plan } = stage;
  if (indoors(plan)) return null;
  if (plan.weather === "rain" || plan.weather === "storm") return rain(stage, plan.weather === "storm");
  return plan.weather === "snow" ? snowfall(stage) : null;
};

/** Darker corners, warmer towards the light: ties the layers together. Drawn once. */
const drawFinish = (pen: Pen, stage: Stage): void => {
  const { palette } = stage;
  const reach = Math.hypot(stage.width, stage.height) / 2;
  const vignette = pen.createRadialGradient(
    stage.width / 2,
    stage.height * 0.48,
    reach * 0.55,
    stage.width / 2,
    stage.height * 0.5,
    reach * 1.06,
  );
  const dark = lighten(lch(0.18, 0.05, 285), palette.night ? -0.08 : 0);
  vignette.addColorStop(0, palette.css(dark, 0.001));
  vignette.addColorStop(0.6, palette.css(dark, 0.09));
  vignette.addColorStop(1, palette.css(dark, 0.36));
  pen.fillStyle = vignette;
  pen.fillRect(0, 0, stage.width, stage.height);
};

const drawnOnce = (stage: Stage, pixelWidth: number, pixelHeight: number, draw: (pen: Pen) => void): Canvas => {
  const canvas = makeCanvas(pixelWidth, pixelHeight);
  const pen = canvas.getContext("2d");
  pen.scale(stage.scale, stage.scale);
  draw(pen);
  return canvas;
};

const makeStage = (plan: ScenePlan, pixelWidth: number, pixelHeight: number, seconds: number, camera: (time: number) => View): Stage => {
  const scale = unitScale(pixelWidth, pixelHeight);
  const height = pixelHeight / scale;
  const stops = Array.from({ length: 33 }, (_, index) => camera((index / 32) * seconds).x);
  const chance = makeChance(plan.seed);
  const [horizon, ground] = levels[plan.place];
  return {
    width: pixelWidth / scale,
    height,
    scale,
    horizon: height * horizon,
    ground: height * ground,
    seconds,
    from: Math.min(...stops) - 20,
    to: Math.max(...stops) + 20,
    plan,
    palette: makePalette(plan),
    chance: (name) => chance.fork(name),
  };
};

/** What falls before a picture that is not drawn here, where the words ask for it. */
export const fallingBefore = (plan: ScenePlan, pixelWidth: number, pixelHeight: number, seconds: number): Particles | null =>
  particlesOf(makeStage(plan, pixelWidth, pixelHeight, seconds, () => ({ x: 0, y: 0, zoom: 1 })));

export const makeScene = (plan: ScenePlan, pixelWidth: number, pixelHeight: number, seconds: number): Scene => {
  const camera = cameraPath(plan, seconds, followSpeed(plan));
  const stage = makeStage(plan, pixelWidth, pixelHeight, seconds, camera);
  const { width, scale } = stage;
  const setting = makeSetting(stage);
  const backdrop = drawnOnce(stage, pixelWidth, pixelHeight, setting.backdrop);
  const finish = drawnOnce(stage, pixelWidth, pixelHeight, (pen) => drawFinish(pen, stage));
  const cast = makeCast(stage, setting);
  const nearer = setting.layers.findIndex(({ depth }) => depth > 1);
  const split =
    plan.place === "sea"
      ? Math.max(
          0,
          setting.layers.findIndex(({ depth }) => depth > 0.52),
        )
      : nearer < 0
        ? setting.layers.length
        : nearer;
  const behind = cast.filter(({ depth }) => depth < 1);
  const before = cast.filter(({ depth }) => depth >= 1);
  const land = setting.layers.findIndex(({ depth }) => depth === 1);
  const landAt = plan.place === "sea" || land < 0 ? split : land;
  const layers = [
    ...setting.layers.slice(0, landAt),
    ...behind,
    ...setting.layers.slice(landAt, split),
    ...before,
    ...setting.layers.slice(split),
    ...weatherLayers(stage),
  ];
  const canvas = makeCanvas(pixelWidth, pixelHeight);
  const pen = canvas.getContext("2d");
  const particles = particlesOf(stage);

  /** Points the pen at a depth; answers what of it is in view. */
  const look = (view: View, depth: number): Span => {
    const zoom = depth === 0 ? 1 : 1 + (view.zoom - 1) * (0.3 + 0.7 * depth);
    const centreX = width / 2;
    const centreY = stage.horizon;
    pen.setTransform(
      scale * zoom,
      0,
      0,
      scale * zoom,
      scale * (centreX - zoom * (centreX + view.x * depth)),
      scale * (centreY - zoom * (centreY + view.y * depth)),
    );
    const middle = centreX + view.x * depth;
    return [middle - centreX / zoom, middle + centreX / zoom];
  };
  return {
    canvas,
    stage,
    draw: (time) => {
      const view = camera(time);
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.drawImage(backdrop, 0, 0);
      for (const layer of layers) {
        layer.draw(pen, time, look(view, layer.depth));
      }
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.drawImage(finish, 0, 0);
    },
    pixels: (time) => {
      const data = canvas.data();
      particles?.({ data, step: 4, width: pixelWidth, height: pixelHeight, scale }, time);
      return data;
    },
  };
};
