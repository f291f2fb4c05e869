import fc from "fast-check";
import { expect, test } from "vitest";
import { addressKey, Throttle } from "./throttle.ts";

test("so many tries pass in a minute, and the next is told how long to wait", () => {
  const throttle = new Throttle(3);
  expect([1000, 2000, 3000].map((at) => throttle.attempt("ada", at))).toEqual([0, 0, 0]);
  expect(throttle.attempt("ada", 4000)).toBe(57_000);
  expect(throttle.attempt("bob", 4000)).toBe(0);
  expect(throttle.attempt("ada", 61_000)).toBe(0);
  expect(throttle.attempt("ada", 61_001)).toBe(999);
});

test("a success is taken back", () => {
  const throttle = new Throttle(1);
  for (let at = 0; at < 10; at++) {
    expect(throttle.attempt("ada", at)).toBe(0);
    throttle.takeBack("ada", at);
  }
});

test("a clock that is set back locks nobody out", () => {
  const throttle = new Throttle(1);
  throttle.attempt("ada", 10_000_000);
  expect(throttle.attempt("ada", 1000)).toBe(0);
});

test("in no minute do more tries pass than are allowed, and who waits as told passes", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30_000), { maxLength: 60 }), (steps) => {
      const throttle = new Throttle(5);
      const passed: Array<number> = [];
      let now = 0;
      for (const step of steps) {
        now += step;
        const waitMs = throttle.attempt("ada", now);
        if (waitMs > 0) {
          now += waitMs;
          expect(throttle.attempt("ada", now)).toBe(0);
        }
        passed.push(now);
        expect(passed.filter((at) => at > now - 60_000).length).toBeLessThanOrEqual(5);
      }
    }),
  );
});

test("keys beyond the bound push out the one unused for longest", () => {
  const throttle = new Throttle(1);
  throttle.attempt("first", 0);
  for (let n = 0; n < 10_000; n++) throttle.attempt(`other ${n}`, 1);
  expect(throttle.attempt("first", 2)).toBe(0);
  expect(throttle.attempt("other 9999", 2)).toBeGreaterThan(0);
});

test("an IPv4 address stands for itself, an IPv6 address for its /64", () => {
  expect(addressKey("10.0.0.1")).toBe("10.0.0.1");
  expect(addressKey("::ffff:10.0.0.1")).toBe("10.0.0.1");
  expect(addressKey("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2");
  expect(addressKey("2001:0DB8:0001::6")).toBe("2001:db8:1:0");
  expect(addressKey("fe80::1%eth0")).toBe("fe80:0:0:0");
  expect(addressKey("::1")).toBe("0:0:0:0");
  expect(addressKey("")).toBe("");
});
