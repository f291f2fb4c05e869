// Whether a result of a mini-game is possible, and what it comes to. The game itself is drawn from its seed alone, by the player. Pure.
import { drawn, mixedSeed } from "../../random.ts";
import type { MiniGame, MiniGameOutcome, NodeOf } from "../scene.ts";

/** Nobody is faster, ms: to see something and to press. */
const reactionMs = 80;
/** Longer than anybody plays, ms: what is reported beyond is an error of a clock. */
const longestMs = 3_600_000;

export const highestScore = (game: MiniGame): number => {
  switch (game.game) {
    case "reflex":
      return game.targets;
    case "timingBar":
    case "sequenceMemory":
      return game.rounds;
    case "chance":
      return game.tries;
    case "gizmo":
      return 100;
  }
};

/** The least time in which this score can be reached, ms. */
export const shortestMs = (game: MiniGame, score: number): number => {
  switch (game.game) {
    case "reflex":
    case "timingBar":
    case "chance":
      return score * reactionMs;
    case "sequenceMemory":
      // Round n shows, and takes, a sequence of `length + n`.
      return (score * game.length + (score * (score - 1)) / 2) * (game.showMs + reactionMs);
    case "gizmo":
      return score === 0 ? 0 : game.minimumMs;
  }
};

export const isPossible = (game: MiniGame, score: number, durationMs: number): boolean =>
  score <= highestScore(game) && durationMs >= shortestMs(game, score) && durationMs <= longestMs;

/** What came of each try: as the seed has decided it. Ends with the first that succeeds or is noticed. */
export const outcomesOfTries = (game: Extract<MiniGame, { game: "chance" }>, seed: number): ReadonlyArray<MiniGameOutcome> => {
  const outcomes: Array<MiniGameOutcome> = [];
  let state = mixedSeed(seed);
  for (let at = 0; at < game.tries; at++) {
    const success = drawn(state);
    const detection = drawn(success.state);
    state = detection.state;
    const outcome =
      success.share * 100 < game.successPercent ? "passed" : detection.share * 100 < game.detectionPercent ? "detected" : "failed";
    outcomes.push(outcome);
    if (outcome !== "failed") break;
  }
  return outcomes;
};

/** Null: so many tries there were not, since an earlier one has ended it. */
export const outcomeOf = ({ game, needed }: NodeOf<"minigame">, seed: number, score: number): MiniGameOutcome | null => {
  if (game.game !== "chance") return score >= needed ? "passed" : "failed";
  return score === 0 ? "failed" : (outcomesOfTries(game, seed)[score - 1] ?? null);
};

/** Results that lead to every outcome that there can be. */
export const likelyResults = (
  node: NodeOf<"minigame">,
  seed: number,
): ReadonlyArray<{ readonly score: number; readonly durationMs: number }> => {
  const { game, needed } = node;
  const scores = game.game === "chance" ? outcomesOfTries(game, seed).map((_, at) => at + 1) : [needed, 0];
  const known = new Map(
    scores.filter((score) => score <= highestScore(game)).map((score) => [outcomeOf(node, seed, score), score] as const),
  );
  return [...known.values()].map((score) => ({ score, durationMs: shortestMs(game, score) }));
};
