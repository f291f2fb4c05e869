// A library of somebody's things: read page by page, changed one at a time, told to whoever follows, and put into the trash and taken out of it
// again. What belongs to another does not exist, unless the shelf says that it is shared.
import { Clock, Effect } from "effect";
import { Database, type Queryable, type Tx } from "#db/client/database.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { principalOf } from "#runtime/auth/handlers.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import type { CallContext, TopicHandle, TopicMessage } from "#runtime/gateway/handlers.ts";
import { createdPlace, pageOf, type Place } from "./page.ts";

/** Rows of the snapshot of a library's topic. */
const snapshotRows = 100;
/** Words of one search. */
const maxWords = 10;

export const ownerOf = (context: CallContext): Effect.Effect<string, CallError> => Effect.map(principalOf(context), ({ userId }) => userId);

export const notFound = (what: string): CallError => new CallError("not_found", `${what} does not exist, or is not yours.`);
export const reused = (): CallError => new CallError("idempotency_conflict", "This idempotency key was used before with another content.");
export const refuse = (issues: ReadonlyArray<{ readonly path: ReadonlyArray<string | number>; readonly message: string }>): CallError =>
  new CallError("invalid_input", issues.map(({ message }) => message).join(" "), { issues });

export const wordsOf = (search: string | undefined): ReadonlyArray<string> =>
  (search ?? "")
    .split(/\s+/)
    .filter((word) => word !== "")
    .slice(0, maxWords);

interface LibraryRow {
  readonly id: string;
  readonly created_at: number;
  readonly deleted_at: number | null;
}

export interface LibraryFilter {
  readonly words: ReadonlyArray<string>;
  /** Those in the trash instead of those that are not. */
  readonly deleted: boolean;
}

/** What one library differs by from the others. */
interface Shelf<Row extends LibraryRow, View, Filter extends LibraryFilter> {
  /** Of the channel of its changes. */
  readonly name: string;
  /** As this user sees it. */
  readonly view: (row: Row, userId: string) => View;
  /** Who is told of its changes; left out: its owner, who alone makes them. */
  readonly readers?: (row: Row) => ReadonlyArray<string>;
  readonly missing: (id: string) => CallError;
  /** How many an owner may keep outside of the trash, and what is said to one who wants more. */
  readonly most: number;
  readonly tooMany: () => CallError;
  readonly lock: (tx: Tx, ownerId: string) => PromiseLike<unknown>;
  /** Those that this user may read. */
  readonly byId: (sql: Queryable, userId: string, ids: ReadonlyArray<string>) => PromiseLike<ReadonlyArray<Row>>;
  readonly list: (
    sql: Queryable,
    userId: string,
    filter: Filter | LibraryFilter,
    after: Place | null,
    limit: number,
  ) => PromiseLike<ReadonlyArray<Row>>;
  /** Outside of the trash. */
  readonly count: (sql: Queryable, ownerId: string) => PromiseLike<ReadonlyArray<{ readonly count: number }>>;
  /** Answers those that changed. */
  readonly setDeleted: (
    sql: Queryable,
    ownerId: string,
    ids: ReadonlyArray<string>,
    at: number | null,
  ) => PromiseLike<ReadonlyArray<{ readonly id: string }>>;
}

export const libraryOf = Effect.fnUntraced(function* <Row extends LibraryRow, View, Filter extends LibraryFilter>(
  shelf: Shelf<Row, View, Filter>,
) {
  const database = yield* Database;
  const bus = yield* Bus;
  const channel = (ownerId: string): string => `${shelf.name}:${ownerId}`;
  const query = <T>(run: (sql: Queryable) => PromiseLike<T>): Effect.Effect<T, CallError> => orCallError(database.query(run));

  const one = Effect.fnUntraced(function* (userId: string, id: string) {
    const [row] = yield* query((sql) => shelf.byId(sql, userId, [id]));
    return row === undefined ? yield* Effect.fail(shelf.missing(id)) : row;
  });

  /** All of these are there, in the trash or not. */
  const known = Effect.fnUntraced(function* (ownerId: string, ids: ReadonlyArray<string>) {
    const rows = yield* query((sql) => shelf.byId(sql, ownerId, ids));
    const found = new Set(rows.map(({ id }) => id));
    const missing = ids.find((id) => !found.has(id));
    return missing === undefined ? rows : yield* Effect.fail(shelf.missing(missing));
  });

  /** Tells one follower of this row. */
  const tellOne = (userId: string, row: Row): void => bus.publish(channel(userId), shelf.view(row, userId));

  /** This row as the user sees it, told to whoever follows. */
  const told = (userId: string, row: Row): View => {
    for (const reader of shelf.readers?.(row) ?? [userId]) tellOne(reader, row);
    return shelf.view(row, userId);
  };

  /** As it stands now, told to whoever follows. */
  const tell = Effect.fnUntraced(function* (userId: string, id: string) {
    return told(userId, yield* one(userId, id));
  });

  /** A change of the owner's library: one at a time. What it answers with instead of making the change is the call's failure. */
  const change = (ownerId: string, run: (tx: Tx) => Promise<CallError | undefined>): Effect.Effect<void, CallError> =>
    Effect.flatMap(
      orCallError(
        database.transaction(async (tx) => {
          await shelf.lock(tx, ownerId);
          return run(tx);
        }),
      ),
      (refused) => (refused === undefined ? Effect.void : Effect.fail(refused)),
    );

  /** Within a change: why so many more cannot be kept. */
  const fullFor = async (tx: Tx, ownerId: string, more: number): Promise<CallError | undefined> => {
    const [counted] = await shelf.count(tx, ownerId);
    return (counted?.count ?? 0) + more > shelf.most ? shelf.tooMany() : undefined;
  };

  const page = Effect.fnUntraced(function* (userId: string, filter: Filter | LibraryFilter, after: Place | null, limit: number) {
    const rows = yield* query((sql) => shelf.list(sql, userId, filter, after, limit + 1));
    const { rows: first, next } = pageOf(rows, limit, createdPlace);
    return { items: first.map((row) => shelf.view(row, userId)), next };
  });

  /** How many are the user's own, and the newest page of all. */
  const snapshot = Effect.fnUntraced(function* (ownerId: string) {
    const [counted] = yield* query((sql) => shelf.count(sql, ownerId));
    return { count: counted?.count ?? 0, ...(yield* page(ownerId, { words: [], deleted: false }, null, snapshotRows)) };
  });

  /** Follows the changes; `told`: the snapshot as the topic's contract has it. */
  const follow = (
    ownerId: string,
    from: string | undefined,
    told: (newest: Effect.Success<ReturnType<typeof snapshot>>) => unknown,
    emit: (message: TopicMessage) => void,
  ): Effect.Effect<TopicHandle, CallError> => bus.follow(channel(ownerId), from, Effect.map(snapshot(ownerId), told), emit);

  const trash = Effect.fnUntraced(function* (ownerId: string, ids: ReadonlyArray<string>) {
    yield* known(ownerId, ids);
    const now = yield* Clock.currentTimeMillis;
    const changed = yield* query((sql) => shelf.setDeleted(sql, ownerId, ids, now));
    yield* Effect.forEach(changed, ({ id }) => tell(ownerId, id), { discard: true });
  });

  /** Out of the trash; `fits`: why something of it cannot come back. */
  const restore = Effect.fnUntraced(function* (
    ownerId: string,
    ids: ReadonlyArray<string>,
    fits: (tx: Tx, back: ReadonlyArray<Row>) => Promise<CallError | undefined> = () => Promise.resolve(undefined),
  ) {
    const back = (yield* known(ownerId, ids)).filter(({ deleted_at: at }) => at !== null);
    yield* change(ownerId, async (tx) => {
      const refused = (await fullFor(tx, ownerId, back.length)) ?? (await fits(tx, back));
      if (refused === undefined) await shelf.setDeleted(tx, ownerId, ids, null);
      return refused;
    });
    yield* Effect.forEach(back, ({ id }) => tell(ownerId, id), { discard: true });
  });

  return { query, one, told, tell, tellOne, change, fullFor, page, follow, trash, restore };
});
