// Makes the sample story through the public protocol: its videos by the local studio, its scenes, and a published version.
import { setTimeout as pause } from "node:timers/promises";
import type { Call } from "#protocol/client/calls.ts";
import { editsOf } from "#protocol/scene/edit.ts";
import { SceneBody } from "#protocol/scene/scene.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { type ClipName, clipNames, clips } from "./clips.ts";
import { crossing, lighthouse } from "./lighthouse.ts";

/** Characters of the edits of one call: well below what a frame may have. */
const editsAtOnce = 100_000;
/** Between two looks at jobs that have not ended, ms. */
const lookEvery = 500;
/** Who asks for something meanwhile comes first. */
const priority = 9;

export interface SampleStory {
  readonly sceneId: string;
  readonly versionId: string;
}

/**
 * Makes the story, or what is still missing of it: each call has a key of its own. Answers null where a person has thrown it away.
 * `key`: another one makes another story. Rejects with CallError, of kind `unavailable` where a video could not be made.
 */
export const buildSampleStory = async (call: Call, key = "sample"): Promise<SampleStory | null> => {
  const keyed = (what: string) => ({ key: `${key}/lighthouse/${what}` });
  const over = await call("scenes.create", { title: "The crossing" }, keyed("crossing"));
  const { id } = await call("scenes.create", { title: "The lighthouse" }, keyed("night"));
  const found = await call("scenes.get", { id }).catch((error: unknown) => {
    if (error instanceof CallError && error.code === "not_found") return null;
    throw error;
  });
  if (found === null || found.scene.deletedAt !== null) return null;
  if (found.scene.latest !== null) return { sceneId: id, versionId: found.scene.latest.id };

  const assets = new Map<ClipName, string>();
  const made = await Promise.all(clipNames.map(async (clip) => [clip, await makeClip(call, clip, keyed(clip).key)] as const));
  for (const [clip, asset] of made) assets.set(clip, asset);
  const assetOf = (clip: ClipName): string => assets.get(clip)!;
  for (const [scene, body] of [
    [over.id, crossing(assetOf)],
    [id, lighthouse(assetOf, over.id)],
  ] as const) {
    for (const edits of editsOf(SceneBody.parse(body), editsAtOnce)) await call("scenes.edit", { id: scene, edits: [...edits] });
  }
  const { version } = await call("scenes.publish", { id, note: "As it came." }, keyed("publish"));
  return { sceneId: id, versionId: version.id };
};

/** The asset that a clip became. */
const makeClip = async (call: Call, clip: ClipName, key: string): Promise<string> => {
  const { prompt, seconds } = clips[clip];
  const params = { prompt, duration: seconds, quality: "360p", audio: true, seed: 1 };
  const request = { operation: "text_to_video" as const, provider: "studio", params, name: `Lighthouse: ${clip}`, priority };
  const { jobs } = await call("jobs.create", { request }, { key });
  for (let job = jobs[0]!; ; job = await call("jobs.get", { id: job.id })) {
    if (job.assetId !== null && job.state === "completed") return job.assetId;
    if (job.finishedAt !== null) {
      throw new CallError("unavailable", `The video ${clip} of the sample story could not be made: ${job.failure?.message ?? job.state}.`);
    }
    await pause(lookEvery);
  }
};
