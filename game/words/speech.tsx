// In which language the player speaks to whoever sits before it.
import { type Accessor, createContext, createEffect, createMemo, type ParentProps, useContext } from "solid-js";
import { type Speech, speechFor } from "./catalogue.ts";

const SpeechContext = createContext<Accessor<Speech>>(() => speechFor([]));

export const useSpeech = (): Accessor<Speech> => useContext(SpeechContext);

/** The browser's own, the most wanted first. */
const browserLanguages = (): ReadonlyArray<string> => [navigator.language, ...navigator.languages];

/** What suits best first. `chosen`: null: nothing was. */
export const wantedLanguages = (chosen: string | null): ReadonlyArray<string> => [
  ...(chosen === null ? [] : [chosen]),
  ...browserLanguages(),
];

/** All that is within is in that language, and the page says so. `language`: that was chosen; null: the browser's. */
export const Speaking = (props: ParentProps<{ readonly language: string | null }>) => {
  const speech = createMemo(() => speechFor(wantedLanguages(props.language)));
  createEffect(() => {
    document.documentElement.lang = speech().language;
  });
  return <SpeechContext.Provider value={speech}>{props.children}</SpeechContext.Provider>;
};

const ToldInContext = createContext<Accessor<string>>(() => "en");

/** The language of the story's own texts, for their `lang`: it may be told in others than the player speaks. */
export const useToldIn = (): Accessor<string> => useContext(ToldInContext);

export const ToldIn = (props: ParentProps<{ readonly language: string }>) => (
  <ToldInContext.Provider value={() => props.language}>{props.children}</ToldInContext.Provider>
);
