// What is wrong with the scenes of a story together: calls that never come back, and names that mean one thing here and another there. Pure.
import type { Program, SceneProgram } from "../play/program.ts";
import type { SceneNode } from "../scene.ts";
import { endsIn } from "./flow.ts";
import { type Graph, reachedFrom } from "./graph.ts";
import type { Tell } from "./problem.ts";

/** What can come of scenes, in them and in all that they call. */
export interface Finishing {
  /** Those that can come to an end, or that go round by themselves: which is told of where they do. */
  readonly finishes: ReadonlySet<string>;
  /** Those in which the story can end, whoever has called them. */
  readonly ends: ReadonlySet<string>;
}

/**
 * A call can only be passed once what it calls can return: the least such sets, grown until nothing is added. Of circles of calls without a
 * way out none is in them. `hidden`: scenes that cannot be seen, in which the story may end for all that is known.
 */
export const finishingOf = ({ scenes }: Program, hidden: ReadonlySet<string>): Finishing => {
  const [returns, ends] = [new Set<string>(), new Set(hidden)];
  const passable = (node: SceneNode): boolean => {
    if (node.type !== "scene_call" || node.scene === null) return true;
    const callee = scenes.get(node.scene);
    return callee === undefined || callee.body.start === null || returns.has(callee.id);
  };
  let grown = true;
  const grow = (found: Set<string>, id: string): void => {
    grown ||= !found.has(id);
    found.add(id);
  };
  while (grown) {
    grown = false;
    for (const scene of scenes.values()) {
      if (scene.body.start === null || (returns.has(scene.id) && ends.has(scene.id))) continue;
      const next: Graph = nextOf(scene, passable);
      for (const id of reachedFrom([scene.body.start], next)) {
        const node = scene.nodes.get(id)!;
        const stops = passable(node) && (next.get(id) ?? []).length === 0;
        if (node.type === "return") grow(returns, scene.id);
        else if (stops || endsIn(node, ends)) grow(ends, scene.id);
      }
    }
  }
  const finishes = new Set([...returns, ...ends]);
  for (const scene of scenes.values()) {
    if (scene.body.start === null || finishes.has(scene.id)) continue;
    const around = reachedFrom([scene.body.start], nextOf(scene, passable));
    if ([...around].every((id) => passable(scene.nodes.get(id)!))) finishes.add(scene.id);
  }
  return { finishes, ends };
};

const nextOf = (scene: SceneProgram, passable: (node: SceneNode) => boolean): Graph => {
  const next = new Map<string, Array<string>>();
  for (const { from, to } of scene.body.edges) {
    const node = scene.nodes.get(from);
    if (node === undefined || !passable(node)) continue;
    const known = next.get(from);
    if (known === undefined) next.set(from, [to]);
    else known.push(to);
  }
  return next;
};

/** What belongs to the whole playthrough means the same in all scenes that declare it. */
export const checkDeclarations = ({ scenes }: Program, tellOf: (scene: SceneProgram) => Tell): void => {
  const known = new Map<string, { readonly text: string; readonly title: string }>();
  for (const scene of scenes.values()) {
    const { title, body } = scene;
    const declared: ReadonlyArray<readonly [what: string, name: string, meaning: unknown]> = [
      ...body.variables.flatMap(({ name, scope, type }) => (scope === "session" ? [["variable", name, type] as const] : [])),
      ...body.flags.map(({ name, initial }) => ["flag", name, initial] as const),
      ...body.counters.map(({ name, initial }) => ["counter", name, initial] as const),
      ...body.items.map(({ name, initial }) => ["item", name, initial] as const),
      ...body.characters.map(
        ({ name, affinity, trust, chemistry, tension }) => ["character", name, [affinity, trust, chemistry, tension]] as const,
      ),
      ...body.quests.map(({ name, objectives }) => ["quest", name, objectives.map((one) => [one.name, one.target, one.optional])] as const),
    ];
    for (const [what, name, meaning] of declared) {
      const text = JSON.stringify(meaning);
      const first = known.get(`${what} ${name}`);
      if (first === undefined) known.set(`${what} ${name}`, { text, title });
      else if (first.text !== text) {
        tellOf(scene)("declared_differently", {}, `The ${what} ${name} is declared otherwise in ${first.title}.`);
      }
    }
  }
};
