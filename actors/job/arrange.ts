// A person puts jobs that wait in an order of their own: which ranks say so. Pure.

interface Placed {
  readonly id: string;
  /** Null: it stands elsewhere, among others. */
  readonly rank: number | null;
}

/**
 * The ranks of those that have to change so that all stand in this order, each strictly before the next. What comes later has rank 0 and is to
 * stand behind them, so no rank is above 0: who is put last is put there by bringing the others forward.
 */
export const ranksInOrder = (order: ReadonlyArray<Placed>): ReadonlyMap<string, number> => {
  const changes = new Map<string, number>();
  let next = 1;
  for (const { id, rank } of order.toReversed()) {
    const now = rank !== null && rank < next && rank <= 0 ? rank : Math.min(0, next - 1);
    if (now !== rank) changes.set(id, now);
    next = now;
  }
  return changes;
};
