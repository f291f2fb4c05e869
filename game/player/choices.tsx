// The choices as buttons over the picture: numbered, with the time that is left.
import { createEffect, For, on, Show } from "solid-js";
import type { PlayView } from "#protocol/scene/play/view.ts";
import { useSpeech, useToldIn } from "../words/speech.tsx";
import type { ChoiceTimer } from "./player.ts";

/** That have a key of their own. */
export const choiceKeys = 8;
/** From here on somebody who needs it is offered more time, ms. */
const offerMoreBelowMs = 20_000;

export const Choices = (props: {
  readonly prompt: string;
  readonly choices: PlayView["choices"];
  readonly timer: ChoiceTimer | null;
  readonly watching: boolean;
  readonly choose: (edge: string) => void;
  readonly moreTime: () => void;
}) => {
  const speech = useSpeech();
  const words = () => speech().words.choices;
  const toldIn = useToldIn();
  let list!: HTMLDivElement;
  const focusFirst = (): void => list.querySelector<HTMLButtonElement>("button:not(:disabled)")?.focus({ preventScroll: true });
  /** Where they come up, they have the keyboard. */
  createEffect(on(() => props.choices.map(({ edge }) => edge).join(), focusFirst));
  /** The button for it goes. */
  const takeTime = (): void => {
    props.moreTime();
    focusFirst();
  };
  const move = (by: number): void => {
    const buttons = [...list.querySelectorAll<HTMLButtonElement>("button:not(:disabled)")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[(at + by + buttons.length) % buttons.length]?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    move(by);
  };
  return (
    <section class="choices" aria-label={words().name} onKeyDown={onKeyDown}>
      <Show when={props.prompt !== ""}>
        <p class="prompt" lang={toldIn()}>
          {props.prompt}
        </p>
      </Show>
      <Show when={props.timer}>
        {(timer) => (
          <div class="timer">
            <div
              class="timer-bar"
              role="progressbar"
              aria-label={words().timeLeft}
              aria-valuemin={0}
              aria-valuemax={Math.round(timer().totalMs / 1000)}
              aria-valuenow={Math.ceil(timer().leftMs / 1000)}
            >
              <div style={{ transform: `scaleX(${timer().leftMs / timer().totalMs})` }} />
            </div>
            <span class="timer-left">{words().seconds(Math.ceil(timer().leftMs / 1000))}</span>
            <Show when={timer().leftMs < offerMoreBelowMs}>
              <button type="button" class="plain" data-more-time onClick={takeTime}>
                {words().moreTime}
              </button>
            </Show>
          </div>
        )}
      </Show>
      <div class="choice-list" ref={(element) => (list = element)}>
        <For each={props.choices}>
          {(choice, at) => (
            <button
              type="button"
              class="choice"
              data-choice={at() + 1}
              aria-pressed={choice.chosen}
              disabled={!choice.open || props.watching}
              // The second of a double click would choose at what comes next.
              onClick={(event) => event.detail < 2 && props.choose(choice.edge)}
            >
              <Show when={at() < choiceKeys}>
                <kbd aria-hidden="true">{at() + 1}</kbd>
              </Show>
              {choice.text === "" ? <span>{speech().words.goOn}</span> : <span lang={toldIn()}>{choice.text}</span>}
            </button>
          )}
        </For>
      </div>
    </section>
  );
};
