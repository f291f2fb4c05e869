// The canvas over the picture: Phaser draws the mini-games on it, through which the picture is seen. Loaded when the first game comes.
import { CANVAS, Game, type GameObjects, Scale, Scene } from "phaser";
import type { MiniGame } from "#protocol/scene/scene.ts";
import { chanceRules } from "../minigames/chance.ts";
import type { GameInput, GameResult, Rules } from "../minigames/game.ts";
import { gizmoRules } from "../minigames/gizmo.ts";
import { reflexRules } from "../minigames/reflex.ts";
import { GameRun } from "../minigames/run.ts";
import { sequenceRules } from "../minigames/sequence.ts";
import { timingRules } from "../minigames/timing-bar.ts";
import { type Face, faceOfChance, faceOfGizmo, faceOfReflex, faceOfSequence, faceOfTiming } from "./faces.ts";

export interface OpenGame {
  readonly input: (input: GameInput) => void;
  readonly setPaused: (paused: boolean) => void;
  readonly close: () => void;
}

export interface OpenGameOptions {
  readonly container: HTMLElement;
  readonly game: MiniGame;
  readonly seed: number;
  readonly over: (result: GameResult) => void;
  /** How far the gizmo has come, 0 to 1. */
  readonly share: (share: number) => void;
}

class FaceScene<State> extends Scene {
  readonly #run: GameRun<State>;
  readonly #face: Face<State>;
  #pen: GameObjects.Graphics | undefined;

  constructor(run: GameRun<State>, face: Face<State>) {
    super("game");
    this.#run = run;
    this.#face = face;
  }

  create(): void {
    this.#pen = this.add.graphics();
    const point = (kind: "down" | "move") => (pointer: { readonly x: number; readonly y: number; readonly isDown: boolean }) => {
      if (kind === "move" && !pointer.isDown) return;
      const input = this.#face.pointed(pointer.x / this.scale.width, pointer.y / this.scale.height, kind);
      if (input !== null) this.#run.input(input);
    };
    this.input.on("pointerdown", point("down"));
    this.input.on("pointermove", point("move"));
  }

  override update(_time: number, delta: number): void {
    this.#run.passed(delta);
    this.#pen?.clear();
    if (this.#pen !== undefined) this.#face.draw(this.#pen, this.#run.state, this.scale.width, this.scale.height);
  }
}

export const openGame = ({ container, game, seed, over, share }: OpenGameOptions): OpenGame => {
  const open = <State>(rules: Rules<State>, face: Face<State>): OpenGame => {
    const run = new GameRun(rules, seed, over);
    const phaser = new Game({
      // A few shapes: a GL context would take from the video what they do not need.
      type: CANVAS,
      parent: container,
      transparent: true,
      banner: false,
      audio: { noAudio: true },
      disableContextMenu: true,
      // Keys are the page's: every game has buttons that can be reached by them.
      input: { keyboard: false, gamepad: false, mouse: true, touch: true },
      scale: { mode: Scale.RESIZE, width: "100%", height: "100%" },
      scene: new FaceScene(run, face),
    });
    phaser.canvas?.setAttribute("aria-hidden", "true");
    return {
      input: (input) => run.input(input),
      setPaused: (paused) => void (paused ? phaser.pause() : phaser.resume()),
      close: () => phaser.destroy(true),
    };
  };
  switch (game.game) {
    case "reflex":
      return open(reflexRules(game, container.clientWidth / Math.max(1, container.clientHeight)), faceOfReflex(game));
    case "timingBar":
      return open(timingRules(game), faceOfTiming(game));
    case "sequenceMemory":
      return open(sequenceRules(game), faceOfSequence(game));
    case "chance":
      return open(chanceRules(game), faceOfChance(game));
    case "gizmo":
      return open(gizmoRules(game), faceOfGizmo(share));
  }
};
