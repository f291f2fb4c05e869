// The player's own words in English: what every other language has too. Pure.
import type { QuestStatus, RelationshipTier } from "#protocol/scene/rule.ts";
import type { ContentRating, MiniGame } from "#protocol/scene/scene.ts";
import type { ErrorCode } from "#protocol/wire/errors.ts";
import { formsOf } from "./forms.ts";

/** How to play one. `byKeys`: of no use where there are none. */
export interface Instruction {
  readonly text: string;
  readonly byKeys: string;
}

/** Limits, by their names, that are no matter of room: deleting something helps nothing there. */
export type LimitOfNoRoom = "connections" | "guests" | "links" | "linksOfDay" | "playInputs" | "subscriptions";

const { number, counted, clock } = formsOf("en");

export const en = {
  number,
  opening: "Opening the story …",
  goOn: "Go on",
  fromTheBeginning: "From the beginning",
  tryAgain: "Try again",
  guest: {
    as: "You play as a guest.",
    signIn: "Sign in",
    why: "to keep what you have played, and to go on with it on your other devices.",
  },
  bar: {
    name: "Player",
    play: "Play",
    pause: "Pause",
    skip: "Skip",
    mute: "Mute",
    soundOn: "Sound on",
    history: "History",
    settings: "Settings",
    fullScreen: "Full screen",
  },
  stage: { making: "This scene is being made …", loading: "Loading", without: "Go on without it" },
  gate: {
    ratings: {
      teen: "This story is for people of 13 years or more.",
      mature: "This story is for adults only.",
    } satisfies Record<Exclude<ContentRating, "everyone">, string> as Readonly<Record<Exclude<ContentRating, "everyone">, string>>,
    agree: "I am old enough, and want to see it.",
    following: "You follow somebody else's playthrough.",
    soFar: (choices: string) => `So far: ${choices}`,
    watch: "Watch",
    play: "Play",
    savedPlaces: "Saved places",
    playedBefore: "Played before",
  },
  places: {
    ended: (ending: string) => `Ended: ${ending}`,
    notBegun: "Not begun",
    underWay: (steps: number) => `Under way, ${counted(steps, { one: "# step", other: "# steps" })}`,
    delete: "Delete",
    deleteOne: (name: string) => `Delete ${name}`,
    askDelete: (name: string) => `Delete ${name}?`,
    deleteForGood: "Delete for good",
    keep: "Keep it",
    deleted: (name: string) => `Deleted: ${name}`,
  },
  noRoom: {
    none: "There is no room for another playthrough",
    again: "There is room again",
    begin: "Begin the story",
    unread: "What you keep could not be read.",
  },
  gone: {
    deleted: "This playthrough was deleted, or belongs to another account now.",
    anew: "Begin anew",
    cutOff:
      "This page was cut off, and takes nothing more. Load it again: then it goes on, or says why it does not. Most often somebody has signed in or out in another window, or the link has expired or was withdrawn.",
    load: "Load it again",
  },
  choices: {
    name: "Choices",
    timeLeft: "Time left",
    seconds: (seconds: number) => `${number(seconds)} s`,
    moreTime: "More time",
  },
  ending: { name: "The end", again: "Play again", back: "Go back to a choice" },
  spoken: {
    choices: (count: number) => counted(count, { one: "# choice:", other: "# choices:" }),
    notOpen: (choice: string) => `${choice}, not open`,
    seconds: (seconds: number) => counted(seconds, { one: "# second.", other: "# seconds." }),
  },
  settings: {
    name: "Settings",
    close: "Close",
    volume: "Volume",
    speed: "Speed",
    times: (speed: number) => `${number(speed)} ×`,
    timers: "Time for choices",
    noTimers: "No timers",
    asTold: "As the story says",
    timesAsLong: (times: number) => `${number(times)} times as long`,
    language: "Language",
    subtitles: "Subtitles",
    lessMotion: "Less motion",
  },
  spectators: {
    name: "Let others watch",
    about: "Whoever has the link sees live what you play, for a day and without an account.",
    invite: "Make a link",
    link: "The link, which is shown only now",
    copy: "Copy",
    copied: "Copied",
    made: "Links that were made",
    until: (moment: string, guests: number) => `Good until ${moment}, opened by ${counted(guests, { one: "# guest", other: "# guests" })}`,
    open: (guests: number) => `Good until it is withdrawn, opened by ${counted(guests, { one: "# guest", other: "# guests" })}`,
    withdraw: "Withdraw",
  },
  history: {
    name: "History",
    saves: "Saves",
    saveName: "Name of the save",
    saveHere: "Save here",
    beginning: "The beginning",
    goThere: "Go there",
    goTo: (name: string) => `Go to ${name}`,
    nothing: "Nothing has been chosen yet.",
    wentOn: "Went on",
    chooseAgain: "Choose again",
  },
  achievements: {
    achieved: "Achieved",
    name: "Achievements",
    count: (achieved: number, all: number) => `Achievements, ${number(achieved)} of ${number(all)}`,
    hidden: "Something hidden",
  },
  hud: {
    name: "Status",
    time: (minutes: number) => `Day ${number(Math.floor(minutes / 1440) + 1)}, ${clock(minutes % 1440)}`,
    inventory: "Inventory",
    times: (quantity: number) => `× ${number(quantity)}`,
    quests: "Quests",
    questStatus: { active: "active", completed: "completed", failed: "failed" } as Readonly<
      Record<Exclude<QuestStatus, "unknown">, string>
    >,
    people: "People",
    tiers: {
      stranger: "stranger",
      acquaintance: "acquaintance",
      friend: "friend",
      closeFriend: "close friend",
      partner: "partner",
    } as Readonly<Record<RelationshipTier, string>>,
  },
  game: {
    name: "Game",
    watched: "A game is being played.",
    broken: "The game could not be loaded.",
    skip: "Skip the game",
    instructions: {
      reflex: { text: "Hit each mark before it is gone.", byKeys: "By keys: press while a mark is there." },
      timingBar: { text: "Stop the mark within the green zone.", byKeys: "" },
      sequenceMemory: { text: "Watch, then press the pads in the same order.", byKeys: "By keys: 1 to 4." },
      chance: { text: "Try as often as you dare. You may succeed, or be noticed.", byKeys: "" },
      gizmo: { text: "Drag the control to the end.", byKeys: "By keys: arrow right." },
    } as Readonly<Record<MiniGame["game"], Instruction>>,
    hit: "Hit",
    stop: "Stop",
    try: "Try",
    pull: "Pull",
    letGo: "Let go",
    pads: ["Blue", "Yellow", "Green", "Pink"] as readonly [string, string, string, string],
  },
  problems: {
    signIn: "Sign in to PixSim in this browser first, then load this page again.",
    noStory: "There is no story at this address. Ask for its link once more.",
    notLoaded: (file: string, status: number) => `The story could not be loaded: ${file} answered ${status}.`,
    notRead: "The story could not be read: its file is damaged, or of another version of PixSim.",
    otherVersion: "This playthrough is of another version of the story.",
    cannotBegin: "This story has nowhere to begin.",
    cannotGoBack: "There is no way back to this place.",
    savesFull: (most: number) => `There is room for ${number(most)} saves: delete one first.`,
    browserFull: "This browser has no room for it, or is not allowed to keep it.",
    notSaved: "This place is not saved any more.",
    unheard: "The server has not heard of all that you chose. Try again.",
    deletedMeanwhile: "This playthrough was deleted meanwhile.",
    file: (file: string, status: number) => `What is to be seen here could not be loaded: ${file} answered ${status}.`,
    notThere: "What is to be seen here is not there any more.",
    notYet: "What is to be seen here cannot be shown yet.",
    video: "The video cannot be played.",
    picture: "The picture cannot be shown.",
  },
  /** What a server's refusal means, by its code. Null: its own sentences are in this language. */
  refusals: null as Readonly<Record<ErrorCode, string>> | null,
  /** What it means to be at a limit that is no matter of room. Null: the server's own sentences are in this language. */
  limits: null as Readonly<Record<LimitOfNoRoom, string>> | null,
};

/** One message less is an error of types. */
export type Words = typeof en;
