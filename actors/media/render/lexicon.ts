// The words the studio understands, and what each means for the picture. Only data. Pure.

export type Place =
  | "meadow"
  | "hills"
  | "mountains"
  | "forest"
  | "desert"
  | "snow"
  | "sea"
  | "beach"
  | "lake"
  | "city"
  | "village"
  | "space"
  | "underwater"
  | "clouds";

export type TimeOfDay = "dawn" | "day" | "sunset" | "night";
export type Weather = "clear" | "cloudy" | "rain" | "snow" | "fog" | "storm";
export type Look = "natural" | "neon" | "pastel" | "mono" | "vintage" | "vivid" | "dark";

export type SubjectKind =
  | "fox"
  | "cat"
  | "dog"
  | "wolf"
  | "horse"
  | "deer"
  | "rabbit"
  | "bear"
  | "elephant"
  | "bird"
  | "owl"
  | "butterfly"
  | "dragon"
  | "fish"
  | "whale"
  | "jellyfish"
  | "turtle"
  | "person"
  | "astronaut"
  | "robot"
  | "car"
  | "train"
  | "boat"
  | "rocket"
  | "plane"
  | "balloon"
  | "ufo"
  | "tree"
  | "house"
  | "castle"
  | "lighthouse"
  | "windmill"
  | "lantern"
  | "shape";

export type CameraWord = "still" | "panLeft" | "panRight" | "pushIn" | "pullOut" | "rise" | "drift";

const table = <T extends string>(entries: Readonly<Record<T, string>>): ReadonlyMap<string, T> => {
  const map = new Map<string, T>();
  for (const meaning of Object.keys(entries) as Array<T>) for (const word of entries[meaning].split(" ")) map.set(word, meaning);
  return map;
};

export const placeWords = table<Place>({
  meadow: "meadow field grass garden park farm flower prairie savanna pasture countryside",
  hills: "hill valley highland moor vineyard",
  mountains: "mountain alp peak cliff canyon summit ridge volcano himalaya",
  forest: "forest wood jungle woodland grove pine taiga rainforest",
  desert: "desert dune sahara cactus oasis sand mars",
  snow: "tundra arctic glacier iceberg winter antarctica icefield polar",
  sea: "sea ocean wave sail harbor harbour pirate",
  beach: "beach coast shore island tropical palm lagoon",
  lake: "lake pond river reflection fjord",
  city: "city skyline street town downtown metropolis skyscraper tokyo york paris london cyberpunk rooftop urban alley traffic",
  village: "village cottage hamlet",
  space: "space galaxy cosmos universe planet orbit moonwalk nebula asteroid cosmic interstellar star",
  underwater: "underwater reef coral seabed aquarium submarine deep",
  clouds: "sky heaven aerial cloudscape above",
});

export const timeWords = table<TimeOfDay>({
  dawn: "dawn sunrise morning daybreak",
  day: "day noon daylight sunny midday afternoon summer bright",
  sunset: "sunset dusk evening twilight golden autumn fall",
  night: "night midnight moonlight moonlit moon starry nocturnal neon cyberpunk firefly",
});

export const weatherWords = table<Weather>({
  clear: "clear sunny cloudless",
  cloudy: "cloudy cloud overcast grey gray",
  rain: "rain rainy drizzle wet shower raining",
  snow: "snow snowy snowfall blizzard snowing snowflake",
  fog: "fog foggy mist misty haze hazy smoke smoky",
  storm: "storm stormy thunder lightning thunderstorm tempest hurricane",
});

export const lookWords = table<Look>({
  natural: "natural realistic",
  neon: "neon cyberpunk synthwave vaporwave retrowave glowing electric",
  pastel: "pastel soft dreamy gentle cute kawaii ghibli watercolor watercolour cozy",
  mono: "monochrome noir grayscale greyscale bw",
  vintage: "vintage retro sepia old nostalgic",
  vivid: "vivid colorful colourful vibrant saturated psychedelic",
  dark: "dark gloomy gothic horror ominous scary haunted",
});

export const subjectWords = table<SubjectKind>({
  fox: "fox",
  cat: "cat kitten kitty lion tiger lynx panther leopard",
  dog: "dog puppy corgi husky",
  wolf: "wolf wolve coyote",
  horse: "horse pony unicorn zebra donkey",
  deer: "deer stag elk moose reindeer antelope",
  rabbit: "rabbit bunny hare",
  bear: "bear panda",
  elephant: "elephant mammoth",
  bird: "bird eagle gull seagull crow swan goose sparrow crane raven parrot phoenix flock",
  owl: "owl",
  butterfly: "butterfly butterflie moth fairy bee",
  dragon: "dragon wyvern",
  fish: "fish goldfish koi salmon shark tuna",
  whale: "whale dolphin orca",
  jellyfish: "jellyfish medusa squid octopus",
  turtle: "turtle tortoise",
  person:
    "person man woman girl boy child kid traveler traveller wanderer hiker monk wizard knight samurai hero dancer human people figure king queen princess",
  astronaut: "astronaut cosmonaut spaceman",
  robot: "robot android mech droid cyborg",
  car: "car truck bus taxi van automobile racer jeep",
  train: "train locomotive tram railway subway",
  boat: "boat ship sailboat yacht canoe vessel ferry raft",
  rocket: "rocket spaceship spacecraft shuttle starship missile",
  plane: "plane airplane aeroplane jet aircraft glider",
  balloon: "balloon airship zeppelin",
  ufo: "ufo alien saucer",
  tree: "tree oak willow cherry birch sakura bonsai",
  house: "house cabin home hut barn cottage",
  castle: "castle fortress palace tower citadel ruin temple",
  lighthouse: "lighthouse beacon",
  windmill: "windmill mill turbine",
  lantern: "lantern lamp candle firefly spirit ghost wisp orb",
  shape: "cube sphere crystal geometric abstract pattern",
});

export const cameraWords: ReadonlyMap<string, CameraWord> = table<CameraWord>({
  still: "static still locked tripod motionless",
  panLeft: "left leftward leftwards",
  panRight: "right rightward rightwards pan panning tracking",
  pushIn: "zoom zooming closeup dolly approach approaching push",
  pullOut: "wide reveal pullback retreat receding zoomout",
  rise: "crane rising ascend ascending drone aerial tilt",
  drift: "drift drifting floating handheld orbit sway",
});

/** Hue in degrees and chroma, as `lch` takes them; lightness where the word says one. */
export const colourWords: ReadonlyMap<string, { readonly lightness: number; readonly chroma: number; readonly hue: number }> = new Map(
  Object.entries({
    red: [0.58, 0.21, 27],
    crimson: [0.5, 0.2, 22],
    scarlet: [0.6, 0.23, 32],
    orange: [0.72, 0.18, 55],
    amber: [0.78, 0.16, 75],
    gold: [0.82, 0.16, 88],
    golden: [0.82, 0.16, 88],
    yellow: [0.88, 0.17, 98],
    lime: [0.85, 0.2, 125],
    green: [0.62, 0.17, 145],
    emerald: [0.6, 0.15, 160],
    teal: [0.6, 0.1, 195],
    turquoise: [0.75, 0.12, 190],
    cyan: [0.8, 0.13, 205],
    blue: [0.55, 0.19, 260],
    azure: [0.7, 0.14, 240],
    navy: [0.35, 0.12, 265],
    indigo: [0.42, 0.19, 278],
    purple: [0.52, 0.2, 305],
    violet: [0.58, 0.2, 295],
    magenta: [0.62, 0.25, 330],
    pink: [0.78, 0.14, 355],
    rose: [0.7, 0.15, 10],
    brown: [0.45, 0.09, 55],
    white: [0.96, 0.01, 90],
    silver: [0.8, 0.01, 250],
    gray: [0.62, 0.01, 250],
    grey: [0.62, 0.01, 250],
    black: [0.22, 0.01, 270],
  } as const).map(([word, [lightness, chroma, hue]]) => [word, { lightness, chroma, hue }]),
);

export const numberWords: ReadonlyMap<string, number> = new Map([
  ["two", 2],
  ["pair", 2],
  ["couple", 2],
  ["three", 3],
  ["four", 4],
  ["five", 5],
  ["several", 4],
  ["many", 6],
  ["flock", 6],
  ["herd", 5],
  ["school", 7],
  ["group", 4],
]);

export const sizeWords: ReadonlyMap<string, number> = new Map([
  ["tiny", 0.6],
  ["small", 0.75],
  ["little", 0.8],
  ["big", 1.3],
  ["large", 1.3],
  ["huge", 1.6],
  ["giant", 1.7],
  ["giga", 1.7],
  ["enormous", 1.7],
]);

/** Words that say nothing about the picture. */
export const silentWords: ReadonlySet<string> = new Set(
  (
    "a an the and or of in on at to with by for from into over under through across near behind between is are was be it its their his her " +
    "this that these those very as up down then there here while during after before some one video scene shot view style cinematic " +
    "beautiful 4k hd slow slowly fast camera walking running flying swimming driving sailing moving looking sitting standing"
  ).split(" "),
);
