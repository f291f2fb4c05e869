// Synthesises the ambience of a clip: wind, water, rain, a low chord. Deterministic; pure arithmetic.
import type { Place } from "./lexicon.ts";
import type { ScenePlan } from "./plan.ts";
import { makeChance } from "./random.ts";

export const sampleRate = 48_000;

interface Bed {
  /** Loudness of filtered noise. */
  readonly noise: number;
  /** How dull the noise is: 0 to 1, higher is duller. */
  readonly dull: number;
  /** Swells a second. */
  readonly swell: number;
  /** Loudness of the chord. */
  readonly chord: number;
}

const beds: Readonly<Record<Place, Bed>> = {
  meadow: { noise: 0.05, dull: 0.93, swell: 0.25, chord: 0.05 },
  hills: { noise: 0.06, dull: 0.94, swell: 0.22, chord: 0.05 },
  mountains: { noise: 0.1, dull: 0.95, swell: 0.18, chord: 0.05 },
  forest: { noise: 0.06, dull: 0.9, swell: 0.3, chord: 0.045 },
  desert: { noise: 0.11, dull: 0.96, swell: 0.2, chord: 0.045 },
  snow: { noise: 0.1, dull: 0.96, swell: 0.16, chord: 0.05 },
  sea: { noise: 0.2, dull: 0.9, swell: 0.17, chord: 0.04 },
  beach: { noise: 0.2, dull: 0.86, swell: 0.2, chord: 0.04 },
  lake: { noise: 0.07, dull: 0.9, swell: 0.25, chord: 0.05 },
  city: { noise: 0.13, dull: 0.975, swell: 0.12, chord: 0.05 },
  village: { noise: 0.05, dull: 0.92, swell: 0.25, chord: 0.05 },
  space: { noise: 0.05, dull: 0.985, swell: 0.08, chord: 0.09 },
  underwater: { noise: 0.16, dull: 0.985, swell: 0.2, chord: 0.06 },
  clouds: { noise: 0.13, dull: 0.95, swell: 0.15, chord: 0.055 },
};

/** Semitones above the root. */
const chords = { dawn: [0, 7, 12, 16], day: [0, 7, 12, 14], sunset: [0, 7, 10, 15], night: [0, 5, 10, 12] } as const;

/** Interleaved stereo, -1 to 1, `seconds` long, with soft ends. */
export const ambience = (plan: ScenePlan, seconds: number): Float32Array => {
  const frames = Math.round(seconds * sampleRate);
  const out = new Float32Array(frames * 2);
  const bed = beds[plan.place];
  const chance = makeChance(plan.seed).fork("sound");
  const rain = plan.weather === "storm" ? 0.16 : plan.weather === "rain" ? 0.1 : 0;
  const root = 82.41 * 2 ** (chance.int(-3, 4) / 12);
  const voices = chords[plan.time].map((semitones, index) => ({
    step: (2 * Math.PI * root * 2 ** (semitones / 12)) / sampleRate,
    pan: 0.5 + 0.35 * Math.sin(index * 2.4),
    breath: (2 * Math.PI * (0.07 + index * 0.023)) / sampleRate,
    phase: chance.range(0, 6.28),
  }));
  let left = 0;
  let right = 0;
  for (let frame = 0; frame < frames; frame++) {
    const time = frame / sampleRate;
    const swell = 0.6 + 0.4 * Math.sin(2 * Math.PI * bed.swell * time + 1);
    const white = chance.next() * 2 - 1;
    const other = chance.next() * 2 - 1;
    left = left * bed.dull + white * (1 - bed.dull);
    right = right * bed.dull + other * (1 - bed.dull);
    let l = left * bed.noise * 6 * swell + white * rain * 0.35;
    let r = right * bed.noise * 6 * swell + other * rain * 0.35;
    for (const voice of voices) {
      const tone = Math.sin(voice.step * frame + voice.phase) * bed.chord * (0.6 + 0.4 * Math.sin(voice.breath * frame + voice.phase));
      l += tone * (1 - voice.pan);
      r += tone * voice.pan;
    }
    const edge = Math.min(1, time / 0.25, Math.max(0, seconds - time) / 0.4);
    out[frame * 2] = Math.max(-1, Math.min(1, l * edge));
    out[frame * 2 + 1] = Math.max(-1, Math.min(1, r * edge));
  }
  return out;
};
