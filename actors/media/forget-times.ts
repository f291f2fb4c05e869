// Takes out of MP4 files when they were written, so that the same input gives the same bytes: the muxer has no setting for it.
import { open } from "node:fs/promises";

const headBytes = 16;

/** Size and name of the box whose first bytes these are. */
const boxOf = (head: Uint8Array): { readonly size: number; readonly name: string } => {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const size = view.getUint32(0);
  return {
    name: String.fromCharCode(...head.subarray(4, 8)),
    size: size === 1 && head.length >= headBytes ? Number(view.getBigUint64(8)) : size,
  };
};

/** Writes zeros over the creation and modification times of the movie, its tracks and their media. `bytes`: whole boxes. */
export const forgetTimes = (bytes: Uint8Array): void => {
  for (let at = 0; at + 8 <= bytes.length;) {
    const { size, name } = boxOf(bytes.subarray(at, at + headBytes));
    if (size < 8 || at + size > bytes.length) return;
    if (name === "moov" || name === "trak" || name === "mdia") forgetTimes(bytes.subarray(at + 8, at + size));
    // Version 1 has times of eight bytes.
    if (name === "mvhd" || name === "tkhd" || name === "mdhd") bytes.fill(0, at + 12, at + 12 + (bytes[at + 8] === 1 ? 16 : 8));
    at += size;
  }
};

/** The same in a file that was just written; only its index is read. */
export const forgetTimesIn = async (path: string): Promise<void> => {
  await using file = await open(path, "r+");
  const head = new Uint8Array(headBytes);
  for (let at = 0; (await file.read(head, 0, headBytes, at)).bytesRead >= 8;) {
    const { size, name } = boxOf(head);
    if (name === "moov") {
      const index = new Uint8Array(size);
      await file.read(index, 0, size, at);
      forgetTimes(index);
      await file.write(index, 0, size, at);
      return;
    }
    if (size < 8) return;
    at += size;
  }
};
