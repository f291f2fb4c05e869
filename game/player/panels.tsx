// What opens over the picture: settings, and the way back.
import { For, onMount, type ParentProps, Show } from "solid-js";
import type { PlayView } from "#protocol/scene/play/view.ts";
import type { Moment, Save, Spectators } from "../net/source.ts";
import type { Words } from "../words/en.ts";
import { useSpeech, useToldIn } from "../words/speech.tsx";
import { AchievementList } from "./achievements.tsx";
import { createAttempts, ProblemLine } from "./attempts.tsx";
import { momentOf } from "./places.tsx";
import { type Settings, speeds, stretches } from "./settings.ts";
import { SpectatorLinks } from "./spectators.tsx";

const Panel = (props: ParentProps<{ readonly title: string; readonly close: () => void }>) => {
  const speech = useSpeech();
  let dialog!: HTMLDialogElement;
  onMount(() => queueMicrotask(() => dialog.isConnected && dialog.showModal()));
  return (
    <dialog class="panel" aria-label={props.title} ref={(element) => (dialog = element)} onClose={() => props.close()}>
      <header>
        <h2>{props.title}</h2>
        {/* The browser gives the focus back only where a dialog closes, not where it is gone. */}
        <button type="button" class="plain" onClick={() => dialog.close()}>
          {speech().words.settings.close}
        </button>
      </header>
      {props.children}
    </dialog>
  );
};

/** Who came by a link and has no account is told how to keep what they play. */
export const GuestNote = (props: { readonly signIn: string | null }) => {
  const speech = useSpeech();
  const words = () => speech().words.guest;
  return (
    <Show when={props.signIn}>
      {(address) => (
        <p class="muted guest">
          {words().as} <a href={address()}>{words().signIn}</a> {words().why}
        </p>
      )}
    </Show>
  );
};

const stretchName = (stretch: Settings["timers"], { noTimers, asTold, timesAsLong }: Words["settings"]): string => {
  if (stretch === null) return noTimers;
  return stretch === 1 ? asTold : timesAsLong(stretch);
};

/** Languages are called as those call them who speak them. */
const languageName = (language: string): string => new Intl.DisplayNames([language], { type: "language" }).of(language) ?? language;

export const SettingsPanel = (props: {
  readonly settings: Settings;
  readonly signIn: string | null;
  readonly spectators: Spectators | null;
  /** That the story is told in, or the player speaks. */
  readonly languages: ReadonlyArray<string>;
  readonly language: string;
  readonly change: (settings: Partial<Settings>) => void;
  readonly close: () => void;
}) => {
  const speech = useSpeech();
  const words = () => speech().words.settings;
  return (
    <Panel title={words().name} close={props.close}>
      <label>
        <span>{words().volume}</span>
        <input
          type="range"
          min="0"
          max="1"
          step="0.05"
          value={props.settings.volume}
          onInput={(event) => props.change({ volume: event.currentTarget.valueAsNumber, muted: false })}
        />
      </label>
      <label>
        <span>{words().speed}</span>
        <select onChange={(event) => props.change({ speed: speeds[event.currentTarget.selectedIndex]! })}>
          <For each={speeds}>{(speed) => <option selected={speed === props.settings.speed}>{words().times(speed)}</option>}</For>
        </select>
      </label>
      <label>
        <span>{words().timers}</span>
        <select data-setting="timers" onChange={(event) => props.change({ timers: stretches[event.currentTarget.selectedIndex]! })}>
          <For each={stretches}>
            {(stretch) => <option selected={stretch === props.settings.timers}>{stretchName(stretch, words())}</option>}
          </For>
        </select>
      </label>
      <Show when={props.languages.length > 1}>
        <label>
          <span>{words().language}</span>
          <select onChange={(event) => props.change({ language: props.languages[event.currentTarget.selectedIndex]! })}>
            <For each={props.languages}>
              {(language) => (
                <option lang={language} selected={language === props.language}>
                  {languageName(language)}
                </option>
              )}
            </For>
          </select>
        </label>
      </Show>
      <label>
        <span>{words().subtitles}</span>
        <input
          type="checkbox"
          checked={props.settings.captions}
          onChange={(event) => props.change({ captions: event.currentTarget.checked })}
        />
      </label>
      <label>
        <span>{words().lessMotion}</span>
        <input
          type="checkbox"
          checked={props.settings.reducedMotion ?? matchMedia("(prefers-reduced-motion: reduce)").matches}
          onChange={(event) => props.change({ reducedMotion: event.currentTarget.checked })}
        />
      </label>
      <GuestNote signIn={props.signIn} />
      <Show when={props.spectators}>{(spectators) => <SpectatorLinks spectators={spectators()} />}</Show>
    </Panel>
  );
};

const Saves = (props: {
  readonly saves: ReadonlyArray<Save>;
  /** What a new one is called if nobody says otherwise. */
  readonly suggested: string;
  readonly save: (name: string) => Promise<void>;
  readonly load: (save: string) => Promise<void>;
  readonly dropSave: (save: string) => Promise<void>;
}) => {
  const { busy, problem, attempt } = createAttempts();
  const speech = useSpeech();
  const words = () => speech().words.history;
  const places = () => speech().words.places;
  let name!: HTMLInputElement;
  const keep = (event: SubmitEvent): void => {
    event.preventDefault();
    void attempt(async () => {
      await props.save(name.value.trim() === "" ? props.suggested : name.value.trim());
      name.value = "";
    });
  };
  return (
    <section aria-label={words().saves}>
      <form class="save" onSubmit={keep}>
        <input
          type="text"
          aria-label={words().saveName}
          maxLength={100}
          placeholder={props.suggested}
          ref={(element) => (name = element)}
        />
        <button type="submit" disabled={busy()}>
          {words().saveHere}
        </button>
      </form>
      <ProblemLine problem={problem()} />
      <ul class="moments" aria-label={speech().words.gate.savedPlaces}>
        <For each={props.saves.toReversed()}>
          {(save) => (
            <li>
              <span>
                {save.name} <small>{momentOf(save.at, speech())}</small>
              </span>
              <span class="moment-buttons">
                <button
                  type="button"
                  class="plain"
                  aria-label={words().goTo(save.name)}
                  disabled={busy()}
                  onClick={() => void attempt(() => props.load(save.id))}
                >
                  {words().goThere}
                </button>
                <button
                  type="button"
                  class="plain"
                  aria-label={places().deleteOne(save.name)}
                  aria-disabled={busy()}
                  onClick={() => void attempt(() => props.dropSave(save.id))}
                >
                  {places().delete}
                </button>
              </span>
            </li>
          )}
        </For>
      </ul>
    </section>
  );
};

export const HistoryPanel = (props: {
  readonly moments: ReadonlyArray<Moment>;
  readonly saves: ReadonlyArray<Save>;
  readonly save: (name: string) => Promise<void>;
  readonly load: (save: string) => Promise<void>;
  readonly dropSave: (save: string) => Promise<void>;
  readonly achievements: PlayView["achievements"];
  readonly earned: ReadonlySet<string>;
  readonly watching: boolean;
  readonly rewind: (inputs: number) => Promise<void>;
  readonly restart: () => Promise<void>;
  readonly close: () => void;
}) => {
  const { busy, problem, attempt } = createAttempts();
  const speech = useSpeech();
  const words = () => speech().words.history;
  const toldIn = useToldIn();
  const chosenIn = (moment: Moment | undefined): string => moment?.chosen[toldIn()] ?? "";
  return (
    <Panel title={words().name} close={props.close}>
      <Show when={!props.watching}>
        <Saves
          saves={props.saves}
          suggested={chosenIn(props.moments.at(-1)) || words().beginning}
          save={props.save}
          load={props.load}
          dropSave={props.dropSave}
        />
      </Show>
      <ProblemLine problem={problem()} />
      <Show when={props.moments.length > 0} fallback={<p class="muted">{words().nothing}</p>}>
        <ol class="moments">
          <For each={props.moments}>
            {(moment) => (
              <li>
                {chosenIn(moment) === "" ? <span>{words().wentOn}</span> : <span lang={toldIn()}>{chosenIn(moment)}</span>}
                <button
                  type="button"
                  class="plain"
                  disabled={props.watching || busy()}
                  onClick={() => void attempt(() => props.rewind(moment.inputs))}
                >
                  {words().chooseAgain}
                </button>
              </li>
            )}
          </For>
        </ol>
      </Show>
      <AchievementList achievements={props.achievements} earned={props.earned} />
      <button type="button" disabled={props.watching} aria-disabled={busy()} onClick={() => void attempt(props.restart)}>
        {speech().words.fromTheBeginning}
      </button>
    </Panel>
  );
};
