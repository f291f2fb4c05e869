// Orders the palette's commands by how well they fit what was typed. Pure.

/** How well the letters of `query` fit into `text`: null, not at all; higher is better. Starts of words and runs of letters count more. */
export const scoreOf = (query: string, text: string): number | null => {
  const wanted = query.toLowerCase().replace(/\s+/g, "");
  const within = text.toLowerCase();
  let score = 0;
  let at = -1;
  for (const letter of wanted) {
    const next = within.indexOf(letter, at + 1);
    if (next < 0) {
      return null;
    }
    const startsWord = next === 0 || !/[a-z0-9]/.test(within[next - 1] ?? "");
    score += next === at + 1 ? 3 : startsWord ? 2 : 0;
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
