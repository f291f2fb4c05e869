// Twine stories as Twee 3 text (specification 3.0.2 of the IFTF): passages become nodes with words, links become choices. Of the story
// formats' own languages, setting a variable to a value is taken over, and the rest is left out and told. No script is read. Pure.
import { type Imported, refusedImport } from "../file.ts";
import { sceneLimits } from "../limits.ts";
import type { SceneEffect } from "../rule.ts";
import type { Scalar } from "../value.ts";
import { type Point, SceneBuilder, usualTitle } from "./builder.ts";

interface Passage {
  readonly name: string;
  readonly tags: ReadonlyArray<string>;
  /** As it stands in Twine, where a passage is a square of 100 px. */
  readonly at: Point | undefined;
  readonly text: string;
}

/** Passages that say something of the story instead of telling it. */
const special: ReadonlySet<string> = new Set([
  "StoryTitle",
  "StoryData",
  "StorySubtitle",
  "StoryAuthor",
  "StoryMenu",
  "StorySettings",
  "StoryIncludes",
  "StoryInit",
  "StoryCaption",
  "StoryBanner",
  "PassageHeader",
  "PassageFooter",
  "PassageReady",
  "PassageDone",
]);

/** How much further apart nodes stand than passages, so that none lies on another; and how far below what sets variables the words do. */
const spread = { x: 2.24, y: 2.72 } as const;
const below = 96;
const grid = 16;
const farthest = 900_000;

const placed = ({ x, y }: Point): Point => {
  const on = (value: number): number => Math.min(farthest, Math.max(-farthest, Math.round(value / grid) * grid)) + 0;
  return { x: on(x * spread.x), y: on(y * spread.y) };
};

/** `untitled`: what it is called where it does not say. */
export const importTwee = (text: string, language: string, untitled = usualTitle): Imported => {
  if (text.length > sceneLimits.characters) return refusedImport(`The file is longer than ${sceneLimits.characters} characters.`);
  const passages = passagesOf(text);
  if (passages.length === 0) return refusedImport('There is no passage: each begins with a line such as ":: Start".');
  const builder = new SceneBuilder(language, untitled);
  const story = new Map<string, Passage>();
  for (const passage of passages) {
    if (passage.tags.some((tag) => tag === "script" || tag === "stylesheet" || tag === "widget")) {
      builder.note(`"${passage.name}" is code of the story format and was left out.`);
    } else if (special.has(passage.name)) {
      if (passage.name === "StoryInit") readSets(builder, passage.text, true);
    } else if (story.has(passage.name)) builder.note(`There are several passages "${passage.name}": the first counts.`);
    else story.set(passage.name, passage);
  }
  if (story.size === 0) return refusedImport("There is no passage that tells something.");
  if (story.size * 2 + 1 > sceneLimits.nodes)
    return refusedImport(`The story has ${story.size} passages; at most ${Math.floor((sceneLimits.nodes - 1) / 2)} are taken.`);
  // Variables first: texts name them before they are set.
  const read = new Map([...story].map(([name, { text: words }]) => [name, readSets(builder, words, false)]));

  const ids = new Map([...story.keys()].map((name, at) => [name, `p${at + 1}`]));
  const entryOf = (name: string): string | undefined => {
    const id = ids.get(name);
    return id === undefined ? undefined : read.get(name)!.effects.length > 0 ? `${id}s` : id;
  };
  let links = 0;
  const places: Array<Point> = [];
  for (const [name, passage] of story) {
    const at = passage.at === undefined ? undefined : placed(passage.at);
    if (at !== undefined) places.push(at);
    const id = ids.get(name)!;
    const { effects, rest } = read.get(name)!;
    const { words, found } = linksOf(rest);
    if (effects.length > 0) {
      builder.action(`${id}s`, name, effects, at);
      builder.onwards(`${id}s`, id);
    }
    builder.passage(
      id,
      name,
      wordsOf(builder, name, words),
      at === undefined ? undefined : { x: at.x, y: at.y + (effects.length > 0 ? below : 0) },
    );
    let led = 0;
    for (const link of found) {
      const to = entryOf(link.target);
      if (to === undefined) {
        builder.note(`"${name}" links to "${link.target}", which is not there.`);
        continue;
      }
      if (++links > sceneLimits.edges / 2) return refusedImport(`The story has more than ${sceneLimits.edges / 2} links.`);
      const set = link.setter === "" ? [] : setsIn(builder, link.setter);
      if (set === undefined) builder.note(`What the link "${link.text}" in "${name}" sets was left out.`);
      builder.choice(id, to, wordsOf(builder, name, link.text), { effects: set ?? [] });
      led++;
    }
    if (led === 0) builder.onwards(id, "the_end");
  }
  builder.end("the_end", "end", beneath(places));
  const data = passages.find(({ name }) => name === "StoryData");
  const title = passages.find(({ name }) => name === "StoryTitle")?.text ?? "";
  const start = startOf(builder, data?.text, story) ?? [...story.keys()][0]!;
  return builder.done(title, entryOf(start)!);
};

/** Where nothing stands yet, near to what comes there last. Undefined: nothing has a place. */
const beneath = (places: ReadonlyArray<Point>): Point | undefined => {
  const lowest = places.reduce<Point | undefined>((low, at) => (low === undefined || at.y > low.y ? at : low), undefined);
  return lowest === undefined ? undefined : { x: lowest.x, y: lowest.y + 100 * spread.y };
};

const startOf = (builder: SceneBuilder, data: string | undefined, story: ReadonlyMap<string, Passage>): string | undefined => {
  if (data !== undefined) {
    try {
      const { start } = Object(JSON.parse(data)) as { readonly start?: unknown };
      if (typeof start === "string" && story.has(start)) return start;
    } catch {
      builder.note("The passage StoryData is not JSON and was left out.");
    }
  }
  return story.has("Start") ? "Start" : undefined;
};

// ── Passages ──

const passagesOf = (text: string): ReadonlyArray<Passage> => {
  const passages: Array<Omit<Passage, "text"> & { readonly lines: Array<string> }> = [];
  for (const line of text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/)) {
    if (line.startsWith("::")) passages.push({ ...headerOf(line.slice(2)), lines: [] });
    else passages.at(-1)?.lines.push(line);
  }
  return passages
    .filter(({ name }) => name !== "")
    .map(({ name, tags, at, lines }) => ({ name, tags, at, text: lines.join("\n").trimEnd() }));
};

const unescaped = (text: string): string => text.replaceAll(/\\(.)/g, "$1");

/** Up to the first of these characters that is not escaped. */
const upTo = (text: string, ends: string): string => {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (ends.includes(text[at]!)) return text.slice(0, at);
  }
  return text;
};

const headerOf = (header: string): Omit<Passage, "text"> => {
  const name = upTo(header, "[{");
  let rest = header.slice(name.length);
  let tags = "";
  if (rest.startsWith("[")) {
    tags = upTo(rest.slice(1), "]");
    rest = rest.slice(tags.length + 2);
  }
  const found = /"position"\s*:\s*"(-?\d{1,6}(?:\.\d{1,6})?),(-?\d{1,6}(?:\.\d{1,6})?)"/.exec(rest);
  return {
    name: unescaped(name.trim()),
    tags: tags
      .split(/\s+/)
      .filter((tag) => tag !== "")
      .map(unescaped),
    at: found === null ? undefined : { x: Number(found[1]), y: Number(found[2]) },
  };
};

// ── Links: [[a]], [[text|a]], [[text->a]], [[a<-text]], each with [setter] where there is one ──

interface Link {
  readonly text: string;
  readonly target: string;
  readonly setter: string;
}

const linkPattern = /\[\[([^[\]]{1,1000})\](?:\[([^[\]]{0,1000})\])?\]/g;

/** In a line that tells something, what a link says is part of it; a line of links alone is a list of choices, and is read as these only. */
const linksOf = (text: string): { readonly words: string; readonly found: ReadonlyArray<Link> } => {
  const found: Array<Link> = [];
  const lines = text.split("\n").flatMap((line) => {
    const before = found.length;
    const words = line.replaceAll(linkPattern, (_whole, inner: string, setter: string | undefined) => {
      const link = { ...partsOf(inner), setter: setter ?? "" };
      found.push(link);
      return link.text;
    });
    const isList = found.length > before && !/[\p{L}\p{N}]/u.test(line.replaceAll(linkPattern, ""));
    return isList ? [] : [words];
  });
  return { words: lines.join("\n").trim(), found };
};

const partsOf = (inner: string): { readonly text: string; readonly target: string } => {
  const right = inner.lastIndexOf("->");
  if (right !== -1) return { text: inner.slice(0, right).trim(), target: inner.slice(right + 2).trim() };
  const left = inner.indexOf("<-");
  if (left !== -1) return { text: inner.slice(left + 2).trim(), target: inner.slice(0, left).trim() };
  const bar = inner.indexOf("|");
  if (bar !== -1) return { text: inner.slice(0, bar).trim(), target: inner.slice(bar + 1).trim() };
  return { text: inner.trim(), target: inner.trim() };
};

// ── Variables: <<set $x to 1>> of SugarCube, (set: $x to 1) of Harlowe ──

// No part of unbounded length lies beside one that takes the same characters: it would be tried how to share them, in each way.
const setPattern = /<<set\s([^<>]{1,500})>>|\(set:([^()]{1,500})\)/g;
/** Of what has no space around it. */
const assignment = /^\$([A-Za-z_][A-Za-z0-9_]*)\s*(?:to|=|\+=|-=)\s*([^\s,;][^,;]*)$/;

const readSets = (
  builder: SceneBuilder,
  text: string,
  declares: boolean,
): { readonly effects: ReadonlyArray<SceneEffect>; readonly rest: string } => {
  const effects: Array<SceneEffect> = [];
  const rest = text.replaceAll(setPattern, (whole, sugarCube: string | undefined, harlowe: string | undefined) => {
    const set = setsIn(builder, sugarCube ?? harlowe ?? "", declares);
    if (set === undefined) builder.note(`This was left out: ${whole.slice(0, 80)}`);
    else effects.push(...set);
    return "";
  });
  return { effects, rest };
};

/** Undefined: it is more than setting variables to values, or adding to them. */
const setsIn = (builder: SceneBuilder, code: string, declares = false): ReadonlyArray<SceneEffect> | undefined => {
  const effects: Array<SceneEffect> = [];
  for (const part of code.split(/[,;]/)) {
    const one = part.trim();
    if (one === "") continue;
    const found = assignment.exec(one);
    if (found === null) return undefined;
    const [, name = "", said = ""] = found;
    const sum = /^\$([A-Za-z_][A-Za-z0-9_]*)\s*([+-])\s*(\d{1,9}(?:\.\d{1,6})?)$/.exec(said);
    const sign = /\+=/.test(one) ? 1 : /-=/.test(one) ? -1 : 0;
    const value = literalOf(said);
    if (sign !== 0 && typeof value === "number") {
      effects.push({ kind: "addToVariable", name: builder.variable(name, 0), by: { from: "value", value: sign * value } });
    } else if (sum !== null && sum[1] === name) {
      const by = Number(sum[3]) * (sum[2] === "+" ? 1 : -1);
      effects.push({ kind: "addToVariable", name: builder.variable(name, 0), by: { from: "value", value: by } });
    } else if (sign === 0 && value !== undefined) {
      const own = builder.variable(name, declares ? value : emptyOf(value), declares);
      effects.push({ kind: "setVariable", name: own, to: { from: "value", value } });
    } else return undefined;
  }
  return effects;
};

const emptyOf = (value: Scalar): Scalar => (typeof value === "number" ? 0 : typeof value === "boolean" ? false : "");

const literalOf = (text: string): Scalar | undefined => {
  if (/^-?\d{1,9}(?:\.\d{1,6})?$/.test(text)) return Number(text) + 0;
  if (text === "true" || text === "false") return text === "true";
  const quoted = /^(?:"([^"]{0,500})"|'([^']{0,500})')$/.exec(text);
  return quoted === null ? undefined : (quoted[1] ?? quoted[2] ?? "");
};

// ── Words ──

/** What is to be read: without macros and markup of the story format, with variables as they are named here. */
const wordsOf = (builder: SceneBuilder, name: string, text: string): string => {
  const macros =
    /<<[^<>]{0,500}>>|\((?:if|else|else-if|unless|link|link-goto|goto|display|print|put|move|live|either|click|show|hide)[a-z-]*:[^()]{0,500}\)/g;
  const plain = text.replaceAll(macros, () => {
    builder.note(`What "${name}" does beside telling was left out, its words were kept.`);
    return "";
  });
  return withoutComments(plain)
    .replaceAll(/<\/?[A-Za-z][^<>]{0,500}>/g, "")
    .replaceAll(/\$([A-Za-z_][A-Za-z0-9_]*)/g, (whole, variable: string) =>
      builder.knows(variable) ? `{${builder.variable(variable, 0)}}` : whole,
    )
    .replaceAll(/\n{3,}/g, "\n\n");
};

const commentEnds: Readonly<Record<string, string>> = { "<!--": "-->", "/%": "%/", "/*": "*/" };

/** One that is never closed is none: that is found out once for each kind, so that a text full of them is read as fast as any. */
const withoutComments = (text: string): string => {
  let [kept, at] = ["", 0];
  const unclosed = new Set<string>();
  for (const { 0: opening, index } of text.matchAll(/<!--|\/%|\/\*/g)) {
    if (index < at || unclosed.has(opening)) continue;
    const closing = commentEnds[opening]!;
    const end = text.indexOf(closing, index + opening.length);
    if (end === -1) unclosed.add(opening);
    else {
      kept += text.slice(at, index);
      at = end + closing.length;
    }
  }
  return kept + text.slice(at);
};
