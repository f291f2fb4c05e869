// Writes a file while it still comes in: what comes during a write is kept together and written at once, so that who reads from the
// line does not wait for the disk with each piece.
import type { FileHandle } from "node:fs/promises";

export interface FileWriter {
  /** Takes the next piece; waits only where too much lies in memory. Where the disk fails, this rejects then, or `end` does. */
  readonly write: (piece: Uint8Array) => Promise<void>;
  /** Resolves when all of it is written. */
  readonly end: () => Promise<void>;
}

/** Bytes that may wait for the disk. */
const most = 256 * 1024;

export const makeFileWriter = (file: Pick<FileHandle, "appendFile">): FileWriter => {
  let waiting: Array<Uint8Array> = [];
  let held = 0;
  let writing: Promise<void> | null = null;
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const pieces = waiting;
      waiting = [];
      held = 0;
      await file.appendFile(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
    }
    writing = null;
  };
  return {
    write: async (piece) => {
      waiting.push(piece);
      held += piece.length;
      if (writing === null) {
        writing = drain();
        // One that has failed stays, and is told by who waits for it next.
        writing.catch(() => undefined);
      }
      if (held > most) await writing;
    },
    end: async () => {
      await writing;
    },
  };
};
