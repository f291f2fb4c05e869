// From the text of a template to its tree and back. Whatever is typed gives a tree: what is wrong is told beside it, with its place. Pure.
import type { Fault, Option, Part, Parts, Span } from "./tree.ts";

export interface Parsed {
  readonly parts: Parts;
  /** In order of their places. */
  readonly faults: ReadonlyArray<Fault>;
}

/** Braces within braces, at most: more is a mistake, and would exhaust the stack of who parses it. */
const deepest = 20;

/** Faults that are told of one text: nobody reads more. */
const mostFaults = 50;

/** What a character outside of plain text is. */
type Role = "choice" | "bar" | "variable" | "end";

/** Also what was meant as one and is none: a sign, a decimal comma. */
const weightAt = /([-+.,]*\d[\d.,]*)[ \t]*::/y;
const severalAt = /\d*(?:-\d*)?\$\$/y;
const listAt = /__([A-Za-z0-9]+(?:[_/ -][A-Za-z0-9]+)*)__/y;
const variableAt = /\$\{([A-Za-z][A-Za-z0-9_]{0,39})(:|\})/y;
const escapable = /[\\{}|$_:\s]/;
const blank = /\s/;

export const parseTemplate = (source: string): Parsed => {
  const parser = new Parser(source);
  const parts = parser.parts(0, source.length, false);
  return { parts, faults: parser.faults.toSorted((a, b) => a.at - b.at) };
};

/** What of a text is more than text, for whoever shows it: the outermost of each, in order. */
export const spansOf = (source: string): ReadonlyArray<Span> => {
  const parser = new Parser(source);
  parser.parts(0, source.length, false);
  return parser.spans;
};

/** A list: an option a line, with its weight. Empty lines and those that begin with `#` say nothing. */
export const parseList = (source: string): { readonly options: ReadonlyArray<Option>; readonly faults: ReadonlyArray<Fault> } => {
  const options: Array<Option> = [];
  const faults: Array<Fault> = [];
  let start = 0;
  for (const line of source.split("\n")) {
    if (line.trim() !== "" && !line.trim().startsWith("#")) {
      const parser = new Parser(line);
      options.push(parser.option(0, line.length));
      for (const { at, length, message } of parser.faults.toSorted((a, b) => a.at - b.at)) faults.push({ at: start + at, length, message });
    }
    start += line.length + 1;
  }
  if (options.length === 0) faults.push({ at: 0, length: source.length, message: "A list needs at least one line that says something." });
  return { options, faults };
};

/** The text that parses to these parts. */
export const printTemplate = (parts: Parts): string => parts.map(printPart).join("");

/** The text says the same as a template and as it stands. */
export const isPlain = (source: string): boolean => {
  const { parts, faults } = parseTemplate(source);
  const [only] = parts;
  return faults.length === 0 && (only === undefined || (parts.length === 1 && only.kind === "text" && only.text === source));
};

const printPart = (part: Part): string => {
  switch (part.kind) {
    case "text":
      return literally(part.text);
    case "list":
      return `__${part.name}__`;
    case "variable":
      return part.fallback === null ? `\${${part.name}}` : `\${${part.name}:${printEdged(part.fallback)}}`;
    case "choice":
      return `{${part.options.map(printOption).join("|")}}`;
  }
};

const printOption = ({ weight, parts }: Option): string => `${weight === 1 ? "" : `${weight}::`}${printEdged(parts)}`;

/** The template that says just this text. Underscores that could be taken for a list's are escaped, those within words are not. */
export const literally = (text: string): string =>
  text.replaceAll(/[\\{}|$]|::|(?<=^|_)_|_(?=_|$)/g, (found) => (found === "::" ? String.raw`\:\:` : `\\${found}`));

/** Blanks at the edges of an option would be taken for layout. */
const printEdged = (parts: Parts): string =>
  parts
    .map((part, index) => {
      if (part.kind !== "text") return printPart(part);
      const leads = index === 0 ? part.text.length - part.text.trimStart().length : 0;
      const trails = index === parts.length - 1 ? part.text.trimEnd().length : part.text.length;
      const edge = (text: string): string => text.replaceAll(/\s/g, String.raw`\$&`);
      if (leads >= trails) return edge(part.text);
      return edge(part.text.slice(0, leads)) + literally(part.text.slice(leads, trails)) + edge(part.text.slice(trails));
    })
    .join("");

class Parser {
  readonly faults: Array<Fault> = [];
  readonly spans: Array<Span> = [];
  #depth = 0;
  readonly #source: string;
  readonly #roles: ReadonlyMap<number, Role>;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
    this.#roles = this.#findRoles();
  }

  /** Parts from `start` to `end`, or to the bar or brace that ends them, which is left to be read. `trims`: blanks at the edges are layout. */
  parts(start: number, end: number, trims: boolean): Parts {
    this.#at = start;
    const parts: Array<Part> = [];
    let text = "";
    // Characters of `text` that trimming may not take: the last of them was escaped.
    let kept = 0;
    const push = (part: Part): void => {
      if (text !== "") parts.push({ kind: "text", text });
      text = "";
      kept = 0;
      parts.push(part);
    };
    if (trims) this.#skipBlanks(end);
    while (this.#at < end) {
      const at = this.#at;
      const role = this.#roles.get(at);
      if (role === "bar" || role === "end") break;
      const list = this.#source[at] === "_" ? this.#match(listAt, at, end) : null;
      if (role === "choice") push(this.#span("choice", () => this.#choice(end)));
      else if (role === "variable") push(this.#span("variable", () => this.#variable(end)));
      else if (list !== null) {
        push(
          this.#span("list", () => {
            this.#at = at + list[0].length;
            return { kind: "list", name: list[1]!, at };
          }),
        );
      } else if (this.#isEscape(at, end)) {
        text += this.#source[at + 1];
        kept = text.length;
        this.#at += 2;
      } else {
        text += this.#source[at];
        this.#at++;
      }
    }
    if (trims) text = text.slice(0, kept) + text.slice(kept).trimEnd();
    if (text !== "") parts.push({ kind: "text", text });
    return parts;
  }

  option(start: number, end: number): Option {
    this.#at = start;
    this.#skipBlanks(end);
    const at = this.#at;
    const weighted = this.#match(weightAt, at, end);
    if (weighted === null) return { weight: 1, parts: this.parts(at, end, true) };
    const weight = Number(weighted[1]);
    const sound = weight > 0 && Number.isFinite(weight);
    if (!sound)
      this.#fault(at, weighted[0].length, "A weight is a number above 0, such as 2 or 0.5. Leave the option out where it is never meant.");
    return { weight: sound ? weight : 1, parts: this.parts(at + weighted[0].length, end, true) };
  }

  #span(kind: Span["kind"], read: () => Part): Part {
    const at = this.#at;
    this.#depth++;
    const part = read();
    this.#depth--;
    if (this.#depth === 0) this.spans.push({ at, length: this.#at - at, kind });
    return part;
  }

  #choice(end: number): Part {
    const several = this.#match(severalAt, this.#at + 1, end);
    if (several !== null) {
      const message = "Taking several options of a choice at once is not offered. Write a choice for each.";
      this.#fault(this.#at + 1, several[0].length, message);
    }
    const options: Array<Option> = [];
    do options.push(this.option(this.#at + 1, end));
    while (this.#roles.get(this.#at) === "bar");
    this.#at++;
    return { kind: "choice", options };
  }

  #variable(end: number): Part {
    const at = this.#at;
    const found = this.#match(variableAt, at, end)!;
    const name = found[1]!;
    this.#at = at + found[0].length;
    if (found[2] === "}") return { kind: "variable", name, fallback: null, at };
    const fallback = this.parts(this.#at, end, true);
    this.#at++;
    return { kind: "variable", name, fallback, at };
  }

  /** Which characters are more than text. In one pass, so that the cost grows with the length and not with the depth. */
  #findRoles(): ReadonlyMap<number, Role> {
    const roles = new Map<number, Role>();
    const open: Array<{ readonly at: number; readonly as: "choice" | "variable" | "text"; readonly bars: Array<number> }> = [];
    const source = this.#source;
    for (let at = 0; at < source.length; at++) {
      const character = source[at];
      const innermost = open.at(-1);
      if (this.#isEscape(at, source.length)) at++;
      else if (character === "$" && source[at + 1] === "{") {
        const found = this.#match(variableAt, at, source.length);
        if (found === null) {
          this.#fault(at, 2, "A variable is written ${name}, or ${name:what stands in for it}. Write \\$ where a dollar is meant.");
        }
        if (found?.[2] === "}") roles.set(at, "variable");
        else open.push({ at, as: found === null ? "text" : "variable", bars: [] });
        at += (found?.[0].length ?? 2) - 1;
      } else if (character === "{") {
        if (open.length === deepest) this.#fault(at, 1, `Braces go at most ${deepest} deep.`);
        open.push({ at, as: open.length >= deepest ? "text" : "choice", bars: [] });
      } else if (character === "|") innermost?.bars.push(at);
      else if (character === "}" && innermost === undefined) {
        this.#fault(at, 1, String.raw`This } closes nothing. Write \} where a brace is meant.`);
      } else if (character === "}" && innermost !== undefined) {
        open.pop();
        const isPlainBraces = innermost.as === "text" || (innermost.as === "choice" && innermost.bars.length === 0);
        if (!isPlainBraces) {
          roles.set(innermost.at, innermost.as);
          roles.set(at, "end");
          if (innermost.as === "choice") for (const bar of innermost.bars) roles.set(bar, "bar");
        }
      }
    }
    for (const { at, as } of open) {
      const what = as === "variable" ? "This variable" : "This {";
      this.#fault(
        at,
        as === "variable" ? 2 : 1,
        `${what} is never closed. Add the } that belongs to it, or write a \\ before it where it is meant as text.`,
      );
    }
    return roles;
  }

  #isEscape(at: number, end: number): boolean {
    const next = this.#source[at + 1];
    return this.#source[at] === "\\" && at + 1 < end && next !== undefined && escapable.test(next);
  }

  #skipBlanks(end: number): void {
    while (this.#at < end && blank.test(this.#source[this.#at]!)) this.#at++;
  }

  #match(pattern: RegExp, at: number, end: number): RegExpExecArray | null {
    pattern.lastIndex = at;
    const found = pattern.exec(this.#source);
    return found === null || at + found[0].length > end ? null : found;
  }

  #fault(at: number, length: number, message: string): void {
    if (this.faults.length < mostFaults) this.faults.push({ at, length, message });
  }
}
