// The scenes of the signed-in user and those that others share with them, live. It stands as long as the panel does.
import type { Scene } from "#protocol/scene.ts";
import type { Client } from "#web/store/client.ts";
import { createFollowing, type Following } from "#web/store/following.ts";
import { createLiveRows, type LiveRows } from "#web/store/live.ts";

export interface ScenesFilter {
  /** Words, each of which the title contains. */
  readonly search: string;
  readonly deleted: boolean;
  /** Of others only. */
  readonly shared: boolean;
}

export interface ScenesStore extends LiveRows<Scene, ScenesFilter>, Following {}

/** As the server decides it. */
const matches = (scene: Scene, { search, deleted, shared }: ScenesFilter): boolean => {
  const title = scene.title.toLowerCase();
  return (
    scene.access !== "none" &&
    (scene.deletedAt !== null) === deleted &&
    (!shared || scene.access !== "owner") &&
    search
      .toLowerCase()
      .split(/\s+/)
      .every((word) => title.includes(word))
  );
};

export const createScenesStore = (client: Client): ScenesStore => {
  const { rows, feed } = createLiveRows<Scene, ScenesFilter>({
    matches,
    isWhole: ({ search, deleted, shared }) => search.trim() === "" && !deleted && !shared,
    read: async ({ search, deleted, shared }, cursor, limit, signal) => {
      const { scenes, next } = await client.call(
        "scenes.list",
        {
          deleted,
          shared,
          limit,
          ...(search.trim() === "" ? {} : { search: search.trim() }),
          ...(cursor === undefined ? {} : { cursor }),
        },
        { signal },
      );
      return { rows: scenes, next };
    },
  });
  const following = createFollowing((error) =>
    client.follow(
      "scenes.scenes",
      {},
      { snapshot: ({ scenes, next }) => feed.snapshot({ rows: scenes, next }), deltas: feed.deltas, error },
    ),
  );
  return { ...rows, ...following };
};
