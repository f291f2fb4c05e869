// What makes two requests the same: JSON with sorted keys, its SHA-256, and the ids and seeds derived from such hashes. Pure, but for ids
// that nothing is to make again.
import { createHash } from "node:crypto";
import { canonicalJson } from "#protocol/canonical.ts";
import type { SeedParam } from "./form.ts";

/** SHA-256 of the canonical JSON, 64 hex digits. */
export const hashOf = (value: unknown): string => createHash("sha256").update(canonicalJson(value)).digest("hex");

/** An id that is the same for the same parts. */
export const derivedId = (prefix: string, ...parts: ReadonlyArray<string | number>): string => `${prefix}_${hashOf(parts).slice(0, 26)}`;

/** The same for the same user, key and parts; random without a key. */
export const idFor = (prefix: string, ownerId: string, key: string | undefined, ...parts: ReadonlyArray<string | number>): string =>
  key === undefined ? derivedId(prefix, crypto.randomUUID()) : derivedId(prefix, ownerId, key, ...parts);

/** A seed within its bounds that is the same for the same id. */
export const seedOf = (id: string, { min, max }: SeedParam): number => {
  const span = BigInt(Math.floor(max)) - BigInt(Math.ceil(min)) + 1n;
  const drawn = BigInt(`0x${hashOf(["seed", id]).slice(0, 16)}`);
  return Number(BigInt(Math.ceil(min)) + (span > 0n ? drawn % span : 0n));
};

/** The seed `index` places after a chosen one, round the end of its bounds. */
export const seedAfter = (seed: number, index: number, { min, max }: SeedParam): number => {
  const span = BigInt(Math.floor(max)) - BigInt(Math.ceil(min)) + 1n;
  if (span <= 0n) return seed;
  return Number(BigInt(Math.ceil(min)) + ((BigInt(seed) - BigInt(Math.ceil(min)) + BigInt(index)) % span));
};

/** The asset that a job's result becomes. */
export const assetIdOf = (jobId: string): string => `ast_${jobId.replace(/^job_/, "")}`.slice(0, 64);
