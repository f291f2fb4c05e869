// Stories of ink as its compiler writes them (ink's JSON runtime format, versions 15 to 21). The program of a story is walked once from
// each place that something leads to: what it says until the next choice or divert becomes a node, and choices and diverts become edges.
// Conditions and assignments that compare, set or count are taken over; tunnels, threads, functions, lists and sequences are left out and
// told. Nothing of it is run. Pure.
import { type Imported, parseFileJson, refusedImport } from "../file.ts";
import { sceneLimits } from "../limits.ts";
import { type Comparator, Condition, type Operand, type SceneEffect } from "../rule.ts";
import type { Scalar } from "../value.ts";
import { SceneBuilder } from "./builder.ts";

const versions = { oldest: 15, newest: 21 };
/** Items that are looked at altogether. */
const mostSteps = 500_000;

export const importInk = (text: string, language: string): Imported => {
  const parsed = parseFileJson(text.replace(/^\uFEFF/, ""));
  if (!parsed.ok) return parsed;
  const file = fieldsOf(parsed.value);
  const version = file["inkVersion"];
  if (typeof version !== "number" || !Array.isArray(file["root"]))
    return refusedImport("This is not a compiled ink story.", ["inkVersion"]);
  if (version < versions.oldest || version > versions.newest) {
    return refusedImport(`The story is of ink's version ${version}; ${versions.oldest} to ${versions.newest} are read.`, ["inkVersion"]);
  }
  return new InkReader(language).read(containerOf(file["root"], null, null, ""));
};

// ── The program ──

interface Container {
  readonly parent: Container | null;
  /** Among the contents of its parent; null: it has a name there, and is come to by that alone. */
  readonly at: number | null;
  readonly path: string;
  readonly content: Array<Item>;
  readonly named: Map<string, Container>;
}
type Fields = Readonly<Record<string, unknown>>;
type Item = { readonly container: Container } | { readonly leaf: string | number | boolean | Fields | null };
interface Place {
  readonly container: Container;
  readonly at: number;
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};

/** The last of the list has what has a name, and what the container itself is called. */
const containerOf = (list: ReadonlyArray<unknown>, parent: Container | null, at: number | null, path: string): Container => {
  const container: Container = { parent, at, path, content: [], named: new Map() };
  for (const [index, value] of list.slice(0, -1).entries()) {
    if (!Array.isArray(value)) container.content.push({ leaf: value as string | number | boolean | Fields | null });
    else {
      const inner = containerOf(value, container, index, `${path}.${index}`);
      container.content.push({ container: inner });
      const name = fieldsOf(value.at(-1))["#n"];
      if (typeof name === "string") container.named.set(name, inner);
    }
  }
  for (const [name, value] of Object.entries(fieldsOf(list.at(-1)))) {
    if (Array.isArray(value)) container.named.set(name, containerOf(value, container, null, `${path}.${name}`));
  }
  return container;
};

/** Paths that begin with a dot are seen from the item that has them. */
const resolved = (path: string, from: Place): Place | undefined => {
  const parts = path.split(".");
  let place: Place | undefined;
  if (parts[0] === "") {
    if (parts[1] !== "^") return undefined;
    place = { container: from.container, at: 0 };
    parts.splice(0, 2);
  } else {
    let { container } = from;
    while (container.parent !== null) container = container.parent;
    place = { container, at: 0 };
  }
  for (const part of parts) {
    const here: Container = place.container;
    if (part === "^") {
      if (here.parent === null) return undefined;
      place = { container: here.parent, at: 0 };
    } else if (/^\d{1,6}$/.test(part)) {
      const item: Item | undefined = here.content[Number(part)];
      if (item === undefined) return undefined;
      place = "container" in item ? { container: item.container, at: 0 } : { container: here, at: Number(part) };
    } else {
      const inner = here.named.get(part);
      if (inner === undefined) return undefined;
      place = { container: inner, at: 0 };
    }
  }
  return place;
};

// ── What is on the evaluation stack, as far as it is known ──

type Known =
  | { readonly kind: "value"; readonly value: Scalar }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "sum"; readonly name: string; readonly by: number }
  | { readonly kind: "visits"; readonly node: string }
  | { readonly kind: "condition"; readonly condition: Condition }
  | { readonly kind: "unknown" };

const unknown: Known = { kind: "unknown" };
const comparators: Readonly<Record<string, readonly [Comparator, turned: Comparator]>> = {
  "==": ["is", "is"],
  "!=": ["isNot", "isNot"],
  "<": ["below", "above"],
  ">": ["above", "below"],
  "<=": ["atMost", "atLeast"],
  ">=": ["atLeast", "atMost"],
};
const binary: ReadonlySet<string> = new Set([
  "+",
  "-",
  "*",
  "/",
  "%",
  "&&",
  "||",
  "MIN",
  "MAX",
  "POW",
  "?",
  "!?",
  "L^",
  "has",
  "hasnt",
  ...Object.keys(comparators),
]);
const unary: ReadonlySet<string> = new Set(["!", "~", "_", "FLOOR", "CEILING", "INT", "FLOAT"]);
/** Commands that put something there of which nothing is known. */
const pushing: Readonly<Record<string, number>> = {
  visit: 0,
  turn: 0,
  choiceCnt: 0,
  seq: 2,
  turns: 1,
  readc: 1,
  rnd: 2,
  srnd: 1,
  listInt: 2,
  range: 3,
  lrnd: 1,
};

interface Choice {
  readonly text: string;
  readonly to: string;
  readonly condition: Condition | null;
  readonly once: boolean;
}

/** Where a walk goes on after what it has gone into for its words: at the end of that container, or at its own word for it. */
interface Back {
  readonly of: Container;
  readonly to: Place;
}

class InkReader {
  readonly #builder: SceneBuilder;
  readonly #ids = new Map<string, string>();
  readonly #open: Array<{ readonly id: string; readonly place: Place }> = [];
  #steps = 0;
  #tooMany = false;

  constructor(language: string) {
    this.#builder = new SceneBuilder(language);
  }

  read(root: Container): Imported {
    const declarations = root.named.get("global decl");
    if (declarations !== undefined) this.#declare(declarations);
    const start = this.#nodeAt({ container: root, at: 0 });
    for (let next = this.#open.shift(); next !== undefined; next = this.#open.shift()) {
      if (this.#tooMany || this.#steps > mostSteps) return refusedImport("The story is larger than one scene can be.");
      this.#walk(next.id, next.place);
    }
    this.#builder.end("the_end", "end");
    return this.#builder.done("", start);
  }

  #nodeAt(place: Place): string {
    const key = `${place.container.path}:${place.at}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = `n${this.#ids.size + 1}`;
    this.#ids.set(key, id);
    // Each may become three: what it does, what it says, and what it asks.
    if (this.#ids.size * 3 + 1 > sceneLimits.nodes) this.#tooMany = true;
    else this.#open.push({ id, place });
    return id;
  }

  #declare({ content }: Container): void {
    const stack: Array<Known> = [];
    for (const item of content) {
      const leaf = "leaf" in item ? item.leaf : null;
      if (typeof leaf === "number" || typeof leaf === "boolean") stack.push({ kind: "value", value: leaf });
      else if (typeof leaf === "string" && leaf.startsWith("^")) stack.push({ kind: "value", value: leaf.slice(1, sceneLimits.string) });
      else if (typeof leaf === "object" && leaf !== null) {
        const name = leaf["VAR="];
        if (typeof name !== "string") {
          stack.push(unknown);
          continue;
        }
        const said = stack.pop() ?? unknown;
        if (said.kind === "value") this.#builder.variable(name, said.value, true);
        else this.#builder.note(`The variable ${name} is a list or a target, and was left out.`);
      }
    }
  }

  #walk(id: string, from: Place): void {
    const builder = this.#builder;
    const stack: Array<Known> = [];
    const effects: Array<SceneEffect> = [];
    const choices: Array<Choice> = [];
    const backs: Array<Back> = [];
    const strings: Array<string> = [];
    let [text, evaluating, tagged] = ["", false, false];
    let otherwise: string | null = null;
    let place = from;
    let branch: { readonly condition: Condition; readonly to: string; readonly on: string } | null = null;

    const say = (words: string): void => {
      if (tagged) return;
      if (strings.length > 0) strings[strings.length - 1] += words;
      else text += words;
    };
    const left = (what: string): void => builder.note(`${what} were left out.`);

    walking: for (;;) {
      if (++this.#steps > mostSteps) break;
      const { container, at } = place;
      const item = container.content[at];
      const after: Place = { container, at: at + 1 };
      if (item === undefined) {
        if (backs.at(-1)?.of === container) place = backs.pop()!.to;
        else if (container.parent !== null && container.at !== null) place = { container: container.parent, at: container.at + 1 };
        else break;
        continue;
      }
      if ("container" in item) {
        place = { container: item.container, at: 0 };
        continue;
      }
      const { leaf } = item;
      place = after;
      if (typeof leaf === "number" || typeof leaf === "boolean") {
        stack.push({ kind: "value", value: leaf });
        continue;
      }
      if (typeof leaf === "string") {
        if (leaf.startsWith("^")) {
          if (evaluating && strings.length === 0) stack.push({ kind: "value", value: leaf.slice(1, sceneLimits.string) });
          else say(leaf.slice(1));
          continue;
        }
        switch (leaf) {
          case "\n":
            say("\n");
            break;
          case "ev":
            evaluating = true;
            break;
          case "/ev":
            evaluating = false;
            break;
          case "str":
            strings.push("");
            break;
          case "/str":
            stack.push({ kind: "value", value: (strings.pop() ?? "").slice(0, sceneLimits.string) });
            break;
          case "out":
            say(this.#said(stack.pop() ?? unknown));
            break;
          case "pop":
            stack.pop();
            break;
          case "du":
            stack.push(stack.at(-1) ?? unknown);
            break;
          case "#":
            tagged = true;
            break;
          case "/#":
            tagged = false;
            break;
          case "nop":
          case "<>":
            break;
          case "void":
            stack.push(unknown);
            break;
          case "thread":
            left("Threads");
            break;
          case "done":
          case "end":
            break walking;
          case "~ret":
          case "->->": {
            const back = backs.pop();
            if (back === undefined) break walking;
            place = back.to;
            break;
          }
          default:
            if (binary.has(leaf)) {
              const second = stack.pop() ?? unknown;
              stack.push(this.#combined(leaf, stack.pop() ?? unknown, second));
            } else if (unary.has(leaf)) stack.push(this.#turned(leaf, stack.pop() ?? unknown));
            else if (Object.hasOwn(pushing, leaf)) {
              stack.splice(Math.max(0, stack.length - pushing[leaf]!));
              stack.push(unknown);
              left("Sequences, random numbers and counts of turns");
            }
        }
        continue;
      }
      // Tags of older versions.
      if (leaf === null || "#" in leaf) continue;

      const target = leaf["->"];
      if (typeof target === "string") {
        if (leaf["var"] === true) {
          const back = backs.pop();
          if (back === undefined) {
            left("Diverts to a target that a variable has");
            break;
          }
          place = back.to;
          continue;
        }
        const to = resolved(target, { container, at });
        if (to === undefined) {
          builder.note(`A divert leads to "${target}", which is not there.`);
          if (leaf["c"] === true) stack.pop();
          else break;
          continue;
        }
        if (leaf["c"] === true) {
          const condition = this.#conditionOf(stack.pop() ?? unknown);
          if (condition === null) left("Conditions that do more than compare, which now always hold,");
          if (strings.length > 0 || choices.length > 0) {
            left("Conditions within the text of a choice, or between choices,");
            continue;
          }
          branch = { condition: condition ?? { kind: "constant", value: true }, to: this.#nodeAt(to), on: this.#nodeAt(after) };
          break;
        }
        const last = to.container.content.at(-1);
        if (
          last !== undefined &&
          "leaf" in last &&
          fieldsOf(last.leaf)["var"] === true &&
          to.at === 0 &&
          backs.length < sceneLimits.conditionTerms
        ) {
          backs.push({ of: to.container, to: after });
          place = to;
          continue;
        }
        if (strings.length > 0) continue;
        otherwise = this.#nodeAt(to);
        break;
      }

      const chosen = leaf["*"];
      if (typeof chosen === "string") {
        const flags = typeof leaf["flg"] === "number" ? leaf["flg"] : 0;
        const condition = (flags & 1) === 0 ? null : this.#conditionOf(stack.pop() ?? unknown);
        if ((flags & 1) !== 0 && condition === null) left("Conditions that do more than compare, which now always hold,");
        const only = (flags & 4) === 0 ? "" : this.#said(stack.pop() ?? unknown);
        const begun = (flags & 2) === 0 ? "" : this.#said(stack.pop() ?? unknown);
        const to = resolved(chosen, { container, at });
        if (to === undefined) builder.note(`A choice leads to "${chosen}", which is not there.`);
        else if ((flags & 8) !== 0) otherwise = this.#nodeAt(to);
        else choices.push({ text: `${begun}${only}`, to: this.#nodeAt(to), condition, once: (flags & 16) !== 0 });
        continue;
      }

      const [set, temporary] = [leaf["VAR="], leaf["temp="]];
      if (typeof set === "string" || typeof temporary === "string") {
        const name = typeof set === "string" ? set : `temp ${String(temporary)}`;
        const value = stack.pop() ?? unknown;
        // What a choice comes back to after its words.
        if (String(temporary).startsWith("$r")) continue;
        const done = this.#assigned(name, value);
        if (done === undefined) builder.note(`Setting ${name.replace(/^temp /, "")} to more than a value or a sum was left out.`);
        else effects.push(...done);
        continue;
      }

      const asked = leaf["VAR?"];
      const counted = leaf["CNT?"];
      if (typeof asked === "string") {
        const name = builder.knows(asked) || !builder.knows(`temp ${asked}`) ? asked : `temp ${asked}`;
        stack.push({ kind: "variable", name });
      } else if (typeof counted === "string") {
        const to = resolved(counted, { container, at });
        stack.push(to === undefined ? unknown : { kind: "visits", node: this.#nodeAt(to) });
      } else if (typeof leaf["f()"] === "string" && (!evaluating || strings.length > 0)) {
        const to = resolved(leaf["f()"], { container, at });
        if (to !== undefined && backs.length < sceneLimits.conditionTerms) {
          backs.push({ of: to.container, to: after });
          place = to;
        }
      } else if ("f()" in leaf || "x()" in leaf || "->t->" in leaf) {
        left("Functions and tunnels");
        if (evaluating) stack.push(unknown);
      } else stack.push(unknown);
    }

    this.#make(id, from, { text, effects, choices, otherwise, branch });
  }

  #make(
    id: string,
    from: Place,
    made: {
      readonly text: string;
      readonly effects: ReadonlyArray<SceneEffect>;
      readonly choices: ReadonlyArray<Choice>;
      readonly otherwise: string | null;
      readonly branch: { readonly condition: Condition; readonly to: string; readonly on: string } | null;
    },
  ): void {
    const builder = this.#builder;
    const { text, effects, choices, otherwise, branch } = made;
    const title = from.at === 0 && from.container.at === null ? (from.container.path.split(".").at(-1) ?? "") : "";
    const words = text.replaceAll(/[ \t]*\n[ \t\n]*/g, "\n").trim();
    const speaks = words !== "" || choices.length > 0;
    let here = id;
    if (effects.length > 0) builder.action(here, title, effects);
    if (speaks) {
      const passage = effects.length > 0 ? `${id}p` : id;
      builder.passage(passage, title, words);
      if (passage !== here) builder.onwards(here, passage);
      here = passage;
    }
    if (branch !== null) {
      const asks = effects.length > 0 || speaks ? `${id}q` : id;
      builder.condition(asks, title);
      if (asks !== here) builder.onwards(here, asks);
      builder.when(asks, branch.to, branch.condition);
      builder.onwards(asks, branch.on);
      return;
    }
    if (effects.length === 0 && !speaks) builder.condition(here, title);
    for (const { text: said, to, condition, once } of choices) builder.choice(here, to, said, { condition, once });
    if (otherwise !== null) builder.onwards(here, otherwise);
    else if (choices.every(({ once, condition }) => once || condition !== null)) builder.onwards(here, "the_end");
  }

  #said(known: Known): string {
    switch (known.kind) {
      case "value":
        return String(known.value);
      case "variable":
        return this.#builder.knows(known.name) ? `{${this.#builder.variable(known.name, 0)}}` : "";
      case "sum":
      case "visits":
      case "condition":
      case "unknown":
        this.#builder.note("What is worked out within a text was left out.");
        return "";
    }
  }

  /** Undefined: it is more than can be set. */
  #assigned(name: string, known: Known): ReadonlyArray<SceneEffect> | undefined {
    const builder = this.#builder;
    switch (known.kind) {
      case "value": {
        const empty = typeof known.value === "number" ? 0 : typeof known.value === "boolean" ? false : "";
        return [{ kind: "setVariable", name: builder.variable(name, empty), to: { from: "value", value: known.value } }];
      }
      case "variable":
      case "sum": {
        const own = builder.variable(name, builder.initialOf(known.name) ?? 0);
        const other = builder.variable(known.name, 0);
        const set: SceneEffect = { kind: "setVariable", name: own, to: { from: "variable", name: other } };
        const add: ReadonlyArray<SceneEffect> =
          known.kind === "sum" ? [{ kind: "addToVariable", name: own, by: { from: "value", value: known.by } }] : [];
        return own === other ? add : [set, ...add];
      }
      case "visits":
      case "condition":
      case "unknown":
        return undefined;
    }
  }

  #operand(known: Known): Operand | undefined {
    if (known.kind === "value") return { from: "value", value: known.value };
    return known.kind === "variable" ? { from: "variable", name: this.#builder.variable(known.name, 0) } : undefined;
  }

  /** What counts as true: all but 0. Null: it cannot be said. */
  #conditionOf(known: Known): Condition | null {
    switch (known.kind) {
      case "condition":
        return known.condition;
      case "value":
        return { kind: "constant", value: known.value !== 0 && known.value !== false };
      case "visits":
        return { kind: "visits", node: known.node, is: "above", value: 0 };
      case "variable": {
        const truth = typeof this.#builder.initialOf(known.name) === "boolean";
        const name = this.#builder.variable(known.name, 0);
        return truth
          ? { kind: "variable", name, is: "is", to: { from: "value", value: true } }
          : { kind: "variable", name, is: "isNot", to: { from: "value", value: 0 } };
      }
      case "sum":
      case "unknown":
        return null;
    }
  }

  #turned(command: string, known: Known): Known {
    if (command === "!") {
      const condition = this.#conditionOf(known);
      return condition === null ? unknown : bounded({ kind: "not", of: condition });
    }
    if (known.kind !== "value" || typeof known.value !== "number") return unknown;
    if (command === "_" || command === "~") return { kind: "value", value: 0 - known.value };
    return command === "INT" || command === "FLOOR" ? { kind: "value", value: Math.floor(known.value) } : known;
  }

  #combined(command: string, a: Known, b: Known): Known {
    const comparator = Object.hasOwn(comparators, command) ? comparators[command] : undefined;
    if (comparator !== undefined) {
      const [straight, around] = comparator;
      return this.#compared(a, straight, b) ?? this.#compared(b, around, a) ?? unknown;
    }
    if (command === "&&" || command === "||") {
      const [one, other] = [this.#conditionOf(a), this.#conditionOf(b)];
      return one === null || other === null ? unknown : bounded({ kind: command === "&&" ? "all" : "any", of: [one, other] });
    }
    if ((command === "+" || command === "-") && b.kind === "value" && typeof b.value === "number") {
      const by = command === "+" ? b.value : 0 - b.value;
      if (a.kind === "variable") return { kind: "sum", name: a.name, by };
      if (a.kind === "value" && typeof a.value === "number") return { kind: "value", value: a.value + by };
    }
    return unknown;
  }

  #compared(a: Known, is: Comparator, b: Known): Known | undefined {
    if (a.kind === "visits" && b.kind === "value" && typeof b.value === "number") {
      return { kind: "condition", condition: { kind: "visits", node: a.node, is, value: Math.trunc(b.value) } };
    }
    const to = this.#operand(b);
    if (a.kind !== "variable" || to === undefined) return undefined;
    return { kind: "condition", condition: { kind: "variable", name: this.#builder.variable(a.name, 0), is, to } };
  }
}

/** What is longer or deeper than a condition may be is as good as unknown. */
const bounded = (condition: Condition): Known => (Condition.safeParse(condition).success ? { kind: "condition", condition } : unknown);
