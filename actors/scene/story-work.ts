// What takes long of a long story: reading, checking and writing it. Stories come and go as JSON, which is copied between threads in no time.
// Pure: of long stories it is done in a thread, which loads nothing but this.
import type { CallArgs } from "#protocol/contract.ts";
import { checkStory, type KnownAsset } from "#protocol/scene/check/check.ts";
import type { Problem } from "#protocol/scene/check/problem.ts";
import {
  assetsIn,
  type Imported,
  mediaIn,
  mediaOfFile,
  readStoryFile,
  renamed,
  upgradedBody,
  upgradedStory,
} from "#protocol/scene/file.ts";
import type { StoryFile } from "#protocol/scene/file.ts";
import { importInk } from "#protocol/scene/import/ink.ts";
import { importTwee } from "#protocol/scene/import/twee.ts";
import type { SceneBody, Story } from "#protocol/scene/scene.ts";

/** A scene with its body as JSON. */
interface SceneText {
  readonly id: string;
  readonly title: string;
  readonly body: string;
}
export interface StoredScene extends SceneText {
  readonly format: number;
}
/** As this release writes it. */
export interface ReadScene extends SceneText {
  /** Ids, each once. */
  readonly calls: ReadonlyArray<string>;
  readonly assets: ReadonlyArray<string>;
}
export interface NewScene extends SceneText {
  readonly nodes: number;
  readonly edges: number;
  readonly assets: ReadonlyArray<string>;
}

export const assetsOf = (body: SceneBody): ReadonlyArray<string> => [
  ...new Set(mediaIn(body).flatMap((media) => (media.kind === "missing" ? [] : [media.assetId]))),
];
const callsOf = ({ nodes }: SceneBody): ReadonlyArray<string> => [
  ...new Set(nodes.flatMap((node) => (node.type === "scene_call" && node.scene !== null ? [node.scene] : []))),
];

/** Drafts as they are stored, as this release understands them. Throws what zod throws where one is none. */
export const readScenes = (rows: ReadonlyArray<StoredScene>): ReadonlyArray<ReadScene> =>
  rows.map(({ id, title, format, body: text }) => {
    const body = upgradedBody(JSON.parse(text), format);
    return { id, title, body: JSON.stringify(body), calls: callsOf(body), assets: assetsOf(body) };
  });

export const sceneText = ({ id, title, body }: SceneText): string =>
  `{"id":${JSON.stringify(id)},"title":${JSON.stringify(title)},"body":${body}}`;

export const storyText = (entry: string, scenes: ReadonlyArray<string>): string =>
  `{"entry":${JSON.stringify(entry)},"scenes":[${scenes.join(",")}]}`;

/** The same of a version: its story as JSON. */
export const readVersion = ({ format, story: text }: { readonly format: number; readonly story: string }) => {
  const story = upgradedStory(JSON.parse(text), format);
  return { story: JSON.stringify(story), ids: story.scenes.map(({ id }) => id), assets: [...assetsIn(story)] };
};

/** `story`: JSON as the above made it. `assets`: what the library has of those that it names. */
export const checkText = (of: {
  readonly story: string;
  readonly assets: ReadonlyArray<readonly [id: string, asset: KnownAsset]>;
  readonly hidden: ReadonlyArray<string>;
}): ReadonlyArray<Problem> => checkStory(JSON.parse(of.story) as Story, new Map(of.assets), new Set(of.hidden));

/** A file as it is to be read: `language` and `untitled` where it does not say. */
export interface FileToRead extends Pick<CallArgs<"scenes.import">, "source" | "language" | "untitled"> {
  readonly text: string;
}

const importOf = ({ source, text, language, untitled }: FileToRead): Imported => {
  switch (source) {
    case "pixsim":
      return readStoryFile(text);
    case "twee":
      return importTwee(text, language, untitled);
    case "ink":
      return importInk(text, language, untitled);
  }
};

/** A story of a file in whichever of the formats, with the ids of its scenes. */
export const readFile = (file: FileToRead) => {
  const read = importOf(file);
  if (!read.ok) return read;
  const { story, media, notes } = read;
  return { ok: true as const, story: JSON.stringify(story), ids: story.scenes.map(({ id }) => id), media, notes };
};

/** The scenes of a story that was read, as they are to be stored: with these ids in place of the file's, and assets by their hashes. */
export const placeScenes = (of: {
  readonly story: string;
  readonly media: StoryFile["media"];
  readonly ids: ReadonlyArray<readonly [id: string, now: string]>;
  readonly assets: ReadonlyArray<readonly [sha256: string, id: string]>;
}): { readonly entry: string; readonly scenes: ReadonlyArray<NewScene> } => {
  const ids = new Map(of.ids);
  const assets = new Map(of.assets);
  const media = mediaOfFile(of.media, (sha256) => assets.get(sha256));
  const story = renamed(JSON.parse(of.story) as Story, media, (id) => ids.get(id) ?? id);
  return { entry: story.entry, scenes: story.scenes.map(({ id, title, body }) => newScene(id, title, body)) };
};

export const newScene = (id: string, title: string, body: SceneBody): NewScene => ({
  id,
  title,
  body: JSON.stringify(body),
  nodes: body.nodes.length,
  edges: body.edges.length,
  assets: assetsOf(body),
});
