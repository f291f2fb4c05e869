import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { masterKey, open, rewrap, Sealed, seal } from "./envelope.ts";

const first = masterKey(new Uint8Array(randomBytes(32)));
const second = masterKey(new Uint8Array(randomBytes(32)));
const place = "credential/acc_1";

test("whatever is sealed opens again as it was, in its place and with its key only", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (secret) => {
      const sealed = Sealed.parse(JSON.parse(JSON.stringify(seal(first, place, secret))));
      expect(open(first, place, sealed)).toBe(secret);
      expect(() => open(first, "credential/acc_2", sealed)).toThrow(/authenticate/);
      expect(() => open(second, place, sealed)).toThrow(/authenticate/);
    }),
    { numRuns: 30 },
  );
});

test("no bit of what is stored can be changed", () => {
  const sealed = seal(first, place, "sk-planted");
  for (const part of ["wrapped", "data"] as const) {
    const bytes = Buffer.from(sealed[part], "base64");
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index]! ^= 1;
      expect(() => open(first, place, { ...sealed, [part]: changed.toString("base64") })).toThrow(/authenticate/);
    }
  }
});

test("the same secret never looks the same, and its text is not in what is stored", () => {
  const [one, other] = [seal(first, place, "sk-planted"), seal(first, place, "sk-planted")];
  expect(one.data).not.toBe(other.data);
  expect(one.wrapped).not.toBe(other.wrapped);
  expect(Buffer.from(one.data, "base64").toString("latin1")).not.toContain("planted");
});

test("a secret that is wrapped anew opens with the new key alone; what it encrypts is left as it was", () => {
  const sealed = seal(first, place, "sk-planted");
  const moved = rewrap(first, second, place, sealed);
  expect(open(second, place, moved)).toBe("sk-planted");
  expect(() => open(first, place, moved)).toThrow(/authenticate/);
  expect(moved.data).toBe(sealed.data);
  expect(() => rewrap(second, first, place, sealed)).toThrow(/authenticate/);
});
