// What the Generate panel is about to ask for. It stands outside the panel, so that the gallery, a job or the palette can add to it
// while the panel is not shown.
import { createSignal, type Accessor } from "solid-js";
import type { Asset } from "#protocol/asset.ts";
import type { InputRole, Job, Operation } from "#protocol/job.ts";

export interface DraftInput {
  readonly assetId: string;
  readonly role: InputRole;
  readonly name?: string;
  readonly timeMs?: number;
}

/** A wish for the form, taken up by it in order of arrival. */
export type DraftWish =
  | {
      readonly kind: "useAsset";
      readonly assetId: string;
      readonly mediaType: Asset["mediaType"];
      readonly operation?: Operation;
      readonly timeMs?: number;
    }
  | {
      readonly kind: "restore";
      readonly provider: string;
      readonly operation: Operation;
      readonly params: Readonly<Record<string, unknown>>;
      readonly inputs: ReadonlyArray<DraftInput>;
    }
  | { readonly kind: "prompt"; readonly text: string };

/** More wishes than this while no form stands: the oldest are dropped. */
const mostWishes = 32;

export interface Draft {
  readonly wishes: Accessor<ReadonlyArray<DraftWish>>;
  /** Takes all wishes. */
  readonly take: () => ReadonlyArray<DraftWish>;
  /** Makes an asset an input; with `operation`, of that one (extend a video). */
  readonly useAsset: (
    asset: Pick<Asset, "id" | "mediaType">,
    options?: { readonly operation?: Operation; readonly timeMs?: number },
  ) => void;
  /** Fills the form as it was for a job. */
  readonly fromJob: (job: Pick<Job, "provider" | "operation" | "params" | "inputs">) => void;
  readonly usePrompt: (text: string) => void;
}

export const createDraft = (): Draft => {
  const [wishes, setWishes] = createSignal<ReadonlyArray<DraftWish>>([]);
  const wish = (one: DraftWish) => setWishes((now) => [...now.slice(1 - mostWishes), one]);
  return {
    wishes,
    take: () => {
      const taken = wishes();
      if (taken.length > 0) {
        setWishes([]);
      }
      return taken;
    },
    useAsset: (asset, options = {}) => wish({ kind: "useAsset", assetId: asset.id, mediaType: asset.mediaType, ...options }),
    fromJob: (job) =>
      wish({
        kind: "restore",
        provider: job.provider,
        operation: job.operation,
        params: job.params,
        inputs: job.inputs.map(({ assetId, role, name, timeMs }) => ({
          assetId,
          role,
          ...(name === undefined ? {} : { name }),
          ...(timeMs === undefined ? {} : { timeMs }),
        })),
      }),
    usePrompt: (text) => wish({ kind: "prompt", text }),
  };
};
