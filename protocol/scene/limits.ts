// Bounds of scenes and of what plays them. Pure.

export const sceneLimits = {
  /** Of one scene. */
  nodes: 5000,
  edges: 20_000,
  /** Variables, flags, counters, items, characters and quests of one scene, each. */
  declared: 500,
  parameters: 50,
  returnPoints: 50,
  /** Of one node. */
  segments: 50,
  tags: 20,
  constraints: 32,
  /** That are offered at one time. */
  choices: 16,
  /** Of one action or edge. */
  effects: 32,
  /** Of one condition: `all`, `any` and `not` within one another, and all its terms. */
  conditionDepth: 8,
  conditionTerms: 64,
  /** Characters. */
  name: 64,
  title: 200,
  text: 4000,
  /** Of what a provider is asked for besides: more than any takes. */
  constraint: 4000,
  subtitles: 20_000,
  /** For how long a picture is shown, ms. */
  shownMs: { least: 100, most: 3_600_000 },
  languages: 20,
  /** Of one value: characters, and what a list or an object has. */
  string: 2000,
  entries: 100,
  /** Length of one scene as JSON, in characters. */
  body: 2 * 1024 * 1024,
  /** Of one story: scenes that it is made of, and its length as JSON. */
  scenes: 200,
  characters: 8 * 1024 * 1024,
  /** Length of a file in characters: of the longest story, and of what its media are. */
  file: 16 * 1024 * 1024,
  /** Characters of a file as it is sent, packed where it is long: with them a frame is full. */
  sent: 240_000,
  /**
   * Parts that come before the last one of a file that is longer. With that they carry 5.9 MB of what it packs to: the longest story with all its
   * media where it is prose in letters of one byte, which packs to less than half, but not every file of `file` characters. What packs to more
   * is refused before any of it is sent.
   */
  parts: 32,
} as const;

/** Bounds of one step of the evaluator. */
export const playLimits = {
  /** Nodes that one input may lead through before something waits again. */
  steps: 1000,
  /** Scenes that have called one another. */
  calls: 32,
  /** Tries of one generation. */
  tries: 3,
  /** Results of generations that a playthrough remembers. */
  generated: 1000,
} as const;
