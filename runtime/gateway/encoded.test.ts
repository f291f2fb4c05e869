import { expect, test } from "vitest";
import { encoded, jsonOf } from "./encoded.ts";

test("an answer that is JSON already goes out as it is, and means the same to whoever encodes it again", () => {
  const json = '{ "a" : [1.50] }';
  expect(jsonOf(encoded(json))).toBe(json);
  expect(JSON.stringify({ in: encoded(json) })).toBe('{"in":{"a":[1.5]}}');
});

test("any other is encoded, and none is null", () => {
  expect([jsonOf({ a: 1 }), jsonOf("x"), jsonOf(undefined)]).toEqual(['{"a":1}', '"x"', "null"]);
});
