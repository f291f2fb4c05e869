// Which pieces are made ready before anybody has asked for them: the most likely ones first, within the elements and the memory that there
// are and what the line can bring in time. Pure.

export interface Wish {
  readonly key: string;
  /** Of its file; a guess where that is not known. */
  readonly bytes: number;
  /** 0 to 1. */
  readonly likelihood: number;
}

/** A piece in an element that is not shown. */
export interface Held {
  readonly key: string;
  readonly bytes: number;
  /** Whether its file is here. */
  readonly here: boolean;
}

export interface Budget {
  /** Video elements in all. */
  readonly elements: number;
  /** Of all files that are kept, bytes. */
  readonly memory: number;
  /** Of those that are still to come, bytes: what the line brings until they may be asked for. */
  readonly line: number;
}

export interface PreloadPlan {
  /** Most likely first. */
  readonly load: ReadonlyArray<string>;
  /** Elements that are given up, of those held. */
  readonly drop: ReadonlyArray<string>;
}

/**
 * `shown`: what is on the stage, which always stays: it counts against the budget, and is no reason not to hold the same piece once more.
 */
export const planPreload = (
  shown: ReadonlyArray<{ readonly bytes: number }>,
  held: ReadonlyArray<Held>,
  wishes: ReadonlyArray<Wish>,
  budget: Budget,
): PreloadPlan => {
  let elements = budget.elements - shown.length;
  let memory = budget.memory - shown.reduce((sum, { bytes }) => sum + bytes, 0);
  let { line } = budget;
  const here = new Map(held.map((one) => [one.key, one]));
  const taken = new Set<string>();
  const load: Array<string> = [];
  const take = (key: string, bytes: number): boolean => {
    if (elements < 1 || bytes > memory) return false;
    elements -= 1;
    memory -= bytes;
    taken.add(key);
    return true;
  };
  for (const { key, bytes } of wishes.toSorted((a, b) => b.likelihood - a.likelihood)) {
    if (taken.has(key)) continue;
    const known = here.get(key);
    const missing = known?.here === true ? 0 : bytes;
    // The likeliest of those to come is fetched however long that takes.
    if (missing > line && load.length > 0) continue;
    if (!take(key, known?.bytes ?? bytes)) continue;
    line -= missing;
    if (known === undefined) load.push(key);
  }
  // What nobody wishes for stays where there is room: the way back may lead to it.
  for (const { key, bytes, here: isHere } of held) if (isHere && !taken.has(key)) take(key, bytes);
  return { load, drop: held.flatMap(({ key }) => (taken.has(key) ? [] : [key])) };
};
