// One durable actor, live: its present state from the topic, and every step before it from the stored history, read once and only as far
// as it is missing.
import { batch, createEffect, createSignal, on, onCleanup, untrack, type Accessor } from "solid-js";
import type { ActorView, JournalEntry } from "#protocol/actor.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import type { Client } from "#web/store/client.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { firstMissing, mergeEntries } from "./journal.ts";

export interface FollowedActor {
  /** Null while it is not known. */
  readonly view: Accessor<ActorView | null>;
  /** Ascending; see `complete`. */
  readonly entries: Accessor<ReadonlyArray<JournalEntry>>;
  /** Every step from the first to the present is there. */
  readonly complete: Accessor<boolean>;
  /** The connection is lost: what is shown may be old. */
  readonly stale: Accessor<boolean>;
  /** Following has ended: there is no such actor, or it is not ours. */
  readonly refused: Accessor<CallError | null>;
  /** Why the steps could not be read, in a sentence. */
  readonly historyProblem: Accessor<string | null>;
  readonly retryHistory: () => void;
}

/** `address` null: nothing is followed. While `watching` is false nothing is received; what is known stays. */
export const followActor = (client: Client, address: Accessor<string | null>, watching: Accessor<boolean>): FollowedActor => {
  const [view, setView] = createSignal<ActorView | null>(null);
  const [entries, setEntries] = createSignal<ReadonlyArray<JournalEntry>>([]);
  const [stale, setStale] = createSignal(false);
  const [refused, setRefused] = createSignal<CallError | null>(null);
  const [historyProblem, setHistoryProblem] = createSignal<string | null>(null);
  let reading: AbortController | null = null;

  const merge = (more: ReadonlyArray<JournalEntry>) => setEntries((known) => mergeEntries(known, more));
  const missing = () => {
    const now = view();
    return now === null ? null : firstMissing(entries(), now.seq);
  };

  const readHistory = () => {
    const from = untrack(missing);
    const of = untrack(address);
    if (from === null || of === null || reading !== null) {
      return;
    }
    const stop = new AbortController();
    reading = stop;
    setHistoryProblem(null);
    const read = async () => {
      const items: Array<JournalEntry> = [];
      for await (const entry of client.stream("actors.history", { address: of, from }, { signal: stop.signal })) {
        items.push(entry);
      }
      return items;
    };
    read().then(
      (items) => {
        if (reading !== stop) {
          return;
        }
        reading = null;
        merge(items);
        const still = missing();
        if (still !== null && still > from) {
          // A newer view came while this was read.
          readHistory();
        } else if (still !== null) {
          setHistoryProblem(`Step ${still} is missing from what the server has sent.`);
        }
      },
      (error: unknown) => {
        if (reading === stop) {
          reading = null;
          setHistoryProblem(sentenceOf(error));
        }
      },
    );
  };

  createEffect(
    on(address, () => {
      reading?.abort();
      reading = null;
      batch(() => {
        setView(null);
        setEntries([]);
        setStale(false);
        setRefused(null);
        setHistoryProblem(null);
      });
    }),
  );
  createEffect(() => {
    const of = address();
    if (of === null || !watching()) {
      return;
    }
    const unfollow = client.follow(
      "actors.actor",
      { address: of },
      {
        snapshot: (now) => {
          batch(() => {
            setView(now);
            setStale(false);
            setRefused(null);
          });
          readHistory();
        },
        deltas: (deltas) => {
          const last = deltas.at(-1);
          if (last === undefined) {
            return;
          }
          batch(() => {
            merge(deltas.map(({ entry }) => entry));
            setView((now) => {
              const { seq, at, value, context, status } = last.entry;
              const { parked, effects, timers } = last;
              return now === null || seq < now.seq ? now : { ...now, seq, at, value, context, status, parked, effects, timers };
            });
          });
        },
        stale: (isStale) => {
          setStale(isStale);
          if (!isStale) {
            readHistory();
          }
        },
        error: setRefused,
      },
    );
    onCleanup(() => {
      unfollow();
      reading?.abort();
      reading = null;
    });
  });

  return {
    view,
    entries,
    complete: () => view() !== null && missing() === null,
    stale,
    refused,
    historyProblem,
    retryHistory: readHistory,
  };
};
