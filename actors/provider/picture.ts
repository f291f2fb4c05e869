// A picture as a provider takes it: upright, opaque, scaled and cropped to one size, as JPEG, and without the metadata of its source.
import { Effect } from "effect";
import sharp from "sharp";
import type { ProviderFailure } from "./provider.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Of what cannot be read as a picture; nothing was sent. */
const unreadable = (error: unknown): ProviderFailure => ({
  kind: "input",
  message: `The picture cannot be read (${error instanceof Error ? error.message : String(error)}): use another one.`,
  unsent: true,
});

const attempt = <T>(run: () => Promise<T>): Effect.Effect<T, ProviderFailure> => Effect.tryPromise({ try: run, catch: unreadable });

/** Covers the size from the middle of the picture: what sticks out on one side pair is cut off. */
export const fitPicture = (path: string, { width, height }: Size): Effect.Effect<Buffer<ArrayBuffer>, ProviderFailure> =>
  attempt(async () => {
    const fitted = sharp(path).autoOrient().flatten({ background: "#ffffff" }).resize({ width, height, fit: "cover" });
    return Buffer.from(await fitted.jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer());
  });

/** Width by height as the picture is looked at. */
export const ratioOf = (path: string): Effect.Effect<number, ProviderFailure> =>
  attempt(async () => {
    const { autoOrient } = await sharp(path).metadata();
    return autoOrient.width / autoOrient.height;
  });
