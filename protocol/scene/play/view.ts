// What one player sees of a state, in a language: enough to draw the screen after a reload, on a second device, for who watches. Pure.
import type { RelationshipTier } from "../rule.ts";
import type { MiniGame, SceneNode, Segment, SegmentMedia, Story } from "../scene.ts";
import type { Texts } from "../value.ts";
import { type Program, programOf, waysOf } from "./program.ts";
import { Run, tierOf } from "./run.ts";
import type { Ending, Playing, PlayState, QuestState } from "./state.ts";
import { namesInText, textIn } from "./text.ts";

export type ViewedMedia =
  /** `subtitles`: a WebVTT file in the language of the view, or empty. */
  (SegmentMedia & { readonly subtitles: string }) | { readonly kind: "placeholder"; readonly text: string };

export interface PlayView {
  readonly turn: number;
  readonly scene: string;
  readonly node: string;
  readonly media: ReadonlyArray<ViewedMedia>;
  /** The last of them goes round between these, ms. */
  readonly loop: { readonly startMs: number; readonly endMs: number } | null;
  readonly caption: string;
  readonly prompt: string;
  readonly choices: ReadonlyArray<{ readonly edge: string; readonly text: string; readonly open: boolean; readonly chosen: boolean }>;
  /** From the beginning of the clip; null: at its end. */
  readonly showAtMs: number | null;
  readonly timeoutMs: number | null;
  readonly game: { readonly game: MiniGame; readonly seed: number; readonly needed: number; readonly skippable: boolean } | null;
  readonly waitsForGeneration: boolean;
  readonly ending: Ending | null;
  /** Of the ending; empty: it has none but its name. */
  readonly heading: string;
  /** All that the story has, hidden ones too, and whether this playthrough has come to them. */
  readonly achievements: ReadonlyArray<{
    readonly name: string;
    readonly title: string;
    readonly hidden: boolean;
    readonly achieved: boolean;
  }>;
  readonly hud: {
    readonly items: ReadonlyArray<{ readonly name: string; readonly title: string; readonly quantity: number }>;
    readonly quests: ReadonlyArray<QuestState & { readonly name: string; readonly title: string }>;
    readonly relationships: ReadonlyArray<{ readonly name: string; readonly title: string; readonly tier: RelationshipTier }>;
    readonly minutes: number | null;
  };
}

/** Undefined: the state is not one of this story. */
export const viewPlay = (story: Story, state: PlayState, language: string): PlayView | undefined => {
  const program = programOf(story);
  const frame = state.frames.at(-1);
  const scene = frame === undefined ? undefined : program.scenes.get(frame.scene);
  const node = frame === undefined ? undefined : scene?.nodes.get(frame.node);
  if (scene === undefined || node === undefined) return undefined;
  const run = new Run(program, state);
  const inLanguage = (texts: Texts): string => textIn(texts, language, scene.body.language);
  const say = (texts: Texts): string => run.text(inLanguage(texts));
  const { waiting } = state;
  const { choices: edges } = waysOf(scene, node.id);
  const choices = waiting.for === "media" || waiting.for === "choice" ? waiting.choices : [];
  const offer = node.type === "video" || node.type === "choice" ? node.offer : null;
  const { hud } = scene.body;
  return {
    turn: state.turn,
    scene: scene.id,
    node: node.id,
    media: waiting.for === "media" ? waiting.playing.flatMap((one) => viewedMedia(program, scene.id, node, one, say, inLanguage)) : [],
    loop:
      node.type === "video" && node.playback.mode === "loopSegment" && choices.some(({ open }) => open)
        ? { startMs: node.playback.startMs, endMs: node.playback.endMs }
        : null,
    caption: node.type === "video" ? say(node.caption) : node.type === "end" ? say(node.text) : "",
    prompt: choices.length === 0 || offer === null ? "" : say(offer.prompt),
    choices: choices.map(({ edge, open }) => ({
      edge,
      text: say(edges.find(({ id }) => id === edge)?.text ?? {}),
      open,
      chosen: waiting.for === "media" && waiting.pending === edge,
    })),
    showAtMs: offer?.showAtMs ?? null,
    timeoutMs: choices.some(({ open }) => open) ? (offer?.timeoutMs ?? null) : null,
    game:
      waiting.for === "minigame" && node.type === "minigame"
        ? { game: node.game, seed: waiting.seed, needed: node.needed, skippable: node.skip !== null }
        : null,
    waitsForGeneration: waiting.for === "generation",
    ending: waiting.for === "nothing" ? waiting.ending : null,
    heading: node.type === "end" ? say(node.heading) : "",
    achievements: (program.entry?.body.achievements ?? []).map(({ name, title, hidden }) => ({
      name,
      title: textIn(title, language, program.entry?.body.language ?? language),
      hidden,
      achieved: Object.hasOwn(state.achieved ?? {}, name),
    })),
    hud: {
      items: hud.items
        ? scene.body.items.flatMap(({ name, title }) => {
            const quantity = run.value({ from: "item", name });
            return typeof quantity === "number" && quantity > 0 ? [{ name, title: say(title), quantity }] : [];
          })
        : [],
      quests: hud.quests
        ? scene.body.quests.flatMap(({ name, title, hidden }) => {
            const quest = run.quest(name)!;
            return hidden && quest.status === "unknown" ? [] : [{ name, title: say(title), ...quest }];
          })
        : [],
      relationships: hud.relationships
        ? scene.body.characters.map(({ name, title }) => ({ name, title: say(title), tier: tierOf(run.relationship(name)!) }))
        : [],
      minutes: hud.time ? state.minutes : null,
    },
  };
};

/** What an ending is called where there is no state any more; empty: nothing but its name says it. */
export const headingOf = ({ scenes }: Story, ending: string, language: string): string => {
  for (const { body } of scenes) {
    const node = body.nodes.find((one) => one.type === "end" && one.ending === ending);
    if (node?.type !== "end") continue;
    const heading = textIn(node.heading, language, body.language);
    // Values of variables are not known here.
    return heading.search(namesInText) === -1 ? heading : "";
  }
  return "";
};

/** Undefined for what is not media, and for a generated asset, which no node names. */
export const mediaOf = ({ scenes }: Program, scene: string, id: string, playing: Playing): SegmentMedia | undefined => {
  const node = scenes.get(scene)?.nodes.get(id);
  switch (playing.kind) {
    case "segment":
      return segmentOf(node, playing.id)?.media;
    case "fallback":
      return node?.type === "generation" && node.fallback.mode === "default" ? node.fallback.media : undefined;
    case "generated":
    case "placeholder":
      return undefined;
  }
};

const segmentOf = (node: SceneNode | undefined, id: string): Segment | undefined =>
  node?.type === "video" ? node.segments.find((segment) => segment.id === id) : undefined;

const viewedMedia = (
  program: Program,
  scene: string,
  node: SceneNode,
  playing: Playing,
  say: (texts: Texts) => string,
  inLanguage: (texts: Texts) => string,
): ReadonlyArray<ViewedMedia> => {
  if (playing.kind === "generated") return [{ kind: "asset", assetId: playing.assetId, subtitles: "" }];
  if (playing.kind === "placeholder") {
    return node.type === "generation" && node.fallback.mode === "placeholder"
      ? [{ kind: "placeholder", text: say(node.fallback.text) }]
      : [];
  }
  const media = mediaOf(program, scene, node.id, playing);
  const { subtitles = {} } = playing.kind === "segment" ? (segmentOf(node, playing.id) ?? {}) : {};
  return media === undefined ? [] : [{ ...media, subtitles: inLanguage(subtitles) }];
};
