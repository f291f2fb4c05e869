// The files that assets consist of, wherever they lie: in the data folder, or, where that has no room for all, in the archive. A file leaves
// the data folder only after the archive's copy was read and has its hash, and comes back when somebody reads it. Providers do not count as a
// place: none says for how long it keeps what it made.
import { Clock, Context, Effect, Layer, Schedule } from "effect";
import { Database } from "#db/client/database.ts";
import * as query from "#db/queries/original.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { Archive } from "#runtime/blobs/archive.ts";
import { Blobs, type StoredBlob } from "#runtime/blobs/blobs.ts";
import { removeStaged } from "#runtime/blobs/staged.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import { leastUsed, type LocalOriginal } from "./least-used.ts";
import { makeTurns } from "./turns.ts";

/** Files a statement deals with. */
const batch = 1000;
/** Uses that wait to be written; what is used beyond that is noted the next time. */
const mostUses = 20_000;
const writeUses = Schedule.spaced("10 seconds");
/** What was used so lately stays, ms: somebody may be reading it. */
const lately = 3_600_000;

export class Originals extends Context.Service<
  Originals,
  {
    /** Path of the file, which is brought here where it is in the archive only, and stays for an hour. Errors: not_found, unavailable, storage_full. */
    readonly path: (sha256: string) => Effect.Effect<string, CallError>;
    /** The same for a reader that notes its uses itself. */
    readonly recall: (sha256: string) => Effect.Effect<string, CallError>;
    /** Notes that it was read just now. */
    readonly used: (sha256: string) => void;
    /** Sends away what the data folder has no room for. Answers how many. Errors: those of the archive. */
    readonly sendAway: Effect.Effect<number, CallError>;
  }
>()("pixsim/actors/Originals") {
  static readonly layer = Layer.effect(
    Originals,
    Effect.suspend(() => make),
  );
}

const make = Effect.gen(function* () {
  const archive = yield* Archive;
  const blobs = yield* Blobs;
  const database = yield* Database;
  const clock = yield* Clock.Clock;
  const turns = makeTurns();
  const uses = new Map<string, number>();

  const fetch = Effect.fnUntraced(function* (sha256: string) {
    const staged = blobs.stage("original");
    yield* Effect.ensuring(
      Effect.flatMap(archive.fetch(sha256, staged), (ref) => blobs.adopt(staged, ref)),
      removeStaged(staged),
    );
    yield* orCallError(database.query((sql) => query.markHere(sql, sha256)));
  });

  /** `leaving`: it may be removed in this very moment, unless it is stored anew. */
  const bring = (sha256: string, leaving: boolean) =>
    turns(
      sha256,
      Effect.gen(function* () {
        const here = yield* blobs.has(sha256);
        if (!here) yield* fetch(sha256);
        else if (leaving) yield* Effect.ignore(fetch(sha256));
        return blobs.path(sha256);
      }),
    );

  const path = Effect.fnUntraced(function* (sha256: string) {
    if (archive.localBytes === null) return yield* bring(sha256, false);
    const now = yield* Clock.currentTimeMillis;
    const [row] = yield* orCallError(database.query((sql) => query.useOriginal(sql, sha256, now)));
    return yield* bring(sha256, row?.away === true);
  });

  const used = (sha256: string): void => {
    if (archive.localBytes !== null && (uses.size < mostUses || uses.has(sha256))) uses.set(sha256, clock.currentTimeMillisUnsafe());
  };

  const flush = Effect.gen(function* () {
    while (uses.size > 0) {
      const some = [...uses].slice(0, batch).map(([sha256, at]) => ({ sha256, at }));
      yield* orCallError(database.query((sql) => query.noteUses(sql, some)));
      for (const { sha256, at } of some) if (uses.get(sha256) === at) uses.delete(sha256);
    }
  });
  const flushed = flush.pipe(Effect.catch(({ code, message }) => Effect.logWarning("asset.uses.unwritten", { code, error: message })));
  if (archive.localBytes !== null) yield* Effect.forkScoped(Effect.repeat(flushed, writeUses));

  const known = Effect.fnUntraced(function* (stored: ReadonlyArray<StoredBlob>) {
    const found: Array<LocalOriginal & { readonly away: boolean }> = [];
    for (let at = 0; at < stored.length; at += batch) {
      const some = new Map(stored.slice(at, at + batch).map((blob) => [blob.sha256, blob]));
      for (const row of yield* orCallError(database.query((sql) => query.originalsAmong(sql, [...some.keys()])))) {
        const blob = some.get(row.sha256);
        if (blob === undefined) continue;
        found.push({ sha256: row.sha256, size: blob.size, usedAt: Math.max(blob.adoptedAt, row.used_at), away: row.away });
      }
    }
    return found;
  });

  const sendOne = ({ sha256, size }: LocalOriginal, since: number) =>
    turns(
      sha256,
      Effect.gen(function* () {
        if (!(yield* archive.keep(blobs.path(sha256), { sha256, size }))) {
          yield* Effect.logError("asset.original.damaged", { sha256 });
          return 0;
        }
        const marked = yield* orCallError(database.query((sql) => query.markAway(sql, sha256, since)));
        if (marked.length === 0) return 0;
        yield* blobs.remove(sha256, since);
        return 1;
      }),
    );

  const sendAway = Effect.gen(function* () {
    const most = archive.localBytes;
    if (most === null) return 0;
    yield* flush;
    const since = (yield* Clock.currentTimeMillis) - lately;
    const here = yield* known(yield* blobs.list);
    const leaving = leastUsed(here, most, since);
    const going = new Set<LocalOriginal>(leaving);
    // Those that came back by another way than through here, or whose going a crash has cut short.
    for (const { sha256 } of here.filter((original) => original.away && !going.has(original))) {
      yield* orCallError(database.query((sql) => query.markHere(sql, sha256)));
    }
    let count = 0;
    for (const original of leaving) count += yield* sendOne(original, since);
    return count;
  });

  return Originals.of({ path, recall: (sha256) => bring(sha256, false), used, sendAway: Effect.withSpan(sendAway, "asset.sendAway") });
});
