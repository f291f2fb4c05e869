// Conditions and effects as text that people read and write, and back. What is printed is read as the very same. Pure.
//
//   $coins >= 3 and (flag met is on or not quest find is active)
//   $coins += 2; give item key 1; relationship anna.trust += 5
import { Condition, SceneEffects, type Comparator, type Operand, type SceneEffect } from "#protocol/scene/rule.ts";
import { type Scalar, SceneValue } from "#protocol/scene/value.ts";

export type Read<T> =
  | { readonly ok: true; readonly value: T }
  /** `at`: the character, from 0. */
  | { readonly ok: false; readonly at: number; readonly message: string };

// ── Printing ──

const signs: Readonly<Record<Comparator, string>> = { is: "=", isNot: "!=", below: "<", atMost: "<=", atLeast: ">=", above: ">" };

const printOperand = (operand: Operand): string => {
  switch (operand.from) {
    case "value":
      return JSON.stringify(operand.value);
    case "variable":
      return `$${operand.name}`;
    case "counter":
      return `counter ${operand.name}`;
    case "item":
      return `item ${operand.name}`;
  }
};

const isLong = (condition: Condition): boolean => (condition.kind === "all" || condition.kind === "any") && condition.of.length > 1;
const within = (condition: Condition): string => (isLong(condition) ? `(${printCondition(condition)})` : printCondition(condition));

export const printCondition = (condition: Condition): string => {
  switch (condition.kind) {
    case "all":
    case "any":
      return condition.of.length > 1
        ? condition.of.map(within).join(condition.kind === "all" ? " and " : " or ")
        : `${condition.kind}(${condition.of.map(printCondition).join("")})`;
    case "not":
      return `not ${within(condition.of)}`;
    case "constant":
      return condition.value ? "always" : "never";
    case "variable":
      return `$${condition.name} ${signs[condition.is]} ${printOperand(condition.to)}`;
    case "contains":
      return `$${condition.name} contains ${printOperand(condition.value)}`;
    case "flag":
      return `flag ${condition.name} is ${condition.set ? "on" : "off"}`;
    case "counter":
      return `counter ${condition.name} ${signs[condition.is]} ${printOperand(condition.to)}`;
    case "item":
      return `item ${condition.name} ${signs[condition.is]} ${condition.quantity}`;
    case "relationship":
      return `relationship ${condition.character}.${condition.axis} ${signs[condition.is]} ${condition.value}`;
    case "tier":
      return `tier ${condition.character} ${signs[condition.is]} ${condition.tier}`;
    case "quest":
      return `quest ${condition.quest} is ${condition.status}`;
    case "time":
      return `time ${condition.of} ${signs[condition.is]} ${condition.value}`;
    case "visits":
      return `visits ${JSON.stringify(condition.node)} ${signs[condition.is]} ${condition.value}`;
    case "chance":
      return `chance ${condition.percent} %`;
  }
};

const printEffect = (effect: SceneEffect): string => {
  switch (effect.kind) {
    case "setVariable":
      return `$${effect.name} = ${printOperand(effect.to)}`;
    case "addToVariable":
      return `$${effect.name} += ${printOperand(effect.by)}`;
    case "drawVariable":
      return `$${effect.name} = draw ${effect.from} to ${effect.to}`;
    case "append":
      return `$${effect.name} append ${printOperand(effect.value)}`;
    case "setFlag":
      return `flag ${effect.name} = ${effect.set ? "on" : "off"}`;
    case "setCounter":
      return `counter ${effect.name} = ${printOperand(effect.to)}`;
    case "addToCounter":
      return `counter ${effect.name} += ${printOperand(effect.by)}`;
    case "giveItem":
      return `give item ${effect.name} ${effect.quantity}`;
    case "takeItem":
      return `take item ${effect.name} ${effect.quantity}`;
    case "setRelationship":
      return `relationship ${effect.character}.${effect.axis} = ${effect.to}`;
    case "addToRelationship":
      return `relationship ${effect.character}.${effect.axis} += ${effect.by}`;
    case "setQuest":
      return `quest ${effect.quest} = ${effect.status}`;
    case "advanceObjective":
      return `objective ${effect.quest}.${effect.objective} += ${effect.by}`;
    case "passTime":
      return `pass ${effect.minutes} minutes`;
    case "waitUntil":
      return `wait until ${effect.clock}`;
  }
};

/** A line each. */
export const printEffects = (effects: ReadonlyArray<SceneEffect>): string => effects.map(printEffect).join("\n");

// ── Reading ──

interface Token {
  readonly kind: "word" | "number" | "string" | "sign" | "end";
  readonly text: string;
  readonly at: number;
}

class Fault extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const pattern = /\s+|([A-Za-z_][A-Za-z0-9_]*)|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|("(?:[^"\\]|\\.)*")|(\+=|!=|<=|>=|[=<>()[\]{},:;.$%])/y;

const tokensOf = (text: string): ReadonlyArray<Token> => {
  const tokens: Array<Token> = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) throw new Fault(at, `“${text[at]}” is not understood here.`);
    const [, word, number, string, sign] = match;
    if (word !== undefined) tokens.push({ kind: "word", text: word, at });
    else if (number !== undefined) tokens.push({ kind: "number", text: number, at });
    else if (string !== undefined) tokens.push({ kind: "string", text: string, at });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign, at });
    // A line of its own ends an effect.
    else if (match[0].includes("\n")) tokens.push({ kind: "sign", text: "\n", at });
  }
  tokens.push({ kind: "end", text: "", at: text.length });
  return tokens;
};

const comparators = new Map(Object.entries(signs).map(([name, sign]) => [sign, name as Comparator]));
/** Deeper than any condition may be: what nests more is refused before the stack is full. */
const deepest = 64;

class Reader {
  readonly #tokens: ReadonlyArray<Token>;
  #at = 0;
  #depth = 0;

  constructor(text: string, withLines: boolean) {
    this.#tokens = tokensOf(text).filter(({ text: token }) => withLines || token !== "\n");
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }
  fail(message: string): never {
    throw new Fault(this.#next.at, message);
  }
  #take(): Token {
    const token = this.#next;
    if (token.kind !== "end") this.#at += 1;
    return token;
  }
  /** Takes it, if it comes next. */
  has(...texts: ReadonlyArray<string>): boolean {
    if (this.#next.kind === "string" || !texts.includes(this.#next.text)) return false;
    this.#at += 1;
    return true;
  }
  expect(text: string, what = `“${text}”`): void {
    if (!this.has(text)) this.fail(`Here belongs ${what}.`);
  }
  get ended(): boolean {
    return this.#next.kind === "end";
  }
  name(): string {
    if (this.#next.kind !== "word") this.fail("Here belongs a name.");
    return this.#take().text;
  }
  number(): number {
    if (this.#next.kind !== "number") this.fail("Here belongs a number.");
    return Number(this.#take().text);
  }
  /** One of these words; the schema says the same again. */
  sign(): Comparator {
    const found = comparators.get(this.#next.text);
    if (found === undefined) this.fail("Here belongs one of = != < <= > >=.");
    this.#at += 1;
    return found;
  }

  #string(): string {
    const token = this.#take();
    try {
      return JSON.parse(token.text) as string;
    } catch {
      throw new Fault(token.at, "This text has something behind a \\ that is not known.");
    }
  }
  #scalar(): Scalar {
    if (this.#next.kind === "string") return this.#string();
    if (this.#next.kind === "number") return this.number();
    if (this.has("true")) return true;
    if (this.has("false")) return false;
    return this.fail('Here belongs a value: a number, true, false, or a text in "…".');
  }
  #value(): SceneValue {
    if (this.has("[")) {
      const list: Array<Scalar> = [];
      while (!this.has("]")) {
        if (list.length > 0) this.expect(",");
        list.push(this.#scalar());
      }
      return list;
    }
    if (this.has("{")) {
      const fields: Array<readonly [string, Scalar]> = [];
      while (!this.has("}")) {
        if (fields.length > 0) this.expect(",");
        if (this.#next.kind !== "string") this.fail('Here belongs the name of a field in "…".');
        const key = this.#string();
        this.expect(":");
        fields.push([key, this.#scalar()]);
      }
      return Object.fromEntries(fields);
    }
    return this.#scalar();
  }
  operand(): Operand {
    if (this.has("$")) return { from: "variable", name: this.name() };
    if (this.has("counter")) return { from: "counter", name: this.name() };
    if (this.has("item")) return { from: "item", name: this.name() };
    return { from: "value", value: this.#value() };
  }

  condition(): Condition {
    this.#depth += 1;
    if (this.#depth > deepest) this.fail("This nests too deep.");
    const first = this.#part();
    const parts = [first];
    const joint = this.#next.text;
    if (this.#next.kind === "word" && (joint === "and" || joint === "or")) {
      while (this.has(joint)) parts.push(this.#part());
      if (this.#next.kind === "word" && ["and", "or"].includes(this.#next.text)) {
        this.fail("Put ( ) around what belongs together: “and” and “or” stand side by side.");
      }
    }
    this.#depth -= 1;
    return parts.length === 1 ? first : { kind: joint === "and" ? "all" : "any", of: parts };
  }
  #part(): Condition {
    if (this.has("(")) {
      const inner = this.condition();
      this.expect(")");
      return inner;
    }
    if (this.has("not")) {
      this.#depth += 1;
      if (this.#depth > deepest) this.fail("This nests too deep.");
      const of = this.#part();
      this.#depth -= 1;
      return { kind: "not", of };
    }
    for (const kind of ["all", "any"] as const) {
      if (this.has(kind)) {
        this.expect("(");
        const of = this.has(")") ? [] : [this.condition()];
        if (of.length > 0) this.expect(")");
        return { kind, of };
      }
    }
    return this.#term();
  }
  #term(): Condition {
    if (this.has("always")) return { kind: "constant", value: true };
    if (this.has("never")) return { kind: "constant", value: false };
    if (this.has("$")) {
      const name = this.name();
      return this.has("contains")
        ? { kind: "contains", name, value: this.operand() }
        : { kind: "variable", name, is: this.sign(), to: this.operand() };
    }
    if (this.has("flag")) {
      const name = this.name();
      this.expect("is");
      return { kind: "flag", name, set: this.#onOrOff() };
    }
    if (this.has("counter")) return { kind: "counter", name: this.name(), is: this.sign(), to: this.operand() };
    if (this.has("item")) return { kind: "item", name: this.name(), is: this.sign(), quantity: this.number() };
    if (this.has("relationship")) {
      const { character, axis } = this.#axis();
      return { kind: "relationship", character, axis, is: this.sign(), value: this.number() } as Condition;
    }
    if (this.has("tier")) return { kind: "tier", character: this.name(), is: this.sign(), tier: this.name() } as Condition;
    if (this.has("quest")) {
      const quest = this.name();
      this.expect("is");
      return { kind: "quest", quest, status: this.name() } as Condition;
    }
    if (this.has("time")) return { kind: "time", of: this.name(), is: this.sign(), value: this.number() } as Condition;
    if (this.has("visits")) {
      if (this.#next.kind !== "string") this.fail('Here belongs the id of a node in "…".');
      return { kind: "visits", node: this.#string(), is: this.sign(), value: this.number() };
    }
    if (this.has("chance")) {
      const percent = this.number();
      this.expect("%");
      return { kind: "chance", percent };
    }
    return this.fail(
      "Here belongs a condition: $name, flag, counter, item, relationship, tier, quest, time, visits, chance, always or never.",
    );
  }
  #onOrOff(): boolean {
    if (this.has("on")) return true;
    this.expect("off", "on or off");
    return false;
  }
  #axis(): { readonly character: string; readonly axis: string } {
    const character = this.name();
    this.expect(".");
    return { character, axis: this.name() };
  }

  effects(): ReadonlyArray<SceneEffect> {
    const effects: Array<SceneEffect> = [];
    for (;;) {
      while (this.has(";", "\n"));
      if (this.ended) return effects;
      effects.push(this.#effect());
      if (!this.ended && !this.has(";", "\n")) this.fail("After an effect a new line begins, or a ; stands.");
    }
  }
  #effect(): SceneEffect {
    if (this.has("$")) {
      const name = this.name();
      if (this.has("+=")) return { kind: "addToVariable", name, by: this.operand() };
      if (this.has("append")) return { kind: "append", name, value: this.operand() };
      this.expect("=", "=, += or append");
      if (!this.has("draw")) return { kind: "setVariable", name, to: this.operand() };
      const from = this.number();
      this.expect("to");
      return { kind: "drawVariable", name, from, to: this.number() };
    }
    if (this.has("flag")) {
      const name = this.name();
      this.expect("=");
      return { kind: "setFlag", name, set: this.#onOrOff() };
    }
    if (this.has("counter")) {
      const name = this.name();
      if (this.has("+=")) return { kind: "addToCounter", name, by: this.operand() };
      this.expect("=", "= or +=");
      return { kind: "setCounter", name, to: this.operand() };
    }
    for (const [word, kind] of [["give", "giveItem"] as const, ["take", "takeItem"] as const]) {
      if (this.has(word)) {
        this.expect("item");
        return { kind, name: this.name(), quantity: this.number() };
      }
    }
    if (this.has("relationship")) {
      const { character, axis } = this.#axis();
      if (this.has("+=")) return { kind: "addToRelationship", character, axis, by: this.number() } as SceneEffect;
      this.expect("=", "= or +=");
      return { kind: "setRelationship", character, axis, to: this.number() } as SceneEffect;
    }
    if (this.has("quest")) {
      const quest = this.name();
      this.expect("=");
      return { kind: "setQuest", quest, status: this.name() } as SceneEffect;
    }
    if (this.has("objective")) {
      const quest = this.name();
      this.expect(".");
      const objective = this.name();
      this.expect("+=");
      return { kind: "advanceObjective", quest, objective, by: this.number() };
    }
    if (this.has("pass")) {
      const minutes = this.number();
      this.expect("minutes");
      return { kind: "passTime", minutes };
    }
    if (this.has("wait")) {
      this.expect("until");
      return { kind: "waitUntil", clock: this.number() };
    }
    return this.fail("Here belongs an effect: $name, flag, counter, give, take, relationship, quest, objective, pass or wait.");
  }
}

type Checked =
  | { readonly success: true }
  | { readonly success: false; readonly error: { readonly issues: ReadonlyArray<{ readonly message: string }> } };

const reading = <T>(read: () => T, check: (value: T) => Checked): Read<T> => {
  try {
    const value = read();
    const checked = check(value);
    return checked.success ? { ok: true, value } : { ok: false, at: 0, message: checked.error.issues[0]?.message ?? "It cannot be that." };
  } catch (fault) {
    if (fault instanceof Fault) return { ok: false, at: fault.at, message: fault.message };
    throw fault;
  }
};

export const readCondition = (text: string): Read<Condition> =>
  reading(
    () => {
      const reader = new Reader(text, false);
      const condition = reader.condition();
      return reader.ended ? condition : reader.fail("Here it should end, or go on with “and” or “or”.");
    },
    (condition) => Condition.safeParse(condition),
  );

export const readEffects = (text: string): Read<ReadonlyArray<SceneEffect>> =>
  reading(
    () => new Reader(text, true).effects(),
    (effects) => SceneEffects.safeParse(effects),
  );

/** A value as it is written in rules: for lists and objects, which have no field of their own. */
export const readValue = (text: string): SceneValue | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    const read = SceneValue.safeParse(value);
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
};
