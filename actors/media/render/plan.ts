// Turns a prompt and its parameters into a plan of the scene: everything that is chosen, nothing that is drawn. Pure.
import type { CameraWord, Look, Place, SubjectKind, TimeOfDay, Weather } from "./lexicon.ts";
import type { Camera, Motion } from "./params.ts";
import type { Colour } from "./colour.ts";
import { type Chance, hashText, makeChance } from "./random.ts";
import { type Reading, readPrompt, type SubjectRead } from "./words.ts";

export interface ScenePlan {
  readonly seed: number;
  readonly place: Place;
  /** More places that were named: they show in the distance. */
  readonly beyond: ReadonlyArray<Place>;
  readonly time: TimeOfDay;
  readonly weather: Weather;
  readonly look: Look;
  readonly camera: CameraWord;
  /** Speed of everything: 1 is usual. */
  readonly pace: number;
  readonly subjects: ReadonlyArray<SubjectRead>;
  readonly colours: ReadonlyArray<Colour>;
  /** Turns all hues by so many degrees: unknown words and the seed tint the picture. */
  readonly hueShift: number;
  /** -1 to 1: more rolling or more jagged forms, from unknown words and the seed. */
  readonly roughness: number;
}

const habitats: Readonly<Partial<Record<SubjectKind, Place>>> = {
  fish: "underwater",
  jellyfish: "underwater",
  turtle: "underwater",
  whale: "sea",
  boat: "sea",
  lighthouse: "sea",
  rocket: "space",
  astronaut: "space",
  ufo: "space",
  plane: "clouds",
  balloon: "hills",
  dragon: "mountains",
  fox: "forest",
  wolf: "forest",
  deer: "forest",
  bear: "forest",
  owl: "forest",
  car: "city",
  robot: "city",
  train: "hills",
  castle: "mountains",
  house: "village",
  windmill: "meadow",
  horse: "meadow",
  rabbit: "meadow",
  butterfly: "meadow",
  elephant: "desert",
};

const anyPlaces: readonly [Place, ...Array<Place>] = ["hills", "mountains", "meadow", "lake", "forest", "sea", "desert", "clouds"];

/** A word like “star” or “sky” names a backdrop: any other place wins over it. */
const weakPlaces: ReadonlySet<Place> = new Set(["clouds"]);

const choosePlace = (reading: Reading, chance: Chance): { readonly place: Place; readonly beyond: ReadonlyArray<Place> } => {
  const swimmers = reading.subjects.some(({ kind }) => kind === "fish" || kind === "jellyfish");
  const named = [...reading.places].sort((a, b) => Number(weakPlaces.has(a)) - Number(weakPlaces.has(b)));
  // Fish in the sea are seen from below.
  if (swimmers && (named[0] === "sea" || named[0] === undefined)) return { place: "underwater", beyond: [] };
  const [first, ...others] = named;
  if (first !== undefined) return { place: first, beyond: others };
  // "snow" alone is weather and place at once.
  if (reading.weather === "snow") return { place: chance.flip(0.6) ? "snow" : "forest", beyond: [] };
  for (const { kind } of reading.subjects) {
    const habitat = habitats[kind];
    if (habitat !== undefined) return { place: habitat, beyond: [] };
  }
  return { place: chance.pick(anyPlaces), beyond: [] };
};

const chooseCamera = (reading: Reading, asked: Camera, chance: Chance): CameraWord => {
  if (asked !== "auto") return asked;
  return reading.camera ?? chance.pick<CameraWord>(["panRight", "panLeft", "pushIn", "drift", "rise"]);
};

const paces = { calm: 0.6, normal: 1, lively: 1.6 } as const satisfies Record<Motion, number>;

export interface PlanOptions {
  readonly prompt: string;
  readonly seed?: number | undefined;
  readonly camera: Camera;
  readonly motion: Motion;
}

const chooseTime = (reading: Reading, weather: Weather, chance: Chance): TimeOfDay => {
  if (reading.time !== null) return reading.time;
  if (reading.look === "neon") return "night";
  // Snow and fog are best seen in pale light.
  if (weather === "snow" || weather === "fog") return chance.pick<TimeOfDay>(["day", "dawn", "day"]);
  return chance.pick<TimeOfDay>(["day", "sunset", "dawn", "day"]);
};

/** Who is seen where nobody was named: some places look dead without, and words without meaning get a form of their own. */
const chooseSubjects = (reading: Reading, place: Place, chance: Chance): ReadonlyArray<SubjectRead> => {
  if (reading.subjects.length > 0) return reading.subjects;
  const [word] = reading.unknown;
  const one = (kind: SubjectKind, count: number, size = 1): ReadonlyArray<SubjectRead> => [
    { kind, word: word ?? kind, count, size, colour: null },
  ];
  if (place === "underwater") return one("fish", 6, 0.75);
  if (place === "city") return one("car", 1);
  if (reading.places.length > 0 || word === undefined) return [];
  return one("shape", chance.int(1, 3));
};

export const planScene = ({ prompt, seed, camera, motion }: PlanOptions): ScenePlan => {
  const reading = readPrompt(prompt);
  const mixed = hashText(reading.unknown.join(" "), seed ?? hashText(prompt));
  const chance = makeChance(mixed).fork("plan");
  const { place, beyond } = choosePlace(reading, chance.fork("place"));
  const weather = reading.weather ?? (chance.fork("weather").flip(0.6) ? "clear" : "cloudy");
  return {
    seed: mixed,
    place,
    beyond,
    time: chooseTime(reading, weather, chance.fork("time")),
    weather,
    look: reading.look ?? "natural",
    camera: chooseCamera(reading, camera, chance.fork("camera")),
    pace: reading.pace * paces[motion],
    subjects: chooseSubjects(reading, place, chance.fork("subjects")),
    colours: reading.colours,
    hueShift: chance.fork("hue").range(-14, 14),
    roughness: chance.fork("roughness").range(-1, 1),
  };
};
