// Plays a story: brings together where the playthrough comes from and the stage, and says as signals what is to be drawn over the picture.
import { type Accessor, batch, createSignal } from "solid-js";
import { lookAhead } from "#protocol/scene/play/ahead.ts";
import { programOf } from "#protocol/scene/play/program.ts";
import type { PlayInput, PlayState } from "#protocol/scene/play/state.ts";
import { type PlayView, viewPlay } from "#protocol/scene/play/view.ts";
import type { PlayChange, PlaySource } from "../net/source.ts";
import { Problem } from "../words/catalogue.ts";
import { Clips } from "./clips.ts";
import { type Cue, cueOf, type Programme, programmeOf } from "./cue.ts";
import { Sound } from "./sound.ts";
import { Stage, type StageWish, type Switch } from "./stage.ts";
import { Subtitles } from "./subtitles.ts";

/** Remembered, of the last cuts. */
const switchesKept = 200;
/** What comes after what comes next is worth that much less. */
const later = 0.3;
/** What follows by itself is made ready that long before, ms, and until then after the likelier choices. */
const nearMs = 1200;
const notYet = 0.15;
const tickMs = 100;

export interface ChoiceTimer {
  readonly leftMs: number;
  readonly totalMs: number;
}

export interface Player {
  readonly source: PlaySource;
  readonly view: Accessor<PlayView>;
  /** Whether the choices of the view can be made now. */
  readonly offered: Accessor<boolean>;
  readonly timer: Accessor<ChoiceTimer | null>;
  /** The picture that should be there is not. */
  readonly waiting: Accessor<boolean>;
  readonly paused: Accessor<boolean>;
  readonly problem: Accessor<Error | null>;
  /** Nothing on the stage belongs to where the story is: it was gone on with, or back in, to where nothing is played. */
  readonly bare: Accessor<boolean>;
  /** What is said in the piece at this moment; empty: nothing. */
  readonly subtitle: Accessor<string>;
  /** Nothing is played, and the story waits for somebody to have read what it says. */
  readonly reading: Accessor<boolean>;
  /** The next step of a progression can be asked for. */
  readonly stepping: Accessor<boolean>;
  readonly switches: () => ReadonlyArray<Switch>;
  /** All that is heard. */
  readonly output: AudioNode;
  /** From a gesture: sound is allowed by one only. */
  readonly wake: () => void;
  readonly start: () => void;
  readonly choose: (edge: string) => void;
  readonly goOn: () => void;
  readonly finishGame: (score: number, durationMs: number) => void;
  readonly skipGame: () => void;
  readonly scrub: (share: number) => void;
  /** To where something is asked, or to what comes next. */
  readonly skip: () => void;
  /** Shows what could not be shown. */
  readonly retry: () => void;
  /** As long as it takes, for this choice. */
  readonly moreTime: () => void;
  readonly setPaused: (paused: boolean) => void;
  readonly setVolume: (volume: number) => void;
  readonly setRate: (rate: number) => void;
  readonly setLanguage: (language: string) => void;
  /** What times for choices are multiplied by; null: none runs out. */
  readonly setStretch: (stretch: number | null) => void;
  readonly close: () => void;
}

export interface PlayerOptions {
  readonly source: PlaySource;
  /** Holds the video elements. */
  readonly container: HTMLElement;
  readonly language: string;
  readonly audio?: AudioContext;
}

export const makePlayer = ({ source, container, language: firstLanguage, audio }: PlayerOptions): Player => {
  const { story } = source;
  const sound = new Sound(audio ?? new AudioContext());
  const clips = new Clips((assetId) => source.media([assetId]).then((found) => found.get(assetId)), sound.context);
  const subtitles = new Subtitles();

  let language = firstLanguage;
  let state: PlayState = source.state();
  const seen = (): PlayView => {
    const view = viewPlay(story, state, language);
    if (view === undefined) throw new Problem((problems) => problems.otherVersion);
    return view;
  };
  const [view, setView] = createSignal(seen());
  const [offered, setOffered] = createSignal(false);
  const [timer, setTimer] = createSignal<ChoiceTimer | null>(null);
  const [waiting, setWaiting] = createSignal(false);
  const [paused, setPaused] = createSignal(false);
  const [problem, setProblem] = createSignal<Error | null>(null);
  const [reading, setReading] = createSignal(false);
  const [stepping, setStepping] = createSignal(false);
  const [subtitle, setSubtitle] = createSignal("");
  const [bare, setBare] = createSignal(true);

  let switches: ReadonlyArray<Switch> = [];
  let programme: Programme = { cues: [], subtitles: [], atEnd: { kind: "stay" } };
  /** Of the programme, the cue that is shown. */
  let at = 0;
  /** Of the cues before it, ms. */
  let before = 0;
  let position = 0;
  /** Whether the end of the cue is near: then what follows it is more urgent than any choice. */
  let near = false;
  /** While a piece tells of its end, what follows it does so without a gap. */
  let ending = false;
  /** What should be shown and could not be: its end never comes. */
  let missed: Cue | null = null;
  let started = false;
  let stretch: number | null = 1;
  /** Not where somebody has asked for more time. */
  let hurried = true;
  let clock: ReturnType<typeof setInterval> | undefined;
  let looking: ReturnType<typeof setTimeout> | undefined;

  const lastStep = (): boolean | null => {
    const frame = state.frames.at(-1);
    if (state.waiting.for !== "media" || state.waiting.step === null || frame === undefined) return null;
    const node = programOf(story).scenes.get(frame.scene)?.nodes.get(frame.node);
    return node?.type === "video" && node.playback.mode === "progression" ? state.waiting.step >= node.playback.steps.length - 1 : null;
  };

  // ── Choices ──

  const decide = (input: PlayInput): void => {
    source.take(input);
    // One for the end of what is not played comes at once.
    if (missed !== null && state.waiting.for === "media" && state.waiting.pending !== null) tellEnd();
  };

  const stopTimer = (): void => {
    clearInterval(clock);
    setTimer(null);
  };
  const startTimer = (): void => {
    const { timeoutMs } = view();
    clearInterval(clock);
    if (timeoutMs === null || stretch === null || source.watching) return void setTimer(null);
    const totalMs = timeoutMs * stretch;
    let leftMs = totalMs;
    setTimer({ leftMs, totalMs });
    clock = setInterval(() => {
      if (paused()) return;
      leftMs = Math.max(0, leftMs - tickMs);
      setTimer({ leftMs, totalMs });
      if (leftMs > 0) return;
      clearInterval(clock);
      // Where nothing is taken for it, the choice stays open.
      decide({ type: "timeout", turn: state.turn });
    }, tickMs);
  };
  const offer = (): void => {
    const { choices } = view();
    if (offered() || choices.length === 0 || choices.some(({ chosen }) => chosen)) return;
    setOffered(true);
    startTimer();
  };
  const withdraw = (): void => {
    setOffered(false);
    stopTimer();
    if (!hurried) source.stretch(stretch);
    hurried = true;
  };

  // ── What may come ──

  const wishes = (): ReadonlyArray<StageWish> => {
    const found: Array<StageWish> = [];
    const certain = near ? 2 : notYet;
    if (programme.atEnd.kind === "loop") found.push({ cue: programme.atEnd.cue, likelihood: certain });
    for (const cue of programme.cues.slice(at + 1)) found.push({ cue, likelihood: certain });
    for (const { media, likelihood, inputs } of lookAhead(story, state).candidates) {
      const cue = cueOf(media);
      if (cue !== undefined) found.push({ cue, likelihood: likelihood * later ** (inputs - 1) });
    }
    return found;
  };
  const look = (): void => {
    clearTimeout(looking);
    // After what has just been asked for.
    looking = setTimeout(() => stage.prepare(wishes), 0);
  };

  // ── The programme ──

  const show = (cue: Cue, round = false): void => {
    near = false;
    missed = null;
    setProblem(null);
    const kind = ending ? (round ? "loop" : "end") : stage.current === null ? "start" : "choice";
    stage.show(cue, kind);
    look();
  };
  const begin = (): void => {
    programme = programmeOf(view(), lastStep());
    subtitles.prepare(programme.subtitles);
    setSubtitle("");
    at = 0;
    before = 0;
    position = 0;
    const [first] = programme.cues;
    setReading(state.waiting.for === "media" && first === undefined);
    setStepping(lastStep() === false);
    if (first !== undefined) return show(first);
    comesToNothing();
    look();
  };
  /** Nothing is played here: what was waited for, could not be had, or was to follow, belongs to what was before. */
  const comesToNothing = (): void => {
    missed = null;
    programme = { ...programme, cues: programme.cues.slice(0, at + 1), atEnd: { kind: "stay" } };
    setProblem(null);
    stage.forgo();
  };
  const tellEnd = (): void => {
    if (source.watching) return;
    source.take({ type: "ended", turn: state.turn });
  };
  const pieceEnds = (): void => {
    before += position;
    const next = programme.cues[at + 1];
    if (next !== undefined) {
      at += 1;
      return show(next);
    }
    switch (programme.atEnd.kind) {
      case "tell":
        return tellEnd();
      case "loop":
        offer();
        return show(programme.atEnd.cue, true);
      case "stay":
    }
  };

  const stage = new Stage(container, clips, sound, {
    ending: () => {
      ending = true;
      try {
        pieceEnds();
      } finally {
        ending = false;
      }
    },
    switched: (one) => {
      switches = [...switches.slice(1 - switchesKept), one];
      const { scene, node } = view();
      source.report({ kind: one.kind, scene, node, ms: one.shownMs, primed: one.primed });
    },
    waiting: setWaiting,
    position: (ms, leftMs) => {
      position = ms;
      setBare(false);
      if (!near && leftMs < nearMs) {
        near = true;
        look();
      }
      const { showAtMs } = view();
      if (showAtMs !== null && before + ms >= showAtMs) offer();
      const [shown, cue] = [stage.current, programme.cues[at]];
      // Not of a piece whose successor is still on its way.
      setSubtitle(shown !== null && shown.assetId === cue?.assetId ? subtitles.at(programme.subtitles[at]!, shown.startMs + ms) : "");
    },
    failed: (cue, error) => {
      missed = cue;
      setProblem(error instanceof Error ? error : new Error(String(error)));
    },
  });

  const follow = ({ state: next, outputs, jumped }: PlayChange): void =>
    batch(() => {
      const isSame = !jumped && outputs.length === 0 && next.turn === state.turn;
      state = next;
      // Something was generated ahead: nothing is seen of it yet, but it can be made ready.
      if (isSame) return look();
      setView(seen());
      const plays = jumped || outputs.some(({ type }) => type === "play");
      const { waiting: on } = state;
      if (jumped && stage.current === null) setBare(true);
      const asked = on.for === "choice" || (on.for === "media" && on.pending === null);
      if (plays || !asked) withdraw();
      if (plays) begin();
      else {
        // A choice for the end of the clip: it does not go round any more.
        programme = { ...programme, atEnd: programmeOf(view(), lastStep()).atEnd };
        setReading(on.for === "media" && on.playing.length === 0);
        look();
      }
      if (on.for === "choice") offer();
      if (on.for !== "media") comesToNothing();
      if (!jumped || programme.cues.length > 0) return;
      // What was played belongs to where the story was.
      stage.hold();
      setBare(true);
    });
  const unfollow = source.onChange((change) => {
    if (started) follow(change);
    else state = change.state;
  });

  return {
    source,
    view,
    offered,
    timer,
    waiting,
    paused,
    problem,
    reading,
    stepping,
    bare,
    subtitle,
    switches: () => switches,
    output: sound.output,
    wake: () => void sound.context.resume(),
    start: () => {
      started = true;
      void sound.context.resume();
      follow({ state: source.state(), outputs: [], jumped: true });
    },
    choose: (edge) => {
      if (!source.watching) decide({ type: "choose", turn: state.turn, edge });
    },
    goOn: () => {
      if (source.watching) return;
      if (stepping()) source.take({ type: "progress", turn: state.turn });
      else if (reading()) tellEnd();
    },
    finishGame: (score, durationMs) => {
      if (!source.watching) source.take({ type: "minigame", turn: state.turn, score, durationMs: Math.round(durationMs) });
    },
    skipGame: () => {
      if (!source.watching) source.take({ type: "skip", turn: state.turn });
    },
    scrub: (share) => stage.scrub(share),
    skip: () => {
      setProblem(null);
      const { choices } = view();
      // Where none can be taken, the story goes on as at the end.
      if (choices.some(({ open }) => open) && !choices.some(({ chosen }) => chosen)) offer();
      else if (!source.watching && state.waiting.for === "media" && !stepping()) tellEnd();
    },
    retry: () => {
      if (missed === null) return;
      stage.forget(missed);
      show(missed);
    },
    moreTime: () => {
      hurried = false;
      source.stretch(null);
      stopTimer();
    },
    setPaused: (now) => {
      setPaused(now);
      if (now) stage.pause();
      else stage.resume();
    },
    setVolume: (volume) => {
      sound.volume = volume;
    },
    setRate: (rate) => {
      stage.rate = rate;
    },
    setLanguage: (next) => {
      language = next;
      setView(seen());
      programme = { ...programme, subtitles: programmeOf(view(), lastStep()).subtitles };
      subtitles.prepare(programme.subtitles);
    },
    setStretch: (next) => {
      stretch = next;
      source.stretch(next);
      if (offered()) startTimer();
    },
    close: () => {
      unfollow();
      clearTimeout(looking);
      stopTimer();
      stage.close();
    },
  };
};
