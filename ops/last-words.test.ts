import { Cause, Exit } from "effect";
import { expect, test } from "vitest";
import { lastWords } from "./last-words.ts";

const interrupted = Exit.failCause(Cause.interrupt(1));
const failed = Exit.fail({ message: "The folder is in use." });
const [starting, running] = [
  { told: false, started: false },
  { told: false, started: true },
];

test.each([
  [interrupted, { told: true, started: true }, { code: 0, line: null }],
  [interrupted, { told: true, started: false }, { code: 0, line: null }],
  [failed, starting, { code: 1, line: "PixSim cannot start: The folder is in use." }],
  [Exit.die("a bug"), running, { code: 1, line: "PixSim has ended by itself: a bug" }],
  [failed, { told: true, started: true }, { code: 1, line: "PixSim has ended by itself: The folder is in use." }],
])("%o with %o is %o", (exit, ending, said) => {
  expect(lastWords(exit, ending)).toEqual(said);
});

test("nobody's end is without a word but that of who was told to", () => {
  for (const ending of [starting, running]) {
    for (const exit of [interrupted, Exit.void]) {
      expect(lastWords(exit, ending)).toEqual({
        code: 1,
        line: expect.stringMatching(/^PixSim (cannot start|has ended by itself): .+ Start it again\.$/),
      });
    }
  }
});
