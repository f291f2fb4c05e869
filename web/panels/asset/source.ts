// Where the file of an asset is had from, as long as something shows it.
import { createEffect, createSignal, untrack, type Accessor } from "solid-js";
import type { Asset } from "#protocol/asset.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";

interface Files {
  readonly whole: string;
  /** What belongs to a picture that was made apart from it. */
  readonly sound: string | null;
}

const filesOf = ({ urls }: Asset): Files | undefined => {
  const whole = urls.faststart ?? urls.original;
  return whole === undefined ? undefined : { whole, sound: whole === urls.playVideo ? urls.playAudio : null };
};
/** Why nothing of an asset that is lent may be had yet. */
export const notYet = "What may be shown of it to others is still being made. Try again in a moment.";

const unplayable = "The file may be missing, or of a kind that this browser cannot show.";
/** Of a sentence of the server, characters; a page of a proxy between is none. */
const longest = 400;

/** Why a file cannot be had, in the server's words: an element that fails to show it does not tell. One byte is asked for. */
const reasonOf = async (url: string): Promise<string> => {
  try {
    const answer = await fetch(url, { headers: { range: "bytes=0-0" }, cache: "no-store" });
    const isSentence = !answer.ok && answer.headers.get("content-type")?.startsWith("text/plain") === true;
    const words = isSentence ? (await answer.text()).trim() : "";
    void answer.body?.cancel().catch(() => {});
    return words === "" || words.length > longest ? unplayable : words;
  } catch {
    return "The server does not answer just now. Try again.";
  }
};

interface Source {
  /** Undefined: nothing may be shown of it yet. */
  readonly src: Accessor<string | undefined>;
  /** The sound, where the file has none of its own. */
  readonly sound: Accessor<string | undefined>;
  /** Why it cannot be shown, in a sentence, or null. */
  readonly broken: Accessor<string | null>;
  /** The URL has failed: one that has expired is replaced, and a fresh one that fails too is the end of it. */
  readonly renew: () => Promise<void>;
  /** Shows it again, as whatever was in the way may have passed. */
  readonly retry: () => void;
}

/** URLs are renewed now and then; what plays keeps the one it has until that fails. */
export const createSource = (asset: Accessor<Asset>): Source => {
  const { client, assets } = useWorkspace();
  const [files, setFiles] = createSignal(filesOf(asset()));
  const src = () => files()?.whole;
  const [broken, setBroken] = createSignal<string | null>(src() === undefined ? notYet : null);
  // It is there as soon as it is made.
  createEffect(() => {
    const made = filesOf(asset());
    if (made === undefined || untrack(files) !== undefined) return;
    setFiles(made);
    setBroken(null);
  });
  const renew = async () => {
    const failed = src();
    try {
      const fresh = await client.call("assets.get", { id: asset().id });
      assets.put([fresh]);
      const again = filesOf(fresh);
      if (again === undefined) setBroken(notYet);
      else if (again.whole === failed) {
        setBroken(await reasonOf(again.whole));
      } else {
        setFiles(again);
      }
    } catch (error) {
      setBroken(sentenceOf(error));
    }
  };
  const retry = () => (src() === undefined ? void renew() : setBroken(null));
  return { src, sound: () => files()?.sound ?? undefined, broken, renew, retry };
};
