// Mutations with a key happen once: a repeat answers the first result, joins the first while it is under way, and is refused if
// it asks for something else. Results are kept in the database for a day; in front of it, the latest in memory.
// After a crash between the work and its record the work is done again: handlers derive what they make from user and key.
import { createHash } from "node:crypto";
import { Clock, Context, Effect, Fiber, Layer, Schedule } from "effect";
import { Database, type DatabaseError } from "#db/client/database.ts";
import { dropResults, type IdempotencyKey, recordedResult, type RecordedResult, recordResult } from "#db/queries/idempotency.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { canonicalJson } from "#protocol/canonical.ts";
import { orCallError } from "./database-failures.ts";
import { jsonOf } from "./encoded.ts";

/** Results are kept for at least so long, ms. */
const keepMs = 24 * 60 * 60 * 1000;
const sweepEvery = "1 hour";
const sweepRows = 1000;
/** Characters of results kept in memory, in all and of one. */
const mostRemembered = 16 * 1024 * 1024;
const longestRemembered = 256 * 1024;
/** Mutations with a key that may be under way at the same time. */
const mostRunning = 4096;

interface Running {
  readonly hash: string;
  readonly fiber: Fiber.Fiber<string, CallError>;
  waiting: number;
}

/** Where results outlive the process. */
export class ResultStore extends Context.Service<
  ResultStore,
  {
    readonly find: (key: IdempotencyKey) => Effect.Effect<RecordedResult | undefined, DatabaseError>;
    /** False: there is one already. `now`: ms since 1970. */
    readonly record: (key: IdempotencyKey, result: RecordedResult, now: number) => Effect.Effect<boolean, DatabaseError>;
    /** Drops up to `limit` results recorded before `before`, ms since 1970; answers how many. */
    readonly drop: (before: number, limit: number) => Effect.Effect<number, DatabaseError>;
  }
>()("pixsim/runtime/ResultStore") {
  static readonly layer = Layer.effect(
    ResultStore,
    Effect.map(Database, (database) => ({
      find: (key: IdempotencyKey) =>
        Effect.map(
          database.query((sql) => recordedResult(sql, key)),
          ([row]) => row,
        ),
      record: (key: IdempotencyKey, result: RecordedResult, now: number) =>
        Effect.map(
          database.query((sql) => recordResult(sql, key, result, now)),
          ({ length }) => length === 1,
        ),
      drop: (before: number, limit: number) =>
        Effect.map(
          database.query((sql) => dropResults(sql, before, limit)),
          ({ length }) => length,
        ),
    })),
  );
}

/** With what an entry costs beside its texts. */
const sizeOf = (name: string, { output }: RecordedResult): number => 200 + name.length + output.length;

const nameOf = ({ user, call, key }: IdempotencyKey): string => `${user}\n${call}\n${key}`;

const conflict = new CallError(
  "idempotency_conflict",
  "This idempotency key was used before with another content. A new request needs a new key.",
);

const checked = ({ input_hash, output }: RecordedResult, hash: string): Effect.Effect<string, CallError> =>
  input_hash === hash ? Effect.succeed(output) : Effect.fail(conflict);

export class Idempotency {
  readonly #store: ResultStore["Service"];
  readonly #detachedMs: number;
  readonly #ended: () => void;
  readonly #running = new Map<string, Running>();
  /** Oldest first. */
  readonly #remembered = new Map<string, RecordedResult>();
  #rememberedChars = 0;

  /** `detachedMs`: how long work may go on, whoever waits for it. `ended`: told when one has. */
  constructor(store: ResultStore["Service"], detachedMs: number, ended: () => void) {
    this.#ended = ended;
    this.#store = store;
    this.#detachedMs = detachedMs;
  }

  /**
   * The encoded result of `work` for this key. Interrupting it ends only the waiting. Errors: idempotency_conflict, overloaded,
   * unavailable, storage_full, and those of the work, which are not kept: a repeat tries again.
   */
  readonly run = (
    key: IdempotencyKey,
    input: unknown,
    work: () => Effect.Effect<unknown, CallError>,
    fork: (effect: Effect.Effect<string, CallError>) => Fiber.Fiber<string, CallError>,
  ): Effect.Effect<string, CallError> =>
    Effect.suspend(() => {
      const name = nameOf(key);
      const hash = createHash("sha256").update(canonicalJson(input)).digest("hex");
      const known = this.#remembered.get(name);
      if (known !== undefined) return checked(known, hash);
      let running = this.#running.get(name);
      if (running === undefined) {
        if (this.#running.size >= mostRunning) {
          return Effect.fail(new CallError("overloaded", "Too many changes are under way. Try again."));
        }
        const fiber = fork(this.#work(key, hash, work));
        running = { hash, fiber, waiting: 0 };
        this.#running.set(name, running);
        fiber.addObserver(() => {
          this.#running.delete(name);
          this.#ended();
        });
      } else if (running.hash !== hash) {
        return Effect.fail(conflict);
      }
      const entry = running;
      entry.waiting++;
      return Effect.ensuring(
        Fiber.join(entry.fiber),
        Effect.sync(() => void entry.waiting--),
      );
    });

  /** Works under way, waited for or not. */
  get running(): number {
    return this.#running.size;
  }

  /** The server shuts down. */
  stop(): void {
    for (const { fiber } of this.#running.values()) fiber.interruptUnsafe();
  }

  /** The client cancels: work for which nobody else waits is stopped. Call it while the client still waits. */
  abandon(key: IdempotencyKey): void {
    const running = this.#running.get(nameOf(key));
    if (running !== undefined && running.waiting <= 1) running.fiber.interruptUnsafe();
  }

  #work(key: IdempotencyKey, hash: string, work: () => Effect.Effect<unknown, CallError>): Effect.Effect<string, CallError> {
    return Effect.gen({ self: this }, function* () {
      const before = yield* orCallError(this.#store.find(key));
      if (before !== undefined) {
        this.#remember(key, before);
        return yield* checked(before, hash);
      }
      const output = jsonOf(yield* Effect.suspend(work));
      const result = yield* this.#record(key, { input_hash: hash, output });
      this.#remember(key, result);
      return yield* checked(result, hash);
    }).pipe(
      Effect.timeoutOrElse({
        duration: this.#detachedMs,
        orElse: () => Effect.fail(new CallError("deadline_exceeded", "The work took too long and was stopped.")),
      }),
    );
  }

  /** Another process may have been first: then its result counts. The work is done, so a failure here is only worth a warning. */
  #record(key: IdempotencyKey, result: RecordedResult): Effect.Effect<RecordedResult> {
    return Effect.gen({ self: this }, function* () {
      const now = yield* Clock.currentTimeMillis;
      if (yield* this.#store.record(key, result, now)) return result;
      return (yield* this.#store.find(key)) ?? result;
    }).pipe(
      Effect.catch((error) =>
        Effect.as(Effect.annotateLogs(Effect.logWarning("a result could not be recorded", error), { call: key.call }), result),
      ),
    );
  }

  #remember(key: IdempotencyKey, result: RecordedResult): void {
    if (result.output.length > longestRemembered) return;
    const name = nameOf(key);
    if (this.#remembered.has(name)) return;
    this.#remembered.set(name, result);
    this.#rememberedChars += sizeOf(name, result);
    for (const [oldest, old] of this.#remembered) {
      if (this.#rememberedChars <= mostRemembered) return;
      this.#remembered.delete(oldest);
      this.#rememberedChars -= sizeOf(oldest, old);
    }
  }

  /** Drops old results, for ever. */
  get sweep(): Effect.Effect<void> {
    const once = Effect.gen({ self: this }, function* () {
      const before = (yield* Clock.currentTimeMillis) - keepMs;
      while ((yield* this.#store.drop(before, sweepRows)) === sweepRows);
    });
    return once.pipe(
      Effect.catch((error) => Effect.logWarning("old results could not be dropped", error)),
      Effect.repeat(Schedule.spaced(sweepEvery)),
    );
  }
}
