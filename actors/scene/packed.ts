// The text of a file that came packed, since it is longer than a frame may be.
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { Effect, Semaphore } from "effect";
import { sceneLimits } from "#protocol/scene/limits.ts";
import { CallError } from "#protocol/wire/errors.ts";

const unzip = promisify(gunzip);
/** Each takes memory for the largest story there may be: one at a time, however many come together. */
const gate = Semaphore.makeUnsafe(1);
/** Bytes that one character may take. */
const widest = 3;

/** Of Base64 of gzip. What would become longer than a story may be is not unpacked further. Errors: payload_too_large, invalid_input. */
export const unpacked = (text: string): Effect.Effect<string, CallError> =>
  Effect.map(
    gate.withPermit(
      Effect.tryPromise({
        try: () => unzip(Buffer.from(text, "base64"), { maxOutputLength: sceneLimits.file * widest }),
        catch: (error) =>
          error instanceof RangeError
            ? new CallError("payload_too_large", `The file is too large: at most ${sceneLimits.file} characters.`)
            : new CallError("invalid_input", "The file came packed and cannot be unpacked.", { issues: [] }),
      }),
    ),
    (bytes) => bytes.toString("utf8"),
  );
