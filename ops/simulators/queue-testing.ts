// What the tests of fal and Replicate share: orders with real small files, and the troubles that both must bear.
import { createHash } from "node:crypto";
import { access, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Effect } from "effect";
import sharp from "sharp";
import { expect, it } from "vitest";
import type { Operation } from "#protocol/job.ts";
import { probe } from "#actors/media/probe.ts";
import { makeClip } from "#actors/media/testing.ts";
import type { Connection, ProviderFailure, ProviderInput, ProviderRequest } from "#actors/provider/provider.ts";
import { failureOf, run, testInput } from "#actors/provider/testing.ts";
import type { FaultName } from "./faults.ts";
import type { Simulator } from "./simulator.ts";

/** A generation of 30 seconds takes 60 ms. */
export const speed = 500;

export const follow = (connection: Connection, providerJobId: string) => connection.track(providerJobId, () => Effect.void);

export const words = (prompt: string, params: Readonly<Record<string, unknown>> = {}): ProviderRequest => ({
  operation: "text_to_video",
  params: { prompt, ...params },
  inputs: [],
});

const fileInput = async (role: ProviderInput["role"], path: string, name: string | null): Promise<ProviderInput> =>
  testInput(role, path, {
    name,
    sha256: createHash("sha256")
      .update(await readFile(path))
      .digest("hex"),
  });

/** `side`: of noise, which does not get smaller by being packed. */
export const pictureInput = async (folder: string, name: string, role: ProviderInput["role"], side = 64): Promise<ProviderInput> => {
  const path = join(folder, `${name}.png`);
  const noise = { type: "gaussian" as const, mean: 128, sigma: 40 };
  await sharp({ create: { width: side, height: side, channels: 3, background: "#000", noise } })
    .png()
    .toFile(path);
  return fileInput(role, path, role === "subject" || role === "background" ? name : null);
};

export const clipInput = async (folder: string): Promise<ProviderInput> => {
  const path = join(folder, "clip.mp4");
  await makeClip(path);
  return fileInput("video", path, null);
};

/** An order of each of the operations. */
export const ordersOf = async (
  folder: string,
  operations: ReadonlyArray<string>,
): Promise<Readonly<Partial<Record<Operation, ProviderRequest>>>> => {
  const all: Readonly<Partial<Record<Operation, ProviderRequest>>> = {
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

/** Of the test that runs. */
interface World {
  readonly simulator: Pick<Simulator, "faults" | "jobs">;
  readonly connection: Connection;
  readonly folder: string;
  readonly freshKey: () => string;
}

/** As tests of the suite that is being described. `expected`: what a refused submission is, and for how long one that came too soon is to wait. */
export const bearsTroubles = (
  world: () => World,
  expected: { readonly refused: ProviderFailure["kind"]; readonly retryAfterMs: number },
): void => {
  const atSubmit: ReadonlyArray<[FaultName, Partial<ProviderFailure>]> = [
    ["expired", { kind: "authentication" }],
    ["refused", { kind: expected.refused }],
    ["rateLimit", { kind: "limit", retryAfterMs: expected.retryAfterMs }],
    ["serverError", { kind: "network" }],
    ["cutBefore", { kind: "network" }],
    ["cutAfter", { kind: "network" }],
    ["astray", { kind: "network" }],
    ["page", { kind: "network" }],
    ["endless", { kind: "network" }],
  ];
  it.each(atSubmit)("says what is wrong with a submission: %s", async (fault, meant) => {
    const { simulator, connection, freshKey } = world();
    simulator.faults.order(fault);
    const failure = await failureOf(connection.submit(freshKey(), words("a fox")));
    expect(failure).toMatchObject({ ...meant, message: expect.stringMatching(/\S/) });
    // What may have arrived is never said to be unsent.
    expect(failure.unsent).toBeUndefined();
  });

  it("says that a request is lost that was forgotten there, and follows one through bad moments", async () => {
    const { simulator, connection, freshKey } = world();
    simulator.faults.order("lost");
    const { providerJobId: forgotten } = await run(connection.submit(freshKey(), words("a fox")));
    expect(await failureOf(follow(connection, forgotten))).toMatchObject({ kind: "lost" });
    const { providerJobId } = await run(connection.submit(freshKey(), words("a fox #slow:600")));
    const badMoments = ["serverError", "rateLimit", "cutBefore", "page", "endless", "backwards"] as const;
    for (const fault of badMoments) simulator.faults.order(fault);
    await run(follow(connection, providerJobId));
    for (const fault of badMoments) expect(simulator.faults.taken(fault)).toBe(1);
  });

  it("does not take one for lost that is not known everywhere yet, neither on the way nor at the end", async () => {
    const { simulator, connection, folder, freshKey } = world();
    const { providerJobId } = await run(connection.submit(freshKey(), words("a fox")));
    const [job] = [...simulator.jobs.values()].slice(-1);
    let misses = 2;
    Object.defineProperty(job, "isLost", { get: () => misses > 0 && misses-- > 0 });
    await run(follow(connection, providerJobId));
    expect(misses).toBe(0);
    misses = 2;
    // Where it was at its end, nothing is: it has to be asked for.
    simulator.faults.order("missingFile");
    await run(connection.download(providerJobId, join(folder, "young.mp4")));
    expect(misses).toBe(0);
  });

  const atDownload: ReadonlyArray<[FaultName, ProviderFailure["kind"]]> = [
    ["page", "network"],
    ["missingFile", "network"],
    ["wrongFile", "provider"],
    ["truncatedFile", "network"],
    ["privateRedirect", "network"],
  ];
  it.each(atDownload)("leaves no file when its delivery goes wrong: %s", async (fault, kind) => {
    const { simulator, connection, folder, freshKey } = world();
    const { providerJobId } = await run(connection.submit(freshKey(), words("a fox")));
    await run(follow(connection, providerJobId));
    const path = join(folder, `${fault}.mp4`);
    // From now on it has to be asked for.
    await run(connection.download(providerJobId, path));
    await rm(path);
    simulator.faults.order(fault);
    expect(await failureOf(connection.download(providerJobId, path))).toMatchObject({ kind });
    await expect(access(path)).rejects.toThrow("ENOENT");
    await run(connection.download(providerJobId, path));
    expect(await probe(path)).toMatchObject({ mediaType: "video" });
  });
};
