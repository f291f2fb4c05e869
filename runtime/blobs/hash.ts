// SHA-256 of files, streamed: memory stays flat whatever the size, and the event loop is held for a millisecond at most.
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Effect } from "effect";
import type { CallError } from "#protocol/wire/errors.ts";
import type { BlobRef } from "./blobs.ts";
import { onDisk } from "./disk.ts";

const chunkBytes = 1024 * 1024;

/** What a file holds. Errors: unavailable. */
export const hashFile = (path: string): Effect.Effect<BlobRef, CallError> =>
  onDisk(async () => {
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
  });
