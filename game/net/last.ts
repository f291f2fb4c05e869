// The last address of a story: an installed player is opened without one.
import { CallError } from "#protocol/wire/errors.ts";
import { Problem } from "../words/catalogue.ts";
import type { PlaySource } from "./source.ts";

const lastKey = "pixsim.last";
/** There is nothing at the address, and it will not come back. */
const forGood: ReadonlySet<CallError["code"]> = new Set(["not_found", "forbidden"]);

/** What is played at the page's address: that is the last one from now on. */
export const keepLast = (): void => localStorage.setItem(lastKey, location.hash);

/** The page's address, or the last one. Opens it by `serverPlay`, and rejects as that does. */
export const openLast = async (serverPlay: (hash: string) => Promise<PlaySource | undefined>): Promise<PlaySource> => {
  if (location.hash.length < 2) history.replaceState(null, "", localStorage.getItem(lastKey) ?? "#");
  const asked = location.hash;
  try {
    const played = await serverPlay(asked);
    if (played === undefined) throw new Problem(({ noStory }) => noStory);
    keepLast();
    return played;
  } catch (error) {
    const { cause } = error as Error;
    // Else each opening without an address came to the same error.
    if (cause instanceof CallError && forGood.has(cause.code) && localStorage.getItem(lastKey) === asked) localStorage.removeItem(lastKey);
    throw error;
  }
};
