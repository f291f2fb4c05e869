// How much of an upload may be on its way. Enough to keep a fast line busy, and on a slow one no more than a second or so: calls
// and heartbeats go over the same line and would wait behind it. Pure.

export const firstWindowBytes = 512 * 1024;
const smallestWindowBytes = 128 * 1024;
const smallestChunkBytes = 32 * 1024;
/** The largest lets 2 GB pass at full speed within the frames per second that the server takes. */
const largestChunkBytes = 512 * 1024;
/** A chunk acknowledged sooner than this leaves room for more, ms. */
const quickMs = 500;
/** One acknowledged later than this has waited behind too much, ms. */
const slowMs = 1500;

/** The window after a chunk was acknowledged `tookMs` after it was sent. */
export const nextWindow = (windowBytes: number, tookMs: number, limitBytes: number): number => {
  if (tookMs <= quickMs) return Math.min(limitBytes, windowBytes * 2);
  if (tookMs >= slowMs) return Math.max(Math.min(limitBytes, smallestWindowBytes), Math.floor(windowBytes / 2));
  return Math.min(limitBytes, windowBytes);
};

/** Bytes of the next chunk: several fit into the window, so that one is always on its way. */
export const chunkBytes = (windowBytes: number, frameBytes: number): number =>
  Math.max(1, Math.min(frameBytes, windowBytes, largestChunkBytes, Math.max(smallestChunkBytes, Math.floor(windowBytes / 4))));
