// Colours in OKLab, where mixing and darkening look even. Pure.

/** Lightness 0 to 1, then the two colour axes, about -0.3 to 0.3. */
export type Colour = readonly [lightness: number, a: number, b: number];

/** Lightness 0–1, chroma 0–0.35, hue in degrees (30 red, 90 yellow, 145 green, 230 sky blue, 300 violet). */
export const lch = (lightness: number, chroma: number, hue: number): Colour => {
  const angle = (hue * Math.PI) / 180;
  return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)];
};

/** `share` 0: the first, 1: the second. */
export const mix = (from: Colour, to: Colour, share: number): Colour => [
  from[0] + (to[0] - from[0]) * share,
  from[1] + (to[1] - from[1]) * share,
  from[2] + (to[2] - from[2]) * share,
];

export const lighten = (colour: Colour, by: number): Colour => [Math.min(1, Math.max(0, colour[0] + by)), colour[1], colour[2]];

/** More (above 1) or less vivid. */
export const vivid = (colour: Colour, factor: number): Colour => [colour[0], colour[1] * factor, colour[2] * factor];

export const turn = (colour: Colour, degrees: number): Colour => {
  const angle = (degrees * Math.PI) / 180;
  const [lightness, a, b] = colour;
  return [lightness, a * Math.cos(angle) - b * Math.sin(angle), a * Math.sin(angle) + b * Math.cos(angle)];
};

const gamma = (linear: number): number => {
  const bounded = Math.min(1, Math.max(0, linear));
  return Math.round(255 * (bounded <= 0.0031308 ? 12.92 * bounded : 1.055 * bounded ** (1 / 2.4) - 0.055));
};

/** 8-bit sRGB. */
export const toRgb = ([lightness, a, b]: Colour): readonly [number, number, number] => {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
};

export const css = (colour: Colour, alpha = 1): string => {
  const [red, green, blue] = toRgb(colour);
  return alpha >= 1 ? `rgb(${red},${green},${blue})` : `rgba(${red},${green},${blue},${Math.max(0, alpha).toFixed(3)})`;
};
