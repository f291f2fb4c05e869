// The order of waiting jobs while a person changes it: what is moved stands there at once and can be moved again, while the server is asked for
// one order at a time, the newest. What it refuses stands as it stood there, and what was moved since then is moved from there.
import { createEffect, createMemo, createSignal, on, onCleanup, untrack, type Accessor } from "solid-js";
import { goalOf, inOrder, placedAt, placeOf, type Goal, type Arrangement, type Placed, type WaitingJob } from "./groups.ts";

/** After the last answer, until the order is the server's again if it does not tell of the same by then, ms. */
const settleMs = 5000;

interface ArrangingOptions {
  /** As the server tells them. */
  readonly jobs: Accessor<ReadonlyArray<WaitingJob>>;
  /** False: they do not stand so. */
  readonly send: (arrangement: Arrangement) => Promise<boolean>;
}

interface Arranging {
  /** As they are to stand. */
  readonly jobs: Accessor<ReadonlyArray<WaitingJob>>;
  /** To another place, 0 the first. False: it stands there already. */
  readonly move: (id: string, to: number) => boolean;
}

interface Move {
  readonly id: string;
  readonly to: Goal;
  /** That it takes there. */
  priority: number;
}

export const createArranging = ({ jobs: told, send }: ArrangingOptions): Arranging => {
  /** As a person has put them; null: as they are told. */
  const [wanted, setWanted] = createSignal<ReadonlyArray<string> | null>(null);
  const jobs = createMemo(() => inOrder(told(), wanted()));
  /** Priorities of those that were moved, until the server tells the same of them. */
  const moved = new Map<string, number>();
  /** The order in which they were told before the first move. */
  let base: ReadonlyArray<string> = [];
  /** From there, but for what was refused. */
  let made: ReadonlyArray<Move> = [];
  /** Of which the order has yet to be sent. */
  const unsent = new Set<Move>();
  let sending = false;
  let settling: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(settling));

  const placed = (): ReadonlyArray<Placed> => jobs().map(({ job }) => ({ id: job.id, priority: moved.get(job.id) ?? job.priority }));
  const letGo = () => {
    unsent.clear();
    made = [];
    moved.clear();
    clearTimeout(settling);
    setWanted(null);
  };
  /** All but these are made again, from what is told. */
  const takeBack = (refused: ReadonlyArray<Move>) => {
    // How urgent those are whose move is told by now, somebody may have changed since.
    const untold = new Set(moved.keys());
    moved.clear();
    let order: ReadonlyArray<Placed> = inOrder(untrack(told), base).map(({ job: { id, priority } }) => ({ id, priority }));
    made = made.filter((move) => {
      const next = refused.includes(move) ? null : placedAt(order, move.id, placeOf(order, move.id, move.to));
      if (next === null) {
        unsent.delete(move);
        return false;
      }
      order = next.order;
      move.priority = next.priority;
      if (untold.has(move.id)) {
        moved.set(move.id, next.priority);
      }
      return true;
    });
    if (made.length === 0) {
      letGo();
    } else {
      setWanted(order.map(({ id }) => id));
    }
  };
  const isTold = (): boolean => {
    const ids = told().map(({ job }) => job.id);
    return jobs().every(({ job }, at) => job.id === ids[at]);
  };
  /** Null: nothing is to be sent. The only job of a priority may wait no more. */
  const nextOpen = (): { readonly arrangement: Arrangement; readonly moves: ReadonlyArray<Move> } | null => {
    for (const { priority } of unsent) {
      const moves = [...unsent].filter((move) => move.priority === priority);
      moves.forEach((move) => unsent.delete(move));
      const ids = untrack(placed).flatMap((each) => (each.priority === priority ? each.id : []));
      if (ids.length > 0) {
        return { arrangement: { ids, priority }, moves };
      }
    }
    return null;
  };
  const sendNext = () => {
    const next = sending ? null : nextOpen();
    if (next === null) {
      return;
    }
    sending = true;
    void send(next.arrangement)
      .then((stands) => !stands && takeBack(next.moves))
      .finally(() => {
        sending = false;
        sendNext();
        if (!sending && untrack(wanted) !== null) {
          clearTimeout(settling);
          settling = setTimeout(letGo, settleMs);
          settle();
        }
      });
  };
  const settle = () => {
    if (sending || unsent.size > 0 || untrack(wanted) === null) {
      return;
    }
    for (const { job } of untrack(told)) {
      if (moved.get(job.id) === job.priority) {
        moved.delete(job.id);
      }
    }
    if (untrack(isTold)) {
      letGo();
    }
  };
  createEffect(on(told, settle, { defer: true }));

  return {
    jobs,
    move: (id, to) => {
      const before = untrack(placed);
      const next = placedAt(before, id, to);
      if (next === null) {
        return false;
      }
      clearTimeout(settling);
      if (untrack(wanted) === null) {
        base = untrack(told).map(({ job }) => job.id);
      }
      const move: Move = { id, to: goalOf(before, id, to), priority: next.priority };
      made = [...made, move];
      unsent.add(move);
      moved.set(id, next.priority);
      setWanted(next.order.map((each) => each.id));
      sendNext();
      return true;
    },
  };
};
