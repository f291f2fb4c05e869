// What the player has achieved: a word when it happens, and a list of all that can be.
import { createEffect, createSignal, For, on, onCleanup, Show, untrack } from "solid-js";
import type { PlayView } from "#protocol/scene/play/view.ts";
import { useSpeech, useToldIn } from "../words/speech.tsx";
import { endingName } from "./spoken.ts";

type Achievements = PlayView["achievements"];

/** How long it is spoken of, ms. */
const shownMs = 6000;

const titleOf = ({ title, name }: Achievements[number]): string => (title === "" ? endingName(name) : title);

/** `earned`: those that were achieved before, in whatever playthrough. */
export const AchievementToast = (props: {
  readonly achievements: Achievements;
  readonly earned: ReadonlySet<string>;
  /** Nothing is to lie over the picture now: it is said afterwards. */
  readonly held: boolean;
}) => {
  const speech = useSpeech();
  const toldIn = useToldIn();
  /** Also what this playthrough had when it was gone on with, or followed. */
  const known = new Set(props.achievements.flatMap(({ name, achieved }) => (achieved ? [name] : [])));
  /** By name. */
  const [news, setNews] = createSignal<ReadonlyArray<string>>([]);
  const [told, setTold] = createSignal<ReadonlyArray<string>>([]);
  const words = () => props.achievements.flatMap((one) => (told().includes(one.name) ? [titleOf(one)] : [])).join(", ");
  let hiding: ReturnType<typeof setTimeout> | undefined;
  createEffect(
    on(
      () => props.achievements,
      (all) => {
        const found = all.flatMap(({ name, achieved }) => (achieved && !known.has(name) ? [name] : []));
        for (const name of found) known.add(name);
        if (found.length > 0) setNews((before) => [...before, ...found]);
      },
    ),
  );
  createEffect(() => {
    if (props.held) {
      // What was being said is said again.
      const cut = untrack(told);
      if (cut.length === 0) return;
      clearTimeout(hiding);
      setNews((before) => [...cut, ...before]);
      setTold([]);
      return;
    }
    if (news().length === 0) return;
    setTold(news());
    setNews([]);
    clearTimeout(hiding);
    hiding = setTimeout(() => setTold([]), shownMs);
  });
  // After the word: what happens now is among them at once.
  createEffect(() => {
    for (const name of props.earned) known.add(name);
  });
  onCleanup(() => clearTimeout(hiding));
  return (
    <p class="toast" role="status" data-shown={words() === "" || props.held ? undefined : ""}>
      <Show when={words() !== ""}>
        <small>{speech().words.achievements.achieved}</small> <span lang={toldIn()}>{words()}</span>
      </Show>
    </p>
  );
};

export const AchievementList = (props: { readonly achievements: Achievements; readonly earned: ReadonlySet<string> }) => {
  const speech = useSpeech();
  const words = () => speech().words.achievements;
  const toldIn = useToldIn();
  const has = (one: Achievements[number]): boolean => one.achieved || props.earned.has(one.name);
  return (
    <Show when={props.achievements.length > 0}>
      <section aria-label={words().name}>
        <h3>{words().count(props.achievements.filter(has).length, props.achievements.length)}</h3>
        <ul class="achievements">
          <For each={props.achievements}>
            {(one) => {
              const veiled = () => one.hidden && !has(one);
              return (
                <li data-achieved={has(one) ? "" : undefined} lang={veiled() ? undefined : toldIn()}>
                  {veiled() ? words().hidden : titleOf(one)}
                </li>
              );
            }}
          </For>
        </ul>
      </section>
    </Show>
  );
};
