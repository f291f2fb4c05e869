// SHA-256 of a file, streamed: memory stays flat whatever the size, and a turn of the event loop is held for a millisecond or so.
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { BlobRef } from "./blobs.ts";

const chunkBytes = 1024 * 1024;

export const digest = async (path: string): Promise<BlobRef> => {
  await using file = await open(path, "r");
  const hash = createHash("sha256");
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let size = 0;
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, chunkBytes, size);
    if (bytesRead === 0) break;
    hash.update(chunk.subarray(0, bytesRead));
    size += bytesRead;
  }
  return { sha256: hash.digest("hex"), size };
};
