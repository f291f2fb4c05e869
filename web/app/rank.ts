// Orders the palette's commands by how well they fit what was typed. Pure.

const isWordStart = (text: string, at: number): boolean => at === 0 || !/[a-z0-9]/.test(text[at - 1] ?? "");

/**
 * How well `query` fits into `text`: null, not at all; higher is better. The words as typed beat their letters scattered; of these, starts
 * of words and runs count more; the earlier and the shorter, the better.
 */
export const scoreOf = (query: string, text: string): number | null => {
  const wanted = query.toLowerCase().replace(/\s+/g, "");
  const within = text.toLowerCase();
  const whole = within.indexOf(query.trim().toLowerCase());
  if (whole >= 0) {
    return 1000 + (isWordStart(within, whole) ? 100 : 0) - whole / 10 - within.length / 100;
  }
  let score = 0;
  let at = -1;
  for (const letter of wanted) {
    const next = within.indexOf(letter, at + 1);
    if (next < 0) {
      return null;
    }
    score += next === at + 1 ? 3 : isWordStart(within, next) ? 2 : 0;
    at = next;
  }
  return score - within.length / 100;
};

/** Those that fit, the best first; without a query all, as given. */
export const rank = <T>(query: string, items: ReadonlyArray<T>, textOf: (item: T) => string): ReadonlyArray<T> =>
  query.trim() === ""
    ? items
    : items
        .flatMap((item) => {
          const score = scoreOf(query, textOf(item));
          return score === null ? [] : [{ item, score }];
        })
        .sort((a, b) => b.score - a.score)
        .map(({ item }) => item);
