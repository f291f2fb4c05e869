// Seeded chance: the same seed gives the same numbers on every machine. Pure.

/** 32-bit hash of a text: FNV-1a with a final mix. */
export const hashText = (text: string, seed = 0): number => {
  let hash = 0x811c9dc5 ^ seed;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

export interface Chance {
  /** 0 to 1, without 1. */
  readonly next: () => number;
  readonly range: (from: number, to: number) => number;
  /** Whole number, both ends included. */
  readonly int: (from: number, to: number) => number;
  readonly pick: <T>(list: readonly [T, ...ReadonlyArray<T>]) => T;
  readonly flip: (probability?: number) => boolean;
  /** An independent stream: what one part draws does not move another. */
  readonly fork: (name: string) => Chance;
}

/** Mulberry32. */
export const makeChance = (seed: number): Chance => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    range: (from, to) => from + (to - from) * next(),
    int: (from, to) => from + Math.floor((to - from + 1) * next()),
    pick: (list) => list[Math.floor(next() * list.length)] ?? list[0],
    flip: (probability = 0.5) => next() < probability,
    fork: (name) => makeChance(hashText(name, seed)),
  };
};

const lattice = (seed: number, at: number): number => {
  let hash = Math.imul(at | 0, 0x27d4eb2d) ^ seed;
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2147483648 - 1;
};

/** Smooth noise along a line, -1 to 1, with features of length 1. */
export const noiseAt = (seed: number, x: number): number => {
  const cell = Math.floor(x);
  const within = x - cell;
  const ease = within * within * (3 - 2 * within);
  const from = lattice(seed, cell);
  return from + (lattice(seed, cell + 1) - from) * ease;
};

/** Noise with finer and finer features, about -1 to 1. */
export const fractalAt = (seed: number, x: number, octaves: number): number => {
  let sum = 0;
  let weight = 1;
  let total = 0;
  for (let octave = 0; octave < octaves; octave++) {
    sum += weight * noiseAt(seed + octave * 1013, x * 2 ** octave);
    total += weight;
    weight *= 0.5;
  }
  return sum / total;
};
