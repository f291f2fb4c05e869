// Where the work on a story is done: of a long one in a thread of the pool, as it takes up to seconds, and others are answered meanwhile.
import { Effect } from "effect";
import { CallError } from "#protocol/wire/errors.ts";
import { Pool, type PoolError } from "#runtime/pool/pool.ts";

/** Up to so many characters are worked on in place: that takes some 30 ms, and to start a thread ten times as long. */
const inPlace = 250_000;

const module = new URL("story-work.ts", import.meta.url).href;

/** What a story says is never an error of the work: if that fails, it is a fault of the program. */
const refused = ({ reason, message, cause }: PoolError): Effect.Effect<never, CallError> => {
  switch (reason) {
    case "overloaded":
      return Effect.fail(new CallError("overloaded", message));
    case "failed":
      return Effect.die(cause);
  }
};

/** Runs a function of `story-work.ts`; `characters`: how long what it reads is. Errors: overloaded. */
export const onStory = Effect.fnUntraced(function* <Input, Output extends object>(
  run: (input: Input) => Output,
  input: Input,
  characters: number,
): Effect.fn.Return<Output, CallError, Pool> {
  if (characters <= inPlace) return run(input);
  const pool = yield* Pool;
  const answer = yield* pool.run<typeof run>({ module, name: run.name, lane: "interactive" }, input).pipe(Effect.catch(refused));
  // None of them answers a promise.
  return answer as Output;
});
