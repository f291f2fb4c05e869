// The library of scenes: drafts that are edited, and versions that are published and never change. What a scene is made of:
// `scene/scene.ts`; what plays it: `scene/play/`. Pure.
import * as z from "zod";
import { Login } from "./auth.ts";
import { call, domain, topic } from "./define.ts";
import { Problem } from "./scene/check/problem.ts";
import { SceneEdit } from "./scene/edit.ts";
import { StoryFile } from "./scene/file.ts";
import { sceneLimits } from "./scene/limits.ts";
import { SceneBody, Story } from "./scene/scene.ts";
import { Language } from "./scene/value.ts";
import { Cursor, Id, PageLimit, Time } from "./values.ts";

const Title = z.string().trim().min(1).max(sceneLimits.title);
const Note = z.string().max(2000);

export const SceneVersion = z.object({
  id: Id,
  sceneId: Id,
  /** From 1, in the order in which they were published. */
  number: z.int(),
  note: z.string(),
  createdAt: Time,
});
export type SceneVersion = z.infer<typeof SceneVersion>;

/** As what a scene is shared with somebody: a viewer reads and follows its draft, an editor changes it, too. All else is its owner's. */
export const SceneRole = z.enum(["editor", "viewer"]);
export type SceneRole = z.infer<typeof SceneRole>;

export const SceneAccess = z.enum(["owner", "editor", "viewer", "none"]);
export type SceneAccess = z.infer<typeof SceneAccess>;

/** Somebody with whom a scene is shared. */
export const ScenePerson = z.object({ userId: Id, name: z.string(), role: SceneRole, since: Time });
export type ScenePerson = z.infer<typeof ScenePerson>;

export const Scene = z.object({
  id: Id,
  ownerId: Id,
  ownerName: z.string(),
  /** Of the caller. `none`: told once to somebody with whom it is not shared any more, or who cannot see it in its owner's trash. */
  access: SceneAccess,
  /** With how many others it is shared. */
  people: z.int(),
  title: z.string(),
  /** Of the draft. */
  nodes: z.int(),
  edges: z.int(),
  /** How often it was published, and the newest of those; null: never. */
  versions: z.int(),
  latest: SceneVersion.nullable(),
  /** Whether the draft was edited after that. */
  edited: z.boolean(),
  /** Counts the changes of the draft. */
  draft: z.int(),
  createdAt: Time,
  /** When it came, or its title or draft last changed. */
  changedAt: Time,
  deletedAt: Time.nullable(),
  /** Higher is newer. */
  rev: z.int(),
});
export type Scene = z.infer<typeof Scene>;

const sampleVersion: SceneVersion = { id: "scv_1", sceneId: "scn_1", number: 1, note: "", createdAt: 1764000009000 };
const sampleScene: Scene = {
  id: "scn_1",
  ownerId: "usr_1",
  ownerName: "ada",
  access: "owner",
  people: 0,
  title: "The forest",
  nodes: 2,
  edges: 1,
  versions: 0,
  latest: null,
  edited: true,
  draft: 1,
  createdAt: 1764000000000,
  changedAt: 1764000000000,
  deletedAt: null,
  rev: 1,
};
const samplePerson: ScenePerson = { userId: "usr_2", name: "grace", role: "editor", since: 1764000010000 };
const sampleBody: z.input<typeof SceneBody> = {
  start: "path",
  nodes: [
    { id: "path", type: "video", segments: [{ id: "seg_1", media: { kind: "asset", assetId: "asset-1" } }] },
    { id: "home", type: "end", ending: "home", text: { en: "Home at last." } },
  ],
  edges: [{ id: "go", from: "path", to: "home", kind: "choice", text: { en: "Go home" } }],
};
const sampleStory: z.input<typeof Story> = { entry: "forest", scenes: [{ id: "forest", title: "The forest", body: sampleBody }] };

/** What somebody looks at who has a scene open. */
export const EditorPlace = z.object({
  /** On the canvas; null: their pointer is not there. */
  cursor: z.object({ x: z.number().min(-1e7).max(1e7), y: z.number().min(-1e7).max(1e7) }).nullable(),
  /** What they have selected: the first nodes, and how many there are. */
  nodes: z.array(Id).max(50),
  selected: z.int().min(0),
  edge: Id.nullable(),
});
export type EditorPlace = z.infer<typeof EditorPlace>;

/** Word of somebody who has a scene open. */
export const EditorWord = z.discriminatedUnion("say", [
  z.object({
    say: z.literal("here"),
    /** One window of theirs. */
    editor: Id,
    userId: Id,
    name: z.string(),
    /** They have only come, or were cut off: whoever else is here answers. */
    hello: z.boolean(),
    at: EditorPlace,
  }),
  z.object({ say: z.literal("gone"), editor: Id }),
]);
export type EditorWord = z.infer<typeof EditorWord>;

/** A change of a draft. */
export const DraftChange = z.object({
  /** What `Scene.draft` was after it: one more than before it. */
  draft: z.int(),
  /** What makes the draft of the one before; null: too much to tell, read it with `scenes.get`. */
  edits: z.array(SceneEdit).nullable(),
  /** Of the call that made it. */
  token: Id.nullable(),
});
export type DraftChange = z.infer<typeof DraftChange>;

const samplePlace: EditorPlace = { cursor: { x: 120, y: 40 }, nodes: ["path"], selected: 1, edge: null };

const sampleFile: z.input<typeof StoryFile> = {
  format: "pixsim-story",
  version: 1,
  title: "The forest",
  story: sampleStory,
  media: [{ assetId: "asset-1", sha256: "9f2c".repeat(16), name: "a fox in the snow" }],
};

export const scenes = domain({
  name: "scenes",
  summary:
    "Branching scenes: drafts, published versions, problems, import and export. A scene is its owner's, who may share it: viewers read and follow it, editors change its draft and title. Publishing, the trash, links, budgets and sharing stay with the owner. Who may not get so far is told `forbidden`; to whom it is not shared it does not exist.",
  calls: {
    list: call({
      summary: "Own scenes and those that others share with the caller, newest first.",
      access: "guest",
      input: z.object({
        /** Words, each of which the title contains. */
        search: z.string().max(200).optional(),
        /** Own ones in the trash instead. */
        deleted: z.boolean().default(false),
        /** Those of others only. */
        shared: z.boolean().default(false),
        /** Those of this owner only. */
        ownerId: Id.optional(),
        cursor: Cursor.optional(),
        limit: PageLimit,
      }),
      output: z.object({ scenes: z.array(Scene), next: Cursor.nullable() }),
      mutation: false,
      errors: [],
      example: { input: {}, output: { scenes: [sampleScene], next: null } },
    }),
    get: call({
      summary: "One with its draft.",
      access: "guest",
      input: z.object({ id: Id }),
      output: z.object({ scene: Scene, body: SceneBody }),
      mutation: false,
      errors: ["not_found"],
      example: { input: { id: "scn_1" }, output: { scene: sampleScene, body: sampleBody } },
    }),
    story: call({
      summary:
        "The drafts of a scene and of all that are called from there, as far as they are of the same owner and the caller may read them: what a preview plays.",
      access: "guest",
      input: z.object({ id: Id }),
      output: z.object({
        story: Story,
        /** Scenes of the owner that are called from there and are not shared with the caller. */
        hidden: z.array(Id),
      }),
      mutation: false,
      errors: ["not_found", "payload_too_large"],
      example: { input: { id: "scn_1" }, output: { story: sampleStory, hidden: [] } },
    }),
    create: call({
      summary: "Adds a scene; without a body it is empty. What does not fit into one frame comes by `scenes.edit`.",
      access: "user",
      input: z.object({ title: Title, body: SceneBody.optional() }),
      output: Scene,
      mutation: true,
      errors: ["quota_exceeded", "payload_too_large"],
      example: { input: { title: "The forest", body: sampleBody }, output: sampleScene },
    }),
    edit: call({
      summary:
        "Changes the draft, all or nothing, and answers the scene as this left it. Changes of different nodes, edges, fields, and by patches of different properties, never undo each other. Clips that an editor adds must be their own; whoever has the scene sees them there.",
      access: "user",
      input: z.object({
        id: Id,
        edits: z.array(SceneEdit).min(1).max(1000),
        /** Told with the change to who follows the draft: by it they know their own. */
        token: Id.optional(),
      }),
      output: Scene,
      mutation: true,
      errors: ["not_found", "forbidden", "payload_too_large"],
      example: {
        input: { id: "scn_1", edits: [{ do: "moveNode", id: "path", x: 120, y: 40 }] },
        output: { ...sampleScene, draft: 2, changedAt: 1764000005000, rev: 2 },
      },
    }),
    here: call({
      summary:
        "Tells who else has a scene open what one looks at. It goes to those who follow `scenes.editors` at the moment, and is kept nowhere. Needs that topic to be followed on this connection.",
      access: "guest",
      input: z.object({ id: Id, editor: Id, hello: z.boolean().default(false), at: EditorPlace }),
      output: z.object({}),
      mutation: false,
      errors: ["not_found"],
      example: { input: { id: "scn_1", editor: "edt_1", at: samplePlace }, output: {} },
    }),
    rename: call({
      summary: "Gives it another title.",
      access: "user",
      input: z.object({ id: Id, title: Title }),
      output: Scene,
      mutation: true,
      errors: ["not_found", "forbidden"],
      example: { input: { id: "scn_1", title: "The wood" }, output: { ...sampleScene, title: "The wood", rev: 2 } },
    }),
    check: call({
      summary: "What is wrong with the drafts of a scene and of all that are called from there.",
      access: "guest",
      input: z.object({ id: Id }),
      output: z.object({ problems: z.array(Problem) }),
      mutation: false,
      errors: ["not_found", "payload_too_large"],
      example: {
        input: { id: "scn_1" },
        output: {
          problems: [{ code: "unreachable", severity: "warning", scene: "scn_1", node: "hut", edge: null, message: "Nothing leads here." }],
        },
      },
    }),
    publish: call({
      summary: "Makes a version of the drafts of a scene and of all that are called from there. With errors in them it is refused.",
      access: "user",
      input: z.object({ id: Id, note: Note.default("") }),
      output: z.object({ scene: Scene, version: SceneVersion }),
      mutation: true,
      errors: ["not_found", "forbidden", "conflict", "quota_exceeded", "payload_too_large"],
      example: {
        input: { id: "scn_1" },
        output: { scene: { ...sampleScene, versions: 1, latest: sampleVersion, edited: false, rev: 2 }, version: sampleVersion },
      },
    }),
    versions: call({
      summary: "The versions of a scene, newest first.",
      access: "guest",
      input: z.object({ id: Id }),
      output: z.object({ versions: z.array(SceneVersion) }),
      mutation: false,
      errors: ["not_found"],
      example: { input: { id: "scn_1" }, output: { versions: [sampleVersion] } },
    }),
    version: call({
      summary: "One version with its story, which never changes. Its owner's alone: other scenes are in it, too.",
      access: "guest",
      input: z.object({ id: Id }),
      output: z.object({ version: SceneVersion, story: Story }),
      mutation: false,
      errors: ["not_found"],
      example: { input: { id: "scv_1" }, output: { version: sampleVersion, story: sampleStory } },
    }),
    export: call({
      summary: "The drafts as one file, with media by SHA-256; or, for the owner, a version of them.",
      access: "guest",
      input: z.object({ id: Id, versionId: Id.optional() }),
      output: z.object({ file: StoryFile }),
      mutation: false,
      errors: ["not_found", "forbidden", "payload_too_large"],
      example: { input: { id: "scn_1" }, output: { file: sampleFile } },
    }),
    part: call({
      summary:
        "A part of the text of a file that is too long for one frame, for `scenes.import`. It is kept for an hour at least; of one user those of the newest four files are.",
      access: "user",
      input: z.object({
        /** Names the file; drawn by the client. */
        file: Id,
        /** The first is 0. */
        at: z
          .int()
          .min(0)
          .max(sceneLimits.parts - 1),
        text: z.string().min(1).max(sceneLimits.sent),
      }),
      output: z.object({}),
      mutation: true,
      errors: [],
      example: { input: { file: "k3vX0mP2", at: 0, text: "H4sIAAAAAAAAA6tWKkktLlGyUlAqS8wpTtVRUMpLzE1VslIwqgUAVHTHMxkAAAA=" }, output: {} },
    }),
    import: call({
      summary:
        "Adds the scenes of a file: of PixSim, of Twine as Twee 3, or of ink as compiled JSON. Own videos are found by their SHA-256; Twine and ink have none.",
      access: "user",
      input: z.object({
        source: z.enum(["pixsim", "twee", "ink"]),
        text: z.string().max(sceneLimits.sent),
        /** `gzip`: the text is Base64 of that of the file, which is too long for a frame. It is unpacked up to the length that a file may have. */
        packed: z.enum(["no", "gzip"]).default("no"),
        /** What comes before the text, sent by `scenes.part`: that of a file that is too long for one frame also when it is packed. */
        parts: z.object({ file: Id, count: z.int().min(1).max(sceneLimits.parts) }).optional(),
        /** Of the texts of Twine and ink, which do not say. */
        language: Language.default("en"),
        /** What a story of Twine or ink is called that says no title, such as the name of its file. */
        untitled: Title.optional(),
      }),
      output: z.object({
        /** The one that it begins with. */
        id: Id,
        scenes: z.array(Scene),
        /** What could not be taken over, in sentences. */
        notes: z.array(z.string()),
      }),
      mutation: true,
      errors: ["quota_exceeded", "payload_too_large"],
      example: {
        input: { source: "twee", text: ":: Start\nYou stand in a forest. [[Go home]]\n\n:: Go home\nHome at last." },
        output: { id: "scn_1", scenes: [sampleScene], notes: [] },
      },
    }),
    delete: call({
      summary: "Moves them to the trash, from which they are gone after 30 days; `scenes.restore` brings them back.",
      access: "user",
      input: z.object({ ids: z.array(Id).min(1).max(500) }),
      output: z.object({ deleted: z.array(Id) }),
      mutation: true,
      errors: ["not_found", "forbidden"],
      example: { input: { ids: ["scn_1"] }, output: { deleted: ["scn_1"] } },
    }),
    restore: call({
      summary: "Brings them back from the trash.",
      access: "user",
      input: z.object({ ids: z.array(Id).min(1).max(500) }),
      output: z.object({ restored: z.array(Id) }),
      mutation: true,
      errors: ["not_found", "quota_exceeded"],
      example: { input: { ids: ["scn_1"] }, output: { restored: ["scn_1"] } },
    }),
    people: call({
      summary: "With whom a scene is shared, in the order in which it was.",
      access: "guest",
      input: z.object({ id: Id }),
      output: z.object({ owner: z.object({ userId: Id, name: z.string() }), people: z.array(ScenePerson) }),
      mutation: false,
      errors: ["not_found"],
      example: { input: { id: "scn_1" }, output: { owner: { userId: "usr_1", name: "ada" }, people: [samplePerson] } },
    }),
    grant: call({
      summary: "Shares it with a user, by user name or e-mail; one who has it already has it in this role from now on. The owner's to do.",
      access: "user",
      input: z.object({ id: Id, who: Login, role: SceneRole }),
      output: ScenePerson,
      mutation: true,
      errors: ["not_found", "forbidden", "conflict", "quota_exceeded", "rate_limited"],
      example: { input: { id: "scn_1", who: "grace", role: "editor" }, output: samplePerson },
    }),
    withdraw: call({
      summary:
        "Shares it with this user no longer: they are cut off at once. The owner's to do, or one's own. Clips that they have put into it stay.",
      access: "user",
      input: z.object({ id: Id, userId: Id }),
      output: z.object({}),
      mutation: true,
      errors: ["not_found", "forbidden", "conflict"],
      example: { input: { id: "scn_1", userId: "usr_2" }, output: {} },
    }),
  },
  streams: {},
  topics: {
    scenes: topic({
      summary: "Own and shared scenes as they change: the newest page, then each changed one. Counted are the own ones.",
      access: "guest",
      params: z.object({}),
      snapshot: z.object({ count: z.int(), scenes: z.array(Scene), next: Cursor.nullable() }),
      delta: Scene,
      errors: [],
      example: { params: {}, snapshot: { count: 1, scenes: [sampleScene], next: null }, delta: sampleScene },
    }),
    draft: topic({
      summary:
        "The changes of a scene's draft as they are made, by whomever. The snapshot says where it stands; `scenes.get` reads it. It ends with `not_found` once the scene is not shared with the caller any more.",
      access: "guest",
      params: z.object({ id: Id }),
      snapshot: z.object({ draft: z.int() }),
      delta: DraftChange,
      errors: ["not_found"],
      example: {
        params: { id: "scn_1" },
        snapshot: { draft: 1 },
        delta: { draft: 2, edits: [{ do: "patchNode", id: "path", set: { title: "The path" } }], token: "k3vX0mP2" },
      },
    }),
    editors: topic({
      summary:
        "Who has a scene open, as they tell each other by `scenes.here`. Nothing is kept: say `hello`, and those who are there answer. Who ends following is gone. It ends as `scenes.draft` does.",
      access: "guest",
      params: z.object({ id: Id, /** Names this window of the caller's; drawn by the client. */ editor: Id }),
      snapshot: z.object({}),
      delta: EditorWord,
      errors: ["not_found"],
      example: {
        params: { id: "scn_1", editor: "edt_1" },
        snapshot: {},
        delta: { say: "here", editor: "edt_2", userId: "usr_1", name: "anna", hello: true, at: samplePlace },
      },
    }),
  },
});
