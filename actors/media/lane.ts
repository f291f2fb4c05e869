// A bounded queue in front of a fixed number of media children: who may work next, and on which child.
// Never starts more children than its size; a full queue refuses at once.
import { Clock, Effect, type Scope } from "effect";
import type { MediaChild } from "./child-process.ts";
import { MediaError } from "./media.ts";

export interface LaneOptions {
  /** Children at the same time. */
  readonly size: number;
  /** Tasks that may wait. */
  readonly bound: number;
  /** Children beyond the first end when unused for so long, ms. */
  readonly idleMs: number;
  readonly spawn: () => MediaChild;
}

export interface Lane {
  /** Runs `use` on a child, when it is its turn: lower priority first, then first come, first served. */
  readonly use: <A>(priority: number, use: (child: MediaChild) => Effect.Effect<A, MediaError>) => Effect.Effect<A, MediaError>;
}

interface Waiting {
  readonly priority: number;
  start: () => void;
  /** It has been its turn, and it has to pass it on. */
  granted: boolean;
}

interface Idle {
  readonly child: MediaChild;
  readonly since: number;
}

export const makeLane = Effect.fnUntraced(function* (options: LaneOptions): Effect.fn.Return<Lane, never, Scope.Scope> {
  const waiting: Array<Waiting> = [];
  const idle: Array<Idle> = [];
  const children = new Set<MediaChild>();
  let busy = 0;

  const spawn = (): MediaChild => {
    const child = options.spawn();
    children.add(child);
    return child;
  };

  const turn = (entry: Waiting): Effect.Effect<void, MediaError> =>
    Effect.callback<void, MediaError>((resume) => {
      if (busy < options.size) {
        busy++;
        entry.granted = true;
        return resume(Effect.void);
      }
      if (waiting.length >= options.bound) {
        const message = `${waiting.length} media tasks are waiting already: try again later.`;
        return resume(Effect.fail(new MediaError({ reason: "overloaded", message })));
      }
      entry.start = () => resume(Effect.void);
      const before = waiting.findIndex((other) => other.priority > entry.priority);
      waiting.splice(before < 0 ? waiting.length : before, 0, entry);
      return Effect.sync(() => {
        const at = waiting.indexOf(entry);
        if (at >= 0) waiting.splice(at, 1);
      });
    });

  const next = (): void => {
    const entry = waiting.shift();
    if (entry === undefined) {
      busy--;
      return;
    }
    entry.granted = true;
    entry.start();
  };

  const borrow = Effect.sync((): MediaChild => {
    for (let last = idle.pop(); last !== undefined; last = idle.pop()) {
      if (last.child.alive()) return last.child;
      children.delete(last.child);
    }
    return spawn();
  });

  const giveBack = Effect.fnUntraced(function* (child: MediaChild) {
    if (child.alive()) idle.push({ child, since: yield* Clock.currentTimeMillis });
    else children.delete(child);
  });

  const use: Lane["use"] = (priority, work) =>
    Effect.uninterruptibleMask((restore) => {
      const entry: Waiting = { priority, start: () => {}, granted: false };
      return restore(turn(entry)).pipe(
        Effect.andThen(Effect.acquireUseRelease(borrow, (child) => restore(work(child)), giveBack)),
        // Asked of the entry and not of how the wait ended: a turn that came in the moment of an interruption is passed on too.
        Effect.onExit(() => Effect.sync(() => entry.granted && next())),
      );
    });

  /** One child is always warm, so that the first task need not wait for a process to start. */
  const tend = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis;
    for (const spare of idle.slice(1).filter(({ since }) => now - since > options.idleMs)) {
      idle.splice(idle.indexOf(spare), 1);
      children.delete(spare.child);
      yield* spare.child.kill;
    }
    if (children.size === 0) idle.push({ child: spawn(), since: now });
    yield* Effect.sleep(options.idleMs / 2);
  });

  yield* Effect.addFinalizer(() => Effect.forEach(children, (child) => child.kill, { concurrency: "unbounded", discard: true }));
  yield* Effect.forkScoped(Effect.forever(tend));
  return { use };
});
