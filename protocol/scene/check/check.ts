// The static checker: what is wrong with a story, as far as it can be known without playing it. Runs while somebody edits. Pure.
import { sceneLimits } from "../limits.ts";
import { programOf, type SceneProgram, waysOf } from "../play/program.ts";
import { highestScore } from "../play/minigame.ts";
import type { NodeOf, SceneEdge, SceneNode, Segment, SegmentMedia, Story } from "../scene.ts";
import { cueStarts } from "../subtitles.ts";
import type { Texts } from "../value.ts";
import { Bindings } from "./bindings.ts";
import { checkFlow, type Flow } from "./flow.ts";
import { Judge, type Verdict, writesOf } from "./possible.ts";
import { type Problem, problemCodes, type Tell } from "./problem.ts";
import { checkDeclarations, finishingOf } from "./together.ts";

/** What the library has of an asset that a story names. */
export interface KnownAsset {
  readonly mediaType: "video" | "image";
  readonly durationMs: number | null;
}

/** Problems that are told of one story. */
export const mostProblems = 1000;

/**
 * Errors first, then by their place in the story. `assets`: left out, nothing is said of whether media is there. `hidden`: scenes that are
 * there, and that who asks cannot see.
 */
export const checkStory = (
  story: Story,
  assets?: ReadonlyMap<string, KnownAsset>,
  hidden: ReadonlySet<string> = new Set(),
): ReadonlyArray<Problem> => {
  const program = programOf(story);
  const problems: Array<Problem> = [];
  const tellOf =
    (scene: SceneProgram): Tell =>
    (code, { node = null, edge = null }, message) => {
      problems.push({ code, severity: problemCodes[code], scene: scene.id, node, edge, message });
    };
  const writes = writesOf(program.scenes.values());
  const { finishes, ends } = finishingOf(program, hidden);
  const languages = languagesOf(story);
  const endings = endingsOf(story);
  // A scene that returns is called from elsewhere too, with what was done there, and a scene that cannot be seen may do anything.
  const open = (program.entry?.body.returnPoints.length ?? 0) > 0 || hidden.size > 0;
  for (const scene of program.scenes.values()) {
    const tell = tellOf(scene);
    checkScene({ scene, program, tell, ends, judge: new Judge(scene, writes, open), assets, hidden, languages, endings });
    if (scene.body.start !== null && !finishes.has(scene.id)) {
      tell("never_finishes", {}, "The scene calls scenes that call one another for ever: none of them comes to an end.");
    }
  }
  checkDeclarations(program, tellOf);
  const rank = { error: 0, warning: 1, hint: 2 };
  return problems.toSorted((a, b) => rank[a.severity] - rank[b.severity]).slice(0, mostProblems);
};

interface Checking extends Flow {
  readonly judge: Judge;
  readonly assets: ReadonlyMap<string, KnownAsset> | undefined;
  readonly hidden: ReadonlySet<string>;
  readonly languages: ReadonlySet<string>;
  /** By which the story can end. */
  readonly endings: ReadonlySet<string>;
}

const checkScene = (checking: Checking): void => {
  const { scene, program, tell, judge, hidden, endings } = checking;
  const { body } = scene;
  const bindings = new Bindings(scene, program, hidden, tell);
  const verdicts = new Map<string, Verdict>();
  for (const edge of body.edges) {
    checkEdge(checking, bindings, edge);
    if (edge.kind === "conditional" || (edge.kind === "choice" && edge.condition !== null)) {
      verdicts.set(edge.id, judge.verdict(edge.condition!));
    }
  }
  for (const node of body.nodes) checkNode(checking, bindings, node);
  for (const { name, when } of body.achievements) {
    if (when.is === "condition") bindings.condition(when.condition, {});
    else if (!endings.has(when.ending) && hidden.size === 0)
      tell("unknown_ending", {}, `Nothing ends by ${when.ending}: nobody can achieve ${name}.`);
  }
  if (body.start === null) {
    return tell("no_start", {}, body.nodes.length > 0 ? "The scene has no node to begin with." : "The scene is empty.");
  }
  checkFlow(checking, verdicts);
  if (program.looksBack && scene === program.entry) {
    for (const node of unseenBefore(scene))
      tell("nothing_before", { node }, "On a way to it nothing is seen that it could go on from: there it is made from words alone.");
  }
};

const showsSomething = (node: SceneNode): boolean => {
  switch (node.type) {
    case "video":
      return node.segments.length > 0;
    // Who calls may have shown something by then, and what cannot be made is not known here.
    case "scene_call":
    case "generation":
      return true;
    case "action":
    case "choice":
    case "condition":
    case "end":
    case "group":
    case "minigame":
    case "return":
      return false;
  }
};

/** Generations that go on from what was seen last, and may be come to before anything was. */
const unseenBefore = ({ body, nodes }: SceneProgram): ReadonlyArray<string> => {
  const onwards = new Map<string, Array<string>>();
  for (const { from, to } of body.edges) {
    const ways = onwards.get(from);
    if (ways === undefined) onwards.set(from, [to]);
    else ways.push(to);
  }
  const near = new Set(body.start === null ? [] : [body.start]);
  for (const id of near) {
    const node = nodes.get(id);
    if (node !== undefined && !showsSomething(node)) for (const to of onwards.get(id) ?? []) near.add(to);
  }
  return body.nodes.flatMap((node) => (node.type === "generation" && node.picture.from === "here" && near.has(node.id) ? [node.id] : []));
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

const endingsOf = ({ entry, scenes }: Story): ReadonlySet<string> =>
  new Set(
    scenes.flatMap(({ id, body }) => [
      ...body.nodes.flatMap((node) => (node.type === "end" ? [node.ending] : [])),
      ...(id === entry ? body.returnPoints.map(({ name }) => name) : []),
    ]),
  );

const languagesOf = ({ scenes }: Story): ReadonlySet<string> => {
  const found = new Set<string>();
  const note = (texts: Texts): void => {
    for (const [language, text] of Object.entries(texts)) if (text.trim() !== "") found.add(language);
  };
  for (const { body } of scenes) {
    for (const node of body.nodes) {
      for (const texts of textsOf(node)) note(texts);
      if (node.type === "video") for (const { subtitles } of node.segments) note(subtitles);
    }
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
      return [node.heading, node.text];
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
      if (node.picture.from === "media") checkMedia(checking, node.id, node.picture.media, "What it goes on from");
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
  for (const [index, segment] of node.segments.entries()) {
    checkMedia(checking, node.id, segment.media, `Segment ${index + 1}`);
    checkSubtitles(checking, node.id, segment, index + 1);
  }
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
  if (media.kind === "still") {
    if (asset.mediaType !== "image") tell("not_a_picture", at, `${what} is to be shown as a picture, and is none.`);
    return;
  }
  if (asset.mediaType !== "video") return tell("not_a_video", at, `${what} is no video: say for how long it is shown as a picture.`);
  if (media.kind === "clip" && asset.durationMs !== null && media.endMs > asset.durationMs) {
    tell("beyond_the_end", at, `${what} ends at ${media.endMs} ms, but its video is ${asset.durationMs} ms long.`);
  }
};

const checkSubtitles = ({ tell, assets, languages }: Checking, node: string, { media, subtitles }: Segment, number: number): void => {
  const given = Object.entries(subtitles);
  if (given.length === 0) return;
  const lengthMs =
    media.kind === "still" ? media.durationMs : media.kind === "missing" ? null : (assets?.get(media.assetId)?.durationMs ?? null);
  for (const [language, file] of given) {
    const starts = cueStarts(file);
    const what = `The subtitles of segment ${number} in ${language}`;
    if (starts.length === 0) tell("bad_subtitles", { node }, `${what} say nothing.`);
    else if (lengthMs !== null && starts.some((ms) => ms >= lengthMs)) tell("bad_subtitles", { node }, `${what} go on after its end.`);
  }
  const missing = [...languages].filter((language) => !Object.hasOwn(subtitles, language));
  if (missing.length > 0) tell("untranslated", { node }, `The subtitles of segment ${number} are missing in ${missing.join(", ")}.`);
};
