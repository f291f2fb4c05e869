// What the tests of fal and Replicate share: orders with real small files, and how an effect ended.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Effect } from "effect";
import sharp from "sharp";
import type { Operation } from "#protocol/job.ts";
import { makeClip } from "#actors/media/testing.ts";
import type { Connection, ProviderFailure, ProviderInput, ProviderRequest } from "#actors/provider/provider.ts";

/** A generation of 30 seconds takes 60 ms. */
export const speed = 500;

export const run = <A>(effect: Effect.Effect<A, ProviderFailure>): Promise<A> => Effect.runPromise(Effect.orDie(effect));
export const failureOf = (effect: Effect.Effect<unknown, ProviderFailure>): Promise<ProviderFailure> =>
  Effect.runPromise(Effect.flip(Effect.asVoid(effect)));
export const follow = (connection: Connection, providerJobId: string) => connection.track(providerJobId, () => Effect.void);

export const words = (prompt: string, params: Readonly<Record<string, unknown>> = {}): ProviderRequest => ({
  operation: "text_to_video",
  params: { prompt, ...params },
  inputs: [],
});

const fileInput = async (role: ProviderInput["role"], path: string, name: string | null, mime: string): Promise<ProviderInput> => ({
  role,
  name,
  path,
  mime,
  mediaType: mime.startsWith("video/") ? "video" : "image",
  sha256: createHash("sha256")
    .update(await readFile(path))
    .digest("hex"),
  timeMs: null,
  made: null,
});

/** `side`: of noise, which does not get smaller by being packed. */
export const pictureInput = async (folder: string, name: string, role: ProviderInput["role"], side = 64): Promise<ProviderInput> => {
  const path = join(folder, `${name}.png`);
  const noise = { type: "gaussian" as const, mean: 128, sigma: 40 };
  await sharp({ create: { width: side, height: side, channels: 3, background: "#000", noise } })
    .png()
    .toFile(path);
  return fileInput(role, path, role === "subject" || role === "background" ? name : null, "image/png");
};

export const clipInput = async (folder: string): Promise<ProviderInput> => {
  const path = join(folder, "clip.mp4");
  await makeClip(path);
  return fileInput("video", path, null, "video/mp4");
};

/** An order of each of the operations. */
export const ordersOf = async (
  folder: string,
  operations: ReadonlyArray<string>,
): Promise<Readonly<Partial<Record<Operation, ProviderRequest>>>> => {
  const all: Readonly<Record<Operation, ProviderRequest>> = {
    text_to_video: words("a fox in the snow"),
    image_to_video: {
      operation: "image_to_video",
      params: { prompt: "it looks around" },
      inputs: [await pictureInput(folder, "fox", "image")],
    },
    video_extend: { operation: "video_extend", params: { prompt: "it goes on" }, inputs: [await clipInput(folder)] },
    video_transition: {
      operation: "video_transition",
      params: { prompt: "day becomes night" },
      inputs: [await pictureInput(folder, "day", "frame"), await pictureInput(folder, "night", "frame")],
    },
    fusion: {
      operation: "fusion",
      params: { prompt: "@hero walks along the @sea" },
      inputs: [await pictureInput(folder, "hero", "subject"), await pictureInput(folder, "sea", "background")],
    },
  };
  return Object.fromEntries(Object.entries(all).filter(([operation]) => operations.includes(operation)));
};
