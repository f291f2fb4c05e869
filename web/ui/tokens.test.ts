import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

// Contrast as WCAG 2.2 counts it, from the tokens themselves: whatever is drawn with them can be read, in the light and in the dark.
const css = readFileSync("web/ui/tokens.css", "utf8");

interface Colour {
  /** Linear light, 0 to 1. */
  readonly rgb: readonly [number, number, number];
  readonly alpha: number;
}

const parse = (text: string): Colour => {
  const found = /^oklch\(([\d.]+) ([\d.]+) ([\d.]+)(?: \/ ([\d.]+)%)?\)$/.exec(text);
  if (found === null) throw new Error(`not a colour: ${text}`);
  const [light, chroma, hue, alpha] = [
    Number(found[1]),
    Number(found[2]),
    (Number(found[3]) * Math.PI) / 180,
    Number(found[4] ?? 100) / 100,
  ];
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const l = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (light - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number): number => Math.min(Math.max(value, 0), 1);
  return {
    rgb: [
      clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
      clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
      clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
    ],
    alpha,
  };
};

const encode = (value: number): number => (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);
const decode = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
/** As a browser lays one over the other: in encoded sRGB. */
const over = (top: Colour, below: Colour): Colour => {
  const mix = (at: 0 | 1 | 2): number => decode(encode(top.rgb[at]) * top.alpha + encode(below.rgb[at]) * (1 - top.alpha));
  return { rgb: [mix(0), mix(1), mix(2)], alpha: 1 };
};
const luminance = ({ rgb: [r, g, b] }: Colour): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;
const contrast = (a: Colour, b: Colour): number => {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
};

const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((oklch\([^)]*\)), (oklch\([^)]*\))\);/g)].map(([, name = "", light = "", dark = ""]) => [
    name,
    { light: parse(light), dark: parse(dark) },
  ]),
);
const token = (name: string, mode: "light" | "dark"): Colour => {
  const found = tokens.get(name);
  if (found === undefined) throw new Error(`there is no --${name}`);
  return found[mode];
};

const surfaces = ["bg", "surface", "surface-raised", "surface-sunken", "surface-field"];
const tones = ["neutral", "info", "ok", "warn", "bad"];

describe.each(["light", "dark"] as const)("in the %s", (mode) => {
  /** The least contrast of a colour on any of these, each laid over every surface. */
  const least = (name: string, on: ReadonlyArray<string> = surfaces): number =>
    Math.min(
      ...on.flatMap((below) => surfaces.map((surface) => contrast(token(name, mode), over(token(below, mode), token(surface, mode))))),
    );

  it.each(["ink", "ink-muted", "accent-text", ...tones.map((tone) => `${tone}-ink`)])(
    "words in --%s can be read on every surface",
    (name) => {
      expect(least(name)).toBeGreaterThanOrEqual(4.5);
    },
  );

  it.each(tones)("words in --%s-ink can be read on what is soft of that tone", (tone) => {
    expect(least(`${tone}-ink`, [`${tone}-soft`])).toBeGreaterThanOrEqual(4.5);
  });

  it("words can be read on what is chosen, pointed at or pressed, and on the main button", () => {
    for (const name of ["ink", "ink-muted"]) expect(least(name, ["accent-soft", "surface-hover"])).toBeGreaterThanOrEqual(4.5);
    for (const button of ["accent", "accent-hover"]) expect(least("accent-ink", [button])).toBeGreaterThanOrEqual(4.5);
  });

  it("what bounds a control or marks the focus, and what is only repeated, stands out", () => {
    for (const name of ["focus", "line-control", "ink-faint"]) expect(least(name)).toBeGreaterThanOrEqual(3);
  });
});
