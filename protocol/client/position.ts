// Where a follower stands in a topic, and what a frame of changes means from there. Each change counts one, so that a repeated and
// a missing one are both seen. Pure.

/** The changes from `skip` on are new; `repeat`: all are known; `gap`: some before them never came. */
export type Step = { readonly kind: "next"; readonly skip: number } | { readonly kind: "repeat" } | { readonly kind: "gap" };

const partsOf = (position: string): readonly [epoch: string, offset: number] => {
  const colon = position.lastIndexOf(":");
  return [position.slice(0, colon), Number(position.slice(colon + 1))];
};

/** `known`: the position of what the follower has; `position`: that after the last of `count` changes. */
export const stepTo = (known: string, position: string, count: number): Step => {
  const [knownEpoch, knownOffset] = partsOf(known);
  const [epoch, offset] = partsOf(position);
  // Another epoch starts with a snapshot; changes without one leave out what the snapshot would have said.
  if (epoch !== knownEpoch) return { kind: "gap" };
  if (offset <= knownOffset) return { kind: "repeat" };
  const skip = count - (offset - knownOffset);
  return skip < 0 ? { kind: "gap" } : { kind: "next", skip };
};
