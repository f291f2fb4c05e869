// One frame of a sprite sheet as a CSS background. Pure.
import type { AssetUrls } from "#protocol/asset.ts";

export type Sprite = NonNullable<AssetUrls["sprite"]>;

/** The frame that stands for a place in the video, from 0 to 1. */
export const spriteFrameAt = (sprite: Pick<Sprite, "frames">, place: number): number =>
  Math.min(Math.max(Math.floor(place * sprite.frames), 0), sprite.frames - 1);

/** Shows one frame, filling an element of any size with the shape of a frame. */
export const spriteStyle = ({ url, columns, rows }: Sprite, frame: number): Readonly<Record<string, string>> => {
  const percent = (at: number, of: number) => `${of <= 1 ? 0 : (at / (of - 1)) * 100}%`;
  return {
    "background-image": `url("${url}")`,
    "background-size": `${columns * 100}% ${rows * 100}%`,
    "background-position": `${percent(frame % columns, columns)} ${percent(Math.floor(frame / columns), rows)}`,
  };
};
