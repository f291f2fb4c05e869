// New nodes and edges as they come onto the canvas, and the words for their kinds. Pure but for the ids, which are random.
import type { MediaType } from "#protocol/asset.ts";
import { SceneEdge, SceneNode, type SegmentMedia } from "#protocol/scene/scene.ts";
import { newKey } from "#protocol/client/key.ts";
import type { SceneGraph } from "./graph.ts";

export const nodeTypes = [
  "video",
  "choice",
  "action",
  "condition",
  "minigame",
  "generation",
  "scene_call",
  "return",
  "end",
  "group",
] as const satisfies ReadonlyArray<SceneNode["type"]>;

export const typeTitles: Readonly<Record<SceneNode["type"], string>> = {
  video: "Video",
  choice: "Choice",
  action: "Action",
  condition: "Condition",
  minigame: "Mini-game",
  generation: "Generation",
  scene_call: "Scene call",
  return: "Return",
  end: "Ending",
  group: "Group",
};

export const newId = (): string => newKey().slice(0, 12);

/** What its kind needs beyond defaults. */
const needed = (type: SceneNode["type"]): object => {
  switch (type) {
    case "end":
      return { ending: "ending" };
    case "return":
      return { point: "done" };
    case "generation":
      return { strategy: "per_playthrough", fallback: { mode: "skip" } };
    case "minigame":
      return { game: { game: "reflex", targets: 5, windowMs: 1500 } };
    case "video":
    case "choice":
    case "action":
    case "condition":
    case "scene_call":
    case "group":
      return {};
  }
};

export const newNode = (type: SceneNode["type"], at: { readonly x: number; readonly y: number }): SceneNode =>
  SceneNode.parse({ id: newId(), type, x: at.x, y: at.y, ...needed(type) });

/** For how long a picture is shown at first, ms. */
const shownAtFirst = 4000;

/** As a whole. */
export const mediaOf = ({ id, mediaType }: { readonly id: string; readonly mediaType: MediaType }): SegmentMedia =>
  mediaType === "image" ? { kind: "still", assetId: id, durationMs: shownAtFirst } : { kind: "asset", assetId: id };

export const segmentOf = (media: SegmentMedia) => ({ id: newId(), media, tags: [], subtitles: {} });

/** Kinds of edges that may lead away from a node of this type; the first is what a new one is. */
export const kindsFrom = (type: SceneNode["type"]): ReadonlyArray<SceneEdge["kind"]> => {
  switch (type) {
    case "video":
    case "choice":
      return ["choice", "default", "conditional"];
    case "minigame":
      return ["outcome", "default", "conditional"];
    case "scene_call":
      return ["return", "default", "conditional"];
    case "condition":
      return ["conditional", "default"];
    case "action":
    case "generation":
      return ["default", "conditional"];
    case "end":
    case "return":
    case "group":
      return [];
  }
};

const outcomes = ["passed", "failed", "detected"] as const;

/** One that leads on from a node, of the kind that is wanted there most; null where nothing leads away, or to. */
export const newEdge = (graph: SceneGraph, from: string, to: string): SceneEdge | null => {
  const [start, end] = [graph.nodes.get(from), graph.nodes.get(to)];
  if (start === undefined || end === undefined || end.type === "group") return null;
  const [first] = kindsFrom(start.type);
  if (first === undefined) return null;
  const others = graph.from.get(from) ?? [];
  // A clip that only goes on to another needs no choice: the second edge makes it one.
  const kind = first === "choice" && start.type === "video" && others.length === 0 ? "default" : first;
  const taken = new Set(others.flatMap((edge) => (edge.kind === "outcome" ? [edge.outcome] : [])));
  const order = Math.max(-1, ...others.map((edge) => edge.order)) + 1;
  return edgeOfKind({ id: newId(), from, to, order }, kind, outcomes.find((outcome) => !taken.has(outcome)) ?? "passed");
};

/** What an edge of this kind needs beyond its ends. */
export const edgeOfKind = (
  between: {
    readonly id: string;
    readonly from: string;
    readonly to: string;
    readonly order: number;
    readonly effects?: SceneEdge["effects"];
  },
  kind: SceneEdge["kind"],
  outcome: (typeof outcomes)[number] = "passed",
): SceneEdge => {
  const more: Readonly<Record<SceneEdge["kind"], object>> = {
    default: {},
    conditional: { condition: { kind: "constant", value: true } },
    choice: {},
    return: { point: "done" },
    outcome: { outcome },
  };
  return SceneEdge.parse({ ...between, kind, ...more[kind] });
};
