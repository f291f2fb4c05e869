// Before the story: what it is, whom it is for, what somebody has played of it before, and the one press that browsers ask for before there is
// sound.
import { createSignal, For, onCleanup, Show } from "solid-js";
import { headingOf } from "#protocol/scene/play/view.ts";
import { type ContentRating, ratingOf } from "#protocol/scene/scene.ts";
import type { Earlier, Moment, PlaySource } from "../net/source.ts";
import { useSpeech, useToldIn } from "../words/speech.tsx";
import { createAttempts, ProblemLine } from "./attempts.tsx";
import { GuestNote } from "./panels.tsx";
import { Deletion, focusAfter, momentOf, Place, standing } from "./places.tsx";
import { mustAgree } from "./settings.ts";

/** Of the choices that were made, the last ones are told. */
const mostTold = 4;

const soFar = (moments: ReadonlyArray<Moment>, language: string): string => {
  const chosen = moments.flatMap((moment) => moment.chosen[language] || []);
  return [...(chosen.length > mostTold ? ["…"] : []), ...chosen.slice(-mostTold)].join(" · ");
};

export const Gate = (props: {
  readonly source: PlaySource;
  /** The highest rating that somebody here has agreed to. */
  readonly agreed: ContentRating;
  /** From the press by which it begins. */
  readonly wake: () => void;
  readonly start: () => void;
}) => {
  const speech = useSpeech();
  const words = () => speech().words.gate;
  const toldIn = useToldIn();
  const rating = ratingOf(props.source.story);
  const asks = () => mustAgree(rating, props.agreed);
  const [agreed, setAgreed] = createSignal(false);
  const warning = () => (rating === "everyone" ? "" : words().ratings[rating]);
  const [moments, setMoments] = createSignal(props.source.history());
  const chosen = () => soFar(moments(), toldIn());
  const [earlier, setEarlier] = createSignal(props.source.earlier());
  const [saves, setSaves] = createSignal(props.source.saves());
  onCleanup(
    props.source.onChange(() => {
      setMoments(props.source.history());
      setEarlier(props.source.earlier());
      setSaves(props.source.saves());
    }),
  );
  const { busy, problem, attempt } = createAttempts();
  const mayNot = () => asks() && !agreed();
  const [said, setSaid] = createSignal("");
  let gate!: HTMLElement;
  let starter!: HTMLButtonElement;
  const standingOf = (one: Earlier): string =>
    standing(one, speech(), one.ending === null ? "" : headingOf(props.source.story, one.ending, toldIn()));
  const nameOf = (one: Earlier): string => `${standingOf(one)}, ${momentOf(one.at, speech())}`;
  /** What may end with the row being gone. The focus that it had goes to the next one, or to the start. */
  const attemptOn = async (one: Earlier, go: () => Promise<void>): Promise<void> => {
    if (busy()) return;
    setSaid("");
    const row = earlier().indexOf(one);
    await attempt(go);
    focusAfter(gate, row, starter);
  };
  const drop = async (one: Earlier): Promise<void> => {
    const name = nameOf(one);
    await props.source.dropEarlier(one.id);
    setSaid(speech().words.places.deleted(name));
  };
  const goesOn = props.source.state().turn > 0;
  return (
    <section class="gate" aria-labelledby="title" ref={(section) => (gate = section)}>
      <p class="unseen" role="status">
        {said()}
      </p>
      <h1 id="title">{props.source.title}</h1>
      <Show when={warning() !== ""}>
        <p class="rating">{warning()}</p>
      </Show>
      <Show when={asks()}>
        <label class="agree">
          <input type="checkbox" checked={agreed()} onChange={(event) => setAgreed(event.currentTarget.checked)} />
          <span>{words().agree}</span>
        </label>
      </Show>
      <Show when={props.source.watching}>
        <p class="muted">{words().following}</p>
      </Show>
      <Show when={chosen() !== ""}>
        <p class="muted">{words().soFar(chosen())}</p>
      </Show>
      <button
        type="button"
        class="choice start"
        disabled={mayNot() || busy()}
        ref={(button) => {
          starter = button;
          queueMicrotask(() => button.focus({ preventScroll: true }));
        }}
        onClick={() => props.start()}
      >
        {props.source.watching ? words().watch : goesOn ? speech().words.goOn : words().play}
      </button>
      <Show when={goesOn && !props.source.watching}>
        <button
          type="button"
          class="plain"
          disabled={mayNot()}
          aria-disabled={busy()}
          onClick={() => {
            props.wake();
            void attempt(() => props.source.restart().then(props.start));
          }}
        >
          {speech().words.fromTheBeginning}
        </button>
      </Show>
      <ProblemLine problem={problem()} />
      <GuestNote signIn={props.source.signIn} />
      <Show when={!props.source.watching && saves().length + earlier().length > 0}>
        <div class="before">
          <Show when={saves().length > 0}>
            <section aria-label={words().savedPlaces}>
              <h2>{words().savedPlaces}</h2>
              <ul>
                <For each={saves().toReversed()}>
                  {(save) => (
                    <Place
                      name={save.name}
                      at={save.at}
                      disabled={mayNot()}
                      busy={busy()}
                      go={() => {
                        props.wake();
                        void attempt(() => props.source.load(save.id).then(props.start));
                      }}
                    />
                  )}
                </For>
              </ul>
            </section>
          </Show>
          <Show when={earlier().length > 0}>
            <section aria-label={words().playedBefore}>
              <h2>{words().playedBefore}</h2>
              <ul>
                <For each={earlier()}>
                  {(one) => (
                    <Place
                      name={standingOf(one)}
                      at={one.at}
                      disabled={false}
                      busy={busy()}
                      go={() => void attemptOn(one, () => props.source.resume(one.id))}
                    >
                      <Deletion name={nameOf(one)} busy={busy()} go={() => void attemptOn(one, () => drop(one))} />
                    </Place>
                  )}
                </For>
              </ul>
            </section>
          </Show>
        </div>
      </Show>
    </section>
  );
};
