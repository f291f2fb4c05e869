// Lists that are read page by page, newest first: a cursor names the last row of a page, after which the next one begins. Pure.
import { Effect } from "effect";
import { CallError } from "#protocol/wire/errors.ts";

export interface Place {
  readonly createdAt: number;
  /** Among rows of one moment, where a list has them in another order than that of their ids; left out: 0. */
  readonly ordinal?: number;
  readonly id: string;
}

const toCursor = ({ createdAt, ordinal, id }: Place): string =>
  `${createdAt.toString(36)}${ordinal === undefined ? "" : `-${ordinal.toString(36)}`}.${id}`;

/** Undefined if no list gave this cursor. */
const fromCursor = (cursor: string): Place | undefined => {
  const [, time = "", ordinal, id] = /^([0-9a-z]{1,11})(?:-([0-9a-z]{1,4}))?\.([A-Za-z0-9_-]{1,64})$/.exec(cursor) ?? [];
  const createdAt = Number.parseInt(time, 36);
  if (id === undefined || !Number.isSafeInteger(createdAt)) return undefined;
  return ordinal === undefined ? { createdAt, id } : { createdAt, ordinal: Number.parseInt(ordinal, 36), id };
};

/** After which the page begins; null: at the beginning of the list. */
export const placeOf = (cursor: string | undefined): Effect.Effect<Place | null, CallError> => {
  if (cursor === undefined) return Effect.succeed(null);
  const place = fromCursor(cursor);
  if (place !== undefined) return Effect.succeed(place);
  const message = "The cursor is not one that this list gave.";
  return Effect.fail(new CallError("invalid_input", message, { issues: [{ path: ["cursor"], message }] }));
};

/** A page of at most `limit` rows, of which one more was read: it tells that there is a next page. */
export const pageOf = <Row>(
  rows: ReadonlyArray<Row>,
  limit: number,
  at: (row: Row) => Place,
): { readonly rows: ReadonlyArray<Row>; readonly next: string | null } => {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { rows: rows.slice(0, limit), next: last === undefined ? null : toCursor(at(last)) };
};

/** Of rows that say so themselves. */
export const createdPlace = ({ created_at, id }: { readonly created_at: number; readonly id: string }): Place => ({
  createdAt: created_at,
  id,
});
