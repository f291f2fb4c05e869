// Playing published stories. Who plays runs the evaluator of `scene/play/` on the same story and state as the server does, so that it answers
// at once; what the server says counts. Pure.
import * as z from "zod";
import { call, domain, topic } from "./define.ts";
import { JobState } from "./job.ts";
import { Story } from "./scene/scene.ts";
import { StoryFlow } from "./scene/play/flow.ts";
import { PlayStateJson } from "./scene/play/state-schema.ts";
import { PlayerInput, type PlayState } from "./scene/play/state.ts";
import { sceneLimits } from "./scene/limits.ts";
import { Language, Name, SceneValue } from "./scene/value.ts";
import { Cursor, Id, PageLimit, Time } from "./values.ts";

/** How long a player has for a choice that has a time: as the story says, three times as long, or as long as they like. */
export const PlayTimers = z.enum(["normal", "stretched", "off"]);
export type PlayTimers = z.infer<typeof PlayTimers>;

/** One run through a version of a story. */
export const Playthrough = z.object({
  id: Id,
  versionId: Id,
  sceneId: Id,
  /** Of the scene, when it was begun. */
  title: z.string(),
  language: Language,
  timers: PlayTimers,
  /** How often it was rewound: inputs for what was before are refused. */
  branch: z.int().min(0),
  state: PlayStateJson,
  /** Of the choice that is open: it is decided at `dueAt` by the server's clock, `ms` after it was offered; null: there is no hurry. */
  timer: z.object({ ms: z.int(), dueAt: Time }).nullable(),
  startedAt: Time,
  changedAt: Time,
  /** Higher is newer. */
  rev: z.int(),
});
export type Playthrough = z.infer<typeof Playthrough>;

/** One in a list. */
export const PlaythroughSummary = z.object({
  id: Id,
  versionId: Id,
  sceneId: Id,
  title: z.string(),
  turn: z.int(),
  /** Name of the ending, or of the point by which it returned; empty: it stopped where nothing leads on; null: it goes on. */
  ending: z.string().nullable(),
  startedAt: Time,
  changedAt: Time,
  rev: z.int(),
});
export type PlaythroughSummary = z.infer<typeof PlaythroughSummary>;

/** Why an input was not taken; everything is as it was. */
export const PlayRefusal = z.object({
  code: z.enum([
    /** It was meant for another turn or branch: the playthrough went on elsewhere, or by its timer. */
    "stale",
    "other_story",
    "ended",
    "not_open",
    "not_expected",
    "impossible",
    "too_many_steps",
    "too_many_calls",
    "no_start",
  ]),
  message: z.string(),
});
export type PlayRefusal = z.infer<typeof PlayRefusal>;

/** A place in the playthrough to which `play.rewind` goes back. */
const Place = z.int().min(0);

export const ChoicePoint = z.object({
  /** Right before it was made. */
  place: Place,
  scene: Id,
  node: Id,
  edge: Id,
  at: Time,
});
export type ChoicePoint = z.infer<typeof ChoicePoint>;

export const PlaySave = z.object({ id: Id, name: z.string(), place: Place, at: Time });
export type PlaySave = z.infer<typeof PlaySave>;

/** What `play.share` gave for a link. */
const LinkToken = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
/** Of one that somebody has copied: what is none leads nowhere, as any other that is not known. */
const LinkGiven = z.string().max(2000);

/** A link by which others play a version, or follow a playthrough. Its token is told once, to who made it. */
export const ShareLink = z.object({
  id: Id,
  versionId: Id,
  sceneId: Id,
  /** Of the scene. */
  title: z.string(),
  /** The one that is followed; null: who opens it plays. */
  playthroughId: Id.nullable(),
  createdAt: Time,
  expiresAt: Time.nullable(),
  /** Who opened it without an account. Who has played nothing is counted for about two weeks. */
  guests: z.int(),
});
export type ShareLink = z.infer<typeof ShareLink>;

/** Lets a guest play, and nothing else. `accessToken` goes into `hello`; when it runs out, `play.open` gives the same guest another. */
export const GuestGrant = z.object({ guestId: Id, accessToken: z.string(), accessExpiresAt: Time });
export type GuestGrant = z.infer<typeof GuestGrant>;

const MediaUrl = z.string();
/** What a player needs of an asset now: signed addresses, which expire some hours to two days after they were given. */
export const PlayMedia = z.object({
  assetId: Id,
  mediaType: z.enum(["video", "image"]),
  durationMs: z.int().nullable(),
  fps: z.number().nullable(),
  width: z.int(),
  height: z.int(),
  /** Video-only fragmented MP4 with closed GOPs; null: it is not made yet. */
  video: MediaUrl.nullable(),
  /** Null: it has no sound, or is not made yet. */
  audio: MediaUrl.nullable(),
  poster: MediaUrl.nullable(),
  firstFrame: MediaUrl.nullable(),
  lastFrame: MediaUrl.nullable(),
  /**
   * Picture and sound in one file: what stands in until the two are made. Of a picture, what is shown. Null: it was uploaded, and nothing is
   * made of it yet; what a camera wrote into the original is not for others.
   */
  whole: MediaUrl.nullable(),
  thumbhash: z.string().nullable(),
});
export type PlayMedia = z.infer<typeof PlayMedia>;

/** One change of what is seen. */
export const PlaySwitch = z.object({
  at: Time,
  kind: z.enum(["choice", "end", "loop", "start"]),
  scene: Id,
  node: Id,
  /** From the input, or from the last frame of the clip before, to the first frame. */
  ms: z.number().min(0).max(600_000),
  /** Whether what was switched to was ready. */
  primed: z.boolean(),
});
export type PlaySwitch = z.infer<typeof PlaySwitch>;

/** How many clips a story may have made because it is played, at its owner's cost. Beyond that generation nodes do without. Days are of UTC. */
export const PlayBudget = z.object({
  /** In one playthrough. */
  playthrough: z.int().min(0).max(1000),
  /** For one player in a day; who comes by a link again without their guest's token is another. */
  playerDay: z.int().min(0).max(100_000),
  /** For all in a day. */
  storyDay: z.int().min(0).max(100_000),
  /** Credits in a day, those of all providers together; 0: only what no account pays for. */
  creditsDay: z.number().min(0).max(1_000_000_000),
});
export type PlayBudget = z.infer<typeof PlayBudget>;

/** Until its owner says otherwise. */
export const usualPlayBudget: PlayBudget = { playthrough: 10, playerDay: 20, storyDay: 100, creditsDay: 0 };

/** A clip that was made because somebody plays. */
export const PlayClip = z.object({
  jobId: Id,
  state: JobState,
  versionId: Id,
  scene: Id,
  node: Id,
  /** What it was to cost. */
  credits: z.number(),
  at: Time,
});
export type PlayClip = z.infer<typeof PlayClip>;

const sampleState: PlayState = {
  format: 1,
  turn: 1,
  random: 2837465,
  frames: [{ scene: "scn_1", node: "path", locals: {} }],
  waiting: { for: "choice", choices: [{ edge: "go", open: true }] },
  variables: {},
  flags: {},
  counters: {},
  items: {},
  relationships: {},
  quests: {},
  minutes: 0,
  visits: {},
  taken: {},
  generated: {},
};
const samplePlay: Playthrough = {
  id: "ply_1",
  versionId: "scv_1",
  sceneId: "scn_1",
  title: "The forest",
  language: "en",
  timers: "normal",
  branch: 0,
  state: sampleState,
  timer: { ms: 5000, dueAt: 1764000007000 },
  startedAt: 1764000000000,
  changedAt: 1764000002000,
  rev: 1,
};
const sampleSummary: PlaythroughSummary = {
  id: "ply_1",
  versionId: "scv_1",
  sceneId: "scn_1",
  title: "The forest",
  turn: 1,
  ending: null,
  startedAt: 1764000000000,
  changedAt: 1764000002000,
  rev: 1,
};
const sampleLink: ShareLink = {
  id: "lnk_1",
  versionId: "scv_1",
  sceneId: "scn_1",
  title: "The forest",
  playthroughId: null,
  createdAt: 1764000000000,
  expiresAt: 1764604800000,
  guests: 0,
};
const sampleClip: PlayClip = {
  jobId: "job_1",
  state: "completed",
  versionId: "scv_1",
  scene: "scn_1",
  node: "dream",
  credits: 0,
  at: 1764000003000,
};
const sampleToken = "k3vX0mP2c9QwLr7TzB1uYfGh4sJdNaVeKo5iRx8CtWA";
const sampleSave: PlaySave = { id: "sav_1", name: "at the river", place: 1, at: 1764000003000 };
const sampleChoice: ChoicePoint = { place: 1, scene: "scn_1", node: "path", edge: "go", at: 1764000004000 };
const url = "/media/9f2c….mp4?e=mi3k&s=…";
const sampleMedia: PlayMedia = {
  assetId: "asset-1",
  mediaType: "video",
  durationMs: 5000,
  fps: 24,
  width: 960,
  height: 540,
  video: url,
  audio: null,
  poster: url,
  firstFrame: null,
  lastFrame: null,
  whole: url,
  thumbhash: null,
};

export const play = domain({
  name: "play",
  summary: "Playing published stories: playthroughs, inputs, saves, rewinding, links for others.",
  calls: {
    start: call({
      summary:
        "Begins to play a version of an own scene, its newest one, the one that a link leads to, or the one of an own playthrough again.",
      access: "player",
      input: z.object({
        of: z.discriminatedUnion("kind", [
          z.object({ kind: z.literal("version"), versionId: Id }),
          z.object({ kind: z.literal("scene"), sceneId: Id }),
          z.object({ kind: z.literal("link"), link: LinkGiven }),
          /** By the same link, if it was begun by one; that must still be good. */
          z.object({ kind: z.literal("playthrough"), id: Id }),
        ]),
        /**
         * Of the scene that it begins with; again: besides those of the playthrough. What does not fit is as if it were not given; by a
         * link also words, other than those that the story lets be chosen from.
         */
        parameters: z
          .record(Name, SceneValue)
          .refine((given) => Object.keys(given).length <= sceneLimits.parameters, `At most ${sceneLimits.parameters} parameters.`)
          .default({}),
        language: Language.default("en"),
        timers: PlayTimers.default("normal"),
        /** The same seed and inputs give the same run. Default: drawn. */
        seed: z.int().min(0).max(0xffff_ffff).optional(),
      }),
      output: Playthrough,
      mutation: true,
      errors: ["not_found", "conflict", "quota_exceeded"],
      example: { input: { of: { kind: "version", versionId: "scv_1" } }, output: samplePlay },
    }),
    get: call({
      summary: "A playthrough as it stands.",
      access: "player",
      input: z.object({ id: Id }),
      output: Playthrough,
      mutation: false,
      errors: ["not_found"],
      example: { input: { id: "ply_1" }, output: samplePlay },
    }),
    list: call({
      summary: "Own playthroughs, newest first.",
      access: "player",
      input: z.object({ sceneId: Id.optional(), cursor: Cursor.optional(), limit: PageLimit }),
      output: z.object({ playthroughs: z.array(PlaythroughSummary), next: Cursor.nullable() }),
      mutation: false,
      errors: [],
      example: { input: {}, output: { playthroughs: [sampleSummary], next: null } },
    }),
    story: call({
      summary: "The story of a playthrough: that of its version, which never changes.",
      access: "player",
      input: z.object({ id: Id }),
      output: z.object({
        versionId: Id,
        story: Story,
        /** Whether the caller may let others follow the playthrough: it is theirs, and so is the story or the link by which they play it. */
        shareable: z.boolean(),
      }),
      mutation: false,
      errors: ["not_found"],
      example: {
        input: { id: "ply_1" },
        output: {
          versionId: "scv_1",
          shareable: true,
          story: {
            entry: "scn_1",
            scenes: [{ id: "scn_1", title: "The forest", body: { start: "home", nodes: [{ id: "home", type: "end", ending: "home" }] } }],
          },
        },
      },
    }),
    media: call({
      summary: "What assets of a playthrough's story are now. Those that it does not name, or that are gone, are left out.",
      access: "player",
      input: z.object({ id: Id, assets: z.array(Id).min(1).max(100) }),
      output: z.object({ media: z.array(PlayMedia) }),
      mutation: false,
      errors: ["not_found"],
      example: { input: { id: "ply_1", assets: ["asset-1"] }, output: { media: [sampleMedia] } },
    }),
    input: call({
      summary:
        "What the player does. One that cannot be taken is refused, and leaves everything as it was. A repeat with the same `token` answers as the first.",
      access: "player",
      input: z.object({ id: Id, branch: z.int().min(0), input: PlayerInput, token: Id.optional() }),
      output: z.object({ refusal: PlayRefusal.nullable(), playthrough: Playthrough }),
      mutation: false,
      errors: ["not_found", "quota_exceeded"],
      example: {
        input: { id: "ply_1", branch: 0, input: { type: "choose", turn: 1, edge: "go" }, token: "k3vX0mP2" },
        output: { refusal: null, playthrough: samplePlay },
      },
    }),
    settings: call({
      summary: "Changes the language or the time for choices, also of one that is open.",
      access: "player",
      input: z.object({ id: Id, language: Language.optional(), timers: PlayTimers.optional() }),
      output: Playthrough,
      mutation: true,
      errors: ["not_found", "quota_exceeded"],
      example: { input: { id: "ply_1", timers: "off" }, output: { ...samplePlay, timers: "off", timer: null } },
    }),
    history: call({
      summary: "The latest choices, oldest first, and what was saved by name.",
      access: "player",
      input: z.object({ id: Id }),
      output: z.object({ choices: z.array(ChoicePoint), saves: z.array(PlaySave) }),
      mutation: false,
      errors: ["not_found"],
      example: { input: { id: "ply_1" }, output: { choices: [sampleChoice], saves: [sampleSave] } },
    }),
    achievements: call({
      summary: "What the player of an own playthrough has achieved in its story, in this one as it stands and all others.",
      access: "player",
      input: z.object({ id: Id }),
      output: z.object({ achieved: z.array(z.object({ name: Name, at: Time })) }),
      mutation: false,
      errors: ["not_found"],
      example: { input: { id: "ply_1" }, output: { achieved: [{ name: "home", at: 1764000005000 }] } },
    }),
    save: call({
      summary: "Keeps the present place by a name.",
      access: "player",
      input: z.object({ id: Id, name: z.string().trim().min(1).max(100) }),
      output: z.object({ saves: z.array(PlaySave) }),
      mutation: true,
      errors: ["not_found", "quota_exceeded"],
      example: { input: { id: "ply_1", name: "at the river" }, output: { saves: [sampleSave] } },
    }),
    dropSave: call({
      summary: "Forgets what was saved by a name.",
      access: "player",
      input: z.object({ id: Id, saveId: Id }),
      output: z.object({ saves: z.array(PlaySave) }),
      mutation: true,
      errors: ["not_found", "quota_exceeded"],
      example: { input: { id: "ply_1", saveId: "sav_1" }, output: { saves: [] } },
    }),
    rewind: call({
      summary: "Goes back to an earlier choice, or to what was saved.",
      access: "player",
      input: z.object({ id: Id, place: Place }),
      output: Playthrough,
      mutation: true,
      errors: ["not_found", "conflict", "quota_exceeded"],
      example: { input: { id: "ply_1", place: 1 }, output: { ...samplePlay, branch: 1, rev: 9 } },
    }),
    delete: call({
      summary: "Ends playthroughs for good.",
      access: "player",
      input: z.object({ ids: z.array(Id).min(1).max(100) }),
      output: z.object({ deleted: z.array(Id) }),
      mutation: true,
      errors: ["not_found"],
      example: { input: { ids: ["ply_1"] }, output: { deleted: ["ply_1"] } },
    }),
    report: call({
      summary: "Keeps in the log how long the changes of what is seen took.",
      access: "player",
      input: z.object({ id: Id, switches: z.array(PlaySwitch).min(1).max(100) }),
      output: z.object({}),
      mutation: false,
      errors: ["not_found"],
      example: {
        input: {
          id: "ply_1",
          switches: [{ at: 1764000004000, kind: "choice", scene: "scn_1", node: "home", ms: 18.4, primed: true }],
        },
        output: {},
      },
    }),
    flow: call({
      summary:
        "How a version of an own scene is played, counted over its newest playthroughs, whoever plays: where they go, how long they stay, how it ends.",
      access: "user",
      input: z.object({ versionId: Id }),
      output: z.object({
        /** All of them; `flow.plays` were counted. */
        playthroughs: z.int(),
        flow: StoryFlow,
      }),
      mutation: false,
      errors: ["not_found"],
      example: {
        input: { versionId: "scv_1" },
        output: {
          playthroughs: 3,
          flow: {
            plays: 3,
            nodes: [
              { scene: "scn_1", node: "path", visits: 3, stopped: 1, ms: 24_000 },
              { scene: "scn_1", node: "home", visits: 2, stopped: 0, ms: 0 },
            ],
            edges: [{ scene: "scn_1", edge: "go", taken: 2 }],
            endings: [{ ending: "home", plays: 2 }],
          },
        },
      },
    }),
    share: call({
      summary:
        "Makes a link by which others play an own version, or follow an own playthrough: one that is played by a link for as long as that is good. The token is told only now.",
      access: "player",
      input: z.object({
        of: z.discriminatedUnion("kind", [
          z.object({ kind: z.literal("version"), versionId: Id }),
          z.object({ kind: z.literal("playthrough"), id: Id }),
        ]),
        /** How long it is good, ms; null: until it is withdrawn. */
        lifeMs: z.int().min(60_000).max(31_536_000_000).nullable().default(null),
      }),
      output: z.object({ link: ShareLink, token: LinkToken }),
      mutation: true,
      errors: ["not_found", "quota_exceeded"],
      example: {
        input: { of: { kind: "version", versionId: "scv_1" }, lifeMs: 604_800_000 },
        output: { link: sampleLink, token: sampleToken },
      },
    }),
    shares: call({
      summary: "Own links that were not withdrawn, newest first.",
      access: "player",
      input: z.object({}),
      output: z.object({ links: z.array(ShareLink) }),
      mutation: false,
      errors: [],
      example: { input: {}, output: { links: [sampleLink] } },
    }),
    unshare: call({
      summary:
        "Withdraws a link, and those by which others follow who plays by it: who came by them without an account is cut off at once.",
      access: "player",
      input: z.object({ id: Id }),
      output: z.object({}),
      mutation: true,
      errors: ["not_found"],
      example: { input: { id: "lnk_1" }, output: {} },
    }),
    budget: call({
      summary: "How many clips an own story may have made for those who play it, what today's came to, and the newest of them.",
      access: "user",
      input: z.object({ sceneId: Id }),
      output: z.object({ budget: PlayBudget, today: PlayBudget.pick({ storyDay: true, creditsDay: true }), clips: z.array(PlayClip) }),
      mutation: false,
      errors: ["not_found"],
      example: {
        input: { sceneId: "scn_1" },
        output: { budget: usualPlayBudget, today: { storyDay: 1, creditsDay: 0 }, clips: [sampleClip] },
      },
    }),
    setBudget: call({
      summary: "Says how many clips an own story may have made for those who play it: from now on, in every version.",
      access: "user",
      input: z.object({ sceneId: Id, budget: PlayBudget }),
      output: z.object({ budget: PlayBudget }),
      mutation: true,
      errors: ["not_found"],
      example: { input: { sceneId: "scn_1", budget: usualPlayBudget }, output: { budget: usualPlayBudget } },
    }),
    open: call({
      summary:
        "Opens a link. Who is not signed in, or is to follow somebody, becomes a guest, for whom the connection speaks at once; `guest`: the token of the guest that they were before.",
      access: "anonymous",
      input: z.object({ link: LinkGiven, guest: z.string().max(2000).optional() }),
      output: z.object({
        versionId: Id,
        sceneId: Id,
        title: z.string(),
        /** The one to follow; null: `play.start` begins one. */
        playthroughId: Id.nullable(),
        guest: GuestGrant.nullable(),
      }),
      mutation: false,
      errors: ["not_found", "quota_exceeded"],
      example: {
        input: { link: sampleToken },
        output: {
          versionId: "scv_1",
          sceneId: "scn_1",
          title: "The forest",
          playthroughId: null,
          guest: { guestId: "gst_1", accessToken: "eyJ…", accessExpiresAt: 1764604800000 },
        },
      },
    }),
    adopt: call({
      summary: "Makes a guest's playthroughs the caller's own; the guest is no more.",
      access: "user",
      input: z.object({ guest: z.string().max(2000) }),
      output: z.object({ adopted: z.array(Id) }),
      mutation: true,
      errors: ["not_found", "quota_exceeded"],
      example: { input: { guest: "eyJ…" }, output: { adopted: ["ply_1"] } },
    }),
  },
  streams: {},
  topics: {
    playthrough: topic({
      summary: "One playthrough live. A delta is the whole of it: the newest counts.",
      access: "player",
      params: z.object({ id: Id }),
      snapshot: Playthrough,
      delta: Playthrough,
      errors: ["not_found"],
      example: { params: { id: "ply_1" }, snapshot: samplePlay, delta: samplePlay },
    }),
  },
});
