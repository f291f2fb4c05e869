// Reads a prompt: what is known of its words, and what is not. Pure.
import { type Colour, lch } from "./colour.ts";
import {
  cameraWords,
  type CameraWord,
  colourWords,
  type Look,
  lookWords,
  numberWords,
  type Place,
  placeWords,
  silentWords,
  sizeWords,
  type SubjectKind,
  subjectWords,
  type TimeOfDay,
  timeWords,
  type Weather,
  weatherWords,
} from "./lexicon.ts";

export interface SubjectRead {
  readonly kind: SubjectKind;
  /** The word itself: variants of a kind differ by it. */
  readonly word: string;
  readonly count: number;
  /** 1: usual. */
  readonly size: number;
  readonly colour: Colour | null;
}

export interface Reading {
  readonly places: ReadonlyArray<Place>;
  readonly time: TimeOfDay | null;
  readonly weather: Weather | null;
  readonly look: Look | null;
  readonly camera: CameraWord | null;
  readonly subjects: ReadonlyArray<SubjectRead>;
  /** Colours that belong to no subject. */
  readonly colours: ReadonlyArray<Colour>;
  /** Words with no meaning here, in order, each once. */
  readonly unknown: ReadonlyArray<string>;
  /** Said of the movement: below 1 slower. */
  readonly pace: number;
}

/** What tests and stories ask of the studio by words: see `studioWords`. */
export interface Orders {
  readonly fail: boolean;
  readonly filtered: boolean;
  readonly stall: boolean;
  /** s */
  readonly slow: number;
}

const subjectLimit = 4;
const countLimit = 8;
/** Longest delay that `#slow:n` asks for, s. */
const slowLimit = 3600;

/** The orders of a prompt: `#fail`, `#filtered`, `#stall`, `#slow:n`. */
export const readOrders = (prompt: string): Orders => {
  const slow = /(?:^|\s)#slow:(\d{1,6}(?:\.\d{1,3})?)(?=\s|$)/i.exec(prompt)?.[1];
  const has = (word: string) => new RegExp(`(?:^|\\s)#${word}(?=\\s|$)`, "i").test(prompt);
  return {
    fail: has("fail"),
    filtered: has("filtered"),
    stall: has("stall"),
    slow: slow === undefined ? 0 : Math.min(slowLimit, Number(slow)),
  };
};

/** Words in lower case, without orders, names and signs. */
const wordsOf = (prompt: string): ReadonlyArray<string> =>
  prompt
    .toLowerCase()
    .replace(/[#@][\p{L}\p{N}_:.]+/gu, " ")
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");

const stems = (word: string): ReadonlyArray<string> =>
  word.endsWith("es") ? [word, word.slice(0, -1), word.slice(0, -2)] : word.endsWith("s") ? [word, word.slice(0, -1)] : [word];

const find = <T>(map: ReadonlyMap<string, T>, word: string): T | undefined => {
  for (const stem of stems(word)) {
    const found = map.get(stem);
    if (found !== undefined) return found;
  }
  return undefined;
};

const isPlural = (word: string): boolean => word.endsWith("s") && !subjectWords.has(word);

export const readPrompt = (prompt: string): Reading => {
  const places: Array<Place> = [];
  const subjects: Array<SubjectRead> = [];
  const colours: Array<Colour> = [];
  const unknown = new Set<string>();
  let time: TimeOfDay | null = null;
  let weather: Weather | null = null;
  let look: Look | null = null;
  let camera: CameraWord | null = null;
  let pace = 1;
  // Said before a subject and waiting for it.
  let colour: Colour | null = null;
  let count: number | null = null;
  let size = 1;
  const dropColour = (): void => {
    if (colour !== null) colours.push(colour);
    colour = null;
  };

  for (const word of wordsOf(prompt)) {
    if (word === "slow" || word === "slowly" || word === "calm" || word === "gentle") pace *= 0.6;
    if (word === "fast" || word === "quickly" || word === "racing" || word === "running") pace *= 1.6;
    const hue = colourWords.get(word);
    if (hue !== undefined) {
      dropColour();
      colour = lch(hue.lightness, hue.chroma, hue.hue);
    }
    count = numberWords.get(word) ?? (/^[2-9]$/.test(word) ? Number(word) : count);
    size = sizeWords.get(word) ?? size;
    const subject = find(subjectWords, word);
    if (subject !== undefined) {
      const flock = word === "flock";
      const before = subjects.findIndex(({ kind }) => kind === subject);
      const read = { kind: subject, word, count: Math.min(countLimit, count ?? (flock ? 6 : isPlural(word) ? 3 : 1)), size, colour };
      // “A flock of birds” is one subject.
      if (before >= 0) subjects[before] = { ...read, count: Math.max(read.count, subjects[before]?.count ?? 1) };
      else if (subjects.length < subjectLimit) subjects.push(read);
      colour = null;
      count = null;
      size = 1;
    }
    const place = find(placeWords, word);
    if (place !== undefined && !places.includes(place)) places.push(place);
    time = find(timeWords, word) ?? time;
    weather = find(weatherWords, word) ?? weather;
    look = find(lookWords, word) ?? look;
    camera = find(cameraWords, word) ?? camera;
    const known =
      subject !== undefined ||
      place !== undefined ||
      hue !== undefined ||
      [timeWords, weatherWords, lookWords, cameraWords, numberWords, sizeWords].some((map) => find<unknown>(map, word) !== undefined);
    if (!known && !silentWords.has(word)) unknown.add(word);
  }
  dropColour();
  return { places, time, weather, look, camera, subjects, colours, unknown: [...unknown], pace: Math.min(2, Math.max(0.4, pace)) };
};
