// Signed, expiring addresses of media: who was given one may fetch that file, as that type, until then. Pure but for the HMAC.
import { createHmac, timingSafeEqual } from "node:crypto";

/** Addresses made within one window are the same, so that caches work; they are good for one to two windows, ms. */
const windowMs = 24 * 60 * 60 * 1000;
const prefix = "/media/";
const name = /^([0-9a-f]{64})\.([a-z0-9]{1,8})$/;

const signature = (key: Uint8Array, sha256: string, extension: string, expiry: string): string =>
  createHmac("sha256", key).update(`${sha256}.${extension}:${expiry}`).digest("base64url");

/** Until when an address made now is good, s since 1970. */
export const expiryOf = (nowMs: number): number => ((Math.floor(nowMs / windowMs) + 2) * windowMs) / 1000;

/** `expiry`: s since 1970. */
export const signMediaUrl = (key: Uint8Array, sha256: string, extension: string, expiry: number): string => {
  const e = expiry.toString(36);
  return `${prefix}${sha256}.${extension}?e=${e}&s=${signature(key, sha256, extension, e)}`;
};

export type MediaUrl =
  | { readonly state: "good"; readonly sha256: string; readonly extension: string; /** s since 1970 */ readonly expiry: number }
  | { readonly state: "forged" | "expired" };

/** What an address stands for; anything that was not signed with this key is forged. */
export const readMediaUrl = (key: Uint8Array, path: string, query: string, nowMs: number): MediaUrl => {
  const match = path.startsWith(prefix) ? name.exec(path.slice(prefix.length)) : null;
  const parameters = new URLSearchParams(query);
  const e = parameters.get("e") ?? "";
  const [, sha256, extension] = match ?? [];
  if (sha256 === undefined || extension === undefined || !/^[0-9a-z]{1,10}$/.test(e)) return { state: "forged" };
  // As text: a decoder would take several spellings of one signature.
  const wanted = Buffer.from(signature(key, sha256, extension, e));
  const given = Buffer.from(parameters.get("s") ?? "");
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return { state: "forged" };
  const expiry = Number.parseInt(e, 36);
  return expiry * 1000 <= nowMs ? { state: "expired" } : { state: "good", sha256, extension, expiry };
};
