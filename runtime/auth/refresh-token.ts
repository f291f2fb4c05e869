// Refresh tokens: `<session>.<secret>.<seal>`. The seal shows that this server once gave the token, long after its hash is
// forgotten: so an old one that comes back is known to be a copy, and a made-up one ends nobody's session. Each token's successor
// follows from it and the key alone: asking again gives the same, with nothing stored but hashes. Pure.
import { createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

export interface RefreshToken {
  readonly sessionId: string;
  readonly secret: string;
}

/** A key for one purpose, so that no signature made with it serves another. */
export const refreshKeyOf = (key: Uint8Array): Uint8Array => new Uint8Array(hkdfSync("sha256", key, "", "pixsim refresh tokens", 32));

const mac = (key: Uint8Array, purpose: string, { sessionId, secret }: RefreshToken): Buffer =>
  createHmac("sha256", key).update(`${purpose}\n${sessionId}\n${secret}`).digest();

const seal = (key: Uint8Array, token: RefreshToken): string => mac(key, "seal", token).subarray(0, 16).toString("base64url");

export const writeRefreshToken = (key: Uint8Array, token: RefreshToken): string => `${token.sessionId}.${token.secret}.${seal(key, token)}`;

/** null: not a token that this server gave. */
export const readRefreshToken = (key: Uint8Array, text: string): RefreshToken | null => {
  const [sessionId, secret, given, more] = text.split(".");
  if (sessionId === undefined || secret === undefined || given === undefined || more !== undefined) return null;
  const token = { sessionId, secret };
  const [expected, actual] = [Buffer.from(seal(key, token)), Buffer.from(given)];
  return expected.length === actual.length && timingSafeEqual(expected, actual) ? token : null;
};

export const successor = (key: Uint8Array, token: RefreshToken): RefreshToken => ({
  sessionId: token.sessionId,
  secret: mac(key, "next", token).toString("base64url"),
});

/** What is stored of a secret. */
export const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");
