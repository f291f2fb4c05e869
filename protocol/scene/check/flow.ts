// Where a scene leads: what nothing leads to, where it stops, and where it goes round without an end or without waiting. Pure.
import { type Program, type SceneProgram, waysOf } from "../play/program.ts";
import { isSaid } from "../play/text.ts";
import type { NodeOf, SceneNode } from "../scene.ts";
import { circlesIn, type Graph, reachedFrom, reversed } from "./graph.ts";
import type { Verdict } from "./possible.ts";
import type { Tell } from "./problem.ts";

const isEnding = ({ type }: SceneNode): boolean => type === "end" || type === "return";

/** Whether the story can end there. `ends`: the scenes in which it can. */
export const endsIn = (node: SceneNode, ends: ReadonlySet<string>): boolean =>
  node.type === "end" || (node.type === "scene_call" && node.scene !== null && ends.has(node.scene));

/** Whether a play waits there for somebody or something, whatever the state. */
const waits = (scene: SceneProgram, node: SceneNode): boolean => {
  switch (node.type) {
    case "video":
      return node.segments.length > 0 || isSaid(node.caption) || waysOf(scene, node.id).choices.length > 0;
    case "choice":
      return waysOf(scene, node.id).choices.length > 0;
    case "generation":
    case "minigame":
    case "end":
    case "return":
      return true;
    // What is called may wait: only circles of calls do not, which are told of by themselves.
    case "scene_call":
      return true;
    case "action":
    case "condition":
    case "group":
      return false;
  }
};

export interface Flow {
  readonly scene: SceneProgram;
  readonly program: Program;
  readonly tell: Tell;
  /** Scenes in which the story can end. */
  readonly ends: ReadonlySet<string>;
  /** Scenes that are there and cannot be seen. */
  readonly hidden: ReadonlySet<string>;
}

/** `verdicts`: of the conditions of edges that have one. */
export const checkFlow = (flow: Flow, verdicts: ReadonlyMap<string, Verdict>): void => {
  const { scene, tell, ends } = flow;
  const { body } = scene;
  const start = body.start!;
  if (scene.nodes.get(start)?.type === "group") return tell("no_start", { node: start }, "A scene does not begin with a group.");

  const next = new Map<string, Array<string>>(body.nodes.map(({ id }) => [id, []]));
  for (const node of body.nodes) {
    const ways = waysOf(scene, node.id);
    let closed = false;
    for (const edge of [...ways.conditional, ...(ways.otherwise === null ? [] : [ways.otherwise])]) {
      const verdict = edge.kind === "conditional" ? verdicts.get(edge.id) : "always";
      if (closed) tell("never_taken", { edge: edge.id }, "An edge before this one is always taken.");
      else if (verdict === "never") tell("never_taken", { edge: edge.id }, "The condition never holds.");
      else next.get(node.id)!.push(edge.to);
      closed ||= verdict === "always";
    }
    for (const edge of ways.choices) {
      if (verdicts.get(edge.id) === "never") tell("never_open", { edge: edge.id }, "The choice is never open: its condition never holds.");
      else next.get(node.id)!.push(edge.to);
    }
    for (const edge of [...ways.returns.values(), ...ways.outcomes.values()]) next.get(node.id)!.push(edge.to);
  }

  const reached = reachedFrom([start], next);
  const ledTo = new Set(body.edges.map(({ to }) => to));
  for (const node of body.nodes) {
    if (node.type === "group") continue;
    if (!reached.has(node.id))
      tell("unreachable", { node: node.id }, ledTo.has(node.id) ? "No way that leads here is ever taken." : "Nothing leads here.");
    else checkWays(flow, node, verdicts);
  }

  const endings = body.nodes.filter((node) => isEnding(node) || endsIn(node, ends) || next.get(node.id)!.length === 0).map(({ id }) => id);
  const leading = reachedFrom(endings, reversed(next));
  const caught = [...reached].filter((id) => !leading.has(id));
  // Told once for each round in which one is caught, not for all that leads into it.
  const among: Graph = new Map(caught.map((id) => [id, next.get(id) ?? []]));
  for (const circle of circlesIn(caught, among)) {
    const inside = new Set(circle);
    if (circle.some((id) => next.get(id)!.some((to) => !inside.has(to)))) continue;
    tell(
      "no_exit",
      { node: circle[0]! },
      `${circle.length === 1 ? "The node leads only to itself" : `These ${circle.length} nodes lead only to one another`}: the story never ends from here.`,
    );
  }

  const hurried: Graph = new Map(
    body.nodes
      .filter((node) => reached.has(node.id) && !waits(scene, node))
      .map(({ id }) => [id, next.get(id)!.filter((to) => !waits(scene, scene.nodes.get(to)!))] as const),
  );
  for (const circle of circlesIn(hurried.keys(), hurried)) {
    const inside = new Set(circle);
    const always = circle.every((id) => next.get(id)!.every((to) => inside.has(to)));
    const message = "The story goes round here without waiting for anything";
    if (always) tell("never_waits", { node: circle[0]! }, `${message}, and never stops.`);
    else tell("may_not_wait", { node: circle[0]! }, `${message}: make sure that a condition leads out.`);
  }
};

/** Whether the play is known to come back from what is called: it does by its return points only, and of a hidden scene they are not known. */
const mayReturn = (node: NodeOf<"scene_call">, { scenes }: Program, hidden: ReadonlySet<string>): boolean => {
  if (node.scene === null || hidden.has(node.scene)) return node.scene === null;
  return scenes.get(node.scene)?.body.returnPoints.length !== 0;
};

/** Whether something always leads on from a node. */
const checkWays = ({ scene, program, tell, hidden }: Flow, node: SceneNode, verdicts: ReadonlyMap<string, Verdict>): void => {
  if (isEnding(node) || node.type === "group") return;
  const at = { node: node.id };
  const { choices, conditional, otherwise, returns, outcomes } = waysOf(scene, node.id);
  if (otherwise !== null || conditional.some(({ id }) => verdicts.get(id) === "always")) return;
  const ways = choices.length + conditional.length + returns.size + outcomes.size;
  if (ways === 0 && node.type === "scene_call" && !mayReturn(node, program, hidden)) return;
  if (ways === 0) return tell("dead_end", at, "Nothing leads on from here. End the scene with an end or a return.");
  switch (node.type) {
    case "scene_call": {
      const points = node.scene === null ? undefined : program.scenes.get(node.scene)?.body.returnPoints;
      const lost = (points ?? []).filter(({ name }) => !returns.has(name)).map(({ name }) => name);
      if (lost.length > 0) tell("point_not_followed", at, `Nothing leads on when the scene returns by ${lost.join(", ")}.`);
      return;
    }
    case "minigame": {
      const lost = (["passed", "failed"] as const).filter((outcome) => !outcomes.has(outcome));
      if (lost.length > 0) tell("may_dead_end", at, `Nothing leads on when the game is ${lost.join(" or ")}.`);
      return;
    }
    case "video":
    case "choice": {
      const sure = choices.some(({ id, condition, once }) => !once && (condition === null || verdicts.get(id) === "always"));
      if (!sure) tell("may_dead_end", at, "It may be that no choice is open, and then nothing leads on. Add a default edge.");
      return;
    }
    case "action":
    case "condition":
    case "generation":
      return tell("may_dead_end", at, "It may be that no condition holds, and then nothing leads on. Add a default edge.");
  }
};
