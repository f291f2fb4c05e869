// What nodes and edges are called on the canvas, in lists and aloud. Pure.
import { textIn } from "#protocol/scene/play/text.ts";
import type { MiniGame, NodeOf, SceneEdge, SceneNode } from "#protocol/scene/scene.ts";
import type { Texts } from "#protocol/scene/value.ts";
import { formatCount } from "#web/ui/format.ts";
import type { SceneGraph } from "./graph.ts";
import { typeTitles } from "./make.ts";

export const gameTitles: Readonly<Record<MiniGame["game"], string>> = {
  reflex: "Reflex",
  timingBar: "Timing bar",
  sequenceMemory: "Sequence memory",
  chance: "Chance",
  gizmo: "Gizmo",
};

export const kindTitles: Readonly<Record<SceneEdge["kind"], string>> = {
  default: "Otherwise",
  conditional: "If",
  choice: "Choice",
  return: "Returned",
  outcome: "Outcome",
};

const said = ({ body }: SceneGraph, texts: Texts): string => textIn(texts, body.language, body.language);

const pieceWord = ({ segments }: NodeOf<"video">): string => {
  const stills = segments.filter(({ media }) => media.kind === "still").length;
  if (stills === 0) return "clip";
  return stills === segments.length ? "picture" : "piece";
};

/** In a few words what it does; empty where there is nothing to say yet. */
export const summaryOf = (graph: SceneGraph, node: SceneNode): string => {
  switch (node.type) {
    case "video":
      return (
        said(graph, node.caption) ||
        said(graph, node.offer.prompt) ||
        (node.segments.length === 0 ? "" : formatCount(node.segments.length, pieceWord(node)))
      );
    case "choice":
      return said(graph, node.offer.prompt);
    case "action":
      return node.effects.length === 0 ? "" : formatCount(node.effects.length, "effect");
    case "condition":
      return formatCount(graph.from.get(node.id)?.length ?? 0, "way");
    case "end":
      return said(graph, node.heading) || said(graph, node.text) || node.ending;
    case "scene_call":
      return node.scene === null ? "No scene chosen" : "Another scene";
    case "return":
      return node.point;
    case "generation":
      return node.prompt;
    case "minigame":
      return gameTitles[node.game.game];
    case "group":
      return "";
  }
};

/** Its title, or what stands for it. */
export const nameOf = (graph: SceneGraph, node: SceneNode): string => node.title || summaryOf(graph, node) || typeTitles[node.type];

/** Aloud: type, name, and how it stands in the graph. */
export const labelOf = (graph: SceneGraph, node: SceneNode, problems: number): string =>
  [
    `${typeTitles[node.type]} ${nameOf(graph, node)}`,
    ...(graph.body.start === node.id ? ["the start"] : []),
    ...(node.type === "group" ? [] : [formatCount(graph.from.get(node.id)?.length ?? 0, "way on", "ways on")]),
    ...(problems > 0 ? [formatCount(problems, "problem")] : []),
  ].join(", ");

/** What stands on an edge. */
export const edgeWords = (graph: SceneGraph, edge: SceneEdge): string => {
  switch (edge.kind) {
    case "choice":
      return said(graph, edge.text) || "…";
    case "return":
      return edge.point;
    case "outcome":
      return edge.outcome;
    case "conditional":
      return "if";
    case "default":
      return "";
  }
};

/** Where it leads, for lists. */
export const edgeLabel = (graph: SceneGraph, edge: SceneEdge): string => {
  const to = graph.nodes.get(edge.to);
  const words = edgeWords(graph, edge);
  return `${kindTitles[edge.kind]}${words === "" || edge.kind === "conditional" ? "" : ` “${words}”`} to ${to === undefined ? "nothing" : nameOf(graph, to)}`;
};
