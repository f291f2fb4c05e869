// The text of a file that came packed, since it is longer than a frame may be.
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { Effect, Semaphore } from "effect";
import { CallError } from "#protocol/wire/errors.ts";

const unzip = promisify(gunzip);
/** Each takes memory for the largest story there may be: one at a time, however many come together. */
const gate = Semaphore.makeUnsafe(1);
/** Bytes that one character may take. */
const widest = 3;

const tooLarge = (limit: number): CallError =>
  new CallError("payload_too_large", `The file is too large: at most ${limit} characters.`, { limit });

/** Of Base64 of gzip; `most`: characters. What would become longer is not unpacked further. Errors: payload_too_large, invalid_input. */
export const unpacked = (text: string, most: number): Effect.Effect<string, CallError> =>
  Effect.flatMap(
    gate.withPermit(
      Effect.tryPromise({
        try: () => unzip(Buffer.from(text, "base64"), { maxOutputLength: most * widest }),
        catch: (error) =>
          error instanceof RangeError
            ? tooLarge(most)
            : new CallError("invalid_input", "The file came packed and cannot be unpacked.", { issues: [] }),
      }),
    ),
    (bytes) => {
      const file = bytes.toString("utf8");
      return file.length > most ? Effect.fail(tooLarge(most)) : Effect.succeed(file);
    },
  );
