// Answers of which the JSON is there already: large ones, which are not to be read and written once more on their way to the line. Pure.

class Encoded {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }

  /** For whoever encodes it without knowing of it: the same JSON, at the cost of reading it. */
  toJSON(): unknown {
    return JSON.parse(this.json);
  }
}

/** A handler's answer that is this JSON. Its type is what the JSON says; nothing but the gateway may look at it. */
export const encoded = <T>(json: string): T => new Encoded(json) as T;

/** What a call answers, as JSON. Throws what JSON.stringify throws. */
export const jsonOf = (answer: unknown): string => (answer instanceof Encoded ? answer.json : (JSON.stringify(answer) ?? "null"));
