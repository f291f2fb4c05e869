// A scene that grows while a story of another program is read: names that can be names here, texts within their bounds, and a sentence
// for all that is left out. Pure.
import { type Imported, issuesOf } from "../file.ts";
import { sceneLimits } from "../limits.ts";
import type { Condition, SceneEffect } from "../rule.ts";
import { SceneBody, type SceneEdge, type SceneNode } from "../scene.ts";
import { Name, type Scalar, type Texts } from "../value.ts";

/** Sentences that are told. */
const mostNotes = 100;
/** Nodes beside one another, and how far apart. */
const columns = 8;
const [width, height] = [260, 180];

/** Of what has no title and came without a name. */
export const usualTitle = "Imported story";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export class SceneBuilder {
  readonly #language: string;
  readonly #untitled: string;
  readonly #nodes: Array<SceneNode> = [];
  readonly #edges: Array<SceneEdge> = [];
  readonly #variables = new Map<string, { name: string; initial: Scalar }>();
  /** Names of the variables as they are called here. */
  readonly #taken = new Set<string>();
  readonly #notes = new Set<string>();
  #left = 0;

  constructor(language: string, untitled: string) {
    this.#language = language;
    this.#untitled = untitled;
  }

  note(sentence: string): void {
    if (this.#notes.size < mostNotes) this.#notes.add(sentence);
    else this.#left++;
  }

  texts(text: string): Texts {
    const trimmed = text.trim();
    if (trimmed === "") return {};
    if (trimmed.length > sceneLimits.text)
      this.note(`A text is longer than ${sceneLimits.text} characters and was cut: "${trimmed.slice(0, 40)}…".`);
    return { [this.#language]: trimmed.slice(0, sceneLimits.text) };
  }

  /** The variable as it is called here. What it is first said to be, it begins with, unless `declared` says something else. */
  variable(name: string, initial: Scalar, declared = false): string {
    const known = this.#variables.get(name);
    if (known !== undefined) {
      if (declared) known.initial = initial;
      return known.name;
    }
    const plain = name.slice(0, sceneLimits.name - 8).replaceAll(/[^A-Za-z0-9_]/g, "_");
    const base = Name.safeParse(plain).success ? plain : `v_${plain}`;
    // With more than there may be it is refused in the end: those need no names of their own.
    if (this.#variables.size > sceneLimits.declared) return base;
    let own = base;
    for (let at = 2; this.#taken.has(own); at++) own = `${base}_${at}`;
    this.#taken.add(own);
    this.#variables.set(name, { name: own, initial });
    return own;
  }

  knows(name: string): boolean {
    return this.#variables.has(name);
  }

  initialOf(name: string): Scalar | undefined {
    return this.#variables.get(name)?.initial;
  }

  #place(): Point {
    const at = this.#nodes.length;
    return { x: (at % columns) * width, y: Math.floor(at / columns) * height };
  }

  #common(id: string, title: string, at: Point | undefined) {
    return { id, title: title.slice(0, sceneLimits.title), group: null, ...(at ?? this.#place()) };
  }

  /** Words to be read, which a clip will show one day. */
  passage(id: string, title: string, text: string, at?: Point): void {
    this.#nodes.push({
      ...this.#common(id, title, at),
      type: "video",
      segments: [],
      selection: { mode: "ordered" },
      playback: { mode: "normal" },
      caption: this.texts(text),
      offer: { prompt: {}, showAtMs: null, timeoutMs: null },
    });
  }

  action(id: string, title: string, effects: ReadonlyArray<SceneEffect>, at?: Point): void {
    if (effects.length > sceneLimits.effects) this.note(`"${title}" does more than ${sceneLimits.effects} things: the rest was left out.`);
    this.#nodes.push({ ...this.#common(id, title, at), type: "action", effects: effects.slice(0, sceneLimits.effects) });
  }

  condition(id: string, title: string): void {
    this.#nodes.push({ ...this.#common(id, title, undefined), type: "condition" });
  }

  end(id: string, ending: string, at?: Point): void {
    this.#nodes.push({ ...this.#common(id, "", at), type: "end", ending, heading: {}, text: {} });
  }

  #between(from: string, to: string, effects: ReadonlyArray<SceneEffect>) {
    return {
      id: `e${this.#edges.length}`,
      from,
      to,
      order: this.#edges.length % sceneLimits.edges,
      effects: effects.slice(0, sceneLimits.effects),
    };
  }

  onwards(from: string, to: string): void {
    this.#edges.push({ ...this.#between(from, to, []), kind: "default" });
  }

  when(from: string, to: string, condition: Condition): void {
    this.#edges.push({ ...this.#between(from, to, []), kind: "conditional", condition });
  }

  choice(
    from: string,
    to: string,
    text: string,
    {
      effects = [],
      condition = null,
      once = false,
    }: { effects?: ReadonlyArray<SceneEffect>; condition?: Condition | null; once?: boolean } = {},
  ): void {
    const closed = { whenClosed: "hide", cut: "now", onTimeout: false } as const;
    this.#edges.push({ ...this.#between(from, to, effects), ...closed, kind: "choice", text: this.texts(text), condition, once });
  }

  /** Edges to and from what is not there must not have been made. */
  done(title: string, start: string): Imported {
    const typeOf = (initial: Scalar) =>
      typeof initial === "number"
        ? { kind: "number" as const, initial }
        : typeof initial === "boolean"
          ? { kind: "boolean" as const, initial }
          : { kind: "string" as const, initial: initial.slice(0, sceneLimits.string) };
    const body = SceneBody.safeParse({
      start,
      language: this.#language,
      variables: [...this.#variables.values()].map(({ name, initial }) => ({ name, scope: "session", type: typeOf(initial) })),
      nodes: this.#nodes,
      edges: this.#edges,
    });
    if (!body.success) return { ok: false, issues: issuesOf(body.error) };
    const name = title.trim().slice(0, sceneLimits.title) || this.#untitled;
    return {
      ok: true,
      title: name,
      story: { entry: "imported", scenes: [{ id: "imported", title: name, body: body.data }] },
      media: [],
      notes: [...this.#notes, ...(this.#left > 0 ? [`And ${this.#left} more.`] : [])],
    };
  }
}
