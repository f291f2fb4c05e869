// The videos of the sample story, as the local studio is told to draw them. Pure.

export interface Clip {
  readonly prompt: string;
  /** s */
  readonly seconds: number;
}

export const clips = {
  shore: { prompt: "a beach at sunset, waves, a lighthouse, drift", seconds: 4 },
  storm: { prompt: "a storm over the sea at night, a ship, lightning, zoom", seconds: 3.5 },
  waiting: { prompt: "a dark beach at night, fog, waves, a lighthouse, still", seconds: 3 },
  pines: { prompt: "a dark pine forest at night, fog, an owl, zoom", seconds: 3 },
  roots: { prompt: "a forest at night, rain, two lanterns, drift", seconds: 3 },
  clearing: { prompt: "a moonlit forest, a deer, mist, slow pan right", seconds: 3 },
  fox: { prompt: "a red fox in a moonlit forest, still", seconds: 3.5 },
  fireflies: { prompt: "a meadow at night, six fireflies, golden, drift", seconds: 3 },
  moths: { prompt: "a meadow at night, four white butterflies, rising", seconds: 3 },
  stag: { prompt: "a meadow at night, a silver stag, fog, slow", seconds: 3 },
  cottage: { prompt: "a cottage on a hill at night, a lamp, rain, approaching", seconds: 3.5 },
  asleep: { prompt: "a cozy cottage at night, a candle, a cat, still", seconds: 3 },
  mara: { prompt: "a cottage at night, a woman, a lantern, pull back wide", seconds: 3 },
  tide: { prompt: "a coast at night, big waves, storm, a small boat", seconds: 3 },
  breakers: { prompt: "a small boat on a stormy sea at night, lightning, sway", seconds: 4 },
  swell: { prompt: "a small boat on a calm sea at night, moon, fog, drift", seconds: 4 },
  gate: { prompt: "a tower on a cliff at night, rain, rising", seconds: 3 },
  window: { prompt: "a red fox and a tower at night, fog, zoom", seconds: 3 },
  climb: { prompt: "a tower on a cliff in a storm, a person, rising", seconds: 3 },
  dark: { prompt: "a lighthouse at night, dark, gloomy, rain, still", seconds: 3 },
  dim: { prompt: "a lighthouse at night, fog, amber, pan left", seconds: 2.5 },
  half: { prompt: "a lighthouse at night, golden, a ship, pan left", seconds: 2.5 },
  full: { prompt: "a lighthouse at night, vivid golden, a ship, clear, pan left", seconds: 2.5 },
  dawn: { prompt: "a lighthouse at sunrise, sea, a ship, three gulls, clear", seconds: 4 },
  aboard: { prompt: "a ship on the sea at sunrise, sails, two birds, drift", seconds: 4 },
  wreck: { prompt: "a dark coast in a storm, a ship, lightning, receding", seconds: 4 },
  stars: { prompt: "a red fox under a purple nebula, stars, night, rising", seconds: 4 },
  home: { prompt: "a cottage in the morning, a garden, flowers, a woman, a cat", seconds: 4 },
} as const satisfies Readonly<Record<string, Clip>>;

export type ClipName = keyof typeof clips;
export const clipNames = Object.keys(clips) as ReadonlyArray<ClipName>;
