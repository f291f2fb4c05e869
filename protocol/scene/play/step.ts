// The one evaluator: a story, a state and an input give the next state and what it tells, or a refusal that leaves everything as it was.
// The server, the player, the preview and the tests run this; the same seed and inputs give the same run everywhere. It always ends: a
// step leads through at most so many nodes and calls. Pure: no clock, no chance but that in the state.
import { mixedSeed } from "../../random.ts";
import { playLimits, sceneLimits } from "../limits.ts";
import type { NodeOf, SceneEdge, SceneNode, Story } from "../scene.ts";
import { fitting, type SceneValue } from "../value.ts";
import { achievedIn } from "./achievements.ts";
import { isPossible, outcomeOf } from "./minigame.ts";
import { pictureOf, seenLast } from "./picture.ts";
import { programOf, waysOf } from "./program.ts";
import { PlayFault, Run } from "./run.ts";
import { selectSegments } from "./select.ts";
import type { Demand, Ending, OfferedChoice, Played, Playing, PlayInput, PlayState, RefusalCode } from "./state.ts";
import { isSaid } from "./text.ts";

export interface Beginning {
  /** Any whole number. */
  readonly seed: number;
  /** Of the scene that the story begins with. */
  readonly parameters?: Readonly<Record<string, SceneValue>>;
}

/** A new playthrough, up to where something waits. */
export const startPlay = (story: Story, { seed, parameters = {} }: Beginning): Played => {
  const program = programOf(story);
  const { entry } = program;
  if (entry === undefined || entry.body.start === null) return refused("no_start", "The story has no node to begin with.");
  const start = entry.body.start;
  const locals = entry.body.parameters.flatMap(({ name, type }) => {
    const value = Object.hasOwn(parameters, name) ? fitting(type, parameters[name]!) : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  const state: PlayState = {
    format: 1,
    turn: 0,
    random: mixedSeed(seed),
    frames: [{ scene: entry.id, node: start, locals: Object.fromEntries(locals) }],
    waiting: { for: "choice", choices: [] },
    variables: {},
    flags: {},
    counters: {},
    items: {},
    relationships: {},
    quests: {},
    minutes: 0,
    visits: {},
    taken: {},
    generated: {},
  };
  return played(new Run(program, state), (run) => enter(run, start));
};

export const stepPlay = (story: Story, state: PlayState, input: PlayInput): Played => {
  if ("turn" in input && input.turn !== state.turn)
    return refused("stale", `This was meant for turn ${input.turn}; it is turn ${state.turn}.`);
  if (state.waiting.for === "nothing") return refused("ended", "The story is over.");
  const program = programOf(story);
  if (state.frames.length === 0 || state.frames.some(({ scene }) => !program.scenes.has(scene))) {
    return refused("other_story", "The state is of another story, or of another version of it.");
  }
  const { waiting } = state;
  const early = input.type === "generated" && !(waiting.for === "generation" && waiting.key === input.key);
  return played(new Run(program, early ? state : { ...state, turn: state.turn + 1 }), (run) => take(run, input));
};

/** All inputs from the beginning: what a rewind to any of them is made of. */
export const replayPlay = (story: Story, beginning: Beginning, inputs: ReadonlyArray<PlayInput>): Played => {
  let last = startPlay(story, beginning);
  for (const input of inputs) {
    if (!last.ok) return last;
    last = stepPlay(story, last.state, input);
  }
  return last;
};

/** What it waits for to be generated; null: it does not. */
export const demandIn = (story: Story, state: PlayState): Demand | null => {
  const program = programOf(story);
  const { waiting } = state;
  if (waiting.for !== "generation" || state.frames.some(({ scene }) => !program.scenes.has(scene))) return null;
  const run = new Run(program, state);
  const node = nodeOf(run);
  return node?.type === "generation" ? demandOf(run, node, waiting.key, waiting.tries) : null;
};

const refused = (code: RefusalCode, message: string): Played => ({ ok: false, refusal: { code, message } });

const played = (run: Run, work: (run: Run) => void): Played => {
  try {
    work(run);
    for (const achievement of achievedIn(run.program, run.state)) {
      run.change({ achieved: { ...run.state.achieved, [achievement]: run.state.turn } });
      run.tell({ type: "achieved", achievement });
    }
  } catch (fault) {
    if (fault instanceof PlayFault) return refused(fault.code, fault.message);
    throw fault;
  }
  return { ok: true, state: run.state, outputs: run.outputs };
};

const notExpected = (message: string): never => {
  throw new PlayFault("not_expected", message);
};

// ── Inputs ──

const take = (run: Run, input: PlayInput): void => {
  const { waiting } = run.state;
  switch (input.type) {
    case "ended":
      return waiting.for === "media" ? mediaEnded(run, waiting) : notExpected("Nothing is played.");
    case "choose": {
      if ((waiting.for !== "media" && waiting.for !== "choice") || (waiting.for === "media" && waiting.pending !== null)) {
        throw new PlayFault("not_open", "There is nothing to choose now.");
      }
      if (!waiting.choices.some(({ edge, open }) => open && edge === input.edge)) {
        throw new PlayFault("not_open", "This choice is not open.");
      }
      return choose(run, input.edge);
    }
    case "timeout":
      return timeOut(run);
    case "progress":
      return progress(run);
    case "minigame": {
      const node = nodeOf(run);
      if (waiting.for !== "minigame" || node?.type !== "minigame") return notExpected("No game is played.");
      const outcome = isPossible(node.game, input.score, input.durationMs) ? outcomeOf(node, waiting.seed, input.score) : null;
      if (outcome === null) throw new PlayFault("impossible", "This result cannot be.");
      if (node.scoreInto !== null) run.setVariable(node.scoreInto, input.score);
      return gameOver(run, node, outcome);
    }
    case "skip": {
      const node = nodeOf(run);
      if (waiting.for !== "minigame" || node?.type !== "minigame" || node.skip === null) return notExpected("There is nothing to skip.");
      return gameOver(run, node, node.skip);
    }
    case "generated": {
      if (Object.keys(run.state.generated).length >= playLimits.generated && run.generated(input.key) === undefined) {
        return notExpected("More has been generated than one playthrough keeps.");
      }
      run.put("generated", input.key, input.assetId);
      if (waiting.for === "generation" && waiting.key === input.key) playGenerated(run, input.assetId);
      return;
    }
    case "generationFailed": {
      const node = nodeOf(run);
      if (waiting.for !== "generation" || waiting.key !== input.key || node?.type !== "generation") {
        return notExpected("Nothing waits for this.");
      }
      return generationFailed(run, node, waiting);
    }
  }
};

type WaitingFor<F extends PlayState["waiting"]["for"]> = Extract<PlayState["waiting"], { for: F }>;

const mediaEnded = (run: Run, { playing, step, choices, pending }: WaitingFor<"media">): void => {
  const node = nodeOf(run);
  if (step !== null && node?.type === "video" && node.playback.mode === "progression" && step < node.playback.steps.length - 1) {
    return notExpected(`It goes on by progress, not by the end of ${playing.length === 1 ? "a step" : "steps"}.`);
  }
  if (pending !== null) return follow(run, pending);
  if (choices.some(({ open }) => open)) return run.change({ waiting: { for: "choice", choices } });
  leave(run);
};

const edgeOf = (run: Run, id: string) => waysOf(run.scene, run.frame.node).choices.find((edge) => edge.id === id);

const choose = (run: Run, id: string): void => {
  const { waiting } = run.state;
  const edge = edgeOf(run, id);
  // A state of another version of the story.
  if (edge === undefined) throw new PlayFault("not_open", "This choice is not there.");
  if (waiting.for !== "media" || edge.cut === "now") return follow(run, id);
  run.change({ waiting: { ...waiting, pending: id } });
  run.tell({ type: "chosen", scene: run.scene.id, edge: id });
};

const follow = (run: Run, id: string): void => {
  const edge = edgeOf(run, id);
  if (edge === undefined) throw new PlayFault("not_open", "This choice is not there.");
  enter(run, along(run, edge));
};

const timeOut = (run: Run): void => {
  const { waiting } = run.state;
  const node = nodeOf(run);
  if ((node?.type !== "video" && node?.type !== "choice") || node.offer.timeoutMs === null) return notExpected("There is no hurry.");
  if (waiting.for !== "choice" && (waiting.for !== "media" || waiting.pending !== null)) return notExpected("No choice is open.");
  const open = waiting.choices.filter((choice) => choice.open);
  if (open.length === 0) return notExpected("No choice is open.");
  const edge = open.find((choice) => edgeOf(run, choice.edge)?.onTimeout === true);
  if (edge !== undefined) return choose(run, edge.edge);
  const next = onwards(run);
  // A choice that nobody makes, and that says nothing for then, stays open.
  if (next === null) return notExpected("Nothing is taken when the time is over.");
  enter(run, next);
};

const progress = (run: Run): void => {
  const { waiting } = run.state;
  const node = nodeOf(run);
  if (waiting.for !== "media" || waiting.step === null || node?.type !== "video" || node.playback.mode !== "progression") {
    return notExpected("Nothing goes on in steps.");
  }
  const next = node.playback.steps[waiting.step + 1];
  if (next === undefined) return mediaEnded(run, waiting);
  const playing: ReadonlyArray<Playing> = [{ kind: "segment", id: next.segment }];
  run.change({ waiting: { ...waiting, playing, step: waiting.step + 1 } });
  noteSeen(run, playing);
  run.tell({ type: "play", scene: run.scene.id, node: node.id, playing });
};

const gameOver = (run: Run, { id }: NodeOf<"minigame">, outcome: "passed" | "failed" | "detected"): void => {
  const { outcomes } = waysOf(run.scene, id);
  const edge = outcomes.get(outcome) ?? (outcome === "detected" ? outcomes.get("failed") : undefined);
  if (edge === undefined) leave(run);
  else enter(run, along(run, edge));
};

const noteSeen = (run: Run, playing: ReadonlyArray<Playing>): void => {
  const seen = run.program.looksBack ? seenLast(run.program, run.frame, playing) : null;
  if (seen !== null) run.change({ seen });
};

const playMedia = (run: Run, playing: ReadonlyArray<Playing>, choices: ReadonlyArray<OfferedChoice>, step: number | null = null): void => {
  run.change({ waiting: { for: "media", playing, step, choices, pending: null } });
  noteSeen(run, playing);
  run.tell({ type: "play", scene: run.scene.id, node: run.frame.node, playing });
};

const playGenerated = (run: Run, assetId: string): void => playMedia(run, [{ kind: "generated", assetId }], []);

const generationFailed = (run: Run, node: NodeOf<"generation">, { key, tries }: WaitingFor<"generation">): void => {
  switch (node.fallback.mode) {
    case "default":
      return playMedia(run, [{ kind: "fallback" }], []);
    case "placeholder":
      return playMedia(run, [{ kind: "placeholder" }], []);
    case "skip":
      return leave(run);
    case "retry":
      return tries < playLimits.tries ? demand(run, node, key, tries + 1) : leave(run);
  }
};

// ── On the way ──

const nodeOf = (run: Run): SceneNode | undefined => run.program.scenes.get(run.frame.scene)?.nodes.get(run.frame.node);

/** What the edge does; answers where it leads. */
const along = (run: Run, edge: SceneEdge): string => {
  const { scene } = run;
  if (edge.kind === "choice" && edge.once) run.put("taken", `${scene.id}/${edge.id}`, run.taken(edge.id) + 1);
  run.apply(edge.effects);
  run.tell({ type: "taken", scene: scene.id, edge: edge.id });
  return edge.to;
};

/** Where it goes on without a choice; null: nowhere. */
const onwards = (run: Run): string | null => {
  const { conditional, otherwise } = waysOf(run.scene, run.frame.node);
  const edge = conditional.find(({ condition }) => run.holds(condition)) ?? otherwise;
  return edge === null ? null : along(run, edge);
};

const leave = (run: Run): void => enter(run, onwards(run));

const end = (run: Run, ending: Ending): null => {
  run.change({ waiting: { for: "nothing", ending } });
  run.tell({ type: "ended", ending });
  return null;
};

/** Goes on from node to node, until something waits. */
const enter = (run: Run, first: string | null): void => {
  let next: string | null = first;
  if (next === null) return void end(run, { kind: "deadEnd", scene: run.scene.id, node: run.frame.node });
  for (let steps = 0; next !== null; steps++) {
    if (steps >= playLimits.steps) {
      throw new PlayFault("too_many_steps", `The story goes through ${playLimits.steps} nodes without waiting for anything.`);
    }
    const node: SceneNode | undefined = run.scene.nodes.get(next);
    if (node === undefined) return void end(run, { kind: "deadEnd", scene: run.scene.id, node: run.frame.node });
    run.setFrame({ ...run.frame, node: node.id });
    if (run.scene.counted.has(node.id)) run.put("visits", `${run.scene.id}/${node.id}`, run.visits(node.id) + 1);
    run.tell({ type: "entered", scene: run.scene.id, node: node.id });
    const after = through(run, node);
    if (after === "waits") return;
    next = after ?? end(run, { kind: "deadEnd", scene: run.scene.id, node: run.frame.node });
  }
};

/** Where it goes on; null: nowhere. */
const through = (run: Run, node: SceneNode): string | null | "waits" => {
  switch (node.type) {
    case "action":
      run.apply(node.effects);
      return onwards(run);
    case "condition":
      return onwards(run);
    case "group":
      return null;
    case "video": {
      const playing = selectSegments(node, () => run.draw()).map((id) => ({ kind: "segment", id }) as const);
      const choices = offered(run, node);
      if (playing.length === 0 && !isSaid(node.caption)) return ask(run, choices);
      playMedia(run, playing, choices, node.playback.mode === "progression" ? 0 : null);
      return "waits";
    }
    case "choice":
      return ask(run, offered(run, node));
    case "end":
      end(run, { kind: "end", name: node.ending, scene: run.scene.id, node: node.id });
      return "waits";
    case "scene_call":
      return callScene(run, node);
    case "return":
      return returnFrom(run, node);
    case "generation": {
      const key = keyOf(run, node);
      const known = run.generated(key);
      if (known === undefined) demand(run, node, key, 1);
      else playGenerated(run, known);
      return "waits";
    }
    case "minigame": {
      const seed = Math.floor(run.draw() * 0x1_0000_0000);
      run.change({ waiting: { for: "minigame", seed } });
      run.tell({ type: "minigame", scene: run.scene.id, node: node.id, seed });
      return "waits";
    }
  }
};

const offered = (run: Run, node: NodeOf<"video" | "choice">): ReadonlyArray<OfferedChoice> =>
  waysOf(run.scene, node.id)
    .choices.map((edge) => ({
      edge: edge.id,
      open: !(edge.once && run.taken(edge.id) > 0) && (edge.condition === null || run.holds(edge.condition)),
      whenClosed: edge.whenClosed,
    }))
    .filter(({ open, whenClosed }) => open || whenClosed === "show")
    .slice(0, sceneLimits.choices)
    .map(({ edge, open }) => ({ edge, open }));

const ask = (run: Run, choices: ReadonlyArray<OfferedChoice>): string | null | "waits" => {
  if (!choices.some(({ open }) => open)) return onwards(run);
  run.change({ waiting: { for: "choice", choices } });
  return "waits";
};

const callScene = (run: Run, node: NodeOf<"scene_call">): string | null => {
  const callee = node.scene === null ? undefined : run.program.scenes.get(node.scene);
  // What cannot be called is passed over.
  if (callee === undefined || callee.body.start === null) return onwards(run);
  if (run.state.frames.length >= playLimits.calls) {
    throw new PlayFault("too_many_calls", `More than ${playLimits.calls} scenes have called one another.`);
  }
  const given = new Map(node.arguments.map(({ parameter, value }) => [parameter, run.value(value)]));
  const locals = callee.body.parameters.flatMap(({ name, type }) => {
    const value = given.get(name);
    const fits = value === undefined ? undefined : fitting(type, value);
    return fits === undefined ? [] : [[name, fits] as const];
  });
  run.change({ frames: [...run.state.frames, { scene: callee.id, node: callee.body.start, locals: Object.fromEntries(locals) }] });
  run.tell({ type: "called", scene: callee.id });
  return callee.body.start;
};

const returnFrom = (run: Run, node: NodeOf<"return">): string | null | "waits" => {
  const { scene } = run;
  const given = new Map(node.values.map(({ name, value }) => [name, run.value(value)]));
  const values = new Map(
    (scene.points.get(node.point)?.values ?? []).map(({ name, type }) => {
      const value = given.get(name);
      return [name, (value === undefined ? undefined : fitting(type, value)) ?? type.initial] as const;
    }),
  );
  run.tell({ type: "returned", scene: scene.id, point: node.point });
  if (run.state.frames.length === 1) {
    end(run, { kind: "returned", point: node.point, values: Object.fromEntries(values) });
    return "waits";
  }
  run.change({ frames: run.state.frames.slice(0, -1) });
  const call = nodeOf(run);
  if (call?.type !== "scene_call") return null;
  for (const { point, value, into } of call.captures) if (point === node.point) run.setVariable(into, values.get(value));
  const edge = waysOf(run.scene, call.id).returns.get(node.point);
  return edge === undefined ? onwards(run) : along(run, edge);
};

/** A result is used again by the same key; one that is good for one time has a key of that time. */
const keyOf = (run: Run, node: NodeOf<"generation">): string => {
  const words = run.text(node.cacheKey === "" ? node.prompt : node.cacheKey);
  const time = node.strategy === "always" ? `#${run.visits(node.id)}` : "";
  const picture = pictureOf(node, run.state.seen);
  const from = picture === null ? "" : `@${picture.assetId}+${picture.atMs ?? "end"}`;
  return `${run.scene.id}/${node.id}${time}${from}:${words}`;
};

const demandOf = (run: Run, node: NodeOf<"generation">, key: string, attempt: number): Demand => {
  const { strategy, provider, style, durationMs, constraints } = node;
  const prompt = run.text(node.prompt);
  const picture = pictureOf(node, run.state.seen);
  return { key, scene: run.scene.id, node: node.id, strategy, provider, prompt, style, durationMs, picture, constraints, attempt };
};

const demand = (run: Run, node: NodeOf<"generation">, key: string, attempt: number): void => {
  run.change({ waiting: { for: "generation", key, tries: attempt } });
  run.tell({ type: "demand", demand: demandOf(run, node, key, attempt) });
};
