// The assets of the signed-in user, live.
import { batch, createSignal, onCleanup, type Accessor } from "solid-js";
import type { Asset, MediaType } from "#protocol/asset.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { Client } from "./client.ts";
import { createLiveRows, type LiveChange, type LiveRows } from "./live.ts";

export interface AssetsFilter {
  readonly mediaType: MediaType | null;
  readonly origin: Asset["origin"]["kind"] | null;
  readonly favourite: boolean;
  /** Words of the name or prompt. */
  readonly search: string;
  /** True: what is in the trash, and nothing else. */
  readonly deleted: boolean;
}

export const allAssets: AssetsFilter = { mediaType: null, origin: null, favourite: false, search: "", deleted: false };

export const isAllAssets = (filter: AssetsFilter): boolean =>
  filter.mediaType === null && filter.origin === null && !filter.favourite && filter.search.trim() === "" && !filter.deleted;

/** Whether a row belongs to a list, as the server decides it. */
export const matchesAssets = (asset: Asset, filter: AssetsFilter): boolean => {
  // What others have lent to a scene is seen there, and is in no list of one's own.
  if (asset.lent === true || (asset.deletedAt !== null) !== filter.deleted) {
    return false;
  }
  if (filter.mediaType !== null && asset.mediaType !== filter.mediaType) {
    return false;
  }
  if (filter.origin !== null && asset.origin.kind !== filter.origin) {
    return false;
  }
  if (filter.favourite && !asset.favourite) {
    return false;
  }
  const text = `${asset.name} ${asset.prompt ?? ""}`.toLowerCase();
  return filter.search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
};

/**
 * By how much changes move the count of assets outside of the trash. All of these made after `since` (ms) are known, so one that was not
 * known is new, or back from the trash; an older one that is only `read` for the first time is counted already.
 */
const countAssets = (changes: ReadonlyArray<LiveChange<Asset>>, since: number, read: boolean): number => {
  let difference = 0;
  for (const { before, after } of changes.filter((change) => change.after.lent !== true)) {
    const isRecent = after.createdAt > since;
    if (before !== undefined || isRecent || !read) {
      const stood = before === undefined ? !isRecent : before.deletedAt === null;
      difference += Number(after.deletedAt === null) - Number(stood);
    }
  }
  return difference;
};

export interface AssetsStore extends LiveRows<Asset, AssetsFilter> {
  /** All assets that are not in the trash, as of the last snapshot, counted on with what came since. */
  readonly count: Accessor<number>;
  readonly ready: Accessor<boolean>;
  /** Sees to it that a row comes if it is not known, be it when the connection is back; `row` then has it. What is not there stays unknown. */
  readonly ensure: (id: string) => void;
}

/** Rows that one call asks for. */
const mostAtOnce = 100;
/** Rows that wait for their turn; beyond that the oldest wish is dropped, which is mostly of a row that has been scrolled past. */
const mostWaiting = 200;

export const createAssetsStore = (client: Client): AssetsStore => {
  const [count, setCount] = createSignal(0);
  const [ready, setReady] = createSignal(false);
  /** Assets made after this are all known, ms. */
  let since = Infinity;

  const { rows, feed } = createLiveRows<Asset, AssetsFilter>({
    matches: matchesAssets,
    isWhole: isAllAssets,
    renewed: (known, row) => known.urls.original !== row.urls.original,
    read: async (filter, cursor, limit, signal) => {
      const { assets, next } = await client.call(
        "assets.list",
        {
          filter: {
            deleted: filter.deleted,
            ...(filter.mediaType === null ? {} : { mediaType: filter.mediaType }),
            ...(filter.origin === null ? {} : { origin: filter.origin }),
            ...(filter.favourite ? { favourite: true } : {}),
            ...(filter.search.trim() === "" ? {} : { search: filter.search.trim() }),
          },
          limit,
          ...(cursor === undefined ? {} : { cursor }),
        },
        { signal },
      );
      return { rows: assets, next };
    },
    onChange: (changes, read) => {
      const difference = countAssets(changes, since, read);
      setCount((now) => Math.max(now + difference, 0));
    },
  });

  /** Asked for, with or without an answer; those whose call failed are in `lost` instead. */
  const asked = new Set<string>();
  const waiting = new Set<string>();
  const lost = new Set<string>();
  let asking = false;
  /** One call at a time, which takes all that have come together meanwhile, the latest first. */
  const ask = () => {
    if (asking || waiting.size === 0) {
      return;
    }
    asking = true;
    // Rows that are drawn together wish together.
    queueMicrotask(() => {
      const ids = [...waiting].slice(-mostAtOnce);
      for (const id of ids) {
        waiting.delete(id);
        lost.delete(id);
        asked.add(id);
      }
      client
        .call("assets.many", { ids })
        .then(
          ({ assets }) => feed.read(assets),
          (error: unknown) => {
            // What is not there stays unknown: whoever looks for it shows it as missing. Anything else may come another time.
            if (!(error instanceof CallError && error.code === "not_found")) {
              for (const id of ids) {
                asked.delete(id);
                lost.add(id);
              }
            }
          },
        )
        .finally(() => {
          asking = false;
          ask();
        });
    });
  };

  const unfollow = client.follow(
    "assets.assets",
    {},
    {
      snapshot: (snapshot) => {
        batch(() => {
          feed.snapshot({ rows: snapshot.assets, next: snapshot.next });
          since = snapshot.next === null ? -Infinity : (snapshot.assets.at(-1)?.createdAt ?? Infinity);
          setCount(snapshot.count);
        });
        setReady(true);
      },
      deltas: feed.deltas,
      stale: (isStale) => {
        if (!isStale) {
          [...lost].forEach(ensure);
        }
      },
    },
  );
  onCleanup(unfollow);

  const ensure = (id: string) => {
    if (rows.peek(id) === undefined && !asked.has(id)) {
      waiting.add(id);
      for (const oldest of waiting.size > mostWaiting ? waiting : []) {
        waiting.delete(oldest);
        break;
      }
      ask();
    }
  };

  return { ...rows, count, ready, ensure };
};
