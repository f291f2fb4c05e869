// What a file holds: small files are hashed in place, large ones in a thread of the pool, lest they take a share of every turn.
import { stat } from "node:fs/promises";
import { Effect } from "effect";
import { CallError } from "#protocol/wire/errors.ts";
import type { Pool, PoolError, Work } from "../pool/pool.ts";
import type { BlobRef } from "./blobs.ts";
import { digest } from "./digest.ts";
import { diskError, onDisk } from "./disk.ts";

/** Up to so many bytes are hashed in place: that is quicker than to start a thread (about 50 ms) and holds the event loop no longer. */
const inPlaceBytes = 8 * 1024 * 1024;

const digestWork: Work<typeof digest> = { module: new URL("digest.ts", import.meta.url).href, name: "digest" };

const hashError = ({ reason, message, cause }: PoolError): CallError => {
  switch (reason) {
    case "overloaded":
      return new CallError("overloaded", message);
    case "failed":
      return diskError(cause);
  }
};

/** SHA-256 and size. Errors: unavailable, overloaded. */
export const hashFile = Effect.fnUntraced(function* (pool: Pool["Service"], path: string): Effect.fn.Return<BlobRef, CallError> {
  const { size } = yield* onDisk(() => stat(path));
  if (size <= inPlaceBytes) return yield* onDisk(() => digest(path));
  return yield* Effect.mapError(pool.run(digestWork, path), hashError);
});
