// The sample story: a night at a lighthouse whose lamp is out. In two languages, with four endings, every kind of node and all five
// mini-games. What its videos show is in `clips.ts`. Pure.
import type * as z from "zod";
import type { SceneBody } from "#protocol/scene/scene.ts";
import type { ClipName } from "./clips.ts";

export type StoryBody = z.input<typeof SceneBody>;
type Node = NonNullable<StoryBody["nodes"]>[number];
type Edge = NonNullable<StoryBody["edges"]>[number];
type Text = { readonly en: string; readonly de: string };

/** Which asset a clip has become. */
export type AssetOf = (clip: ClipName) => string;

const say = (en: string, de: string): Text => ({ en, de });
/** Columns and rows of the canvas. */
const at = (column: number, row: number) => ({ x: column * 280, y: row * 180 });
const value = (is: string | number | boolean) => ({ from: "value" as const, value: is });

const lead = (from: string, to: string, effects: Edge["effects"] = []): Edge => ({
  id: `${from}-${to}`,
  from,
  to,
  kind: "default",
  effects,
});
const choice = (from: string, to: string, text: Text, more: object = {}): Edge => ({
  id: `${from}-${to}`,
  from,
  to,
  kind: "choice",
  text,
  ...more,
});
const outcome = (from: string, to: string, result: "passed" | "failed" | "detected"): Edge => ({
  id: `${from}-${result}`,
  from,
  to,
  kind: "outcome",
  outcome: result,
});

/** What both scenes know of the whole night. */
const night = {
  language: "en",
  variables: [{ name: "dodged", type: { kind: "number", integer: true, min: 0, max: 4 } }],
  hud: { items: true, quests: true, relationships: true, time: true },
} satisfies StoryBody;

const vtt = (words: string): string => `WEBVTT\n\n00:00.400 --> 00:02.400\n${words}`;
/** What is said in clips, by their names. */
const heard: Partial<Record<ClipName, Text>> = {
  shore: say(vtt("<v Mara>Not tonight. Please, not tonight."), vtt("<v Mara>Nicht heute. Bitte nicht heute.")),
  storm: say(vtt("[A ship's horn, far out]"), vtt("[Ein Schiffshorn, weit draußen]")),
};

const segmentsOf =
  (assetOf: AssetOf) =>
  (...names: ReadonlyArray<ClipName | readonly [clip: ClipName, tag: string]>) =>
    names.map((one) => {
      const [clip, ...tags] = typeof one === "string" ? [one] : one;
      return { id: clip, media: { kind: "asset" as const, assetId: assetOf(clip) }, tags, subtitles: heard[clip] ?? {} };
    });

/** The way over the water. It comes back by `landed`, with how many rocks were dodged, or by `lost`. */
export const crossing = (assetOf: AssetOf): StoryBody => {
  const segments = segmentsOf(assetOf);
  const nodes: ReadonlyArray<Node> = [
    { id: "weather", type: "condition", title: "What weather?", ...at(0, 1) },
    {
      id: "breakers",
      type: "video",
      title: "Breakers",
      ...at(1, 0),
      segments: segments("breakers"),
      caption: say("White water, and black rocks in it.", "Weiße Gischt, und schwarze Felsen darin."),
    },
    {
      id: "swell",
      type: "video",
      title: "Swell",
      ...at(1, 2),
      segments: segments("swell"),
      caption: say("The sea breathes. Somewhere a bell.", "Das Meer atmet. Irgendwo eine Glocke."),
    },
    {
      id: "row",
      type: "minigame",
      title: "Row past the rocks",
      ...at(2, 0),
      game: { game: "reflex", targets: 4, windowMs: 1600 },
      needed: 2,
      scoreInto: "dodged",
      skip: "passed",
    },
    { id: "soaked", type: "action", title: "An hour in the water", ...at(3, 1), effects: [{ kind: "passTime", minutes: 60 }] },
    {
      id: "landed",
      type: "return",
      title: "Under the tower",
      ...at(4, 0),
      point: "landed",
      values: [{ name: "dodged", value: { from: "variable", name: "dodged" } }],
    },
    { id: "lost", type: "return", title: "Too late", ...at(4, 1), point: "lost" },
  ];
  return {
    ...night,
    start: "weather",
    parameters: [{ name: "weather", type: { kind: "string", initial: "storm", values: ["storm", "calm"] }, required: true }],
    returnPoints: [{ name: "landed", values: [{ name: "dodged", type: { kind: "number", integer: true } }] }, { name: "lost" }],
    nodes: [...nodes],
    edges: [
      {
        id: "weather-breakers",
        from: "weather",
        to: "breakers",
        kind: "conditional",
        condition: { kind: "variable", name: "weather", is: "is", to: value("storm") },
      },
      lead("weather", "swell"),
      lead("breakers", "row"),
      lead("swell", "landed"),
      outcome("row", "landed", "passed"),
      outcome("row", "soaked", "failed"),
      lead("soaked", "lost"),
    ],
  };
};

/** The whole night. `crossingId`: the scene of the way over the water. */
export const lighthouse = (assetOf: AssetOf, crossingId: string): StoryBody => {
  const segments = segmentsOf(assetOf);
  const nodes: ReadonlyArray<Node> = [
    { id: "shore_group", type: "group", title: "The shore", ...at(-0.15, -0.4), width: 1180, height: 1040, colour: 4 },
    { id: "tower_group", type: "group", title: "The tower", ...at(5.85, -0.4), width: 1460, height: 1040, colour: 2 },

    // The shore.
    {
      id: "opening",
      type: "video",
      title: "The lamp stays dark",
      group: "shore_group",
      ...at(0, 1),
      segments: segments("shore", "storm"),
      caption: say(
        "Every evening the lamp is lit. This evening it stays dark, and out there a ship is coming.",
        "Jeden Abend wird das Licht entzündet. Heute bleibt es dunkel, und da draußen kommt ein Schiff.",
      ),
    },
    {
      id: "bay",
      type: "video",
      title: "Which way?",
      group: "shore_group",
      ...at(1, 1),
      segments: segments("waiting"),
      playback: { mode: "loopSegment", startMs: 0, endMs: 2900 },
      offer: { prompt: say("How do you get to the tower?", "Wie kommst du zum Turm?"), showAtMs: 600, timeoutMs: 60_000 },
    },
    {
      id: "forest",
      type: "video",
      title: "Through the forest",
      group: "shore_group",
      ...at(2, 0),
      segments: segments("pines", "roots", "clearing"),
      selection: { mode: "random" },
      caption: say("It smells of resin and rain.", "Es riecht nach Harz und Regen."),
    },
    {
      id: "fox",
      type: "video",
      title: "A fox",
      group: "shore_group",
      ...at(3, 0),
      segments: segments("fox"),
      caption: say("It looks at you as if it had waited.", "Er sieht dich an, als hätte er gewartet."),
      offer: { prompt: say("The fox trots off, and turns round.", "Der Fuchs trabt los und dreht sich um."), showAtMs: 800 },
    },
    {
      id: "cottage",
      type: "video",
      title: "The keeper's cottage",
      group: "shore_group",
      ...at(2, 2),
      segments: segments("cottage", "asleep"),
      caption: say("Mara sleeps at her table. The key hangs from her belt.", "Mara schläft am Tisch. An ihrem Gürtel hängt der Schlüssel."),
    },
    {
      id: "table",
      type: "choice",
      title: "Wake her?",
      group: "shore_group",
      ...at(3, 2),
      offer: { prompt: say("Wake her?", "Sie wecken?") },
    },
    {
      id: "tide",
      type: "video",
      title: "Along the water",
      group: "shore_group",
      ...at(2, 4),
      segments: segments("tide"),
      caption: say("A boat lies there, with one oar and a half.", "Ein Boot liegt da, mit anderthalb Rudern."),
    },

    // Between.
    {
      id: "glade",
      type: "video",
      title: "The glade",
      ...at(4, -1),
      segments: segments(["fireflies", "glow"], ["moths", "glow"], ["stag", "glow"]),
      selection: { mode: "pool", tags: ["glow"], count: 2 },
      caption: say("Lights that blink, and wait for an answer.", "Lichter, die blinken und auf eine Antwort warten."),
    },
    {
      id: "answer",
      type: "minigame",
      title: "Answer the lights",
      ...at(5, -1),
      game: { game: "sequenceMemory", rounds: 3, length: 2, showMs: 500 },
      needed: 2,
      skip: "failed",
    },
    {
      id: "gift",
      type: "action",
      title: "A lantern",
      ...at(5, 0),
      effects: [
        { kind: "giveItem", name: "lantern", quantity: 1 },
        { kind: "passTime", minutes: 20 },
      ],
    },
    {
      id: "take_key",
      type: "minigame",
      title: "Take the key",
      ...at(4, 2),
      game: { game: "chance", tries: 4, successPercent: 45, detectionPercent: 30 },
      needed: 1,
      skip: "failed",
    },
    {
      id: "awake",
      type: "video",
      title: "Mara wakes",
      ...at(4, 3),
      segments: segments("mara"),
      caption: say("“The lamp!” She is wide awake.", "„Das Licht!“ Sie ist hellwach."),
    },
    {
      id: "have_key",
      type: "action",
      title: "The key",
      ...at(5, 2),
      effects: [
        { kind: "giveItem", name: "key", quantity: 1 },
        { kind: "passTime", minutes: 5 },
      ],
    },
    {
      id: "over_water",
      type: "scene_call",
      title: "Over the water",
      ...at(4, 4),
      scene: crossingId,
      arguments: [{ parameter: "weather", value: { from: "variable", name: "weather" } }],
      captures: [{ point: "landed", value: "dodged", into: "dodged" }],
    },

    // The tower.
    {
      id: "gate",
      type: "video",
      title: "At the gate",
      group: "tower_group",
      ...at(6, 1),
      segments: segments("gate"),
      caption: say("Iron, and a lock as large as a hand.", "Eisen, und ein Schloss, groß wie eine Hand."),
    },
    { id: "lock", type: "condition", title: "How do you get in?", group: "tower_group", ...at(7, 1) },
    {
      id: "window",
      type: "video",
      title: "The fox knows a window",
      group: "tower_group",
      ...at(8, 0),
      segments: segments("window"),
      caption: say("Foxes know every window.", "Füchse kennen jedes Fenster."),
    },
    {
      id: "climb",
      type: "video",
      title: "Up the wall",
      group: "tower_group",
      ...at(8, 2),
      segments: segments("climb"),
      caption: say("Wet stone, wind, and no way back.", "Nasser Stein, Wind, und kein Zurück."),
    },
    {
      id: "inside",
      type: "action",
      title: "Inside",
      group: "tower_group",
      ...at(9, 1),
      effects: [
        { kind: "setQuest", quest: "light", status: "active" },
        { kind: "advanceObjective", quest: "light", objective: "tower", by: 1 },
      ],
    },
    {
      id: "lamp",
      type: "video",
      title: "The lamp",
      group: "tower_group",
      ...at(10, 1),
      segments: segments("dark"),
      caption: say("Three matches are left.", "Drei Streichhölzer sind noch da."),
    },
    {
      id: "strike",
      type: "minigame",
      title: "Strike a match",
      group: "tower_group",
      ...at(10, 2),
      game: { game: "timingBar", rounds: 3, periodMs: 1800, zonePercent: 28 },
      needed: 1,
      skip: "passed",
    },
    {
      id: "flame",
      type: "action",
      title: "It burns",
      group: "tower_group",
      ...at(10, 3),
      effects: [
        { kind: "setFlag", name: "lit", set: true },
        { kind: "advanceObjective", quest: "light", objective: "flame", by: 1 },
        { kind: "passTime", minutes: 10 },
      ],
    },
    {
      id: "turning",
      type: "video",
      title: "The light goes round",
      ...at(11, 2),
      segments: segments("dim", "half", "full"),
      playback: {
        mode: "progression",
        steps: [
          { label: "dim", segment: "dim" },
          { label: "half", segment: "half" },
          { label: "full", segment: "full" },
        ],
      },
      caption: say("Slowly the light finds the ship.", "Langsam findet das Licht das Schiff."),
    },
    {
      id: "aim",
      type: "minigame",
      title: "Turn the lamp to the ship",
      ...at(12, 2),
      game: { game: "gizmo", minimumMs: 1200 },
      needed: 80,
      skip: "passed",
    },
    {
      id: "morning",
      type: "generation",
      title: "The morning after",
      ...at(13, 2),
      strategy: "per_playthrough",
      prompt: "a lighthouse at sunrise, sea, a {companion}, clear",
      durationMs: 4000,
      constraints: { quality: "360p" },
      fallback: { mode: "default", media: { kind: "asset", assetId: assetOf("dawn") } },
    },
    {
      id: "quay",
      type: "choice",
      title: "Stay?",
      ...at(14, 2),
      offer: {
        prompt: say("The captain asks whether you want to come along.", "Die Kapitänin fragt, ob du mitkommen willst."),
        timeoutMs: 30_000,
      },
    },
    {
      id: "leaving",
      type: "video",
      title: "Under sail",
      ...at(15, 3),
      segments: segments("aboard"),
      caption: say("The tower grows small. Its light does not.", "Der Turm wird klein. Sein Licht nicht."),
    },
    {
      id: "staying",
      type: "video",
      title: "At Mara's",
      ...at(15, 1),
      segments: segments("home"),
      caption: say("Tea for two, and the next evening there are two of you.", "Tee für zwei, und am nächsten Abend seid ihr zu zweit."),
    },
    {
      id: "sinking",
      type: "video",
      title: "The ship",
      ...at(11, 4),
      segments: segments("wreck"),
      caption: say("A sound like a forest that breaks.", "Ein Klang wie ein Wald, der bricht."),
    },
    {
      id: "nebula",
      type: "video",
      title: "Where the fox lives",
      ...at(6, -1),
      segments: segments("stars"),
      caption: say("You never knew how many there are.", "Du wusstest nie, wie viele es sind."),
    },

    // How it ends.
    {
      id: "end_keeper",
      type: "end",
      title: "The keeper",
      ...at(16, 1),
      ending: "keeper",
      heading: say("Keeper", "Hüterin"),
      text: say("You stay. From now on there are two who keep the light.", "Du bleibst. Von nun an hüten zwei das Licht."),
    },
    {
      id: "end_voyage",
      type: "end",
      title: "The voyage",
      ...at(16, 3),
      ending: "voyage",
      heading: say("Voyage", "Überfahrt"),
      text: say("You sail. Whoever lights a lamp may leave by it.", "Du fährst. Wer ein Licht entzündet, darf nach ihm segeln."),
    },
    {
      id: "end_wreck",
      type: "end",
      title: "The wreck",
      ...at(12, 4),
      ending: "wreck",
      heading: say("Wreck", "Schiffbruch"),
      text: say("The night was darker than you were quick.", "Die Nacht war dunkler, als du schnell warst."),
    },
    {
      id: "end_stars",
      type: "end",
      title: "The stars",
      ...at(7, -1),
      ending: "stars",
      heading: say("Stars", "Sterne"),
      text: say(
        "Down there somebody else will light the lamp. You are where all lamps come from.",
        "Unten wird jemand anderes das Licht entzünden. Du bist dort, woher alle Lichter kommen.",
      ),
    },
  ];
  return {
    ...night,
    start: "opening",
    variables: [
      ...night.variables,
      { name: "weather", type: { kind: "string", initial: "storm", values: ["storm", "calm"] } },
      { name: "companion", type: { kind: "string", initial: "gull", values: ["gull", "fox", "woman"] } },
    ],
    flags: [{ name: "lit" }],
    items: [
      { name: "lantern", title: say("Lantern", "Laterne") },
      { name: "key", title: say("Key of the tower", "Schlüssel des Turms") },
    ],
    characters: [{ name: "mara", title: say("Mara, the keeper", "Mara, die Wärterin"), affinity: 10 }],
    achievements: [
      { name: "keeper", title: say("Keeper of the light", "Hüterin des Lichts"), when: { is: "ending", ending: "keeper" } },
      {
        name: "mara",
        title: say("A friend in the tower", "Freundschaft im Turm"),
        when: { is: "condition", condition: { kind: "tier", character: "mara", is: "atLeast", tier: "friend" } },
      },
      { name: "stars", title: say("By the stars alone", "Nur nach den Sternen"), hidden: true, when: { is: "ending", ending: "stars" } },
    ],
    quests: [
      {
        name: "light",
        title: say("The lamp is out", "Das Licht ist aus"),
        objectives: [
          { name: "tower", title: say("Get into the tower", "In den Turm gelangen") },
          { name: "flame", title: say("Light the lamp", "Die Lampe entzünden") },
        ],
      },
    ],
    nodes: [...nodes],
    edges: [
      lead("opening", "bay", [{ kind: "setQuest", quest: "light", status: "active" }]),
      choice("bay", "forest", say("Through the forest", "Durch den Wald")),
      choice("bay", "cottage", say("To the keeper's cottage", "Zur Hütte der Wärterin"), { order: 1 }),
      choice("bay", "tide", say("Along the water", "Am Wasser entlang"), { order: 2, onTimeout: true }),

      lead("forest", "fox"),
      choice("fox", "glade", say("Follow it", "Ihm folgen"), {
        cut: "atEnd",
        effects: [{ kind: "setVariable", name: "companion", to: value("fox") }],
      }),
      choice("fox", "gate", say("Go on alone", "Allein weitergehen"), { order: 1 }),
      lead("glade", "answer"),
      outcome("answer", "gift", "passed"),
      outcome("answer", "gate", "failed"),
      {
        id: "gift-nebula",
        from: "gift",
        to: "nebula",
        kind: "conditional",
        condition: {
          kind: "all",
          of: [
            { kind: "variable", name: "companion", is: "is", to: value("fox") },
            { kind: "chance", percent: 35 },
          ],
        },
      },
      lead("gift", "gate"),
      lead("nebula", "end_stars"),

      lead("cottage", "table"),
      choice("table", "awake", say("Wake her", "Sie wecken"), {
        effects: [
          { kind: "addToRelationship", character: "mara", axis: "affinity", by: 25 },
          { kind: "setVariable", name: "companion", to: value("woman") },
        ],
      }),
      choice("table", "take_key", say("Take the key", "Den Schlüssel nehmen"), { order: 1 }),
      lead("awake", "have_key"),
      outcome("take_key", "have_key", "passed"),
      outcome("take_key", "gate", "failed"),
      outcome("take_key", "awake", "detected"),
      lead("have_key", "gate"),

      {
        id: "tide-calm",
        from: "tide",
        to: "over_water",
        kind: "conditional",
        condition: { kind: "chance", percent: 30 },
        effects: [{ kind: "setVariable", name: "weather", to: value("calm") }],
      },
      lead("tide", "over_water"),
      { id: "over_water-landed", from: "over_water", to: "gate", kind: "return", point: "landed" },
      { id: "over_water-lost", from: "over_water", to: "sinking", kind: "return", point: "lost" },

      lead("gate", "lock"),
      {
        id: "lock-inside",
        from: "lock",
        to: "inside",
        kind: "conditional",
        condition: { kind: "item", name: "key", is: "atLeast", quantity: 1 },
      },
      {
        id: "lock-window",
        from: "lock",
        to: "window",
        kind: "conditional",
        order: 1,
        condition: {
          kind: "any",
          of: [
            { kind: "variable", name: "companion", is: "is", to: value("fox") },
            { kind: "item", name: "lantern", is: "atLeast", quantity: 1 },
          ],
        },
      },
      lead("lock", "climb"),
      lead("window", "inside"),
      lead("climb", "inside"),
      lead("inside", "lamp"),
      lead("lamp", "strike"),
      outcome("strike", "flame", "passed"),
      outcome("strike", "sinking", "failed"),
      lead("flame", "turning"),
      lead("turning", "aim"),
      outcome("aim", "morning", "passed"),
      outcome("aim", "sinking", "failed"),
      lead("morning", "quay"),
      choice("quay", "staying", say("Stay with Mara", "Bei Mara bleiben"), {
        condition: { kind: "tier", character: "mara", is: "atLeast", tier: "friend" },
        whenClosed: "show",
      }),
      choice("quay", "leaving", say("Go aboard", "An Bord gehen"), { order: 1, onTimeout: true }),
      lead("staying", "end_keeper"),
      lead("leaving", "end_voyage"),
      lead("sinking", "end_wreck"),
    ],
  };
};
