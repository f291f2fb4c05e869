// The story of a file that is brought in: a long one is read in a thread of the pool, as it takes up to seconds, and others are answered
// meanwhile.
import { Effect } from "effect";
import type { Imported } from "#protocol/scene/file.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Pool, type PoolError, type Work } from "#runtime/pool/pool.ts";
import { type FileToRead, readFile } from "./read-file.ts";

/** Up to so many characters are read in place: that takes some 15 ms, less than to start a thread. */
const inPlace = 100_000;

const reading: Work<typeof readFile> = { module: new URL("read-file.ts", import.meta.url).href, name: "readFile" };

/** What a file says is never an error of the work: if that fails, it is a fault of the program. */
const refused = ({ reason, message, cause }: PoolError): Effect.Effect<never, CallError> => {
  switch (reason) {
    case "overloaded":
      return Effect.fail(new CallError("overloaded", message));
    case "failed":
      return Effect.die(cause);
  }
};

/** What is in it, or why it is not taken. Errors: overloaded. */
export const storyOfFile = Effect.fnUntraced(function* (file: FileToRead): Effect.fn.Return<Imported, CallError, Pool> {
  if (file.text.length <= inPlace) return readFile(file);
  const pool = yield* Pool;
  return yield* pool.run(reading, file).pipe(Effect.catch(refused));
});
