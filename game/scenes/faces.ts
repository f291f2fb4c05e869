// How each mini-game looks on the canvas, and what a touch of the canvas means in it. The rules are elsewhere.
import type { GameObjects } from "phaser";
import type { ChanceState } from "../minigames/chance.ts";
import { tryMs } from "../minigames/chance.ts";
import type { GameInput, GameOf } from "../minigames/game.ts";
import type { GizmoState } from "../minigames/gizmo.ts";
import { type ReflexState, targetIn, targetRadius } from "../minigames/reflex.ts";
import { litIn, pads, type SequenceState } from "../minigames/sequence.ts";
import { markIn, type TimingState } from "../minigames/timing-bar.ts";

export interface Face<State> {
  readonly draw: (pen: GameObjects.Graphics, state: State, width: number, height: number) => void;
  /** Places are 0 to 1 of the canvas. Null: it means nothing there. */
  readonly pointed: (x: number, y: number, kind: "down" | "move") => GameInput | null;
}

const white = 0xffffff;
const shade = 0x0b0c10;
const accent = 0x8fa2ff;
const good = 0x59d499;
const bad = 0xff7a6b;
/** Told apart by place and brightness too. */
const padColours = [0x6aa9ff, 0xffc857, 0x59d499, 0xff8fb1] as const;

/** A bar in the middle of the lower half: where games of one dimension are drawn. */
const barIn = (width: number, height: number) => {
  const length = Math.min(width * 0.8, 720);
  return { x: (width - length) / 2, y: height * 0.5, length, thickness: Math.max(22, Math.min(40, height * 0.05)) };
};

/** One mark a round: filled when won. */
const drawRounds = (pen: GameObjects.Graphics, rounds: number, done: number, won: number, width: number, y: number): void => {
  const gap = Math.min(22, (width * 0.8) / rounds);
  for (let at = 0; at < rounds; at++) {
    const x = width / 2 + (at - (rounds - 1) / 2) * gap;
    pen.fillStyle(shade, 0.7).fillCircle(x, y, gap * 0.42);
    if (at < won) pen.fillStyle(good, 1).fillCircle(x, y, gap * 0.32);
    else if (at < done) pen.fillStyle(bad, 1).fillCircle(x, y, gap * 0.2);
    pen.lineStyle(2, white, 0.8).strokeCircle(x, y, gap * 0.36);
  }
};

export const faceOfReflex = (game: GameOf<"reflex">): Face<ReflexState> => ({
  draw: (pen, state, width, height) => {
    drawRounds(pen, game.targets, state.at, state.hits, width, height * 0.1);
    const target = targetIn(game, state);
    if (target === null) return;
    const radius = targetRadius * Math.min(width, height);
    const [x, y] = [target.x * width, target.y * height];
    pen.fillStyle(shade, 0.6).fillCircle(x, y, radius);
    pen.fillStyle(accent, 0.95).fillCircle(x, y, radius * 0.55);
    // Shrinks with the time that is left.
    pen.lineStyle(4, white, 1).strokeCircle(x, y, radius * (0.55 + 0.45 * target.left));
  },
  pointed: (x, y, kind) => (kind === "down" ? { type: "point", x, y } : null),
});

export const faceOfTiming = (game: GameOf<"timingBar">): Face<TimingState> => ({
  draw: (pen, state, width, height) => {
    const { x, y, length, thickness } = barIn(width, height);
    drawRounds(pen, game.rounds, state.round, state.hits, width, y - thickness * 2);
    pen.fillStyle(shade, 0.75).fillRoundedRect(x - 6, y - 6, length + 12, thickness + 12, 10);
    const zone = state.zones[state.round];
    if (zone === undefined) return;
    pen.fillStyle(good, 0.9).fillRect(x + zone * length, y, (game.zonePercent / 100) * length, thickness);
    pen.fillStyle(white, 1).fillRect(x + markIn(game, state) * length - 3, y - 8, 6, thickness + 16);
  },
  pointed: (_x, _y, kind) => (kind === "down" ? { type: "press" } : null),
});

/** Two by two, in the middle. */
const padPlace = (pad: number, width: number, height: number) => {
  const size = Math.min(width * 0.8, height * 0.55) / 2;
  return { x: width / 2 + (pad % 2 === 0 ? -size : 0), y: height * 0.42 + (pad < 2 ? -size : 0), size };
};

export const faceOfSequence = (game: GameOf<"sequenceMemory">): Face<SequenceState> => {
  let [lastWidth, lastHeight] = [1, 1];
  return {
    draw: (pen, state, width, height) => {
      [lastWidth, lastHeight] = [width, height];
      drawRounds(pen, game.rounds, state.round, state.round, width, height * 0.08);
      const lit = litIn(game, state);
      for (let pad = 0; pad < pads; pad++) {
        const { x, y, size } = padPlace(pad, width, height);
        const pressed = state.phase === "repeat" && state.restMs < 160 && state.pressed > 0 && state.order[state.pressed - 1] === pad;
        const on = lit === pad || pressed;
        pen.fillStyle(shade, 0.75).fillRoundedRect(x + 5, y + 5, size - 10, size - 10, 14);
        pen.fillStyle(padColours[pad]!, on ? 1 : 0.32).fillRoundedRect(x + 8, y + 8, size - 16, size - 16, 12);
        if (on) pen.lineStyle(5, white, 1).strokeRoundedRect(x + 8, y + 8, size - 16, size - 16, 12);
      }
    },
    pointed: (x, y, kind) => {
      if (kind !== "down") return null;
      const [px, py] = [x * lastWidth, y * lastHeight];
      for (let pad = 0; pad < pads; pad++) {
        const place = padPlace(pad, lastWidth, lastHeight);
        if (px >= place.x && px < place.x + place.size && py >= place.y && py < place.y + place.size) return { type: "pad", pad };
      }
      return null;
    },
  };
};

export const faceOfChance = (game: GameOf<"chance">): Face<ChanceState> => ({
  draw: (pen, { outcomes, tries, restMs }, width, height) => {
    const gap = Math.min(64, (width * 0.85) / game.tries);
    for (let at = 0; at < game.tries; at++) {
      const x = width / 2 + (at - (game.tries - 1) / 2) * gap;
      const y = height * 0.45;
      // The one that is being tried is not decided for the eye yet.
      const open = at === tries - 1 && restMs < tryMs * 0.7;
      pen.fillStyle(shade, 0.75).fillCircle(x, y, gap * 0.42);
      if (at < tries && !open) {
        const outcome = outcomes[at];
        pen.fillStyle(outcome === "passed" ? good : outcome === "detected" ? bad : white, outcome === "failed" ? 0.35 : 1);
        pen.fillCircle(x, y, gap * 0.3);
      }
      if (open) pen.fillStyle(accent, 1).fillCircle(x, y, gap * 0.3 * (restMs / (tryMs * 0.7)));
      pen.lineStyle(3, white, at <= tries ? 1 : 0.45).strokeCircle(x, y, gap * 0.36);
    }
  },
  pointed: (_x, _y, kind) => (kind === "down" ? { type: "press" } : null),
});

/** `told`: how far it has come. */
export const faceOfGizmo = (told: (share: number) => void): Face<GizmoState> => {
  let last = -1;
  let lastWidth = 1;
  return {
    draw: (pen, { share, wanted }, width, height) => {
      lastWidth = width;
      if (share !== last) told((last = share));
      const { x, length, thickness } = barIn(width, height);
      const y = height * 0.62;
      pen.fillStyle(shade, 0.75).fillRoundedRect(x - 6, y - 6, length + 12, thickness + 12, 10);
      pen.fillStyle(accent, 0.9).fillRoundedRect(x, y, Math.max(1, share * length), thickness, 6);
      pen.lineStyle(2, white, 0.7).strokeCircle(x + wanted * length, y + thickness / 2, thickness * 0.5);
      pen.fillStyle(white, 1).fillCircle(x + share * length, y + thickness / 2, thickness * 0.62);
    },
    pointed: (x) => {
      const { x: left, length } = barIn(lastWidth, 1);
      return { type: "drag", share: (x * lastWidth - left) / length };
    },
  };
};
