// The player's screen: the pictures at the back, the overlay's canvas over them, and over that all that is read and pressed.
import { createEffect, createMemo, createResource, createSignal, Match, on, onCleanup, onMount, Show, Switch } from "solid-js";
import { ratingOf } from "#protocol/scene/scene.ts";
import type { PlaySource } from "../net/source.ts";
import { sentenceOf, spokenLanguages } from "../words/catalogue.ts";
import type { Words } from "../words/en.ts";
import { Speaking, ToldIn, useSpeech, useToldIn, wantedLanguages } from "../words/speech.tsx";
import { AchievementToast } from "./achievements.tsx";
import { choiceKeys, Choices } from "./choices.tsx";
import { followGamepads } from "./gamepad.ts";
import { Gate } from "./gate.tsx";
import { Gone } from "./gone.tsx";
import { Hud } from "./hud.tsx";
import { bestLanguage, languagesOf } from "./languages.ts";
import { createAttempts, ProblemLine } from "./attempts.tsx";
import { GuestNote, HistoryPanel, SettingsPanel } from "./panels.tsx";
import { MiniGameOver } from "./mini-game.tsx";
import { makePlayer, type Player } from "./player.ts";
import { mustAgree, readSettings, type Settings, writeSettings } from "./settings.ts";
import { endingName, spokenChoices, spokenEnding } from "./spoken.ts";
import { stillOf } from "./still.ts";

export const Theatre = (props: { readonly source: PlaySource }) => {
  const [settings, setSettings] = createSignal(readSettings(localStorage));
  const [player, setPlayer] = createSignal<Player>();
  const [begun, setBegun] = createSignal(false);
  const [gone, setGone] = createSignal(props.source.gone());
  onCleanup(props.source.onChange(() => setGone(props.source.gone())));
  createEffect(() => {
    if (gone() !== null) player()?.setPaused(true);
  });
  const languages = languagesOf(props.source.story);
  const choosable = [...new Set([...languages, ...spokenLanguages])];
  const wanted = createMemo(() => wantedLanguages(settings().language));
  const language = createMemo(() => bestLanguage(languages, wanted()));
  const change = (some: Partial<Settings>): void => {
    setSettings((before) => ({ ...before, ...some }));
    writeSettings(localStorage, settings());
  };
  const rating = ratingOf(props.source.story);
  /** Nothing of the story is to be seen yet. */
  const veiled = () => mustAgree(rating, settings().rating);
  // Also before it has begun: browsers tell of a gamepad once, when something is pressed on it first.
  const pause = (): void => {
    const made = player();
    if (made !== undefined && begun() && gone() === null) made.setPaused(!made.paused());
  };
  onCleanup(followGamepads({ pause }));
  let pictures!: HTMLDivElement;
  onMount(() => {
    const made = makePlayer({ source: props.source, container: pictures, language: language() });
    setPlayer(made);
    onCleanup(() => made.close());
  });
  // Each by itself: told of its speed or its times anew, the player begins its sound or its timer anew.
  const volume = createMemo(() => (settings().muted ? 0 : settings().volume));
  const speed = createMemo(() => settings().speed);
  const timers = createMemo(() => settings().timers);
  createEffect(() => player()?.setVolume(volume()));
  createEffect(() => player()?.setRate(speed()));
  createEffect(() => player()?.setStretch(timers()));
  createEffect(on([player, language], ([made, to]) => made?.setLanguage(to)));
  createEffect(() => {
    document.documentElement.dataset["motion"] =
      (settings().reducedMotion ?? matchMedia("(prefers-reduced-motion: reduce)").matches) ? "less" : "full";
  });
  const titleBefore = document.title;
  document.title = props.source.title;
  onCleanup(() => (document.title = titleBefore));
  return (
    <Speaking language={settings().language}>
      <ToldIn language={language()}>
        <main class="theatre">
          <div class="pictures" ref={(element) => (pictures = element)} />
          <Show when={player()?.bare() === true && !veiled() ? player() : undefined}>{(made) => <StillPicture player={made()} />}</Show>
          <Show when={gone()}>{(how) => <Gone source={props.source} how={how()} />}</Show>
          <Show when={gone() === null ? player() : undefined}>
            {(made) => (
              <Show
                when={begun()}
                fallback={
                  <Gate
                    source={props.source}
                    agreed={settings().rating}
                    wake={made().wake}
                    start={() => {
                      if (veiled()) change({ rating });
                      setBegun(true);
                      made().start();
                    }}
                  />
                }
              >
                <Playing
                  player={made()}
                  settings={settings()}
                  languages={choosable}
                  language={bestLanguage(choosable, wanted())}
                  change={change}
                />
              </Show>
            )}
          </Show>
        </main>
      </ToldIn>
    </Speaking>
  );
};

/** What was seen last, or is seen first, while nothing is on the stage. */
const StillPicture = (props: { readonly player: Player }) => {
  const { source } = props.player;
  const [state, setState] = createSignal(source.state());
  onCleanup(source.onChange((change) => setState(change.state)));
  const still = createMemo(() => stillOf(source.story, state()), undefined, {
    equals: (a, b) => a?.assetId === b?.assetId && a?.at === b?.at,
  });
  const [address] = createResource(still, async ({ assetId, at }) => {
    // Without one the ground stays as it is.
    const found = await source.media([assetId]).catch(() => undefined);
    return found?.get(assetId)?.stills[at] ?? null;
  });
  return <Show when={address()}>{(src) => <img class="still" src={src()} alt="" />}</Show>;
};

const Playing = (props: {
  readonly player: Player;
  readonly settings: Settings;
  /** That can be chosen, and the one that is. */
  readonly languages: ReadonlyArray<string>;
  readonly language: string;
  readonly change: (settings: Partial<Settings>) => void;
}) => {
  const { player } = props;
  const speech = useSpeech();
  const words = () => speech().words;
  const toldIn = useToldIn();
  const [panel, setPanel] = createSignal<"settings" | "history" | null>(null);
  const [moments, setMoments] = createSignal(player.source.history());
  const [saves, setSaves] = createSignal(player.source.saves());
  const [earned, setEarned] = createSignal(player.source.earned());
  onCleanup(
    player.source.onChange(() => {
      setMoments(player.source.history());
      setSaves(player.source.saves());
      setEarned(player.source.earned());
    }),
  );
  const view = () => player.view();
  /** It was paused before the panel was opened, which leaves it as it was. */
  let stood = false;
  const open = (which: "settings" | "history"): void => {
    stood = player.paused();
    player.setPaused(true);
    setPanel(which);
  };
  const close = (): void => {
    setPanel(null);
    player.setPaused(stood);
    // What came up under the panel could not take it.
    if (document.activeElement === document.body)
      document
        .querySelector<HTMLButtonElement>(".problem button, .game .choice:not(:disabled), .foot .choice:not(:disabled)")
        ?.focus({ preventScroll: true });
  };
  /** What was asked for in the panel is done, and the story goes on from there; another may be open by then. */
  const closeHistory = (): void => {
    if (panel() !== "history") return;
    stood = false;
    close();
  };
  const ending = createAttempts();
  const fullScreen = (): void => {
    const change = document.fullscreenElement === null ? document.documentElement.requestFullscreen() : document.exitFullscreen();
    // A browser, or a frame, that does not allow it: the picture stays as large as it is.
    change.catch(() => {});
  };
  const onKey = (event: KeyboardEvent): void => {
    if (panel() !== null || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.repeat) {
      // A key that is held would choose at all that comes, one after the other: browsers press what has the focus. One that pulls does so.
      if (event.key === "Enter" && view().game?.game.game !== "gizmo") event.preventDefault();
      return;
    }
    const number = Number(event.key);
    if (number >= 1 && number <= choiceKeys && player.offered()) {
      const choice = view().choices[number - 1];
      if (choice?.open === true) player.choose(choice.edge);
      return;
    }
    const onButton = document.activeElement instanceof HTMLButtonElement;
    switch (event.key) {
      case "f":
        return fullScreen();
      case "m":
        return props.change({ muted: !props.settings.muted });
      case "c":
        return props.change({ captions: !props.settings.captions });
      case "h":
        return open("history");
      case "p":
        return player.setPaused(!player.paused());
      case "Enter":
      case " ":
        if (!onButton && (player.reading() || player.stepping())) player.goOn();
        else if (!onButton && event.key === " " && view().game === null) player.setPaused(!player.paused());
    }
  };
  addEventListener("keydown", onKey);
  onCleanup(() => removeEventListener("keydown", onKey));
  const onVisibility = (): void => {
    if (document.visibilityState === "hidden") player.setPaused(true);
  };
  document.addEventListener("visibilitychange", onVisibility);
  onCleanup(() => document.removeEventListener("visibilitychange", onVisibility));

  const said = createMemo(
    on([player.offered, () => view().node, () => view().turn, words], ([offered, , , spoken]) => {
      if (view().ending !== null) return spokenEnding(view(), spoken);
      const timer = player.timer();
      return offered ? spokenChoices(view(), timer === null ? null : Math.round(timer.leftMs / 1000), spoken) : "";
    }),
  );
  // The same game as long as it lasts, whatever else changes meanwhile.
  const game = createMemo(() => view().game, null, { equals: (a, b) => a === b || (a !== null && b !== null && a.seed === b.seed) });
  const placeholder = () => view().media.flatMap((media) => (media.kind === "placeholder" ? [media.text] : []))[0] ?? "";
  return (
    <>
      <p class="unseen" aria-live="polite" role="status">
        {said()}
      </p>
      <Hud hud={view().hud} />
      <AchievementToast achievements={view().achievements} earned={earned()} held={view().game !== null} />
      <Show when={player.waiting() || view().waitsForGeneration}>
        <p class="wait" role="status">
          <span class="wait-mark" aria-hidden="true" />
          <span class={view().waitsForGeneration ? "" : "unseen"}>
            {view().waitsForGeneration ? words().stage.making : words().stage.loading}
          </span>
        </p>
      </Show>
      <Show when={player.problem()}>
        {(problem) => (
          <div class="problem" role="alert">
            <p>{sentenceOf(problem(), words())}</p>
            <div class="row">
              <button
                type="button"
                ref={(button) => queueMicrotask(() => button.focus({ preventScroll: true }))}
                onClick={() => player.retry()}
              >
                {words().tryAgain}
              </button>
              <button type="button" onClick={() => player.skip()}>
                {words().stage.without}
              </button>
            </div>
          </div>
        )}
      </Show>
      <Show when={game()} keyed>
        {(game) => (
          <MiniGameOver
            game={game}
            paused={player.paused()}
            watching={player.source.watching}
            finish={({ score, durationMs }) => player.finishGame(score, durationMs)}
            skip={player.skipGame}
            scrub={player.scrub}
          />
        )}
      </Show>
      <div class="foot">
        <Show when={view().ending === null && view().game === null && (props.settings.captions || player.reading())}>
          <Show when={view().caption !== "" || placeholder() !== ""}>
            <p class="caption" lang={toldIn()}>
              {view().caption === "" ? placeholder() : view().caption}
            </p>
          </Show>
          <Show when={player.subtitle() !== "" && view().media.length > 0}>
            <p class="caption" lang={toldIn()} data-subtitle>
              {player.subtitle()}
            </p>
          </Show>
        </Show>
        <Switch>
          <Match when={view().ending !== null}>
            <section class="ending" aria-label={words().ending.name}>
              {view().heading === "" ? <h1>{endingTitle(view().ending, words())}</h1> : <h1 lang={toldIn()}>{view().heading}</h1>}
              <Show when={view().caption !== ""}>
                <p lang={toldIn()}>{view().caption}</p>
              </Show>
              <ProblemLine problem={ending.problem()} />
              <div class="row">
                <button
                  type="button"
                  class="choice"
                  disabled={player.source.watching}
                  aria-disabled={ending.busy()}
                  ref={(button) => queueMicrotask(() => button.focus({ preventScroll: true }))}
                  onClick={() => void ending.attempt(player.source.restart)}
                >
                  {words().ending.again}
                </button>
                <button type="button" onClick={() => open("history")}>
                  {words().ending.back}
                </button>
              </div>
              <GuestNote signIn={player.source.signIn} />
            </section>
          </Match>
          <Match when={player.offered() && view().choices.length > 0}>
            <Choices
              prompt={view().prompt}
              choices={view().choices}
              timer={player.timer()}
              watching={player.source.watching}
              choose={player.choose}
              moreTime={player.moreTime}
            />
          </Match>
          <Match when={(player.reading() || player.stepping()) && !player.source.watching}>
            <button
              type="button"
              class="choice go-on"
              ref={(button) => queueMicrotask(() => button.focus({ preventScroll: true }))}
              // The second of a double click would pass what comes next unread.
              onClick={(event) => (event.detail < 2 || player.stepping()) && player.goOn()}
            >
              {words().goOn}
            </button>
          </Match>
        </Switch>
        <nav class="bar" aria-label={words().bar.name} ref={keepClear}>
          <button type="button" class="plain" onClick={() => player.setPaused(!player.paused())}>
            {player.paused() ? words().bar.play : words().bar.pause}
          </button>
          <button type="button" class="plain" disabled={player.source.watching} onClick={() => player.skip()}>
            {words().bar.skip}
          </button>
          <button
            type="button"
            class="plain"
            aria-pressed={props.settings.muted}
            onClick={() => props.change({ muted: !props.settings.muted })}
          >
            {props.settings.muted ? words().bar.soundOn : words().bar.mute}
          </button>
          <span class="space" />
          <button type="button" class="plain" onClick={() => open("history")}>
            {words().bar.history}
          </button>
          <button type="button" class="plain" onClick={() => open("settings")}>
            {words().bar.settings}
          </button>
          <button type="button" class="plain" onClick={fullScreen}>
            {words().bar.fullScreen}
          </button>
        </nav>
      </div>
      <Show when={panel() === "settings"}>
        <SettingsPanel
          settings={props.settings}
          signIn={player.source.signIn}
          spectators={player.source.spectators}
          languages={props.languages}
          language={props.language}
          change={props.change}
          close={close}
        />
      </Show>
      <Show when={panel() === "history"}>
        <HistoryPanel
          moments={moments()}
          saves={saves()}
          achievements={view().achievements}
          earned={earned()}
          save={player.source.save}
          load={(save) => player.source.load(save).then(closeHistory)}
          dropSave={player.source.dropSave}
          watching={player.source.watching}
          rewind={(inputs) => player.source.rewind(inputs).then(closeHistory)}
          restart={() => player.source.restart().then(closeHistory)}
          close={close}
        />
      </Show>
    </>
  );
};

/** Tells the styles how high the bar is, which has more rows where its words are long: what is played with stands above it. */
const keepClear = (bar: HTMLElement): void => {
  const observer = new ResizeObserver(() => document.documentElement.style.setProperty("--bar", `${bar.offsetHeight}px`));
  observer.observe(bar);
  onCleanup(() => observer.disconnect());
};

const endingTitle = (ending: ReturnType<Player["view"]>["ending"], words: Words): string =>
  ending?.kind === "end" ? endingName(ending.name) : words.ending.name;
