// The static checker: what is wrong with a story, as far as it can be known without playing it. Runs while somebody edits. Pure.
import { sceneLimits } from "../limits.ts";
import { programOf, type Program, type SceneProgram, waysOf } from "../play/program.ts";
import { highestScore } from "../play/minigame.ts";
import type { NodeOf, SceneEdge, SceneNode, SegmentMedia, Story } from "../scene.ts";
import type { Texts } from "../value.ts";
import { Bindings } from "./bindings.ts";
import { circlesIn, type Graph, reachedFrom, reversed } from "./graph.ts";
import { Judge, type Verdict, writesOf } from "./possible.ts";
import { type Problem, problemCodes, type Tell } from "./problem.ts";

/** What the library has of an asset that a story names. */
export interface KnownAsset {
  readonly mediaType: "video" | "image";
  readonly durationMs: number | null;
}

/** Problems that are told of one story. */
export const mostProblems = 1000;

/** Errors first, then by their place in the story. `assets`: left out, nothing is said of whether media is there. */
export const checkStory = (story: Story, assets?: ReadonlyMap<string, KnownAsset>): ReadonlyArray<Problem> => {
  const program = programOf(story);
  const problems: Array<Problem> = [];
  const writes = writesOf(program.scenes.values());
  const finishing = finishingOf(program);
  const languages = languagesOf(story);
  for (const scene of program.scenes.values()) {
    const tell: Tell = (code, { node = null, edge = null }, message) => {
      problems.push({ code, severity: problemCodes[code], scene: scene.id, node, edge, message });
    };
    // A scene that returns is called from elsewhere too, with what was done there.
    const open = (program.entry?.body.returnPoints.length ?? 0) > 0;
    checkScene({ scene, program, tell, judge: new Judge(scene, writes, open), assets, languages });
    if (scene.body.start !== null && !finishing.finishes.has(scene.id)) {
      tell("never_finishes", {}, "The scene calls scenes that call one another for ever: none of them comes to an end.");
    }
  }
  checkDeclarations(program, problems);
  const rank = { error: 0, warning: 1, hint: 2 };
  return problems.toSorted((a, b) => rank[a.severity] - rank[b.severity]).slice(0, mostProblems);
};

interface Checking {
  readonly scene: SceneProgram;
  readonly program: Program;
  readonly tell: Tell;
  readonly judge: Judge;
  readonly assets: ReadonlyMap<string, KnownAsset> | undefined;
  readonly languages: ReadonlySet<string>;
}

const checkScene = (checking: Checking): void => {
  const { scene, program, tell, judge } = checking;
  const { body } = scene;
  const bindings = new Bindings(scene, program, tell);
  const verdicts = new Map<string, Verdict>();
  for (const edge of body.edges) {
    checkEdge(checking, bindings, edge);
    if (edge.kind === "conditional" || (edge.kind === "choice" && edge.condition !== null)) {
      verdicts.set(edge.id, judge.verdict(edge.condition!));
    }
  }
  for (const node of body.nodes) checkNode(checking, bindings, node);
  if (body.start === null) {
    if (body.nodes.length > 0) tell("no_start", {}, "The scene has no node to begin with.");
    else tell("no_start", {}, "The scene is empty.");
    return;
  }
  checkGraph(checking, verdicts);
};

// ── Nodes and edges by themselves ──

const suits = (kind: SceneEdge["kind"], type: SceneNode["type"]): boolean => {
  switch (kind) {
    case "choice":
      return type === "video" || type === "choice";
    case "return":
      return type === "scene_call";
    case "outcome":
      return type === "minigame";
    case "default":
    case "conditional":
      return type !== "end" && type !== "return" && type !== "group";
  }
};

const ofKind: Readonly<Record<SceneEdge["kind"], string>> = {
  choice: "Choices lead away from videos and choices only.",
  return: "Return edges lead away from scene calls only.",
  outcome: "Outcomes lead away from mini-games only.",
  default: "Nothing leads away from here: the scene ends.",
  conditional: "Nothing leads away from here: the scene ends.",
};

const checkEdge = ({ scene, program, tell, languages }: Checking, bindings: Bindings, edge: SceneEdge): void => {
  const at = { edge: edge.id };
  const from = scene.nodes.get(edge.from);
  bindings.effects(edge.effects, at);
  if (from !== undefined && !suits(edge.kind, from.type)) tell("edge_kind", at, ofKind[edge.kind]);
  switch (edge.kind) {
    case "default":
      if (waysOf(scene, edge.from).otherwise !== edge) tell("second_default", at, "Another default edge leads away before this one.");
      break;
    case "conditional":
      bindings.condition(edge.condition, at);
      break;
    case "choice":
      if (edge.condition !== null) bindings.condition(edge.condition, at);
      bindings.texts(edge.text, at);
      if (isEmpty(edge.text)) tell("no_choice_text", at, "The choice says nothing.");
      else checkLanguages(edge.text, languages, at, tell);
      break;
    case "return": {
      const callee = from?.type === "scene_call" && from.scene !== null ? program.scenes.get(from.scene) : undefined;
      if (callee !== undefined && !callee.points.has(edge.point))
        tell("unknown_point", at, `${callee.title} does not return by ${edge.point}.`);
      break;
    }
    case "outcome":
      break;
  }
};

const isEmpty = (texts: Texts): boolean => !Object.values(texts).some((text) => text.trim() !== "");

const checkLanguages = (texts: Texts, languages: ReadonlySet<string>, at: Parameters<Tell>[1], tell: Tell): void => {
  if (isEmpty(texts)) return;
  const missing = [...languages].filter((language) => !Object.hasOwn(texts, language) || texts[language]!.trim() === "");
  if (missing.length > 0) tell("untranslated", at, `The text is missing in ${missing.join(", ")}.`);
};

const languagesOf = ({ scenes }: Story): ReadonlySet<string> => {
  const found = new Set<string>();
  const note = (texts: Texts): void => {
    for (const [language, text] of Object.entries(texts)) if (text.trim() !== "") found.add(language);
  };
  for (const { body } of scenes) {
    for (const node of body.nodes) for (const texts of textsOf(node)) note(texts);
    for (const edge of body.edges) if (edge.kind === "choice") note(edge.text);
  }
  return found;
};

const textsOf = (node: SceneNode): ReadonlyArray<Texts> => {
  switch (node.type) {
    case "video":
      return [node.caption, node.offer.prompt];
    case "choice":
      return [node.offer.prompt];
    case "end":
      return [node.text];
    case "generation":
      return node.fallback.mode === "placeholder" ? [node.fallback.text] : [];
    case "action":
    case "condition":
    case "scene_call":
    case "return":
    case "minigame":
    case "group":
      return [];
  }
};

const checkNode = (checking: Checking, bindings: Bindings, node: SceneNode): void => {
  const { scene, tell, languages } = checking;
  const at = { node: node.id };
  for (const texts of textsOf(node)) {
    bindings.texts(texts, at);
    checkLanguages(texts, languages, at, tell);
  }
  switch (node.type) {
    case "video":
      checkVideo(checking, node);
      checkOffer(scene, node, tell);
      break;
    case "choice":
      checkOffer(scene, node, tell);
      break;
    case "action":
      bindings.effects(node.effects, at);
      break;
    case "scene_call":
      bindings.call(node);
      break;
    case "return":
      bindings.returns(node);
      break;
    case "generation":
      bindings.texts(node.prompt, at);
      bindings.texts(node.cacheKey, at);
      if (node.prompt.trim() === "") tell("no_prompt", at, "It does not say what is to be made.");
      if (node.fallback.mode === "default") checkMedia(checking, node.id, node.fallback.media, "What stands in");
      break;
    case "minigame":
      bindings.score(node);
      if (node.game.game !== "chance" && node.needed > highestScore(node.game)) {
        tell("impossible_score", at, `Nobody can reach ${node.needed}: the most is ${highestScore(node.game)}.`);
      }
      break;
    case "condition":
    case "end":
    case "group":
      break;
  }
};

const checkOffer = (scene: SceneProgram, { id, offer }: NodeOf<"video" | "choice">, tell: Tell): void => {
  const { choices, conditional, otherwise } = waysOf(scene, id);
  if (choices.length > sceneLimits.choices) {
    tell("too_many_choices", { node: id }, `At most ${sceneLimits.choices} choices are shown at one time; here are ${choices.length}.`);
  }
  if (offer.timeoutMs === null || choices.length === 0 || otherwise !== null || conditional.length > 0) return;
  if (!choices.some(({ onTimeout }) => onTimeout)) tell("no_timeout_way", { node: id }, "Nothing is taken when the time is over.");
};

const checkVideo = (checking: Checking, node: NodeOf<"video">): void => {
  const { tell } = checking;
  const at = { node: node.id };
  if (node.segments.length === 0)
    tell("no_media", at, isEmpty(node.caption) ? "It has nothing to play." : "It has words, but nothing to play.");
  for (const [index, { media }] of node.segments.entries()) checkMedia(checking, node.id, media, `Segment ${index + 1}`);
  if (node.playback.mode === "progression") {
    for (const { label, segment } of node.playback.steps) {
      if (!node.segments.some(({ id }) => id === segment))
        tell("unknown_segment", at, `The step ${label} plays a segment that is not there.`);
    }
  } else if (node.selection.mode === "pool" && node.segments.length > 0) {
    const { tags, count } = node.selection;
    const found = node.segments.filter((segment) => tags.every((tag) => segment.tags.includes(tag))).length;
    if (found === 0) tell("empty_pool", at, `No segment has the tags ${tags.join(", ")}.`);
    else if (found < count) tell("small_pool", at, `${count} segments are to be played, and ${found} there are.`);
  }
};

const checkMedia = ({ tell, assets }: Checking, node: string, media: SegmentMedia, what: string): void => {
  const at = { node };
  if (media.kind === "missing") return tell("missing_media", at, `${what} is not in the library: ${media.sha256.slice(0, 12)}….`);
  if (assets === undefined) return;
  const asset = assets.get(media.assetId);
  if (asset === undefined) return tell("missing_media", at, `${what} is not in the library.`);
  if (asset.mediaType !== "video") return tell("not_a_video", at, `${what} is no video.`);
  if (media.kind === "clip" && asset.durationMs !== null && media.endMs > asset.durationMs) {
    tell("beyond_the_end", at, `${what} ends at ${media.endMs} ms, but its video is ${asset.durationMs} ms long.`);
  }
};

// ── The graph ──

const isEnding = ({ type }: SceneNode): boolean => type === "end" || type === "return";

/** Whether a play waits there for somebody or something, whatever the state. */
const waits = (scene: SceneProgram, node: SceneNode): boolean => {
  switch (node.type) {
    case "video":
      return node.segments.length > 0 || !isEmpty(node.caption) || waysOf(scene, node.id).choices.length > 0;
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

const checkGraph = ({ scene, program, tell }: Checking, verdicts: ReadonlyMap<string, Verdict>): void => {
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
  for (const node of body.nodes) {
    if (node.type === "group") continue;
    if (!reached.has(node.id)) tell("unreachable", { node: node.id }, "Nothing leads here.");
    else checkWays(scene, program, node, verdicts, tell);
  }

  const endings = body.nodes.filter((node) => isEnding(node) || next.get(node.id)!.length === 0).map(({ id }) => id);
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

/** Whether something always leads on from a node. */
const checkWays = (scene: SceneProgram, program: Program, node: SceneNode, verdicts: ReadonlyMap<string, Verdict>, tell: Tell): void => {
  if (isEnding(node) || node.type === "group") return;
  const at = { node: node.id };
  const { choices, conditional, otherwise, returns, outcomes } = waysOf(scene, node.id);
  if (otherwise !== null || conditional.some(({ id }) => verdicts.get(id) === "always")) return;
  const ways = choices.length + conditional.length + returns.size + outcomes.size;
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

// ── Several scenes ──

/**
 * Which scenes can come to an end at all, when a call can only be passed once what it calls can return: the least such set, grown until
 * nothing is added. Of circles of calls without a way out none is in it.
 */
const finishingOf = ({ scenes }: Program): { readonly finishes: ReadonlySet<string> } => {
  const [returns, finishes] = [new Set<string>(), new Set<string>()];
  for (let grown = true; grown;) {
    grown = false;
    for (const scene of scenes.values()) {
      if (scene.body.start === null || (returns.has(scene.id) && finishes.has(scene.id))) continue;
      const passable = (node: SceneNode): boolean => {
        if (node.type !== "scene_call" || node.scene === null) return true;
        const callee = scenes.get(node.scene);
        return callee === undefined || callee.body.start === null || returns.has(callee.id);
      };
      const next: Graph = nextOf(scene, passable);
      for (const id of reachedFrom([scene.body.start], next)) {
        const node = scene.nodes.get(id)!;
        const calls = node.type === "scene_call" && node.scene !== null && finishes.has(node.scene) && !returns.has(node.scene);
        const stops = node.type !== "scene_call" && (next.get(id) ?? []).length === 0;
        if (node.type === "return" && !returns.has(scene.id)) {
          returns.add(scene.id);
          grown = true;
        }
        if ((isEnding(node) || calls || stops) && !finishes.has(scene.id)) {
          finishes.add(scene.id);
          grown = true;
        }
      }
    }
  }
  // A scene that goes round by itself is told of there.
  for (const scene of scenes.values()) {
    if (scene.body.start === null || finishes.has(scene.id)) continue;
    const around = reachedFrom(
      [scene.body.start],
      nextOf(scene, () => true),
    );
    if (![...around].some((id) => scene.nodes.get(id)?.type === "scene_call")) finishes.add(scene.id);
  }
  return { finishes };
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
const checkDeclarations = ({ scenes }: Program, problems: Array<Problem>): void => {
  const known = new Map<string, { readonly text: string; readonly title: string }>();
  for (const { id, title, body } of scenes.values()) {
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
        const message = `The ${what} ${name} is declared otherwise in ${first.title}.`;
        problems.push({
          code: "declared_differently",
          severity: problemCodes.declared_differently,
          scene: id,
          node: null,
          edge: null,
          message,
        });
      }
    }
  }
};
