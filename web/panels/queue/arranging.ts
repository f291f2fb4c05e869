// The order of waiting jobs while a person changes it: what is moved stands there at once and can be moved again, while the server is asked for
// one order at a time, the newest. What it refuses stands as it stood there.
import { createEffect, createMemo, createSignal, on, onCleanup, untrack, type Accessor } from "solid-js";
import { arranged, inOrder, type Arrangement, type Placed, type WaitingJob } from "./groups.ts";

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

export const createArranging = ({ jobs: told, send }: ArrangingOptions): Arranging => {
  /** As a person has put them; null: as they are told. */
  const [wanted, setWanted] = createSignal<ReadonlyArray<string> | null>(null);
  const jobs = createMemo(() => inOrder(told(), wanted()));
  /** Priorities of those that were moved, until the server tells the same of them. */
  const moved = new Map<string, number>();
  /** Of which the order has yet to be sent. */
  const open = new Set<number>();
  let sending = false;
  let settling: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(settling));

  const placed = (): ReadonlyArray<Placed> => jobs().map(({ job }) => ({ id: job.id, priority: moved.get(job.id) ?? job.priority }));
  const letGo = () => {
    open.clear();
    moved.clear();
    clearTimeout(settling);
    setWanted(null);
  };
  const isTold = (): boolean => {
    const ids = told().map(({ job }) => job.id);
    return jobs().every(({ job }, at) => job.id === ids[at]);
  };
  /** Null: nothing is to be sent. The only job of a priority may wait no more. */
  const nextOpen = (): Arrangement | null => {
    for (const priority of open) {
      open.delete(priority);
      const ids = untrack(placed).flatMap((each) => (each.priority === priority ? each.id : []));
      if (ids.length > 0) {
        return { ids, priority };
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
    void send(next)
      .then((stands) => !stands && letGo())
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
    if (sending || open.size > 0 || untrack(wanted) === null) {
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
      const next = arranged(before, id, to);
      if (next === null) {
        return false;
      }
      const others = before.filter((each) => each.id !== id);
      clearTimeout(settling);
      setWanted(others.map((each) => each.id).toSpliced(Math.max(0, Math.min(others.length, to)), 0, id));
      moved.set(id, next.priority);
      open.add(next.priority);
      sendNext();
      return true;
    },
  };
};
