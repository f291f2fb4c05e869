// Parts of a piece of work that go on side by side and write files. Never leaves one of them at work behind a failure.

/** Like `Promise.all`, but fails only once all have ended: when the failure is known, nothing is written any more. */
export const allEnded = async <T extends ReadonlyArray<unknown> | []>(parts: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> => {
  await Promise.allSettled(parts);
  return await Promise.all(parts);
};
