// Passwords as argon2id hashes in PHC form. Hashing takes memory and time by intent: at most two run at once and few wait, so
// that a storm of sign-ins neither starves the rest nor piles up; past that the answer is overloaded.
import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { Effect, Semaphore } from "effect";
import { CallError } from "#protocol/wire/errors.ts";

/** OWASP's minimum for argon2id: 19 MiB, 2 passes, 1 lane. About 30 ms. */
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 };
const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const gate = Semaphore.makeUnsafe(2);
/** Under way and waiting, at most: the last waits about half a second. */
const mostAtOnce = 32;
let atOnce = 0;

const derive = (password: string, nonce: Buffer, parameters: typeof cost): Effect.Effect<Buffer, CallError> =>
  Effect.suspend(() => {
    if (atOnce >= mostAtOnce) return Effect.fail(new CallError("overloaded", "Too many people sign in just now. Try again."));
    atOnce++;
    return gate
      .withPermits(1)(
        Effect.callback<Buffer>((resume) =>
          argon2("argon2id", { message: password.normalize("NFKC"), nonce, ...parameters }, (error, tag) =>
            resume(error === null ? Effect.succeed(tag) : Effect.die(error)),
          ),
        ),
      )
      .pipe(Effect.ensuring(Effect.sync(() => atOnce--)));
  });

const base64 = (data: Buffer): string => data.toString("base64").replaceAll("=", "");

/** Errors: overloaded. */
export const hashPassword = (password: string): Effect.Effect<string, CallError> =>
  Effect.suspend(() => {
    const salt = randomBytes(16);
    return Effect.map(
      derive(password, salt, cost),
      (tag) => `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${base64(salt)}$${base64(tag)}`,
    );
  });

/** A hash that no password has: verifying against it takes the same time as against a real one. */
const nobodys = `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${base64(Buffer.alloc(16))}$${base64(Buffer.alloc(32))}`;

/** `stored` null: there is no such user or no password; takes as long and answers false. Errors: overloaded. */
export const verifyPassword = (password: string, stored: string | null): Effect.Effect<boolean, CallError> =>
  Effect.suspend(() => {
    const [, memory, passes, parallelism, salt, tag] = phc.exec(stored ?? nobodys) ?? [];
    if (salt === undefined || tag === undefined) return Effect.die(new Error("a stored password is not in PHC form"));
    const expected = Buffer.from(tag, "base64");
    const parameters = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism), tagLength: expected.length };
    return Effect.map(
      derive(password, Buffer.from(salt, "base64"), parameters),
      (actual) => timingSafeEqual(actual, expected) && stored !== null,
    );
  });
