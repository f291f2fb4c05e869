// Clears what nobody will ask for again: assets, prompts and scenes that stayed in the trash, uploads and story files that were left, converted videos,
// blobs without an asset, here and in the archive, counts of days that are over, guests of stories who have nothing to come back to, and links
// to stories that ended long ago. Sends to the archive what has no room here.
import { Clock, Effect, Layer, Schedule } from "effect";
import { Database, type Sql } from "#db/client/database.ts";
import * as query from "#db/queries/asset.ts";
import { purgePrompts } from "#db/queries/prompt.ts";
import { dropConversions } from "#db/queries/conversion.ts";
import { forgetOriginals } from "#db/queries/original.ts";
import { forgetDays } from "#db/queries/quota.ts";
import { dropPlaces } from "#db/queries/play.ts";
import { dropEndedLinks, dropIdleGuests } from "#db/queries/play-link.ts";
import { dropSceneParts, purgeScenes } from "#db/queries/scene.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { guestTokenMs } from "#runtime/auth/guests.ts";
import { Archive } from "#runtime/blobs/archive.ts";
import { Blobs, type StoredBlob } from "#runtime/blobs/blobs.ts";
import { ShardLocks } from "#runtime/cluster/locks.ts";
import { Placement } from "#runtime/cluster/placement.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import { Originals } from "./originals.ts";
import { Uploads } from "./uploads.ts";

const hour = 3_600_000;
/** How long the trash keeps something, and a converted video that nobody uses stays, ms. */
const trashKeeps = 30 * 24 * hour;
/** How long an upload may be silent, ms. */
const uploadKeeps = 24 * hour;
/** How long parts of a story file wait to be put together, ms. */
const partsKeep = hour;
/** How long the jobs of a day are counted, ms: that is asked for today only. */
const daysKept = 2 * 24 * hour;
/** A guest who has played nothing is known for so long, ms: a day longer than any token that they may still show. */
const guestKeeps = guestTokenMs + 24 * hour;
/** A link and its guests stay for so long after it has ended, ms: who opens it is told why, and who signs in takes over what they have played. */
const endedKeeps = 90 * 24 * hour;
/** For so long a place that was taken for a playthrough waits for it to begin, ms: far longer than any repeat of the call comes late. */
const placeKeeps = 24 * hour;
/** A blob may be without an asset for so long, ms: between being stored and its row being written. */
const grace = hour;
/** Rows or blobs a statement deals with. */
const batch = 1000;

/** Drops assets that have been in the trash for 30 days; their blobs go with the next orphan sweep. Answers how many. */
export const purgeTrash: Effect.Effect<number, CallError, Database> = Effect.gen(function* () {
  const database = yield* Database;
  const before = (yield* Clock.currentTimeMillis) - trashKeeps;
  let purged = 0;
  for (;;) {
    const rows = yield* orCallError(database.query((sql) => query.purgeAssets(sql, before, batch)));
    purged += rows.length;
    if (rows.length < batch) return purged;
  }
});

/** Drops what is older than `keeps`, ms. Answers how many. */
const dropOld = (
  keeps: number,
  drop: (sql: Sql, before: number) => PromiseLike<ReadonlyArray<unknown>>,
): Effect.Effect<number, CallError, Database> =>
  Effect.gen(function* () {
    const database = yield* Database;
    const before = (yield* Clock.currentTimeMillis) - keeps;
    return (yield* orCallError(database.query((sql) => drop(sql, before)))).length;
  });

const forgetGone: Effect.Effect<number, CallError, Database> = Effect.flatMap(Database, (database) =>
  Effect.map(orCallError(database.query(forgetOriginals)), (rows) => rows.length),
);

interface Store {
  readonly list: Effect.Effect<ReadonlyArray<StoredBlob>, CallError>;
  readonly remove: (sha256: string, before: number) => Effect.Effect<void, CallError>;
}

/**
 * Removes what no asset has and was last stored before `before` (ms epoch). Answers how many. If most of many
 * files seem to be orphans, the database is not the one they belong to: then nothing is removed and a warning logged.
 */
const sweep = Effect.fn("asset.sweepOrphans")(function* (store: Store, before: number) {
  const database = yield* Database;
  const stored = yield* store.list;
  const old = stored.filter((blob) => blob.adoptedAt < before);
  const orphans: Array<string> = [];
  for (let at = 0; at < old.length; at += batch) {
    const names = old.slice(at, at + batch).map((blob) => blob.sha256);
    const used = new Set((yield* orCallError(database.query((sql) => query.blobsInUse(sql, names)))).map((row) => row.sha256));
    orphans.push(...names.filter((name) => !used.has(name)));
  }
  if (orphans.length > batch && orphans.length > stored.length / 2) {
    yield* Effect.logWarning("asset.sweepOrphans.refused", { orphans: orphans.length, stored: stored.length });
    return 0;
  }
  yield* Effect.forEach(orphans, (sha256) => store.remove(sha256, before), { discard: true });
  return orphans.length;
});

/** Orphans of the blob store. */
export const sweepOrphans = (before: number) => Effect.flatMap(Blobs, (blobs) => sweep(blobs, before));

type Needs = Archive | Blobs | Database | Originals | Uploads;

const logged = (task: string, work: Effect.Effect<number, CallError, Needs>) =>
  work.pipe(
    Effect.tap((count) => (count > 0 ? Effect.logInfo("asset.housekeeping", { task, count }) : Effect.void)),
    Effect.catch((error) => Effect.logWarning("asset.housekeeping.failed", { task, code: error.code, error: error.message })),
  );

/**
 * Keeps house from now on, in one process of all: each hour, and at once. A process that is alone need not spare what was stored
 * before its start: nobody can be about to write the rows of such blobs any more.
 */
export const assetHousekeeping: Layer.Layer<never, never, Needs | Placement | ShardLocks> = Layer.effectDiscard(
  Effect.gen(function* () {
    const started = yield* Clock.currentTimeMillis;
    const uploads = yield* Uploads;
    const placement = yield* Placement;
    const locks = yield* ShardLocks;
    const archive = yield* Archive;
    const originals = yield* Originals;
    const services = yield* Effect.context<Needs>();
    const round = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis;
      const alone = (yield* locks.runners)?.length === 1;
      yield* logged("purge trash", purgeTrash);
      yield* logged("purge prompts", dropOld(trashKeeps, purgePrompts));
      yield* logged("purge scenes", dropOld(trashKeeps, purgeScenes));
      yield* logged("forget parts of story files", dropOld(partsKeep, dropSceneParts));
      yield* logged("forget days", dropOld(daysKept, forgetDays));
      yield* logged("forget idle guests", dropOld(guestKeeps, dropIdleGuests));
      yield* logged("forget ended links", dropOld(endedKeeps, dropEndedLinks));
      yield* logged("give up places of playthroughs", dropOld(placeKeeps, dropPlaces));
      yield* logged("drop conversions", dropOld(trashKeeps, dropConversions));
      yield* logged("sweep uploads", uploads.sweep(now - uploadKeeps));
      yield* logged("sweep orphans", sweepOrphans(alone ? Math.max(started, now - grace) : now - grace));
      yield* logged("sweep archive", sweep(archive, now - grace));
      yield* logged("forget originals", forgetGone);
      yield* logged("send originals away", originals.sendAway);
    });
    yield* placement.once("asset.housekeeping", Effect.provide(Effect.asVoid(Effect.repeat(round, Schedule.spaced("1 hour"))), services));
  }),
);
