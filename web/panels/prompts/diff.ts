// What two wordings have in common, word by word. Pure.

export interface DiffPart {
  readonly text: string;
  readonly in: "both" | "old" | "new";
}

/** Cells of the table at most: beyond that the middle counts as rewritten, so that a panel never stands still over it. */
const mostCells = 4_000_000;

/** Words, and what stands between them. */
const wordsOf = (text: string): ReadonlyArray<string> => text.match(/\s+|[^\s\p{P}\p{S}]+|[\p{P}\p{S}]/gu) ?? [];

/** The old parts together are the old text, the new ones the new text; both in their order. */
export const diffWords = (old: string, next: string): ReadonlyArray<DiffPart> => {
  const [a, b] = [wordsOf(old), wordsOf(next)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) {
    start++;
  }
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) {
    end++;
  }
  const parts: Array<DiffPart> = [];
  const add = (text: string, where: DiffPart["in"]) => {
    const last = parts.at(-1);
    if (last?.in === where) {
      parts[parts.length - 1] = { text: last.text + text, in: where };
    } else if (text !== "") {
      parts.push({ text, in: where });
    }
  };
  add(a.slice(0, start).join(""), "both");
  for (const { text, in: where } of middle(a.slice(start, a.length - end), b.slice(start, b.length - end))) {
    add(text, where);
  }
  add(a.slice(a.length - end).join(""), "both");
  return parts;
};

/** By the longest words in common, in order. */
const middle = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): ReadonlyArray<DiffPart> => {
  if (a.length * b.length > mostCells) {
    return [
      { text: a.join(""), in: "old" },
      { text: b.join(""), in: "new" },
    ];
  }
  const width = b.length + 1;
  // Length in common of what is left from each pair of places on.
  const common = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const parts: Array<DiffPart> = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      parts.push({ text: a[i] ?? "", in: "both" });
      i++;
      j++;
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) {
      parts.push({ text: a[i] ?? "", in: "old" });
      i++;
    } else {
      parts.push({ text: b[j] ?? "", in: "new" });
      j++;
    }
  }
  return parts;
};
