// Where the file of an asset is had from, as long as something shows it.
import { createEffect, createSignal, untrack, type Accessor } from "solid-js";
import type { Asset } from "#protocol/asset.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";

const urlOf = ({ urls }: Asset): string | undefined => urls.faststart ?? urls.original;
/** Why nothing of an asset that is lent may be had yet. */
export const notYet = "What may be shown of it to others is still being made. Try again in a moment.";

interface Source {
  /** Undefined: nothing may be shown of it yet. */
  readonly src: Accessor<string | undefined>;
  /** Why it cannot be shown, in a sentence, or null. */
  readonly broken: Accessor<string | null>;
  /** The URL has failed: one that has expired is replaced, and a fresh one that fails too is the end of it. */
  readonly renew: () => Promise<void>;
}

/** URLs are renewed now and then; what plays keeps the one it has until that fails. */
export const createSource = (asset: Accessor<Asset>): Source => {
  const { client, assets } = useWorkspace();
  const [src, setSrc] = createSignal(urlOf(asset()));
  const [broken, setBroken] = createSignal<string | null>(src() === undefined ? notYet : null);
  // It is there as soon as it is made.
  createEffect(() => {
    const url = urlOf(asset());
    if (url === undefined || untrack(src) !== undefined) return;
    setSrc(url);
    setBroken(null);
  });
  const renew = async () => {
    const failed = src();
    try {
      const fresh = await client.call("assets.get", { id: asset().id });
      assets.put([fresh]);
      const url = urlOf(fresh);
      if (url === undefined) setBroken(notYet);
      else if (url === failed) {
        setBroken("The file may be missing, or of a kind that this browser cannot show.");
      } else {
        setSrc(url);
      }
    } catch (error) {
      setBroken(sentenceOf(error));
    }
  };
  return { src, broken, renew };
};
