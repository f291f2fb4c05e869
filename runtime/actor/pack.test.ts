import fc from "fast-check";
import { expect, test } from "vitest";
import { packJson, unpackJson } from "./pack.ts";

const copy = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("any JSON comes back as it was", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(unpackJson(packJson(value))).toEqual(copy(value));
    }),
  );
  const odd = { a: undefined, b: [undefined, null], c: {}, d: [], ["__proto__"]: 1 };
  expect(JSON.stringify(unpackJson(packJson(odd)))).toBe(JSON.stringify(odd));
});

test("values that are alike share what they are made of", () => {
  const of = (n: number) => packJson({ name: `number ${n}`, inside: { list: [n, n + 1], flag: n % 2 === 0 } });
  expect(of(1).shape).toBe(of(2).shape);
  expect(of(1).leaves).toBe('["number 1",1,2,false]');
});
