// A story made ready to be played: everything by its name. Made once for a story, and kept as long as that is. Pure.
import { type Condition, termsOf } from "../rule.ts";
import type { EdgeOf, MiniGameOutcome, Quest, SceneBody, SceneHead, SceneNode, Story, StoryScene } from "../scene.ts";
import type { ValueType } from "../value.ts";

/** What leads away from a node, in its order. */
export interface Ways {
  readonly choices: ReadonlyArray<EdgeOf<"choice">>;
  readonly conditional: ReadonlyArray<EdgeOf<"conditional">>;
  readonly otherwise: EdgeOf<"default"> | null;
  readonly returns: ReadonlyMap<string, EdgeOf<"return">>;
  readonly outcomes: ReadonlyMap<MiniGameOutcome, EdgeOf<"outcome">>;
}

export interface SceneProgram {
  readonly id: string;
  readonly title: string;
  readonly body: SceneBody;
  readonly nodes: ReadonlyMap<string, SceneNode>;
  readonly ways: ReadonlyMap<string, Ways>;
  /** Nodes of which something asks how often they were come to: of the others it is not counted, so that a state stays small. */
  readonly counted: ReadonlySet<string>;
  /** Parameters too: those are of the scope `scene`. */
  readonly variables: ReadonlyMap<string, { readonly scope: "scene" | "session"; readonly type: ValueType }>;
  readonly flags: ReadonlyMap<string, SceneHead["flags"][number]>;
  readonly counters: ReadonlyMap<string, SceneHead["counters"][number]>;
  readonly items: ReadonlyMap<string, SceneHead["items"][number]>;
  readonly characters: ReadonlyMap<string, SceneHead["characters"][number]>;
  readonly quests: ReadonlyMap<string, Quest>;
  readonly points: ReadonlyMap<string, SceneHead["returnPoints"][number]>;
}

export interface Program {
  readonly entry: SceneProgram | undefined;
  readonly scenes: ReadonlyMap<string, SceneProgram>;
  /** Some generation goes on from what was seen last: in other stories that is not kept, so that a state stays small. */
  readonly looksBack: boolean;
}

const nowhere: Ways = { choices: [], conditional: [], otherwise: null, returns: new Map(), outcomes: new Map() };

export const waysOf = (scene: SceneProgram, node: string): Ways => scene.ways.get(node) ?? nowhere;

const byName = <T extends { readonly name: string }>(list: ReadonlyArray<T>): ReadonlyMap<string, T> =>
  new Map(list.map((one) => [one.name, one]));

const waysIn = ({ edges }: SceneBody): ReadonlyMap<string, Ways> => {
  const ways = new Map<string, { -readonly [K in keyof Ways]: Ways[K] extends ReadonlyArray<infer T> ? Array<T> : Ways[K] }>();
  const returns = new Map<string, Map<string, EdgeOf<"return">>>();
  const outcomes = new Map<string, Map<MiniGameOutcome, EdgeOf<"outcome">>>();
  for (const edge of edges.toSorted((a, b) => a.order - b.order)) {
    let from = ways.get(edge.from);
    if (from === undefined) {
      const [some, others] = [new Map<string, EdgeOf<"return">>(), new Map<MiniGameOutcome, EdgeOf<"outcome">>()];
      returns.set(edge.from, some);
      outcomes.set(edge.from, others);
      from = { choices: [], conditional: [], otherwise: null, returns: some, outcomes: others };
      ways.set(edge.from, from);
    }
    switch (edge.kind) {
      case "choice":
        from.choices.push(edge);
        break;
      case "conditional":
        from.conditional.push(edge);
        break;
      case "default":
        from.otherwise ??= edge;
        break;
      case "return":
        if (!from.returns.has(edge.point)) returns.get(edge.from)!.set(edge.point, edge);
        break;
      case "outcome":
        if (!from.outcomes.has(edge.outcome)) outcomes.get(edge.from)!.set(edge.outcome, edge);
        break;
    }
  }
  return ways;
};

const visitsIn = (condition: Condition): ReadonlyArray<string> =>
  termsOf(condition).flatMap((term) => (term.kind === "visits" ? [term.node] : []));

const countedIn = ({ nodes, edges, achievements }: SceneBody): ReadonlySet<string> =>
  new Set([
    ...achievements.flatMap(({ when }) => (when.is === "condition" ? visitsIn(when.condition) : [])),
    ...nodes.flatMap((node) => (node.type === "generation" && node.strategy === "always" ? [node.id] : [])),
    ...edges.flatMap((edge) => {
      const condition = edge.kind === "conditional" || edge.kind === "choice" ? edge.condition : null;
      return condition === null ? [] : visitsIn(condition);
    }),
  ]);

const sceneProgram = ({ id, title, body }: StoryScene): SceneProgram => ({
  id,
  title,
  body,
  nodes: new Map(body.nodes.map((node) => [node.id, node])),
  ways: waysIn(body),
  counted: countedIn(body),
  variables: new Map([
    ...body.variables.map(({ name, scope, type }) => [name, { scope, type }] as const),
    ...body.parameters.map(({ name, type }) => [name, { scope: "scene", type }] as const),
  ]),
  flags: byName(body.flags),
  counters: byName(body.counters),
  items: byName(body.items),
  characters: byName(body.characters),
  quests: byName(body.quests),
  points: byName(body.returnPoints),
});

const looksBack = ({ nodes }: SceneBody): boolean => nodes.some((node) => node.type === "generation" && node.picture.from === "here");

const programs = new WeakMap<Story, Program>();

/** The story must not be changed afterwards. */
export const programOf = (story: Story): Program => {
  const known = programs.get(story);
  if (known !== undefined) return known;
  const scenes = new Map(story.scenes.map((scene) => [scene.id, sceneProgram(scene)]));
  const program = { entry: scenes.get(story.entry), scenes, looksBack: story.scenes.some(({ body }) => looksBack(body)) };
  programs.set(story, program);
  return program;
};
