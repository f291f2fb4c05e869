// A bounded queue in front of a fixed number of media children: who may work next, and on which child.
// Never starts more children than its size; a full queue refuses at once.
import { Clock, Effect, Exit, Option, type Scope } from "effect";
import type { MediaChild } from "./child-process.ts";
import { MediaError } from "./media.ts";

export interface LaneOptions {
  /** Children at the same time, whatever they do. */
  readonly size: number;
  /** Tasks that may wait. */
  readonly bound: number;
  /** Children beyond the first end when unused for so long, ms. */
  readonly idleMs: number;
  readonly spawn: () => MediaChild;
}

/** Tasks that are alike: they share a part of the children, and a child that did one has loaded what the next one needs. */
export interface Share {
  /** How many of them may be at work at the same time. */
  readonly most: number;
}

export interface Turn {
  /** What the log calls the task. */
  readonly task: string;
  readonly share: Share;
  /** Lower goes first. */
  readonly priority: number;
}

export interface Lane {
  /** Runs `use` on a child, when it is its turn: by priority, then first come, first served, as far as its share allows. */
  readonly use: <A>(turn: Turn, use: (child: MediaChild) => Effect.Effect<A, MediaError>) => Effect.Effect<A, MediaError>;
}

interface Waiting extends Turn {
  start: () => void;
  /** It has been its turn, and it has to pass it on. */
  granted: boolean;
}

interface Idle {
  readonly child: MediaChild;
  readonly since: number;
  /** What it did last. */
  readonly share: Share | null;
}

export const makeLane = Effect.fnUntraced(function* (options: LaneOptions): Effect.fn.Return<Lane, never, Scope.Scope> {
  const waiting: Array<Waiting> = [];
  const idle: Array<Idle> = [];
  const children = new Set<MediaChild>();
  const atWork = new Map<Share, number>();
  let busy = 0;

  const spawn = (): MediaChild => {
    const child = options.spawn();
    children.add(child);
    return child;
  };

  const mayStart = ({ share }: Turn): boolean => busy < options.size && (atWork.get(share) ?? 0) < share.most;

  const count = ({ share }: Turn, by: 1 | -1): void => {
    busy += by;
    atWork.set(share, (atWork.get(share) ?? 0) + by);
  };

  const wait = (entry: Waiting): Effect.Effect<void, MediaError> =>
    Effect.callback<void, MediaError>((resume) => {
      // Nobody who waits could start, or it would have: to start at once passes nobody.
      if (mayStart(entry)) {
        count(entry, 1);
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

  const passOn = (ended: Waiting): void => {
    count(ended, -1);
    const at = waiting.findIndex(mayStart);
    if (at < 0) return;
    const [entry] = waiting.splice(at, 1) as [Waiting];
    count(entry, 1);
    entry.granted = true;
    entry.start();
  };

  /** One that did such tasks before; else a new one while there is room; else any. */
  const borrow = ({ share }: Turn): Effect.Effect<MediaChild> =>
    Effect.sync(() => {
      for (const dead of idle.filter(({ child }) => !child.alive())) {
        idle.splice(idle.indexOf(dead), 1);
        children.delete(dead.child);
      }
      const fitting = idle.findLastIndex((one) => one.share === share || one.share === null);
      if (fitting < 0 && children.size < options.size) return spawn();
      const [taken] = idle.splice(fitting, 1);
      return taken?.child ?? spawn();
    });

  const giveBack =
    ({ share }: Turn) =>
    (child: MediaChild): Effect.Effect<void> =>
      Effect.map(Clock.currentTimeMillis, (since) => {
        if (child.alive()) idle.push({ child, since, share });
        else children.delete(child);
      });

  const use: Lane["use"] = (turn, work) =>
    Effect.uninterruptibleMask((restore) => {
      const entry: Waiting = { ...turn, start: () => {}, granted: false };
      return restore(wait(entry)).pipe(
        Effect.andThen(Effect.acquireUseRelease(borrow(turn), (child) => restore(logged(turn, work(child))), giveBack(turn))),
        // Asked of the entry and not of how the wait ended: a turn that came in the moment of an interruption is passed on too.
        Effect.onExit(() => Effect.sync(() => entry.granted && passOn(entry))),
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
    if (children.size === 0) idle.push({ child: spawn(), since: now, share: null });
    yield* Effect.sleep(options.idleMs / 2);
  });

  yield* Effect.addFinalizer(() => Effect.forEach(children, (child) => child.kill, { concurrency: "unbounded", discard: true }));
  // Whoever starts a lane starts a server, which needs all cores until people can reach it.
  yield* Effect.forkScoped(Effect.andThen(Effect.sleep("1 second"), Effect.forever(tend)));
  return { use };
});

const logged = <A>({ task }: Turn, work: Effect.Effect<A, MediaError>): Effect.Effect<A, MediaError> =>
  Effect.gen(function* () {
    const startedAt = yield* Clock.currentTimeMillis;
    yield* Effect.logInfo("worker:start", { task });
    return yield* Effect.onExit(work, (exit) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.logInfo("worker:complete", { task, outcome: outcomeOf(exit), durationMs: now - startedAt }),
      ),
    );
  });

/** `done`, `stopped`, or why it failed. */
const outcomeOf = (exit: Exit.Exit<unknown, MediaError>): string => {
  if (Exit.isSuccess(exit)) return "done";
  if (Exit.hasInterrupts(exit)) return "stopped";
  return Option.match(Exit.findErrorOption(exit), { onNone: () => "fault", onSome: ({ reason }) => reason });
};
