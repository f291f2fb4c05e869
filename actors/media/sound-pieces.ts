// Hands sound to an encoder in pieces of one length, whatever lengths it comes in. The encoder (@mediabunny/server 1.59.0) keeps the
// size of the buffer of the first piece: a longer one after that is written past its end, into the memory of the process.
import { AudioSample, type AudioSampleSource } from "mediabunny";

/** Frames of a piece; only the last one is shorter. */
const pieceFrames = 8192;

export interface Sound {
  /** Interleaved, -1 to 1. */
  readonly data: Float32Array;
  readonly channels: number;
  readonly sampleRate: number;
  /** s. Only that of the first counts: what is added follows without gaps, as the encoder would have it. */
  readonly timestamp: number;
}

interface Begun {
  readonly channels: number;
  readonly sampleRate: number;
  readonly timestamp: number;
  readonly piece: Float32Array;
  filled: number;
  /** Frames. */
  sent: number;
}

export class SoundPieces {
  readonly #source: Pick<AudioSampleSource, "add">;
  #begun: Begun | null = null;

  constructor(source: Pick<AudioSampleSource, "add">) {
    this.#source = source;
  }

  async add({ data, channels, sampleRate, timestamp }: Sound): Promise<void> {
    this.#begun ??= { channels, sampleRate, timestamp, piece: new Float32Array(pieceFrames * channels), filled: 0, sent: 0 };
    const begun = this.#begun;
    if (begun.channels !== channels || begun.sampleRate !== sampleRate) throw new Error("The form of the sound changes on the way.");
    for (let from = 0; from < data.length;) {
      const part = data.subarray(from, from + begun.piece.length - begun.filled);
      begun.piece.set(part, begun.filled);
      begun.filled += part.length;
      from += part.length;
      if (begun.filled === begun.piece.length) await this.#send(begun);
    }
  }

  /** Hands over what is left; nothing may be added any more. */
  async end(): Promise<void> {
    if (this.#begun !== null && this.#begun.filled > 0) await this.#send(this.#begun);
  }

  async #send(begun: Begun): Promise<void> {
    const { channels: numberOfChannels, sampleRate } = begun;
    const data = begun.piece.slice(0, begun.filled);
    const timestamp = begun.timestamp + begun.sent / sampleRate;
    begun.sent += begun.filled / numberOfChannels;
    begun.filled = 0;
    const sample = new AudioSample({ data, format: "f32", numberOfChannels, sampleRate, timestamp });
    try {
      await this.#source.add(sample);
    } finally {
      sample.close();
    }
  }
}
