// What all contenders share: what a job carries, and how many are under way.

export const prompt = "A red fox walks through fresh snow at dawn, filmed from a low angle with a long lens, soft light";

/** Ids that no other process of this run has. */
export const newIds = (): (() => string) => {
  const own = crypto.randomUUID().slice(0, 8);
  let last = 0;
  return () => `${own}${(++last).toString(36).padStart(6, "0")}`;
};

/** Calls `work` so many times, `inFlight` at a time. */
export const byLanes = async (count: number, inFlight: number, work: () => Promise<unknown>): Promise<void> => {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, lane));
};
