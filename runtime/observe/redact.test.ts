import fc from "fast-check";
import { expect, test } from "vitest";
import { errorOf, redact, redactText } from "./redact.ts";

test("whatever is given comes out as JSON of bounded size, and nothing throws", () => {
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withTypedArray: true,
        withNullPrototype: true,
        maxDepth: 8,
      }),
      (value) => {
        const json = JSON.stringify(redact(value));
        expect(json === undefined || json.length < 2_000_000).toBe(true);
        expect(typeof errorOf(value).message).toBe("string");
      },
    ),
    { numRuns: 500 },
  );
  const circle: Record<string, unknown> = { name: "circle" };
  circle["self"] = [circle];
  const trap = {
    get boom() {
      throw new Error("no");
    },
  };
  const liar = {
    toJSON: () => {
      throw new Error("no");
    },
  };
  expect(redact(circle)).toEqual({ name: "circle", self: ["[circular]"] });
  expect(redact({ trap, liar })).toEqual({ trap: "[unreadable]", liar: "[unreadable]" });
  expect(
    errorOf(
      Object.defineProperty(new Error("x"), "message", {
        get: () => {
          throw new Error("no");
        },
      }),
    ),
  ).toEqual({ type: "unknown", message: "[unreadable]" });
});

test("what stands under a telling name is blanked at any depth it reaches", () => {
  const secret = "s3cr3t-value-0123456789";
  const name = fc.constantFrom(
    "password",
    "refreshToken",
    "accessToken",
    "access_token",
    "Authorization",
    "set-cookie",
    "credentials",
    "apiKey",
    "api-key",
    "clientSecret",
    "privateKey",
    "token",
    "passphrase",
  );
  const wrap = fc.array(fc.constantFrom("list", "object", "error", "json"), { maxLength: 5 });
  fc.assert(
    fc.property(name, wrap, fc.constantFrom<unknown>(secret, [secret], { deep: secret }, 12345678), (name, wraps, value) => {
      let whole: unknown = { [name]: value, kept: "yes" };
      for (const kind of wraps) {
        if (kind === "list") whole = [whole];
        else if (kind === "object") whole = { inner: whole };
        else if (kind === "json") {
          const inner = whole;
          whole = { toJSON: () => inner };
        }
      }
      const json = JSON.stringify(redact(whole));
      expect(json).not.toContain(secret);
      expect(json).not.toContain("12345678");
    }),
  );
  expect(redact({ hasPassword: true, token: null, count: 3 })).toEqual({ hasPassword: true, token: null, count: 3 });
});

test.each([
  ["postgres://pixsim:hunter22@db:5432/pixsim failed", "postgres://pixsim:[redacted]@db:5432/pixsim failed"],
  ["Authorization: Bearer abcdefgh.ijklmnop", "Authorization: Bearer [redacted]"],
  ["jwt eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1c3JfMSJ9.c2lnbmF0dXJl.", "jwt [redacted]."],
  ["GET /media/9f.mp4?e=mi3k&s=AbCdEf-123 404", "GET /media/9f.mp4?e=mi3k&s=[redacted] 404"],
  ["open http://localhost:7700/#/welcome?token=k3vX0mP2c9", "open http://localhost:7700/#/welcome?token=[redacted]"],
  ['bad body {"password": "correct horse"}', 'bad body {"password": "[redacted] horse"}'],
  ["nothing to hide: 12 tokens, see https://example.org/a?page=2", "nothing to hide: 12 tokens, see https://example.org/a?page=2"],
])("of the text %s only what gives access goes", (text, safe) => {
  expect(redactText(text)).toBe(safe);
});

test("long texts, lists and objects are cut, and say so", () => {
  expect(redactText("x".repeat(5000))).toBe(`${"x".repeat(4000)}… (5000 characters)`);
  expect(redact(Array.from({ length: 60 }, (_, n) => n))).toHaveLength(51);
  expect(Object.keys(redact(Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`k${n}`, n]))) as object)).toHaveLength(51);
  expect(redact({ bytes: new Uint8Array(9), map: new Map([[1, 2]]), nan: Number.NaN, big: 5n, no: undefined })).toEqual({
    bytes: "[9 bytes]",
    map: "[1 entries]",
    nan: "NaN",
    big: "5",
  });
});
