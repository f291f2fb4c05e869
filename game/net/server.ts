// The connection to PixSim's server, for whoever is signed in in this browser, and the playthrough that the address of the page names.
import { exclusively } from "#protocol/client/browser/lock.ts";
import { createTokens } from "#protocol/client/browser/tokens.ts";
import { type Client, connect } from "#protocol/client/client.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { remotePlay } from "./remote.ts";
import type { PlaySource } from "./source.ts";

const open = (): Client => {
  const tokens = createTokens({
    storage: localStorage,
    now: () => Date.now(),
    exclusively: exclusively(localStorage, "pixsim.session"),
    // The playthrough stays its player's: a page that is open goes on as it is.
    onOtherTab: () => {},
  });
  return connect({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`,
    client: "PixSim player",
    credentials: {
      access: tokens.access,
      canRenew: tokens.hasSession,
      renew: async (call) => void (await tokens.renew((refreshToken) => call("auth.refresh", { refreshToken }))),
    },
  });
};

/** Where a playthrough is played. */
const go = (id: string): void => {
  location.hash = `play=${encodeURIComponent(id)}`;
  location.reload();
};

/**
 * `#play=…` goes on with a playthrough, `#version=…` and `#scene=…` begin one. Undefined: the address names none. Rejects with a sentence for
 * a person.
 */
export const serverPlay = async (hash: string, language: string): Promise<PlaySource | undefined> => {
  const place = new URLSearchParams(hash.replace(/^#/, ""));
  const [play, versionId, sceneId] = [place.get("play"), place.get("version"), place.get("scene")];
  if (play === null && versionId === null && sceneId === null) return undefined;
  const client = open();
  try {
    let id = play;
    if (id === null) {
      const of = versionId === null ? ({ kind: "scene", sceneId: sceneId! } as const) : ({ kind: "version", versionId } as const);
      ({ id } = await client.call("play.start", { of }));
      // A reload goes on with it.
      history.replaceState(null, "", `#play=${encodeURIComponent(id)}`);
    }
    return await remotePlay({ client, id, watching: false, language, keep: localStorage, restarted: go });
  } catch (error) {
    client.close();
    if (!(error instanceof CallError)) throw error;
    throw new Error(
      error.code === "unauthenticated" ? "Sign in to PixSim in this browser first, then load this page again." : error.message,
      {
        cause: error,
      },
    );
  }
};
