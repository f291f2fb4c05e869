import { Effect } from "effect";
import { expect, test } from "vitest";
import { hashPassword, verifyPassword } from "./password.ts";

const verify = (password: string, stored: string | null) => Effect.runPromise(verifyPassword(password, stored));

test("a hash is argon2id in PHC form with a salt of its own, and knows its password", async () => {
  const [one, two] = await Effect.runPromise(Effect.all([hashPassword("correct horse"), hashPassword("correct horse")]));
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(one).not.toBe(two);
  expect(await verify("correct horse", one)).toBe(true);
  expect(await verify("correct horsE", one)).toBe(false);
  expect(await verify("", one)).toBe(false);
});

test("the same letters typed in another way are the same password", async () => {
  const stored = await Effect.runPromise(hashPassword("pässwörd"));
  expect(await verify("pa\u0308sswo\u0308rd", stored)).toBe(true);
});

test("nobody's password is never right", async () => {
  for (const password of ["", "x", "\0".repeat(32)]) expect(await verify(password, null)).toBe(false);
});

test("hashes of another program's cost are understood", async () => {
  // The reference implementation: argon2 -id -t 2 -m 8 -p 1 -l 32, salt "somesalt", password "password".
  const stored = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  expect(await verify("password", stored)).toBe(true);
  expect(await verify("passwore", stored)).toBe(false);
});
