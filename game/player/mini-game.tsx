// A mini-game over the picture: the canvas for the eye and the hand, and buttons that do the same for keys and screen readers.
import { createEffect, createSignal, For, Match, onCleanup, onMount, Show, Switch } from "solid-js";
import type { PlayView } from "#protocol/scene/play/view.ts";
import type { GameResult } from "../minigames/game.ts";
import { pads } from "../minigames/sequence.ts";
import type { OpenGame } from "../scenes/overlay.ts";
import { useSpeech } from "../words/speech.tsx";

export const MiniGameOver = (props: {
  readonly game: NonNullable<PlayView["game"]>;
  readonly paused: boolean;
  readonly watching: boolean;
  readonly finish: (result: GameResult) => void;
  readonly skip: () => void;
  readonly scrub: (share: number) => void;
}) => {
  const speech = useSpeech();
  const words = () => speech().words.game;
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
    // One that is held pulls, and presses nothing once more.
    if (props.paused || (event.repeat && game.game !== "gizmo")) return;
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
    <section class="game" aria-label={words().name}>
      <div class="game-canvas" ref={(element) => (container = element)} />
      <p class="game-text" role="status">
        <Show when={!props.watching} fallback={words().watched}>
          <Show when={!problem()} fallback={words().broken}>
            {words().instructions[game.game].text} <span class="by-keys">{words().instructions[game.game].byKeys}</span>
          </Show>
        </Show>
      </p>
      <Show when={!props.watching}>
        <div class="row game-row">
          <Switch
            fallback={
              <button type="button" class="choice" ref={focused} onPointerDown={press} onKeyDown={pressByKey} onClick={pressBySpeech}>
                {game.game === "chance" ? words().try : game.game === "timingBar" ? words().stop : words().hit}
              </button>
            }
          >
            <Match when={game.game === "sequenceMemory"}>
              <For each={words().pads}>
                {(name, pad) => (
                  <button
                    type="button"
                    class="choice"
                    // A gamepad presses what has the focus.
                    ref={(button) => pad() === 0 && focused(button)}
                    onClick={() => open()?.input({ type: "pad", pad: pad() })}
                  >
                    <kbd aria-hidden="true">{pad() + 1}</kbd>
                    {name}
                  </button>
                )}
              </For>
            </Match>
            <Match when={game.game === "gizmo"}>
              <button type="button" class="choice" ref={focused} onClick={press}>
                {words().pull}
              </button>
              <button type="button" onClick={() => open()?.input({ type: "release" })}>
                {words().letGo}
              </button>
            </Match>
          </Switch>
          <Show when={skippable || problem()}>
            <button type="button" class="plain" disabled={!skippable} onClick={() => props.skip()}>
              {words().skip}
            </button>
          </Show>
        </div>
      </Show>
    </section>
  );
};
