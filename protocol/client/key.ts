// Idempotency keys: random, and made so that they also work where the page is not served securely (crypto.randomUUID does not).

/** 32 hexadecimal digits. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
