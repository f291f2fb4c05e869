// Which picture stands for a place at which nothing is played: that of its clip, or of the one that was seen last before it. Pure.
import { programOf, type SceneProgram } from "#protocol/scene/play/program.ts";
import type { PlayState } from "#protocol/scene/play/state.ts";
import { viewPlay } from "#protocol/scene/play/view.ts";
import type { SegmentMedia, Story } from "#protocol/scene/scene.ts";

export interface Still {
  readonly assetId: string;
  readonly at: "start" | "end";
}

/** Undefined: no clip is near. */
export const stillOf = (story: Story, state: PlayState): Still | undefined => {
  const playing = viewPlay(story, state, "en")?.media.find(
    (media) => media.kind === "asset" || media.kind === "clip" || media.kind === "still",
  );
  if (playing !== undefined) return { assetId: playing.assetId, at: "start" };
  for (const { scene, node } of state.frames.toReversed()) {
    const program = programOf(story).scenes.get(scene);
    const assetId = program === undefined ? undefined : lastBefore(program, node);
    if (assetId !== undefined) return { assetId, at: "end" };
  }
  return undefined;
};

/** Of the node, or of the nearest one that leads to it. */
const lastBefore = (scene: SceneProgram, node: string): string | undefined => {
  const near = new Set([node]);
  for (const id of near) {
    const one = scene.nodes.get(id);
    const media = one?.type === "video" ? one.segments.flatMap((segment) => assetOf(segment.media)).at(-1) : undefined;
    if (media !== undefined) return media;
    for (const { from, to } of scene.body.edges) if (to === id) near.add(from);
  }
  return undefined;
};

const assetOf = (media: SegmentMedia): ReadonlyArray<string> => (media.kind === "missing" ? [] : [media.assetId]);
