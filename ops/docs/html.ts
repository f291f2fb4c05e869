// HTML that cannot be broken by what is put into it: a template escapes all values but those that are HTML already.

class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
export type { Html };

export type Part = Html | string | number | undefined | ReadonlyArray<Part>;

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

const textOf = (part: Part): string => {
  if (part === undefined) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(textOf).join("");
  return String(part).replace(/[&<>"']/g, (character) => entities[character]!);
};

export const html = (strings: TemplateStringsArray, ...parts: ReadonlyArray<Part>): Html =>
  new Html(strings.map((string, index) => string + textOf(parts[index])).join(""));

/** Text that is HTML, CSS or a script of this folder. */
export const raw = (text: string): Html => new Html(text);

export const join = (parts: ReadonlyArray<Part>, separator: string): Html => new Html(parts.map(textOf).join(textOf(separator)));

/** A sentence in which `code` is marked as in Markdown. */
export const prose = (text: string): Html =>
  new Html(
    text
      .split("`")
      .map((part, index) => (index % 2 === 1 ? `<code>${textOf(part)}</code>` : textOf(part)))
      .join(""),
  );
