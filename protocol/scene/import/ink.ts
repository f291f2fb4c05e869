// Stories of ink as its compiler writes them (ink's JSON runtime format, versions 15 to 21). The program of a story is walked once from
// each place that something leads to: what it says until the next choice or divert becomes a node, and choices and diverts become edges.
// Conditions and assignments that compare, set or count are taken over; tunnels, threads, functions, lists and sequences are left out and
// told. Nothing of it is run. Pure.
import { type Imported, parseFileJson, refusedImport } from "../file.ts";
import { sceneLimits } from "../limits.ts";
import type { Condition, SceneEffect } from "../rule.ts";
import { SceneBuilder, usualTitle } from "./builder.ts";
import { type Container, fieldsOf, type Place, programOf, resolved } from "./ink-program.ts";
import { assignedTo, binary, combined, conditionOf, type Known, saidOf, turned, unary, unknown } from "./ink-values.ts";

const versions = { oldest: 15, newest: 21 };
/** Items that are looked at altogether; those of many characters, and conditions that are put together, count for several. */
const mostSteps = 500_000;
/** Characters that are as much work as one item. */
const charactersOfStep = 100;
const stepsOfCondition = 16;

/** `untitled`: what it is called, for ink has no titles. */
export const importInk = (text: string, language: string, untitled = usualTitle): Imported => {
  const parsed = parseFileJson(text.replace(/^\uFEFF/, ""));
  if (!parsed.ok) return parsed;
  const file = fieldsOf(parsed.value);
  const version = file["inkVersion"];
  if (typeof version !== "number" || !Array.isArray(file["root"]))
    return refusedImport("This is not a compiled ink story.", ["inkVersion"]);
  if (version < versions.oldest || version > versions.newest) {
    return refusedImport(`The story is of ink's version ${version}; ${versions.oldest} to ${versions.newest} are read.`, ["inkVersion"]);
  }
  return new InkReader(language, untitled).read(programOf(file["root"]));
};

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
  readonly #ids = new Map<Container, Map<number, string>>();
  readonly #open: Array<{ readonly id: string; readonly place: Place }> = [];
  #nodes = 0;
  #steps = 0;

  constructor(language: string, untitled: string) {
    this.#builder = new SceneBuilder(language, untitled);
  }

  read(root: Container): Imported {
    const declarations = root.named.get("global decl");
    if (declarations !== undefined) this.#declare(declarations);
    const start = this.#nodeAt({ container: root, at: 0 });
    for (let next = this.#open.shift(); next !== undefined && !this.#isTooLarge; next = this.#open.shift()) this.#walk(next.id, next.place);
    if (this.#isTooLarge) return refusedImport("The story is larger than one scene can be.");
    this.#builder.end("the_end", "end");
    return this.#builder.done("", start);
  }

  /** Each node may become three: what it does, what it says, and what it asks. */
  get #isTooLarge(): boolean {
    return this.#steps > mostSteps || this.#nodes * 3 + 1 > sceneLimits.nodes;
  }

  #nodeAt({ container, at }: Place): string {
    const ids = this.#ids.get(container) ?? new Map<number, string>();
    this.#ids.set(container, ids);
    const known = ids.get(at);
    if (known !== undefined) return known;
    const id = `n${++this.#nodes}`;
    ids.set(at, id);
    this.#open.push({ id, place: { container, at } });
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
      this.#steps += Math.floor(words.length / charactersOfStep);
      if (strings.length > 0) strings[strings.length - 1] += words;
      else text += words;
    };
    const left = (what: string): void => builder.note(`${what} were left out.`);

    walking: for (;;) {
      if (++this.#steps > mostSteps) return;
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
            say(saidOf(builder, stack.pop() ?? unknown));
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
            if (leaf === "&&" || leaf === "||" || leaf === "!") this.#steps += stepsOfCondition;
            if (binary.has(leaf)) {
              const second = stack.pop() ?? unknown;
              stack.push(combined(builder, leaf, stack.pop() ?? unknown, second));
            } else if (unary.has(leaf)) stack.push(turned(builder, leaf, stack.pop() ?? unknown));
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
      for (const name of Object.values(leaf)) if (typeof name === "string") this.#steps += Math.floor(name.length / charactersOfStep);

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
          const condition = conditionOf(builder, stack.pop() ?? unknown);
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
        const condition = (flags & 1) === 0 ? null : conditionOf(builder, stack.pop() ?? unknown);
        if ((flags & 1) !== 0 && condition === null) left("Conditions that do more than compare, which now always hold,");
        const only = (flags & 4) === 0 ? "" : saidOf(builder, stack.pop() ?? unknown);
        const begun = (flags & 2) === 0 ? "" : saidOf(builder, stack.pop() ?? unknown);
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
        const done = assignedTo(builder, name, value);
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
    const title = from.at === 0 ? from.container.name : "";
    const words = text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "")
      .join("\n");
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
}
