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
  const [wanted, setWanted] = createSignal<ReadonlyArray<Placed> | null>(null);
  const jobs = createMemo(() => inOrder(told(), wanted()));
  /** Of which the order has yet to be sent. */
  const open = new Set<number>();
  let sending = false;
  let settling: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(settling));

  const placed = (): ReadonlyArray<Placed> => {
    const priorities = new Map(wanted()?.map(({ id, priority }) => [id, priority]));
    return jobs().map(({ job }) => ({ id: job.id, priority: priorities.get(job.id) ?? job.priority }));
  };
  const letGo = () => {
    open.clear();
    clearTimeout(settling);
    setWanted(null);
  };
  const isTold = (): boolean => {
    const ids = told().map(({ job }) => job.id);
    return jobs().every(({ job }, at) => job.id === ids[at]);
  };
  const sendNext = () => {
    const [priority] = open;
    if (sending || priority === undefined) {
      return;
    }
    open.delete(priority);
    sending = true;
    const ids = untrack(placed).flatMap((each) => (each.priority === priority ? each.id : []));
    void send({ ids, priority })
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
    if (!sending && open.size === 0 && untrack(wanted) !== null && untrack(isTold)) {
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
      setWanted(others.toSpliced(Math.max(0, Math.min(others.length, to)), 0, { id, priority: next.priority }));
      open.add(next.priority);
      sendNext();
      return true;
    },
  };
};
