// A story as one file: JSON, with media by SHA-256. Reads what this and earlier releases wrote, and refuses the rest by its place. Pure.
import * as z from "zod";
import { Id, Sha256 } from "../values.ts";
import { isTooDeep } from "../wire/codec.ts";
import { sceneLimits } from "./limits.ts";
import { SceneBody, type SegmentMedia, Story } from "./scene.ts";

/** Of files and of what is stored. */
export const sceneFormat = 1;

const Media = z.object({
  /** As the scenes of this file name it. */
  assetId: Id,
  sha256: Sha256,
  name: z.string().max(500),
});

/** The story with what its media is. */
export const StoryFile = z
  .object({ format: z.literal("pixsim-story"), version: z.literal(sceneFormat), title: z.string().max(sceneLimits.title) })
  .extend({ story: Story, media: z.array(Media).max(sceneLimits.nodes * 2) });
export type StoryFile = z.infer<typeof StoryFile>;

export interface ImportIssue {
  readonly path: ReadonlyArray<string | number>;
  readonly message: string;
}

/** What was read, with a sentence for each thing that was left out; or why nothing was. */
export type Imported =
  | {
      readonly ok: true;
      readonly title: string;
      readonly story: Story;
      readonly media: StoryFile["media"];
      readonly notes: ReadonlyArray<string>;
    }
  | { readonly ok: false; readonly issues: ReadonlyArray<ImportIssue> };

export const refusedImport = (message: string, path: ReadonlyArray<string | number> = []): Imported => ({
  ok: false,
  issues: [{ path, message }],
});

/** Issues of a file that are told. */
const mostIssues = 20;

export const issuesOf = ({ issues }: z.ZodError): ReadonlyArray<ImportIssue> =>
  issues.slice(0, mostIssues).map(({ path: keys, message }) => {
    const path = keys.map((key) => (typeof key === "symbol" ? String(key) : key));
    // A sentence of ours stands for itself; of others it is said of what they speak.
    return { path, message: path.length === 0 || message.endsWith(".") ? message : `${path.join(".")}: ${message}.` };
  });

type JsonObject = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

const hostile: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Whether an object anywhere in it has a key that means something to the language. Of JSON that is not too deep. */
const hasHostileKey = (value: unknown): boolean => {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(hasHostileKey);
  return Object.entries(value).some(([key, inner]) => hostile.has(key) || hasHostileKey(inner));
};

/** JSON of a file from anywhere, or why it is not read. `most`: characters. */
export const parseFileJson = (
  text: string,
  most: number = sceneLimits.characters,
): { readonly ok: true; readonly value: unknown } | Extract<Imported, { ok: false }> => {
  const refuse = (message: string) => ({ ok: false as const, issues: [{ path: [], message }] });
  if (text.length > most) return refuse(`The file is longer than ${most} characters.`);
  if (isTooDeep(text)) return refuse("The file nests too deep.");
  try {
    const value: unknown = JSON.parse(text);
    return hasHostileKey(value) ? refuse("The file has keys that no story has.") : { ok: true, value };
  } catch {
    return refuse("The file is not JSON.");
  }
};

/** Of a scene's body. */
type Upgrade = (old: JsonObject) => JsonObject;
/** How version n of a scene becomes n + 1, from n = 1 on. A landed one is never changed. */
const upgrades: ReadonlyArray<Upgrade> = [];

/** A scene as an earlier version wrote it, as the newest would have. Throws what zod throws where it is none. */
export const upgradedBody = (old: unknown, version: number, steps: ReadonlyArray<Upgrade> = upgrades): SceneBody =>
  SceneBody.parse(isObject(old) ? steps.slice(version - 1).reduce((body, step) => step(body), old) : old);

/** The same of all the scenes of a story. */
export const upgradedStory = (old: unknown, version: number, steps: ReadonlyArray<Upgrade> = upgrades): Story =>
  Story.parse(inStory(old, version, steps));

const inStory = (story: unknown, version: number, steps: ReadonlyArray<Upgrade>): unknown => {
  if (!isObject(story) || !Array.isArray(story["scenes"])) return story;
  const scenes = story["scenes"].map((scene: unknown) => {
    const body: unknown = isObject(scene) ? scene["body"] : undefined;
    return isObject(scene) && isObject(body)
      ? Object.assign({}, scene, { body: steps.slice(version - 1).reduce((old, step) => step(old), body) })
      : scene;
  });
  return { ...story, scenes };
};

/** More than is taken is refused before it is looked at in detail. */
const tooLarge = (file: JsonObject): ImportIssue | undefined => {
  const story = file["story"];
  if ((JSON.stringify(story) ?? "").length > sceneLimits.characters)
    return { path: ["story"], message: `The story is longer than ${sceneLimits.characters} characters.` };
  const scenes = isObject(story) ? story["scenes"] : undefined;
  if (!Array.isArray(scenes)) return undefined;
  if (scenes.length > sceneLimits.scenes)
    return { path: ["story", "scenes"], message: `A story has at most ${sceneLimits.scenes} scenes.` };
  for (const [at, scene] of scenes.entries()) {
    const body: unknown = isObject(scene) ? scene["body"] : undefined;
    for (const part of ["nodes", "edges"] as const) {
      const list = isObject(body) ? body[part] : undefined;
      if (Array.isArray(list) && list.length > sceneLimits[part]) {
        return { path: ["story", "scenes", at, "body", part], message: `A scene has at most ${sceneLimits[part]} ${part}.` };
      }
    }
  }
  return undefined;
};

/** `steps`: how older versions became newer ones. */
export const readStoryFile = (text: string, steps: ReadonlyArray<Upgrade> = upgrades): Imported => {
  const parsed = parseFileJson(text, sceneLimits.file);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  if (!isObject(value) || value["format"] !== "pixsim-story") return refusedImport("This is not a story of PixSim.", ["format"]);
  const { version } = value;
  if (typeof version !== "number" || !Number.isInteger(version) || version < 1)
    return refusedImport("The file has no version.", ["version"]);
  if (version > sceneFormat) {
    return refusedImport(`The file is of version ${version}, made by a newer release; this one reads up to ${sceneFormat}.`, ["version"]);
  }
  const large = tooLarge(value);
  if (large !== undefined) return { ok: false, issues: [large] };
  const read = StoryFile.safeParse({ ...value, version: sceneFormat, story: inStory(value["story"], version, steps) });
  if (!read.success) return { ok: false, issues: issuesOf(read.error) };
  const { title, story, media } = read.data;
  return { ok: true, title, story, media, notes: [] };
};

/** What is shown to players, in the order of its nodes. */
const shownIn = ({ nodes }: SceneBody): ReadonlyArray<SegmentMedia> =>
  nodes.flatMap((node) => {
    if (node.type === "video") return node.segments.map(({ media }) => media);
    return node.type === "generation" && node.fallback.mode === "default" ? [node.fallback.media] : [];
  });

/** Every medium that a scene names: what generations go on from after what is shown. */
export const mediaIn = (body: SceneBody): ReadonlyArray<SegmentMedia> => [
  ...shownIn(body),
  ...body.nodes.flatMap((node) => (node.type === "generation" && node.picture.from === "media" ? [node.picture.media] : [])),
];

const assetsAmong = ({ scenes }: Story, mediaOf: (body: SceneBody) => ReadonlyArray<SegmentMedia>): ReadonlySet<string> =>
  new Set(scenes.flatMap(({ body }) => mediaOf(body).flatMap((media) => (media.kind === "missing" ? [] : [media.assetId]))));

/** The assets that the story names, each once. */
export const assetsIn = (story: Story): ReadonlySet<string> => assetsAmong(story, mediaIn);

/** Those of them that players see. */
export const shownAssetsIn = (story: Story): ReadonlySet<string> => assetsAmong(story, shownIn);

/** The story with each medium and each id of a scene as these say. */
export const renamed = (story: Story, media: (media: SegmentMedia) => SegmentMedia, scene: (id: string) => string): Story => ({
  entry: scene(story.entry),
  scenes: story.scenes.map(({ id, title, body }) => ({
    id: scene(id),
    title,
    body: {
      ...body,
      nodes: body.nodes.map((node) => {
        if (node.type === "video")
          return { ...node, segments: node.segments.map((segment) => ({ ...segment, media: media(segment.media) })) };
        if (node.type === "scene_call") return { ...node, scene: node.scene === null ? null : scene(node.scene) };
        if (node.type !== "generation") return node;
        const { fallback, picture } = node;
        return {
          ...node,
          fallback: fallback.mode === "default" ? { ...fallback, media: media(fallback.media) } : fallback,
          picture: picture.from === "media" ? { ...picture, media: media(picture.media) } : picture,
        };
      }),
    },
  })),
});

/** The media of a file as somebody's assets, by their hashes; what they do not have is marked as missing. */
export const mediaOfFile = (
  media: StoryFile["media"],
  assetOf: (sha256: string) => string | undefined,
): ((media: SegmentMedia) => SegmentMedia) => {
  const hashes = new Map(media.map(({ assetId, sha256 }) => [assetId, sha256]));
  return (one) => {
    const sha256 = one.kind === "missing" ? one.sha256 : hashes.get(one.assetId);
    // An asset of which the file does not say what it is: nobody can have it.
    if (sha256 === undefined) return { kind: "missing", sha256: "0".repeat(64), ...timesOf(one) };
    const assetId = assetOf(sha256);
    if (assetId === undefined) return { kind: "missing", sha256, ...timesOf(one) };
    const { startMs, endMs, durationMs } = timesOf(one);
    if (durationMs !== null) return { kind: "still", assetId, durationMs };
    return startMs === null || endMs === null ? { kind: "asset", assetId } : { kind: "clip", assetId, startMs, endMs };
  };
};

type Times = Pick<Extract<SegmentMedia, { kind: "missing" }>, "startMs" | "endMs" | "durationMs">;

const timesOf = (media: SegmentMedia): Times => {
  switch (media.kind) {
    case "asset":
      return { startMs: null, endMs: null, durationMs: null };
    case "clip":
      return { startMs: media.startMs, endMs: media.endMs, durationMs: null };
    case "still":
      return { startMs: null, endMs: null, durationMs: media.durationMs };
    case "missing":
      return { startMs: media.startMs, endMs: media.endMs, durationMs: media.durationMs };
  }
};
