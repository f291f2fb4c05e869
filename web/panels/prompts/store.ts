// The prompt library of the signed-in user, live. It stands as long as the panel does.
import type { Prompt, PromptKind } from "#protocol/prompt.ts";
import type { Client } from "#web/store/client.ts";
import { createFollowing, type Following } from "#web/store/following.ts";
import { createLiveRows, type LiveRows } from "#web/store/live.ts";
import { parseList } from "#protocol/template/parse.ts";
import { listKey, type Option } from "#protocol/template/tree.ts";

export interface PromptsFilter {
  readonly kind: PromptKind | null;
  /** Words of titles, texts and notes; the server finds them, also in older versions. */
  readonly search: string;
  readonly deleted: boolean;
}

export type KnownLists = ReadonlyMap<string, ReadonlyArray<Option>>;

export interface PromptsStore extends LiveRows<Prompt, PromptsFilter>, Following {
  /** The lists of the library, by `listKey`, for previews. */
  readonly lists: () => Promise<KnownLists>;
}

const isAll = ({ kind, search, deleted }: PromptsFilter): boolean => kind === null && search.trim() === "" && !deleted;

export const createPromptsStore = (client: Client): PromptsStore => {
  const { rows, feed } = createLiveRows<Prompt, PromptsFilter>({
    // What an older version says is known by the server alone: while something is looked for, a row stays as it was found.
    matches: (prompt, { kind, deleted }) => (prompt.deletedAt !== null) === deleted && (kind === null || prompt.kind === kind),
    isWhole: isAll,
    read: async ({ kind, search, deleted }, cursor, limit, signal) => {
      const { prompts, next } = await client.call(
        "prompts.list",
        {
          deleted,
          limit,
          ...(kind === null ? {} : { kind }),
          ...(search.trim() === "" ? {} : { search: search.trim() }),
          ...(cursor === undefined ? {} : { cursor }),
        },
        { signal },
      );
      return { rows: prompts, next };
    },
  });
  const following = createFollowing((error) =>
    client.follow(
      "prompts.prompts",
      {},
      { snapshot: ({ prompts, next }) => feed.snapshot({ rows: prompts, next }), deltas: feed.deltas, error },
    ),
  );
  return {
    ...rows,
    ...following,
    lists: async () => {
      const { prompts } = await client.call("prompts.list", { kind: "list", limit: 500 });
      return new Map(prompts.map(({ title, latest }) => [listKey(title), parseList(latest.text).options]));
    },
  };
};
