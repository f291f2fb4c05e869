// Seeded chance whose state is one number: it can be kept, sent and gone on with anywhere. Pure.

/** A 32-bit seed of which neighbours have nothing in common. */
export const mixedSeed = (seed: number): number => {
  let bits = Math.trunc(seed) >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
};

/** Mulberry32. `share`: 0 to 1, without 1. */
export const drawn = (state: number): { readonly state: number; readonly share: number } => {
  const next = (state + 0x6d2b79f5) >>> 0;
  let bits = Math.imul(next ^ (next >>> 15), next | 1);
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
  return { state: next, share: ((bits ^ (bits >>> 14)) >>> 0) / 0x1_0000_0000 };
};
