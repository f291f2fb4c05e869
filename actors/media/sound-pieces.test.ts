import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Sound, SoundPieces } from "./sound-pieces.ts";

interface Piece {
  readonly frames: number;
  readonly timestamp: number;
  readonly data: Float32Array;
}

const piecesOf = async (sounds: ReadonlyArray<Sound>): Promise<ReadonlyArray<Piece>> => {
  const taken: Array<Piece> = [];
  const pieces = new SoundPieces({
    add: async (sample) => {
      const data = new Float32Array(sample.numberOfFrames * sample.numberOfChannels);
      sample.copyTo(data, { planeIndex: 0, format: "f32" });
      taken.push({ frames: sample.numberOfFrames, timestamp: sample.timestamp, data });
    },
  });
  for (const sound of sounds) await pieces.add(sound);
  await pieces.end();
  return taken;
};

const bytesOf = (parts: ReadonlyArray<{ readonly data: Float32Array }>): Buffer =>
  Buffer.concat(parts.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));

describe("sound in pieces", () => {
  it("is whole, in order, and no piece is longer than the first", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 6 }),
        fc.constantFrom(1, 2, 6),
        async (lengths, channels) => {
          let value = 0;
          const sounds = lengths.map((frames): Sound => {
            const data = Float32Array.from({ length: frames * channels }, () => ((value++ % 1000) - 500) / 500);
            return { data, channels, sampleRate: 48_000, timestamp: 3 };
          });
          const pieces = await piecesOf(sounds);
          expect(bytesOf(pieces).equals(bytesOf(sounds))).toBe(true);
          let frames = 0;
          for (const [index, piece] of pieces.entries()) {
            expect(piece.timestamp).toBeCloseTo(3 + frames / 48_000, 9);
            frames += piece.frames;
            if (index < pieces.length - 1) expect(piece.frames).toBe(pieces[0]?.frames);
            else expect(piece.frames).toBeLessThanOrEqual(pieces[0]?.frames ?? 0);
          }
        },
      ),
      { numRuns: 30 },
    ));

  it("that changes its form is refused", async () => {
    const sound: Sound = { data: new Float32Array(20), channels: 2, sampleRate: 48_000, timestamp: 0 };
    await expect(piecesOf([sound, { ...sound, channels: 1 }])).rejects.toThrow("form of the sound");
    await expect(piecesOf([sound, { ...sound, sampleRate: 44_100 }])).rejects.toThrow("form of the sound");
  });
});
