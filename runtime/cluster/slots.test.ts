import { expect, test } from "vitest";
import { mastersOf, slotOf } from "./slots.ts";

test("the slot of a key is that of what stands in its first braces, or of all of it", () => {
  expect(slotOf("123456789")).toBe(0x31c3);
  expect(slotOf("{user1000}.following")).toBe(slotOf("user1000"));
  expect(slotOf("foo{}{bar}")).not.toBe(slotOf("bar"));
  expect(slotOf("foo{{bar}}zap")).toBe(slotOf("{bar"));
  expect(slotOf("foo{bar}{zap}")).toBe(slotOf("bar"));
});

test("the masters are read from what a node says; one without a name has nothing", () => {
  const replica = ["10.0.0.9", 6380, "id", []];
  const masters = mastersOf([
    [0, 99, ["10.0.0.1", 6379, "a", []], replica],
    [100, 199, ["2001:db8::1", 6379, "b", []]],
    [200, 299, ["10.0.0.1", 6379, "a", []]],
    [300, 399, ["", 6379, "c", []]],
    [400, 499, [null, 6379, "d", []]],
  ]);
  expect(masters.all).toEqual(["10.0.0.1:6379", "2001:db8::1:6379"]);
  expect([0, 99, 100, 250, 300, 400, 16_383].map(masters.of)).toEqual([
    "10.0.0.1:6379",
    "10.0.0.1:6379",
    "2001:db8::1:6379",
    "10.0.0.1:6379",
    undefined,
    undefined,
    undefined,
  ]);
  expect(() => mastersOf("ERR")).toThrow("expected array");
});
