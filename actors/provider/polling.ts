// Asks one account about its jobs. All that wait for their next question lie in one heap with one timer, whatever their number; who is
// slow to answer takes one of a few places, and delays nobody but those of its own account.
import { Clock, Deferred, Effect, Exit, type Fiber, Random, type Scope } from "effect";
import { Heap } from "#runtime/actor/heap.ts";
import type { ProviderFailure } from "./provider.ts";
import { backoffs, pauseOf, remainingBy, tellsMuch } from "./polling-schedule.ts";
import type { Polling } from "./tools.ts";

export interface PollingOptions {
  /** How much faster than real time the provider lives: simulators do. Default: 1. */
  readonly speed?: number;
  /** Questions under way at the same time. Default: 8. */
  readonly concurrency?: number;
}

/**
 * Questions of all accounts are asked in the same moments, so far apart, ms: waking up for each alone costs more than the asking. The gap
 * between two questions of an account is counted in them; a late timer may make it a few ms less.
 */
const moments = 100;

/** Failures that say nothing of the job. Time-outs are among them: it was the question that took too long. */
const passing: ReadonlySet<ProviderFailure["kind"]> = new Set(["network", "limit", "timeout"]);

/**
 * What a provider tells counts for so much at least: above 0 it is its word, and not that of the clock. Where it tells nothing, whoever shows
 * the job lets time stand for it: a step for each guess would cost more than all the asking.
 */
const leastTold = 0.02;

/** A provider's word that it is to be left alone is kept for so long at most, ms. */
const longestQuiet = 600_000;

/** Someone who waits for the turn to ask. `open` is null once it was given or is no longer wanted. */
interface Turn {
  readonly due: number;
  readonly gap: number;
  open: Deferred.Deferred<void> | null;
}

/** Ends with its scope: who still follows then waits for ever, as it is to be interrupted too. */
export const makePolling = Effect.fnUntraced(function* ({ speed = 1, concurrency = 8 }: PollingOptions = {}): Effect.fn.Return<
  Polling,
  never,
  Scope.Scope
> {
  const clock = yield* Clock.Clock;
  /** ms, by a clock that nobody sets: one that is set back would let all wait for as long. */
  const elapsed = (): number => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n);
  const fork = Effect.runForkWith(yield* Effect.context<never>());
  const tick = Math.max(1, Math.round(moments / speed));
  const turns = new Heap<Turn>(({ due }) => due);
  let asking = 0;
  /** The provider asked the whole account to be quiet until then. */
  let quietUntil = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  let isOver = false;
  let sleeper: { readonly until: number; readonly fiber: Fiber.Fiber<void> } | null = null;

  /** The next who wants a turn; those who gave up are dropped. */
  const first = (): Turn | undefined => {
    while (turns.first?.open === null) turns.pop();
    return turns.first;
  };

  /** Gives all turns that are due, and sets the timer for the next. */
  const give = (): void => {
    const now = elapsed();
    for (;;) {
      const next = first();
      // With every place taken, the answer that comes next goes on here.
      if (next === undefined || asking >= concurrency || isOver) return;
      const at = Math.ceil(Math.max(next.due, lastAt + next.gap, quietUntil) / tick) * tick;
      if (at > now) return sleepUntil(at, now);
      turns.pop();
      const { open } = next;
      if (open === null) continue;
      next.open = null;
      asking++;
      lastAt = Math.floor(now / tick) * tick;
      // Who waits may run at once, and come here again.
      Deferred.doneUnsafe(open, Exit.void);
    }
  };

  const sleepUntil = (until: number, now: number): void => {
    if (sleeper !== null && sleeper.until <= until) return;
    sleeper?.fiber.interruptUnsafe();
    const wake = (): void => {
      sleeper = null;
      give();
    };
    sleeper = { until, fiber: fork(Effect.andThen(Effect.sleep(until - now), Effect.sync(wake))) };
  };
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      isOver = true;
      sleeper?.fiber.interruptUnsafe();
    }),
  );

  /** Asks when it is its turn. */
  const inTurn = <A>(ask: Effect.Effect<A, ProviderFailure>, due: number, gap: number): Effect.Effect<A, ProviderFailure> =>
    Effect.suspend(() => {
      const open = Deferred.makeUnsafe<void>();
      const turn: Turn = { due, gap, open };
      const asked = Effect.suspend(() => {
        turns.push(turn);
        give();
        return Effect.andThen(Deferred.await(open), ask);
      });
      return Effect.onExit(asked, () =>
        Effect.sync(() => {
          if (turn.open === null) asking--;
          turn.open = null;
          give();
        }),
      );
    });

  const track: Polling["track"] = Effect.fnUntraced(function* (ask, progress, { pace, expectedMs, remainingMs: known }) {
    /** The provider's time. */
    const time = (): number => elapsed() * speed;
    const begin = time();
    let runningSince: number | null = null;
    let told = 0;
    let failures = 0;
    let pause = 0;
    /** Each word that it goes on counts, whether it has gone further or not. */
    const tell = (fraction: number): Effect.Effect<void> => {
      told = Math.max(told, fraction);
      return progress(told);
    };
    for (;;) {
      const due = elapsed() + pause / speed;
      const asked = yield* Effect.result(inTurn(ask, due, pace.gap / speed));
      const now = time();
      const spread = yield* Random.next;
      if (asked._tag === "Failure") {
        const { kind, message, retryAfterMs } = asked.failure;
        if (!passing.has(kind)) return yield* Effect.fail(asked.failure);
        if (++failures > backoffs.length) {
          return yield* Effect.fail({
            kind: "network",
            message: `It could not be asked for several minutes: ${message}`,
          } satisfies ProviderFailure);
        }
        if (kind === "limit" && retryAfterMs !== undefined) quietUntil = (now + Math.min(retryAfterMs, longestQuiet)) / speed;
        pause = pauseOf(
          { ageMs: now - begin, remainingMs: null, failures, retryAfterMs: Math.min(retryAfterMs ?? 0, longestQuiet), spread },
          pace,
        );
        continue;
      }
      failures = 0;
      const status = asked.success;
      switch (status.state) {
        case "done":
          yield* tell(1);
          return { charged: status.charged };
        case "waiting":
          yield* tell(0);
          break;
        case "running":
          runningSince ??= now;
          yield* tell(status.fraction === null ? 0 : Math.min(0.99, Math.max(leastTold, status.fraction)));
          break;
      }
      const fraction = status.state === "running" ? status.fraction : null;
      const remainingMs =
        known !== undefined && !tellsMuch(fraction)
          ? known * speed - (now - begin)
          : runningSince === null
            ? null
            : remainingBy(now - runningSince, expectedMs, fraction);
      pause = pauseOf({ ageMs: now - begin, remainingMs, failures: 0, retryAfterMs: 0, spread }, pace);
    }
  });

  return { track };
});
