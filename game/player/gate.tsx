// Before the story: what it is, whom it is for, what somebody has played of it before, and the one press that browsers ask for before there is
// sound.
import { createSignal, For, onCleanup, Show } from "solid-js";
import { type ContentRating, ratingOf } from "#protocol/scene/scene.ts";
import type { Earlier, PlaySource } from "../net/source.ts";
import { createAttempts, GuestNote, ProblemLine } from "./panels.tsx";
import { Deletion, focusAfter, moment, Place, standing } from "./places.tsx";
import { mustAgree } from "./settings.ts";

const warnings: Readonly<Record<Exclude<ContentRating, "everyone">, string>> = {
  teen: "This story is for people of 13 years or more.",
  mature: "This story is for adults only.",
};

/** Of the choices that were made, the last ones are told. */
const mostTold = 4;

const soFar = (source: PlaySource): string => {
  const chosen = source.history().flatMap((moment) => (moment.chosen === "" ? [] : [moment.chosen]));
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
  const rating = ratingOf(props.source.story);
  const asks = () => mustAgree(rating, props.agreed);
  const [agreed, setAgreed] = createSignal(false);
  const warning = rating === "everyone" ? "" : warnings[rating];
  const [chosen, setChosen] = createSignal(soFar(props.source));
  const [earlier, setEarlier] = createSignal(props.source.earlier());
  const [saves, setSaves] = createSignal(props.source.saves());
  onCleanup(
    props.source.onChange(() => {
      setChosen(soFar(props.source));
      setEarlier(props.source.earlier());
      setSaves(props.source.saves());
    }),
  );
  const { busy, problem, attempt } = createAttempts();
  const mayNot = () => asks() && !agreed();
  const [said, setSaid] = createSignal("");
  let gate!: HTMLElement;
  let starter!: HTMLButtonElement;
  const nameOf = (one: Earlier): string => `${standing(one)}, ${moment.format(one.at)}`;
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
    setSaid(`Deleted: ${name}`);
  };
  const goesOn = props.source.state().turn > 0;
  return (
    <section class="gate" aria-labelledby="title" ref={(section) => (gate = section)}>
      <p class="unseen" role="status">
        {said()}
      </p>
      <h1 id="title">{props.source.title}</h1>
      <Show when={warning !== ""}>
        <p class="rating">{warning}</p>
      </Show>
      <Show when={asks()}>
        <label class="agree">
          <input type="checkbox" checked={agreed()} onChange={(event) => setAgreed(event.currentTarget.checked)} />
          <span>I am old enough, and want to see it.</span>
        </label>
      </Show>
      <Show when={props.source.watching}>
        <p class="muted">You follow somebody else's playthrough.</p>
      </Show>
      <Show when={chosen() !== ""}>
        <p class="muted">So far: {chosen()}</p>
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
        {props.source.watching ? "Watch" : goesOn ? "Go on" : "Play"}
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
          From the beginning
        </button>
      </Show>
      <ProblemLine problem={problem()} />
      <GuestNote signIn={props.source.signIn} />
      <Show when={!props.source.watching && saves().length + earlier().length > 0}>
        <div class="before">
          <Show when={saves().length > 0}>
            <section aria-label="Saved places">
              <h2>Saved places</h2>
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
            <section aria-label="Played before">
              <h2>Played before</h2>
              <ul>
                <For each={earlier()}>
                  {(one) => (
                    <Place
                      name={standing(one)}
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
