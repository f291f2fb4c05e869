// What opens over the picture: settings, and the way back.
import { createSignal, For, type ParentProps, Show } from "solid-js";
import type { PlayView } from "#protocol/scene/play/view.ts";
import type { Moment, Save } from "../net/source.ts";
import { AchievementList } from "./achievements.tsx";
import { type Settings, speeds, stretches } from "./settings.ts";

const Panel = (props: ParentProps<{ readonly title: string; readonly close: () => void }>) => {
  const shown = (dialog: HTMLDialogElement): void => queueMicrotask(() => dialog.isConnected && dialog.showModal());
  return (
    <dialog class="panel" aria-label={props.title} ref={shown} onClose={() => props.close()}>
      <header>
        <h2>{props.title}</h2>
        <button type="button" class="plain" onClick={() => props.close()}>
          Close
        </button>
      </header>
      {props.children}
    </dialog>
  );
};

/** Who came by a link and has no account is told how to keep what they play. */
export const GuestNote = (props: { readonly signIn: string | null }) => (
  <Show when={props.signIn}>
    {(address) => (
      <p class="muted guest">
        You play as a guest. <a href={address()}>Sign in</a> to keep what you have played, and to go on with it on your other devices.
      </p>
    )}
  </Show>
);

const stretchName = (stretch: Settings["timers"]): string => {
  if (stretch === null) return "No timers";
  return stretch === 1 ? "As the story says" : `${stretch} times as long`;
};

export const SettingsPanel = (props: {
  readonly settings: Settings;
  readonly signIn: string | null;
  readonly languages: ReadonlyArray<string>;
  readonly language: string;
  readonly change: (settings: Partial<Settings>) => void;
  readonly close: () => void;
}) => {
  const names = new Intl.DisplayNames([navigator.language], { type: "language" });
  return (
    <Panel title="Settings" close={props.close}>
      <label>
        <span>Volume</span>
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
        <span>Speed</span>
        <select onChange={(event) => props.change({ speed: speeds[event.currentTarget.selectedIndex]! })}>
          <For each={speeds}>{(speed) => <option selected={speed === props.settings.speed}>{speed} ×</option>}</For>
        </select>
      </label>
      <label>
        <span>Time for choices</span>
        <select data-setting="timers" onChange={(event) => props.change({ timers: stretches[event.currentTarget.selectedIndex]! })}>
          <For each={stretches}>{(stretch) => <option selected={stretch === props.settings.timers}>{stretchName(stretch)}</option>}</For>
        </select>
      </label>
      <Show when={props.languages.length > 1}>
        <label>
          <span>Language</span>
          <select onChange={(event) => props.change({ language: props.languages[event.currentTarget.selectedIndex]! })}>
            <For each={props.languages}>
              {(language) => <option selected={language === props.language}>{names.of(language) ?? language}</option>}
            </For>
          </select>
        </label>
      </Show>
      <label>
        <span>Subtitles</span>
        <input
          type="checkbox"
          checked={props.settings.captions}
          onChange={(event) => props.change({ captions: event.currentTarget.checked })}
        />
      </label>
      <label>
        <span>Less motion</span>
        <input
          type="checkbox"
          checked={props.settings.reducedMotion ?? matchMedia("(prefers-reduced-motion: reduce)").matches}
          onChange={(event) => props.change({ reducedMotion: event.currentTarget.checked })}
        />
      </label>
      <GuestNote signIn={props.signIn} />
    </Panel>
  );
};

/** Does what may fail, one thing at a time, and says why it could not be done. */
export const createAttempts = () => {
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal("");
  return {
    busy,
    problem,
    /** Answers when it is over; nothing while something else is under way. */
    attempt: async (go: () => Promise<void>): Promise<void> => {
      if (busy()) return;
      setBusy(true);
      setProblem("");
      try {
        await go();
      } catch (error) {
        setProblem(error instanceof Error ? error.message : String(error));
      } finally {
        setBusy(false);
      }
    },
  };
};

export const ProblemLine = (props: { readonly problem: string }) => (
  <Show when={props.problem !== ""}>
    <p class="muted" role="alert">
      {props.problem}
    </p>
  </Show>
);

const Saves = (props: {
  readonly saves: ReadonlyArray<Save>;
  /** What a new one is called if nobody says otherwise. */
  readonly suggested: string;
  readonly save: (name: string) => Promise<void>;
  readonly load: (save: string) => Promise<void>;
  readonly dropSave: (save: string) => Promise<void>;
}) => {
  const { busy, problem, attempt } = createAttempts();
  const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  let name!: HTMLInputElement;
  const keep = (event: SubmitEvent): void => {
    event.preventDefault();
    void attempt(async () => {
      await props.save(name.value.trim() === "" ? props.suggested : name.value.trim());
      name.value = "";
    });
  };
  return (
    <section aria-label="Saves">
      <form class="save" onSubmit={keep}>
        <input
          type="text"
          aria-label="Name of the save"
          maxLength={100}
          placeholder={props.suggested}
          ref={(element) => (name = element)}
        />
        <button type="submit" disabled={busy()}>
          Save here
        </button>
      </form>
      <ProblemLine problem={problem()} />
      <ul class="moments" aria-label="Saved places">
        <For each={props.saves.toReversed()}>
          {(save) => (
            <li>
              <span>
                {save.name} <small>{moment.format(save.at)}</small>
              </span>
              <span class="moment-buttons">
                <button
                  type="button"
                  class="plain"
                  aria-label={`Go to ${save.name}`}
                  disabled={busy()}
                  onClick={() => void attempt(() => props.load(save.id))}
                >
                  Go there
                </button>
                <button
                  type="button"
                  class="plain"
                  aria-label={`Delete ${save.name}`}
                  aria-disabled={busy()}
                  onClick={() => void attempt(() => props.dropSave(save.id))}
                >
                  Delete
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
  return (
    <Panel title="History" close={props.close}>
      <Show when={!props.watching}>
        <Saves
          saves={props.saves}
          suggested={props.moments.at(-1)?.chosen || "The beginning"}
          save={props.save}
          load={props.load}
          dropSave={props.dropSave}
        />
      </Show>
      <ProblemLine problem={problem()} />
      <Show when={props.moments.length > 0} fallback={<p class="muted">Nothing has been chosen yet.</p>}>
        <ol class="moments">
          <For each={props.moments}>
            {(moment) => (
              <li>
                <span>{moment.chosen === "" ? "Went on" : moment.chosen}</span>
                <button
                  type="button"
                  class="plain"
                  disabled={props.watching || busy()}
                  onClick={() => void attempt(() => props.rewind(moment.inputs))}
                >
                  Choose again
                </button>
              </li>
            )}
          </For>
        </ol>
      </Show>
      <AchievementList achievements={props.achievements} earned={props.earned} />
      <button type="button" disabled={props.watching} aria-disabled={busy()} onClick={() => void attempt(props.restart)}>
        From the beginning
      </button>
    </Panel>
  );
};
