// The small line of text that a clip may carry: its prompt and who drew it. Only the font that comes with the program is used.
import { createRequire } from "node:module";
import { GlobalFonts } from "@napi-rs/canvas";
import type { Pen } from "./stage.ts";

const family = "PixSim Inter";
let registered = false;

const register = (): void => {
  if (registered) return;
  registered = true;
  const file = createRequire(import.meta.url).resolve("@fontsource/inter/files/inter-latin-500-normal.woff2");
  GlobalFonts.registerFromPath(file, family);
};

const shorten = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`);

/** Draws it in the lower left corner of a picture of this size in pixels. */
export const drawCaption = (pen: Pen, width: number, height: number, prompt: string): void => {
  register();
  const size = Math.max(11, Math.round(Math.min(width, height) / 34));
  const text = `${shorten(prompt.replace(/\s+/g, " ").trim(), Math.floor(width / (size * 0.78)) - 24)}  ·  drawn by PixSim studio`;
  pen.save();
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.font = `500 ${size}px "${family}"`;
  pen.textBaseline = "alphabetic";
  const wide = pen.measureText(text).width;
  pen.fillStyle = "rgba(8,8,20,0.5)";
  pen.beginPath();
  pen.roundRect(size * 0.8, height - size * 2.5, wide + size * 1.2, size * 1.8, size * 0.5);
  pen.fill();
  pen.fillStyle = "rgba(255,255,255,0.92)";
  pen.fillText(text, size * 1.4, height - size * 1.25);
  pen.restore();
};
