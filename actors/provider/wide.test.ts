// Integers of any width in JSON, against a parser that looks at each number's own digits.
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson, wide } from "./wide.ts";

/** The same by the digits that the parser itself has read: slow, and plain. */
const revived = (text: string): unknown =>
  JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "") ? context?.source : value,
  );

const digits = fc.stringMatching(/^[1-9]\d{14,24}$/);
/** Numbers as they are written, which no number of ours could hold. */
const written = fc
  .oneof(
    digits,
    fc.tuple(digits, digits).map((parts) => parts.join(".")),
    fc.tuple(digits, fc.constantFrom("e1", "E-3", ".5e+2")).map((parts) => parts.join("")),
    fc.constantFrom("9007199254740991", "9007199254740992", "-9007199254740993", "0.12345678901234567890"),
  )
  .chain((number) => fc.constantFrom(number, number.startsWith("-") ? number : `-${number}`));
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  digits,
  fc.constantFrom('say "12345678901234567890"', "\\", 'a\\"1234567890123456789'),
);
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    written,
    text.map((each) => JSON.stringify(each)),
    fc.constantFrom("null", "true", "17", "-0.5", "1e400"),
    fc.array(tie("json"), { maxLength: 4 }).map((items) => `[${items.join(", ")}]`),
    fc
      .array(fc.tuple(text, tie("json")), { maxLength: 4 })
      .map((items) => `{${items.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`),
  ),
}));

test("all that is JSON is read as it stands, and only integers that are too wide as their digits", () => {
  fc.assert(
    fc.property(json, (each) => {
      expect(parseJson(each)).toEqual(revived(each));
    }),
    { numRuns: 1000 },
  );
  expect(parseJson('{"video_id":18446744073709551615,"list":[-9007199254740993,1],"s":"18446744073709551615"}')).toEqual({
    video_id: "18446744073709551615",
    list: ["-9007199254740993", 1],
    s: "18446744073709551615",
  });
  expect(parseJson(JSON.stringify({ id: wide("18446744073709551615") }))).toEqual({ id: "18446744073709551615" });
});

test("what is none is refused at once, however long and strange", () => {
  const strange = `"${'\\"1'.repeat(1_000_000)}1234567890123456`;
  for (const each of ["", "{", "1234567890123456789,", "<html>1234567890123456</html>", strange]) expect(parseJson(each)).toBeUndefined();
  const long = JSON.stringify({ picture: `${'"\\'.repeat(500_000)}${"A".repeat(3_000_000)}`, id: wide("12345678901234567890") });
  expect(parseJson(long)).toMatchObject({ id: "12345678901234567890" });
  const longer = `{"text":"${"\\n".repeat(10_000_000)}","id":12345678901234567890,"few":1e20}`;
  expect(parseJson(longer)).toMatchObject({ id: "12345678901234567890", few: 1e20 });
});
