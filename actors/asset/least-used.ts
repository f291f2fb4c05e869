// Which originals have no room in the data folder. Pure.

export interface LocalOriginal {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** ms epoch */
  readonly usedAt: number;
}

/**
 * Those that are not among the most recently used that fit into `most` bytes together, longest unused first. What was used at `since` or later
 * stays whatever it takes.
 */
export const leastUsed = <T extends LocalOriginal>(originals: ReadonlyArray<T>, most: number, since: number): ReadonlyArray<T> => {
  const newest = originals.toSorted((a, b) => b.usedAt - a.usedAt || (a.sha256 < b.sha256 ? -1 : 1));
  let taken = 0;
  return newest.filter(({ size, usedAt }) => (taken += size) > most && usedAt < since).toReversed();
};
