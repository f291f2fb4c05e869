// A picture as a provider takes it: upright, in a format and size that it reads, and without the metadata of its source.
import { createHash } from "node:crypto";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Effect, type Scope } from "effect";
import type { Sharp } from "sharp";
import type { ProviderFailure, ProviderInput } from "./provider.ts";
import { inputGone } from "./refusals.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a provider takes; left out: whatever there is. */
export interface PictureLimits {
  /** MIME types. */
  readonly formats?: ReadonlyArray<string>;
  /** Largest file, bytes. */
  readonly bytes?: number;
  /** Longest side, pixels. */
  readonly side?: number;
}

/** Of what cannot be read as a picture; nothing was sent. */
const unreadable = (error: unknown): ProviderFailure => ({
  kind: "input",
  message: `The picture cannot be read (${error instanceof Error ? error.message : String(error)}): use another one.`,
  unsent: true,
});

/** Loaded with the first picture: it is large, and few providers need it. */
const read = async (picture: string | Buffer): Promise<Sharp> => (await import("sharp")).default(picture);

const attempt = <T>(run: () => Promise<T>): Effect.Effect<T, ProviderFailure> => Effect.tryPromise({ try: run, catch: unreadable });

/** Covers the size from the middle of the picture: what sticks out on one side pair is cut off. */
export const fitPicture = (path: string, { width, height }: Size): Effect.Effect<Buffer<ArrayBuffer>, ProviderFailure> =>
  attempt(async () => {
    const fitted = (await read(path)).autoOrient().flatten({ background: "#ffffff" }).resize({ width, height, fit: "cover" });
    return Buffer.from(await fitted.jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer());
  });

/** Width by height as the picture is looked at. */
export const ratioOf = (path: string): Effect.Effect<number, ProviderFailure> =>
  attempt(async () => {
    const { autoOrient } = await (await read(path)).metadata();
    return autoOrient.width / autoOrient.height;
  });

const longestSideOf = (path: string): Effect.Effect<number, ProviderFailure> =>
  attempt(async () => {
    const { width, height } = await (await read(path)).metadata();
    return Math.max(width, height);
  });

/** A picture that is too large is scaled down so often at most; each time it loses a quarter of its bytes or more. */
const mostScalings = 12;

const isTaken = (mime: string, size: number, { formats, bytes = Number.POSITIVE_INFINITY }: PictureLimits): boolean =>
  (formats === undefined || formats.includes(mime)) && size <= bytes;

/** What others are turned into; null where the provider takes neither. */
const targetOf = ({ formats }: PictureLimits): "jpeg" | "png" | null =>
  formats === undefined || formats.includes("image/jpeg") ? "jpeg" : formats.includes("image/png") ? "png" : null;

/** `most`: bounds of its sides, pixels. */
const encoded = async (
  path: string,
  format: "jpeg" | "png",
  most: { readonly width?: number; readonly height?: number },
): Promise<Buffer> => {
  const picture = await read(path);
  const upright = picture.autoOrient().resize({ ...most, fit: "inside", withoutEnlargement: true });
  return format === "png" ? upright.png().toBuffer() : upright.flatten({ background: "#ffffff" }).jpeg({ quality: 92 }).toBuffer();
};

const converted = async (
  path: string,
  format: "jpeg" | "png",
  { bytes: most = Number.POSITIVE_INFINITY, side }: PictureLimits,
): Promise<Buffer> => {
  let bytes = await encoded(path, format, side === undefined ? {} : { width: side, height: side });
  let { width } = await (await read(bytes)).metadata();
  for (let scaled = 0; bytes.length > most && scaled < mostScalings; scaled++) {
    width = Math.max(1, Math.floor(width * Math.min(0.85, Math.sqrt(most / bytes.length))));
    bytes = await encoded(path, format, { width });
  }
  return bytes;
};

export interface TakenInput {
  readonly input: ProviderInput;
  /** Size of its file. */
  readonly bytes: number;
}

/**
 * The input as it is where the provider takes that, and a video always; else the same picture as JPEG or PNG, scaled down as far as it must be,
 * in a file that is there until the scope ends.
 */
export const takenPicture = Effect.fnUntraced(function* (
  input: ProviderInput,
  limits: PictureLimits,
): Effect.fn.Return<TakenInput, ProviderFailure, Scope.Scope> {
  const { mediaType, mime, path } = input;
  const { size } = yield* Effect.tryPromise({
    try: () => stat(path),
    catch: inputGone,
  });
  const format = targetOf(limits);
  if (mediaType !== "image" || format === null) return { input, bytes: size };
  if (isTaken(mime, size, limits)) {
    // What cannot be read here is for the provider to refuse.
    const side = limits.side === undefined ? 0 : yield* Effect.orElseSucceed(longestSideOf(path), () => 0);
    if (side <= (limits.side ?? 0)) return { input, bytes: size };
  }
  const bytes = yield* attempt(() => converted(path, format, limits));
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "pixsim-input-"))),
    (made) => Effect.promise(() => rm(made, { recursive: true, force: true })),
  );
  const file = join(folder, `picture.${format}`);
  yield* Effect.promise(() => writeFile(file, bytes));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { input: { ...input, path: file, mime: `image/${format}`, sha256 }, bytes: bytes.length };
});
