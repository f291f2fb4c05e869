// The colours of a scene: sky, light and haze by the time of day, bent by weather and look. Pure.
import { type Colour, css, lch, mix, turn, vivid } from "./colour.ts";
import type { Look, TimeOfDay } from "./lexicon.ts";
import type { ScenePlan } from "./plan.ts";

export interface Palette {
  /** From the top of the sky down to the horizon. */
  readonly sky: readonly [Colour, Colour, Colour, Colour];
  /** Sun or moon. */
  readonly light: Colour;
  /** 0 to 1: how strongly it glows. */
  readonly glow: number;
  /** The air before distant things. */
  readonly haze: Colour;
  readonly night: boolean;
  /** Colour of a thing in this light, seen through the air; `distance` 0: here, 1: at the horizon. */
  readonly shade: (local: Colour, distance: number) => Colour;
  /** A colour as it goes on the canvas: bent by the look. */
  readonly css: (colour: Colour, alpha?: number) => string;
}

interface Daylight {
  readonly sky: readonly [Colour, Colour, Colour, Colour];
  readonly light: Colour;
  readonly glow: number;
  readonly haze: Colour;
  /** Factor on the lightness of things. */
  readonly ambient: number;
  readonly tint: Colour;
  readonly tintShare: number;
}

const daylights: Readonly<Record<TimeOfDay, Daylight>> = {
  dawn: {
    sky: [lch(0.52, 0.09, 275), lch(0.68, 0.08, 315), lch(0.83, 0.09, 25), lch(0.94, 0.07, 75)],
    light: lch(0.98, 0.06, 85),
    glow: 0.9,
    haze: lch(0.87, 0.06, 35),
    ambient: 0.86,
    tint: lch(0.7, 0.06, 330),
    tintShare: 0.22,
  },
  day: {
    sky: [lch(0.58, 0.14, 252), lch(0.71, 0.11, 242), lch(0.85, 0.07, 228), lch(0.95, 0.03, 205)],
    light: lch(0.99, 0.05, 95),
    glow: 0.6,
    haze: lch(0.9, 0.04, 228),
    ambient: 1,
    tint: lch(0.85, 0.03, 90),
    tintShare: 0.06,
  },
  sunset: {
    sky: [lch(0.34, 0.12, 285), lch(0.5, 0.15, 335), lch(0.7, 0.17, 40), lch(0.88, 0.14, 78)],
    light: lch(0.95, 0.14, 80),
    glow: 1,
    haze: lch(0.74, 0.13, 42),
    ambient: 0.7,
    tint: lch(0.48, 0.1, 345),
    tintShare: 0.3,
  },
  night: {
    sky: [lch(0.17, 0.06, 280), lch(0.25, 0.08, 274), lch(0.36, 0.09, 264), lch(0.5, 0.09, 250)],
    light: lch(0.95, 0.03, 100),
    glow: 0.5,
    haze: lch(0.42, 0.08, 258),
    ambient: 0.66,
    tint: lch(0.28, 0.08, 268),
    tintShare: 0.36,
  },
};

const looks: Readonly<Record<Look, (colour: Colour) => Colour>> = {
  natural: (colour) => colour,
  neon: (colour) => vivid(mix(colour, lch(colour[0], 0.16, 310), 0.25), 1.25),
  pastel: ([lightness, a, b]) => [0.35 + lightness * 0.63, a * 0.72, b * 0.72],
  mono: ([lightness]) => [lightness, 0, 0],
  vintage: (colour) => mix(vivid(colour, 0.6), [colour[0] * 0.92 + 0.05, 0.02, 0.055], 0.5),
  vivid: (colour) => vivid(colour, 1.35),
  dark: ([lightness, a, b]) => [lightness * 0.78, a * 0.75, b * 0.75],
};

/** Clouds take away colour and contrast; how much of them. */
const overcast = { clear: 0, cloudy: 0.25, rain: 0.62, snow: 0.45, fog: 0.5, storm: 0.85 } as const;
const fogs = { clear: 0.8, cloudy: 0.84, rain: 0.92, snow: 0.94, fog: 1.15, storm: 0.9 } as const;

const cover = (colour: Colour, share: number, dark: number): Colour => {
  const grey: Colour = [colour[0] * 0.9 * dark + 0.05, colour[1] * 0.2, colour[2] * 0.2 - 0.012];
  return mix(colour, grey, share);
};

export const makePalette = (plan: ScenePlan): Palette => {
  const light = daylights[plan.time];
  const share = overcast[plan.weather];
  const dark = plan.weather === "storm" ? 0.66 : plan.weather === "rain" ? 0.88 : 1;
  const look = looks[plan.look];
  const neon = plan.look === "neon";
  const [wished] = plan.colours;
  // A colour that belongs to nothing in particular colours the air.
  const tinted = (colour: Colour, amount: number): Colour =>
    wished === undefined ? colour : mix(colour, [colour[0], wished[1], wished[2]], amount);
  const air = (colour: Colour, amount: number): Colour => cover(tinted(turn(colour, plan.hueShift), amount), share, dark);
  const neonSky: readonly [Colour, Colour, Colour, Colour] = [
    lch(0.17, 0.09, 285),
    lch(0.26, 0.13, 295),
    lch(0.42, 0.19, 325),
    lch(0.64, 0.2, 350),
  ];
  const [top, upper, lower, horizon] = neon ? neonSky : light.sky;
  const haze = air(neon ? lch(0.4, 0.15, 315) : light.haze, 0.5);
  const fog = fogs[plan.weather];
  return {
    sky: [air(top, 0.3), air(upper, 0.4), air(lower, 0.55), air(horizon, 0.5)],
    light: turn(light.light, plan.hueShift * 0.3),
    glow: light.glow * (1 - share * 0.75),
    haze,
    night: plan.time === "night",
    shade: (local, distance) => {
      const dimmed: Colour = [local[0] * light.ambient * (1 - share * 0.14), local[1] * (1 - share * 0.35), local[2] * (1 - share * 0.35)];
      return mix(mix(dimmed, light.tint, light.tintShare), haze, Math.min(1, distance ** 0.85 * fog));
    },
    css: (colour, alpha) => css(look(colour), alpha),
  };
};
