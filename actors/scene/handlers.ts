// What the wire asks of the library of scenes: the signed-in user's own, and those that others share with them. Who may do what is decided by
// `may`, for each call and topic. What a key made is found again by the ids that are derived from it.
import { Clock, Effect } from "effect";
import { idFor } from "#actors/job/canonical.ts";
import { libraryOf, notFound, ownerOf, refuse, reused, wordsOf } from "#actors/library.ts";
import { placeOf } from "#actors/page.ts";
import { Database, type Tx } from "#db/client/database.ts";
import * as query from "#db/queries/scene.ts";
import type { CallArgs } from "#protocol/contract.ts";
import type { DraftChange } from "#protocol/scene.ts";
import { editedBody, editsBetween } from "#protocol/scene/edit.ts";
import { issuesOf, sceneFormat, type StoryFile } from "#protocol/scene/file.ts";
import { sceneLimits } from "#protocol/scene/limits.ts";
import { SceneBody } from "#protocol/scene/scene.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { Quotas } from "#runtime/cluster/quotas.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import { encoded } from "#runtime/gateway/encoded.ts";
import type { CallContext, DomainHandlers } from "#runtime/gateway/handlers.ts";
import { Pool } from "#runtime/pool/pool.ts";
import { accessTo, noScene, type Need, refusalOf } from "./access.ts";
import { makeDrafts } from "./drafts.ts";
import { makeEditors } from "./editors.ts";
import { onStory } from "./long-stories.ts";
import { unpacked } from "./packed.ts";
import { grantWithin, makeSharing, withdrawWithin } from "./sharing.ts";
import {
  checkText,
  type NewScene,
  assetsOf,
  newScene,
  placeScenes,
  readFile,
  type ReadScene,
  readScenes,
  readVersion,
  sceneText,
  storyText,
} from "./story-work.ts";
import { draftBody, sceneVersionView, sceneView } from "./view.ts";

/** What one user may keep outside of the trash, and versions of one of them. */
export const sceneQuotas = { scenes: 1000, versions: 100 } as const;
/** Files of one user that come in parts at the same time. */
const filesInParts = 4;
/** Read together: a story that is too long is given up before all of it is in memory. */
const draftsAtOnce = 16;

/** Characters that a file of this kind may have. */
const longestFile = (source: CallArgs<"scenes.import">["source"]): number =>
  source === "pixsim" ? sceneLimits.file : sceneLimits.characters;

/** Characters of a change as JSON that is told as it is: who follows reads more anew. */
const longestTold = 200_000;

const noVersion = (id: string): CallError => notFound(`The version ${id}`);
const tooMany = (): CallError =>
  new CallError("quota_exceeded", `You keep ${sceneQuotas.scenes} scenes, which is all there is room for: delete some first.`, {
    quota: "scenes",
    limit: sceneQuotas.scenes,
  });
const tooManyVersions = (): CallError =>
  new CallError("quota_exceeded", `It was published ${sceneQuotas.versions} times, which is the most: go on with a new scene.`, {
    quota: "sceneVersions",
    limit: sceneQuotas.versions,
  });
const tooLarge = (limit: number): CallError =>
  new CallError("payload_too_large", `It is longer than ${limit} characters: divide it into scenes that call one another.`, { limit });

/** A story as JSON: its scenes, and the assets that it names. */
interface StoryRead {
  readonly story: string;
  readonly ids: ReadonlyArray<string>;
  readonly assets: ReadonlyArray<string>;
}

/** Within a change of a draft: what comes into it is lent to all who have the scene, and what is not the user's to lend does not come in. */
const lendNew = async (tx: Tx, row: query.SharedRow, { id, assets }: NewScene, userId: string, before: SceneBody) => {
  const known = new Set(assetsOf(before));
  const fresh = assets.filter((asset) => !known.has(asset));
  if (fresh.length === 0) return undefined;
  await query.lendAssets(tx, id, userId, fresh);
  // To its owner, what is not there is a problem of the scene, and nothing that anybody else could see.
  if (row.owner_id === userId) return undefined;
  const lent = new Set((await query.lentAmong(tx, id, fresh)).map(({ asset_id: asset }) => asset));
  const foreign = fresh.find((asset) => !lent.has(asset));
  const message = `The clip ${foreign} is not yours: put your own into this scene, or what is in it already.`;
  return foreign === undefined ? undefined : new CallError("forbidden", message);
};

const emptyBody = SceneBody.parse({});

const lengthOf = (rows: ReadonlyArray<{ readonly body: string }>): number => rows.reduce((sum, { body }) => sum + body.length, 0);

/** Files that are named of those that are not in the library. */
const absentNamed = 5;
/** What to do about files of which an imported story only says what they are. */
const absentWords = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (names.length === 0) return [];
  const others = names.length > absentNamed ? ` and ${names.length - absentNamed} more` : "";
  const named = names.slice(0, absentNamed).map((name) => `“${name}”`);
  return [`Your library has not the files of ${named.join(", ")}${others}: upload them, then bring the story in once more.`];
};

/** The handlers of the domain `scenes`. */
export const sceneHandlers = Effect.gen(function* () {
  const library = yield* libraryOf({
    name: "scenes",
    view: sceneView,
    readers: ({ owner_id: ownerId, grants }) => [ownerId, ...(grants ?? []).map((grant) => grant.user_id)],
    missing: noScene,
    most: sceneQuotas.scenes,
    tooMany,
    lock: query.lockScenes,
    byId: query.scenesById,
    list: query.listScenes,
    count: query.countScenes,
    setDeleted: query.setScenesDeleted,
  });
  const { change, one, tell } = library;
  const bus = yield* Bus;
  const database = yield* Database;
  const pool = yield* Pool;
  /** Done in a thread where what it reads has so many characters. */
  const work = <Input, Output extends object>(run: (input: Input) => Output, input: Input, characters: number) =>
    Effect.provideService(onStory(run, input, characters), Pool, pool);
  const editors = makeEditors(bus, noScene);
  const drafts = makeDrafts();
  /** Of a scene that nobody else changes until the transaction ends. Undefined: it is in the trash. */
  const draftIn = async (tx: Tx, userId: string, scene: query.SceneRow): Promise<SceneBody | undefined> => {
    const known = scene.deleted_at === null ? drafts.of(scene) : undefined;
    if (known !== undefined) return known;
    const [stored] = await query.draftsById(tx, userId, [scene.id]);
    return stored && draftBody(stored);
  };
  const draftChannel = (id: string): string => `scene-draft:${id}`;

  /** The scene, if this user may do so much with it. */
  const mayAs = Effect.fnUntraced(function* (userId: string, id: string, need: Need) {
    const row = yield* one(userId, id);
    const refused = refusalOf(row, id, userId, need);
    return refused === undefined ? row : yield* Effect.fail(refused);
  });
  const may = (context: CallContext, id: string, need: Need) => Effect.flatMap(ownerOf(context), (userId) => mayAs(userId, id, need));
  const sharing = makeSharing(database, bus, yield* Quotas, (id, userId) => mayAs(userId, id, "read"));

  /** A change of a scene: who makes it is looked at again once it is their turn, for it may have been withdrawn from them meanwhile. */
  const changeOf = Effect.fnUntraced(function* (
    context: CallContext,
    id: string,
    need: Need,
    run: (tx: Tx, row: query.SceneRow) => Promise<CallError | undefined>,
  ) {
    const userId = yield* ownerOf(context);
    const { owner_id: ownerId } = yield* mayAs(userId, id, need);
    yield* change(ownerId, async (tx) => {
      const [row] = await query.scenesById(tx, userId, [id]);
      return refusalOf(row, id, userId, need) ?? run(tx, row!);
    });
  });
  /** All of them are the user's own. */
  const ownAll = Effect.fnUntraced(function* (userId: string, ids: ReadonlyArray<string>) {
    const rows = new Map((yield* library.query((sql) => query.scenesById(sql, userId, ids))).map((row) => [row.id, row]));
    const refused = ids.flatMap((id) => refusalOf(rows.get(id), id, userId, "own") ?? []);
    if (refused.length > 0) return yield* Effect.fail(refused[0]!);
  });

  /**
   * The drafts of a scene and of all that are called from there, as far as those are there, are its owner's, and this user may read them: to
   * share a scene shares none that it calls. `hidden`: those of the owner's that this user may not read.
   */
  const storyFrom = Effect.fnUntraced(function* (userId: string, { id, owner_id: ownerId }: query.SceneRow) {
    const scenes = new Map<string, ReadScene>();
    const wanted = [id];
    // Of the story as JSON.
    let length = storyText(id, []).length - 1;
    const named = new Set(wanted);
    while (wanted.length > 0) {
      const ids = wanted.splice(0, draftsAtOnce);
      const stored = yield* library.query((sql) => query.draftsById(sql, userId, ids));
      const own = stored.filter((row) => row.owner_id === ownerId).map(({ id, title, format, body }) => ({ id, title, format, body }));
      for (const scene of yield* work(readScenes, own, lengthOf(own))) {
        scenes.set(scene.id, scene);
        length += sceneText(scene).length + 1;
        const fresh = scene.calls.filter((called) => !named.has(called));
        for (const called of fresh) named.add(called);
        wanted.push(...fresh);
      }
      if (scenes.size > sceneLimits.scenes) {
        const message = `It calls more than ${sceneLimits.scenes} scenes.`;
        return yield* Effect.fail(new CallError("payload_too_large", message, { limit: sceneLimits.scenes }));
      }
      if (length > sceneLimits.characters) return yield* Effect.fail(tooLarge(sceneLimits.characters));
    }
    if (!scenes.has(id)) return yield* Effect.fail(noScene(id));
    const unread = userId === ownerId ? [] : [...named].filter((one) => !scenes.has(one));
    const hidden = unread.length === 0 ? [] : yield* library.query((sql) => query.scenesOfOwner(sql, ownerId, unread));
    const read = [...scenes.values()];
    const story: StoryRead = {
      story: storyText(id, read.map(sceneText)),
      ids: [...scenes.keys()],
      assets: [...new Set(read.flatMap(({ assets }) => assets))],
    };
    return { story, hidden: hidden.map((row) => row.id) };
  });

  const mediaOf = Effect.fnUntraced(function* (userId: string, { ids, assets }: StoryRead) {
    return assets.length === 0 ? [] : yield* library.query((sql) => query.mediaById(sql, userId, ids, assets));
  });

  const problemsOf = Effect.fnUntraced(function* (ownerId: string, read: StoryRead, hidden: ReadonlyArray<string>) {
    const { story } = read;
    const assets = (yield* mediaOf(ownerId, read)).map(
      ({ id, media_type: mediaType, duration_ms: durationMs }) => [id, { mediaType, durationMs }] as const,
    );
    return yield* work(checkText, { story, assets, hidden }, story.length);
  });

  const versionOf = (ownerId: string, id: string) =>
    Effect.map(
      library.query((sql) => query.versionById(sql, ownerId, id)),
      ([row]) => row,
    );
  const versionRow = Effect.fnUntraced(function* (ownerId: string, id: string) {
    const [row] = yield* library.query((sql) => query.storyOfVersion(sql, ownerId, id));
    if (row === undefined) return yield* Effect.fail(noVersion(id));
    const { format, story } = row;
    return { row, read: yield* work(readVersion, { format, story }, story.length) };
  });

  /** New scenes, all or none. By their ids a repeated call is known, if it has a key; those that were changed since then are taken for its. */
  const add = Effect.fnUntraced(function* (ownerId: string, key: string | undefined, scenes: ReadonlyArray<NewScene>) {
    if (scenes.some(({ body }) => body.length > sceneLimits.body)) return yield* Effect.fail(tooLarge(sceneLimits.body));
    const now = yield* Clock.currentTimeMillis;
    yield* change(ownerId, async (tx) => {
      const ids = scenes.map(({ id }) => id);
      const made = new Set(key === undefined ? [] : (await query.scenesOfOwner(tx, ownerId, ids)).map(({ id }) => id));
      for (const scene of scenes) {
        if (made.has(scene.id) && !(await query.isMadeAs(tx, scene))[0]!.same) return reused();
      }
      if (made.size > 0) return undefined;
      const full = await library.fullFor(tx, ownerId, scenes.length);
      if (full !== undefined) return full;
      for (const { assets, ...scene } of scenes) {
        await query.insertScene(tx, { ...scene, format: sceneFormat, owner_id: ownerId, created_at: now });
        await query.lendAssets(tx, scene.id, ownerId, assets);
      }
      return undefined;
    });
  });

  /** The text that came in parts. */
  const partsOf = Effect.fnUntraced(function* (ownerId: string, { file, count }: NonNullable<CallArgs<"scenes.import">["parts"]>) {
    const parts = yield* library.query((sql) => query.scenePartsOf(sql, ownerId, file, count));
    if (parts.length === count) return parts.map(({ text }) => text).join("");
    const here = `Of the ${count} parts of the file ${parts.length} are here, for only those of the ${filesInParts} newest files are kept, for an hour.`;
    const message = `${here} Bring it in once more, with fewer others at the same time.`;
    return yield* Effect.fail(refuse([{ path: ["parts"], message }]));
  });

  const handlers: DomainHandlers<"scenes"> = {
    calls: {
      "scenes.list": Effect.fnUntraced(function* ({ search, deleted, shared, ownerId = null, cursor, limit }, context) {
        const filter = { words: wordsOf(search), deleted, shared, ownerId };
        const { items, next } = yield* library.page(yield* ownerOf(context), filter, yield* placeOf(cursor), limit);
        return { scenes: items, next };
      }),

      "scenes.get": Effect.fnUntraced(function* ({ id }, context) {
        const userId = yield* ownerOf(context);
        const scene = sceneView(yield* mayAs(userId, id, "read"), userId);
        const [draft] = yield* library.query((sql) => query.draftsById(sql, userId, [id]));
        if (draft === undefined) return yield* Effect.fail(noScene(id));
        const { title, format, body } = draft;
        const [read] = yield* work(readScenes, [{ id, title, format, body }], body.length);
        // It may have been changed since the other was read: which draft it is tells who follows what comes after it.
        return encoded(`{"scene":${JSON.stringify({ ...scene, draft: draft.draft })},"body":${read!.body}}`);
      }),

      "scenes.story": Effect.fnUntraced(function* ({ id }, context) {
        const { story, hidden } = yield* storyFrom(yield* ownerOf(context), yield* may(context, id, "read"));
        return encoded(`{"story":${story.story},"hidden":${JSON.stringify(hidden)}}`);
      }),

      "scenes.create": Effect.fnUntraced(function* ({ title, body = emptyBody }, context) {
        const ownerId = yield* ownerOf(context);
        const id = idFor("scn", ownerId, context.key);
        yield* add(ownerId, context.key, [newScene(id, title, body)]);
        return yield* tell(ownerId, id);
      }),

      "scenes.edit": Effect.fnUntraced(function* ({ id, edits, token = null }, context) {
        const userId = yield* ownerOf(context);
        const now = yield* Clock.currentTimeMillis;
        let made: { readonly row: query.SceneRow; readonly before: SceneBody; readonly after: SceneBody } | undefined;
        yield* changeOf(context, id, "edit", async (tx, scene) => {
          const before = await draftIn(tx, userId, scene);
          if (before === undefined) return noScene(id);
          const edited = SceneBody.safeParse(editedBody(before, edits));
          if (!edited.success) return refuse(issuesOf(edited.error));
          const after = newScene(id, scene.title, edited.data);
          if (after.body.length > sceneLimits.body) return tooLarge(sceneLimits.body);
          const foreign = await lendNew(tx, scene, after, userId, before);
          if (foreign !== undefined) return foreign;
          const [row] = await query.updateDraft(tx, { ...after, format: sceneFormat }, now);
          made = { row: row!, before, after: edited.data };
          return undefined;
        });
        const { row, before, after } = made!;
        drafts.keep(row, after);
        // What came of them and not what was asked for: who follows makes the same of the same.
        const small = editsBetween(before, after);
        const told: DraftChange = {
          draft: row.draft,
          edits: small === null || JSON.stringify(small).length > longestTold ? null : [...small],
          token,
        };
        bus.publish(draftChannel(id), told);
        return library.told(userId, row);
      }),

      "scenes.here": editors.here,

      "scenes.rename": Effect.fnUntraced(function* ({ id, title }, context) {
        const now = yield* Clock.currentTimeMillis;
        yield* changeOf(context, id, "edit", async (tx) => void (await query.renameScene(tx, id, title, now)));
        return yield* tell(yield* ownerOf(context), id);
      }),

      "scenes.check": Effect.fnUntraced(function* ({ id }, context) {
        const row = yield* may(context, id, "read");
        const { story, hidden } = yield* storyFrom(yield* ownerOf(context), row);
        return { problems: [...(yield* problemsOf(row.owner_id, story, hidden))] };
      }),

      "scenes.publish": Effect.fnUntraced(function* ({ id, note }, context) {
        const ownerId = yield* ownerOf(context);
        const versionId = idFor("scv", ownerId, context.key);
        const before = yield* mayAs(ownerId, id, "own");
        const made = yield* versionOf(ownerId, versionId);
        if (made !== undefined) {
          if (made.scene_id !== id || made.note !== note) return yield* Effect.fail(reused());
          return { scene: sceneView(before, ownerId), version: sceneVersionView(made) };
        }
        const { story, hidden } = yield* storyFrom(ownerId, before);
        const errors = (yield* problemsOf(ownerId, story, hidden)).filter(({ severity }) => severity === "error");
        if (errors.length > 0) {
          const others = errors.length === 1 ? "" : ` And ${errors.length - 1} more.`;
          return yield* Effect.fail(new CallError("conflict", `It has errors: ${errors[0]!.message}${others} See scenes.check.`));
        }
        const now = yield* Clock.currentTimeMillis;
        yield* change(ownerId, async (tx) => {
          const [row] = await query.scenesById(tx, ownerId, [id]);
          if (row === undefined) return noScene(id);
          if (row.versions >= sceneQuotas.versions) return tooManyVersions();
          // What was checked is what is published: a draft that has changed meanwhile is published the next time.
          if (row.draft !== before.draft) return new CallError("conflict", "The draft was changed meanwhile. Try again.");
          const version = { id: versionId, scene_id: id, owner_id: ownerId, number: row.versions + 1, note, created_at: now };
          await query.insertSceneVersion(tx, { ...version, format: sceneFormat, story: story.story }, story.ids);
          return undefined;
        });
        const scene = yield* tell(ownerId, id);
        return { scene, version: sceneVersionView((yield* versionOf(ownerId, versionId)) ?? (yield* Effect.fail(noVersion(versionId)))) };
      }),

      "scenes.versions": Effect.fnUntraced(function* ({ id }, context) {
        const { owner_id: ownerId } = yield* may(context, id, "read");
        const rows = yield* library.query((sql) => query.versionsOf(sql, ownerId, id));
        return { versions: rows.map(sceneVersionView) };
      }),

      "scenes.version": Effect.fnUntraced(function* ({ id }, context) {
        const { row, read } = yield* versionRow(yield* ownerOf(context), id);
        return encoded(`{"version":${JSON.stringify(sceneVersionView(row))},"story":${read.story}}`);
      }),

      "scenes.export": Effect.fnUntraced(function* ({ id, versionId }, context) {
        const userId = yield* ownerOf(context);
        const row = yield* mayAs(userId, id, versionId === undefined ? "read" : "own");
        const version = versionId === undefined ? undefined : yield* versionRow(userId, versionId);
        if (version !== undefined && version.row.scene_id !== id) return yield* Effect.fail(noVersion(version.row.id));
        const read = version === undefined ? (yield* storyFrom(userId, row)).story : version.read;
        const media = (yield* mediaOf(userId, read)).map(({ id: assetId, sha256, name }) => ({ assetId, sha256, name }));
        const about: Omit<StoryFile, "story"> = { format: "pixsim-story", version: sceneFormat, title: row.title, media };
        return encoded(`{"file":${JSON.stringify(about).slice(0, -1)},"story":${read.story}}}`);
      }),

      "scenes.part": Effect.fnUntraced(function* ({ file, at, text }, context) {
        const ownerId = yield* ownerOf(context);
        const now = yield* Clock.currentTimeMillis;
        yield* orCallError(
          database.transaction(async (tx) => {
            await query.putScenePart(tx, { owner_id: ownerId, file, at, text, created_at: now });
            await query.keepSceneParts(tx, ownerId, filesInParts);
          }),
        );
        return {};
      }),

      "scenes.import": Effect.fnUntraced(function* ({ source, text, packed, parts, language, untitled }, context) {
        const ownerId = yield* ownerOf(context);
        const sent = parts === undefined ? text : (yield* partsOf(ownerId, parts)) + text;
        const file = packed === "gzip" ? yield* unpacked(sent, longestFile(source)) : sent;
        const read = yield* work(readFile, { source, text: file, language, untitled }, file.length);
        if (!read.ok) return yield* Effect.fail(refuse(read.issues));
        const hashes = [...new Set(read.media.map(({ sha256 }) => sha256))];
        const own = hashes.length === 0 ? [] : yield* library.query((sql) => query.assetsByBytes(sql, ownerId, hashes));
        const assets = new Map(own.map(({ id, sha256 }) => [sha256, id]));
        const { story, media } = read;
        const ids = read.ids.map((id, at) => [id, idFor("scn", ownerId, context.key, at)] as const);
        const placed = yield* work(placeScenes, { story, media, ids, assets: [...assets] }, story.length);
        yield* add(ownerId, context.key, placed.scenes);
        const scenes = yield* Effect.forEach(placed.scenes, ({ id }) => tell(ownerId, id));
        const absent = read.media.flatMap(({ sha256, name }) => (assets.has(sha256) ? [] : [name]));
        return { id: placed.entry, scenes, notes: [...read.notes, ...absentWords(absent)] };
      }),

      "scenes.delete": Effect.fnUntraced(function* ({ ids }, context) {
        const ownerId = yield* ownerOf(context);
        yield* ownAll(ownerId, ids);
        yield* library.trash(ownerId, ids);
        const gone = yield* library.query((sql) => query.scenesById(sql, ownerId, ids));
        for (const { id, grants } of gone) sharing.cutOff(id, grants?.map((grant) => grant.user_id) ?? []);
        return { deleted: ids };
      }),

      "scenes.restore": Effect.fnUntraced(function* ({ ids }, context) {
        const ownerId = yield* ownerOf(context);
        yield* ownAll(ownerId, ids);
        yield* library.restore(ownerId, ids);
        return { restored: ids };
      }),

      "scenes.people": Effect.fnUntraced(function* ({ id }, context) {
        const { owner_id: userId, owner_name: name } = yield* may(context, id, "read");
        return { owner: { userId, name: name ?? "" }, people: yield* sharing.people(id) };
      }),

      "scenes.grant": Effect.fnUntraced(function* ({ id, who, role }, context) {
        const ownerId = yield* ownerOf(context);
        yield* mayAs(ownerId, id, "own");
        const { id: userId } = yield* sharing.person(who, ownerId);
        const now = yield* Clock.currentTimeMillis;
        yield* changeOf(context, id, "own", (tx, row) => grantWithin(tx, row, { userId, role }, now));
        yield* tell(ownerId, id);
        const given = (yield* sharing.people(id)).find((person) => person.userId === userId);
        return given ?? (yield* Effect.fail(new CallError("conflict", "It was withdrawn from them again meanwhile.")));
      }),

      "scenes.withdraw": Effect.fnUntraced(function* ({ id, userId }, context) {
        const caller = yield* ownerOf(context);
        let had = false;
        // Everybody may leave.
        yield* changeOf(context, id, caller === userId ? "read" : "own", (tx, row) => {
          had = accessTo(row, userId) !== "none";
          return withdrawWithin(tx, row, userId);
        });
        // To somebody who never had it nothing of it is told.
        if (!had) return {};
        sharing.cutOff(id, [userId]);
        const [row] = yield* library.query((sql) => query.sceneOf(sql, id));
        if (row !== undefined) {
          library.told(row.owner_id, row);
          library.tellOne(userId, row);
        }
        return {};
      }),
    },
    streams: {},
    topics: {
      "scenes.scenes": Effect.fnUntraced(function* (_params, context, from, emit) {
        const ownerId = yield* ownerOf(context);
        return yield* library.follow(ownerId, from, ({ items, ...rest }) => ({ scenes: items, ...rest }), emit);
      }),

      "scenes.draft": Effect.fnUntraced(function* ({ id }, context, from, emit) {
        const userId = yield* ownerOf(context);
        const standing = Effect.map(mayAs(userId, id, "read"), ({ draft }) => ({ draft }));
        return yield* sharing.whileReadable(id, userId, bus.follow(draftChannel(id), from, standing, emit));
      }),

      "scenes.editors": Effect.fnUntraced(function* (params, context, from, emit) {
        return yield* sharing.whileReadable(params.id, yield* ownerOf(context), editors.follow(params, context, from, emit));
      }),
    },
  };
  return handlers;
});
