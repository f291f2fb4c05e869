// Envelope encryption of small secrets: each is encrypted with a key of its own, and that one with the installation's. Changing the
// installation's key wraps the small keys anew and leaves what they encrypt alone. Pure but for random bytes.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import * as z from "zod";

/** A key of the installation: 32 bytes, and the name by which what it has wrapped finds it again. */
export interface MasterKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** What is stored: JSON. */
export const Sealed = z.object({
  /** Algorithm and layout; raised when they change. */
  v: z.literal(1),
  /** Id of the master key that wrapped the secret's own. */
  key: z.string(),
  /** The secret's own key, wrapped: base64 of nonce, ciphertext and tag. */
  wrapped: z.base64(),
  /** The secret: base64 of nonce, ciphertext and tag. */
  data: z.base64(),
});
export type Sealed = z.infer<typeof Sealed>;

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

export const masterKey = (bytes: Uint8Array): MasterKey => ({
  id: createHash("sha256").update("pixsim master key id\0").update(bytes).digest("hex").slice(0, 16),
  bytes,
});

/** AES-256-GCM under a fresh nonce. `place` is authenticated with it: ciphertext that was moved elsewhere does not open. */
const encrypt = (key: Uint8Array, plain: Uint8Array, place: string): string => {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(place));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString("base64");
};

/** Throws when the key, the place or a single bit is not the one it was encrypted with. */
const decrypt = (key: Uint8Array, stored: string, place: string): Buffer => {
  const bytes = Buffer.from(stored, "base64");
  if (bytes.length < nonceBytes + tagBytes) throw new Error("what is stored is too short");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
    .setAAD(Buffer.from(place))
    .setAuthTag(bytes.subarray(bytes.length - tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes)), decipher.final()]);
};

/** `place` says where it is kept (table, row, field), so that it opens nowhere else. */
export const seal = (master: MasterKey, place: string, secret: string): Sealed => {
  const own = randomBytes(keyBytes);
  return { v: 1, key: master.id, wrapped: encrypt(master.bytes, own, `key of ${place}`), data: encrypt(own, Buffer.from(secret), place) };
};

/** Throws when it was sealed with another key, for another place, or was changed. */
export const open = (master: MasterKey, place: string, sealed: Sealed): string =>
  decrypt(decrypt(master.bytes, sealed.wrapped, `key of ${place}`), sealed.data, place).toString();

/** The same secret under another master key. Throws as `open` does. */
export const rewrap = (from: MasterKey, to: MasterKey, place: string, sealed: Sealed): Sealed => ({
  ...sealed,
  key: to.id,
  wrapped: encrypt(to.bytes, decrypt(from.bytes, sealed.wrapped, `key of ${place}`), `key of ${place}`),
});
