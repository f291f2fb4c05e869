// A mini-game over the picture: the canvas for the eye and the hand, and buttons that do the same for keys and screen readers.
import { createEffect, createSignal, For, Match, onCleanup, onMount, Show, Switch } from "solid-js";
import type { MiniGame } from "#protocol/scene/scene.ts";
import type { PlayView } from "#protocol/scene/play/view.ts";
import type { GameResult } from "../minigames/game.ts";
import { pads } from "../minigames/sequence.ts";
import type { OpenGame } from "../scenes/overlay.ts";

interface Instruction {
  readonly text: string;
  /** Of no use where there are none. */
  readonly byKeys: string;
}

const instructions: Readonly<Record<MiniGame["game"], Instruction>> = {
  reflex: { text: "Hit each mark before it is gone.", byKeys: "By keys: press while a mark is there." },
  timingBar: { text: "Stop the mark within the green zone.", byKeys: "" },
  sequenceMemory: { text: "Watch, then press the pads in the same order.", byKeys: "By keys: 1 to 4." },
  chance: { text: "Try as often as you dare. You may succeed, or be noticed.", byKeys: "" },
  gizmo: { text: "Drag the control to the end.", byKeys: "By keys: arrow right." },
};

const padNames = ["Blue", "Yellow", "Green", "Pink"] as const;

export const MiniGameOver = (props: {
  readonly game: NonNullable<PlayView["game"]>;
  readonly paused: boolean;
  readonly watching: boolean;
  readonly finish: (result: GameResult) => void;
  readonly skip: () => void;
  readonly scrub: (share: number) => void;
}) => {
  const [open, setOpen] = createSignal<OpenGame>();
  const [problem, setProblem] = createSignal(false);
  const { game, seed, skippable } = props.game;
  let container!: HTMLDivElement;
  let gone = false;
  onMount(() => {
    if (props.watching) return;
    import("../scenes/overlay.ts").then(
      ({ openGame }) => {
        if (!gone) setOpen(openGame({ container, game, seed, over: props.finish, share: props.scrub }));
      },
      () => setProblem(true),
    );
  });
  onCleanup(() => {
    gone = true;
    open()?.close();
  });
  createEffect(() => open()?.setPaused(props.paused));
  const press = (): void => open()?.input({ type: "press" });
  /** At once, and not once more when the key comes up. */
  const pressByKey = (event: KeyboardEvent): void => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) press();
  };
  /** A click that no pointer has made. */
  const pressBySpeech = (event: MouseEvent): void => {
    if (event.detail === 0) press();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (props.paused) return;
    const pad = Number(event.key) - 1;
    if (game.game === "sequenceMemory" && pad >= 0 && pad < pads) open()?.input({ type: "pad", pad });
    if (game.game === "gizmo" && event.key === "ArrowRight") {
      // The focus stays where it is.
      event.preventDefault();
      press();
    }
    // A button that has the focus is pressed by the key itself.
    if (event.key === " " && !(document.activeElement instanceof HTMLButtonElement) && game.game !== "sequenceMemory") press();
  };
  addEventListener("keydown", onKey);
  onCleanup(() => removeEventListener("keydown", onKey));
  const focused = (button: HTMLButtonElement): void => queueMicrotask(() => button.focus({ preventScroll: true }));
  return (
    <section class="game" aria-label="Game">
      <div class="game-canvas" ref={(element) => (container = element)} />
      <p class="game-text" role="status">
        <Show when={!props.watching} fallback="A game is being played.">
          <Show when={!problem()} fallback="The game could not be loaded.">
            {instructions[game.game].text} <span class="by-keys">{instructions[game.game].byKeys}</span>
          </Show>
        </Show>
      </p>
      <Show when={!props.watching}>
        <div class="row game-row">
          <Switch
            fallback={
              <button type="button" class="choice" ref={focused} onPointerDown={press} onKeyDown={pressByKey} onClick={pressBySpeech}>
                {game.game === "chance" ? "Try" : game.game === "timingBar" ? "Stop" : "Hit"}
              </button>
            }
          >
            <Match when={game.game === "sequenceMemory"}>
              <For each={padNames}>
                {(name, pad) => (
                  <button type="button" class="choice" onClick={() => open()?.input({ type: "pad", pad: pad() })}>
                    <kbd aria-hidden="true">{pad() + 1}</kbd>
                    {name}
                  </button>
                )}
              </For>
            </Match>
            <Match when={game.game === "gizmo"}>
              <button type="button" class="choice" ref={focused} onClick={press}>
                Pull
              </button>
              <button type="button" onClick={() => open()?.input({ type: "release" })}>
                Let go
              </button>
            </Match>
          </Switch>
          <Show when={skippable || problem()}>
            <button type="button" class="plain" disabled={!skippable} onClick={() => props.skip()}>
              Skip the game
            </button>
          </Show>
        </div>
      </Show>
    </section>
  );
};
